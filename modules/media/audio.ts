// SPDX-License-Identifier: Apache-2.0
import { codecsOf, type CodecCapability } from "webrtc/codec";
import { opusLimits } from "webrtc/codec/opus";
import type WebRTCError from "webrtc/error";
import type { AudioCapture, AudioOptions } from "webrtc/media";
import Echoless, { canCancelEcho, type Loudspeaker } from "webrtc/media/echo";
import Metered from "webrtc/media/metered";
import Pipeline, { type NativeSource } from "webrtc/media/pipeline";
import { AudioSource } from "webrtc/native/capture";
import { AudioEncoder } from "webrtc/native/codec";

// Opus's own. G.711's encoder brings it down to 8 kHz: a microphone is often not to be had twice.
const sampleRate = 48000;

/** The platform's microphone, a file or a beep, encoded as Opus or G.711 once for all viewers. */
export default class NativeAudioCapture implements AudioCapture {
	readonly kind = "audio";
	readonly codecs: readonly CodecCapability[];
	onError: ((error: WebRTCError) => void) | undefined;
	#bitrate: number;
	#pipeline: Pipeline<NativeSource, AudioEncoder>;

	/**
	 * @param loudspeaker whose echo is to be taken out, where `cancelEcho` says so
	 * @throws RangeError that names the option
	 */
	constructor(options: AudioOptions, loudspeaker?: Loudspeaker) {
		const { source = "test", path, bitrate = 32_000, channels = 1, levelInterval, onLevel } = options;
		if (channels !== 1 && channels !== 2) throw new RangeError("channels: 1 or 2");
		this.#bitrate = check(bitrate);
		const pcm = { sampleRate, channels };
		const echo = options.cancelEcho && canCancelEcho(loudspeaker, pcm) ? loudspeaker : undefined;
		this.codecs = channels === 1 ? codecsOf("audio") : codecsOf("audio").filter(({ name }) => name === "opus");
		this.#pipeline = new Pipeline({
			kind: "audio",
			makeSource: (onError) => {
				const microphone = new AudioSource({ source, path, ...pcm, onError });
				const heard = echo ? new Echoless(microphone, echo, sampleRate) : microphone;
				return onLevel ? new Metered(heard, onLevel, levelInterval) : heard;
			},
			makeEncoder: (codec, onError) => new AudioEncoder({ codec, ...pcm, bitrate: this.#bitrate, onError }),
			onError: (error) => this.onError?.(error),
			onSinks: (encoder, parameters) => encoder.setLimits(opusLimits(parameters)), // G.711 has no choice
		});
	}

	get bitrate(): number {
		return this.#bitrate;
	}

	set bitrate(bitrate: number) {
		this.#bitrate = check(bitrate);
		this.#pipeline.forEach((encoder) => (encoder.bitrate = bitrate));
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

function check(bitrate: number): number {
	if (!Number.isInteger(bitrate) || bitrate < 6_000 || bitrate > 510_000)
		throw new RangeError("bitrate: an integer from 6000 to 510000");
	return bitrate;
}
