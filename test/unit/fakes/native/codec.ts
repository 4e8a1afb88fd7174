// SPDX-License-Identifier: Apache-2.0
import { countNative } from "./transport";

class Encoder {
	/** Those that exist now, for tests to look into. */
	static readonly open = new Set<Encoder>();
	readonly sinks = new Set<object>();
	bitrate: number;
	keyFrameRequests = 0;

	constructor(
		readonly options: {
			codec: string;
			bitrate?: number;
			policy?: string;
			onError?: (code: string, message: string) => void;
			onChange?: (width: number, height: number, framerate: number) => void;
		},
	) {
		this.bitrate = options.bitrate ?? 0;
		Encoder.open.add(this);
		countNative(1);
	}

	connect(sink: object): void {
		this.sinks.add(sink);
	}

	disconnect(sink: object): void {
		this.sinks.delete(sink);
	}

	limits: object = {};

	setLimits(limits: object): void {
		this.limits = limits;
	}

	requestKeyFrame(): void {
		this.keyFrameRequests++;
	}

	/** What statistics() adds. */
	counters: object = {};

	statistics() {
		return { framesEncoded: 1, ...this.counters };
	}

	close(): void {
		if (Encoder.open.delete(this)) countNative(-1);
	}
}

export { Encoder };
export const hasSlices = () => true;
export const canEncode = (codec: string) => codec !== "none";

export class VideoEncoder extends Encoder {}

export class AudioEncoder extends Encoder {}
