// SPDX-License-Identifier: Apache-2.0
// The simulator's embedded:network/http/client, with the API and the life of the SDK's: one persistent connection, whose
// end is the client's end. Beyond it: HEAD, 304, interim and early responses, and errors that say what happened.
import type { HTTPClientOptions, HTTPRequest, RequestOptions } from "embedded:network/http/client";
import type TCP from "embedded:io/socket/tcp";
import { MessageError, MessageReader } from "sim/http/message";
import Outlet from "sim/http/outlet";
import Request from "sim/http/client/request";
import Timer from "timer";

const LIMITS = { head: 16384, fields: 100, body: Infinity };

class HTTPClient {
	#host: string;
	#onError: HTTPClientOptions["onError"];
	#resolver: { close?(): void } | undefined;
	#socket: TCP | undefined;
	#state: "connecting" | "connected" | "closed" = "connecting";
	#queue: Request[] = [];
	#current: Request | undefined;
	#readable = 0;
	#ended: { error: Error | undefined } | undefined;
	#resume: Timer | undefined;
	#pumping = false;
	#reader = new MessageReader(LIMITS);
	#outlet = new Outlet({ write: (bytes) => this.#socket?.write(bytes) ?? 0 });

	constructor(options: HTTPClientOptions) {
		const { host, dns, onError } = options;
		if (!host) throw new TypeError("host: required");
		this.#host = host;
		this.#onError = onError;
		const resolver = new dns.io(dns);
		this.#resolver = resolver;
		resolver.resolve({
			host,
			onResolved: (_host: string, address: string) => this.connect(options, address),
			onError: (_host: string, error?: Error) =>
				this.fail(new Error(`${host}: ${error?.message ?? "name not resolved"}`)),
		});
	}

	close(): void {
		this.#state = "closed";
		Timer.clear(this.#resume);
		this.#resume = undefined;
		this.#resolver?.close?.();
		this.#socket?.close();
		this.#resolver = this.#socket = this.#current = undefined;
		this.#queue.length = 0;
	}

	request(options: RequestOptions): HTTPRequest {
		if (this.#state === "closed") throw new Error("closed");
		const host = { reader: this.#reader, outlet: this.#outlet, resume: () => this.continue() };
		const request = new Request(host, this.#host, options);
		this.#queue.push(request);
		if (!this.#current) this.continue();
		return request as HTTPRequest;
	}

	private connect(options: HTTPClientOptions, address: string): void {
		if (this.#state === "closed") return;
		this.#resolver?.close?.();
		this.#resolver = undefined;
		try {
			this.#socket = new options.socket.io({
				...options.socket,
				address,
				host: options.host,
				port: options.port ?? 80,
				onReadable: (count: number) => {
					this.#readable = count;
					this.pump();
				},
				onWritable: (count: number) => this.onWritable(count),
				onError: (error?: Error) => this.onEnd(error),
			}) as TCP;
		} catch (error) {
			this.fail(error instanceof Error ? error : new Error(String(error)));
		}
	}

	private onWritable(count: number): void {
		this.#state = "connected";
		this.#outlet.setRoom(count);
		this.#current?.writable();
		this.pump();
	}

	/** What was received before is read first. */
	private onEnd(error: Error | undefined): void {
		this.#ended = { error };
		if (this.#state === "connecting") this.finish();
		else this.pump();
	}
	private finish(): void {
		const error = this.#ended?.error;
		const current = this.#current;
		if (!error && current?.endsWithConnection()) {
			this.#current = undefined;
			current.end(null);
		}
		this.fail(error ?? new Error("connection closed by the server"));
	}

	/** Ends every request, and the client. */
	private fail(error: Error): void {
		if (this.#state === "closed") return;
		const requests = this.#current ? [this.#current, ...this.#queue] : [...this.#queue];
		this.close();
		for (const request of requests) request.end(error);
		this.#onError?.(error);
	}

	private continue(): void {
		if (this.#pumping) return;
		this.#resume ??= Timer.set(() => {
			this.#resume = undefined;
			this.pump();
		});
	}

	/** Reads and hands on, for as long as there are bytes and somebody wants them. */
	private pump(): void {
		if (this.#pumping) return;
		this.#pumping = true;
		try {
			while (this.#state === "connected" && this.step());
		} finally {
			this.#pumping = false;
		}
	}

	private step(): boolean {
		const current = (this.#current ??= this.#queue.shift());
		if (!current) return this.checkIdle();
		if (!current.hasStarted) current.start();
		switch (this.advance(current)) {
			case "input":
				return this.feed();
			case "again":
				return true;
			case "complete":
				this.complete(current);
				return true;
			default:
				return false;
		}
	}

	private advance(current: Request): ReturnType<Request["advance"]> {
		try {
			return current.advance();
		} catch (error) {
			if (!(error instanceof MessageError)) throw error;
			this.fail(error);
			return "pause";
		}
	}

	private feed(): boolean {
		if (!this.#readable || !this.#socket) {
			if (this.#ended) this.finish();
			return false;
		}
		this.#readable = 0;
		const bytes = this.#socket.read();
		if (!(bytes instanceof ArrayBuffer)) return false;
		this.#reader.feed(bytes);
		return true;
	}

	private complete(current: Request): void {
		this.#current = undefined;
		this.#reader.next();
		current.end(null);
		if (!current.keepAlive) this.fail(new Error("connection closed by the server"));
	}

	/** Bytes that answer no request end the connection. */
	private checkIdle(): boolean {
		if (this.#readable || this.#reader.unread) this.fail(new Error("response without a request"));
		else if (this.#ended) this.finish();
		return false;
	}
}

export default HTTPClient;
