// SPDX-License-Identifier: Apache-2.0
import type { CodecCapability } from "webrtc/codec";
import { h264Capability, h264Limits } from "webrtc/codec/h264";
import { h265Capability, h265Level } from "webrtc/codec/h265";
import vp8 from "webrtc/codec/vp8";
import type WebRTCError from "webrtc/error";
import type { PictureQuality, Snapshot, SnapshotOptions, VideoCapture, VideoOptions } from "webrtc/media";
import { jpegOptions } from "webrtc/media/jpeg";
import profileLevelId from "webrtc/media/level";
import Pipeline, { type NativeErrorCallback } from "webrtc/media/pipeline";
import takeSnapshot from "webrtc/media/snapshot";
import { VideoSource } from "webrtc/native/capture";
import { canEncode, hasSlices, VideoEncoder } from "webrtc/native/codec";

// The largest picture of a file whose own size is taken.
const largestWidth = 1920;
const largestHeight = 1080;

const policies: readonly string[] = Object.freeze(["slowest", "median", "fixed"]);
const preferences: readonly string[] = Object.freeze([
	...["balanced", "maintain-framerate", "maintain-resolution", "maintain-framerate-and-resolution"],
]);

/** The platform's camera, a file or the test card, encoded once for all viewers of a codec. */
export default class NativeVideoCapture implements VideoCapture {
	readonly kind = "video";
	readonly codecs: readonly CodecCapability[];
	readonly framerate: number;
	onError: ((error: WebRTCError) => void) | undefined;
	onQuality: ((quality: PictureQuality) => void) | undefined;
	#bitrate: number;
	#pipeline: Pipeline<VideoSource, VideoEncoder>;

	/** @throws RangeError that names the option */
	constructor(options: VideoOptions) {
		const { source = "test", path, framerate = 30, bitrate = 2_000_000, policy, degradationPreference } = options;
		const ownSize = source === "file" && options.width === undefined && options.height === undefined;
		const width = ownSize ? undefined : check("width", options.width ?? 1280, 16, 3840);
		const height = ownSize ? undefined : check("height", options.height ?? 720, 16, 2160);
		this.framerate = check("framerate", framerate, 1, 120);
		this.#bitrate = check("bitrate", bitrate, 50_000, 50_000_000);
		const size = { width: width ?? largestWidth, height: height ?? largestHeight };
		checkName("policy", policy, policies);
		checkName("degradationPreference", degradationPreference, preferences);
		const level = profileLevelId({ ...size, framerate, bitrate });
		const codecs = [h264Capability(level, 1)];
		if (hasSlices()) codecs.push(h264Capability(level, 0));
		if (canEncode("VP8")) codecs.push(vp8.capability);
		if (canEncode("H265")) codecs.push(h265Capability(h265Level(size.width, size.height, framerate)));
		this.codecs = codecs;
		this.#pipeline = new Pipeline({
			kind: "video",
			makeSource: (onError) => new VideoSource({ source, path, width, height, framerate, onError }),
			makeEncoder: (codec, onError) =>
				makeJpegEncoder(codec, onError) ??
				new VideoEncoder({
					...{ codec, framerate, bitrate: this.#bitrate, policy, degradationPreference, onError },
					onChange: (width, height, rate) => this.onQuality?.({ width, height, framerate: rate }),
				}),
			onError: (error) => this.onError?.(error),
			onSinks: (encoder, parameters, codec) => codec === "H264" && encoder.setLimits(h264Limits(parameters)),
		});
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

	snapshot(options?: SnapshotOptions): Promise<Snapshot> {
		return takeSnapshot(this, options);
	}

	open(): void {
		this.#pipeline.open();
	}

	attach(sink: object, codec: string, parameters?: string): void {
		this.#pipeline.attach(sink, codec, parameters);
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

/** All of its pictures are of the source's size, and of the quality that was asked for, whatever the ways carry. */
function makeJpegEncoder(codec: string, onError: NativeErrorCallback): VideoEncoder | undefined {
	const options = jpegOptions(codec);
	if (!options) return undefined;
	const degradationPreference = "maintain-framerate-and-resolution";
	return new VideoEncoder({ codec: "JPEG", ...options, policy: "fixed", degradationPreference, onError });
}

function checkName(name: string, value: string | undefined, names: readonly string[]): void {
	if (value !== undefined && !names.includes(value)) throw new RangeError(`${name}: one of ${names.join(", ")}`);
}

function check(name: string, value: number, minimum: number, maximum: number): number {
	if (!Number.isInteger(value) || value < minimum || value > maximum)
		throw new RangeError(`${name}: an integer from ${minimum} to ${maximum}`);
	return value;
}
