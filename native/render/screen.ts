// SPDX-License-Identifier: Apache-2.0

export interface VideoOutputOptions {
	/**
	 * "none": pictures are decoded and counted, on a chip those of H.264; "file": an MP4 file, or by the end ".mkv" a Matroska one, of
	 * what came, as it came; "window": one of the desktop, by SDL2, which opens with the first picture.
	 */
	output: "none" | "file" | "window";
	/** Of the file, required there. */
	path?: string | undefined;
	/** It shows no more: code is "media/device-failed", … (see WebRTCErrorCode). */
	onError?: ((this: VideoOutput, code: string, message: string) => void) | undefined;
}

/** Of one stream, by their names in W3C's inbound-rtp where those have them. */
export interface VideoStreamStatistics {
	framesDecoded: number;
	keyFramesDecoded: number;
	/** Too many at once, damaged, or without a key frame before them. */
	framesNotShown: number;
	/** Seconds. */
	totalDecodeTime: number;
	/** Of the newest picture. */
	frameWidth: number;
	frameHeight: number;
}

/**
 * Shows pictures, on a thread of its own: of four streams at most the first that is there. The file is opened at once, so that what is
 * wrong with it is known.
 *
 * @throws TypeError naming the option; Error with the property `code`: "media/file-unwritable", "media/device-missing" or
 * "media/unsupported"
 */
export class VideoOutput extends (Native("xs_rtc_video_output_destructor") as unknown as new () => object) {
	constructor(options: VideoOutputOptions) {
		super();
		native("xs_rtc_video_output").call(this, options);
	}
	/**
	 * Shows what `source` delivers, any object of a native class that gives frames of pictures.
	 *
	 * @throws TypeError when it is none, or is played already; Error with code "peer/out-of-resources"
	 */
	play(source: object): void {
		native("xs_rtc_video_output_play").call(this, source);
	}
	/** Shows it no longer; nothing happens when it was not played. */
	stop(source: object): void {
		native("xs_rtc_video_output_stop").call(this, source);
	}
	/**
	 * Feeds `sink` with what is shown, when it is: a FrameReader of "i420" or "rgb565", say.
	 *
	 * @throws TypeError when it is none that takes pictures, or is connected already
	 */
	connect(sink: object): void {
		native("xs_rtc_video_output_connect").call(this, sink);
	}
	/** Feeds it no longer; nothing happens when it was not connected. */
	disconnect(sink: object): void {
		native("xs_rtc_video_output_disconnect").call(this, sink);
	}
	/** undefined for one that is not played. */
	streamStatistics(source: object): VideoStreamStatistics | undefined {
		return native("xs_rtc_video_output_streamStatistics").call(this, source);
	}
	/** Disconnects its sources, and ends the file. May be called again; any other use after it throws a SyntaxError. */
	close(): void {
		native("xs_rtc_video_output_close").call(this);
	}
}
