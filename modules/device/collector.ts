// SPDX-License-Identifier: Apache-2.0

const smallest = 1024; // bytes

/**
 * Collects a message that comes in parts, in one piece of memory: many small parts, or empty ones, take no more of it than
 * their bytes.
 */
export default class Collector {
	#bytes: Uint8Array | undefined;
	#size = 0;
	#maximum: number;

	/** @param maximum bytes of a message; of a longer one only the size is kept */
	constructor(maximum: number) {
		this.#maximum = maximum;
	}

	/** Bytes that have come, kept or not. */
	get size(): number {
		return this.#size;
	}

	get isTooLong(): boolean {
		return this.#size > this.#maximum;
	}

	add(part: ArrayBuffer): void {
		const at = this.#size;
		this.#size += part.byteLength;
		if (this.isTooLong) this.#bytes = undefined;
		else if (at === 0) this.#bytes = new Uint8Array(part);
		else {
			this.reserve(at);
			this.#bytes!.set(new Uint8Array(part), at);
		}
	}

	/** The message, which may share its buffer with nothing else, and is forgotten here; empty where it was too long. */
	take(): Uint8Array<ArrayBuffer> {
		const bytes = (this.#bytes ?? new Uint8Array(0)) as Uint8Array<ArrayBuffer>;
		const size = this.isTooLong ? 0 : this.#size;
		this.clear();
		return size === bytes.length ? bytes : bytes.subarray(0, size);
	}

	clear(): void {
		this.#bytes = undefined;
		this.#size = 0;
	}

	private reserve(used: number): void {
		const bytes = this.#bytes!;
		if (bytes.length >= this.#size) return;
		const capacity = Math.min(Math.max(2 * used, this.#size, smallest), this.#maximum);
		this.#bytes = new Uint8Array(capacity);
		this.#bytes.set(bytes.subarray(0, used));
	}
}
