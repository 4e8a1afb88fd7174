// SPDX-License-Identifier: Apache-2.0
import { countNative } from "./transport";

/** Sources throw for this path, as the natives do for a device that is not there. */
export const missing = "/dev/missing";

class Source {
	/** Those that exist now, for tests to look into. */
	static readonly open = new Set<Source>();
	readonly sinks = new Set<object>();

	constructor(readonly options: { path?: string; onError?: (code: string, message: string) => void }) {
		if (options.path === missing)
			throw Object.assign(new Error(`xs_video_source: ${missing} is not there`), {
				code: "media/device-missing",
			});
		countNative(1);
		Source.open.add(this);
	}

	connect(sink: object): void {
		this.sinks.add(sink);
	}

	disconnect(sink: object): void {
		this.sinks.delete(sink);
	}

	close(): void {
		if (Source.open.delete(this)) countNative(-1);
	}
}

export { Source };
export class VideoSource extends Source {}
export class AudioSource extends Source {}
