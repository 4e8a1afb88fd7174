// SPDX-License-Identifier: Apache-2.0
// One WebSocket over the ECMA-419 client: whole messages within a bound in, messages in as many fragments as there is
// room for out.
import Collector from "webrtc/device/collector";
import type { NetworkClient } from "webrtc/device/network";
import type WebRTCError from "webrtc/error";
import guard from "webrtc/error/guard";
import type WebSocketClient from "embedded:network/websocket/client";
import type { URLParts } from "webrtc/http/url";
import Timer from "timer";

export type WebSocketDictionary = NetworkClient<typeof WebSocketClient>;

/** How one has ended, or failed to open. */
export interface SocketClosing {
	/** From a close frame (RFC 6455 section 7.4), if there was one. */
	code?: number;
	reason: string;
}

export interface SocketOptions {
	dictionary: WebSocketDictionary;
	url: URLParts;
	/** Beside those of the protocol. */
	headers?: Map<string, string> | undefined;
	/** The subprotocol that is asked for. */
	protocol?: string | undefined;
	/** Milliseconds until it must be open. */
	timeout: number;
	/** Bytes of a whole message that comes in; a longer one is skipped, and one of 64 times as many ends the connection. */
	maximumMessage: number;
	onOpen(): void;
	onMessage(bytes: Uint8Array): void;
	/** A message of so many bytes, which is too long, was skipped. */
	onTooLong(size: number): void;
	onPong(payload: number): void;
	/** The last message was handed to the network. */
	onWritten(): void;
	/** It has ended by itself; the last that is heard of it. Never called before the constructor has returned. */
	onEnd(closing: SocketClosing): void;
}

const smallestFragment = 256; // bytes, unless it is the last
// What a message without end may have; it would keep out all others.
const timesTooLong = 64;
const mostParts = 4096; // which may be empty
// RFC 6455 section 5.2; as numbers, for a client class may come without its statics.
const closeFrame = 8;
const pingFrame = 9;
const pongFrame = 10;

export default class Socket {
	#options: SocketOptions | undefined;
	#client: WebSocketClient | undefined;
	#timer: Timer | undefined;
	#open = false;
	#room = 0;
	#sending: Uint8Array | undefined;
	#sent = 0;
	#ping: number | undefined;
	#incoming: Collector;
	#parts = 0; // of the message that comes in

	constructor(options: SocketOptions) {
		const { timeout, maximumMessage } = options;
		this.#options = options;
		this.#incoming = new Collector(maximumMessage);
		this.endLater("no answer in time", timeout);
		try {
			this.#client = this.connect(options);
		} catch (error) {
			this.endLater(reasonOf(error), 0);
		}
	}

	/** Sends a text; `onWritten` follows. One at a time. */
	write(text: string): void {
		this.#sending = new Uint8Array(ArrayBuffer.fromString(text));
		this.#sent = 0;
		this.pump();
	}

	/** Sends a ping; one that has not left yet is replaced. */
	ping(payload: number): void {
		this.#ping = payload;
		this.pump();
	}

	/** Ends it without `onEnd`. Can be called again without effect. */
	close(): void {
		this.farewell();
		this.release();
	}

	private connect({ dictionary, url, headers, protocol }: SocketOptions): WebSocketClient {
		return new dictionary.io({
			...dictionary,
			host: url.host,
			port: url.port,
			path: url.path,
			...(headers === undefined ? {} : { headers }),
			...(protocol === undefined ? {} : { protocol }),
			onWritable: guard(this, (count: number) => this.onWritable(count)),
			onReadable: guard(this, (count: number, { more }: { more: boolean }) => this.onReadable(count, more)),
			onControl: guard(this, (opcode: number, data: ArrayBuffer) => this.onControl(opcode, new Uint8Array(data))),
			onClose: guard(this, () => this.end({ reason: "closed" })),
			onError: guard(this, (error?: unknown) => this.end({ reason: reasonOf(error) })),
		});
	}

	private onWritable(count: number): void {
		this.#room = count;
		if (!this.#open) {
			this.#open = true;
			Timer.clear(this.#timer);
			this.#timer = undefined;
			this.#options?.onOpen();
		}
		this.pump();
	}

	private pump(): void {
		if (!this.#open || !this.#client) return;
		try {
			this.writePing(this.#client);
			while (this.#sending && this.writeFragment(this.#client, this.#sending));
		} catch (error) {
			// It said that there was room. Not from within write(), whose caller does not expect the end.
			this.endLater(reasonOf(error), 0);
			this.#open = false;
		}
	}

	private writePing(client: WebSocketClient): void {
		if (this.#ping === undefined || this.#room < 4) return;
		const payload = new DataView(new ArrayBuffer(4));
		payload.setUint32(0, this.#ping);
		this.#ping = undefined;
		this.#room = client.write(payload.buffer, { opcode: pingFrame });
	}

	private writeFragment(client: WebSocketClient, data: Uint8Array): boolean {
		const rest = data.length - this.#sent;
		const count = Math.min(rest, this.#room);
		if (count < rest && count < smallestFragment) return false;
		const fragment = data.subarray(this.#sent, this.#sent + count);
		this.#room = client.write(fragment, { binary: false, more: count < rest });
		this.#sent += count;
		if (count < rest) return true;
		this.#sending = undefined;
		this.#timer ??= Timer.set(
			guard(this, () => {
				this.#timer = undefined;
				this.#options?.onWritten();
			}),
		);
		return false;
	}

	private onReadable(count: number, more: boolean): void {
		const data = count ? this.#client?.read(count) : undefined;
		if (data instanceof ArrayBuffer) this.#incoming.add(data);
		if (more) return this.goOn();
		this.#parts = 0;
		const { size, isTooLong } = this.#incoming;
		const bytes = this.#incoming.take();
		if (!isTooLong) return this.#options?.onMessage(bytes);
		this.#options?.onTooLong(size);
	}

	/** The message goes on: not for ever. */
	private goOn(): void {
		const most = timesTooLong * (this.#options?.maximumMessage ?? 0);
		const isEndless = ++this.#parts >= mostParts || this.#incoming.size > most;
		if (!isEndless) return;
		this.#parts = -Infinity; // that is known
		this.#incoming.clear();
		this.endLater("a message without end", 0);
	}

	private onControl(opcode: number, data: Uint8Array): void {
		if (opcode === pongFrame && data.length === 4)
			this.#options?.onPong(new DataView(data.buffer, data.byteOffset, 4).getUint32(0));
		else if (opcode === closeFrame) {
			const code = data.length >= 2 ? data[0]! * 256 + data[1]! : undefined;
			const reason = `closed by the service with code ${code ?? 1005}`;
			this.farewell();
			this.end(code === undefined ? { reason } : { code, reason });
		}
	}

	/** A fault of this SDK: it ends this connection, and another one is made. */
	onException({ message }: WebRTCError): void {
		this.end({ reason: message });
	}

	/** What a caller would not expect while it calls. */
	private endLater(reason: string, wait: number): void {
		Timer.clear(this.#timer);
		this.#timer = Timer.set(
			guard(this, () => this.end({ reason })),
			wait,
		);
	}

	private end(closing: SocketClosing): void {
		const options = this.#options;
		this.release();
		options?.onEnd(closing);
	}

	/** Says that it goes, so that the service does not send offers to nobody. */
	private farewell(): void {
		if (!this.#open) return;
		try {
			this.#client?.write(Uint8Array.of(0x03, 0xe8).buffer, { opcode: closeFrame });
		} catch {
			// There is no room for it.
		}
	}

	private release(): void {
		Timer.clear(this.#timer);
		this.#client?.close();
		this.#open = false;
		this.#options = this.#client = this.#timer = this.#sending = undefined;
		this.#incoming.clear();
	}
}

function reasonOf(error: unknown): string {
	return (error instanceof Error && error.message) || "the connection failed";
}
