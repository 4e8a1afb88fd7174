// SPDX-License-Identifier: Apache-2.0
// Reads HTTP/1.x requests (RFC 9112) from bytes as they come. No I/O. What it keeps is bounded, and what two readers could
// read in two ways is refused: a proxy before this device must not see other requests than the device does.
import {
	bodyLength,
	chunkSize,
	isToken,
	isTokenByte,
	parseRequestLine,
	parseTarget,
	RequestError,
	type RequestHead,
	type RequestLine,
} from "webrtc/http/head";
import { decodeUTF8 } from "webrtc/text";

export interface RequestLimits {
	/** Bytes of the request line and the header fields together, and of a chunked body's trailer. */
	readonly head: number;
	/** Header fields. */
	readonly fields: number;
	/** Bytes of a body. */
	readonly body: number;
}

const LF = 10;
const CR = 13;
const TAB = 9;
/** A field that may be there once: two would be read by one side as the first and by another as the last. */
const single = Object.freeze([
	"host",
	"content-length",
	"transfer-encoding",
	"content-type",
	"authorization",
	"origin",
]);
const framingSize = 4096; // bytes of chunk sizes and their ends, beside the body

type State = "requestLine" | "fields" | "head" | "body" | "chunkSize" | "chunk" | "chunkEnd" | "trailer" | "complete";

export default class RequestReader {
	#limits: RequestLimits;
	#state: State = "requestLine";
	#kept: Uint8Array | undefined; // room for the beginning of a line, or of the header fields
	#keptSize = 0;
	#lineStart = 0; // in what is kept
	#fields = 0;
	#headSize = 0;
	#received = 0;
	#requestLine: RequestLine | undefined;
	#headers = new Map<string, string>();
	#head: RequestHead | undefined;
	#body: Uint8Array | undefined;
	#size = 0; // of the body so far
	#remaining = 0; // of the body or the chunk

	constructor(limits: RequestLimits) {
		this.#limits = limits;
	}

	/** Once it has come whole. */
	get head(): RequestHead | undefined {
		return this.#head;
	}
	/** Whether `expectBody` is to be called before more is fed. */
	get hasNewHead(): boolean {
		return this.#state === "head";
	}
	get isComplete(): boolean {
		return this.#state === "complete";
	}
	/** Bytes of this request that have come. */
	get received(): number {
		return this.#received;
	}
	/** Bytes that are kept of what is not complete, without the body. */
	get held(): number {
		return this.#state === "requestLine" || this.#state === "fields" ? this.#headSize : 0;
	}
	/**
	 * Takes bytes up to the end of the head or of the request.
	 * @returns how many it took
	 * @throws RequestError
	 */
	feed(bytes: Uint8Array): number {
		let at = 0;
		while (at < bytes.length && this.#state !== "head" && this.#state !== "complete") {
			const from = at;
			at =
				this.#state === "body" || this.#state === "chunk" ? this.feedBody(bytes, at) : this.feedLine(bytes, at);
			this.#received += at - from;
		}
		return at;
	}

	/** The most bytes that the body can have: its length, or the limit. */
	get bodyRoom(): number {
		return this.#head?.length ?? this.#limits.body;
	}

	/** Makes ready for the body of the head that has come. */
	expectBody(): void {
		const { length } = this.#head!;
		this.#headSize = 0; // from here on of what frames chunks
		if (length === undefined) this.#state = "chunkSize";
		else this.#state = length ? "body" : "complete";
		this.#remaining = length ?? 0;
	}

	/** The head of a complete request, which is forgotten here. */
	takeHead(): RequestHead {
		const head = this.#head!;
		this.#head = undefined;
		this.#headers = new Map();
		return head;
	}

	/**
	 * The body, which is forgotten here.
	 * @throws RequestError when it is not UTF-8
	 */
	takeBody(): string {
		const bytes = this.#body;
		this.#body = undefined;
		if (!bytes) return "";
		try {
			return decodeUTF8(bytes.subarray(0, this.#size));
		} catch {
			throw new RequestError(400, "The body is not UTF-8.");
		}
	}

	/** Forgets the request; the next one follows. */
	next(): void {
		this.#state = "requestLine";
		this.#kept = this.#requestLine = this.#head = this.#body = undefined;
		this.#headers = new Map();
		this.#keptSize = this.#lineStart = this.#fields = 0;
		this.#headSize = this.#received = this.#size = this.#remaining = 0;
	}

	private feedBody(bytes: Uint8Array, at: number): number {
		const end = Math.min(bytes.length, at + this.#remaining);
		this.#body ??= new Uint8Array(this.bodyRoom);
		this.#body.set(bytes.subarray(at, end), this.#size);
		this.#size += end - at;
		this.#remaining -= end - at;
		if (!this.#remaining) this.#state = this.#state === "body" ? "complete" : "chunkEnd";
		return end;
	}

	private feedLine(bytes: Uint8Array, at: number): number {
		const found = bytes.indexOf(LF, at);
		const end = found < 0 ? bytes.length : found + 1;
		// A TLS handshake or noise is told from a request by its first byte, not only when a line ends.
		if (
			this.#state === "requestLine" &&
			!this.#keptSize &&
			![CR, LF].includes(bytes[at]!) &&
			!isTokenByte(bytes[at]!)
		)
			throw new RequestError(400, "This is not an HTTP request.");
		this.#headSize += end - at;
		this.checkSize();
		this.keep(bytes.subarray(at, end));
		if (found < 0) return end;
		// As bytes, the fields of a request that does not go on take little; as strings in a map, a board's heap.
		if (this.#state !== "fields" || this.isLineEmpty()) this.takeLines();
		else this.expectField();
		return end;
	}

	private keep(bytes: Uint8Array): void {
		const size = this.#keptSize + bytes.length;
		let kept = this.#kept;
		if (!kept || kept.length < size) {
			const larger = new Uint8Array(Math.max(size, Math.min(2 * size, this.#limits.head)));
			if (kept) larger.set(kept);
			this.#kept = kept = larger;
		}
		kept.set(bytes, this.#keptSize);
		this.#keptSize = size;
	}

	private isLineEmpty(): boolean {
		const size = this.#keptSize - this.#lineStart;
		return size === 1 || (size === 2 && this.#kept![this.#lineStart] === CR);
	}

	private expectField(): void {
		this.#lineStart = this.#keptSize;
		if (++this.#fields > this.#limits.fields)
			throw new RequestError(431, `There are at most ${this.#limits.fields} header fields.`);
	}

	/** Takes all lines that are kept. */
	private takeLines(): void {
		const bytes = this.#kept!.subarray(0, this.#keptSize);
		this.#kept = undefined;
		this.#keptSize = this.#lineStart = 0;
		for (let at = 0; at < bytes.length;) {
			const end = bytes.indexOf(LF, at);
			this.takeLine(decode(bytes, at, end > at && bytes[end - 1] === CR ? end - 1 : end));
			at = end + 1;
		}
	}

	private checkSize(): void {
		const inHead = this.#head === undefined;
		if (this.#headSize <= (inHead ? this.#limits.head : framingSize)) return;
		if (inHead) throw new RequestError(431, `The header fields have at most ${this.#limits.head} bytes.`);
		throw new RequestError(400, "The chunks are too small.");
	}

	private takeLine(line: string): void {
		switch (this.#state) {
			case "requestLine":
				if (!line) return; // an empty line before a request is skipped (RFC 9112 section 2.2)
				this.#requestLine = parseRequestLine(line);
				this.#state = "fields";
				return;
			case "fields":
				if (line) this.takeField(line);
				else this.endHead();
				return;
			case "chunkSize":
				this.#remaining = chunkSize(line);
				if (this.#size + this.#remaining > this.#limits.body)
					throw new RequestError(413, `The body has at most ${this.#limits.body} bytes.`);
				this.#state = this.#remaining ? "chunk" : "trailer";
				return;
			case "chunkEnd":
				if (line) throw new RequestError(400, "A chunk is longer than it says.");
				this.#state = "chunkSize";
				return;
			default:
				if (!line) this.#state = "complete"; // trailer fields are read over
		}
	}

	private takeField(line: string): void {
		const colon = line.indexOf(":");
		const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
		// This also refuses the white space before a colon, and a line that continues another (RFC 9112 section 5).
		if (!isToken(name)) throw new RequestError(400, "A header field is malformed.");
		const before = this.#headers.get(name);
		if (before !== undefined && single.includes(name)) throw new RequestError(400, `${name} is there twice.`);
		const value = line.slice(colon + 1).trim();
		this.#headers.set(name, before === undefined ? value : `${before}, ${value}`);
	}

	private endHead(): void {
		const line = this.#requestLine!;
		const { method, minor } = line;
		const headers = this.#headers;
		const connection = (headers.get("connection") ?? "").toLowerCase();
		const expect = headers.get("expect")?.toLowerCase();
		if (expect !== undefined && expect !== "100-continue")
			throw new RequestError(417, "Only 100-continue can be expected.");
		const length = bodyLength(headers, minor);
		this.#head = {
			method,
			...parseTarget(line, headers.get("host")),
			minor,
			headers,
			length,
			keepAlive: minor === 1 && !connection.includes("close"),
			expects: minor === 1 && expect !== undefined && length !== 0,
		};
		this.#requestLine = undefined;
		this.#state = "head";
	}
}

/** @throws RequestError for control characters: a NUL would end a string, a CR a line of another reader */
function decode(bytes: Uint8Array, start: number, end: number): string {
	for (let i = start; i < end; i++) {
		const byte = bytes[i]!;
		if ((byte < 0x20 && byte !== TAB) || byte === 0x7f)
			throw new RequestError(400, "A control character is in the header fields.");
	}
	try {
		return decodeUTF8(bytes.subarray(start, end));
	} catch {
		throw new RequestError(400, "The header fields are not UTF-8.");
	}
}
