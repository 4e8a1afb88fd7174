// SPDX-License-Identifier: Apache-2.0
// @ts-check
// A board's build as its manifests describe it: sources, folders, macros, components, options.
import fs from "node:fs";
import path from "node:path";
import { definesHeader, scanIdentifiers } from "../../hosts/linux/tools/generate.mjs";
import { readManifest } from "../../hosts/linux/tools/manifest.mjs";
import { root } from "../../hosts/linux/tools/build.mjs";
import { header, readOptions } from "./sdkconfig.mjs";

/** @typedef {{ idf: string, registry: string, folders: string[] }} Tree */
/**
 * @typedef {object} Target what a target of the SDK defines for itself, where it is not one of ours
 * @property {string} name
 * @property {string} chip
 * @property {string[]} manifests from the root
 * @property {Record<string, any>} [defines]
 */
/**
 * @typedef {object} Board
 * @property {string} name
 * @property {string[]} sources
 * @property {string[]} folders
 * @property {string} generated where sdkconfig.h, mc.defines.h and mc.xs.h lie
 * @property {string} sdkconfig
 * @property {import("./sdkconfig.mjs").Options} options
 * @property {{ name?: string, namespace?: string, version?: string, idf?: string, includes?: string[] }[]} dependencies
 * @property {Record<string, any>} creation
 */

const camera = Object.fromEntries(
	["xclk", "sda", "scl", "d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7", "vsync", "href", "pclk"].map(
		(pin, index) => [pin, index + 1],
	),
);

/** One of each kind: the names of macros are those of the SDK's targets, the pins are no board's. @type {Target[]} */
export const targets = [
	{
		name: "s3-pdm",
		chip: "esp32s3",
		manifests: ["manifest.json", "hosts/esp32/manifest.json"],
		defines: { camera, audioIn: { i2s: { num: 0, pdm: 1, lr_pin: 15, datain: 16 } } },
	},
	{
		name: "s3-i2s",
		chip: "esp32s3",
		manifests: ["manifest.json", "hosts/esp32/manifest.json"],
		defines: { camera, audioIn: { i2s: { num: 1, bck_pin: 15, lr_pin: 16, datain: 17, mck_pin: 18 } } },
	},
	{ name: "s3-bare", chip: "esp32s3", manifests: ["manifest.json", "hosts/esp32/manifest.json"] },
	{ name: "p4-bare", chip: "esp32p4", manifests: ["manifest.json", "hosts/esp32/manifest.json"] },
];

/** mc.xs.h as on a device: identifiers are constants. @param {string[]} sources @param {string[]} scripts */
function identifiersHeader(sources, scripts) {
	const natives = new Set();
	const destructors = new Set();
	for (const file of scripts) {
		const text = fs.readFileSync(file, "utf8");
		for (const [, name] of text.matchAll(/(?<![\w$.])native\(\s*"(\w+)"\s*\)/g)) natives.add(name);
		for (const [, name] of text.matchAll(/(?<![\w$.])Native\(\s*"(\w+)"\s*\)/g)) destructors.add(name);
	}
	return [
		"#pragma once",
		...scanIdentifiers(sources).map((name, index) => `#define xsID_${name} ((xsIdentifier)${index + 1})`),
		...[...natives].map((name) => `extern void ${name}(xsMachine *the);`),
		...[...destructors].map((name) => `extern void ${name}(void *data);`),
		"",
	].join("\n");
}

/** @param {Target} target @param {Tree} tree @param {string} out @returns {Board} */
export function readBoard(target, tree, out) {
	const generated = path.join(out, target.name, "generated");
	fs.mkdirSync(generated, { recursive: true });
	const manifest = path.join(generated, "manifest.json");
	const include = target.manifests.map((file) => path.join(root, file));
	fs.writeFileSync(manifest, JSON.stringify({ include, defines: target.defines ?? {} }));
	const merged = readManifest(manifest, "esp32", { IDF_PATH: tree.idf });
	const sources = merged.cFiles.filter((file) => file.startsWith(path.join(root, "native")));
	const headers = merged.cFolders.flatMap((folder) =>
		fs.readdirSync(folder).flatMap((name) => (name.endsWith(".h") ? [path.join(folder, name)] : [])),
	);
	const components = merged.dependencies.filter(({ idf }) => idf === undefined);
	const sdkconfig = path.join(merged.variables.SDKCONFIGPATH ?? "", "sdkconfig.defaults");
	const options = readOptions(sdkconfig);
	fs.writeFileSync(path.join(generated, "sdkconfig.h"), header(options, target.chip));
	fs.writeFileSync(path.join(generated, "mc.defines.h"), definesHeader(merged));
	const scripts = merged.modules.map(({ source }) => source);
	fs.writeFileSync(path.join(generated, "mc.xs.h"), identifiersHeader([...sources, ...headers], scripts));
	return {
		name: target.name,
		sources,
		folders: [
			...merged.cFolders,
			...sources.map((file) => path.dirname(file)),
			...components.flatMap(({ namespace = "espressif", name, includes = [] }) =>
				["include", ...includes].map((folder) => path.join(tree.registry, `${namespace}__${name}`, folder)),
			),
		],
		generated,
		sdkconfig,
		options,
		dependencies: merged.dependencies,
		creation: merged.creation,
	};
}

/** Each component has one exact version, and its folders are there. @param {Board} board @returns {string[]} what is wrong */
export function checkComponents(board) {
	const wrong = [];
	for (const { namespace, name, version, idf } of board.dependencies) {
		if (idf !== undefined) continue;
		if (!/^==\d+\.\d+\.\d+(~\d+)?$/.test(version ?? ""))
			wrong.push(`${board.name}: ${namespace}/${name}: version ${version ?? "missing"}, not one ("==1.2.3")`);
	}
	return wrong;
}
