// SPDX-License-Identifier: Apache-2.0
// @ts-check
// What a C file includes of the build's own folders, found as the compiler finds it, and the words in all of that: what
// its object depends on, beside its own text.
import fs from "node:fs";
import path from "node:path";

/**
 * @typedef {object} Words
 * @property {Set<string>} names identifiers in the text, with those in comments
 * @property {boolean} pastes whether a name of the manifest's `defines` may be composed by the preprocessor
 */

/** @typedef {Words & { includes: string[], computed: boolean }} Source `computed`: it includes what a macro names */
/** @typedef {Words & { folders: string[] }} Closure `folders`: where the compiler must look, in the build's order */

/** @param {string} folder @returns {string[]} */
export const headersIn = (folder) =>
	fs
		.readdirSync(folder)
		.filter((name) => name.endsWith(".h"))
		.map((name) => path.join(folder, name));

export class Sources {
	/** @type {Map<string, Source>} */
	#files = new Map();
	/** @type {Map<string, boolean>} */
	#present = new Map();
	/** @type {string[]} */
	#folders;

	/** @param {string[]} folders where the build's headers may lie, in the order of the search */
	constructor(folders) {
		this.#folders = folders;
	}

	/** @param {string} file @returns {Source} */
	#read(file) {
		const known = this.#files.get(file);
		if (known) return known;
		const text = fs.readFileSync(file, "utf8");
		const names = new Set(text.match(/\b[A-Za-z_]\w*/g));
		const includes = [...text.matchAll(/^[ \t]*#[ \t]*include(?:_next)?[ \t]*["<]([^">\n]+)[">]/gm)].map(
			([, name]) => `${name}`,
		);
		const computed = /^[ \t]*#[ \t]*include[ \t]+[A-Za-z_]/m.test(text);
		const source = { names, includes, computed, pastes: /\bMODDEF_\w*\s*##/.test(text) };
		this.#files.set(file, source);
		return source;
	}

	/** @param {string} file the C file @returns {Closure} */
	closure(file) {
		const names = new Set();
		const used = new Set([path.dirname(file)]);
		const seen = new Set([file]);
		let pastes = false;
		for (const current of seen) {
			const source = this.#read(current);
			for (const name of source.names) names.add(name);
			pastes ||= source.pastes;
			for (const header of source.computed ? this.#folders.flatMap(headersIn) : []) {
				used.add(path.dirname(header));
				seen.add(header);
			}
			for (const name of source.includes) {
				const folder = [path.dirname(current), ...this.#folders].find((at) =>
					this.#isFile(path.join(at, name)),
				);
				if (folder === undefined) continue; // the system's, or generated
				used.add(folder);
				seen.add(path.join(folder, name));
			}
		}
		return { names, pastes, folders: this.#folders.filter((folder) => used.has(folder)) };
	}

	/** @param {string} file */
	#isFile(file) {
		let present = this.#present.get(file);
		if (present === undefined) {
			present = !!fs.statSync(file, { throwIfNoEntry: false })?.isFile();
			this.#present.set(file, present);
		}
		return present;
	}
}
