// SPDX-License-Identifier: Apache-2.0

export interface RecorderOptions {
	/** Of the file. Without it what is recorded is read. */
	path?: string | undefined;
	/** Of the sound, which is Opus: 1 or 2. Default 0: there is no sound. */
	channels?: number | undefined;
	/** Bytes of media in memory before they leave, 32,768 … 16,777,216; there are two such buffers. Default 262,144. */
	buffer?: number | undefined;
	/** Without a path: there is something to read. */
	onReady?: ((this: Recorder) => void) | undefined;
	/** The file can be written no more, for a reason that is for people. */
	onError?: ((this: Recorder, reason: string) => void) | undefined;
}

export interface RecorderStatistics {
	/** Pictures that were taken. */
	frames: number;
	/** While what was before them had not left, and until the next key frame. */
	framesDropped: number;
	/** Of sound. */
	packets: number;
	packetsDropped: number;
	/** That have left. */
	bytes: number;
	/** Seconds. */
	duration: number;
}

/**
 * Records H.264 and Opus from a key frame on: fragmented MP4, that can be played as far as it has come.
 *
 * @throws TypeError, RangeError naming the option; Error with the property `code`: "media/file-unwritable",
 * "peer/out-of-resources"
 */
export class Recorder extends (Native("xs_rtc_recorder_destructor") as unknown as new () => object) {
	constructor(options: RecorderOptions) {
		super();
		native("xs_rtc_recorder").call(this, options);
	}
	/** The next bytes, 2,048 at most. undefined: there are none now; once it is finished: none any more. */
	read(): ArrayBuffer | undefined {
		return native("xs_rtc_recorder_read").call(this);
	}
	/** Takes no more. What it has can be read; or the file has it, and is closed. */
	finish(): void {
		native("xs_rtc_recorder_finish").call(this);
	}
	statistics(): RecorderStatistics {
		return native("xs_rtc_recorder_statistics").call(this);
	}
	/** Ends the file. May be called again; any other use after it throws a SyntaxError. */
	close(): void {
		native("xs_rtc_recorder_close").call(this);
	}
}

/** An end of a recorder: a sink for `connect`. */
export class RecorderInput extends (Native("xs_rtc_segment_input_destructor") as unknown as new () => object) {
	/** @param isVideo else it takes sound */
	constructor(recorder: Recorder, isVideo: boolean) {
		super();
		native("xs_rtc_recorder_input").call(this, recorder, isVideo);
	}
	/** Disconnects it. May be called again. */
	close(): void {
		native("xs_rtc_segment_input_close").call(this);
	}
}
