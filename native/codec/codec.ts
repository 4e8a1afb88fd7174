// SPDX-License-Identifier: Apache-2.0

/**
 * Called with the code "media/unsupported" when what a source delivers cannot be encoded (its size, its sample rate), and
 * with "media/out-of-memory" when the encoder lacks memory: it tries again by itself, after 100 ms at first and every 5 s
 * at last, and says so once until it has succeeded.
 */
type ErrorCallback<Encoder> = (this: Encoder, code: string, message: string) => void;

export interface VideoEncoderOptions {
	/** The name of a codec of pictures; or "JPEG", for a FrameReader. */
	codec: string;
	/** Frames per second at most, 1 … 120, for the rate control; of JPEG no more are made. Default 30. */
	framerate?: number;
	/** Bit/s, 30,000 … 50,000,000. Default 1,000,000. What the viewers' ways carry counts below it. */
	bitrate?: number;
	/**
	 * Whose ways: of "slowest" (default) all, of "median" half of them, of "fixed" none. Whose way carries less gets fewer
	 * pictures of the same encode.
	 */
	policy?: "slowest" | "median" | "fixed" | undefined;
	/** What is kept where there are too few bits for a picture that is worth seeing. Default "balanced". */
	degradationPreference?: DegradationPreference | undefined;
	/** Of JPEG, whatever the bitrate: 1 … 100. Default 75. */
	quality?: number | undefined;
	/** Seconds between key frames that nobody asked for, 0 … 3,600; 0: none. Default 10: no lost PLI freezes for longer. */
	keyFrameInterval?: number;
	onError?: ErrorCallback<VideoEncoder>;
	/** Pictures have another size or rate from now on, because there are fewer or more bits. */
	onChange?: (this: VideoEncoder, width: number, height: number, framerate: number) => void;
}

/**
 * W3C mst-content-hint, RTCDegradationPreference: "balanced" makes fewer pictures, then smaller ones; the others keep what
 * they name.
 */
export type DegradationPreference =
	"balanced" | "maintain-framerate" | "maintain-resolution" | "maintain-framerate-and-resolution";

/** What all who watch can take. */
export interface VideoEncoderLimits {
	/** level_idc (H.264, Table A-1): pictures are smaller or fewer, so that they are within it. 0 or absent: any. */
	level?: number | undefined;
	/** Bytes of a NAL unit at most, for packetization-mode 0 (RFC 6184 section 6.2). 0 or absent: one slice a picture. */
	maximumNalSize?: number | undefined;
}

export interface VideoEncoderStatistics {
	framesEncoded: number;
	keyFramesEncoded: number;
	/** Came while the encoder was busy, or could not be encoded. */
	framesDropped: number;
	/** Came, and were left out for want of bits. */
	framesSpared: number;
	bytes: number;
	/** Seconds spent encoding. */
	encodeTime: number;
	/** Bit/s: the bitrate, or less where a sink asked for less. */
	targetBitrate: number;
	/** Pixels of the newest frame, 0 before the first. */
	width: number;
	height: number;
	/** A second at most, now. */
	framerate: number;
}

/** Whether the platform's encoder can bound the size of a NAL unit: see VideoEncoderLimits. */
export function hasSlices(this: void): boolean {
	return native("xs_rtc_video_encoder_hasSlices").call(this);
}

/** Whether the platform encodes a codec of pictures. @param codec its name: "H264", "H265", "VP8" */
export function canEncode(this: void, codec: string): boolean {
	return native("xs_rtc_video_encoder_canEncode").call(this, codec);
}

/**
 * H.264 (constrained baseline), H.265 (main) or VP8: a sink of pictures of any even size, a source of access units. One
 * encode, on a thread of its own, serves all sinks, and there is none without a sink. A picture of another size than the
 * one before begins with a key frame; each key frame brings its parameter sets.
 *
 * @throws TypeError, RangeError naming the option
 */
export class VideoEncoder extends (Native("xs_rtc_video_encoder_destructor") as unknown as new () => object) {
	constructor(options: VideoEncoderOptions) {
		super();
		native("xs_rtc_video_encoder").call(this, options);
	}
	/**
	 * Feeds `sink`, any object of a native class that takes its frames (16 at most).
	 *
	 * @throws TypeError when it is none, or is connected already
	 */
	connect(sink: object): void {
		native("xs_rtc_video_encoder_connect").call(this, sink);
	}
	/** Feeds it no longer; nothing happens when it was not connected. */
	disconnect(sink: object): void {
		native("xs_rtc_video_encoder_disconnect").call(this, sink);
	}
	/** Bit/s at most, as in the options; it may be set while frames flow. */
	get bitrate(): number {
		return native("xs_rtc_video_encoder_get_bitrate").call(this);
	}
	set bitrate(value: number) {
		native("xs_rtc_video_encoder_set_bitrate").call(this, value);
	}
	/**
	 * What all sinks can take, from the next frame on.
	 * @throws RangeError for a level that there is not
	 */
	setLimits(limits: VideoEncoderLimits): void {
		native("xs_rtc_video_encoder_setLimits").call(this, limits);
	}
	/** The next frame is a key frame, unless the newest is less than 300 ms old: then the first one after that. */
	requestKeyFrame(): void {
		native("xs_rtc_video_encoder_requestKeyFrame").call(this);
	}
	statistics(): VideoEncoderStatistics {
		return native("xs_rtc_video_encoder_statistics").call(this);
	}
	/** Disconnects it on both sides. May be called again; any other use after it throws a SyntaxError. */
	close(): void {
		native("xs_rtc_video_encoder_close").call(this);
	}
}

export interface AudioEncoderOptions {
	/** Opus takes 8, 12, 16, 24 or 48 kHz, mono or stereo; PCMU and PCMA 8, 16, 24 or 48 kHz mono. */
	codec: string;
	/** What the source will deliver, so that what the codec cannot take is known at once; the encoder follows the source. */
	sampleRate?: number;
	channels?: number;
	/** Bit/s of Opus, 6,000 … 510,000 (RFC 6716 section 2.1.1). Default 32,000. */
	bitrate?: number;
	onError?: ErrorCallback<AudioEncoder>;
}

/** What all who listen can take, and want; of a codec that has a choice, which is Opus. */
export interface AudioEncoderLimits {
	/** In-band error correction: somebody makes use of it. */
	fec?: boolean;
	/** Packets of silence need not be sent. */
	dtx?: boolean;
	/** One channel, whatever the source has. */
	mono?: boolean;
	/** Hz of which the half is the highest tone that anybody plays; 0 or absent: any. */
	playbackRate?: number;
	/** Bit/s at most; 0 or absent: any. */
	bitrate?: number;
}

export interface AudioEncoderStatistics {
	/** Packets of 20 ms. */
	framesEncoded: number;
	/** Packets of silence that nobody needs. */
	framesSpared: number;
	/** Frames of samples that found no room, or cannot be encoded. */
	framesDropped: number;
	bytes: number;
	/** Seconds spent encoding. */
	encodeTime: number;
	/** Bit/s. */
	targetBitrate: number;
	/** Of the newest frame, 0 before the first. */
	sampleRate: number;
	channels: number;
}

/**
 * Opus (RFC 7587) or G.711 (RFC 3551): a sink of PCM in frames of any length, a source of packets of 20 ms whose times
 * are contiguous. It follows the sample rate and channels of what it is fed.
 *
 * @throws TypeError, RangeError naming the option
 */
export class AudioEncoder extends (Native("xs_rtc_audio_encoder_destructor") as unknown as new () => object) {
	constructor(options: AudioEncoderOptions) {
		super();
		native("xs_rtc_audio_encoder").call(this, options);
	}
	/**
	 * Feeds `sink`, any object of a native class that takes the codec's packets (16 at most).
	 *
	 * @throws TypeError when it is none, or is connected already
	 */
	connect(sink: object): void {
		native("xs_rtc_audio_encoder_connect").call(this, sink);
	}
	/** Feeds it no longer; nothing happens when it was not connected. */
	disconnect(sink: object): void {
		native("xs_rtc_audio_encoder_disconnect").call(this, sink);
	}
	/** Bit/s of Opus, as in the options; without effect on G.711. */
	get bitrate(): number {
		return native("xs_rtc_audio_encoder_get_bitrate").call(this);
	}
	set bitrate(value: number) {
		native("xs_rtc_audio_encoder_set_bitrate").call(this, value);
	}
	/** What all sinks can take, from the next packet on. */
	setLimits(limits: AudioEncoderLimits): void {
		native("xs_rtc_audio_encoder_setLimits").call(this, limits);
	}
	statistics(): AudioEncoderStatistics {
		return native("xs_rtc_audio_encoder_statistics").call(this);
	}
	/** Disconnects it on both sides. May be called again; any other use after it throws a SyntaxError. */
	close(): void {
		native("xs_rtc_audio_encoder_close").call(this);
	}
}
