// SPDX-License-Identifier: Apache-2.0
// JPEG as a codec of a capture: no peer negotiates it, a FrameReader is its sink.

/** How pictures are to be. */
export interface JpegOptions {
	/** 1 … 100. Default 75. */
	quality?: number | undefined;
	/** A second at most, 1 … 120. Default 30. */
	framerate?: number | undefined;
}

const name = "JPEG";

/**
 * What to attach a FrameReader with: all readers with the same options have one encode.
 * @throws RangeError that names the option
 */
export function jpegCodec({ quality = 75, framerate = 30 }: JpegOptions): string {
	if (!Number.isInteger(quality) || quality < 1 || quality > 100)
		throw new RangeError("quality: an integer from 1 to 100");
	if (!Number.isInteger(framerate) || framerate < 1 || framerate > 120)
		throw new RangeError("framerate: an integer from 1 to 120");
	return `${name};${quality};${framerate}`;
}

/** undefined: it is another codec. */
export function jpegOptions(codec: string): { quality: number; framerate: number } | undefined {
	const [known, quality, framerate] = codec.split(";");
	return known === name ? { quality: Number(quality), framerate: Number(framerate) } : undefined;
}
