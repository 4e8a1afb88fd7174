// SPDX-License-Identifier: Apache-2.0
// A file on its channel, in pieces: text of JSON says what comes, bytes are its pieces, and both sides add up the CRC-32 of
// each. What the device gets it counts only: this is where firmware would be written to flash. What it sends are
// measurements that it makes up.
import { crc32 } from "webrtc/native/crypto";
import type { RTCDataChannel } from "webrtc/peer";

/** Of both files, in this order. */
interface State {
	size: number;
	done: number;
	sum: number;
}

const piece = 8192; // bytes
const ahead = 32_768; // bytes that wait to be sent
const largest = 16_777_216; // bytes of a file
const line = "2026-01-01T00:00:00Z,21.50,47\n";

const begin = (size: number): State => ({ size, done: 0, sum: 0 });

function add(state: State, bytes: ArrayBuffer): void {
	state.done += bytes.byteLength;
	state.sum = (Math.imul(state.sum, 31) + crc32(bytes)) >>> 0;
}

/** One channel of label "file": it carries one file at a time in each direction. */
export default class Transfer {
	#channel: RTCDataChannel;
	#incoming: State | undefined;
	#outgoing: State | undefined;
	#told = 0;

	constructor(channel: RTCDataChannel) {
		this.#channel = channel;
		channel.bufferedAmountLowThreshold = ahead >> 1;
		channel.onbufferedamountlow = () => this.fill();
	}

	/** @throws SyntaxError, RangeError for what is malformed */
	take(data: string | ArrayBuffer): void {
		if (typeof data !== "string") return this.takePiece(data);
		const { put, get } = JSON.parse(data) as { put?: number; get?: number };
		const size = Number(put ?? get);
		if (!Number.isInteger(size) || size < 0 || size > largest) throw new RangeError(`size: 0 to ${largest}`);
		if (put !== undefined) {
			this.#incoming = begin(size);
			this.#told = 0;
			this.takePiece(new ArrayBuffer(0));
		} else {
			this.#outgoing = begin(size);
			this.fill();
		}
	}

	private takePiece(bytes: ArrayBuffer): void {
		const state = this.#incoming;
		if (!state || bytes.byteLength > state.size - state.done) throw new RangeError("a piece of no file");
		if (bytes.byteLength) add(state, bytes);
		const isWhole = state.done === state.size;
		if (!isWhole && state.done - this.#told < state.size / 50) return;
		this.#told = state.done;
		this.#channel.send(JSON.stringify({ got: state.done, of: state.size, sum: isWhole ? state.sum : undefined }));
		if (isWhole) this.#incoming = undefined;
	}

	private fill(): void {
		for (let state = this.#outgoing; state; state = this.#outgoing) {
			if (state.done < state.size) {
				if (this.#channel.bufferedAmount >= ahead) return; // "bufferedamountlow" goes on
				const bytes = measurements(state.done, Math.min(piece, state.size - state.done));
				this.#channel.send(bytes);
				add(state, bytes);
			} else {
				this.#outgoing = undefined;
				this.#channel.send(JSON.stringify({ sent: state.size, sum: state.sum }));
			}
		}
	}
}

/** The bytes of an endless table from a place on. */
function measurements(place: number, size: number): ArrayBuffer {
	const from = place % line.length;
	const text = line.repeat(Math.ceil((from + size) / line.length)).slice(from, from + size);
	return ArrayBuffer.fromString(text);
}
