// SPDX-License-Identifier: Apache-2.0
// How loud a microphone is, and in the unit that others have for it.
import type { NativeSource } from "webrtc/media/pipeline";
import LevelMeter from "webrtc/native/frame/meter";

const least = -127;

/** A level in dBov, 0 … -127, as RFC 6464 has it: 0 is as loud as can be, -127 silence. @param level as onLevel tells it, 0 … 1 */
export function decibels(level: number): number {
	return level > 0 ? Math.max(least, Math.min(0, 20 * Math.log10(level))) : least;
}

/** A source whose level is told while it has sinks: it works for nobody else. */
export default class Metered implements NativeSource {
	#source: NativeSource;
	#meter: LevelMeter;
	#sinks = new Set<object>();

	/** @throws what LevelMeter throws; the source is closed then */
	constructor(source: NativeSource, onLevel: (level: number) => void, interval: number | undefined) {
		this.#source = source;
		try {
			this.#meter = new LevelMeter({ interval, onLevel });
		} catch (cause) {
			source.close();
			throw cause;
		}
	}

	connect(sink: object): void {
		this.#source.connect(sink);
		this.#sinks.add(sink);
		if (this.#sinks.size === 1) this.#source.connect(this.#meter);
	}

	disconnect(sink: object): void {
		if (!this.#sinks.delete(sink)) return;
		this.#source.disconnect(sink);
		if (!this.#sinks.size) this.#source.disconnect(this.#meter);
	}

	close(): void {
		this.#source.close();
		this.#meter.close();
	}
}
