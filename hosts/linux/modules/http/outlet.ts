// SPDX-License-Identifier: Apache-2.0
// The sending half of an HTTP connection: heads of any length wait here for room in the socket's buffer; bodies are
// written only as far as there is room.
import { bytesOf } from "sim/http/message";

/** What a chunk adds to its data: a size of at most 4 digits and two line ends (RFC 9112 section 7.1). */
const CHUNK_OVERHEAD = 8;

export interface Sink {
	/** Returns how much more fits. */
	write(data: Uint8Array): number;
}

export default class Outlet {
	#sink: Sink;
	#room = 0;
	#pending: Uint8Array | undefined;

	constructor(sink: Sink) {
		this.#sink = sink;
	}

	/** Bytes wait for room. */
	get isPending(): boolean {
		return this.#pending !== undefined;
	}

	/** Bytes of a body that can be written now. */
	room(chunked: boolean): number {
		return this.#pending ? 0 : Math.max(0, this.#room - (chunked ? CHUNK_OVERHEAD : 0));
	}

	/** The socket has room for `count` bytes. */
	setRoom(count: number): void {
		this.#room = count;
		this.flush();
	}

	/** Sends text of any length, now or when there is room. */
	send(text: string): void {
		const more = new Uint8Array(ArrayBuffer.fromString(text));
		const pending = this.#pending;
		if (pending) {
			this.#pending = new Uint8Array(pending.length + more.length);
			this.#pending.set(pending);
			this.#pending.set(more, pending.length);
		} else {
			this.#pending = more;
		}
		this.flush();
	}

	/** @throws Error when there is no room */
	write(data: ArrayBufferLike | ArrayBufferView, chunked: boolean): void {
		if (data.byteLength > this.room(chunked)) throw new Error("would block");
		if (chunked) {
			this.writeBytes(new Uint8Array(ArrayBuffer.fromString(`${data.byteLength.toString(16)}\r\n`)));
			this.writeBytes(bytesOf(data));
			this.writeBytes(new Uint8Array(ArrayBuffer.fromString("\r\n")));
		} else {
			this.writeBytes(bytesOf(data));
		}
	}

	private writeBytes(bytes: Uint8Array): void {
		this.#room = this.#sink.write(bytes);
	}

	private flush(): void {
		const pending = this.#pending;
		if (!pending || !this.#room) return;
		const part = pending.subarray(0, this.#room);
		this.#pending = part.length < pending.length ? pending.subarray(part.length) : undefined;
		this.writeBytes(part);
	}
}

/** The lines of header fields. @throws TypeError for what would break out of a line */
export function composeFields(headers: Iterable<readonly [string, string | number]>): string {
	let text = "";
	for (const [name, value] of headers) {
		if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name) || /[\r\n\0]/.test(String(value)))
			throw new TypeError(`bad header field ${name}`);
		text += `${name}: ${value}\r\n`;
	}
	return text;
}
