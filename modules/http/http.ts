// SPDX-License-Identifier: Apache-2.0
// An HTTP server over an ECMA-419 listener: whole requests in, responses out, now or later. It is the same on a device and
// in the simulator, because neither the SDK's server nor any other bounds what a client may make it hold: see README.md.
import type Listener from "embedded:io/socket/listener";
import type TCP from "embedded:io/socket/tcp";
import type Resource from "Resource";
import Timer from "timer";
import Clock from "webrtc/device/clock";
import Memory from "webrtc/device/memory";
import type WebRTCError from "webrtc/error";
import guard, { contain } from "webrtc/error/guard";
import Access, { type AccessOptions } from "webrtc/http/access";
import Connection, { type ConnectionOwner } from "webrtc/http/connection";
import type { RequestHead } from "webrtc/http/head";
import { connectionToClose, requestToDrop } from "webrtc/http/places";
import type { RequestLimits } from "webrtc/http/reader";
import { textResponse } from "webrtc/http/status";
import isPortFree from "webrtc/native/transport/listening";

/** A request, before its body is taken. */
export interface HTTPRequestHead {
	readonly method: string;
	/** Without the query, and as it came: not percent-decoded. */
	readonly path: string;
	readonly query: string;
	/** Names in lower case. */
	readonly headers: ReadonlyMap<string, string>;
	/** The client's IP address, or that of the last proxy before this device. */
	readonly remoteAddress?: string | undefined;
}

/** A request whose body has arrived whole. */
export interface HTTPRequest extends HTTPRequestHead {
	readonly body: string;
}

/** A response. `content-length` and what belongs to the connection are added. */
export interface HTTPResponse {
	status: number;
	headers?: Record<string, string>;
	body?: string | ArrayBuffer | InstanceType<typeof Resource>;
	/** In place of `body`: one that is not in memory as a whole, or has no end yet. */
	stream?: HTTPStream;
}

/** A body that is asked for its bytes as the client takes them. */
export interface HTTPStream {
	/** Bytes of it all. Undefined: it ends with the connection. */
	readonly length?: number | undefined;
	/** Begins. `ready` is to be called, not from within, when there are bytes after `read` has had none. */
	start(ready: () => void): void;
	/**
	 * The next bytes.
	 * @param most how many at most
	 * @returns undefined: there are none at present; null: there will be none
	 */
	read(most: number): ArrayBuffer | undefined | null;
	/** It has left as a whole, or the client is gone. Called once. */
	close(): void;
}

export interface HTTPServiceOptions extends AccessOptions {
	/** The default export of "embedded:io/socket/listener". */
	listener: typeof Listener;
	/** 0: any. */
	port: number;
	/** Called once for each request, with a function that takes the answer, now or later; a second answer is ignored. */
	onRequest(request: HTTPRequest, respond: (response: HTTPResponse) => void): void;
	/** May refuse a request before its body is taken: returns the response to give. */
	onHead?(request: HTTPRequestHead): HTTPResponse | undefined;
	/** Hears of exceptions, which end the connection concerned and nothing else. */
	onError?(error: WebRTCError): void;
	/** The most bytes of a request's body; more is answered with 413. Default 12288. */
	maximumBody?: number | undefined;
	/** The most bytes of all requests that are on their way; more is answered with 503. Default 24576. */
	maximumBuffered?: number | undefined;
	/** TCP connections at once. Default 16. */
	maximumConnections?: number | undefined;
	/** TCP connections at once of one IP address. Default 12. */
	maximumConnectionsPerAddress?: number | undefined;
	/** Seconds in which the application answers a request; then it is answered with 503. Default 15. */
	timeout?: number | undefined;
}

/** What the SDK's typings leave out of a listener. */
interface Closable {
	close(): void;
}

const headSize = 4096; // bytes; browsers send some 600
const fieldCount = 48;
// What one connection takes at most while a request is read, and what must stay free for work that cannot be turned down.
const reserve = Object.freeze({ slots: 384, chunks: 12_288 });
const fewConnections = 4;
// Of it, for a connection: one of the few comes in with what it needs itself; more must leave room for what else is going on.
const forFew = 1.5;
const forMore = 4;

/**
 * Gives whole requests to one function. What it holds is bounded; a client that is slow, or takes more than its share, makes
 * room for others.
 */
export default class HTTPService implements ConnectionOwner {
	readonly limits: RequestLimits;
	#options: HTTPServiceOptions;
	#access: Access;
	#maximumBuffered: number;
	#maximumConnections: number;
	#maximumPerAddress: number;
	#timeout: number;
	#clock = new Clock();
	#memory = new Memory(reserve, this.#clock);
	#timer: Timer | undefined;
	#connections = new Set<Connection>();
	#listener: Listener | undefined;

	/**
	 * @throws what the listener throws where the port cannot be opened; TypeError for a malformed origin or host
	 */
	constructor(options: HTTPServiceOptions) {
		this.#options = options;
		this.limits = { head: headSize, fields: fieldCount, body: options.maximumBody ?? 12_288 };
		this.#maximumBuffered = options.maximumBuffered ?? 24_576;
		this.#maximumConnections = options.maximumConnections ?? 16;
		this.#maximumPerAddress = options.maximumConnectionsPerAddress ?? 12;
		this.#timeout = options.timeout ?? 15;
		this.#access = new Access(options);
		if (!isPortFree(options.port)) throw new Error("Address already in use");
		const service = this;
		this.#listener = new options.listener({
			port: options.port,
			onReadable: guard(this, function (this: Listener, count: number) {
				// A device's listener makes an object for each read, whether there is a connection or not.
				for (let i = 0; i < count; i++) {
					const from = this.read();
					if (from) service.accept(from);
				}
			}),
		});
	}

	/** The port that it listens on. */
	get port(): number {
		if (!this.#listener) throw new SyntaxError("closed");
		return this.#listener.port;
	}

	/** Ends every connection and gives the port back. Can be called again without effect. */
	close(): void {
		(this.#listener as Closable | undefined)?.close();
		this.#listener = undefined;
		for (const connection of [...this.#connections]) connection.close();
	}

	/* For the connections */

	get now(): number {
		return this.#clock.now;
	}

	admit({ remoteAddress }: Connection, head: RequestHead): HTTPResponse | undefined {
		const refusal = this.#listener && this.#access.refusal(head, this.#listener.port);
		if (refusal) return refusal;
		try {
			return this.#options.onHead?.({ ...partOf(head), remoteAddress });
		} catch (cause) {
			contain(this, cause);
			return textResponse(500, "The device failed.");
		}
	}

	responseHeaders(head: RequestHead | undefined): Record<string, string> {
		return this.#access.responseHeaders(head);
	}

	get hasMemory(): boolean {
		return this.#memory.hasRoomAtOnce();
	}

	reserve(connection: Connection, bytes: number): boolean {
		while (this.held() + bytes > this.#maximumBuffered) {
			const other = requestToDrop(this.#connections, connection, bytes);
			if (!other) return false;
			other.close();
		}
		return true;
	}

	receive(
		{ remoteAddress }: Connection,
		head: RequestHead,
		body: string,
		respond: (response: HTTPResponse) => void,
	): void {
		this.#options.onRequest({ ...partOf(head), remoteAddress, body }, respond);
	}

	closed(connection: Connection): void {
		this.#connections.delete(connection);
		if (this.#connections.size || this.#timer === undefined) return;
		Timer.clear(this.#timer);
		this.#timer = undefined;
	}

	onException(error: WebRTCError): void {
		this.#options.onError?.(error);
	}

	private held(): number {
		let held = 0;
		for (const connection of this.#connections) held += connection.held;
		return held;
	}

	private accept(from: TCP): void {
		try {
			const address = from.remoteAddress;
			if (!this.makeRoom(address)) return from.close();
			this.#connections.add(new Connection(this, from, address));
			this.#timer ??= Timer.repeat(
				guard(this, () => this.tick()),
				1000,
			);
		} catch (cause) {
			contain(this, cause); // and the client has gone
		}
	}

	private makeRoom(address: string | undefined): boolean {
		const { size } = this.#connections;
		const isRoom = this.#memory.hasRoomAtOnce(size < fewConnections ? forFew : forMore);
		const maximum = isRoom ? this.#maximumConnections : Math.min(this.#maximumConnections, size);
		const other = connectionToClose(this.#connections, address, maximum, this.#maximumPerAddress);
		if (other === undefined) return false;
		if (other !== "none") other.close();
		return true;
	}

	private tick(): void {
		for (const connection of [...this.#connections]) {
			if (connection.isOverdue) connection.expire(408, "The request comes too slowly.");
			else if (connection.waited >= this.#timeout) connection.expire(503, "The device does not answer in time.");
		}
	}
}

function partOf({ method, path, query, headers }: RequestHead): HTTPRequestHead {
	return { method, path, query, headers };
}
