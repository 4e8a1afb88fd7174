// SPDX-License-Identifier: Apache-2.0
// The simulator's embedded:network/mqtt/client: MQTT 3.1.1 with the API of the SDK's. Beyond it: errors say what happened.
import type TCP from "embedded:io/socket/tcp";
import { bytesOf } from "sim/http/message";
import {
	composeConnect,
	composePacket,
	composePublish,
	composeTopics,
	readHead,
	types,
	type ConnectOptions,
	type PacketHead,
} from "sim/mqtt/packets";
import Time from "time";
import Timer from "timer";

const OVERHEAD = 8; // bytes of a packet that a caller need not reckon with
const CONNECT_TIME = 30_000; // ms
const LONGEST_CONTROL = 1024; // bytes
const LONGEST_TOPIC = 1024; // bytes
const MOST_WAITING = 32; // packets of ours

interface Control {
	operation: number;
	id?: number;
	payload?: number[];
	returnCode?: number;
}

interface ReadableOptions {
	more: boolean;
	topic?: string;
	QoS?: number;
	byteLength?: number;
}

interface Options extends ConnectOptions {
	host?: string;
	port?: number;
	/** Milliseconds. */
	keepAlive?: number;
	dns: { io: new (options: object) => { resolve(options: object): void; close?(): void } };
	socket: { io: new (options: object) => TCP };
	onReadable?(count: number, options: ReadableOptions): void;
	onWritable?(count: number): void;
	onControl?(message: Control): void;
	onClose?(): void;
	onError?(error: Error): void;
}

interface WriteOptions {
	operation?: number;
	id?: number;
	topic?: string;
	QoS?: number;
	retain?: boolean;
	duplicate?: boolean;
	byteLength?: number;
	items?: { topic: string; QoS?: number }[];
}

/** A message that is being received. */
interface Incoming extends Required<Omit<ReadableOptions, "more">> {
	id: number;
	left: number;
	isTold: boolean;
}

class MQTTClient {
	static readonly CONNECT = types.CONNECT;
	static readonly CONNACK = types.CONNACK;
	static readonly PUBLISH = types.PUBLISH;
	static readonly PUBACK = types.PUBACK;
	static readonly PUBREC = types.PUBREC;
	static readonly PUBREL = types.PUBREL;
	static readonly PUBCOMP = types.PUBCOMP;
	static readonly SUBSCRIBE = types.SUBSCRIBE;
	static readonly SUBACK = types.SUBACK;
	static readonly UNSUBSCRIBE = types.UNSUBSCRIBE;
	static readonly UNSUBACK = types.UNSUBACK;
	static readonly PINGREQ = types.PINGREQ;
	static readonly PINGRESP = types.PINGRESP;
	static readonly DISCONNECT = types.DISCONNECT;

	#options: Options;
	#resolver: { close?(): void } | undefined;
	#socket: TCP | undefined;
	#state: "connecting" | "login" | "open" | "closed" = "connecting";
	#room = 0;
	#left = 0; // bytes of a message that the caller still has to write
	#waiting: Uint8Array[] = []; // packets of our own
	#bytes = new Uint8Array(0); // received, and not read
	#incoming: Incoming | undefined;
	#announced = 0;
	#isReadable = false;
	#id = 0;
	#heard = Time.ticks;
	#isPumping = false;
	#timer: Timer | undefined;
	#watch: Timer | undefined;

	constructor(options: Options) {
		const { host, dns } = options;
		if (!host) throw new TypeError("host: required");
		this.#options = options;
		this.#watch = Timer.set(() => this.fail("no answer in time"), CONNECT_TIME);
		const resolver = new dns.io(dns);
		this.#resolver = resolver;
		resolver.resolve({
			host,
			onResolved: (_host: string, address: string) => {
				if (this.#state === "closed") return;
				this.#resolver?.close?.();
				this.#resolver = undefined;
				try {
					this.open(address, host);
				} catch (error) {
					this.fail(String(error));
				}
			},
			onError: (_host: string, error?: Error) => this.fail(`${host}: ${error?.message ?? "name not resolved"}`),
		});
	}

	close(): void {
		this.#state = "closed";
		Timer.clear(this.#timer);
		Timer.clear(this.#watch);
		this.#resolver?.close?.();
		this.#socket?.close();
		this.#timer = this.#watch = this.#resolver = this.#socket = undefined;
		this.#waiting.length = this.#announced = 0;
	}

	/**
	 * Sends a packet, or, without options, more of a message whose `byteLength` said that there is more.
	 * @returns how much more fits
	 * @throws Error when it does not fit, or before the connection is open
	 */
	write(data: ArrayBufferLike | ArrayBufferView | null, options?: WriteOptions): number {
		if (this.#state !== "open") throw new Error("not open");
		const bytes = data ? bytesOf(data) : new Uint8Array(0);
		if (!options || this.#left) {
			if (options || bytes.length > this.#left) throw new Error("a message is being written");
			this.send(bytes);
			this.#left -= bytes.length;
			return this.room;
		}
		const {
			operation = types.PUBLISH,
			id = (this.#id = (this.#id % 65_535) + 1),
			byteLength = bytes.length,
		} = options;
		if (byteLength < bytes.length) throw new RangeError("byteLength");
		this.send(compose(operation, id, bytes, byteLength, options));
		if (operation === types.PUBLISH) this.#left = byteLength - bytes.length;
		return this.room;
	}

	/** Up to so many bytes of the message that was told of. */
	read(count = this.#announced): ArrayBuffer | undefined {
		const size = Math.min(count, this.#announced);
		if (!size) return undefined;
		const data = this.#bytes.slice(0, size).buffer;
		this.#bytes = this.#bytes.subarray(size);
		this.#announced -= size;
		this.#incoming!.left -= size;
		if (!this.#announced && !this.#isPumping)
			this.#timer ??= Timer.set(() => {
				this.#timer = undefined;
				this.pump();
			});
		return data as ArrayBuffer;
	}

	private open(address: string, host: string): void {
		const { socket, port = 1883 } = this.#options;
		this.#socket = new socket.io({
			...socket,
			address,
			host,
			port,
			onReadable: () => this.onReadable(),
			onWritable: (count: number) => this.onWritable(count),
			onError: (error?: Error) => this.fail(error?.message ?? "closed by the broker"),
		});
	}

	private get room(): number {
		return this.#waiting.length ? 0 : Math.max(0, this.#room - OVERHEAD);
	}

	private send(packet: Uint8Array): void {
		if (packet.length > this.#room || this.#waiting.length) throw new Error("would block");
		this.#room = (this.#socket!.write(packet) as number | undefined) ?? this.#room - packet.length;
	}

	/** Ours wait for room, and go between the caller's messages. */
	private sendSoon(packet: Uint8Array): void {
		this.#waiting.push(packet);
		this.flush();
	}

	private flush(): void {
		while (this.#waiting.length && !this.#left && this.#waiting[0]!.length <= this.#room) {
			const packet = this.#waiting.shift()!;
			this.#room = (this.#socket!.write(packet) as number | undefined) ?? this.#room - packet.length;
		}
	}

	private onWritable(count: number): void {
		this.#room = count;
		if (this.#state === "connecting") {
			this.#state = "login";
			this.sendSoon(composeConnect(this.#options, this.keepAlive));
		}
		this.flush();
		if (this.#state === "open" && this.room) this.#options.onWritable?.call(this, this.room);
	}

	/* Receiving */

	private onReadable(): void {
		this.#isReadable = true;
		this.#heard = Time.ticks;
		this.pump();
	}

	/** What waits in the socket is taken when what was taken before is of no use alone: so the broker waits for who does not read. */
	private feed(): boolean {
		const data = this.#isReadable ? this.#socket?.read() : undefined;
		this.#isReadable = false;
		if (!(data instanceof ArrayBuffer)) return false;
		const bytes = new Uint8Array(this.#bytes.length + data.byteLength);
		bytes.set(this.#bytes);
		bytes.set(new Uint8Array(data), this.#bytes.length);
		this.#bytes = bytes;
		return true;
	}

	private pump(): void {
		if (this.#isPumping) return;
		this.#isPumping = true;
		try {
			while (this.#state !== "closed" && !this.#announced && (this.step() || this.feed()));
		} catch (error) {
			this.fail((error as Error).message);
		} finally {
			this.#isPumping = false;
		}
	}

	/** Returns whether to go on. */
	private step(): boolean {
		if (this.#incoming) return this.announce(this.#incoming);
		const head = readHead(this.#bytes);
		if (!head) return false;
		if (head.type === types.PUBLISH) return this.beginMessage(head);
		if (head.length > LONGEST_CONTROL) throw new Error("a packet that is too long");
		if (this.#bytes.length < head.size + head.length) return false;
		const content = this.#bytes.slice(head.size, head.size + head.length);
		this.#bytes = this.#bytes.subarray(head.size + head.length);
		this.control(head.type, content);
		return true;
	}

	private beginMessage({ flags, length, size }: PacketHead): boolean {
		const bytes = this.#bytes.subarray(size);
		const QoS = (flags >> 1) & 3;
		const topicSize = bytes.length < 2 ? 0 : (bytes[0]! << 8) | bytes[1]!;
		const headSize = 2 + topicSize + (QoS ? 2 : 0);
		if (topicSize > LONGEST_TOPIC) throw new Error("a topic that is too long");
		if (bytes.length < 2 || bytes.length < Math.min(headSize, length)) return false;
		if (!topicSize || headSize > length || this.#state !== "open") throw new Error("a malformed message");
		const topic = String.fromArrayBuffer(bytes.slice(2, 2 + topicSize).buffer as ArrayBuffer);
		const id = QoS ? (bytes[headSize - 2]! << 8) | bytes[headSize - 1]! : 0;
		this.#bytes = bytes.subarray(headSize);
		this.#incoming = { topic, QoS, id, byteLength: length - headSize, left: length - headSize, isTold: false };
		return true;
	}

	/** Tells of the part of a message that is there. */
	private announce(incoming: Incoming): boolean {
		const { topic, QoS, byteLength, left, id, isTold } = incoming;
		if (!left && (isTold || !byteLength)) {
			this.#incoming = undefined;
			if (QoS) this.acknowledge(QoS === 1 ? types.PUBACK : types.PUBREC, id);
			return true;
		}
		const count = Math.min(left, this.#bytes.length);
		if (!count) return false;
		this.#announced = count;
		incoming.isTold = true;
		const more = count < left;
		this.#options.onReadable?.call(this, count, isTold ? { more } : { more, topic, QoS, byteLength });
		return true;
	}

	private control(operation: number, content: Uint8Array): void {
		if (operation === types.CONNACK) {
			const returnCode = content[1];
			if (content.length !== 2 || returnCode) throw new Error(`the broker refuses, with code ${returnCode}`);
			this.#state = "open";
			this.watch();
		}
		const id = content.length >= 2 ? (content[0]! << 8) | content[1]! : 0;
		if (operation === types.PUBREC || operation === types.PUBREL)
			this.acknowledge(operation === types.PUBREC ? types.PUBREL : types.PUBCOMP, id);
		const payload = operation === types.SUBACK ? { payload: [...content.subarray(2)] } : {};
		const result = operation === types.CONNACK ? { returnCode: 0 } : { id };
		this.#options.onControl?.call(this, { operation, ...result, ...payload });
		if (operation === types.CONNACK && this.#state === "open" && this.room)
			this.#options.onWritable?.call(this, this.room);
	}

	private acknowledge(type: number, id: number): void {
		if (this.#waiting.length >= MOST_WAITING) throw new Error("the broker does not take what it asks for");
		this.sendSoon(composePacket(type, type === types.PUBREL ? 2 : 0, [Uint8Array.of(id >> 8, id & 255)]));
	}

	/* The end */

	/** Seconds. */
	private get keepAlive(): number {
		return Math.ceil((this.#options.keepAlive ?? 0) / 1000);
	}

	/** Sends pings, whose answers are awaited (section 3.1.2.10). */
	private watch(): void {
		Timer.clear(this.#watch);
		this.#watch = undefined;
		const interval = this.keepAlive * 1000;
		if (!interval) return;
		this.#watch = Timer.repeat(() => {
			if (Time.delta(this.#heard, Time.ticks) > interval * 1.5) this.fail("it does not answer any more");
			else this.sendSoon(composePacket(types.PINGREQ, 0, []));
		}, interval * 0.75);
	}

	private fail(reason: string): void {
		if (this.#state === "closed") return;
		this.close();
		this.#options.onError?.call(this, new Error(reason));
	}
}

function compose(
	operation: number,
	id: number,
	bytes: Uint8Array,
	byteLength: number,
	{ topic = "", items = [], ...options }: WriteOptions,
): Uint8Array {
	switch (operation) {
		case types.PUBLISH:
			if (!topic) throw new TypeError("topic: required");
			return composePublish({ ...options, topic }, id, bytes, byteLength);
		case types.SUBSCRIBE:
		case types.UNSUBSCRIBE:
			return composeTopics(operation, id, items);
		case types.PINGREQ:
		case types.DISCONNECT:
			return composePacket(operation, 0, []);
		default:
			throw new RangeError("operation");
	}
}

export default MQTTClient;
