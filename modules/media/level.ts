// SPDX-License-Identifier: Apache-2.0
// The level of H.264 that a picture needs, which SDP has to announce (RFC 6184 section 8.1).

/** What is to be encoded. */
export interface PictureFormat {
	/** Pixels. */
	width: number;
	height: number;
	/** Frames per second. */
	framerate: number;
	/** Bits per second. */
	bitrate: number;
}

/** level_idc, and what it allows: macroblocks a second and in a picture, bits a second (H.264, Table A-1). */
type Level = readonly [idc: number, rate: number, largest: number, bits: number];

// All browsers offer level 3.1: no lower one is worth announcing.
const levels: readonly Level[] = Object.freeze([
	level(31, 108_000, 3_600, 14_000_000),
	level(32, 216_000, 5_120, 20_000_000),
	level(40, 245_760, 8_192, 20_000_000),
	level(41, 245_760, 8_192, 50_000_000),
	level(42, 522_240, 8_704, 50_000_000),
	level(50, 589_824, 22_080, 135_000_000),
	level(51, 983_040, 36_864, 240_000_000),
	level(52, 2_073_600, 36_864, 240_000_000),
]);

function level(...values: Level): Level {
	return Object.freeze(values);
}

const macroblock = 16; // pixels

/**
 * The profile-level-id of Constrained Baseline at the lowest level from 3.1 up that holds the picture.
 * @throws RangeError when there is none
 */
export default function profileLevelId({ width, height, framerate, bitrate }: PictureFormat): string {
	const columns = Math.ceil(width / macroblock);
	const rows = Math.ceil(height / macroblock);
	const size = columns * rows;
	for (const [idc, rate, largest, bits] of levels) {
		// Section A.3.1: neither side is longer than the root of eight times the largest picture.
		if (size > largest || Math.max(columns, rows) ** 2 > 8 * largest) continue;
		if (size * framerate <= rate && bitrate <= bits) return `42e0${idc.toString(16)}`;
	}
	throw new RangeError(`framerate: ${framerate} of ${width} × ${height} pixels are more than H.264 allows`);
}
