// SPDX-License-Identifier: Apache-2.0

interface SourceOptions<Source> {
	/** Of the file, required there; or of the device: "/dev/video0", "hw:1,0", or any FFmpeg input as "format:url". */
	path?: string | undefined;
	/** Files begin again at their end. Default true. */
	loop?: boolean;
	/** It stopped for good: code is "media/file-unreadable", "media/device-failed", … (see WebRTCErrorCode). */
	onError?: (this: Source, code: string, message: string) => void;
	/** A file without loop is at its end. */
	onEnded?: (this: Source) => void;
}

export interface VideoSourceOptions extends SourceOptions<VideoSource> {
	/** "test": a test card (see README.md). */
	source: "test" | "file" | "camera";
	/**
	 * Pixels, 16 … 4,096, rounded down to even. Pictures are scaled and, where the shape differs, get black borders. With
	 * one of the two, the other follows; with none, it is the source's own (a file: up to 1920 × 1080; test card: 1280 × 720).
	 */
	width?: number | undefined;
	height?: number | undefined;
	/** Frames per second at most, 1 … 120. Default 30. */
	framerate?: number;
	/**
	 * 1 … 100: pictures are JPEG of about that quality, for a FrameReader, rather than I420. On ESP32, of a DVP camera only: its
	 * sensor makes it, or, where it cannot, the CPU does; it has the sensor's size that is next to width and height.
	 */
	quality?: number | undefined;
}

export interface AudioSourceOptions extends SourceOptions<AudioSource> {
	/** "test": a beep in the first 100 ms of each second. */
	source: "test" | "file" | "microphone";
	/** Hz, a multiple of 50 from 8,000 to 48,000. Default 48,000. */
	sampleRate?: number;
	/** 1 or 2. Default 1. */
	channels?: number;
}

interface SourceStatistics {
	frames: number;
	/** All buffers were in use, or it came too late. */
	framesDropped: number;
}

export interface VideoSourceStatistics extends SourceStatistics {
	/** Pixels of the newest frame, 0 before the first. */
	width: number;
	height: number;
}

export interface AudioSourceStatistics extends SourceStatistics {
	/** Of the newest frame, 0 before the first. */
	sampleRate: number;
	channels: number;
}

/**
 * A source of pictures, I420 or JPEG, in real time, on a thread of its own. It is opened at once, so that what is missing is known,
 * and works while it has sinks.
 *
 * @throws TypeError, RangeError naming the option; Error with the property `code`: "media/file-unreadable",
 * "media/device-missing", "media/device-failed" or "media/unsupported"
 */
export class VideoSource extends (Native("xs_rtc_video_source_destructor") as unknown as new () => object) {
	constructor(options: VideoSourceOptions) {
		super();
		native("xs_rtc_video_source").call(this, options);
	}
	/**
	 * Feeds `sink`, any object of a native class that takes pictures (16 at most).
	 *
	 * @throws TypeError when it is none, or is connected already
	 */
	connect(sink: object): void {
		native("xs_rtc_video_source_connect").call(this, sink);
	}
	/** Feeds it no longer; nothing happens when it was not connected. */
	disconnect(sink: object): void {
		native("xs_rtc_video_source_disconnect").call(this, sink);
	}
	statistics(): VideoSourceStatistics {
		return native("xs_rtc_video_source_statistics").call(this);
	}
	/** Disconnects its sinks. May be called again; any other use after it throws a SyntaxError. */
	close(): void {
		native("xs_rtc_video_source_close").call(this);
	}
}

/**
 * A source of PCM in frames of 20 ms, in real time, on a thread of its own; else as VideoSource. The video and the audio
 * of one file are in step.
 *
 * @throws as VideoSource
 */
export class AudioSource extends (Native("xs_rtc_audio_source_destructor") as unknown as new () => object) {
	constructor(options: AudioSourceOptions) {
		super();
		native("xs_rtc_audio_source").call(this, options);
	}
	/**
	 * Feeds `sink`, any object of a native class that takes PCM (16 at most).
	 *
	 * @throws TypeError when it is none, or is connected already
	 */
	connect(sink: object): void {
		native("xs_rtc_audio_source_connect").call(this, sink);
	}
	/** Feeds it no longer; nothing happens when it was not connected. */
	disconnect(sink: object): void {
		native("xs_rtc_audio_source_disconnect").call(this, sink);
	}
	statistics(): AudioSourceStatistics {
		return native("xs_rtc_audio_source_statistics").call(this);
	}
	/** Disconnects its sinks. May be called again; any other use after it throws a SyntaxError. */
	close(): void {
		native("xs_rtc_audio_source_close").call(this);
	}
}
