// SPDX-License-Identifier: Apache-2.0
import { missing } from "./render";
import { countNative } from "./transport";

export class VideoOutput {
	/** Those that exist now, for tests to look into. */
	static readonly open = new Set<VideoOutput>();
	readonly sources = new Set<object>();
	readonly taps = new Set<object>();

	constructor(
		readonly options: { output: string; path?: string; onError?: (code: string, message: string) => void },
	) {
		if (options.path === missing)
			throw Object.assign(new Error(`xs_rtc_video_output: ${missing} is not there`), {
				code: "media/file-unwritable",
			});
		countNative(1);
		VideoOutput.open.add(this);
	}

	connect(sink: object): void {
		this.taps.add(sink);
	}

	disconnect(sink: object): void {
		this.taps.delete(sink);
	}

	play(source: object): void {
		this.sources.add(source);
	}

	stop(source: object): void {
		this.sources.delete(source);
	}

	streamStatistics(source: object): object | undefined {
		return this.sources.has(source) ? { framesDecoded: 5, frameWidth: 640 } : undefined;
	}

	close(): void {
		if (VideoOutput.open.delete(this)) countNative(-1);
	}
}
