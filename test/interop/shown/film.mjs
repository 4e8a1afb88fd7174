// SPDX-License-Identifier: Apache-2.0
// A film of pictures that count, as H.264 in a file of frames: of each its size (4 bytes, big endian), whether it is a key frame (1
// byte), and its access unit.
// @ts-check
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { cellsOf, height, width } from "../see/card.mjs";

export const rate = 10; // a second
const delimiter = Buffer.from([0, 0, 0, 1, 9]); // NAL units that begin an access unit

/** @param {number} counter */
function draw(counter) {
	const picture = Buffer.alloc(width * height, 90);
	const cell = width / 40;
	cellsOf(counter).forEach((isWhite, i) => {
		for (let y = 0; y < cell; y++) {
			const from = (Math.floor(i / 40) * cell + y) * width + (i % 40) * cell;
			picture.fill(isWhite ? 235 : 16, from, from + cell);
		}
	});
	return picture;
}

/** @param {Buffer} stream Annex B @returns {Buffer[]} its access units */
function unitsOf(stream) {
	const begins = [];
	for (let at = stream.indexOf(delimiter); at >= 0; at = stream.indexOf(delimiter, at + 1)) begins.push(at);
	return begins.map((from, i) => stream.subarray(from, begins[i + 1]));
}

/** @param {Buffer} unit whether it has a slice of an IDR picture (H.264 table 7-1) */
function isKey(unit) {
	for (let at = unit.indexOf("\0\0\x01"); at >= 0; at = unit.indexOf("\0\0\x01", at + 1))
		if ((Number(unit[at + 3]) & 0x1f) === 5) return true;
	return false;
}

/** @param {string} file @param {number} pictures @param {number} between key frames @returns {Promise<void>} */
export async function makeFilm(file, pictures, between) {
	const child = spawn("ffmpeg", [
		...[
			"-v",
			"fatal",
			"-f",
			"rawvideo",
			"-pix_fmt",
			"gray",
			"-s",
			`${width}x${height}`,
			"-r",
			`${rate}`,
			"-i",
			"-",
		],
		...[
			"-c:v",
			"libx264",
			"-profile:v",
			"baseline",
			"-level",
			"3.1",
			"-pix_fmt",
			"yuv420p",
			"-tune",
			"zerolatency",
		],
		...["-g", `${between}`, "-keyint_min", `${between}`, "-sc_threshold", "0", "-crf", "26"],
		...["-x264-params", "aud=1:repeat-headers=1", "-f", "h264", "-"],
	]);
	/** @type {Buffer[]} */
	const parts = [];
	child.stdout.on("data", (part) => parts.push(part));
	const ended = new Promise((resolve) => child.on("close", resolve));
	for (let i = 0; i < pictures; i++)
		if (!child.stdin.write(draw(i))) await new Promise((resolve) => child.stdin.once("drain", resolve));
	child.stdin.end();
	await ended;
	const units = unitsOf(Buffer.concat(parts));
	if (units.length !== pictures) throw new Error(`${units.length} access units of ${pictures} pictures`);
	mkdirSync(dirname(file), { recursive: true });
	const frames = units.flatMap((unit) => {
		const head = Buffer.alloc(5);
		head.writeUInt32BE(unit.length);
		head[4] = Number(isKey(unit));
		return [head, unit];
	});
	writeFileSync(file, Buffer.concat(frames));
}
