// SPDX-License-Identifier: Apache-2.0
// @ts-check
// Which changes there are, and which of them a seed stands for.
import fs from "node:fs";
import path from "node:path";
import { mutationsOf } from "./mutations.mjs";

/** @typedef {{ file: string, line: number, before: string, after: string, source: string, kind: string }} Change `source`: the whole file after it */

/** mulberry32, a generator of 32 bits by Tommy Ettinger. @param {number} seed @returns {() => number} from 0 to 1 */
function generator(seed) {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let value = Math.imul(state ^ (state >>> 15), state | 1);
		value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
		return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
	};
}

/** @param {string} root @param {string} folder or a file, below it @returns {Change[]} all that can be done to the files there */
export function allChanges(root, folder) {
	const isFolder = fs.statSync(path.join(root, folder)).isDirectory();
	const files = isFolder
		? fs
				.readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
				.map((name) => path.join(folder, name))
		: [folder];
	const sources = files.filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts")).sort();
	return sources.flatMap((file) => {
		const source = fs.readFileSync(path.join(root, file), "utf8");
		return mutationsOf(file, source).map(({ start, end, text, kind }) => ({
			file,
			kind,
			line: source.slice(0, start).split("\n").length,
			before: source.slice(start, end),
			after: text,
			source: source.slice(0, start) + text + source.slice(end),
		}));
	});
}

/** @param {Change[]} changes @param {number} count @param {number} seed @returns {Change[]} at most one of a line */
export function choose(changes, count, seed) {
	const random = generator(seed);
	const left = [...changes];
	/** @type {Map<string, Change>} */
	const chosen = new Map();
	while (chosen.size < count && left.length) {
		const [change] = left.splice(Math.floor(random() * left.length), 1);
		if (change) chosen.set(`${change.file}:${change.line}`, chosen.get(`${change.file}:${change.line}`) ?? change);
	}
	return [...chosen.values()];
}

/** Where it is, and what it is. @param {Change} change */
export function describe({ file, line, before, after, kind }) {
	const short = (/** @type {string} */ text) => text.replace(/\s+/g, " ").slice(0, 70);
	return `${file}:${line}  ${short(before)}  →  ${kind === "statement" ? "(removed)" : short(after)}`;
}
