// SPDX-License-Identifier: Apache-2.0
import { countNative } from "./transport";

/** Sources throw for this path, as the natives do for a device that is not there. */
export const missing = "/dev/missing";

class Source {
	readonly sinks = new Set<object>();
	#closed = false;

	constructor(readonly options: { path?: string }) {
		if (options.path === missing) throw new Error(`media/device-missing: ${missing} is not there`);
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
