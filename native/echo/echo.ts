// SPDX-License-Identifier: Apache-2.0

export interface EchoCancellerOptions {
	/** Hz, of the microphone and of what is played: a multiple of 50 from 8,000 to 48,000. Default 48,000. */
	sampleRate?: number;
	/** Milliseconds from what is given to the loudspeaker to the last of its echo, 50 … 1,000. Default 300. */
	tail?: number;
}

export interface EchoStatistics {
	/** Of 20 ms, of the microphone. */
	frames: number;
	/** Of those, while something was played. */
	cancelled: number;
	/** How often microphone and loudspeaker had to be brought together again. */
	restarts: number;
	/** Given on as they came: of another rate, or with two channels. */
	unfit: number;
	/** There was no room for what was left of them. */
	dropped: number;
}

/** Whether the platform has an echo canceller. */
export function hasEchoCancellation(this: void): boolean {
	return native("xs_rtc_echo_isThere").call(this);
}

/**
 * Takes what a loudspeaker plays out of what a microphone hears: a sink of the AudioSource's PCM, of one channel, and a source of what is left.
 *
 * @throws TypeError, RangeError naming the option; Error with the property `code`: "media/unsupported", "peer/out-of-resources"
 */
export class EchoCanceller extends (Native("xs_rtc_echo_destructor") as unknown as new () => object) {
	constructor(options: EchoCancellerOptions) {
		super();
		native("xs_rtc_echo").call(this, options);
	}
	/**
	 * Feeds `sink`, any object of a native class that takes PCM (16 at most).
	 *
	 * @throws TypeError when it is none, or is connected already
	 */
	connect(sink: object): void {
		native("xs_rtc_echo_connect").call(this, sink);
	}
	/** Feeds it no longer; nothing happens when it was not connected. */
	disconnect(sink: object): void {
		native("xs_rtc_echo_disconnect").call(this, sink);
	}
	statistics(): EchoStatistics {
		return native("xs_rtc_echo_statistics").call(this);
	}
	/** Disconnects it. May be called again; any other use after it throws a SyntaxError. */
	close(): void {
		native("xs_rtc_echo_close").call(this);
	}
}

/** Where a canceller hears what is played: a sink for `connect` of an AudioOutput. */
export class EchoReference extends (Native("xs_rtc_segment_input_destructor") as unknown as new () => object) {
	constructor(canceller: EchoCanceller) {
		super();
		native("xs_rtc_echo_reference").call(this, canceller);
	}
	/** Disconnects it. May be called again. */
	close(): void {
		native("xs_rtc_segment_input_close").call(this);
	}
}
