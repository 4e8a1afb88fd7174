// SPDX-License-Identifier: Apache-2.0
// @ts-check
// What a manifest may have: a name that is nearly one of these is a mistake, others are told, for mcconfig passes them over.
import fs from "node:fs";
import { BuildError, meant } from "./words.mjs";

/** @typedef {{ [key: string]: any }} Json */

const keys = [
	"ble",
	"build",
	"bundle",
	"commonjs",
	"config",
	"creation",
	"data",
	"defines",
	"ffi",
	"include",
	"modules",
	"platforms",
	"preload",
	"recipes",
	"resources",
	"run",
	"strip",
	"typescript",
];
const platformKeys = [...keys, "dependency", "error", "warning"];
const creationKeys = ["chunk", "heap", "keys", "main", "nativeStack", "parser", "stack", "static"];

/** @param {string} file @param {string} key @returns {string} the file, and where the key is in it */
function place(file, key) {
	const before = fs.readFileSync(file, "utf8").split(JSON.stringify(key))[0] ?? "";
	return `${file}:${before.split("\n").length}`;
}

/**
 * @param {string} file @param {Json | undefined} part @param {string[]} known
 * @returns {string[]} warnings
 * @throws BuildError
 */
function checkKeys(file, part, known) {
	return Object.keys(part ?? {})
		.filter((key) => !known.includes(key) && !key.startsWith("//"))
		.map((key) => {
			const likely = meant(key, known);
			if (!likely) return `${place(file, key)}: "${key}": unknown key; it is passed over`;
			throw new BuildError(`${place(file, key)}: "${key}": unknown key; is "${likely}" meant?`);
		});
}

/** @param {string} file @param {Json} manifest @returns {string[]} warnings @throws BuildError */
export function checkManifest(file, manifest) {
	const platforms = Object.values(manifest.platforms ?? {});
	return [
		...checkKeys(file, manifest, [...keys, "error", "warning"]),
		...checkKeys(file, manifest.creation, creationKeys),
		...platforms.flatMap((part) => checkKeys(file, part, platformKeys)),
	];
}

/** An application has the module that it begins with. @param {string} file @param {import("./manifest.mjs").Merged} merged @throws BuildError */
export function checkMain(file, { creation, modules }) {
	const main = creation.main ?? "main";
	const known = modules.map(({ specifier }) => specifier);
	if (known.includes(main)) return;
	const likely = meant(main, known);
	const hint = likely
		? `there is "${likely}"`
		: `"modules" must name its source, as in { "modules": { "*": "./${main}" } }`;
	throw new BuildError(`${file}: no module "${main}", with which the application begins: ${hint}`);
}
