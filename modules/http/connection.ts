// SPDX-License-Identifier: Apache-2.0
// One TCP connection of the service: requests in, responses out, one after the other. The socket's callbacks enter here.
import type TCP from "embedded:io/socket/tcp";
import type WebRTCError from "webrtc/error";
import guard, { contain } from "webrtc/error/guard";
import type { HTTPResponse, HTTPStream } from "webrtc/http";
import { RequestError, type RequestHead } from "webrtc/http/head";
import RequestReader, { type RequestLimits } from "webrtc/http/reader";
import { statusLine, textResponse } from "webrtc/http/status";

/** What a connection asks of its service. */
export interface ConnectionOwner {
	readonly limits: RequestLimits;
	/** Monotonic milliseconds. */
	readonly now: number;
	/** The head of a request has come. Returns a refusal, or undefined to go on. */
	admit(connection: Connection, head: RequestHead): HTTPResponse | undefined;
	/** Header fields for every response to this request; undefined: it has not come. */
	responseHeaders(head: RequestHead | undefined): Record<string, string>;
	/** Whether the machine has memory to read on. */
	readonly hasMemory: boolean;
	/** Whether there is room for so many bytes more. */
	reserve(connection: Connection, bytes: number): boolean;
	/** The request has come whole; `respond` takes the answer, now or later. */
	receive(connection: Connection, head: RequestHead, body: string, respond: (response: HTTPResponse) => void): void;
	closed(connection: Connection): void;
	/** A fault that is nobody else's. */
	onException(error: WebRTCError): void;
}

/** Bytes a second that a client must send or take, after `patience` seconds. */
export const bytesPerSecond = 1024;
/** Seconds that a client may be behind. */
export const patience = 5;

const readSize = 1024; // bytes; more wait in the socket's buffer, outside the machine's heap
const streamSize = 1024; // bytes of a stream that are asked for at once
const graceTime = 2; // seconds that a kept connection is open for longer than the client is told: a request may be on its way
const drainTime = 2; // seconds, and
const drainSize = 65_536; // bytes that a client may still send after its last response

/** A request comes; the application has it; its answer leaves; what the client still sends is read over. */
type State = "reading" | "waiting" | "writing" | "draining" | "closed";

export default class Connection {
	#owner: ConnectionOwner;
	#socket: TCP;
	#reader: RequestReader;
	#state: State = "reading";
	#since: number; // when what is going on began, ms
	#readable = 0; // bytes in the socket
	#room = 0; // for bytes in the socket
	#ended = false; // the client sends no more
	#served = false; // a request before
	#pumping = false;
	#rest: Uint8Array | undefined; // read, and of the next request
	#reserved = 0;
	#method = ""; // of the request, once its head has come
	#keepAlive = false;
	#headers: Record<string, string> | undefined; // for the response
	#isLast = false; // nothing is read after this request
	#output: Uint8Array[] = [];
	#written = 0; // bytes of the response; of a stream, since all that there was had left
	#stream: HTTPStream | undefined;
	#left = Infinity; // bytes that the stream has promised
	#drained = 0;

	/** @throws what the socket throws: the client may have gone */
	constructor(
		owner: ConnectionOwner,
		from: TCP,
		readonly remoteAddress: string | undefined,
	) {
		this.#owner = owner;
		this.#since = owner.now;
		this.#reader = new RequestReader(owner.limits);
		const TCPClass = from.constructor as typeof TCP;
		this.#socket = new TCPClass({
			from,
			onReadable: guard(this, (count: number) => {
				this.#readable = count;
				this.pump();
			}),
			onWritable: guard(this, (count: number) => {
				this.#room = count;
				this.flush();
				this.pump();
			}),
			onError: guard(this, (error?: Error) => this.onEnd(error)),
		});
	}

	/** Bytes of unfinished requests that are kept. */
	get held(): number {
		return this.#reserved + this.#reader.held;
	}

	/** Kept for a next request that has not begun. */
	get isIdle(): boolean {
		return this.#state === "draining" || (this.#served && this.isReading && !this.#reader.received);
	}

	/** Has sent no whole request yet. */
	get isUnfinished(): boolean {
		return this.#state === "draining" || this.isReading;
	}

	/** Seconds that the client is behind; below zero while the device is the one that is waited for. */
	get lag(): number {
		if (this.#state === "waiting" || this.isStarved) return -1;
		const bytes = this.#state === "writing" ? this.#written : this.#reader.received;
		return (this.#owner.now - this.#since) / 1000 - bytes / bytesPerSecond;
	}

	/** The client has had its time. */
	get isOverdue(): boolean {
		if (this.#state === "draining") return this.lag >= drainTime;
		return this.lag >= (this.isIdle ? patience + graceTime : patience);
	}

	/** Seconds that the application has taken for an answer. */
	get waited(): number {
		return this.#state === "waiting" ? (this.#owner.now - this.#since) / 1000 : 0;
	}

	/** The client has been too slow, or the application. */
	expire(status: number, message: string): void {
		const canAnswer = this.#state === "waiting" || (this.isReading && this.#reader.received > 0);
		if (!canAnswer) return this.close();
		this.refuse(textResponse(status, message, status === 503 ? { "retry-after": "1" } : {}));
	}

	/** Can be called again without effect. */
	close(): void {
		if (this.#state === "closed") return;
		this.#state = "closed";
		this.#reserved = 0;
		this.#output.length = 0;
		this.endStream();
		this.#socket.close();
		this.#owner.closed(this);
	}

	/** It is the stream that is waited for. */
	private get isStarved(): boolean {
		return this.#stream !== undefined && !this.#output.length && this.#room > 0;
	}

	private get isReading(): boolean {
		return this.#state === "reading";
	}

	/** A fault of ours ends the connection, and is reported. */
	onException(error: WebRTCError): void {
		this.close();
		this.#owner.onException(error);
	}

	/** The client closed, or only its half: then it still gets what it has asked for (RFC 9112 section 9.6). */
	private onEnd(error: Error | undefined): void {
		this.#ended = true;
		const isEndless = this.#stream !== undefined && this.#left === Infinity;
		if (error || this.isReading || isEndless || this.#state === "draining") this.close();
	}

	/** Reads on, for as long as there are bytes and they are wanted. */
	private pump(): void {
		if (this.#pumping) return;
		this.#pumping = true;
		try {
			while (this.step());
		} finally {
			this.#pumping = false;
		}
	}

	private step(): boolean {
		if (this.#state === "draining") return this.drain();
		if (!this.isReading) return false;
		const bytes = this.#rest ?? this.read();
		this.#rest = undefined;
		if (!bytes) return false;
		if (this.#served && !this.#reader.received) this.#since = this.#owner.now;
		try {
			if (!this.#owner.hasMemory) {
				this.refuseBusy();
				return true;
			}
			const used = this.#reader.feed(bytes);
			if (used < bytes.length) this.#rest = bytes.subarray(used);
			if (this.#reader.hasNewHead) this.takeHead();
			else if (this.#reader.held > readSize && !this.#owner.reserve(this, 0)) this.refuseBusy();
			if (this.isReading && this.#reader.isComplete) this.complete();
		} catch (error) {
			if (!(error instanceof RequestError)) throw error;
			if (this.#reader.head) this.prepare(this.#reader.head);
			this.refuse(textResponse(error.status, error.message));
		}
		return true;
	}

	private read(): Uint8Array | undefined {
		if (!this.#readable) return undefined;
		const bytes = this.#socket.read(Math.min(this.#readable, readSize)) as ArrayBuffer | undefined;
		this.#readable -= bytes?.byteLength ?? this.#readable;
		return bytes && new Uint8Array(bytes);
	}

	/** Makes sure that the request is welcome, and that there is room for its body, before any of it is taken. */
	private takeHead(): void {
		const head = this.#reader.head!;
		this.prepare(head);
		const refusal = this.#owner.admit(this, head);
		if (refusal) return this.refuse(refusal);
		if (head.length !== undefined && head.length > this.#owner.limits.body)
			throw new RequestError(413, `A body has at most ${this.#owner.limits.body} bytes.`);
		const room = this.#reader.bodyRoom;
		if (!this.#owner.reserve(this, room)) return this.refuseBusy();
		if (!this.isReading) return;
		this.#reserved = room;
		this.#reader.expectBody();
		if (!head.expects || this.#rest) return;
		this.#output.push(new Uint8Array(ArrayBuffer.fromString("HTTP/1.1 100 Continue\r\n\r\n")));
		this.flush();
	}

	/** Keeps what the response will need of the request. */
	private prepare(head: RequestHead): void {
		this.#method = head.method;
		this.#keepAlive = head.keepAlive;
		this.#headers = this.#owner.responseHeaders(head);
	}

	private refuseBusy(): void {
		this.refuse(textResponse(503, "Too much is on its way at once.", { "retry-after": "1" }));
	}

	private complete(): void {
		const head = this.#reader.takeHead(); // not to be held while the application has it: it may be large
		const body = this.#reader.takeBody();
		this.#reserved = 0;
		this.#state = "waiting";
		this.#since = this.#owner.now;
		let isAnswered = false;
		const answer = guard(this, (response: HTTPResponse) => {
			this.respond(response);
			this.pump();
		});
		try {
			this.#owner.receive(this, head, body, (response) => {
				if (isAnswered || this.#state !== "waiting") return response.stream?.close();
				isAnswered = true;
				answer(response);
			});
		} catch (cause) {
			contain(this.#owner, cause);
			if (this.#state === "waiting") this.refuse(textResponse(500, "The device failed."));
		}
	}

	/** Answers, and takes nothing more from this connection. */
	private refuse(response: HTTPResponse): void {
		this.#isLast = true;
		this.#reserved = 0;
		this.respond(response);
	}

	private respond(response: HTTPResponse): void {
		const body = bytesOf(response.body);
		const isBodiless = response.status === 204 || response.status === 304;
		const { stream } = response;
		const length = stream ? stream.length : body.length;
		if (!this.#keepAlive || this.#ended || length === undefined) this.#isLast = true;
		const headers: Record<string, string> = {
			...(this.#headers ?? this.#owner.responseHeaders(undefined)),
			...response.headers,
			...(isBodiless || length === undefined ? {} : { "content-length": String(length) }),
			...(this.#isLast ? { connection: "close" } : { "keep-alive": `timeout=${patience}` }),
		};
		this.#state = "writing";
		this.#since = this.#owner.now;
		this.#written = 0;
		this.#output.push(composeHead(response.status, headers));
		const hasBody = !isBodiless && this.#method !== "HEAD";
		if (!stream) {
			if (body.length && hasBody) this.#output.push(body);
		} else if (hasBody) this.begin(stream);
		else stream.close();
		this.flush();
	}

	private begin(stream: HTTPStream): void {
		this.#stream = stream;
		this.#left = stream.length ?? Infinity;
		if (this.#ended && this.#left === Infinity)
			this.close(); // it has gone, or will tell by no other sign
		else stream.start(guard(this, () => this.flush()));
	}

	private endStream(): void {
		const stream = this.#stream;
		this.#stream = undefined;
		stream?.close();
	}

	/** What is to leave next, as far as the stream has it. */
	private fill(): void {
		const bytes = this.#stream!.read(Math.min(this.#room, streamSize, this.#left));
		if (bytes) {
			this.#left -= bytes.byteLength;
			this.#output.push(new Uint8Array(bytes));
		}
		if (bytes === null || this.#left <= 0) this.endStream();
		if (bytes === null && this.#left > 0 && this.#left < Infinity) this.close(); // less than it has promised
	}

	/** Writes as far as the socket has room. */
	private flush(): void {
		while (this.#room > 0 && (this.#output.length || this.#stream)) {
			if (!this.#output.length) {
				this.#since = this.#owner.now; // the client has taken all that there was
				this.#written = 0;
				this.fill();
				if (!this.#output.length) break;
			}
			const bytes = this.#output[0]!;
			const size = Math.min(this.#room, bytes.length);
			const room = this.#socket.write(bytes.subarray(0, size)) as number | undefined;
			if (room === undefined) return this.close(); // so does a device's socket that has failed
			this.#room = room;
			this.#written += size;
			if (size < bytes.length) this.#output[0] = bytes.subarray(size);
			else this.#output.shift();
		}
		if (this.#state === "writing" && !this.#output.length && !this.#stream) this.finish();
	}

	/** The response has left. */
	private finish(): void {
		this.#since = this.#owner.now;
		if (!this.#isLast) {
			this.#served = true;
			this.#method = "";
			this.#keepAlive = false;
			this.#headers = undefined;
			this.#reader.next();
			this.#state = "reading";
			return;
		}
		const isQuiet = this.#reader.isComplete && !this.#rest && !this.#readable;
		if (isQuiet || this.#ended) return this.close();
		// Closing while the client still sends would reset the connection, and take the response with it.
		this.#rest = undefined;
		this.#state = "draining";
		this.#reader.next();
	}

	private drain(): boolean {
		const bytes = this.read();
		if (!bytes) return false;
		this.#drained += bytes.length;
		if (this.#drained > drainSize) this.close();
		return true;
	}
}

/** @throws TypeError for a field that would be two */
function composeHead(status: number, headers: Record<string, string>): Uint8Array {
	let text = `${statusLine(status)}\r\n`;
	for (const [name, value] of Object.entries(headers)) {
		if (value.includes("\n") || value.includes("\r")) throw new TypeError(`${name}: more than one line`);
		text += `${name}: ${value}\r\n`;
	}
	return new Uint8Array(ArrayBuffer.fromString(`${text}\r\n`));
}

function bytesOf(body: HTTPResponse["body"]): Uint8Array {
	const buffer = typeof body === "string" || !body ? ArrayBuffer.fromString(body || "") : body;
	return new Uint8Array(buffer as ArrayBuffer); // or a host buffer
}
