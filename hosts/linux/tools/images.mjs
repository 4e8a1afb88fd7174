// SPDX-License-Identifier: Apache-2.0
// @ts-check
// What an application is started with: its image, and mc/config. Both are named by what is in them, so that two builds of
// one application with different settings at the same time do not read each other's.
import fs from "node:fs";
import path from "node:path";
import * as generate from "./generate.mjs";
import { digest } from "./makefile.mjs";

const MOST = 16; // of those that are kept: they are read when an application starts, soon after they were written

/**
 * @param {import("./manifest.mjs").Merged} merged @param {string} out
 * @param {{ config?: Record<string, string>, caps?: boolean }} options
 * @returns {string} the image
 */
export function writeImage(merged, out, { config = {}, caps = true }) {
	const folder = path.join(out, "images");
	fs.mkdirSync(folder, { recursive: true });
	const module = write(folder, ".js", generate.configModule(merged, config), 0o600); // keys may be in it
	const image = write(folder, ".image", generate.image(merged, out, module, caps), 0o666);
	for (const kind of [".js", ".image"]) discardOld(folder, kind);
	return image;
}

/** @param {string} folder @param {string} kind @param {string} text @param {number} mode @returns {string} its path */
function write(folder, kind, text, mode) {
	const file = path.join(folder, digest(text) + kind);
	if (fs.existsSync(file)) fs.utimesSync(file, new Date(), new Date());
	else {
		// Others may be about to read it: it is there as a whole, or not at all.
		fs.writeFileSync(`${file}.new`, text, { mode });
		fs.renameSync(`${file}.new`, file);
	}
	return file;
}

/** @param {string} folder @param {string} kind */
function discardOld(folder, kind) {
	const files = fs.readdirSync(folder).filter((name) => name.endsWith(kind));
	const ages = files.map((name) => ({
		file: path.join(folder, name),
		time: fs.statSync(path.join(folder, name)).mtimeMs,
	}));
	ages.sort((a, b) => b.time - a.time);
	for (const { file } of ages.slice(MOST)) fs.rmSync(file, { force: true });
}
