// SPDX-License-Identifier: Apache-2.0

/** As an encoder made it, or a peer sent it. */
export interface EncodedFrame {
	/** Of H.264 and H.265 an access unit in Annex B form, of VP8 a frame, of sound a packet. */
	data: ArrayBuffer;
	/** Of pictures: it can be decoded without others. */
	key: boolean;
	/** The name of its codec. */
	codec: string;
	/** When it was captured, or came: milliseconds of a clock that never goes back. */
	time: number;
}

export interface EncodedFrameReaderOptions {
	/** That wait at most, 1 … 16. Default 4. A source has not many more, so that slow reading may hold others up. */
	frames?: number | undefined;
	/** There is a frame to read, and was none before: read until there is none. */
	onFrame(this: EncodedFrameReader): void;
}

export interface EncodedFrameReaderStatistics {
	/** That were kept. */
	frames: number;
	/** Too many waited, the machine's heap had no room, or they referred to such a one. */
	framesDropped: number;
}

/**
 * Gives JavaScript the frames of a VideoEncoder, an AudioEncoder or an RtpReceiver: a sink for `connect`. What is read of pictures begins
 * with a key frame, and does so again after a loss: so it can always be decoded. Each frame enters the machine: for some a second.
 *
 * @throws TypeError, RangeError naming the option; Error with code "peer/out-of-resources"
 */
export default class EncodedFrameReader extends (Native(
	"xs_rtc_frame_queue_destructor",
) as unknown as new () => object) {
	constructor(options: EncodedFrameReaderOptions) {
		super();
		native("xs_rtc_frame_queue").call(this, options);
	}
	/** The oldest frame that waits, once. Undefined: there is none, or the machine's heap had no room for it. */
	read(): EncodedFrame | undefined {
		return native("xs_rtc_frame_queue_read").call(this);
	}
	statistics(): EncodedFrameReaderStatistics {
		return native("xs_rtc_frame_queue_statistics").call(this);
	}
	/** Disconnects it. May be called again; any other use after it throws a SyntaxError. */
	close(): void {
		native("xs_rtc_frame_queue_close").call(this);
	}
}
