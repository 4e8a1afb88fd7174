// SPDX-License-Identifier: Apache-2.0
import { cancel, schedule } from "./clock";

type Entry = ReturnType<typeof schedule>;

export default class Timer {
	#entry: Entry;

	private constructor(callback: (timer: Timer) => void, delay: number, repeat?: number) {
		this.#entry = schedule(() => callback(this), delay, repeat);
	}

	static set(callback: (timer: Timer) => void, delay = 0, repeat?: number): Timer {
		return new Timer(callback, delay, repeat);
	}

	static repeat(callback: (timer: Timer) => void, interval: number): Timer {
		return new Timer(callback, interval, interval);
	}

	static clear(timer: Timer | undefined | null): void {
		if (timer) cancel(timer.#entry);
	}
}
