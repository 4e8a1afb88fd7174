// SPDX-License-Identifier: Apache-2.0
// @ts-check
// JSON (RFC 8259) that a person wrote: what is wrong in it is told with its line and column, which JSON.parse does not
// always say.
import fs from "node:fs";
import { BuildError } from "./words.mjs";

/** @param {string} file @returns {any} @throws BuildError */
export function readJSON(file) {
	const text = fs.readFileSync(file, "utf8");
	try {
		return JSON.parse(text);
	} catch (error) {
		const mistake = findMistake(text);
		if (!mistake) throw new BuildError(`${file}: ${/** @type {Error} */ (error).message}`);
		const lines = text.slice(0, mistake.at).split("\n");
		throw new BuildError(`${file}:${lines.length}:${(lines.at(-1)?.length ?? 0) + 1}: ${mistake.what}`);
	}
}

class Mistake {
	/** @param {number} at @param {string} what */
	constructor(at, what) {
		this.at = at;
		this.what = what;
	}
}

/** Where JSON ends to be JSON, and what was expected there. @param {string} text @returns {Mistake | undefined} */
function findMistake(text) {
	try {
		const end = value(text, blank(text, 0));
		if (blank(text, end) < text.length)
			throw new Mistake(blank(text, end), "nothing may follow the end of the value");
	} catch (error) {
		if (error instanceof Mistake) return error;
		throw error;
	}
	return undefined;
}

/** @param {RegExp} pattern sticky @param {string} text @param {number} at @returns {number | undefined} where it ends */
function skip(pattern, text, at) {
	pattern.lastIndex = at;
	return pattern.test(text) ? pattern.lastIndex : undefined;
}

/** @param {string} text @param {number} at */
function blank(text, at) {
	const end = skip(/[ \t\r\n]*/y, text, at) ?? at;
	if (text.startsWith("//", end) || text.startsWith("/*", end)) throw new Mistake(end, "JSON has no comments");
	return end;
}

/** @param {string} text @param {number} at */
function value(text, at) {
	if (text[at] === "{") return list(text, at, "}", pair);
	if (text[at] === "[") return list(text, at, "]", value);
	if (text[at] === '"') return string(text, at);
	const end = skip(/(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.])/y, text, at);
	if (end === undefined) throw new Mistake(at, at < text.length ? "a value is expected" : "the file ends too early");
	return end;
}

/** @param {string} text @param {number} at @param {string} close @param {(text: string, at: number) => number} item @returns {number} */
function list(text, at, close, item) {
	let next = blank(text, at + 1);
	if (text[next] === close) return next + 1;
	for (;;) {
		next = blank(text, item(text, next));
		if (text[next] === close) return next + 1;
		if (next >= text.length) throw new Mistake(next, `the file ends before "${close}"`);
		if (text[next] !== ",") throw new Mistake(next, `"," or "${close}" is expected`);
		const comma = next;
		next = blank(text, next + 1);
		if (text[next] === close) throw new Mistake(comma, `no "," before "${close}"`);
	}
}

/** @param {string} text @param {number} at */
function pair(text, at) {
	if (text[at] !== '"') throw new Mistake(at, 'a name in "…" is expected');
	const colon = blank(text, string(text, at));
	if (text[colon] !== ":") throw new Mistake(colon, '":" is expected');
	return value(text, blank(text, colon + 1));
}

/** @param {string} text @param {number} at */
function string(text, at) {
	const end = skip(/"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y, text, at);
	if (end === undefined)
		throw new Mistake(at, 'a string that does not end on its line, or has a "\\" that JSON does not know');
	return end;
}
