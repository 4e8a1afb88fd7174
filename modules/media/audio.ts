// SPDX-License-Identifier: Apache-2.0
import WebRTCError, { type WebRTCErrorCode } from "webrtc/error";
import type { AudioCapture, AudioOptions } from "webrtc/media";
import Pipeline from "webrtc/media/pipeline";
import { AudioSource } from "webrtc/native/capture";
import { AudioEncoder } from "webrtc/native/codec";
import { opus, pcma, pcmu, type CodecCapability } from "webrtc/sdp";

type Rate = 48000 | 8000;

/** The platform's microphone, a file or a beep, encoded as Opus or G.711 once for all viewers. */
export default class NativeAudioCapture implements AudioCapture {
	readonly kind = "audio";
	readonly codecs: readonly CodecCapability[] = [opus, pcmu, pcma];
	onError: ((error: WebRTCError) => void) | undefined;
	#bitrate: number;
	#pipelines: Record<Rate, Pipeline<AudioSource, AudioEncoder>>;

	/** @throws RangeError that names the option */
	constructor(options: AudioOptions) {
		const { bitrate = 32_000 } = options;
		if (!Number.isInteger(bitrate) || bitrate < 6_000 || bitrate > 510_000)
			throw new RangeError("bitrate: an integer from 6000 to 510000");
		this.#bitrate = bitrate;
		// Opus and G.711 sample at different rates, and a source has one: G.711 brings a second of it when it is used.
		this.#pipelines = { 48000: this.#makePipeline(options, 48000), 8000: this.#makePipeline(options, 8000) };
	}

	get bitrate(): number {
		return this.#bitrate;
	}

	set bitrate(bitrate: number) {
		this.#bitrate = bitrate;
		this.#pipelines[48000].forEach((encoder) => (encoder.bitrate = bitrate));
	}

	open(): void {
		this.#pipelines[48000].open();
	}

	attach(sink: object, codec: string): void {
		this.#pipelines[codec === "opus" ? 48000 : 8000].attach(sink, codec);
	}

	detach(sink: object): void {
		this.#pipelines[48000].detach(sink);
		this.#pipelines[8000].detach(sink);
	}

	statistics(): Record<string, object> {
		return { ...this.#pipelines[48000].statistics(), ...this.#pipelines[8000].statistics() };
	}

	close(): void {
		this.#pipelines[48000].close();
		this.#pipelines[8000].close();
	}

	#makePipeline(options: AudioOptions, sampleRate: Rate): Pipeline<AudioSource, AudioEncoder> {
		const { source = "test", path } = options;
		const pipeline = new Pipeline<AudioSource, AudioEncoder>(
			() =>
				new AudioSource({
					source,
					path,
					sampleRate,
					channels: 1,
					onError: (code: string, message: string) => {
						pipeline.fail();
						this.onError?.(new WebRTCError(code as WebRTCErrorCode, message));
					},
				}),
			(codec) =>
				new AudioEncoder({
					codec: codec as "opus" | "PCMU" | "PCMA",
					sampleRate,
					channels: 1,
					bitrate: this.#bitrate,
				}),
		);
		return pipeline;
	}
}
