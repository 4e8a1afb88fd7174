// SPDX-License-Identifier: Apache-2.0
import { countNative } from "./transport";

/** Sources throw for this path, as the natives do for a device that is not there. */
export const missing = "/dev/missing";

class Source {
	readonly sinks = new Set<object>();
	#closed = false;

	constructor(readonly options: { path?: string }) {
		if (options.path === missing)
			throw Object.assign(new Error(`xs_video_source: ${missing} is not there`), {
				code: "media/device-missing",
			});
		countNative(1);
	}

	connect(sink: object): void {
		this.sinks.add(sink);
	}

	disconnect(sink: object): void {
		this.sinks.delete(sink);
	}

	close(): void {
		if (!this.#closed) countNative(-1);
		this.#closed = true;
	}
}

export class VideoSource extends Source {}
export class AudioSource extends Source {}
