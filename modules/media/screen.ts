// SPDX-License-Identifier: Apache-2.0
import { codecsOf, type CodecCapability } from "webrtc/codec";
import WebRTCError, { type WebRTCErrorCode } from "webrtc/error";
import fromNative from "webrtc/error/native";
import type { ShowOptions, VideoPlayer } from "webrtc/media";
import { VideoOutput } from "webrtc/native/screen";

/** An MP4 file or nothing, which shows the pictures of the peer that came first. */
export default class NativeVideoPlayer implements VideoPlayer {
	readonly kind = "video";
	readonly codecs: readonly CodecCapability[] = codecsOf("video");
	onError: ((error: WebRTCError) => void) | undefined;
	#options: ShowOptions;
	#output: VideoOutput | undefined;
	#sources = new Set<object>(); // that are to be shown

	constructor(options: ShowOptions = {}) {
		this.#options = { ...options };
	}

	open(): void {
		if (this.#output) return;
		const { output = "none", path } = this.#options;
		try {
			this.#output = new VideoOutput({
				output,
				path,
				onError: (code, message) => this.fail(code, message),
			});
		} catch (cause) {
			const { code, message } = fromNative(cause, "media/device-failed");
			throw new WebRTCError(code, `player: ${message}`, cause);
		}
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

	/** The device is gone; what is played next tries again. */
	private fail(code: string, message: string): void {
		this.#output?.close();
		this.#output = undefined;
		this.onError?.(new WebRTCError(code as WebRTCErrorCode, `player: ${message}`));
	}
}
