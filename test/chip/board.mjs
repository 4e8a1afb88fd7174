// SPDX-License-Identifier: Apache-2.0
// @ts-check
// A board's build as its manifests describe it: sources, folders, macros, components, options.
import fs from "node:fs";
import path from "node:path";
import { definesHeader, identifiersOf, nativesOf } from "../../hosts/linux/tools/generate.mjs";
import { readManifest } from "../../hosts/linux/tools/manifest.mjs";
import { root } from "../../hosts/linux/tools/build.mjs";
import { header, readOptions } from "./sdkconfig.mjs";

/** @typedef {{ idf: string, registry: string, folders: string[] }} Tree */
/**
 * @typedef {object} Target
 * @property {string} name
 * @property {string} platform as mcconfig's -p
 * @property {string[]} manifests from the root
 * @property {Record<string, any>} [defines] what a target of the SDK, which is not here, defines
 * @property {string} [chip] where no manifest says it
 */
/**
 * @typedef {object} Board
 * @property {string} name
 * @property {string[]} sources
 * @property {{ natives: Set<string>, destructors: Set<string> }} named by its scripts
 * @property {string[]} folders
 * @property {string} generated where sdkconfig.h, mc.defines.h and mc.xs.h lie
 * @property {string} sdkconfig
 * @property {import("./sdkconfig.mjs").Options} options
 * @property {{ name?: string, namespace?: string, version?: string, idf?: string, includes?: string[] }[]} dependencies
 * @property {Record<string, any>} creation
 */

// The names of these macros are those of the SDK's targets; the pins are no board's.
const pins = ["xclk", "sda", "scl", "d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7", "vsync", "href", "pclk"];
const camera = Object.fromEntries(pins.map((pin, index) => [pin, index + 1]));
const pdm = { i2s: { num: 0, pdm: 1, lr_pin: 15, datain: 16 } };
const i2s = { i2s: { num: 1, bck_pin: 15, lr_pin: 16, datain: 17, mck_pin: 18 } };

const audioOut = { i2s: { num: 0, bck_pin: 19, lr_pin: 20, dataout_pin: 21 } };

const common = ["manifest.json", "hosts/esp32/manifest.json"];

/** One of each kind of board. @type {Target[]} */
const kinds = [
	{ name: "s3-pdm", platform: "esp32", manifests: common, defines: { camera, audioIn: pdm } },
	{ name: "s3-i2s", platform: "esp32", manifests: common, defines: { camera, audioIn: i2s, audioOut } },
	{ name: "s3-bare", platform: "esp32", manifests: common },
	{ name: "p4-bare", platform: "esp32", manifests: common, chip: "esp32p4" },
];

/** What the SDK's own targets have. @type {Record<string, Record<string, any>>} */
const equipment = {
	xiao_esp32s3_sense: { camera, audioIn: pdm },
	m5stack_cores3: { camera, audioIn: i2s },
	lilygo_t_camera_plus_s3: { camera, audioIn: pdm },
	m5atom_s3r_cam: { camera },
};

/** @param {string} folder below hosts/esp32 @returns {string[]} the names of those that have a manifest */
function named(folder) {
	const parent = path.join(root, "hosts/esp32", folder);
	if (!fs.existsSync(parent)) return [];
	return fs.readdirSync(parent).filter((name) => fs.existsSync(path.join(parent, name, "manifest.json")));
}

/** The boards of hosts/esp32: targets of the SDK, and our own. @returns {Target[]} */
export function allTargets() {
	return [
		...kinds,
		...named("boards").map((name) => ({
			name,
			platform: `esp32/${name}`,
			manifests: common,
			defines: equipment[name] ?? {},
		})),
		...named("targets").map((name) => ({
			name,
			platform: `esp32/${name}`,
			manifests: [`hosts/esp32/targets/${name}/manifest.json`, ...common],
		})),
	];
}

/** What scripts name of C. @param {string[]} scripts */
function namedBy(scripts) {
	const named = scripts.map((file) => nativesOf(fs.readFileSync(file, "utf8")));
	return {
		natives: new Set(named.flatMap(({ functions }) => functions)),
		destructors: new Set(named.flatMap(({ classes }) => classes)),
	};
}

/**
 * What the machine's C defines for scripts, and none names. Where the scan of their names overlooks one, this does not.
 * @param {Board} board @returns {string[]}
 */
export function unnamed({ sources, named: { natives, destructors } }) {
	return sources.flatMap((file) => {
		const text = fs.readFileSync(file, "utf8");
		const functions = [...text.matchAll(/^void (xs_rtc_\w+)\(xsMachine \*the\)\s*\{/gm)].map(
			([, name = ""]) => name,
		);
		const classes = [...text.matchAll(/^void (xs_rtc_\w+)\(void \*data\)\s*\{/gm)].map(([, name = ""]) => name);
		return [...functions.filter((name) => !natives.has(name)), ...classes.filter((name) => !destructors.has(name))];
	});
}

/** mc.xs.h as on a device: identifiers are constants. @param {string[]} sources @param {Board["named"]} named */
function identifiersHeader(sources, { natives, destructors }) {
	const words = sources.flatMap((file) => fs.readFileSync(file, "utf8").match(/\bxsID_\w+/g) ?? []);
	return [
		"#pragma once",
		...identifiersOf(words).map((name, index) => `#define xsID_${name} ((xsIdentifier)${index + 1})`),
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
	const modules = { main: path.join(root, "examples/lan-camera/main") };
	fs.writeFileSync(manifest, JSON.stringify({ include, modules, defines: target.defines ?? {} }));
	const merged = readManifest(manifest, new Set(), {
		platform: target.platform,
		variables: { IDF_PATH: tree.idf },
	});
	const sources = merged.cFiles.filter((file) => file.startsWith(path.join(root, "native")));
	const headers = merged.cFolders.flatMap((folder) =>
		fs.readdirSync(folder).flatMap((name) => (name.endsWith(".h") ? [path.join(folder, name)] : [])),
	);
	const components = merged.dependencies.filter(({ idf }) => idf === undefined);
	const sdkconfig = path.join(merged.variables.SDKCONFIGPATH ?? "", "sdkconfig.defaults");
	const options = readOptions(sdkconfig);
	fs.writeFileSync(
		path.join(generated, "sdkconfig.h"),
		header(options, merged.variables.ESP32_SUBCLASS ?? target.chip ?? "esp32s3"),
	);
	fs.writeFileSync(path.join(generated, "mc.defines.h"), definesHeader(merged, { names: new Set(), pastes: true }));
	const named = namedBy(merged.modules.map(({ source }) => source));
	fs.writeFileSync(path.join(generated, "mc.xs.h"), identifiersHeader([...sources, ...headers], named));
	return {
		name: target.name,
		sources,
		named,
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

/**
 * The sources whose objects would not be those of a board that was compiled before: by what the compiler noted of it.
 * @param {Board} board @param {Board} other @param {string[]} objects of the other @returns {string[]}
 */
export function differing(board, other, objects) {
	const text = (/** @type {Board} */ of, /** @type {string} */ name) =>
		fs.readFileSync(path.join(of.generated, name), "utf8");
	const headers = ["sdkconfig.h", "mc.defines.h", "mc.xs.h"].filter(
		(name) => text(board, name) !== text(other, name),
	);
	if (board.folders.join() !== other.folders.join()) return board.sources;
	return board.sources.filter((source) => {
		const object = objects[other.sources.indexOf(source)];
		if (object === undefined) return true;
		const needs = fs.readFileSync(object.replace(/\.o$/, ".d"), "utf8");
		return headers.some((name) => needs.includes(path.join(other.generated, name)));
	});
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
