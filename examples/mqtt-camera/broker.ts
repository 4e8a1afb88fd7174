// SPDX-License-Identifier: Apache-2.0
// A connection to an MQTT broker that is kept: made anew when it ends, with what could not be sent meanwhile.
import type MQTTClient from "embedded:network/mqtt/client";
import Timer from "timer";
import Backoff from "webrtc/device/backoff";
import Collector from "webrtc/device/collector";
import deviceNetwork, { type NetworkClient } from "webrtc/device/network";
import WebRTCError from "webrtc/error";
import guard, { type Guarded } from "webrtc/error/guard";

export type MQTTDictionary = NetworkClient<typeof MQTTClient>;

/** Where the broker is, and what it is told. */
export interface BrokerOptions {
	host: string;
	/** Default 1883, with TLS 8883. */
	port?: number | undefined;
	/** Default false. */
	tls?: boolean | undefined;
	user?: string | undefined;
	password?: string | undefined;
	/** The client. Default: `device.network.mqtt`, or `mqtts`. */
	client?: MQTTDictionary | undefined;
	/** 0 to 1, uniform. Default Math.random. */
	random?(): number;
}

/** Whose connection it is. */
export interface BrokerOwner {
	/** What the broker says for us when we are gone. */
	readonly will: { topic: string; message: string };
	/** It is open, for the first time or again. */
	onOpen(): void;
	onMessage(topic: string, bytes: Uint8Array): void;
	/** It has ended; the next attempt is under way. */
	onLost(error: WebRTCError): void;
	/** Something is wrong with a message. */
	onError(error: WebRTCError): void;
}

/** A packet that waits: a message, or, with `items`, a subscription. */
interface Letter {
	topic: string;
	bytes: Uint8Array;
	retain: boolean;
	items?: { topic: string; QoS: number }[];
}

const keepAlive = 30_000; // ms
const connectTime = 20_000; // ms from the name to the broker's word
const stable = 30_000; // ms that count as a success
const mostLetters = 32;
const longest = 16_384; // bytes of a message
const smallestPart = 256; // bytes, unless it is the last
const subscribe = 8; // as a number, for a client class may come without its statics
const disconnect = 14;

export default class Broker implements Guarded {
	#options: BrokerOptions;
	#owner: BrokerOwner;
	#client: MQTTClient | undefined;
	#isOpen = false;
	#isWanted = false;
	#room = 0;
	#letters: Letter[] = [];
	#written = 0; // bytes of the first letter
	#topic = "";
	#incoming = new Collector(longest);
	#backoff: Backoff;
	#timer: Timer | undefined;

	constructor(options: BrokerOptions, owner: BrokerOwner) {
		this.#options = options;
		this.#owner = owner;
		this.#backoff = new Backoff(1000, 30_000, options.random ?? Math.random);
	}

	open(): void {
		this.#isWanted = true;
		this.connect();
	}

	/** Asks for a topic's messages, before what waits: for `onOpen`. */
	subscribe(topic: string): void {
		this.#letters.unshift({ topic, bytes: new Uint8Array(0), retain: false, items: [{ topic, QoS: 0 }] });
		this.pump();
	}

	/** Sends a message now, or when there is a connection. Of more than 32 that wait, the oldest is dropped. */
	publish(topic: string, text: string, retain = false): void {
		if (this.#letters.length >= mostLetters) {
			this.#letters.splice(this.#written ? 1 : 0, 1);
			this.#owner.onError(new WebRTCError("signaling/queue-full", "MQTT: a message could not be sent in time"));
		}
		this.#letters.push({ topic, bytes: new Uint8Array(ArrayBuffer.fromString(text)), retain });
		this.pump();
	}

	/** Ends it without the will: what is to be said at the end is said here. */
	close(topic: string, text: string): void {
		this.#isWanted = false;
		if (this.#isOpen && !this.#written) {
			this.#letters.length = 0;
			this.publish(topic, text, true);
			this.farewell();
		}
		this.#letters.length = 0;
		this.drop();
	}

	/** A fault of this SDK: it ends the connection, and another one is made. */
	onException(error: WebRTCError): void {
		this.lost(error.message);
	}

	private connect(): void {
		const { host, tls = false, port = tls ? 8883 : 1883, user, password } = this.#options;
		const network = deviceNetwork() as { mqtt?: MQTTDictionary; mqtts?: MQTTDictionary };
		const { client = tls ? network.mqtts : network.mqtt } = this.#options;
		this.wait(connectTime, () => this.lost("no answer in time"));
		if (!client) return this.lost("no client; include its manifest");
		try {
			this.#client = new client.io({
				...client,
				host,
				port,
				...(user === undefined ? {} : { user }),
				...(password === undefined ? {} : { password }),
				id: `camera-${Math.floor(Math.random() * 1e9)}`,
				clean: true,
				keepAlive,
				will: { ...this.#owner.will, QoS: 0, retain: true },
				onWritable: guard(this, (count: number) => this.onWritable(count)),
				onReadable: guard(this, (count: number, options: { more: boolean; topic?: string }) =>
					this.onReadable(count, options),
				),
				onClose: guard(this, () => this.lost("closed")),
				onError: guard(this, (error?: unknown) => this.lost(error instanceof Error ? error.message : "")),
			});
		} catch (error) {
			this.lost((error as Error).message);
		}
	}

	private onWritable(count: number): void {
		this.#room = count;
		if (!this.#isOpen) {
			this.#isOpen = true;
			this.wait(stable, () => this.#backoff.reset());
			this.#owner.onOpen();
		}
		this.pump();
	}

	private pump(): void {
		while (this.#isOpen && this.#letters.length && this.writePart(this.#letters[0]!));
	}

	/** As much of it as there is room for. Returns whether to go on. */
	private writePart({ topic, bytes, retain, items }: Letter): boolean {
		const from = this.#written;
		const rest = bytes.length - from;
		// A topic has 3 bytes a character at most; the client keeps back what the head takes.
		const count = Math.min(rest, from ? this.#room : this.#room - 3 * topic.length - 4);
		if (count < rest && count < smallestPart) return false;
		if (count < 0) return false;
		const part = bytes.subarray(from, from + count);
		const options = items ? { operation: subscribe, items } : { topic, retain, byteLength: bytes.length };
		try {
			// Behind the first part there are no options, which the declarations do not know.
			this.#room = this.#client!.write(part, (from ? undefined : options) as never);
		} catch (error) {
			this.#isOpen = false; // it said that there was room
			this.wait(0, () => this.lost((error as Error).message));
			return false;
		}
		this.#written = count < rest ? from + count : 0;
		if (!this.#written) this.#letters.shift();
		return true;
	}

	private onReadable(count: number, { more, topic }: { more: boolean; topic?: string }): void {
		if (topic !== undefined) this.#topic = topic;
		const data = this.#client?.read(count);
		if (data) this.#incoming.add(data);
		if (more) return;
		const { isTooLong } = this.#incoming;
		const bytes = this.#incoming.take();
		if (!isTooLong) return this.#owner.onMessage(this.#topic, bytes);
		this.#owner.onError(new WebRTCError("signaling/bad-message", "MQTT: a message that is too long"));
	}

	private lost(reason: string): void {
		if (!this.#isWanted) return;
		this.drop();
		const delay = this.#backoff.next();
		this.wait(delay, () => this.connect());
		const text = `MQTT: the broker: ${reason || "the connection failed"}; the next attempt is in ${Math.ceil(delay / 1000)} s`;
		this.#owner.onLost(new WebRTCError("signaling/connection-failed", text));
	}

	private farewell(): void {
		try {
			this.#client?.write(new Uint8Array(0), { operation: disconnect, topic: "" });
		} catch {
			// There is no room for it: the will is as good.
		}
	}

	/** What has begun to leave may have arrived: it is sent again, whole. Subscriptions belong to the connection. */
	private drop(): void {
		Timer.clear(this.#timer);
		this.#timer = undefined;
		this.#client?.close();
		this.#client = undefined;
		this.#isOpen = false;
		this.#room = this.#written = 0;
		this.#letters = this.#letters.filter(({ items }) => !items);
		this.#incoming.clear();
	}

	private wait(time: number, step: () => void): void {
		Timer.clear(this.#timer);
		this.#timer = Timer.set(
			guard(this, () => {
				this.#timer = undefined;
				step();
			}),
			time,
		);
	}
}
