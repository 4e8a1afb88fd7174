// SPDX-License-Identifier: Apache-2.0
// What senders are compared with: one scene that moves and has noise, so that an encoder always has more to tell than the way
// carries. As a file of raw pictures.
// @ts-check
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { root } from "../bench/measure.mjs";

export const width = 640;
export const height = 480;
export const framerate = 30;
const seconds = 4;
const pictureSize = (width * height * 3) / 2;

/** @returns {string} the path of a YUV4MPEG2 file */
export function sceneFile() {
	const folder = join(root, "build", "link");
	const path = join(folder, "scene.y4m");
	if (existsSync(path)) return path;
	mkdirSync(folder, { recursive: true });
	const source = `testsrc2=size=${width}x${height}:rate=${framerate},noise=alls=14:allf=t`;
	const partial = join(folder, `scene.${process.pid}.y4m`);
	execFileSync("ffmpeg", [
		"-v",
		"error",
		"-f",
		"lavfi",
		"-i",
		source,
		"-t",
		String(seconds),
		"-pix_fmt",
		"yuv420p",
		partial,
	]);
	renameSync(partial, path);
	return path;
}

/** Its pictures, as I420. @returns {Uint8ClampedArray[]} */
export function scenePictures() {
	const file = readFileSync(sceneFile());
	/** @type {Uint8ClampedArray[]} */
	const pictures = [];
	let at = file.indexOf("\n") + 1;
	while (at < file.length) {
		at = file.indexOf("\n", at) + 1; // "FRAME"
		pictures.push(new Uint8ClampedArray(file.subarray(at, at + pictureSize)));
		at += pictureSize;
	}
	return pictures;
}
