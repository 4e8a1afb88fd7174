// SPDX-License-Identifier: Apache-2.0
// The ECMA-419 clients, as they behave on a device, over a network of the test's.
import type HTTPClient from "embedded:network/http/client";
import type { ClientOptions, HTTPRequest, RequestOptions } from "embedded:network/http/client";
import type WebSocketClient from "embedded:network/websocket/client";
import type { WebSocketClientOptions, WebSocketWriteOptions } from "embedded:network/websocket/client";
import type { Reply } from "./service";
import { currentTime, schedule } from "../fakes/moddable/clock";

const dnsTime = 20;
const idleCut = 60_000;
const room = 1400; // bytes that a device's TCP takes at once

/** What the clients are connected to. */
export interface Service {
	/** HTTP and WebSocket clients that have not been closed, by whichever side. */
	clients: Set<object>;
	/** Connections made, with TLS, to each host. */
	connections: string[];
	sockets: FakeWebSocket[];
	/** Names are not resolved, and nothing passes. */
	dnsDown: boolean;
	/** Milliseconds of a way. */
	delay: number;
	/** Whether pings are answered. */
	pongs: boolean;
	handleRequest(
		host: string,
		method: string,
		path: string,
		headers: Map<string, string>,
		body: Buffer,
	): Reply | "drop" | "reset";
	/** Whether a WebSocket may open. */
	accept(socket: FakeWebSocket, host: string, path: string): boolean;
	/** A text message has come. */
	receive(from: FakeWebSocket, text: string): void;
}

interface Queued extends RequestOptions {
	request: { read(count?: number): ArrayBuffer | undefined; write(data: Uint8Array): number };
	body: Buffer;
}

export function makeHTTPClient(service: Service): typeof HTTPClient {
	return class {
		#options: ClientOptions;
		#state: "connecting" | "idle" | "busy" | "closed" = "connecting";
		#queue: Queued[] = [];
		#lastUse = 0;

		constructor(options: ClientOptions) {
			this.#options = options;
			service.clients.add(this);
			if (service.dnsDown) {
				schedule(() => this.#fail("name not resolved"), dnsTime);
				return;
			}
			// DNS, TCP and TLS 1.2 (two round trips)
			schedule(
				() => {
					if (this.#state === "closed") return;
					service.connections.push(options.host);
					this.#state = "idle";
					this.#next();
				},
				dnsTime + 6 * service.delay,
			);
		}
		close(): void {
			this.#state = "closed";
			this.#queue.length = 0;
			service.clients.delete(this);
		}
		request(options: RequestOptions): HTTPRequest {
			if (this.#state === "closed") throw new Error("closed");
			const queued = { ...options, body: Buffer.alloc(0) } as Queued;
			let unread: Buffer | undefined;
			queued.request = {
				read: () => {
					const data = unread && Uint8Array.from(unread).buffer;
					unread = undefined;
					return data;
				},
				write: (data) => {
					queued.body = Buffer.concat([queued.body, data]);
					return room;
				},
			};
			Object.assign(queued.request, { give: (data: Buffer) => (unread = data) });
			this.#queue.push(queued);
			if (this.#state === "idle") this.#next();
			return queued.request as unknown as HTTPRequest;
		}
		#next(): void {
			const current = this.#queue[0];
			if (!current) {
				this.#lastUse = currentTime();
				schedule(() => {
					if (this.#state === "idle" && currentTime() - this.#lastUse >= idleCut)
						this.#fail("closed by the peer");
				}, idleCut);
				return;
			}
			this.#state = "busy";
			schedule(() => this.#send(current), service.delay);
		}
		#send(current: Queued): void {
			if (this.#state === "closed") return;
			const length = Number(current.headers?.get("content-length") ?? 0);
			while (current.body.length < length)
				current.onWritable?.call(current.request as never, Math.min(500, room));
			const headers = new Map([["host", this.#options.host]]);
			for (const [name, value] of current.headers ?? []) headers.set(name.toLowerCase(), String(value));
			if (service.dnsDown) return; // the whole network is down: nothing comes back
			const reply = service.handleRequest(
				this.#options.host,
				current.method ?? "GET",
				current.path ?? "/",
				headers,
				current.body,
			);
			if (reply === "drop") return;
			if (reply === "reset") return void schedule(() => this.#fail("reset"), service.delay);
			schedule(() => this.#receive(current, reply), service.delay);
		}
		#receive(
			current: Queued,
			{ status, headers = {}, body = "" }: Exclude<ReturnType<Service["handleRequest"]>, string>,
		): void {
			if (this.#state === "closed") return;
			const wanted = Object.entries(headers).filter(([name]) => current.headersMask?.includes(name) ?? true);
			current.onHeaders?.call(current.request as never, status, new Map(wanted));
			const data = Buffer.from(body);
			for (let offset = 0; offset < data.length && this.#open; offset += 300) {
				const part = data.subarray(offset, offset + 300);
				(current.request as unknown as { give(data: Buffer): void }).give(part);
				current.onReadable?.call(current.request as never, part.length);
			}
			if (!this.#open) return;
			this.#queue.shift();
			current.onDone?.call(current.request as never, null);
			if (!this.#open) return;
			this.#state = "idle";
			this.#next();
		}
		get #open(): boolean {
			return this.#state !== "closed";
		}
		#fail(reason: string): void {
			if (this.#state === "closed") return;
			const requests = this.#queue.splice(0);
			this.#state = "closed";
			service.clients.delete(this);
			for (const request of requests) request.onDone?.call(request.request as never, new Error(reason));
			this.#options.onError?.(new Error(reason));
		}
	};
}

export interface FakeWebSocket {
	arn: string;
	role: "MASTER" | "VIEWER";
	clientId: string | undefined;
	/** Another has taken its place, as far as the service knows. */
	forgotten: boolean;
	/** Messages that reached the client. */
	delivered: string[];
	/** The client has let go of it. */
	readonly gone: boolean;
	/** From the service to the client, in fragments of `size`; with `stall`, the last one never comes. */
	sendToClient(text: string | Buffer, size?: number): void;
	/** Of a message that goes on. */
	sendPart(data: Buffer): void;
	closeFromService(code: number): void;
	reset(): void;
	/** The way is cut without a word: nothing arrives any more, either way. */
	die(): void;
}

type Callbacks = {
	[name in "onReadable" | "onWritable" | "onControl" | "onError"]: NonNullable<WebSocketClientOptions[name]>;
};

export function makeWebSocketClient(service: Service): typeof WebSocketClient {
	return class WebSocket implements FakeWebSocket {
		static readonly text = 1;
		static readonly binary = 2;
		static readonly close = 8;
		static readonly ping = 9;
		static readonly pong = 10;
		format = "buffer" as const;
		arn = "";
		role: FakeWebSocket["role"] = "MASTER";
		clientId: string | undefined;
		forgotten = false;
		delivered: string[] = [];
		#options: Callbacks;
		#state: "connecting" | "open" | "closed" = "connecting";
		#dead = false;
		#room = 0;
		#text: Buffer[] = [];
		#unread: Buffer | undefined;
		#inbox: (() => void)[] = [];

		constructor(given: WebSocketClientOptions) {
			const options = given as Callbacks & { host: string; path: string };
			this.#options = options;
			service.clients.add(this);
			if (service.dnsDown) {
				schedule(() => this.#fail("name not resolved"), dnsTime);
				return;
			}
			// DNS, TCP, TLS and the upgrade
			schedule(
				() => {
					if (this.#state === "closed" || service.dnsDown) return;
					service.connections.push(options.host);
					if (!service.accept(this, options.host, options.path))
						return this.#fail("not accepted: HTTP/1.1 403 Forbidden");
					schedule(() => {
						if (this.#state === "closed") return;
						this.#state = "open";
						this.#drain();
					}, service.delay);
				},
				dnsTime + 7 * service.delay,
			);
		}

		/* The client's side */

		write(
			data: ArrayBuffer | Uint8Array,
			{ opcode, binary = true, more = false }: WebSocketWriteOptions = {},
		): number {
			if (this.#state !== "open" || data.byteLength > this.#room) throw new Error("would block");
			this.#room = Math.max(0, this.#room - data.byteLength - 8);
			schedule(() => this.#drain(), 2);
			const bytes = Buffer.from(data as Uint8Array);
			if (this.#dead || service.dnsDown) return this.#room;
			schedule(() => this.#arrive(bytes, opcode, binary, more), service.delay);
			return this.#room;
		}
		read(): never {
			const data = this.#unread && Uint8Array.from(this.#unread).buffer;
			this.#unread = undefined;
			return data as never;
		}
		close(): void {
			if (this.#state === "open" && !this.#dead) schedule(() => this.#forget(), service.delay);
			this.#close();
		}

		/* The service's side */

		get gone(): boolean {
			return this.#state === "closed";
		}
		sendToClient(text: string | Buffer, size = 2000): void {
			const data = Buffer.from(text as string);
			for (let offset = 0; offset < Math.max(1, data.length); offset += size) {
				const part = data.subarray(offset, offset + size);
				const more = offset + size < data.length;
				this.#deliver(() => {
					this.#unread = part;
					if (!more) this.delivered.push(String(text));
					this.#options.onReadable.call(this as never, part.length, { more, binary: false });
				});
			}
		}
		sendPart(data: Buffer): void {
			this.#deliver(() => {
				this.#unread = data;
				this.#options.onReadable.call(this as never, data.length, { more: true, binary: false });
			});
		}
		closeFromService(code: number): void {
			this.#forget();
			this.#deliver(() => {
				this.#options.onControl.call(this as never, 8, Uint8Array.of(code >> 8, code & 255).buffer);
				this.#close();
			});
		}
		reset(): void {
			this.#forget();
			this.#deliver(() => this.#fail("reset by peer"));
		}
		die(): void {
			this.#dead = true;
		}

		#arrive(bytes: Buffer, opcode: number | undefined, binary: boolean, more: boolean): void {
			if (this.#dead) return;
			if (opcode === 9) {
				if (service.pongs)
					this.#deliver(() => this.#options.onControl.call(this as never, 10, Uint8Array.from(bytes).buffer));
				return;
			}
			if (opcode === 8) return this.#forget();
			if (binary) throw new Error("not a text message");
			this.#text.push(bytes);
			if (more) return;
			service.receive(this, Buffer.concat(this.#text.splice(0)).toString());
		}
		#deliver(step: () => void): void {
			this.#inbox.push(step);
			schedule(() => {
				const next = this.#inbox.shift();
				if (this.#state === "open" && !this.#dead && !service.dnsDown) next?.();
			}, service.delay);
		}
		#drain(): void {
			if (this.#state !== "open" || this.#dead || service.dnsDown) return;
			this.#room = room;
			this.#options.onWritable.call(this as never, room);
		}
		#close(): void {
			this.#state = "closed";
			service.clients.delete(this);
		}
		#forget(): void {
			service.sockets = service.sockets.filter((socket) => socket !== this);
		}
		#fail(reason: string): void {
			if (this.#state === "closed") return;
			this.#close();
			// The simulator says why; the SDK does not.
			(this.#options.onError as (error: Error) => void).call(this as never, new Error(reason));
		}
	};
}
