// SPDX-License-Identifier: Apache-2.0

/** Exponential back-off with full jitter: a random time up to a bound that doubles, and ends at a maximum. */
export default class Backoff {
	#base: number;
	#maximum: number;
	#random: () => number;
	#attempts = 0;

	/** @param base milliseconds of the first bound @param maximum milliseconds of the last */
	constructor(base: number, maximum: number, random: () => number) {
		this.#base = base;
		this.#maximum = maximum;
		this.#random = random;
	}

	/** Waits begun since the last success. */
	get attempts(): number {
		return this.#attempts;
	}

	/** Milliseconds to wait before the next attempt. */
	next(): number {
		const bound = Math.min(this.#maximum, this.#base * 2 ** Math.min(this.#attempts, 16));
		this.#attempts++;
		return Math.ceil(bound * this.#random());
	}

	reset(): void {
		this.#attempts = 0;
	}
}
