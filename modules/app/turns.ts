// SPDX-License-Identifier: Apache-2.0
import type Memory from "webrtc/device/memory";
import WebRTCError from "webrtc/error";

/** Lets one description be worked on at a time, whosever it is: the work of two at once does not fit into a board's heap. */
export default class Turns {
	#last: Promise<void> = Promise.resolve();
	#waiting = 0;
	#maximum: number;
	#memory: Memory;

	/** @param maximum how many may wait for their turn */
	constructor(maximum: number, memory: Memory) {
		this.#maximum = maximum;
		this.#memory = memory;
	}

	/**
	 * Runs a step when those before it have ended, well or not.
	 * @returns a promise that settles as the step's does
	 * @throws (rejects) WebRTCError "app/busy" when too many wait, or there is no memory
	 */
	async take(step: () => Promise<void>): Promise<void> {
		// One is not waiting: it is worked on.
		if (this.#waiting > this.#maximum) throw new WebRTCError("app/busy", "Too many offers come at once.");
		this.#waiting++;
		const turn = this.#last.then(() => this.begin(step)).finally(() => this.#waiting--);
		this.#last = turn.catch(() => undefined);
		return turn;
	}

	private begin(step: () => Promise<void>): Promise<void> {
		if (!this.#memory.hasRoom()) throw new WebRTCError("app/busy", "There is no memory for a description now.");
		return step();
	}
}
