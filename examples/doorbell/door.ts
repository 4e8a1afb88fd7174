// SPDX-License-Identifier: Apache-2.0
// The door: open for a while, then shut, whatever becomes of who has opened it.
import Timer from "timer";

export default class Door {
	#seconds: number;
	#write: (value: 0 | 1) => void;
	#onChange: () => void;
	#timer: Timer | undefined;

	/** @param write what opens it: 1 */
	constructor(seconds: number, write: (value: 0 | 1) => void, onChange: () => void) {
		this.#seconds = seconds;
		this.#write = write;
		this.#onChange = onChange;
		write(0);
	}

	get isOpen(): boolean {
		return this.#timer !== undefined;
	}

	/** Opens it. One that is open stays so for no longer. */
	open(): void {
		if (this.#timer !== undefined) return;
		this.#timer = Timer.set(() => this.shut(), this.#seconds * 1000);
		this.#write(1);
		this.#onChange();
	}

	shut(): void {
		if (this.#timer === undefined) return;
		Timer.clear(this.#timer);
		this.#timer = undefined;
		this.#write(0);
		this.#onChange();
	}
}
