// SPDX-License-Identifier: Apache-2.0
import { countNative } from "./transport";

/** Outputs throw for this path, as the natives do for a device that is not there. */
export const missing = "no-such-device";

export class AudioOutput {
	/** Those that exist now, for tests to look into. */
	static readonly open = new Set<AudioOutput>();
	readonly sources = new Set<object>();
	volume = 1;

	constructor(
		readonly options: {
			output: string;
			path?: string;
			onLevel?: (level: number) => void;
			onError?: (code: string, message: string) => void;
		},
	) {
		if (options.path === missing)
			throw Object.assign(new Error(`xs_rtc_audio_output: ${missing} is not there`), {
				code: "media/device-missing",
			});
		countNative(1);
		AudioOutput.open.add(this);
	}

	readonly hearers = new Set<object>();

	connect(sink: object): void {
		this.hearers.add(sink);
	}

	disconnect(sink: object): void {
		this.hearers.delete(sink);
	}

	play(source: object): void {
		this.sources.add(source);
	}

	stop(source: object): void {
		this.sources.delete(source);
	}

	streamStatistics(source: object): object | undefined {
		return this.sources.has(source) ? { totalSamplesReceived: 960, concealedSamples: 0 } : undefined;
	}

	close(): void {
		if (AudioOutput.open.delete(this)) countNative(-1);
	}
}
