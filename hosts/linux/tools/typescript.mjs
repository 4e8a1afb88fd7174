// SPDX-License-Identifier: Apache-2.0
// @ts-check
// Type-checks the program as a whole and writes one JavaScript module per specifier, with source maps: the engine
// reports the lines of the TypeScript.
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { BuildError } from "./manifest.mjs";

/** @typedef {import("./manifest.mjs").Merged} Merged */

/** @param {string} out @param {string} specifier */
export const modulePath = (out, specifier) => path.join(out, "modules", `${specifier}.js`);

/** @param {Merged} merged @param {string} root @returns {any} */
function compilerOptions(merged, root) {
	/** @type {Record<string, string[]>} */
	const paths = {};
	for (const { specifier, source } of merged.modules) paths[specifier] = [source];
	for (const { specifier, source } of merged.declarations) paths[specifier] ??= [source];
	const { types = [], ...given } = merged.compilerOptions;
	return {
		target: "es2022",
		lib: ["es2022"],
		module: "preserve",
		moduleResolution: "bundler",
		strict: true,
		skipLibCheck: true,
		allowJs: true,
		checkJs: false,
		resolveJsonModule: true,
		removeComments: true,
		sourceMap: true,
		...given,
		types: types.filter((/** @type {string} */ name) => fs.existsSync(`${name}.d.ts`)),
		paths: { ...given.paths, ...paths },
		rootDir: "/",
		outDir: path.join(root, "unused"),
		noEmit: false,
		declaration: false,
	};
}

/** @param {string} folder @returns {string[]} the .d.ts files under it */
function declarationFiles(folder) {
	if (!fs.existsSync(folder)) return [];
	return fs
		.readdirSync(folder, { recursive: true })
		.map((name) => path.join(folder, `${name}`))
		.filter((name) => name.endsWith(".d.ts"));
}

/**
 * @param {Merged} merged
 * @param {string} out
 * @param {string} root the project's folder; paths in messages are relative to the current folder
 * @returns {string[]} the files that took part
 */
export function compileModules(merged, out, root) {
	const require = createRequire(path.join(root, "package.json"));
	/** @type {import("typescript")} */
	const ts = require("typescript");
	const { options, errors } = ts.convertCompilerOptionsFromJson(compilerOptions(merged, out), root);
	if (errors.length) throw new BuildError(format(ts, errors));
	const bySource = new Map(merged.modules.map((module) => [module.source, module]));
	const program = ts.createProgram({
		rootNames: [
			...merged.modules.filter(({ kind }) => kind !== "json").map(({ source }) => source),
			...merged.declarations.map(({ source }) => source),
			...declarationFiles(path.join(root, "types")),
		],
		options,
	});
	const diagnostics = ts.getPreEmitDiagnostics(program);
	if (diagnostics.length) throw new BuildError(format(ts, diagnostics));
	fs.rmSync(path.join(out, "modules"), { recursive: true, force: true });
	const { emitSkipped } = program.emit(undefined, (file, text, _bom, _error, sources) => {
		const source = sources?.[0]?.fileName;
		const module = source === undefined ? undefined : bySource.get(fs.realpathSync(source));
		if (!module || module.kind === "json") return;
		const target = modulePath(out, module.specifier);
		fs.mkdirSync(path.dirname(target), { recursive: true });
		if (file.endsWith(".map")) fs.writeFileSync(`${target}.map`, rewriteMap(text, module.source, root));
		else fs.writeFileSync(target, text);
	});
	if (emitSkipped) throw new BuildError("TypeScript wrote nothing");
	for (const { specifier, source, kind } of merged.modules)
		if (kind === "json") writeJsonModule(out, specifier, source);
	return program.getSourceFiles().map(({ fileName }) => fileName);
}

/** Names the source as the engine will report it. @param {string} text @param {string} source @param {string} root */
function rewriteMap(text, source, root) {
	const relative = path.relative(root, source);
	const { mappings } = JSON.parse(text);
	return JSON.stringify({ version: 3, sources: [relative.startsWith("..") ? source : relative], mappings });
}

/** @param {string} out @param {string} specifier @param {string} source */
function writeJsonModule(out, specifier, source) {
	const target = modulePath(out, specifier);
	fs.mkdirSync(path.dirname(target), { recursive: true });
	let value;
	try {
		value = JSON.parse(fs.readFileSync(source, "utf8"));
	} catch (error) {
		throw new BuildError(`${source}: ${/** @type {Error} */ (error).message}`);
	}
	fs.writeFileSync(target, `export default ${JSON.stringify(value)};\n`);
}

/** @param {import("typescript")} ts @param {readonly import("typescript").Diagnostic[]} diagnostics */
function format(ts, diagnostics) {
	const host = {
		getCanonicalFileName: (/** @type {string} */ name) => name,
		getCurrentDirectory: () => process.cwd(),
		getNewLine: () => "\n",
	};
	return process.stdout.isTTY
		? ts.formatDiagnosticsWithColorAndContext(diagnostics, host)
		: ts.formatDiagnostics(diagnostics, host).trimEnd();
}
