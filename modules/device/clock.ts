// SPDX-License-Identifier: Apache-2.0
import Time from "time";

/** Milliseconds that only grow: the platform's ticks wrap at 32 bits, and wall-clock time jumps when it is set. */
export default class Clock {
	#last = Time.ticks;
	#now = 0;

	get now(): number {
		const ticks = Time.ticks;
		this.#now += Time.delta(this.#last, ticks);
		this.#last = ticks;
		return this.#now;
	}
}
