// SPDX-License-Identifier: Apache-2.0
import { countNative } from "../transport";

export default class FrameReader {
	/** Those that exist now, for tests to look into. */
	static readonly open = new Set<FrameReader>();
	#newest: Uint8Array | undefined;
	#taken = new Uint8Array();
	/** There is no memory for a copy. */
	isShort = false;

	constructor(readonly options: { onFrame(): void }) {
		countNative(1);
		FrameReader.open.add(this);
	}

	/** A picture comes. */
	deliver(bytes: Uint8Array): void {
		const isNews = !this.#newest;
		this.#newest = bytes;
		if (isNews) this.options.onFrame();
	}

	take(): number {
		if (!FrameReader.open.has(this)) throw new SyntaxError("FrameReader: closed");
		const newest = this.#newest;
		this.#newest = undefined;
		if (!newest || this.isShort) return 0;
		this.#taken = new Uint8Array(newest);
		return newest.length;
	}

	slice(from: number, most: number): ArrayBuffer | undefined {
		if (most > 1024) throw new RangeError("most: 0 to 1024");
		if (!FrameReader.open.has(this)) throw new SyntaxError("FrameReader: closed");
		return from < this.#taken.length ? this.#taken.slice(from, from + most).buffer : undefined;
	}

	close(): void {
		if (FrameReader.open.delete(this)) countNative(-1);
	}
}
