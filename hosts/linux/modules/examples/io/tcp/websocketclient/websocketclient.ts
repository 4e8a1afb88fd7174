// SPDX-License-Identifier: Apache-2.0
// The simulator's embedded:network/websocket/client, with the API of the SDK's. Beyond it: the server's key is verified,
// the rules of RFC 6455 for frames are enforced, and errors say what happened.
import type TCP from "embedded:io/socket/tcp";
import type { WebSocketClientOptions, WebSocketWriteOptions } from "embedded:network/websocket/client";
import { bytesOf, MessageReader } from "sim/http/message";
import Outlet from "sim/http/outlet";
import { composeFrame, FRAME_OVERHEAD, FrameHeadReader, mask, opcodes, type FrameHead } from "sim/websocket/frames";
import { checkHandshake, composeHandshake, makeKey, randomBytes } from "sim/websocket/handshake";
import Timer from "timer";

const LIMITS = { head: 16384, fields: 100, body: Infinity };
/** The server closes the TCP connection after the closing handshake; we do after this many ms (RFC 6455 section 7.1.1). */
const CLOSE_WAIT = 1000;

type Callbacks = Pick<WebSocketClientOptions, "onReadable" | "onWritable" | "onControl" | "onClose" | "onError">;

class WebSocketClient {
	static readonly text = 1;
	static readonly binary = 2;
	static readonly close = 8;
	static readonly ping = 9;
	static readonly pong = 10;

	declare target?: unknown;
	#callbacks: Callbacks;
	#format: "buffer" | "number" = "buffer";
	#isClient = true;
	#resolver: { close?(): void } | undefined;
	#socket: TCP | undefined;
	#state: "connecting" | "handshake" | "open" | "closed" = "connecting";
	#handshake = "";
	#key = "";
	#reader = new MessageReader(LIMITS);
	#outlet = new Outlet({ write: (bytes) => this.#socket?.write(bytes) ?? 0 });
	#readable = 0;
	#ended: { error: Error | undefined } | undefined;
	#timer: Timer | undefined;
	#closer: Timer | undefined;
	#pumping = false;
	// The frame that is being received.
	#heads = new FrameHeadReader();
	#frame: FrameHead | undefined;
	#position = 0;
	#binary = true;
	#announced = 0;
	#control: Uint8Array | undefined;
	// What is being sent.
	#fragmented = false;
	#reply: Uint8Array | undefined;
	#closeSent = false;
	#closeReceived = false;

	constructor(options: WebSocketClientOptions) {
		const { onReadable, onWritable, onControl, onClose, onError } = options;
		this.#callbacks = { onReadable, onWritable, onControl, onClose, onError } as Callbacks;
		this.format = options.format ?? "buffer";
		if (options.target !== undefined) this.target = options.target;
		if ("attach" in options && options.attach) this.attach(options.attach);
		else this.resolve(options as Exclude<WebSocketClientOptions, { attach: TCP }>);
	}

	close(): void {
		this.#state = "closed";
		Timer.clear(this.#timer);
		Timer.clear(this.#closer);
		this.#resolver?.close?.();
		this.#socket?.close();
		this.#timer = this.#closer = this.#resolver = this.#socket = undefined;
	}

	get format(): "buffer" | "number" {
		return this.#format;
	}
	set format(format: "buffer" | "number") {
		if (format !== "buffer" && format !== "number") throw new RangeError('format: not "buffer" or "number"');
		this.#format = format;
	}

	write(data: ArrayBufferLike | ArrayBufferView, options: WebSocketWriteOptions = {}): number {
		if (this.#state !== "open" || this.#closeSent) throw new Error("not open");
		const { opcode, binary = true, more = false } = options;
		let type: number = opcode ?? (binary ? opcodes.binary : opcodes.text);
		if (opcode === undefined && this.#fragmented) type = opcodes.continuation;
		const isFinal = opcode !== undefined || !more;
		this.send(composeFrame(type, isFinal, data, this.newMask()));
		if (opcode === undefined) this.#fragmented = more;
		if (opcode === opcodes.close) this.#closeSent = true;
		return this.room;
	}

	read(to?: number | ArrayBufferLike | ArrayBufferView): ArrayBuffer | number | undefined {
		if (!this.#announced) return undefined;
		if (this.#format === "number") return new Uint8Array(this.take(1))[0];
		if (typeof to !== "object") return this.take(Math.min(to ?? this.#announced, this.#announced));
		const bytes = new Uint8Array(this.take(Math.min(to.byteLength, this.#announced)));
		bytesOf(to).set(bytes);
		return bytes.length;
	}

	/* Connecting */

	private attach(from: TCP): void {
		this.#isClient = false;
		this.#state = "open";
		this.#reader.expectBody("close");
		this.open(from.constructor as NetworkSocket["io"], { from });
	}

	private resolve(options: Exclude<WebSocketClientOptions, { attach: TCP }>): void {
		const { host, dns } = options;
		if (!host) throw new TypeError("host: required");
		this.#key = makeKey();
		this.#handshake = composeHandshake(options, this.#key);
		const resolver = new dns.io(dns);
		this.#resolver = resolver;
		resolver.resolve({
			host,
			onResolved: (_host: string, address: string) => {
				if (this.#state === "closed") return;
				this.#resolver?.close?.();
				this.#resolver = undefined;
				try {
					this.open(options.socket.io, { ...options.socket, address, host, port: options.port ?? 80 });
				} catch (error) {
					this.fail(error instanceof Error ? error : new Error(String(error)));
				}
			},
			onError: (_host: string, error?: Error) =>
				this.fail(new Error(`${host}: ${error?.message ?? "name not resolved"}`)),
		});
	}

	private open(SocketClass: NetworkSocket["io"], options: object): void {
		this.#socket = new SocketClass({
			...options,
			onReadable: (count: number) => {
				this.#readable = count;
				this.pump();
			},
			onWritable: (count: number) => this.onWritable(count),
			onError: (error?: Error) => {
				this.#ended = { error };
				this.pump();
			},
		}) as TCP;
	}

	/* Sending */

	private get room(): number {
		return this.#reply ? 0 : Math.max(0, this.#outlet.room(false) - FRAME_OVERHEAD);
	}

	private newMask(): Uint8Array | undefined {
		return this.#isClient ? new Uint8Array(randomBytes(4)) : undefined;
	}

	private send(frame: Uint8Array): void {
		this.#outlet.write(frame, false);
	}

	private onWritable(count: number): void {
		this.#outlet.setRoom(count);
		if (this.#state === "connecting") {
			this.#state = "handshake";
			this.#outlet.send(this.#handshake);
			this.#handshake = "";
		}
		this.sendReply();
		this.tellWritable();
	}

	private tellWritable(): void {
		const room = this.room;
		if (this.#state === "open" && room && !this.#closeSent) this.#callbacks.onWritable?.call(this as never, room);
	}

	/** Answers a ping or a close as soon as there is room. Only the last ping needs an answer (section 5.5.3). */
	private sendReply(): void {
		const reply = this.#reply;
		if (!reply || reply.length > this.#outlet.room(false) || this.#state !== "open") return;
		this.#reply = undefined;
		this.send(reply);
		if (this.#closeReceived) this.#closeSent = true;
	}

	/* Receiving */

	/** Reads and hands on, for as long as there are bytes and somebody wants them. */
	private pump(): void {
		if (this.#pumping) return;
		this.#pumping = true;
		try {
			while (this.#state !== "closed" && this.step());
		} finally {
			this.#pumping = false;
		}
	}

	/** Returns whether to go on. */
	private step(): boolean {
		if (this.#announced) return false; // the application has not read yet
		if (this.#frame && this.#frame.opcode < opcodes.close) return this.announce(this.#frame) || this.feed();
		let head: FrameHead | undefined | "handshake" | "control";
		try {
			head = this.#state === "open" ? this.readFrame() : this.readHandshake();
		} catch (error) {
			this.fail(error as Error);
			return false;
		}
		if (!head) return this.feed();
		if (head === "handshake") this.tellWritable();
		else if (head === "control") this.handleControl();
		else if (head.opcode < opcodes.close) this.announce(head);
		return true;
	}

	private feed(): boolean {
		if (!this.#readable || !this.#socket) {
			if (this.#ended) this.fail(this.#ended.error ?? new Error("connection closed by the peer"));
			return false;
		}
		this.#readable = 0;
		const bytes = this.#socket.read();
		if (!(bytes instanceof ArrayBuffer)) return false;
		this.#reader.feed(bytes);
		return true;
	}

	private readHandshake(): "handshake" | undefined {
		const head = this.#reader.readHead();
		if (!head) return undefined;
		checkHandshake(head, this.#key);
		this.#reader.expectBody("close");
		this.#state = "open";
		return "handshake";
	}

	private readFrame(): FrameHead | "control" | undefined {
		const head = (this.#frame ??= this.#heads.read(this.#reader, !this.#isClient));
		if (!head) return undefined;
		if (head.opcode < opcodes.close) {
			if (head.opcode !== opcodes.continuation) this.#binary = head.opcode === opcodes.binary;
			this.#position = 0;
			return head;
		}
		const data = (this.#control ??= new Uint8Array(head.length));
		this.#position += this.#reader.readInto(data.subarray(this.#position));
		return this.#position === head.length ? "control" : undefined;
	}

	/** Tells of the part of a data frame that is there. Returns false when there is none. */
	private announce(frame: FrameHead): boolean {
		const rest = frame.length - this.#position;
		const count = Math.min(this.#reader.available, rest);
		if (!count && rest) return false;
		const more = count < rest || !frame.final;
		this.#announced = count;
		if (count === rest && !count) this.#frame = undefined;
		this.#callbacks.onReadable?.call(this as never, count, { more, binary: this.#binary });
		return true;
	}

	private take(count: number): ArrayBuffer {
		const data = this.#reader.read(count);
		const frame = this.#frame!;
		if (frame.mask) mask(data, frame.mask, this.#position);
		this.#position += count;
		this.#announced -= count;
		if (this.#position === frame.length) {
			this.#frame = undefined;
			this.#position = 0;
		}
		if (!this.#announced) this.continue();
		return data;
	}

	private continue(): void {
		if (this.#pumping) return;
		this.#timer ??= Timer.set(() => {
			this.#timer = undefined;
			this.pump();
		});
	}

	private handleControl(): void {
		const { opcode, mask: key } = this.#frame!;
		const data = this.#control!;
		this.#frame = this.#control = undefined;
		this.#position = 0;
		if (key) mask(data, key, 0);
		this.#callbacks.onControl?.call(this as never, opcode, data.buffer as ArrayBuffer);
		if (this.#state === "closed") return;
		if (opcode === opcodes.close) this.handleClose(data);
		else if (opcode === opcodes.ping && !this.#closeSent)
			this.#reply = composeFrame(opcodes.pong, true, data, this.newMask());
		this.sendReply();
	}

	private handleClose(data: Uint8Array): void {
		this.#closeReceived = true;
		if (this.#closeSent) return this.finish();
		this.#reply = composeFrame(opcodes.close, true, data, this.newMask());
		this.#closer = Timer.set(() => this.finish(), CLOSE_WAIT);
	}

	/* The end */

	private finish(): void {
		this.close();
		this.#callbacks.onClose?.call(this as never);
	}

	private fail(error: Error): void {
		if (this.#state === "closed") return;
		if (this.#closeReceived || this.#closeSent) return this.finish();
		this.close();
		this.#callbacks.onError?.call(this as never, error);
	}
}

export default WebSocketClient;
