// SPDX-License-Identifier: Apache-2.0
// @ts-check
// From a manifest to an executable and its image. A stamp with the times and sizes of all inputs makes a build with no
// change a matter of milliseconds.
import { spawn } from "node:child_process";
import crypto from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { BuildError, readManifest } from "./manifest.mjs";
import { compileModules, modulePath } from "./typescript.mjs";
import * as generate from "./generate.mjs";
import { withLock } from "./lock.mjs";
import { appMakefile, engineMakefile, flagsText } from "./makefile.mjs";

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
 */

/** @param {Options} options @returns {import("./makefile.mjs").Variant} */
function variantOf(options) {
	const sdk = process.env.MODDABLE;
	const xs = sdk ? path.join(sdk, "xs") : path.join(root, "node_modules/@agoric/xsnap/moddable/xs");
	if (!fs.existsSync(path.join(xs, "sources/xsAll.c"))) {
		throw new BuildError(
			sdk ? `MODDABLE=${sdk}: no XS sources in ${xs}` : `${xs}: not found; run: node hosts/linux/setup.mjs run`,
		);
	}
	const kind = options.sanitize ? "sanitize" : options.debug ? "debug" : "release";
	return { name: sdk ? `${kind}-sdk` : kind, debug: !!options.debug, sanitize: !!options.sanitize, xs };
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

/** Runs make and shows how far it is. @param {string} makefile @param {string} label @param {boolean} quiet */
async function make(makefile, label, quiet) {
	const total = await countSteps(makefile);
	if (total === 0) return;
	const child = spawn("make", [`-j${os.availableParallelism()}`, "-f", makefile], {
		stdio: ["ignore", "pipe", "pipe"],
	});
	if (!quiet) progress(label, 0, total);
	let done = 0;
	let errors = "";
	child.stdout.setEncoding("utf8").on("data", (text) => {
		for (const line of text.split("\n")) {
			if (!line.startsWith("# ")) continue;
			done++;
			if (!quiet) progress(label, done, total);
		}
	});
	child.stderr.setEncoding("utf8").on("data", (text) => (errors += text));
	const status = await new Promise((resolve) => child.on("close", resolve));
	if (status !== 0) throw new MakeError(`${label}: the compiler failed\n${errors.trimEnd()}`);
	if (errors && !quiet) process.stderr.write(errors);
}

class MakeError extends BuildError {}

/** One line on a terminal; in a log, the beginning and the end. @param {string} label @param {number} done @param {number} total */
function progress(label, done, total) {
	const text = `${label} ${done}/${total}`;
	if (process.stderr.isTTY) process.stderr.write(`\r${text}\x1b[K${done === total ? "\n" : ""}`);
	else if (done === total || done === 0) process.stderr.write(`${text}\n`);
}

/** @param {string} makefile @returns {Promise<number>} */
async function countSteps(makefile) {
	const child = spawn("make", ["-n", "-f", makefile], { stdio: ["ignore", "pipe", "pipe"] });
	let output = "";
	child.stdout.setEncoding("utf8").on("data", (text) => (output += text));
	child.stderr.resume();
	await new Promise((resolve) => child.on("close", resolve));
	return output.split("\n").filter((line) => line.startsWith('echo "# ')).length;
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

/** @param {import("./manifest.mjs").Merged} merged @param {string} out @param {boolean} quiet */
function compile(merged, out, quiet) {
	const stampFile = path.join(out, "modules.stamp");
	/** @type {{ key: string, files: string[], stamp: string }} */
	let previous = { key: "", files: [], stamp: "" };
	try {
		previous = JSON.parse(fs.readFileSync(stampFile, "utf8"));
	} catch {
		// the first build
	}
	const key = JSON.stringify([merged.modules, merged.declarations, merged.compilerOptions]);
	const tools = ["typescript.mjs", "manifest.mjs"].map((name) => fileURLToPath(new URL(name, import.meta.url)));
	if (previous.key === key && previous.stamp === stampOf([...previous.files, ...tools])) return;
	if (!quiet) process.stderr.write(`TypeScript, ${merged.modules.length} modules\n`);
	fs.rmSync(stampFile, { force: true });
	const files = [...compileModules(merged, out, root), ...merged.modules.map(({ source }) => source)];
	fs.writeFileSync(stampFile, JSON.stringify({ key, files, stamp: stampOf([...files, ...tools]) }));
}

/**
 * @param {Options} options
 * @returns {Promise<{ app: string, image: string, name: string }>}
 */
export async function build(options) {
	const manifest = findManifest(options.manifest);
	const name = path.basename(path.dirname(manifest));
	const variant = variantOf(options);
	const out = path.resolve(options.out ?? path.join(root, "build", name, variant.name));
	const engineOut = path.join(root, "build/engine", variant.name);
	const quiet = !!options.quiet;
	const merged = readManifest(manifest);
	if (!quiet) for (const warning of merged.warnings) process.stderr.write(`warning: ${warning}\n`);
	await withLock(out, async () => {
		compile(merged, out, quiet);
		const natives = writeGenerated(merged, options, out);
		generate.writeIfChanged(path.join(out, "flags"), flagsText(variant, merged));
		generate.writeIfChanged(path.join(out, "Makefile"), appMakefile(merged, variant, out, engineOut));
		fs.mkdirSync(path.join(out, "objects"), { recursive: true });
		await withLock(engineOut, async () => {
			generate.writeIfChanged(path.join(engineOut, "flags"), flagsText(variant));
			generate.writeIfChanged(path.join(engineOut, "Makefile"), engineMakefile(variant, engineOut));
			await make(path.join(engineOut, "Makefile"), "engine", quiet);
		});
		try {
			await make(path.join(out, "Makefile"), name, quiet);
		} catch (error) {
			throw explainLink(error, natives);
		}
	});
	return { app: path.join(out, "app"), image: path.join(out, "image"), name };
}

/** @param {import("./manifest.mjs").Merged} merged @param {Options} options @param {string} out @returns {generate.Natives} */
function writeGenerated(merged, options, out) {
	const generated = path.join(out, "generated");
	const natives = generate.scanNatives(merged, out);
	const names = generate.scanIdentifiers([...merged.cFiles, ...merged.headers, ...localHeaders(merged)]);
	generate.writeIfChanged(path.join(generated, "mc.defines.h"), generate.definesHeader(merged));
	generate.writeIfChanged(path.join(generated, "mc.xs.h"), generate.xsHeader(natives, names));
	generate.writeIfChanged(path.join(generated, "sim_tables.c"), generate.tableSource(natives, names));
	generate.writeIfChanged(modulePath(out, "mc/config"), generate.configModule(merged, options.config ?? {}));
	fs.chmodSync(modulePath(out, "mc/config"), 0o600); // keys may be in it
	generate.writeIfChanged(path.join(out, "image"), generate.image(merged, out, options.caps !== false));
	return natives;
}

/** Headers beside the C files, which may use identifiers too. @param {import("./manifest.mjs").Merged} merged */
function localHeaders(merged) {
	const folders = new Set([...merged.cFolders, ...merged.cFiles.map((file) => path.dirname(file))]);
	return [...folders].flatMap((folder) =>
		fs
			.readdirSync(folder)
			.filter((name) => name.endsWith(".h"))
			.map((name) => path.join(folder, name)),
	);
}

/** @param {string} given a manifest or its folder */
function findManifest(given) {
	const status = fs.statSync(given, { throwIfNoEntry: false });
	const file = status?.isDirectory() ? path.join(given, "manifest.json") : given;
	if (!fs.existsSync(file)) throw new BuildError(`${file}: no such manifest`);
	return path.resolve(file);
}
