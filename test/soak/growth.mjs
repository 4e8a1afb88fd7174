// SPDX-License-Identifier: Apache-2.0
// Whether a camera holds more than it did.
// @ts-check

// The source's pool makes room for another picture when the encoder is behind, and keeps it: at most three more.
const morePictures = 3;

/**
 * @param {import("./watched.mjs").Sample} first
 * @param {import("./watched.mjs").Sample} last
 * @param {Partial<Record<keyof import("./watched.mjs").Sample, number>>} allowed
 */
export function checkGrowth(first, last, allowed) {
	for (const [name, most] of Object.entries(allowed)) {
		const key = /** @type {keyof import("./watched.mjs").Sample} */ (name);
		const more = last[key] - first[key];
		if (more > most) throw new Error(`${name} grew by ${more}, from ${first[key]} to ${last[key]}`);
	}
}

/**
 * The first sample with as many more pictures in its heap as seem to be in the last.
 * @param {import("./watched.mjs").Sample} first
 * @param {import("./watched.mjs").Sample} last
 * @param {{ width: number, height: number }} size
 */
export function withPictures(first, last, { width, height }) {
	const picture = width * height * 1.5;
	const pictures = Math.min(morePictures, Math.max(0, Math.round((last.heap - first.heap) / picture)));
	return { ...first, heap: first.heap + pictures * picture };
}
