// SPDX-License-Identifier: Apache-2.0
// @ts-check
// The generated C of an application (mc.xs.h, mc.defines.h, the tables of natives), its mc/config module, and the
// image: what lies in a device's flash.
import fs from "node:fs";
import path from "node:path";
import { BuildError } from "./words.mjs";
import { modulePath } from "./typescript.mjs";

/** @typedef {import("./manifest.mjs").Merged} Merged */

/** Writes only what changed, so that make compiles only what must be. @param {string} file @param {string} text */
export function writeIfChanged(file, text) {
	if (fs.existsSync(file) && fs.readFileSync(file, "utf8") === text) return false;
	fs.mkdirSync(path.dirname(file), { recursive: true });
	fs.writeFileSync(file, text);
	return true;
}

/** @param {any} value @param {string} where @returns {string} */
function defineValue(value, where) {
	if (typeof value === "number" || typeof value === "boolean") return `(${value})`;
	if (typeof value === "string") return value.startsWith("#") ? JSON.stringify(value.slice(1)) : `(${value})`;
	if (Array.isArray(value))
		return `{${value.map((item) => defineValue(item, where).replace(/^\((.*)\)$/, "$1")).join(", ")}}`;
	throw new BuildError(`defines: ${where}: cannot be written as a macro`);
}

/** @param {Record<string, any>} defines @param {string} prefix @returns {string[]} */
function defineLines(defines, prefix) {
	return Object.entries(defines).flatMap(([name, value]) => {
		const macro = `${prefix}_${name.toUpperCase()}`;
		if (typeof value === "object" && value !== null && !Array.isArray(value)) return defineLines(value, macro);
		return [`#define ${macro} ${defineValue(value, macro)}`];
	});
}

/**
 * The macros of `defines` that the words name, and those that these name.
 * @param {Merged} merged @param {import("./sources.mjs").Words} words of the C file and what it includes
 */
export function definesHeader(merged, words) {
	const lines = defineLines(merged.defines, "MODDEF");
	const wanted = new Set(words.names);
	const isWanted = (/** @type {string} */ line) => words.pastes || wanted.has(line.split(" ")[1] ?? "");
	/** @type {string[]} */
	let kept = [];
	for (let before = -1; kept.length !== before;) {
		before = kept.length;
		kept = lines.filter(isWanted);
		for (const line of kept) for (const [name] of line.matchAll(/\bMODDEF_\w+/g)) wanted.add(name);
	}
	return ["#ifndef MC_DEFINES_H", "#define MC_DEFINES_H", ...kept, "#endif", ""].join("\n");
}

/** @typedef {{ functions: Map<string, string>, classes: Map<string, string> }} Natives symbol → specifier */

/** What a script names: C functions, and destructors of classes. A name may stand on a line of its own. @param {string} text */
export function nativesOf(text) {
	const named = (/** @type {RegExp} */ pattern) => [...text.matchAll(pattern)].map(([, symbol = ""]) => symbol);
	return {
		functions: named(/(?<![\w$.])native\(\s*"(\w+)"\s*,?\s*\)/g),
		classes: named(/(?<![\w$.])Native\(\s*"(\w+)"\s*,?\s*\)/g),
	};
}

/** Which C functions the modules bind. @param {Merged} merged @param {string} out @returns {Natives} */
export function scanNatives(merged, out) {
	const functions = new Map();
	const classes = new Map();
	for (const { specifier, kind } of merged.modules) {
		if (kind === "json") continue;
		const text = fs.readFileSync(modulePath(out, specifier), "utf8");
		const named = nativesOf(text);
		for (const symbol of named.functions) functions.set(symbol, specifier);
		for (const symbol of named.classes) classes.set(symbol, specifier);
	}
	return { functions, classes };
}

/** The names of xsID_name among the words of C sources, in order. @param {Iterable<string>} words */
export function identifiersOf(words) {
	const names = new Set();
	for (const word of words) if (word.startsWith("xsID_")) names.add(word.slice("xsID_".length));
	return [...names].sort();
}

/**
 * The identifiers and natives that the words name. It depends on nothing else of the application, so that the same C
 * file needs the same header, and makes the same object, in all of them.
 * @param {Natives} natives @param {Set<string>} words
 */
export function xsHeader(natives, words) {
	const among = (/** @type {Map<string, string>} */ symbols) =>
		[...symbols.keys()].filter((s) => words.has(s)).sort();
	return [
		"#ifndef MC_XS_H",
		"#define MC_XS_H",
		...identifiersOf(words).flatMap((name) => [
			`extern xsIdentifier simID_${name};`,
			`#define xsID_${name} (simID_${name})`,
		]),
		...among(natives.functions).map((name) => `extern void ${name}(xsMachine *the);`),
		...among(natives.classes).map((name) => `extern void ${name}(void *data);`),
		"#endif",
		"",
	].join("\n");
}

/** @param {Natives} natives @param {string[]} names */
export function tableSource(natives, names) {
	/** @param {string} type @param {string} name @param {string[]} rows @param {string} empty */
	const table = (type, name, rows, empty) => [
		`${type} ${name}[] = {`,
		...(rows.length ? rows : [empty]).map((row) => `\t${row},`),
		"};",
		`const int ${name.replace(/s$/, "").replace(/Classe$/, "Class")}Count = ${rows.length};`,
	];
	const row = (/** @type {string} */ name) => `{"${name}", ${name}}`;
	return [
		'#include "sim.h"',
		...[...natives.functions.keys()].sort().map((name) => `extern void ${name}(xsMachine *the);`),
		...[...natives.classes.keys()].sort().map((name) => `extern void ${name}(void *data);`),
		...table(
			"const sim_native_function",
			"simNativeFunctions",
			[...natives.functions.keys()].sort().map(row),
			"{0, 0}",
		),
		...table("const sim_native_class", "simNativeClasses", [...natives.classes.keys()].sort().map(row), "{0, 0}"),
		...table(
			"const char *const",
			"simNames",
			names.map((name) => `"${name}"`),
			"0",
		),
		...names.map((name) => `xsIdentifier simID_${name};`),
		`xsIdentifier *const simIdentifiers[] = {${names.map((name) => `&simID_${name}`).join(", ") || "0"}};`,
		"",
	].join("\n");
}

/** The boards' sizes of the SDK, for an application that names none. */
const boardCreation = {
	"chunk.initial": 78848,
	"chunk.incremental": 0,
	"heap.initial": 4928,
	"heap.incremental": 0,
	stack: 512,
};

/** @param {Merged} merged @param {boolean} capped */
function creationLines(merged, capped) {
	/** @type {Record<string, any>} */
	const values = {
		...boardCreation,
		"keys.initial": 32,
		"keys.incremental": 32,
		"keys.name": 53,
		"keys.symbol": 3,
		"parser.buffer": 1024,
		"parser.table": 17,
		main: "main",
	};
	const ignored = ["static", "nativeStack", "has"];
	for (const [name, value] of Object.entries(merged.creation)) {
		if (ignored.includes(name)) continue;
		if (typeof value === "object") for (const [key, item] of Object.entries(value)) values[`${name}.${key}`] = item;
		else values[name] = value;
	}
	values.capped = capped ? 1 : 0;
	return Object.entries(values).map(([name, value]) => `creation\t${name}\t${value}`);
}

/** @param {Merged} merged @param {string} out @param {string} config the file of mc/config @param {boolean} capped */
export function image(merged, out, config, capped) {
	const known = new Set(merged.modules.map(({ specifier }) => specifier));
	for (const specifier of merged.preload) if (!known.has(specifier)) checkPreload(specifier);
	const preload = [...new Set(expandPreload(merged))];
	return [
		...merged.modules.map(({ specifier }) => `module\t${specifier}\t${path.resolve(modulePath(out, specifier))}`),
		`module\tmc/config\t${config}`,
		...(preload.length ? ["mc/config", ...preload] : []).map((specifier) => `preload\t${specifier}`),
		...merged.data.map(({ name, source }) => `data\t${name}\t${source}`),
		`abortHook\t${merged.defines.xs?.abortHook ? 1 : 0}`,
		...creationLines(merged, capped),
		"",
	].join("\n");
}

/** @param {string} specifier */
function checkPreload(specifier) {
	if (!specifier.endsWith("*")) throw new BuildError(`preload: "${specifier}": no such module`);
}

/** As in mcconfig, a wildcard stands for JavaScript modules only. @param {Merged} merged */
function expandPreload(merged) {
	return merged.preload.flatMap((specifier) => {
		if (!specifier.endsWith("*")) return [specifier];
		const prefix = specifier.slice(0, -1);
		return merged.modules
			.filter((module) => module.kind !== "ts" && module.specifier.startsWith(prefix))
			.map((module) => module.specifier);
	});
}

/** @param {Merged} merged @param {Record<string, string>} overrides */
export function configModule(merged, overrides) {
	return `export default Object.freeze(${JSON.stringify({ ...merged.config, ...overrides })}, true);\n`;
}
