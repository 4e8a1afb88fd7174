// SPDX-License-Identifier: Apache-2.0

/** Milliseconds. */
export interface LinkTimeouts {
	/** Between pings. */
	ping: number;
	/** From a ping to its answer, after which a connection is dead. */
	pong: number;
	/** The same while it is not known whether the service answers pings. One that does not is cut once for it. */
	silence: number;
	/** Age at which a connection is replaced; Infinity: never. */
	age: number;
}

/** One WebSocket: how old it is, and whether it lives. A dead one still takes messages, and loses them. */
export default class Link {
	readonly id: number;
	readonly openedAt: number;
	/** A text is being written. */
	busy = false;
	/** Whether the service answers pings; undefined: it is not known. */
	answers: boolean | undefined;
	#timeouts: Readonly<LinkTimeouts>;
	#renewAt: number;
	#pings = 0;
	#pingAt: number;
	/** When the oldest unanswered ping was sent. */
	#unanswered: number | undefined;
	#asked = false;

	constructor(
		id: number,
		now: number,
		timeouts: Readonly<LinkTimeouts>,
		answers: Link["answers"],
		random: () => number,
	) {
		this.id = id;
		this.openedAt = now;
		this.answers = answers;
		this.#timeouts = timeouts;
		this.#pingAt = now; // whether it is answered is soon known
		// Devices that started together do not stay together.
		this.#renewAt = now + timeouts.age * (0.95 + 0.05 * random());
	}

	/** The number of the last ping. */
	get pings(): number {
		return this.#pings;
	}

	get deadline(): number {
		return Math.min(this.#pingAt, this.deadAt, this.#renewAt);
	}

	private get deadAt(): number {
		if (this.#unanswered === undefined || this.answers === false) return Infinity;
		return this.#unanswered + (this.answers ? this.#timeouts.pong : this.#timeouts.silence);
	}

	isDead(now: number): boolean {
		return now >= this.deadAt;
	}

	isOld(now: number): boolean {
		return now >= this.#renewAt;
	}

	/** Its replacement is under way, or has failed: again in a while. */
	renewLater(time: number): void {
		this.#renewAt = time;
	}

	/** A sign of life is wanted soon: something important has been written. */
	ask(): void {
		this.#asked = true;
	}

	/** The number of the ping to be sent now, if there is one. */
	takePing(now: number): number | undefined {
		if (!this.#asked && now < this.#pingAt) return undefined;
		this.#asked = false;
		this.#pingAt = now + this.#timeouts.ping;
		this.#unanswered ??= now;
		return ++this.#pings;
	}

	/** Anything that comes is a sign of life. */
	heard(): void {
		this.#unanswered = undefined;
	}
}
