// SPDX-License-Identifier: Apache-2.0
// One request and its response, as the application sees them: the `connection` of the SDK's server. Where a client keeps
// its TCP connection alive, the application gets a new `connection` for each request, so it cannot tell the difference.
import type { HTTPConnectionHandlers, HTTPResponse } from "embedded:network/http/server";
import type TCP from "embedded:io/socket/tcp";
import type Channel from "sim/http/server/channel";
import { MessageError, type Framing, type Head } from "sim/http/message";
import { composeFields } from "sim/http/outlet";
import reason from "sim/http/server/reason";

/** "input": it needs more bytes; "pause": it waits for the application. */
export type Progress = "input" | "again" | "pause";

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

export default class Connection {
	#channel: Channel | undefined;
	#handlers: HTTPConnectionHandlers = {};
	#route: HTTPConnectionHandlers | undefined;
	#state: "new" | "head" | "request" | "body" | "wait" | "response" | "done" = "new";
	#head: Head | undefined;
	#method = "";
	#told = false; // the body bytes that are there were announced
	#keepAlive = true;
	#framing: Framing = 0;
	#remaining = 0;

	constructor(channel: Channel) {
		this.#channel = channel;
	}

	/* The application's side */

	accept(handlers: HTTPConnectionHandlers): void {
		if (this.#state !== "new" || !this.#channel) throw new Error("bad state");
		this.#handlers = handlers;
		this.#state = "head";
		if (this.#channel.isOpen) this.#channel.resume();
		else this.#channel.open();
	}
	close(): void {
		this.#state = "done";
		this.#channel?.close();
		this.#channel = undefined;
	}
	detach(): TCP {
		const channel = this.#channel;
		if (!channel) throw new Error("bad state");
		const socket = channel.detach();
		this.#state = "done";
		this.#channel = undefined;
		return socket;
	}
	get route(): HTTPConnectionHandlers | undefined {
		return this.#route;
	}
	set route(route: HTTPConnectionHandlers) {
		this.#route = this.#handlers = route;
		if (this.#state === "request") this.tellRequest();
	}
	read(count = Infinity): ArrayBuffer | undefined {
		const reader = this.#channel?.reader;
		if (this.#state !== "body" || !reader) return undefined;
		const bytes = Math.min(count, reader.available);
		if (!bytes) return undefined;
		const result = reader.read(bytes);
		this.#told = false;
		this.#channel?.resume();
		return result;
	}
	respond(response: HTTPResponse): void {
		if (!this.#channel || (this.#state !== "wait" && this.#state !== "request")) throw new Error("bad state");
		const head = this.compose(response);
		this.#state = "response";
		this.#channel.outlet.send(head);
		if (this.#framing === 0) this.finish();
	}
	/** Without data: ends a body that has no length. */
	write(data?: ArrayBufferLike | ArrayBufferView): number {
		const channel = this.#channel;
		if (this.#state !== "response" || !channel) throw new Error("bad state");
		if (!data) return this.writeEnd(channel);
		const size = data.byteLength;
		if (size > this.room(channel)) throw new Error("would block");
		if (!size) return this.room(channel);
		channel.outlet.write(data, this.#framing === "chunked");
		this.#remaining -= size;
		if (this.#remaining) return this.room(channel);
		this.finish();
		return 0;
	}

	/* The channel's side */

	get hasHead(): boolean {
		return this.#state === "body";
	}

	/** Reads on, as far as the bytes go. */
	advance(): Progress {
		const reader = this.#channel?.reader;
		if (!reader) return "pause";
		if (this.#state === "head") {
			const head = reader.readHead();
			if (!head) return "input";
			this.begin(head);
			return "again";
		}
		if (this.#state !== "body") return "pause";
		const available = reader.available;
		if (reader.complete) {
			this.complete();
			return "again";
		}
		if (!available) return "input";
		if (this.#told) return "pause";
		if (!this.#handlers.onReadable) {
			reader.read(available);
			return "again";
		}
		this.#told = true;
		this.#handlers.onReadable.call(this, available);
		return this.#told ? "pause" : "again";
	}

	/** The socket took everything and has room. */
	writable(): void {
		const channel = this.#channel;
		if (this.#state !== "response" || !channel) return;
		channel.wait();
		const room = this.room(channel);
		if (!room) return;
		try {
			this.#handlers.onWritable?.call(this, room);
		} catch (error) {
			this.fail(error);
		}
	}

	/** The client broke a rule: it is told so, and the connection ends. */
	refuse(error: MessageError, cause: Error = error): void {
		const channel = this.#channel;
		if (!channel) return;
		const canAnswer = this.#state !== "response" && this.#state !== "done";
		this.#state = "done";
		this.#channel = undefined;
		if (canAnswer) {
			const body = `${error.message}\n`;
			channel.outlet.send(
				`HTTP/1.1 ${error.status} ${reason(error.status)}\r\ncontent-type: text/plain\r\n` +
					`content-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
			);
			channel.finish(false);
		} else {
			channel.close();
		}
		this.tell(() => this.#handlers.onError?.call(this, cause));
	}

	/** A callback threw. What a client caused must not end the machine; the report shows where. */
	fail(error: unknown): void {
		report(error);
		this.refuse(new MessageError(500, "internal error"), error instanceof Error ? error : undefined);
	}

	/** The client took too long. Returns false when there is no answer to give. */
	expire(): boolean {
		if (this.#state !== "body" && !(this.#state === "head" && this.#channel?.reader.unread)) return false;
		this.refuse(new MessageError(408, "timeout"));
		return true;
	}

	/** The connection is gone. */
	lost(error: Error): void {
		if (this.#state === "done") return;
		this.#state = "done";
		this.#channel = undefined;
		this.tell(() => this.#handlers.onError?.call(this, error));
	}

	private begin(head: Head): void {
		const [method, path, version, more] = head.line.split(" ");
		if (!method || !path || !version || more !== undefined || !token.test(method))
			throw new MessageError(400, "bad request line");
		if (version !== "HTTP/1.1") throw new MessageError(version.startsWith("HTTP/") ? 505 : 400, "HTTP/1.1 only");
		if (!head.headers.has("host")) throw new MessageError(400, "no host");
		// Both would let two readers see two messages (RFC 9112 section 6.1).
		if (head.chunked && head.contentLength !== undefined) throw new MessageError(400, "two body lengths");
		this.#head = head;
		this.#method = method;
		this.#keepAlive = !head.close;
		const channel = this.#channel!;
		channel.reader.expectBody(head.chunked ? "chunked" : (head.contentLength ?? 0));
		this.#state = "request";
		this.tellRequest();
		if (this.#state !== "request") return;
		this.#state = "body";
		const expects = head.headers.get("expect")?.toLowerCase() === "100-continue";
		if (expects && !channel.reader.complete) channel.outlet.send("HTTP/1.1 100 Continue\r\n\r\n");
	}

	private tellRequest(): void {
		const { line, headers } = this.#head!;
		const [method = "", path = ""] = line.split(" ");
		this.#handlers.onRequest?.call(this, { method, path, headers });
	}

	private complete(): void {
		this.#state = "wait";
		this.#head = undefined;
		this.#channel!.wait();
		const response: HTTPResponse = { headers: new Map(), status: 200 };
		if (this.#handlers.onResponse) this.#handlers.onResponse.call(this, response);
		else this.respond(response);
	}

	private compose(response: HTTPResponse): string {
		const { status } = response;
		let text = `HTTP/1.1 ${status} ${reason(status)}\r\n${composeFields(response.headers)}`;
		let framing: Framing | undefined;
		let close = !this.#keepAlive || !this.#channel!.reader.complete;
		for (const [name, data] of response.headers) {
			const value = String(data);
			const lower = name.toLowerCase();
			if (lower === "content-length") framing ??= Number(value);
			else if (lower === "transfer-encoding") framing = "chunked";
			else if (lower === "connection" && value.toLowerCase() === "close") close = true;
		}
		const bodiless = status < 200 || status === 204 || status === 304;
		if (framing === undefined && !bodiless) {
			framing = this.#handlers.onWritable ? "close" : 0;
			if (framing === 0) text += "content-length: 0\r\n";
		}
		if (framing === "close") close = true;
		if (close && status !== 101) text += "connection: close\r\n";
		this.#keepAlive = !close;
		this.#framing = bodiless || this.#method === "HEAD" ? 0 : framing!;
		this.#remaining = typeof this.#framing === "number" ? this.#framing : Infinity;
		return `${text}\r\n`;
	}

	/** Bytes of the body that `write` takes now. */
	private room(channel: Channel): number {
		return Math.min(channel.outlet.room(this.#framing === "chunked"), this.#remaining);
	}

	private writeEnd(channel: Channel): number {
		if (typeof this.#framing === "number") throw new Error("bad data");
		if (this.#framing === "chunked") channel.outlet.send("0\r\n\r\n");
		this.finish();
		return 0;
	}

	private finish(): void {
		const channel = this.#channel!;
		this.#state = "done";
		this.tell(() => this.#handlers.onDone?.call(this)); // may detach, or close
		if (!this.#channel) return;
		this.#channel = undefined;
		channel.finish(this.#keepAlive);
	}

	private tell(callback: () => void): void {
		try {
			callback();
		} catch (error) {
			report(error);
		}
	}
}

function report(error: unknown): void {
	const text = error instanceof Error ? (error.stack ?? String(error)) : String(error);
	trace(`HTTP server: in a callback: ${text}\n`);
}
