// SPDX-License-Identifier: Apache-2.0
// Streams over the fake network, which loses and reorders nothing here: what each stream brings, and in which order its
// resets come, is as the real one has it.
import Timer from "timer";
import { countNative } from "./transport";
import type Dtls from "./dtls";

export const reliable = 0;
export const lifetime = 1;
export const retransmits = 2;
export const dcep = 50;
export const full = -1;
export const tooLong = -2;

interface Options {
	dtls: Dtls;
	streams?: number | undefined;
	sendQueue?: number | undefined;
	maxMessageSize?: number | undefined;
	onEvent(this: Sctp): void;
}

export interface SctpEvent {
	type: string;
	stream: number;
	size: number;
	data?: string | ArrayBuffer;
	protocol?: number;
	first?: boolean;
	last?: boolean;
}

interface Message {
	protocol: number;
	data: string | ArrayBuffer;
	size: number;
}

interface Stream {
	options: { unordered: boolean; policy: number; value: number };
	acknowledged: boolean;
	chunks: boolean;
	queue: Message[];
	closing: boolean;
	outOver: boolean;
	inOver: boolean;
}

type Packet =
	| { sctp: "init"; streams: number; isAnswer: boolean }
	| { sctp: "data"; stream: number; message: Message }
	| { sctp: "reset"; stream: number }
	| { sctp: "done"; stream: number }
	| { sctp: "shutdown" }
	| { sctp: "shutdownDone" }
	| { sctp: "abort" };

export default class Sctp {
	/** Those that exist now, for tests to look into. */
	static readonly open = new Set<Sctp>();
	/** Nothing leaves a queue while true. */
	static isStuck = false;
	readonly streams = new Map<number, Stream>();
	#options: Options;
	#events: SctpEvent[] = [];
	/** Streams that the peer has reset, and of which nobody here knows. */
	#ended = new Set<number>();
	#count = 0;
	#started = false;
	#closed = false;
	#ending = false;
	#queued = 0;
	#timer: Timer | undefined;

	constructor(options: Options) {
		this.#options = options;
		this.setDtls(options.dtls);
		Sctp.open.add(this);
		countNative(1);
	}

	get options(): Options {
		return this.#options;
	}

	start(_port: number): void {
		this.#started = true;
		this.#begin();
	}

	setDtls(dtls: Dtls): void {
		this.#options.dtls = dtls;
		dtls.onConnected = () => this.#begin();
		dtls.onData = (packet) => this.#receive(packet as Packet);
	}

	open(stream: number, unordered: boolean, policy: number, value: number): void {
		if (this.streams.has(stream)) throw new RangeError("stream: in use");
		this.#make(stream).options = { unordered, policy, value };
	}

	setChunks(stream: number, chunks: boolean): void {
		const it = this.streams.get(stream);
		if (it) it.chunks = chunks;
	}

	acknowledge(stream: number): void {
		const it = this.streams.get(stream);
		if (it) it.acknowledged = true;
	}

	send(stream: number, data: string | ArrayBufferLike | ArrayBufferView, maximum: number): number {
		if (typeof data === "string") {
			const bytes = new TextEncoder().encode(data);
			const text = new TextDecoder().decode(bytes);
			return this.#queue(stream, { protocol: text ? 51 : 56, data: text, size: bytes.length }, maximum);
		}
		const bytes = copy(data);
		const protocol = bytes.byteLength ? 53 : 57;
		return this.#queue(stream, { protocol, data: bytes, size: bytes.byteLength }, maximum);
	}

	control(stream: number, data: ArrayBufferLike | ArrayBufferView): number {
		const bytes = copy(data);
		return this.#queue(stream, { protocol: dcep, data: bytes, size: bytes.byteLength }, Infinity);
	}

	closeStream(stream: number): void {
		(this.streams.get(stream) ?? this.#make(stream)).closing = true;
		this.#wake();
	}

	isUsed(stream: number): boolean {
		return this.streams.has(stream);
	}

	shutdown(): void {
		if (this.#ending) return;
		this.#ending = true;
		this.#wake();
	}

	read(): SctpEvent | undefined {
		if (this.#closed) throw new SyntaxError("Sctp: closed");
		return this.#events.shift();
	}

	statistics(): object {
		return { streams: this.#count, congestionWindow: 4380, receiverWindow: 131072, mtu: 1160, roundTripTime: 2 };
	}

	/** For tests: a message as the peer would send it. */
	inject(event: SctpEvent): void {
		this.#tell(event);
	}

	/** For tests: something in place of what this side would send. */
	transmit(packet: Packet): void {
		this.#options.dtls.send(packet);
	}

	close(): void {
		if (this.#closed) return;
		if (this.#count) this.#send({ sctp: "abort" });
		this.#closed = true;
		if (this.#timer !== undefined) Timer.clear(this.#timer);
		Sctp.open.delete(this);
		countNative(-1);
	}

	#make(stream: number): Stream {
		const options = { unordered: false, policy: reliable, value: 0 };
		const it: Stream = {
			options,
			acknowledged: false,
			chunks: false,
			queue: [],
			closing: false,
			outOver: false,
			inOver: this.#ended.delete(stream),
		};
		this.streams.set(stream, it);
		return it;
	}

	#begin(): void {
		if (!this.#started || this.#closed || this.#count || this.#options.dtls.state !== "connected") return;
		this.#send({ sctp: "init", streams: this.#options.streams ?? 1024, isAnswer: false });
	}

	#queue(stream: number, message: Message, maximum: number): number {
		const it = this.streams.get(stream);
		if (message.size > maximum) return tooLong;
		if (!it || it.closing || this.#ending) throw new Error("stream: not open");
		if (this.#queued + message.size + 64 > (this.#options.sendQueue ?? 1048576)) return full;
		this.#queued += message.size + 64;
		it.queue.push(message);
		this.#wake();
		return message.size;
	}

	#wake(): void {
		if (this.#closed) return;
		this.#timer ??= Timer.set(() => {
			this.#timer = undefined;
			this.#flush();
		}, 1);
	}

	#flush(): void {
		if (!this.#count) return;
		if (Sctp.isStuck) return this.#wake();
		for (const [stream, it] of this.streams) {
			let size = 0;
			for (const message of it.queue.splice(0)) {
				this.#send({ sctp: "data", stream, message });
				this.#queued -= message.size + 64;
				if (message.protocol !== dcep) size += message.size;
			}
			if (size) this.#tell({ type: "sent", stream, size });
			if (!it.closing || it.outOver) continue;
			it.outOver = true;
			this.#send({ sctp: "reset", stream });
		}
		if (this.#ending) this.#send({ sctp: "shutdown" });
	}

	#send(packet: Packet): void {
		if (this.#options.dtls.state === "connected") this.#options.dtls.send(packet);
	}

	#receive(packet: Packet): void {
		if (this.#closed) return;
		switch (packet.sctp) {
			case "init":
				if (!this.#started) return;
				if (!packet.isAnswer)
					this.#send({ sctp: "init", streams: this.#options.streams ?? 1024, isAnswer: true });
				if (this.#count) return;
				this.#count = Math.min(packet.streams, this.#options.streams ?? 1024);
				this.#tell({ type: "up", stream: this.#count, size: 0 });
				this.#wake();
				break;
			case "data":
				this.#take(packet.stream, packet.message);
				break;
			case "reset": {
				const it = this.streams.get(packet.stream);
				if (it) it.inOver = true;
				else this.#ended.add(packet.stream);
				this.#send({ sctp: "done", stream: packet.stream });
				if (!it?.closing) this.#tell({ type: "reset", stream: packet.stream, size: 0 });
				this.#conclude(packet.stream);
				break;
			}
			case "done": {
				const it = this.streams.get(packet.stream);
				if (it) it.outOver = true;
				this.#conclude(packet.stream);
				break;
			}
			case "shutdown":
				this.#down(this.#queued ? 0 : 1);
				this.#send({ sctp: "shutdownDone" });
				break;
			case "shutdownDone":
				this.#down(1);
				break;
			case "abort":
				this.#down(0);
				break;
		}
	}

	#down(stream: number): void {
		if (!this.#count) return;
		this.#count = 0;
		this.#tell({ type: "down", stream, size: 0 });
	}

	#take(stream: number, { protocol, data, size }: Message): void {
		this.#ended.delete(stream);
		if (size > (this.#options.maxMessageSize ?? 262144)) return this.#tell({ type: "overlong", stream, size });
		if (!this.streams.get(stream)?.chunks || size <= 16384)
			return this.#tell({ type: "message", stream, size, protocol, data });
		const bytes = typeof data === "string" ? copy(new TextEncoder().encode(data)) : data;
		for (let place = 0; place < size; place += 16384) {
			const chunk = bytes.slice(place, place + 16384);
			const last = place + 16384 >= size;
			const [first, count] = [place === 0, chunk.byteLength];
			this.#tell({ type: "message", stream, size: count, protocol, data: chunk, first, last });
		}
	}

	#conclude(stream: number): void {
		const it = this.streams.get(stream);
		if (!it?.closing || !it.outOver || !it.inOver) return;
		this.streams.delete(stream);
		this.#tell({ type: "closed", stream, size: 0 });
	}

	#tell(event: SctpEvent): void {
		this.#events.push(event);
		Timer.set(() => {
			if (!this.#closed) this.#options.onEvent.call(this);
		}, 0);
	}
}

function copy(data: ArrayBufferLike | ArrayBufferView): ArrayBuffer {
	const bytes = ArrayBuffer.isView(data)
		? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
		: new Uint8Array(data);
	return bytes.slice().buffer;
}
