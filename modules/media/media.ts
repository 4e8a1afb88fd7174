// SPDX-License-Identifier: Apache-2.0
// The four media interfaces of an application. What serves them where nothing else is given is defaults.ts.
import type { CodecCapability } from "webrtc/codec";
import type WebRTCError from "webrtc/error";
import type { DegradationPreference } from "webrtc/native/codec";

/** What makes media for any number of peers: one capture, and one encode for each codec in use. */
export interface MediaCapture {
	readonly kind: "audio" | "video";
	/** What it can encode, the preferred one first. */
	readonly codecs: readonly CodecCapability[];
	/** Hears of failures while it runs: a camera unplugged, a file that turns out damaged. */
	onError: ((error: WebRTCError) => void) | undefined;
	/**
	 * Opens the device or file, so that what is missing is known before the first viewer. Can be called again.
	 * @throws WebRTCError "media/…"
	 */
	open(): void;
	/**
	 * Connects the sending end of a peer to the encoder of a codec. The encoder exists while somebody uses it.
	 * @param sink a native sink, such as an RtpSender
	 * @param codec the name of one of `codecs`
	 * @param parameters what the peer says that it can take, as in `a=fmtp`: the one encode is kept to what all can take
	 * @throws WebRTCError "media/…" when the encoder or the device cannot be opened
	 */
	attach(sink: object, codec: string, parameters?: string): void;
	/** Disconnects it; without effect when it is not connected. */
	detach(sink: object): void;
	/** Counters of each encoder in use, by codec. */
	statistics(): Record<string, object>;
	/** Gives everything back; open() starts again. */
	close(): void;
}

/** How large the pictures are, and how many there are at most. */
export interface PictureQuality {
	/** Pixels. */
	width: number;
	height: number;
	/** A second. */
	framerate: number;
}

/** What makes pictures: a camera, a file, a test card. */
export interface VideoCapture extends MediaCapture {
	readonly kind: "video";
	/** Target of the encoders in bits per second; can be set while running. */
	bitrate: number;
	/** Frames per second. */
	readonly framerate: number;
	/** Hears when pictures are made smaller or fewer, because the ways carry less, and when they are as before. */
	onQuality?: ((quality: PictureQuality) => void) | undefined;
	/** The next frame will be an IDR, within the encoder's bound on their rate. */
	requestKeyFrame(): void;
	/**
	 * A picture of what is captured now, whoever else watches.
	 * @throws RangeError that names the option
	 * @returns rejects with WebRTCError "media/…": "media/device-failed" when none has come in time
	 */
	snapshot?(options?: SnapshotOptions): Promise<Snapshot>;
}

/** How a picture is to be. */
export interface SnapshotOptions {
	/** Of JPEG, 1 … 100. Default 75. */
	quality?: number | undefined;
	/** Milliseconds, 100 … 60,000. Default 3,000. */
	timeout?: number | undefined;
}

/** A JPEG file, outside of the machine's heap until it is closed. */
export interface Snapshot {
	/** Bytes. */
	readonly size: number;
	/**
	 * A part of it.
	 * @param from bytes before it
	 * @param most bytes of it, 1,024 at most
	 * @returns undefined behind its end
	 */
	slice(from: number, most: number): ArrayBuffer | undefined;
	/** Gives its memory back. */
	close(): void;
}

/** What makes sound: a microphone, a file, a tone. */
export interface AudioCapture extends MediaCapture {
	readonly kind: "audio";
	/** Target of the encoders in bits per second. Without effect on G.711. */
	bitrate: number;
}

/** What plays the media of any number of peers. */
export interface MediaPlayer {
	readonly kind: "audio" | "video";
	/** What it can decode, the preferred one first. */
	readonly codecs: readonly CodecCapability[];
	/** Hears of failures while it runs, and of a device that cannot be opened. */
	onError: ((error: WebRTCError) => void) | undefined;
	/**
	 * Opens the device or file, so that what is missing is known before the first peer. Can be called again.
	 * @throws WebRTCError "media/…"
	 */
	open(): void;
	/**
	 * Plays what a native source delivers until stop(source). What cannot be played is told by onError.
	 * @param source a native source, such as an RtpReceiver
	 * @param codec the one that is expected; another may come
	 */
	play(source: object, codec: string): void;
	/** Plays it no longer; without effect when it is not played. */
	stop(source: object): void;
	/** Counters of a source that is played, by W3C's names. */
	statistics(source: object): object | undefined;
	/** Gives everything back; open() starts again. */
	close(): void;
}

/** What shows pictures. */
export interface VideoPlayer extends MediaPlayer {
	readonly kind: "video";
}

/** What plays sound. */
export interface AudioPlayer extends MediaPlayer {
	readonly kind: "audio";
	/** 0 is silence, 1 as it comes, 4 at most; can be set while it plays. */
	volume: number;
	/** Silence, whatever the volume: a button to talk, or to listen. */
	muted: boolean;
}

/** Of the platform's video capture. */
export interface VideoOptions {
	/**
	 * "test": a test card with a running clock; "camera": the board's camera, or the V4L2 device at `path`;
	 * "file": the media file at `path`, over and over. Default: mc/config's `media.video.source`.
	 */
	source?: "test" | "camera" | "file" | undefined;
	/** Of the device or file. */
	path?: string | undefined;
	/** Pixels. Default 1280 × 720; a file's own size, if neither is given. */
	width?: number | undefined;
	height?: number | undefined;
	/** Frames per second. Default 30. */
	framerate?: number | undefined;
	/** Bits per second, at most: below it counts what the viewers' ways carry. Default 2 000 000. */
	bitrate?: number | undefined;
	/**
	 * Whose ways count: "slowest", the default, has all viewers see each picture; "median" has half of them, and gives the
	 * others fewer pictures of the same encode; "fixed" keeps to `bitrate`, and thins for each whose way carries less.
	 */
	policy?: "slowest" | "median" | "fixed" | undefined;
	/** What is kept where there are too few bits: see DegradationPreference. Default "balanced". */
	degradationPreference?: DegradationPreference | undefined;
}

/** Of the platform's audio capture. */
export interface AudioOptions {
	/** As for video; "microphone": the board's microphone, or the ALSA device at `path`. */
	source?: "test" | "microphone" | "file" | undefined;
	path?: string | undefined;
	/** Bits per second for Opus. Default 32 000. */
	bitrate?: number | undefined;
	/** 1 or 2. Two are Opus' alone, and are one while somebody listens who prefers that. Default 1. */
	channels?: 1 | 2 | undefined;
	/** What the player plays is taken out of what is heard, where the platform can (the simulator), of one channel. Default false. */
	cancelEcho?: boolean | undefined;
	/** Milliseconds between calls of onLevel, from 50. Default 200. */
	levelInterval?: number | undefined;
	/**
	 * How loud what is sent was since the call before: the root of the mean square, 0 … 1 (`decibels` of "webrtc/media/metered" makes
	 * dBov of it). It is called while somebody is sent sound.
	 */
	onLevel?: ((level: number) => void) | undefined;
}

/** Of the platform's audio player. */
export interface PlayOptions {
	/**
	 * "none": sound is decoded and counted; "speaker": the board's amplifier, or the ALSA device at `path`; "file": a WAV file
	 * at `path`. Default: mc/config's `media.play.output`.
	 */
	output?: "none" | "speaker" | "file" | undefined;
	path?: string | undefined;
	/** Hz. Default 48 000, on a chip 16 000. */
	sampleRate?: number | undefined;
	/** 1 or 2. Default 1. */
	channels?: number | undefined;
	/** Milliseconds between calls of onLevel, from 50. Default: none. */
	levelInterval?: number | undefined;
	/** How loud what is played was since the call before: the root of the mean square, 0 … 1. */
	onLevel?: ((level: number) => void) | undefined;
}

/** Of the platform's video player. */
export interface ShowOptions {
	/**
	 * "none", the default: pictures are decoded and counted, on a chip those of H.264; "file": a file at `path`, MP4 or, by the end
	 * ".mkv", Matroska, which VP8 needs; "window": a window, by SDL2 (both in the simulator).
	 */
	output?: "none" | "file" | "window" | undefined;
	path?: string | undefined;
}
