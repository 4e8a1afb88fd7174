// SPDX-License-Identifier: Apache-2.0
// What W3C has done in an order: operations one after the other, and tasks after the promises that are resolved now.
import Timer from "timer";
import { contain, type Guarded } from "webrtc/error/guard";

export default class Tasks {
	#operations: (() => void)[] | undefined; // that wait for the one that is under way
	#busy = false;
	#tasks: (() => void)[] | undefined;
	#timer: Timer | undefined;
	#owner: Guarded;

	/** @param owner hears of what a task has thrown */
	constructor(owner: Guarded) {
		this.#owner = owner;
	}

	/** Whether an operation is under way. */
	get isBusy(): boolean {
		return this.#busy;
	}

	/**
	 * The operations chain (W3C webrtc section 4.4.1.2): it runs at once when nothing is before it. A promise that it returns
	 * keeps nothing waiting.
	 */
	chain<T>(operation: () => T | Promise<T>): Promise<T> {
		return new Promise((resolve, reject) => {
			const start = () => {
				try {
					resolve(operation());
				} catch (error) {
					reject(error as Error);
				}
				void Promise.resolve().then(() => this.next());
			};
			if (this.#busy) (this.#operations ??= []).push(start);
			else {
				this.#busy = true;
				start();
			}
		});
	}

	/** "Queue a task": what is posted happens after the promises that are resolved now have been heard of. */
	post(task: () => void): void {
		(this.#tasks ??= []).push(task);
		this.#timer ??= Timer.set(() => {
			try {
				this.run();
			} catch (cause) {
				contain(this.#owner, cause);
			}
		}, 0);
	}

	/** What was posted is forgotten. */
	clear(): void {
		this.#tasks = undefined;
		if (this.#timer !== undefined) Timer.clear(this.#timer);
		this.#timer = undefined;
	}

	private run(): void {
		this.#timer = undefined;
		const tasks = this.#tasks ?? [];
		this.#tasks = undefined;
		for (const task of tasks) task();
	}

	private next(): void {
		const start = this.#operations?.shift();
		this.#busy = start !== undefined;
		start?.();
	}
}
