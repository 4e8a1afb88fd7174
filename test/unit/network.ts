// SPDX-License-Identifier: Apache-2.0
// A network in virtual time: datagrams get lost, late, twice, and in another order, as a seed decides; hosts may be behind
// NATs.
import { Random, VirtualClock } from "./clock";
import type Nat from "./nat";

export interface NetworkConditions {
	seed?: number;
	/** 0 to 1, each way. */
	loss?: number;
	/** One way, in milliseconds. */
	delay?: number;
	/** Up to so much more delay, at random: the order changes, too. */
	jitter?: number;
	/** 0 to 1: how many datagrams are overtaken by those of the next 100 ms. */
	reordering?: number;
	/** 0 to 1 */
	duplication?: number;
}

/** The receiver's end: `from` and `to` are as the datagram carries them. */
export type Receiver = (data: Uint8Array, from: Endpoint, to: Endpoint) => void;

export interface Endpoint {
	address: string;
	port: number;
}

const reorderingDelay = 100;

export class VirtualNetwork {
	readonly clock = new VirtualClock();
	loss: number;
	delay: number;
	jitter: number;
	reordering: number;
	duplication: number;
	/** False: nothing arrives. */
	up = true;
	/** Datagrams that were sent, and that arrived. */
	sent = 0;
	delivered = 0;
	/** Which datagrams are dropped, besides the lost ones. */
	filter: (data: Uint8Array, from: Endpoint, to: Endpoint) => boolean = () => true;
	#random: Random;
	readonly nats: Nat[] = [];
	#receivers = new Map<string, Receiver>();

	constructor({
		seed = 1,
		loss = 0,
		delay = 0,
		jitter = 0,
		reordering = 0,
		duplication = 0,
	}: NetworkConditions = {}) {
		this.loss = loss;
		this.delay = delay;
		this.jitter = jitter;
		this.reordering = reordering;
		this.duplication = duplication;
		this.#random = new Random(seed);
	}

	get now(): number {
		return this.clock.now;
	}

	/** What is sent to this address arrives here. */
	bind({ address, port }: Endpoint, receiver: Receiver): void {
		this.#receivers.set(key(address, port), receiver);
	}

	unbind({ address, port }: Endpoint): void {
		this.#receivers.delete(key(address, port));
	}

	/** Copies the datagram, and delivers it as the conditions have it. */
	send(data: Uint8Array, from: Endpoint, to: Endpoint): void {
		this.sent++;
		const copies = this.#random.chance(this.duplication) ? 2 : 1;
		for (let i = 0; i < copies; i++) {
			if (this.#random.chance(this.loss) || !this.up || !this.filter(data, from, to)) continue;
			let delay = this.delay + this.jitter * this.#random.next();
			if (this.#random.chance(this.reordering)) delay += reorderingDelay * this.#random.next();
			const copy = data.slice();
			const source = this.#translate(from, to);
			if (source) this.clock.at(this.now + Math.round(delay), () => this.#deliver(copy, source, { ...to }));
		}
	}

	/** The source as others see it; undefined: nobody does. */
	#translate(from: Endpoint, to: Endpoint): Endpoint | undefined {
		const nat = this.nats.find((one) => one.isInside(from.address));
		if (!nat || nat.isInside(to.address))
			return this.nats.some((one) => one.isInside(to.address)) && !nat ? undefined : { ...from };
		return nat.outgoing(from, to, this.now);
	}

	#deliver(data: Uint8Array, from: Endpoint, outside: Endpoint): void {
		const nat = this.nats.find(({ address }) => address === outside.address);
		const to = nat ? nat.incoming(from, outside, this.now) : outside;
		if (!to) return;
		const receiver = this.#receivers.get(key(to.address, to.port));
		if (!receiver || !this.up) return;
		this.delivered++;
		receiver(data, from, to);
	}
}

function key(address: string, port: number): string {
	return `${address} ${port}`;
}
