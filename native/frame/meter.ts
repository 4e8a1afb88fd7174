// SPDX-License-Identifier: Apache-2.0

export interface LevelMeterOptions {
	/** Milliseconds of sound between calls, 50 … 60,000. Default 200. */
	interval?: number | undefined;
	/** How loud it was since the call before: the root of the mean square, 0 … 1. It may close the meter. */
	onLevel: (this: LevelMeter, level: number) => void;
}

/** Tells how loud sound is: a sink of PCM, for `connect` of an AudioSource, an EchoCanceller or an AudioOutput. */
export default class LevelMeter extends (Native("xs_rtc_level_meter_destructor") as unknown as new () => object) {
	/** @throws TypeError, RangeError naming the option; Error with code "peer/out-of-resources" */
	constructor(options: LevelMeterOptions) {
		super();
		native("xs_rtc_level_meter").call(this, options);
	}

	/** Disconnects it. May be called again; any other use after it throws a SyntaxError. */
	close(): void {
		native("xs_rtc_level_meter_close").call(this);
	}
}
