// SPDX-License-Identifier: Apache-2.0
// Requests in, responses out, over an ECMA-419 HTTP server: bounded bodies, answers that may come later.
import type Listener from "embedded:io/socket/listener";
import type HTTPServer from "embedded:network/http/server";
import type { HTTPConnection, HTTPResponse as ServerResponse } from "embedded:network/http/server";
import type Resource from "Resource";
import Timer from "timer";

/** A request whose body has arrived whole. */
export interface HTTPRequest {
	readonly method: string;
	/** Without the query. */
	readonly path: string;
	readonly query: string;
	/** Names in lower case. */
	readonly headers: ReadonlyMap<string, string>;
	readonly body: string;
}

/** A response. `content-length` is added. */
export interface HTTPResponse {
	status: number;
	headers?: Record<string, string>;
	body?: string | ArrayBuffer | InstanceType<typeof Resource>;
}

export interface HTTPServiceOptions {
	/** The server class: the default export of "embedded:network/http/server". */
	io: typeof HTTPServer;
	/** Its listener: the default export of "embedded:io/socket/listener". */
	listener: typeof Listener;
	/** 0: any. */
	port: number;
	/** Called once for each request, with a function that takes the answer, now or later; a second answer is ignored. */
	onRequest(request: HTTPRequest, respond: (response: HTTPResponse) => void): void;
	/** The most bytes of a request's body; more is answered with 413. Default 12288. */
	maximumBody?: number;
	/** The most bytes of all bodies on their way, as announced; more is answered with 503. Default 24576. */
	maximumBodies?: number;
	/** Connections served at once; more are closed. Default 12. */
	maximumConnections?: number;
	/** Seconds in which a request must have come and been answered. Default 15. */
	timeout?: number;
}

/** One request on its way: it collects the body, waits for the answer, and writes it. */
class Exchange {
	#service: ServiceState;
	#connection: HTTPConnection;
	#timer: Timer | undefined;
	#method = "";
	#path = "";
	#headers: ReadonlyMap<string, string> = new Map();
	#bytes: Uint8Array | undefined; // of the body, with room for all of it
	#size = 0; // of what of it has come
	#reserved = 0;
	#refusal: HTTPResponse | undefined;
	#response: ServerResponse | undefined;
	#answer: HTTPResponse | undefined;
	#body: ArrayBuffer = new ArrayBuffer(0);
	#written = 0;

	constructor(service: ServiceState, connection: HTTPConnection) {
		this.#service = service;
		this.#connection = connection;
		this.#timer = Timer.set(() => this.close(), service.timeout * 1000);
		const exchange = this;
		connection.accept({
			onRequest(request: { method: string; path: string; headers: Map<string, string> }) {
				exchange.#method = request.method;
				exchange.#path = request.path;
				exchange.#headers = request.headers;
				exchange.#reserve(request.headers);
			},
			onReadable(count: number) {
				exchange.#collect(count);
			},
			onResponse(response: ServerResponse) {
				exchange.#complete(response);
			},
			onWritable(count: number) {
				exchange.#write(count);
			},
			onDone() {
				exchange.#forget();
			},
			onError() {
				exchange.#forget();
			},
		});
	}

	/** Makes sure that there is room for the body before any of it is taken; one of unknown length may be the longest. */
	#reserve(headers: ReadonlyMap<string, string>): void {
		const service = this.#service;
		const chunked = headers.has("transfer-encoding");
		const length = chunked ? service.maximumBody : Number(headers.get("content-length") ?? 0);
		if (!(length >= 0 && length <= service.maximumBody)) this.#refusal = { status: 413 };
		else if (service.bodies + length > service.maximumBodies)
			this.#refusal = { status: 503, headers: { "retry-after": "1" } };
		else service.bodies += this.#reserved = length;
	}

	#collect(count: number): void {
		const chunk = this.#connection.read(count);
		if (!chunk || this.#refusal) return; // the rest of what is refused is read and forgotten
		if (this.#size + chunk.byteLength > this.#reserved) {
			this.#refusal = { status: 413 };
			this.#release();
			return;
		}
		this.#bytes ??= new Uint8Array(this.#reserved);
		this.#bytes.set(new Uint8Array(chunk), this.#size);
		this.#size += chunk.byteLength;
	}

	#release(): void {
		this.#service.bodies -= this.#reserved;
		this.#reserved = this.#size = 0;
		this.#bytes = undefined;
	}

	#complete(response: ServerResponse): void {
		this.#response = response;
		if (this.#refusal) return this.#respond(this.#refusal);
		const body = decode(this.#bytes, this.#size);
		this.#release();
		if (body === undefined) return this.#respond({ status: 400, body: "The body is not UTF-8.\n" });
		const mark = this.#path.indexOf("?");
		this.#service.onRequest(
			{
				method: this.#method,
				path: mark < 0 ? this.#path : this.#path.slice(0, mark),
				query: mark < 0 ? "" : this.#path.slice(mark + 1),
				headers: this.#headers,
				body,
			},
			(answer) => this.#respond(answer),
		);
	}

	#respond(answer: HTTPResponse): void {
		const response = this.#response;
		if (!response || this.#answer) return;
		this.#answer = answer;
		response.status = answer.status;
		for (const [name, value] of Object.entries(answer.headers ?? {})) response.headers.set(name, value);
		const body = answer.body ?? "";
		this.#body = typeof body === "string" ? ArrayBuffer.fromString(body) : (body as ArrayBuffer); // a host buffer
		response.headers.set("content-length", this.#body.byteLength);
		this.#connection.respond(response);
	}

	#write(count: number): void {
		const size = Math.min(count, this.#body.byteLength - this.#written);
		if (size <= 0) return;
		const part = new Uint8Array(this.#body, this.#written, size);
		this.#written += size;
		this.#connection.write(part);
	}

	#forget(): void {
		if (this.#timer !== undefined) Timer.clear(this.#timer);
		this.#timer = undefined;
		this.#response = undefined;
		this.#release();
		this.#service.exchanges.delete(this);
	}

	close(): void {
		if (!this.#service.exchanges.has(this)) return;
		this.#forget();
		this.#connection.close();
	}
}

interface ServiceState {
	readonly exchanges: Set<Exchange>;
	readonly maximumBody: number;
	readonly maximumBodies: number;
	/** Bytes that are reserved for bodies on their way. */
	bodies: number;
	readonly timeout: number;
	onRequest: HTTPServiceOptions["onRequest"];
}

/** undefined when the bytes are not UTF-8. */
function decode(bytes: Uint8Array | undefined, size: number): string | undefined {
	if (!bytes) return "";
	try {
		return String.fromArrayBuffer(size === bytes.length ? bytes.buffer : bytes.buffer.slice(0, size));
	} catch {
		return undefined;
	}
}

/** An HTTP server that gives whole requests to one function. Throws where the port cannot be opened. */
export default class HTTPService {
	#server: HTTPServer | undefined;
	#state: ServiceState;

	constructor(options: HTTPServiceOptions) {
		const state: ServiceState = {
			exchanges: new Set(),
			maximumBody: options.maximumBody ?? 12288,
			maximumBodies: options.maximumBodies ?? 24576,
			bodies: 0,
			timeout: options.timeout ?? 15,
			onRequest: options.onRequest,
		};
		const maximumConnections = options.maximumConnections ?? 12;
		this.#state = state;
		this.#server = new options.io({
			io: options.listener,
			port: options.port,
			onConnect(connection: HTTPConnection) {
				if (state.exchanges.size >= maximumConnections) connection.close();
				else state.exchanges.add(new Exchange(state, connection));
			},
		});
	}

	/** The port that it listens on. */
	get port(): number {
		if (!this.#server) throw new SyntaxError("closed");
		return this.#server.port;
	}

	/** Ends every exchange and gives the port back. Can be called again without effect. */
	close(): void {
		this.#server?.close();
		this.#server = undefined;
		for (const exchange of [...this.#state.exchanges]) exchange.close();
	}
}
