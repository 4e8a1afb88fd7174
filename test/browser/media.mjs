// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** A few seconds of picture and sound, made once. Returns its path. */
export function makeFile(name = "clip.mp4", size = "320x240") {
	const folder = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), "build", "test");
	const path = join(folder, name);
	if (existsSync(path)) return path;
	mkdirSync(folder, { recursive: true });
	const inputs = ["-f", "lavfi", "-i", `testsrc2=size=${size}:rate=15`, "-f", "lavfi", "-i", "sine=frequency=440"];
	execFileSync("ffmpeg", ["-v", "error", "-y", ...inputs, "-t", "4", "-pix_fmt", "yuv420p", path]);
	return path;
}
