// SPDX-License-Identifier: Apache-2.0
// A microphone in the same room as the loudspeaker.
import type { NativeSource } from "webrtc/media/pipeline";
import { EchoCanceller, EchoReference, hasEchoCancellation } from "webrtc/native/echo";

/** What plays there: NativeAudioPlayer is one. */
export interface Loudspeaker {
	/** Hz. */
	readonly sampleRate: number;
	/** Gives what is played to a native sink. */
	tap(sink: object): void;
	untap(sink: object): void;
}

/** Whether the echo of this loudspeaker can be taken out of sound like this here. */
export function canCancelEcho(
	loudspeaker: Loudspeaker | undefined,
	{ sampleRate, channels }: { sampleRate: number; channels: number },
): loudspeaker is Loudspeaker {
	return channels === 1 && loudspeaker?.sampleRate === sampleRate && hasEchoCancellation();
}

/** A source without the echo of a loudspeaker. It works while it has sinks, as sources do. */
export default class Echoless implements NativeSource {
	#microphone: NativeSource;
	#loudspeaker: Loudspeaker;
	#canceller: EchoCanceller;
	#reference: EchoReference;
	#sinks = new Set<object>();

	/** @throws what EchoCanceller throws; the source is closed then */
	constructor(microphone: NativeSource, loudspeaker: Loudspeaker, sampleRate: number) {
		this.#microphone = microphone;
		this.#loudspeaker = loudspeaker;
		try {
			this.#canceller = new EchoCanceller({ sampleRate });
			this.#reference = new EchoReference(this.#canceller);
		} catch (cause) {
			microphone.close();
			throw cause;
		}
		loudspeaker.tap(this.#reference);
	}

	connect(sink: object): void {
		this.#canceller.connect(sink);
		this.#sinks.add(sink);
		if (this.#sinks.size === 1) this.#microphone.connect(this.#canceller);
	}

	disconnect(sink: object): void {
		if (!this.#sinks.delete(sink)) return;
		this.#canceller.disconnect(sink);
		if (!this.#sinks.size) this.#microphone.disconnect(this.#canceller);
	}

	close(): void {
		this.#loudspeaker.untap(this.#reference);
		this.#microphone.close();
		this.#reference.close();
		this.#canceller.close();
	}
}
