// SPDX-License-Identifier: Apache-2.0
// What players of sound and of pictures share: a native output that is opened on demand, and made anew after it has failed.
import { codecsOf, type CodecCapability } from "webrtc/codec";
import WebRTCError, { type WebRTCErrorCode } from "webrtc/error";
import fromNative from "webrtc/error/native";
import type { MediaPlayer } from "webrtc/media";
import type { NativeErrorCallback } from "webrtc/media/pipeline";

/** The native classes that play. */
export interface NativeOutput {
	play(source: object): void;
	stop(source: object): void;
	connect(sink: object): void;
	disconnect(sink: object): void;
	streamStatistics(source: object): object | undefined;
	close(): void;
}

/** Plays what sources deliver by one output for all. */
export default class OutputPlayer<Output extends NativeOutput, Kind extends "audio" | "video"> implements MediaPlayer {
	readonly kind: Kind;
	readonly codecs: readonly CodecCapability[];
	onError: ((error: WebRTCError) => void) | undefined;
	#make: (onError: NativeErrorCallback) => Output;
	#output: Output | undefined;
	#sources = new Set<object>(); // that are to be played
	#taps = new Set<object>(); // of what is played

	/** @param make opens the output; it throws as the native does */
	constructor(kind: Kind, make: (onError: NativeErrorCallback) => Output) {
		this.kind = kind;
		this.codecs = codecsOf(kind);
		this.#make = make;
	}

	/** undefined: it is not open. */
	protected get output(): Output | undefined {
		return this.#output;
	}

	/** There is an output, or another one. */
	protected opened(): void {}

	open(): void {
		if (this.#output) return;
		try {
			this.#output = this.#make((code, message) => this.fail(code, message));
		} catch (cause) {
			const { code, message } = fromNative(cause, "media/device-failed");
			throw new WebRTCError(code, `player: ${message}`, cause);
		}
		this.opened();
		for (const sink of this.#taps) this.#output.connect(sink);
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

	/**
	 * Gives what is played to a native sink, when it is: PCM to an echo canceller's, pictures to a FrameReader of "i420" or "rgb565". It stays
	 * until untap(sink), whatever becomes of the output.
	 */
	tap(sink: object): void {
		this.#taps.add(sink);
		this.#output?.connect(sink);
	}

	/** Gives it no longer. */
	untap(sink: object): void {
		if (this.#taps.delete(sink)) this.#output?.disconnect(sink);
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
