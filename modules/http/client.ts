// SPDX-License-Identifier: Apache-2.0
// Requests over ECMA-419 HTTP clients: one connection a server, used again while it lasts, and given back soon after.
import Collector from "webrtc/device/collector";
import deviceNetwork, { type NetworkClient } from "webrtc/device/network";
import WebRTCError from "webrtc/error";
import guard, { type Guarded } from "webrtc/error/guard";
import { originOf, type URLParts } from "webrtc/http/url";
import type HTTPClient from "embedded:network/http/client";
import type { HTTPRequest } from "embedded:network/http/client";
import Timer from "timer";

export type HTTPDictionary = NetworkClient<typeof HTTPClient>;

export interface HTTPOptions {
	/** Default: `device.network.https`. */
	https?: HTTPDictionary | undefined;
	/** For URLs without TLS. Default: `device.network.http`. */
	http?: HTTPDictionary | undefined;
	/** Bytes of a response's body; a longer one is an error. Default 16 384. */
	maximumBody?: number | undefined;
}

export interface Call {
	url: URLParts;
	method: "GET" | "POST" | "PATCH" | "DELETE" | "OPTIONS";
	/** Names in lower case. */
	headers: Map<string, string>;
	body?: ArrayBuffer | undefined;
	/** Names, in lower case, of the fields that the response is to have. Default: none. */
	fields?: readonly string[] | undefined;
	/** Milliseconds from the start of the request, or of its connection, to the end of the response. */
	timeout: number;
	/** Called once, unless the call is cancelled. */
	onDone(error: WebRTCError | undefined, response?: Response): void;
}

export interface Response {
	status: number;
	/** Of the fields that were asked for, those that came; each cut after 2049 characters: what is longer than a URL may be is seen to be. */
	headers: ReadonlyMap<string, string>;
	body: string;
}

const idleTime = 5_000; // ms that a connection is kept without work: TLS holds tens of KB
const defaultMaximumBody = 16_384; // bytes
const tooLong = "the response is too long";
const longestField = 2_049; // characters that are kept: more than a URL may have, so that none that was cut is followed
/** The SDK's typings know the first parameter only. */
const decodeUTF8 = String.fromArrayBuffer as (buffer: ArrayBufferLike, offset: number, size: number) => string;

interface Connection {
	client: HTTPClient;
	/** Requests that were completed on it. */
	served: number;
}

/** What is waiting or under way for one server. */
interface Server extends Guarded {
	url: URLParts;
	connection: Connection | undefined;
	calls: Call[]; // the first is under way, if `busy`
	busy: boolean;
	retried: boolean;
	timer: Timer | undefined;
}

export default class HTTPConnections {
	#options: HTTPOptions;
	#servers = new Map<string, Server>();
	#connections = 0;
	#requests = 0;

	constructor(options: HTTPOptions = {}) {
		this.#options = options;
	}

	/** Connections made and requests sent so far. */
	get statistics(): { connections: number; requests: number } {
		return { connections: this.#connections, requests: this.#requests };
	}

	/** Sends a request after those that wait for the same server. */
	send(call: Call): void {
		const key = originOf(call.url);
		let server = this.#servers.get(key);
		if (!server) {
			server = this.addServer(call.url);
			this.#servers.set(key, server);
		}
		server.calls.push(call);
		if (!server.busy) this.next(server);
	}

	/** Ends a call without a callback. */
	cancel(call: Call): void {
		for (const server of this.#servers.values()) {
			const index = server.calls.indexOf(call);
			if (index < 0) continue;
			server.calls.splice(index, 1);
			if (index || !server.busy) return;
			this.drop(server);
			this.next(server);
		}
	}

	/** Ends all calls without a callback, and all connections. */
	close(): void {
		for (const server of this.#servers.values()) {
			server.calls.length = 0;
			this.drop(server);
		}
		this.#servers.clear();
	}

	private addServer(url: URLParts): Server {
		const server: Server = {
			url,
			connection: undefined,
			calls: [],
			busy: false,
			retried: false,
			timer: undefined,
			/** A fault of this SDK: it ends the call that is under way, and the connection. */
			onException: (error) => {
				this.drop(server);
				if (server.busy) this.finish(server, error);
			},
		};
		return server;
	}

	private next(server: Server): void {
		Timer.clear(server.timer);
		server.timer = undefined;
		server.busy = server.calls.length > 0;
		const call = server.calls[0];
		if (!call) {
			server.timer = Timer.set(
				guard(server, () => this.retire(server)),
				idleTime,
			);
			return;
		}
		server.timer = Timer.set(
			guard(server, () => {
				this.drop(server);
				this.finish(server, new WebRTCError("transport/timeout", `${server.url.host}: no answer in time`));
			}),
			call.timeout,
		);
		try {
			server.connection ??= this.connect(server);
			this.request(server, server.connection, call);
		} catch (cause) {
			this.drop(server);
			Timer.set(
				guard(server, () => {
					if (server.calls[0] === call) this.finish(server, toError(server.url.host, cause));
				}),
			);
		}
	}

	private connect(server: Server): Connection {
		const { secure, host, port } = server.url;
		const network = deviceNetwork();
		const { https = network.https, http = network.http } = this.#options;
		const dictionary = secure ? https : http;
		if (!dictionary) throw new Error(`no ${secure ? "https" : "http"} client; include its manifest`);
		this.#connections++;
		const connection = { served: 0 } as Connection;
		connection.client = new dictionary.io({
			...dictionary,
			host,
			port,
			onError: guard(server, (error: unknown) => this.onConnectionError(server, connection, error)),
		});
		return connection;
	}

	private request(server: Server, connection: Connection, call: Call): void {
		const { body } = call;
		let sent = 0;
		let status = 0;
		const fields = new Map<string, string>();
		const incoming = new Collector(this.#options.maximumBody ?? defaultMaximumBody);
		const isCurrent = () => server.connection === connection && server.calls[0] === call;
		const endSoon = () => this.endSoon(server, isCurrent);
		if (body) call.headers.set("content-length", String(body.byteLength));
		this.#requests++;
		connection.client.request({
			method: call.method,
			path: call.url.path,
			headers: call.headers,
			headersMask: [...(call.fields ?? [])],
			onWritable: guard(server, function (this: HTTPRequest, count: number) {
				if (!body || sent >= body.byteLength) return;
				const length = Math.min(count, body.byteLength - sent);
				this.write(new Uint8Array(body, sent, length));
				sent += length;
			}),
			onHeaders: guard(server, (code: number, headers: Pick<ReadonlyMap<string, string>, "get">) => {
				status = code;
				fields.clear();
				for (const name of call.fields ?? []) {
					const value = headers.get(name);
					if (value !== undefined) fields.set(name, value.slice(0, longestField));
				}
			}),
			onReadable: guard(server, function (this: HTTPRequest, count: number) {
				const part = this.read(count);
				const { isTooLong } = incoming;
				if (part) incoming.add(part);
				if (incoming.isTooLong && !isTooLong) endSoon();
			}),
			onDone: guard(server, (error: unknown) => {
				if (!isCurrent()) return;
				if (error) return this.onBroken(server, connection, status, error);
				connection.served++;
				const fail = (text: string) => this.finish(server, toError(server.url.host, text));
				if (incoming.isTooLong) return fail(tooLong);
				const text = decode(incoming.take());
				if (text === undefined) return fail("the response is not UTF-8");
				this.finish(server, undefined, { status, headers: fields, body: text });
			}),
		});
	}

	/** A body may have no end. Not within a callback of the client, which goes on behind it. */
	private endSoon(server: Server, isCurrent: () => boolean): void {
		const end = () => {
			if (!isCurrent()) return;
			this.drop(server);
			this.finish(server, toError(server.url.host, tooLong));
		};
		Timer.set(guard(server, end));
	}

	private onConnectionError(server: Server, connection: Connection, error: unknown): void {
		if (server.connection !== connection) return;
		if (server.busy) this.onBroken(server, connection, 0, error);
		else this.retire(server);
	}

	/** A kept connection may end just as it is used again: that request is sent once more. The client closes itself. */
	private onBroken(server: Server, connection: Connection, status: number, error: unknown): void {
		const again = connection.served > 0 && !status && !server.retried;
		server.connection = undefined;
		if (!again) return this.finish(server, toError(server.url.host, error));
		server.retried = true;
		this.next(server);
	}

	private finish(server: Server, error: WebRTCError | undefined, response?: Response): void {
		const call = server.calls.shift();
		server.retried = false;
		this.next(server);
		call?.onDone(error, response);
	}

	private drop(server: Server): void {
		Timer.clear(server.timer);
		server.timer = undefined;
		const { connection } = server;
		server.connection = undefined;
		connection?.client.close();
	}

	private retire(server: Server): void {
		this.drop(server);
		if (server.calls.length) return;
		for (const [key, value] of this.#servers) if (value === server) this.#servers.delete(key);
	}
}

function decode(bytes: Uint8Array<ArrayBuffer>): string | undefined {
	try {
		return decodeUTF8(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	} catch {
		return undefined;
	}
}

function toError(host: string, cause: unknown): WebRTCError {
	const detail = cause instanceof Error ? cause.message : typeof cause === "string" ? cause : "";
	return new WebRTCError("transport/failed", `${host}: ${detail || "the connection failed"}`, cause);
}
