// SPDX-License-Identifier: Apache-2.0
import type Memory from "webrtc/device/memory";
import WebRTCError from "webrtc/error";

interface Entry {
	step: () => Promise<void>;
	resolve: () => void;
	reject: (error: unknown) => void;
}

/**
 * Lets one description be worked on at a time, whosever it is: the work of two at once does not fit into a board's heap.
 * It is a list, as a chain of promises would take a hundred slots more just when slots are short.
 */
export default class Turns {
	#waiting: Entry[] = []; // the first is worked on
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
	take(step: () => Promise<void>): Promise<void> {
		return new Promise((resolve, reject) => {
			if (this.#waiting.length > this.#maximum)
				throw new WebRTCError("app/busy", "Too many offers come at once."); // the first is not waiting
			const entry = { step, resolve, reject };
			if (this.#waiting.push(entry) === 1) this.begin(entry);
		});
	}

	private begin({ step, resolve, reject }: Entry): void {
		try {
			if (!this.#memory.hasRoom()) throw new WebRTCError("app/busy", "There is no memory for a description now.");
			step().then(
				() => this.end(resolve),
				(error) => this.end(() => reject(error)),
			);
		} catch (error) {
			this.end(() => reject(error));
		}
	}

	private end(settle: () => void): void {
		this.#waiting.shift();
		settle();
		const next = this.#waiting[0];
		if (next) this.begin(next);
	}
}
