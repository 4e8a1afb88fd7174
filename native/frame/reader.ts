// SPDX-License-Identifier: Apache-2.0

export interface FrameReaderOptions {
	/** There is a picture to read. */
	onFrame(this: FrameReader): void;
}

export interface FrameReaderStatistics {
	/** That came. */
	frames: number;
	/** Another one came before they were read, or the machine's heap had no room for them. */
	framesDropped: number;
}

/**
 * Gives JavaScript the pictures of a VideoSource that makes JPEG (its option `quality`): a sink for `connect`. Only the newest
 * picture waits, so that who reads late reads what is new, and holds no more than one.
 */
export default class FrameReader extends (Native("xs_rtc_frame_reader_destructor") as unknown as new () => object) {
	/** @throws TypeError naming the option; Error with code "peer/out-of-resources" */
	constructor(options: FrameReaderOptions) {
		super();
		native("xs_rtc_frame_reader").call(this, options);
	}

	/**
	 * The newest picture, once: a whole JPEG file.
	 * @param header bytes that are left zero before it, 0 to 256. Default 0
	 * @returns undefined: there is none that has not been read
	 * @throws RangeError
	 */
	read(header?: number): ArrayBuffer | undefined {
		return native("xs_rtc_frame_reader_read").call(this, header);
	}

	statistics(): FrameReaderStatistics {
		return native("xs_rtc_frame_reader_statistics").call(this);
	}

	/** Disconnects it. May be called again; any other use after it throws a SyntaxError. */
	close(): void {
		native("xs_rtc_frame_reader_close").call(this);
	}
}
