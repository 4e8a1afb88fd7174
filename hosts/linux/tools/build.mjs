// SPDX-License-Identifier: Apache-2.0
// @ts-check
// From a manifest to an executable and its image. A stamp with the times and sizes of all inputs makes a build with no
// change a matter of milliseconds.
import crypto from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { readManifest } from "./manifest.mjs";
import { BuildError } from "./words.mjs";
import { compileModules, isComplete, Memory } from "./typescript.mjs";
import * as generate from "./generate.mjs";
import { ensureI386, environment } from "./i386.mjs";
import { writeImage } from "./images.mjs";
import { withLock } from "./lock.mjs";
import { make, MakeError } from "./make.mjs";
import { appMakefile, digest, engineMakefile, flagsText, nativeObject } from "./makefile.mjs";
import { headersIn, Sources } from "./sources.mjs";

export const root = fileURLToPath(new URL("../../..", import.meta.url)).replace(/\/$/, "");

/**
 * @typedef {object} Options
 * @property {string} manifest
 * @property {string} [out]
 * @property {boolean} [debug]
 * @property {boolean} [sanitize]
 * @property {boolean} [caps]
 * @property {boolean} [quiet]
 * @property {Record<string, string>} [config]
 * @property {Memory} [memory] of the last build of the same manifest in this process
 * @property {Set<string>} [inputs] is told which files the application is made of, also when the build fails
 */

/** @param {Options} options @returns {Promise<import("./makefile.mjs").Variant>} */
async function variantOf(options) {
	const sdk = process.env.MODDABLE;
	const xs = sdk ? path.join(sdk, "xs") : path.join(root, "node_modules/@agoric/xsnap/moddable/xs");
	if (!fs.existsSync(path.join(xs, "sources/xsAll.c"))) {
		throw new BuildError(
			sdk ? `MODDABLE=${sdk}: no XS sources in ${xs}` : `${xs}: not found; run: node hosts/linux/setup.mjs run`,
		);
	}
	const kind = options.sanitize ? "sanitize" : options.debug ? "debug" : "release";
	const bits = bitsOf();
	const name = [kind, ...(sdk ? ["sdk"] : []), ...(bits === 32 ? ["32"] : [])].join("-");
	const variant = { name, debug: !!options.debug, sanitize: !!options.sanitize, xs };
	if (bits === 64) return variant;
	if (variant.sanitize) throw new BuildError("32 bits: not with --sanitize");
	return { ...variant, i386: await ensureI386(path.join(root, "build")) };
}

/** Of the simulator's pointers. */
export function bitsOf() {
	const bits = Number(process.env.SIM_BITS ?? 64);
	if (bits !== 32 && bits !== 64) throw new BuildError(`bits: 32 or 64, not ${process.env.SIM_BITS}`);
	return bits;
}

/** @param {string[]} files */
function stampOf(files) {
	const hash = crypto.createHash("sha256");
	for (const file of [...new Set(files)].sort()) {
		const status = fs.statSync(file, { throwIfNoEntry: false });
		hash.update(`${file}\0${status?.mtimeMs}\0${status?.size}\n`);
	}
	return hash.digest("hex");
}

/** Turns the linker's complaint about a native into one about the module that names it. @param {unknown} error @param {generate.Natives} natives */
function explainLink(error, natives) {
	if (!(error instanceof MakeError)) return error;
	const missing = new Set([...error.message.matchAll(/undefined reference to [`'](\w+)'/g)].map(([, name]) => name));
	const lines = [];
	for (const [call, table] of /** @type {const} */ ([
		["native", natives.functions],
		["Native", natives.classes],
	])) {
		for (const [symbol, specifier] of table)
			if (missing.has(symbol))
				lines.push(`module "${specifier}": ${call}("${symbol}"): no C function of that name in the build`);
	}
	return lines.length ? new BuildError(lines.join("\n")) : error;
}

/**
 * @param {import("./manifest.mjs").Merged} merged @param {string} out @param {boolean} quiet @param {Memory} memory
 * @returns {string[]} the files that took part
 */
function compile(merged, out, quiet, memory) {
	const stampFile = path.join(out, "modules.stamp");
	/** @type {{ key: string, files: string[], stamp: string, tools: string, failed?: boolean }} */
	let previous = { key: "", files: [], stamp: "", tools: "" };
	try {
		previous = JSON.parse(fs.readFileSync(stampFile, "utf8"));
	} catch {
		// the first build
	}
	const key = JSON.stringify([merged.modules, merged.declarations, merged.compilerOptions]);
	const tools = stampOf(
		["typescript.mjs", "manifest.mjs"].map((name) => fileURLToPath(new URL(name, import.meta.url))),
	);
	const same = previous.key === key && previous.tools === tools && isComplete(merged, out);
	if (same && !previous.failed && previous.stamp === stampOf(previous.files)) return previous.files;
	if (!quiet) process.stderr.write(`TypeScript, ${merged.modules.length} modules\n`);
	generate.writeIfChanged(stampFile, JSON.stringify({ ...previous, failed: true }));
	const files = [...compileModules(merged, out, root, same, memory), ...merged.modules.map(({ source }) => source)];
	fs.writeFileSync(stampFile, JSON.stringify({ key, tools, files, stamp: stampOf(files) }));
	return files;
}

/** What is known before anything is compiled. @param {import("./manifest.mjs").Merged} merged */
const inputsOf = (merged) => [
	...merged.manifests,
	...[...merged.modules, ...merged.declarations, ...merged.data].map(({ source }) => source),
	...merged.data.map(({ source }) => path.dirname(source)),
	...merged.cFiles,
	...cFoldersOf(merged).flatMap(headersIn),
];

/**
 * Where an application is built. Projects outside may have any name, also one of ours.
 * @param {string} manifest @param {import("./makefile.mjs").Variant} variant
 */
function defaultOut(manifest, variant) {
	const folder = path.dirname(manifest);
	const name = path.basename(folder);
	const isExample = path.dirname(folder) === path.join(root, "examples");
	return path.join(root, "build", isExample ? name : `${name}-${digest(folder).slice(0, 8)}`, variant.name);
}

/**
 * @param {Options} options
 * @returns {Promise<{ app: string, image: string, name: string, env: Record<string, string> }>}
 */
export async function build(options) {
	const manifest = findManifest(options.manifest);
	const name = path.basename(path.dirname(manifest));
	const variant = await variantOf(options);
	const out = path.resolve(options.out ?? defaultOut(manifest, variant));
	const engineOut = path.join(root, "build/engine", variant.name);
	const objects = path.join(root, "build/objects", variant.name);
	const quiet = !!options.quiet;
	const { inputs } = options;
	const merged = readManifest(manifest, inputs);
	for (const input of inputsOf(merged)) inputs?.add(input);
	if (!quiet) for (const warning of merged.warnings) process.stderr.write(`warning: ${warning}\n`);
	const image = await withLock(out, async () => {
		for (const file of compile(merged, out, quiet, options.memory ?? new Memory())) inputs?.add(file);
		const { symbols, natives } = writeGenerated(merged, variant, out, objects);
		generate.writeIfChanged(path.join(out, "flags"), flagsText(variant));
		generate.writeIfChanged(path.join(out, "Makefile"), appMakefile(merged, natives, variant, out, engineOut));
		await withLock(engineOut, async () => {
			generate.writeIfChanged(path.join(engineOut, "flags"), flagsText(variant));
			generate.writeIfChanged(path.join(engineOut, "Makefile"), engineMakefile(variant, engineOut));
			await make(path.join(engineOut, "Makefile"), "engine", quiet);
		});
		try {
			await withLock(objects, () => make(path.join(out, "Makefile"), name, quiet));
			discardOld(objects, new Set(natives.map(({ object }) => path.basename(object))));
		} catch (error) {
			throw explainLink(error, symbols);
		}
		return writeImage(merged, out, options);
	});
	const env = variant.i386 ? environment(variant.i386) : {};
	return { app: path.join(out, "app"), image, name, env };
}

const MOST_OBJECTS = 1000; // some 50 KB each; the examples and tests need 200

/** Objects of commands that are no longer given. @param {string} folder @param {Set<string>} used */
function discardOld(folder, used) {
	const files = fs.readdirSync(folder).filter((name) => name.endsWith(".o"));
	if (files.length <= MOST_OBJECTS) return;
	for (const name of files) if (!used.has(name)) fs.rmSync(path.join(folder, name), { force: true });
}

/**
 * Writes the generated sources of an application, and says how its C files are compiled.
 * @param {import("./manifest.mjs").Merged} merged @param {import("./makefile.mjs").Variant} variant
 * @param {string} out @param {string} objects
 */
function writeGenerated(merged, variant, out, objects) {
	const symbols = generate.scanNatives(merged, out);
	const sources = new Sources(cFoldersOf(merged));
	/** @type {Set<string>} */
	const words = new Set();
	const natives = merged.cFiles.map((file) => {
		const closure = sources.closure(file);
		for (const word of closure.names) words.add(word);
		const headers = writeHeaders(merged, symbols, closure, objects);
		return nativeObject(file, headers, closure.folders, merged, variant, objects);
	});
	const names = generate.identifiersOf(words);
	generate.writeIfChanged(path.join(out, "generated/sim_tables.c"), generate.tableSource(symbols, names));
	return { symbols, natives };
}

/**
 * The generated headers of one C file, in a folder that is named by what is in them.
 * @param {import("./manifest.mjs").Merged} merged @param {generate.Natives} symbols
 * @param {import("./sources.mjs").Closure} closure @param {string} objects
 */
function writeHeaders(merged, symbols, closure, objects) {
	const xs = generate.xsHeader(symbols, closure.names);
	const defines = generate.definesHeader(merged, closure);
	const folder = path.join(objects, "headers", digest(xs + defines));
	generate.writeIfChanged(path.join(folder, "mc.xs.h"), xs);
	generate.writeIfChanged(path.join(folder, "mc.defines.h"), defines);
	return folder;
}

/** Where headers may lie, in the order of the compiler's search. @param {import("./manifest.mjs").Merged} merged */
const cFoldersOf = (merged) => [...new Set([...merged.cFolders, ...merged.cFiles.map((file) => path.dirname(file))])];

/** @param {string} given a manifest or its folder */
function findManifest(given) {
	const status = fs.statSync(given, { throwIfNoEntry: false });
	const file = status?.isDirectory() ? path.join(given, "manifest.json") : given;
	if (!fs.existsSync(file)) throw new BuildError(`${file}: no such manifest`);
	return path.resolve(file);
}
