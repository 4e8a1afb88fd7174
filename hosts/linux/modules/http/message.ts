// SPDX-License-Identifier: Apache-2.0
// Reads HTTP/1.1 messages (RFC 9112) from bytes as they come: start line, header fields, body by length, by chunks or to
// the end of the connection. No I/O. What it keeps is bounded; what breaks a rule throws a MessageError.

/** `status` is what a server answers to a request with this fault. */
export class MessageError extends Error {
	readonly status: number;
	constructor(status: number, message: string) {
		super(message);
		this.status = status;
	}
}

export interface Head {
	/** The request line or status line. */
	line: string;
	/** Names in lower case; the values of repeated fields joined with ", ". */
	headers: Map<string, string>;
	contentLength: number | undefined;
	chunked: boolean;
	/** The option "close" of Connection. */
	close: boolean;
}

/** A body's length in bytes, or how its end is found. */
export type Framing = number | "chunked" | "close";

export interface MessageLimits {
	/** Bytes of the start line and the header fields, and of trailer fields. */
	head: number;
	/** Number of header fields. */
	fields: number;
	/** Bytes of a body. */
	body: number;
}

const LF = 10;
const CR = 13;
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const chunkSize = /^([0-9A-Fa-f]{1,8})[ \t]*(?:;|$)/;

function decode(bytes: Uint8Array, start: number, end: number): string {
	try {
		return String.fromArrayBuffer(bytes.buffer, bytes.byteOffset + start, end - start);
	} catch {
		// Not UTF-8: ISO 8859-1, as of old (RFC 9110 section 5.5).
		let text = "";
		for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i]!);
		return text;
	}
}

/** The bytes of an ArrayBuffer or of any view of one. */
export function bytesOf(data: ArrayBufferLike | ArrayBufferView): Uint8Array {
	return ArrayBuffer.isView(data)
		? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
		: new Uint8Array(data);
}

export class MessageReader {
	#limits: MessageLimits;
	#bytes = new Uint8Array(0);
	#at = 0;
	#head: Head | undefined;
	#headSize = 0;
	#framing: Framing = 0;
	#remaining = 0; // of the body, or of the chunk
	#state: "head" | "body" | "chunkEnd" | "chunkSize" | "trailer" | "complete" = "head";
	#received = 0;

	constructor(limits: MessageLimits) {
		this.#limits = limits;
	}

	/** Bytes fed and not yet used. */
	get unread(): number {
		return this.#bytes.length - this.#at;
	}
	/** Bytes kept of a head that is not complete. */
	get held(): number {
		return this.#state === "head" ? this.unread + this.#headSize : 0;
	}
	/** The body's end was read. */
	get complete(): boolean {
		return this.#state === "complete";
	}
	/** The body ends where the connection does. */
	get isUntilClose(): boolean {
		return this.#framing === "close";
	}

	/** Makes ready for the next message of the connection. */
	next(): void {
		this.#head = undefined;
		this.#headSize = this.#remaining = this.#received = 0;
		this.#state = "head";
	}

	feed(data: ArrayBuffer): void {
		const more = new Uint8Array(data);
		const unread = this.unread;
		if (unread) {
			const joined = new Uint8Array(unread + more.length);
			joined.set(this.#bytes.subarray(this.#at));
			joined.set(more, unread);
			this.#bytes = joined;
		} else {
			this.#bytes = more;
		}
		this.#at = 0;
	}

	/** The head, once it is complete. With `mask`, only the header fields that it names are kept. */
	readHead(mask?: readonly string[]): Head | undefined {
		for (let line = this.readLine(); line !== undefined; line = this.readLine()) {
			const head = this.#head;
			if (!head) {
				// A robust server skips empty lines before a request line (RFC 9112 section 2.2).
				if (line)
					this.#head = { line, headers: new Map(), contentLength: undefined, chunked: false, close: false };
			} else if (line) {
				this.readField(head, line, mask);
			} else {
				this.#headSize = 0;
				return head;
			}
		}
		return undefined;
	}

	/** How to read the body of the message whose head was read. */
	expectBody(framing: Framing): void {
		if (typeof framing === "number" && framing > this.#limits.body) throw new MessageError(413, "body too large");
		this.#framing = framing;
		this.#remaining = typeof framing === "number" ? framing : framing === "close" ? Infinity : 0;
		this.#state = framing === "chunked" ? "chunkSize" : framing === 0 ? "complete" : "body";
	}

	/** Body bytes that can be read now. */
	get available(): number {
		if (this.#framing === "chunked") this.advance();
		return this.#state === "body" ? Math.min(this.unread, this.#remaining) : 0;
	}

	/** Up to `count` bytes of the body. */
	read(count: number): ArrayBuffer {
		const from = this.#bytes.byteOffset + this.#at;
		const used = this.use(count);
		return this.#bytes.buffer.slice(from, from + used) as ArrayBuffer;
	}
	readByte(): number | undefined {
		if (!this.available) return undefined;
		const byte = this.#bytes[this.#at];
		this.use(1);
		return byte;
	}
	/** Fills `target` as far as there are bytes; returns their number. */
	readInto(target: Uint8Array): number {
		const from = this.#at;
		const used = this.use(target.length);
		target.set(this.#bytes.subarray(from, from + used));
		return used;
	}

	private use(count: number): number {
		const used = Math.min(count, this.available);
		this.#at += used;
		this.#remaining -= used;
		this.#received += used;
		if (this.#received > this.#limits.body) throw new MessageError(413, "body too large");
		if (!this.#remaining) {
			this.#state = this.#framing === "chunked" ? "chunkEnd" : "complete";
			if (this.#framing === "chunked") this.advance();
		}
		return used;
	}

	private readLine(): string | undefined {
		const end = this.#bytes.indexOf(LF, this.#at);
		const size = this.#headSize + (end < 0 ? this.unread : end + 1 - this.#at);
		if (size > this.#limits.head) throw new MessageError(431, "header fields too large");
		if (end < 0) return undefined;
		this.#headSize = size;
		// It would end a string of XS. Not to be looked for behind the line: there may be thousands of lines.
		if (this.#bytes.subarray(this.#at, end).includes(0)) throw new MessageError(400, "a NUL");
		const line = decode(this.#bytes, this.#at, end > this.#at && this.#bytes[end - 1] === CR ? end - 1 : end);
		this.#at = end + 1;
		return line;
	}

	private readField(head: Head, line: string, mask: readonly string[] | undefined): void {
		const colon = line.indexOf(":");
		const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
		const value = line.slice(colon + 1).trim();
		if (!token.test(name) || value.includes("\r")) throw new MessageError(400, "bad header field");
		if (name === "content-length") this.readLength(head, value);
		else if (name === "transfer-encoding") {
			if (value.toLowerCase() !== "chunked" || head.chunked)
				throw new MessageError(501, "unknown transfer coding");
			head.chunked = true;
		} else if (name === "connection") head.close ||= /(^|,)\s*close\s*(,|$)/i.test(value);
		if (mask && !mask.includes(name)) return;
		if (head.headers.size >= this.#limits.fields) throw new MessageError(431, "too many header fields");
		const before = head.headers.get(name);
		head.headers.set(name, before === undefined ? value : `${before}, ${value}`);
	}

	private readLength(head: Head, value: string): void {
		const length = Number(value);
		if (!/^[0-9]{1,15}$/.test(value) || (head.contentLength !== undefined && head.contentLength !== length))
			throw new MessageError(400, "bad content-length");
		head.contentLength = length;
	}

	/** Reads what frames the chunks (RFC 9112 section 7.1), up to the next chunk's data or the end. */
	private advance(): void {
		while (this.#state === "chunkSize" || this.#state === "chunkEnd" || this.#state === "trailer") {
			const line = this.readLine();
			if (line === undefined) return;
			if (this.#state === "chunkSize") {
				const size = chunkSize.exec(line);
				if (!size) throw new MessageError(400, "bad chunk");
				this.#remaining = parseInt(size[1]!, 16);
				this.#state = this.#remaining ? "body" : "trailer";
				this.#headSize = 0;
			} else if (this.#state === "chunkEnd") {
				if (line) throw new MessageError(400, "bad chunk");
				this.#state = "chunkSize";
			} else if (!line) {
				this.#state = "complete";
			}
		}
	}
}
