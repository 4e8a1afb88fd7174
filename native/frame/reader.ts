// SPDX-License-Identifier: Apache-2.0

export interface FrameReaderOptions {
	/**
	 * "jpeg", the default, of a source or an encoder that makes it; "i420": pictures as a VideoSource captures them, before
	 * they are encoded, or a VideoOutput has decoded them, for who looks for something in them; "rgb565": such pictures as two bytes
	 * for each pixel, the lower one first, which is Commodetto's `Bitmap.RGB565LE`.
	 */
	format?: "jpeg" | "i420" | "rgb565" | undefined;
	/** Milliseconds at least between the captures of two, 0 … 3,600,000: those between are left out. Default 0. */
	interval?: number | undefined;
	/** There is a picture to read. */
	onFrame(this: FrameReader): void;
}

export interface FrameReaderStatistics {
	/** That came. */
	frames: number;
	/** Another one came before they were read, or the machine's heap had no room for them. */
	framesDropped: number;
	/** They came sooner than `interval` after one before. */
	framesSpared: number;
	/** Pixels of the newest that was read, 0 before the first. */
	width: number;
	height: number;
}

/**
 * Gives JavaScript the pictures of a VideoSource that makes JPEG (its option `quality`), or of a VideoEncoder of "JPEG", or raw ones:
 * a sink for `connect`. Only the newest picture waits, without being copied, so that who reads late reads what is new, and holds no
 * more than one.
 */
export default class FrameReader extends (Native("xs_rtc_frame_reader_destructor") as unknown as new () => object) {
	/** @throws TypeError naming the option; Error with code "peer/out-of-resources" */
	constructor(options: FrameReaderOptions) {
		super();
		native("xs_rtc_frame_reader").call(this, options);
	}

	/**
	 * The newest picture, once: a whole JPEG file; of "rgb565" all its rows; of "i420" the luma of all its rows, then the two planes of chroma, each of half
	 * as many columns and rows, rounded up.
	 * @param header bytes that are left zero before it, 0 to 256. Default 0
	 * @returns undefined: there is none that has not been read
	 * @throws RangeError
	 */
	read(header?: number): ArrayBuffer | undefined {
		return native("xs_rtc_frame_reader_read").call(this, header);
	}

	/**
	 * Takes the newest picture, for who gives it on in parts: it stays outside of the machine's heap, until another one is
	 * taken.
	 * @returns its bytes; 0: there is none that has not been read, or no memory for it
	 */
	take(): number {
		return native("xs_rtc_frame_reader_take").call(this);
	}

	/**
	 * A part of the picture that was taken.
	 * @param from bytes before it
	 * @param most bytes of it, 0 to 1,024
	 * @returns undefined: there are none
	 * @throws RangeError
	 */
	slice(from: number, most: number): ArrayBuffer | undefined {
		return native("xs_rtc_frame_reader_slice").call(this, from, most);
	}

	statistics(): FrameReaderStatistics {
		return native("xs_rtc_frame_reader_statistics").call(this);
	}

	/** Disconnects it. May be called again; any other use after it throws a SyntaxError. */
	close(): void {
		native("xs_rtc_frame_reader_close").call(this);
	}
}
