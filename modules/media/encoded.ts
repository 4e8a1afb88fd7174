// SPDX-License-Identifier: Apache-2.0
import { recordOf, type CodecCapability } from "webrtc/codec";
import type WebRTCError from "webrtc/error";
import type { VideoCapture } from "webrtc/media";
import FrameWriter from "webrtc/native/codec/writer";

/** What an EncodedVideoSource gives. */
export interface EncodedVideoOptions {
	/** The name of a codec of pictures, or what exactly of it: h264Capability(…). Default "H264". */
	codec?: string | CodecCapability | undefined;
	/** A second, for who asks. Default 30. */
	framerate?: number | undefined;
	/** Bytes of a frame at most, 1 … 8,388,608. Default 65,536. */
	largest?: number | undefined;
	/** That may be on their way to peers at once, 1 … 64. Default 8. */
	frames?: number | undefined;
	/**
	 * Somebody needs a key frame: a viewer is new, or has lost one. Not again before one was written. What cannot make one
	 * on demand writes its next when it comes.
	 */
	onKeyFrameWanted?: (() => void) | undefined;
}

/**
 * Pictures that are encoded elsewhere: by a camera that makes H.264 itself, in a file, by another peer. What is written goes
 * to all viewers as it is.
 *
 * `write` is for streams of some frames a second, for each enters JavaScript. A native source of encoded frames is a capture by a
 * class like this one, whose `attach` is the source's `connect`.
 */
export default class EncodedVideoSource implements VideoCapture {
	readonly kind = "video";
	readonly codecs: readonly CodecCapability[];
	readonly framerate: number;
	onError: ((error: WebRTCError) => void) | undefined;
	/** Bits a second that are wished for; what `write` is given has its own. */
	bitrate = 0;
	#options: EncodedVideoOptions;
	#writer: FrameWriter | undefined;
	readonly #sinks = new Set<object>();

	/** @throws RangeError that names the option */
	constructor(options: EncodedVideoOptions = {}) {
		const { codec = "H264", framerate = 30 } = options;
		const capability = typeof codec === "string" ? recordOf(codec)?.capability : codec;
		if (capability?.kind !== "video") throw new RangeError("codec: not one of video");
		this.codecs = [capability];
		this.framerate = framerate;
		this.#options = { ...options };
		this.#writer = this.make(); // which checks the options
	}

	/** Somebody is connected, so that what is written goes somewhere. */
	get active(): boolean {
		return this.#sinks.size > 0;
	}

	/**
	 * Gives a frame to all viewers, as captured now.
	 *
	 * @param frame of H.264 and H.265 an access unit in Annex B form, of VP8 a frame
	 * @param key whether it can be decoded without others: of H.264 and H.265 an IDR picture with its parameter sets
	 * @returns false: nobody watches, or it was dropped because too many are under way, or because one before it was
	 * @throws RangeError for one that is empty, or larger than `largest`
	 */
	write(frame: ArrayBufferLike | ArrayBufferView, key: boolean): boolean {
		return this.#writer?.write(frame, key) ?? false;
	}

	requestKeyFrame(): void {
		this.#options.onKeyFrameWanted?.();
	}

	open(): void {
		this.#writer ??= this.make();
	}

	attach(sink: object): void {
		this.open();
		this.#writer!.connect(sink);
		this.#sinks.add(sink);
	}

	detach(sink: object): void {
		if (this.#sinks.delete(sink)) this.#writer?.disconnect(sink);
	}

	statistics(): Record<string, object> {
		return this.#writer ? { [this.codecs[0]!.name]: this.#writer.statistics() } : {};
	}

	close(): void {
		this.#sinks.clear();
		this.#writer?.close();
		this.#writer = undefined;
	}

	private make(): FrameWriter {
		const { largest, frames } = this.#options;
		return new FrameWriter({
			...{ codec: this.codecs[0]!.name, largest, frames },
			onKeyFrameWanted: () => this.#options.onKeyFrameWanted?.(),
		});
	}
}
