// SPDX-License-Identifier: Apache-2.0
// One request of the HTTP client and its response: what the SDK's `request` returns, and `this` of its callbacks.
import type { HTTPRequest, RequestOptions } from "embedded:network/http/client";
import { bytesOf, MessageError, type Framing, type Head, type MessageReader } from "sim/http/message";
import { composeFields } from "sim/http/outlet";
import type Outlet from "sim/http/outlet";

/** What a request asks of its client. */
export interface RequestHost {
	readonly reader: MessageReader;
	readonly outlet: Outlet;
	/** Continues once the caller is done. */
	resume(): void;
}

/** "input": it needs more bytes; "pause": it waits for the application. */
export type Progress = "input" | "again" | "pause" | "complete";

export default class Request {
	#host: RequestHost;
	#options: RequestOptions;
	#state: "queued" | "sending" | "head" | "body" | "done" = "queued";
	#text: string;
	#body: Framing = 0; // of the request
	#unsent = 0;
	#told = false;
	#keepAlive = true;

	/** @throws TypeError for a bad method, path or header field */
	constructor(host: RequestHost, hostName: string, options: RequestOptions) {
		this.#host = host;
		this.#options = { ...options };
		const { method = "GET", path = "/", headers = new Map() } = options;
		if (!/^[A-Za-z]+$/.test(method)) throw new TypeError(`method: ${method}`);
		if (/[\s\0]/.test(path)) throw new TypeError("path: holds a space");
		let hasHost = false;
		for (const [name, data] of headers) {
			const lower = name.toLowerCase();
			if (lower === "host") hasHost = true;
			else if (lower === "content-length") this.#body = Number(data);
			else if (lower === "transfer-encoding" && String(data).toLowerCase() === "chunked") this.#body = "chunked";
		}
		this.#unsent = typeof this.#body === "number" ? this.#body : Infinity;
		const hostField = hasHost ? "" : `host: ${hostName}\r\n`;
		this.#text = `${method} ${path || "/"} HTTP/1.1\r\n${hostField}${composeFields(headers)}\r\n`;
	}

	/* The application's side */

	read(to?: number | ArrayBufferLike | ArrayBufferView): ArrayBuffer | number | undefined {
		const { reader } = this.#host;
		if (this.#state === "queued" || this.#state === "done") throw new Error("bad state");
		if (this.#state !== "body" || !reader.available) return undefined;
		this.#told = false;
		this.#host.resume();
		if (typeof to === "object") return reader.readInto(bytesOf(to));
		return reader.read(to ?? Infinity);
	}
	write(data?: ArrayBufferLike | ArrayBufferView): number {
		if (this.#state !== "sending") throw new Error("bad state");
		const { outlet } = this.#host;
		const isChunked = this.#body === "chunked";
		if (data) {
			if (data.byteLength > this.#unsent) throw new Error("would block");
			if (data.byteLength) outlet.write(data, isChunked);
			this.#unsent -= data.byteLength;
		} else {
			if (!isChunked) throw new Error("bad data");
			outlet.send("0\r\n\r\n");
			this.#unsent = 0;
		}
		if (!this.#unsent) this.#state = "head";
		return Math.min(outlet.room(isChunked), this.#unsent);
	}

	/* The client's side */

	/** The connection can carry another request after this one. */
	get keepAlive(): boolean {
		return this.#keepAlive;
	}
	get hasStarted(): boolean {
		return this.#state !== "queued";
	}

	start(): void {
		this.#state = this.#unsent ? "sending" : "head";
		this.#host.outlet.send(this.#text);
		this.#text = "";
	}

	writable(): void {
		const room = Math.min(this.#host.outlet.room(this.#body === "chunked"), this.#unsent);
		if (this.#state === "sending" && room) this.#options.onWritable?.call(this as HTTPRequest, room);
	}

	advance(): Progress {
		const { reader } = this.#host;
		if (this.#state === "sending" || this.#state === "head") {
			const head = reader.readHead(this.#options.headersMask);
			if (!head) return "input";
			this.begin(head);
			return "again";
		}
		if (this.#state !== "body") return "pause";
		const { available } = reader;
		if (!available) return reader.complete ? "complete" : "input";
		if (this.#told) return "pause";
		if (!this.#options.onReadable) {
			reader.read(available);
			return "again";
		}
		this.#told = true;
		this.#options.onReadable.call(this as HTTPRequest, available);
		return this.#told ? "pause" : "again";
	}

	/** The peer closed the connection in good order. Returns whether that ends the response. */
	endsWithConnection(): boolean {
		return this.#state === "body" && !this.#keepAlive && this.#host.reader.isUntilClose;
	}

	end(error: Error | null): void {
		if (this.#state === "done") return;
		this.#state = "done";
		this.#options.onDone?.call(this as HTTPRequest, error);
	}

	private begin(head: Head): void {
		const parts = /^HTTP\/1\.[01] ([1-9][0-9]{2})(?: (.*))?$/.exec(head.line);
		if (!parts) throw new MessageError(502, "bad status line");
		const status = Number(parts[1]);
		const { reader } = this.#host;
		if (status < 200 && status !== 101) return reader.next(); // interim
		const isBodiless = status < 200 || status === 204 || status === 205 || status === 304;
		const framing: Framing =
			isBodiless || this.#options.method === "HEAD"
				? 0
				: head.chunked
					? "chunked"
					: (head.contentLength ?? "close");
		// A server that answers early does not read the rest of the request.
		this.#keepAlive = !head.close && framing !== "close" && this.#state === "head";
		reader.expectBody(framing);
		this.#state = "body";
		this.#options.onHeaders?.call(this as HTTPRequest, status, head.headers, parts[2] ?? "");
	}
}
