// SPDX-License-Identifier: Apache-2.0
import WebRTCError, { type WebRTCErrorCode } from "webrtc/error";
import type { VideoCapture, VideoOptions } from "webrtc/media";
import Pipeline from "webrtc/media/pipeline";
import { VideoSource } from "webrtc/native/capture";
import { VideoEncoder } from "webrtc/native/codec";
import { h264, type CodecCapability } from "webrtc/sdp";

/** The platform's camera, a file or the test card, encoded as H.264 once for all viewers. */
export default class NativeVideoCapture implements VideoCapture {
	readonly kind = "video";
	readonly codecs: readonly CodecCapability[] = [h264];
	readonly framerate: number;
	onError: ((error: WebRTCError) => void) | undefined;
	#bitrate: number;
	#pipeline: Pipeline<VideoSource, VideoEncoder>;

	/** @throws RangeError that names the option */
	constructor(options: VideoOptions) {
		const { source = "test", path, framerate = 30, bitrate = 2_000_000 } = options;
		const ownSize = source === "file" && options.width === undefined && options.height === undefined;
		const width = ownSize ? undefined : (options.width ?? 1280);
		const height = ownSize ? undefined : (options.height ?? 720);
		this.framerate = framerate;
		this.#bitrate = check("bitrate", bitrate, 50_000, 50_000_000);
		check("framerate", framerate, 1, 120);
		if (width !== undefined) check("width", width, 16, 3840);
		if (height !== undefined) check("height", height, 16, 2160);
		this.#pipeline = new Pipeline(
			() =>
				new VideoSource({
					source,
					path,
					width,
					height,
					framerate,
					onError: (code: string, message: string) => {
						this.#pipeline.fail();
						this.onError?.(new WebRTCError(code as WebRTCErrorCode, message));
					},
				}),
			() => new VideoEncoder({ codec: "H264", framerate, bitrate: this.#bitrate }),
		);
	}

	get bitrate(): number {
		return this.#bitrate;
	}

	set bitrate(bitrate: number) {
		this.#bitrate = check("bitrate", bitrate, 50_000, 50_000_000);
		this.#pipeline.forEach((encoder) => (encoder.bitrate = bitrate));
	}

	requestKeyFrame(): void {
		this.#pipeline.forEach((encoder) => encoder.requestKeyFrame());
	}

	open(): void {
		this.#pipeline.open();
	}

	attach(sink: object, codec: string): void {
		this.#pipeline.attach(sink, codec);
	}

	detach(sink: object): void {
		this.#pipeline.detach(sink);
	}

	statistics(): Record<string, object> {
		return this.#pipeline.statistics();
	}

	close(): void {
		this.#pipeline.close();
	}
}

function check(name: string, value: number, minimum: number, maximum: number): number {
	if (!Number.isInteger(value) || value < minimum || value > maximum)
		throw new RangeError(`${name}: an integer from ${minimum} to ${maximum}`);
	return value;
}
