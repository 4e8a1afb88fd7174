// SPDX-License-Identifier: Apache-2.0
// W3C's "queue a task": what shall happen after the promises that are resolved now have been heard of.
import Timer from "timer";

export default class Tasks {
	#queue: (() => void)[] = [];
	#timer: Timer | undefined;

	post(task: () => void): void {
		this.#queue.push(task);
		this.#timer ??= Timer.set(() => this.#run(), 0);
	}

	/** What was posted is forgotten. */
	clear(): void {
		this.#queue.length = 0;
		if (this.#timer !== undefined) Timer.clear(this.#timer);
		this.#timer = undefined;
	}

	#run(): void {
		this.#timer = undefined;
		for (const task of this.#queue.splice(0)) task();
	}
}
