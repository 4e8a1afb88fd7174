// SPDX-License-Identifier: Apache-2.0
// @ts-check
// Which changes there are, and which of them a seed stands for.
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { mutationsOf } from "./mutations.mjs";

/**
 * @typedef {{ file: string, line: number, before: string, after: string, source: string, kind: string, identity: string }} Change
 * `source`: the whole file after it; `identity`: what it is, wherever in its file it stands
 */

/** What stands in the line of a place. @param {string} source @param {number} at */
function lineAt(source, at) {
	const end = source.indexOf("\n", at);
	return source.slice(source.lastIndexOf("\n", at - 1) + 1, end < 0 ? undefined : end).trim();
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
		/** @type {Map<string, number>} how often there has been the same */
		const seen = new Map();
		return mutationsOf(file, source).map(({ start, end, text, kind }) => {
			const before = source.slice(start, end);
			const what = [file, kind, before, text, lineAt(source, start)].join("\0");
			const number = seen.get(what) ?? 0;
			seen.set(what, number + 1);
			return {
				file,
				kind,
				line: source.slice(0, start).split("\n").length,
				before,
				after: text,
				source: source.slice(0, start) + text + source.slice(end),
				identity: `${what}\0${number}`,
			};
		});
	});
}

/**
 * Each change has its place in a seed's order by what it is, so that an edit of the sources takes and adds only what it
 * touches.
 * @param {Change[]} changes @param {number} count @param {number} seed @returns {Change[]} at most one of a line
 */
export function choose(changes, count, seed) {
	const rank = (/** @type {Change} */ { identity }) =>
		createHash("sha256").update(`${seed}\0${identity}`).digest("hex");
	const ordered = changes.map((change) => ({ change, rank: rank(change) }));
	ordered.sort((a, b) => (a.rank < b.rank ? -1 : 1));
	/** @type {Map<string, Change>} */
	const chosen = new Map();
	for (const { change } of ordered) {
		const place = `${change.file}:${change.line}`;
		if (chosen.size < count && !chosen.has(place)) chosen.set(place, change);
	}
	return [...chosen.values()];
}

/** Where it is, and what it is. @param {Change} change */
export function describe({ file, line, before, after, kind }) {
	const short = (/** @type {string} */ text) => text.replace(/\s+/g, " ").slice(0, 70);
	return `${file}:${line}  ${short(before)}  →  ${kind === "statement" ? "(removed)" : short(after)}`;
}
