// SPDX-License-Identifier: Apache-2.0
// The coded counter of the test card (native/capture/README.md), drawn by who sends, and read from the file that the device
// wrote.
// @ts-check
import { spawn } from "node:child_process";

export const width = 640;
export const height = 480;
const cell = width / 40;

/** The 80 cells. Runs in a page, too. @param {number} counter @returns {boolean[]} */
export function cellsOf(counter) {
	const bytes = [0xb2, counter >>> 24, (counter >>> 16) & 0xff, (counter >>> 8) & 0xff, counter & 0xff, 0, 0, 0, 0];
	let crc = 0;
	for (const byte of bytes.slice(1)) {
		crc ^= byte;
		for (let i = 0; i < 8; i++) crc = crc & 0x80 ? ((crc << 1) ^ 0x07) & 0xff : crc << 1;
	}
	return [...bytes, crc].flatMap((byte) => [7, 6, 5, 4, 3, 2, 1, 0].map((bit) => Boolean((byte >> bit) & 1)));
}

/** @param {Uint8Array} picture grey @returns {number | undefined} its counter; undefined: it cannot be read */
function read(picture) {
	const bits = Array.from({ length: 80 }, (_, i) => {
		const [row, column] = [Math.floor(i / 40), i % 40];
		return Number(picture[Math.floor((row + 0.5) * cell) * width + Math.floor((column + 0.5) * cell)]) > 127;
	});
	let counter = 0;
	for (const bit of bits.slice(8, 40)) counter = counter * 2 + Number(bit);
	return cellsOf(counter).every((bit, i) => bit === bits[i]) ? counter : undefined;
}

/** The counters of a file's pictures, in their order. @param {string} file @returns {Promise<(number | undefined)[]>} */
export async function countersOf(file) {
	const scale = `scale=${width}:${height}`; // who sends may have made it smaller
	const child = spawn("ffmpeg", [
		...["-v", "fatal", "-i", file, "-vf", scale, "-fps_mode", "passthrough"],
		...["-f", "rawvideo", "-pix_fmt", "gray", "-"],
	]);
	let errors = "";
	child.stderr.on("data", (data) => (errors += data));
	/** @type {(number | undefined)[]} */
	const counters = [];
	let rest = Buffer.alloc(0);
	for await (const data of child.stdout) {
		rest = Buffer.concat([rest, data]);
		while (rest.length >= width * height) {
			counters.push(read(rest.subarray(0, width * height)));
			rest = rest.subarray(width * height);
		}
	}
	if (errors) throw new Error(`${file}: ${errors}`);
	return counters;
}
