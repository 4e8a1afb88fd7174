// SPDX-License-Identifier: Apache-2.0

export interface AudioOutputOptions {
	/** "none": sound is decoded and counted; "file": a WAV file; "speaker": ALSA's device, a board's I2S. */
	output: "none" | "file" | "speaker";
	/** Of the file, required there; of the ALSA device, such as "hw:1,0". Default: the host's own. */
	path?: string | undefined;
	/** Hz: 8,000, 16,000, 24,000 or 48,000. Default 48,000. */
	sampleRate?: number | undefined;
	/** 1 or 2. Default 1. */
	channels?: number | undefined;
	/** Milliseconds between calls of onLevel, 50 … 60,000. Default: none. */
	levelInterval?: number | undefined;
	/** How loud the newest interval was: the root of the mean square, 0 … 1. */
	onLevel?: ((this: AudioOutput, level: number) => void) | undefined;
	/** It plays no more: code is "media/device-failed", … (see WebRTCErrorCode). */
	onError?: ((this: AudioOutput, code: string, message: string) => void) | undefined;
}

export interface AudioOutputStatistics {
	/** Of 20 ms, that the device was given. */
	frames: number;
	/** How often one came too late, and time began anew. */
	late: number;
	/** Samples that were too loud together. */
	clipped: number;
	/** That are played at present. */
	streams: number;
	/** As onLevel has it. */
	level: number;
}

/** Of one stream, by their names in W3C's inbound-rtp where those have them. */
export interface AudioStreamStatistics {
	/** Too late, too old, or too many. */
	packetsDiscarded: number;
	/** Of a codec that is not decoded here, or damaged. */
	packetsUndecodable: number;
	/** Per channel, at the output's rate. */
	totalSamplesReceived: number;
	concealedSamples: number;
	silentConcealedSamples: number;
	concealmentEvents: number;
	/** To follow the sender's clock and the network. */
	insertedSamplesForDeceleration: number;
	removedSamplesForAcceleration: number;
	/** Seconds that samples have waited, in sum; its mean is over jitterBufferEmittedCount. */
	jitterBufferDelay: number;
	jitterBufferEmittedCount: number;
	/** Seconds at present. */
	jitterBufferTargetDelay: number;
	/** Root of the mean square of the newest 20 ms, 0 … 1. */
	audioLevel: number;
	totalAudioEnergy: number;
	/** Seconds. */
	totalSamplesDuration: number;
}

/**
 * Plays sound: four streams at most are decoded and mixed, on a thread of its own. Each has a jitter buffer, whose depth
 * follows the network; what is lost is concealed, and clocks that differ are followed. The device is held while there is a
 * stream. It is opened at once, so that what is missing is known.
 *
 * @throws TypeError, RangeError naming the option; Error with the property `code`: "media/file-unwritable",
 * "media/device-missing", "media/device-failed" or "media/unsupported"
 */
export class AudioOutput extends (Native("xs_rtc_audio_output_destructor") as unknown as new () => object) {
	constructor(options: AudioOutputOptions) {
		super();
		native("xs_rtc_audio_output").call(this, options);
	}
	/**
	 * Plays what `source` delivers, any object of a native class that gives packets of sound.
	 *
	 * @throws TypeError when it is none, or is played already; Error with code "peer/out-of-resources"
	 */
	play(source: object): void {
		native("xs_rtc_audio_output_play").call(this, source);
	}
	/** Plays it no longer; nothing happens when it was not played. */
	stop(source: object): void {
		native("xs_rtc_audio_output_stop").call(this, source);
	}
	/**
	 * Feeds `sink` with what is played, any object of a native class that takes PCM.
	 *
	 * @throws TypeError when it is none, or is connected already
	 */
	connect(sink: object): void {
		native("xs_rtc_audio_output_connect").call(this, sink);
	}
	/** Feeds it no longer; nothing happens when it was not connected. */
	disconnect(sink: object): void {
		native("xs_rtc_audio_output_disconnect").call(this, sink);
	}
	/** 0 is silence, 1 as it comes, 4 at most. */
	set volume(volume: number) {
		native("xs_rtc_audio_output_set_volume").call(this, volume);
	}
	statistics(): AudioOutputStatistics {
		return native("xs_rtc_audio_output_statistics").call(this);
	}
	/** undefined for one that is not played. */
	streamStatistics(source: object): AudioStreamStatistics | undefined {
		return native("xs_rtc_audio_output_streamStatistics").call(this, source);
	}
	/** Disconnects its sources, and ends the file. May be called again; any other use after it throws a SyntaxError. */
	close(): void {
		native("xs_rtc_audio_output_close").call(this);
	}
}
