// SPDX-License-Identifier: Apache-2.0
// Virtual time, and randomness that repeats.

/** A seeded generator of random numbers (mulberry32). */
export class Random {
	#state: number;

	constructor(seed: number) {
		this.#state = seed >>> 0;
	}

	/** 0 inclusive to 1 exclusive. */
	next(): number {
		this.#state = (this.#state + 0x6d2b79f5) >>> 0;
		let x = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
		x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
		return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
	}

	/** 0 inclusive to `limit` exclusive. */
	integer(limit: number): number {
		return Math.floor(this.next() * limit);
	}

	chance(probability: number): boolean {
		return this.next() < probability;
	}
}

interface Entry {
	time: number;
	order: number;
	run: () => void;
}

/** Milliseconds that pass as fast as there is nothing to do. */
export class VirtualClock {
	now = 0;
	#entries: Entry[] = []; // a binary heap, the next first
	#order = 0;

	/** Runs something at a time; at once, in order, what is due now or past. */
	at(time: number, run: () => void): void {
		const entries = this.#entries;
		const entry = { time: Math.max(time, this.now), order: this.#order++, run };
		let i = entries.push(entry) - 1;
		while (i > 0 && before(entry, entries[(i - 1) >> 1] as Entry)) {
			entries[i] = entries[(i - 1) >> 1] as Entry;
			i = (i - 1) >> 1;
		}
		entries[i] = entry;
	}

	/** Lets time pass until `done` holds, at most to `limit`. Returns whether it holds. */
	run(limit: number, done: () => boolean = () => false): boolean {
		for (;;) {
			if (done()) return true;
			const next = this.#entries[0];
			if (!next || next.time > limit) break;
			this.#pop();
			this.now = next.time;
			next.run();
		}
		this.now = Math.max(this.now, limit);
		return done();
	}

	#pop(): void {
		const entries = this.#entries;
		const last = entries.pop() as Entry;
		if (!entries.length) return;
		let i = 0;
		for (;;) {
			let child = 2 * i + 1;
			if (child >= entries.length) break;
			if (child + 1 < entries.length && before(entries[child + 1] as Entry, entries[child] as Entry)) child++;
			if (!before(entries[child] as Entry, last)) break;
			entries[i] = entries[child] as Entry;
			i = child;
		}
		entries[i] = last;
	}
}

function before(a: Entry, b: Entry): boolean {
	return a.time < b.time || (a.time === b.time && a.order < b.order);
}
