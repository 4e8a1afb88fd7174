// SPDX-License-Identifier: Apache-2.0

/** The operations chain (W3C webrtc section 4.4.1.2): what changes the negotiation is done one after the other. */
export default class Operations {
	#waiting: (() => void)[] = [];
	#busy = false;
	#onIdle: () => void;

	/** @param onIdle nothing is left to be done */
	constructor(onIdle: () => void) {
		this.#onIdle = onIdle;
	}

	get isEmpty(): boolean {
		return !this.#busy;
	}

	/** Runs it at once when nothing is before it. */
	run<T>(operation: () => T): Promise<T> {
		return new Promise((resolve, reject) => {
			const start = () => {
				try {
					resolve(operation());
				} catch (error) {
					reject(error as Error);
				}
				void Promise.resolve().then(() => this.#next());
			};
			if (this.#busy) this.#waiting.push(start);
			else {
				this.#busy = true;
				start();
			}
		});
	}

	#next(): void {
		const start = this.#waiting.shift();
		this.#busy = start !== undefined;
		if (start) start();
		else this.#onIdle();
	}
}
