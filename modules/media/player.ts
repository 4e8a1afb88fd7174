// SPDX-License-Identifier: Apache-2.0
import { codecsOf, type CodecCapability } from "webrtc/codec";
import WebRTCError, { type WebRTCErrorCode } from "webrtc/error";
import fromNative from "webrtc/error/native";
import type { AudioPlayer, PlayOptions } from "webrtc/media";
import { AudioOutput } from "webrtc/native/render";

const loudest = 4;

/** The platform's loudspeaker, a WAV file or nothing, which plays the sound of all peers together. */
export default class NativeAudioPlayer implements AudioPlayer {
	readonly kind = "audio";
	readonly codecs: readonly CodecCapability[] = codecsOf("audio");
	onError: ((error: WebRTCError) => void) | undefined;
	#options: PlayOptions;
	#output: AudioOutput | undefined;
	#sources = new Set<object>(); // that are to be played
	#volume = 1;
	#muted = false;

	/** @throws RangeError that names the option */
	constructor(options: PlayOptions = {}) {
		const { sampleRate = 48000, channels = 1 } = options;
		if (![8000, 16000, 24000, 48000].includes(sampleRate))
			throw new RangeError("sampleRate: 8000, 16000, 24000 or 48000");
		if (channels !== 1 && channels !== 2) throw new RangeError("channels: 1 or 2");
		this.#options = { ...options };
	}

	get volume(): number {
		return this.#volume;
	}

	set volume(volume: number) {
		if (!(volume >= 0 && volume <= loudest)) throw new RangeError(`volume: from 0 to ${loudest}`);
		this.#volume = volume;
		this.adjust();
	}

	get muted(): boolean {
		return this.#muted;
	}

	set muted(muted: boolean) {
		this.#muted = muted;
		this.adjust();
	}

	open(): void {
		if (this.#output) return;
		const { output = "none", onLevel, ...options } = this.#options;
		try {
			this.#output = new AudioOutput({
				...options,
				output,
				...(onLevel ? { onLevel } : {}),
				onError: (code, message) => this.fail(code, message),
			});
		} catch (cause) {
			const { code, message } = fromNative(cause, "media/device-failed");
			throw new WebRTCError(code, `player: ${message}`, cause);
		}
		this.adjust();
		for (const source of this.#sources) this.#output.play(source);
	}

	play(source: object): void {
		if (this.#sources.has(source)) return;
		this.#sources.add(source);
		try {
			if (this.#output) this.#output.play(source);
			else this.open();
		} catch (cause) {
			this.onError?.(fromNative(cause, "media/device-failed"));
		}
	}

	stop(source: object): void {
		if (this.#sources.delete(source)) this.#output?.stop(source);
	}

	statistics(source: object): object | undefined {
		return this.#sources.has(source) ? this.#output?.streamStatistics(source) : undefined;
	}

	close(): void {
		this.#sources.clear();
		this.#output?.close();
		this.#output = undefined;
	}

	private adjust(): void {
		if (this.#output) this.#output.volume = this.#muted ? 0 : this.#volume;
	}

	/** The device is gone; what is played next tries again. */
	private fail(code: string, message: string): void {
		this.#output?.close();
		this.#output = undefined;
		this.onError?.(new WebRTCError(code as WebRTCErrorCode, `player: ${message}`));
	}
}
