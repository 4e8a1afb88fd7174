// SPDX-License-Identifier: Apache-2.0
import type { AudioPlayer, PlayOptions } from "webrtc/media";
import OutputPlayer from "webrtc/media/output";
import { AudioOutput } from "webrtc/native/render";

const loudest = 4;

/** The platform's loudspeaker, a WAV file or nothing, which plays the sound of all peers together. */
export default class NativeAudioPlayer extends OutputPlayer<AudioOutput, "audio"> implements AudioPlayer {
	/** Hz. */
	readonly sampleRate: number;
	#volume = 1;
	#muted = false;

	/** @throws RangeError that names the option */
	constructor(options: PlayOptions = {}) {
		const { output = "none", onLevel, sampleRate = 48000, channels = 1, path, levelInterval } = options;
		if (![8000, 16000, 24000, 48000].includes(sampleRate))
			throw new RangeError("sampleRate: 8000, 16000, 24000 or 48000");
		if (channels !== 1 && channels !== 2) throw new RangeError("channels: 1 or 2");
		const native = { output, path, sampleRate, channels, levelInterval };
		super("audio", (onError) => new AudioOutput({ ...native, ...(onLevel ? { onLevel } : {}), onError }));
		this.sampleRate = sampleRate;
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

	protected override opened(): void {
		this.adjust();
	}

	private adjust(): void {
		if (this.output) this.output.volume = this.#muted ? 0 : this.#volume;
	}
}
