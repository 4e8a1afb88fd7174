// SPDX-License-Identifier: Apache-2.0

export interface FrameWriterOptions {
	/** The name of a codec: "H264", "H265", "VP8", "opus", "PCMU", "PCMA". */
	codec: string;
	/** That sinks may hold at once, 1 … 64. Default 8. Each takes its memory with its first use. */
	frames?: number | undefined;
	/** Bytes of a frame at most, 1 … 8,388,608. Default 65,536. */
	largest?: number | undefined;
	/**
	 * A sink needs a key frame: it lost one, or is new. Not again before one was written. Until then other frames are
	 * dropped where a sink could do nothing with them.
	 */
	onKeyFrameWanted?(this: FrameWriter): void;
}

export interface FrameWriterStatistics {
	/** That were given to sinks. */
	frames: number;
	keyFrames: number;
	/** Too many were in use, or one before them was dropped. */
	framesDropped: number;
	bytes: number;
	/** Bit/s that all sinks can take, 0: they do not say. */
	targetBitrate: number;
}

/**
 * A source of encoded frames that JavaScript writes: for streams of some frames a second, since each enters the machine.
 * Frames are copied once, and go to any number of sinks.
 *
 * @throws TypeError, RangeError naming the option; Error with code "peer/out-of-resources"
 */
export default class FrameWriter extends (Native("xs_rtc_frame_writer_destructor") as unknown as new () => object) {
	constructor(options: FrameWriterOptions) {
		super();
		native("xs_rtc_frame_writer").call(this, options);
	}
	/**
	 * Feeds `sink`, any object of a native class that takes encoded frames (16 at most).
	 *
	 * @throws TypeError when it is none, or is connected already
	 */
	connect(sink: object): void {
		native("xs_rtc_frame_writer_connect").call(this, sink);
	}
	/** Feeds it no longer; nothing happens when it was not connected. */
	disconnect(sink: object): void {
		native("xs_rtc_frame_writer_disconnect").call(this, sink);
	}
	/**
	 * Gives a frame to all sinks. Its time is now.
	 *
	 * @param frame of H.264 and H.265 an access unit in Annex B form, of VP8 a frame, of sound a packet
	 * @param key whether it can be decoded without others; of H.264 and H.265: an IDR picture with its parameter sets
	 * @returns false when it was dropped, or nobody listens
	 * @throws TypeError, RangeError for one that is empty or too large; SyntaxError when closed
	 */
	write(frame: ArrayBufferLike | ArrayBufferView, key: boolean): boolean {
		return native("xs_rtc_frame_writer_write").call(this, frame, key);
	}
	statistics(): FrameWriterStatistics {
		return native("xs_rtc_frame_writer_statistics").call(this);
	}
	/** Disconnects it. May be called again; any other use after it throws a SyntaxError. */
	close(): void {
		native("xs_rtc_frame_writer_close").call(this);
	}
}
