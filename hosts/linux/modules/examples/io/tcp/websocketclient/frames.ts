// SPDX-License-Identifier: Apache-2.0
// WebSocket frames (RFC 6455 section 5): headers in, frames out. No I/O.
import { bytesOf, type MessageReader } from "sim/http/message";

export const opcodes = Object.freeze({ continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 });

/** The largest header of a frame whose payload is below 64 KiB, with a mask. */
export const FRAME_OVERHEAD = 8;
const MAX_CONTROL = 125;

export function mask(data: ArrayBufferLike | ArrayBufferView, key: Uint8Array, offset: number): void {
	native("xs_sim_websocket_mask").call(undefined, data, key, offset);
}

export interface FrameHead {
	opcode: number;
	final: boolean;
	length: number;
	mask: Uint8Array | undefined;
}

/** Reads the heads of frames, byte by byte as they come. */
export class FrameHeadReader {
	#bytes: number[] = [];
	#fragmented = false;

	/**
	 * The next frame's head; undefined when it is not complete yet.
	 * @param masked whether the peer has to mask, as clients do
	 * @throws Error for what the protocol forbids
	 */
	read(reader: MessageReader, masked: boolean): FrameHead | undefined {
		const bytes = this.#bytes;
		while (bytes.length < 2 || bytes.length < headSize(bytes[1]!)) {
			const byte = reader.readByte();
			if (byte === undefined) return undefined;
			bytes.push(byte);
		}
		this.#bytes = [];
		const [first, second] = bytes as [number, number];
		const size = headSize(second);
		const head: FrameHead = {
			opcode: first & 0x0f,
			final: (first & 0x80) !== 0,
			length: lengthOf(bytes),
			mask: second & 0x80 ? Uint8Array.from(bytes.slice(size - 4, size)) : undefined,
		};
		if (first & 0x70) throw new Error("reserved bits");
		if ((head.mask !== undefined) !== masked) throw new Error(masked ? "unmasked frame" : "masked frame");
		this.check(head);
		return head;
	}

	private check({ opcode, final, length }: FrameHead): void {
		if (opcode >= opcodes.close) {
			if (opcode > opcodes.pong || !final || length > MAX_CONTROL) throw new Error("bad control frame");
		} else {
			if (opcode > opcodes.binary) throw new Error("unknown opcode");
			if ((opcode === opcodes.continuation) !== this.#fragmented) throw new Error("bad fragment");
			this.#fragmented = !final;
		}
	}
}

function headSize(second: number): number {
	const length = second & 0x7f;
	return 2 + (length === 127 ? 8 : length === 126 ? 2 : 0) + (second & 0x80 ? 4 : 0);
}

function lengthOf(bytes: readonly number[]): number {
	const short = bytes[1]! & 0x7f;
	if (short < 126) return short;
	let length = 0;
	for (const byte of bytes.slice(2, short === 126 ? 4 : 10)) length = length * 256 + byte;
	if (!Number.isSafeInteger(length)) throw new Error("frame too large");
	return length;
}

/** A whole frame. `key`: the mask of a client's frame. */
export function composeFrame(
	opcode: number,
	final: boolean,
	data: ArrayBufferLike | ArrayBufferView,
	key: Uint8Array | undefined,
): Uint8Array {
	const size = data.byteLength;
	const head = [opcode | (final ? 0x80 : 0)];
	const maskBit = key ? 0x80 : 0;
	if (size < 126) head.push(maskBit | size);
	else if (size < 65536) head.push(maskBit | 126, size >> 8, size & 0xff);
	else
		head.push(
			maskBit | 127,
			0,
			0,
			0,
			0,
			(size / 2 ** 24) & 0xff,
			(size >> 16) & 0xff,
			(size >> 8) & 0xff,
			size & 0xff,
		);
	if (key) head.push(...key);
	const frame = new Uint8Array(head.length + size);
	frame.set(head);
	frame.set(bytesOf(data), head.length);
	if (key) mask(frame.subarray(head.length), key, 0);
	return frame;
}
