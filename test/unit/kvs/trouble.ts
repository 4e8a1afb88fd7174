// SPDX-License-Identifier: Apache-2.0
// A service that gets into trouble on purpose, and remembers what became of each connection and of each message.
import { makeWebSocketClient, type FakeWebSocket } from "./network";
import Service, { type Channel, type Reply } from "./service";
import { verifyQuery, type Verdict } from "./verify";
import { currentTime, schedule } from "../fakes/moddable/clock";

/** A WebSocket of the client's, from the moment that it was asked for. */
export interface Wire extends FakeWebSocket {
	/** When the service took it. Infinity: it has not. */
	openedAt: number;
	/** When it ceased to carry messages, whether the client knows or not. Infinity: it has not. */
	readonly lostAt: number;
	/** Messages of the service that reached the client, whole. */
	readonly arrived: { text: string; time: number }[];
	/** One message after the other, each in fragments of `size` bytes, `interval` milliseconds apart. */
	sendToClient(text: string, size?: number, interval?: number): void;
	/** It breaks now, in whatever state it is. */
	cut(): void;
}

export interface Arrival {
	time: number;
	wire: Wire;
	recipient: string;
	correlationId: string;
	text: string;
}

type Answer = Reply | "drop" | "reset";

export default class Trouble extends Service {
	/** All that there have been, in order. */
	wires: Wire[] = [];
	/** Answers of the client's that reached the service, in order. */
	answers: Arrival[] = [];
	/** Types of the errors with which calls and WebSockets were refused for their signatures. */
	refusals: string[] = [];
	/** What becomes of a WebSocket, in place of its being taken. */
	upgrade: (() => "refuse" | "ignore" | undefined) | undefined;
	/** The last request for ICE servers was answered as it should be. */
	iceWorks = true;

	#channelsMade = 0;

	override get dictionaries() {
		const { https, wss } = super.dictionaries;
		return { https, wss: { ...wss, io: makeWire(this) } };
	}

	/** The one that serves, as far as anybody can tell. */
	get wire(): Wire | undefined {
		const wire = this.master("porch") as Wire | undefined;
		return wire && wire.lostAt === Infinity && !wire.forgotten ? wire : undefined;
	}

	/** The network is away, and takes along what was open: what was lost on the way does not come again. */
	goDark(): void {
		for (const wire of this.wires) if (!wire.gone) wire.die();
		this.dnsDown = true;
	}

	/** One that is made anew is another. */
	override addChannel(name: string): Channel {
		const channel = super.addChannel(name);
		channel.arn = `${channel.arn}${++this.#channelsMade}`;
		return channel;
	}

	override handleRequest(...[host, method, path, headers, body]: Parameters<Service["handleRequest"]>): Answer {
		const answer = super.handleRequest(host, method, path, headers, body);
		if (path.endsWith("get-ice-server-config")) this.iceWorks = typeof answer === "object" && answer.status === 200;
		return answer;
	}

	override refusal(verdict: Verdict): Reply {
		this.refusals.push(verdict.type);
		return super.refusal(verdict);
	}

	override accept(socket: FakeWebSocket, host: string, path: string): boolean {
		const fate = this.upgrade?.();
		if (fate === "refuse") return false;
		const verdict = verifyQuery(this.accounts, host, path, this.now);
		if (verdict) this.refusals.push(verdict.type);
		if (!super.accept(socket, host, path)) return false;
		(socket as Wire).openedAt = currentTime();
		if (fate === "ignore") socket.die();
		return true;
	}

	override receive(from: FakeWebSocket, text: string): void {
		super.receive(from, text);
		const { action, recipient = "", correlationId } = this.received.at(-1)!;
		if (action === "SDP_ANSWER")
			this.answers.push({ time: currentTime(), wire: from as Wire, recipient, correlationId, text });
	}
}

/** A reply with an error of the service's. */
export function errorOf(status: number, type: string): () => Reply {
	return () => ({ status, headers: { "x-amzn-errortype": type }, body: "{}" });
}

interface Callbacks {
	onReadable(count: number, options: { more: boolean; binary: boolean }): void;
	onError(error: Error): void;
}

/** What network.ts makes. */
type Base = new (options: object) => FakeWebSocket & { read(): ArrayBuffer | undefined; close(): void };

function makeWire(service: Trouble) {
	const base = makeWebSocketClient(service);
	class WireSocket extends (base as unknown as Base) implements Wire {
		openedAt = Infinity;
		lostAt = Infinity;
		arrived: Wire["arrived"] = [];
		#callbacks: Callbacks;
		#part: Buffer | undefined;
		#freeAt = 0;

		constructor(options: object) {
			super(options);
			this.#callbacks = options as Callbacks;
			service.wires.push(this);
		}

		override read(): ArrayBuffer | undefined {
			if (!this.#part) return super.read();
			const data = Uint8Array.from(this.#part).buffer;
			this.#part = undefined;
			return data;
		}
		/** The client lets go of it. */
		override close(): void {
			this.#lose();
			super.close();
		}
		override sendToClient(text: string, size = 2000, interval = 0): void {
			const data = Buffer.from(text);
			let time = Math.max(this.#freeAt, currentTime() + service.delay);
			for (let offset = 0; offset < data.length; offset += size, time += interval) {
				const part = data.subarray(offset, offset + size);
				const more = offset + size < data.length;
				schedule(() => this.#deliver(part, more ? undefined : text), time - currentTime());
			}
			this.#freeAt = time;
		}
		override die(): void {
			this.#lose();
			super.die();
		}
		cut(): void {
			if (this.gone) throw new Error("it is gone already");
			this.close();
			this.#callbacks.onError.call(this, new Error("cut"));
		}

		/** @param text the whole message, with its last part */
		#deliver(part: Buffer, text: string | undefined): void {
			if (this.gone || this.lostAt <= currentTime()) return;
			this.#part = part;
			if (text !== undefined) this.arrived.push({ text, time: currentTime() });
			this.#callbacks.onReadable.call(this, part.length, { more: text === undefined, binary: false });
		}
		#lose(): void {
			this.lostAt = Math.min(this.lostAt, currentTime());
		}
	}
	return WireSocket as unknown as typeof base & (new (options: object) => Wire);
}
