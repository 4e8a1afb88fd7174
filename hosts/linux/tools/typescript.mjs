// SPDX-License-Identifier: Apache-2.0
// @ts-check
// Type-checks the program as a whole and writes one JavaScript module per specifier, with source maps: the engine
// reports the lines of the TypeScript. What TypeScript knows of the last time is kept in a file, and by those who build
// again and again in memory, so that only what a change touches is checked and written.
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { readJSON } from "./json.mjs";
import { BuildError } from "./words.mjs";

/** What the modules of the simulator declare. */
const types = fileURLToPath(new URL("../types", import.meta.url));

/** @typedef {import("./manifest.mjs").Merged} Merged */
/** @typedef {import("typescript").EmitAndSemanticDiagnosticsBuilderProgram} Builder */

/** What a process that builds an application again keeps of it. */
export class Memory {
	/** @type {Map<string, { stamp: string, file: import("typescript").SourceFile | undefined }>} */
	files = new Map();
	/** @type {Builder | undefined} the last one that had no errors */
	builder;
}

/** @param {string} out @param {string} specifier */
export const modulePath = (out, specifier) => path.join(out, "modules", `${specifier}.js`);

/** @param {string} out */
const buildInfoFile = (out) => path.join(out, "modules.tsbuildinfo");

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
		incremental: true,
		tsBuildInfoFile: buildInfoFile(root),
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

/** Whether all that a build writes is there. @param {Merged} merged @param {string} out */
export const isComplete = (merged, out) =>
	merged.modules.every(({ specifier }) => fs.existsSync(modulePath(out, specifier)));

/** Removes what former builds have written. @param {string} out */
function discard(out) {
	fs.rmSync(buildInfoFile(out), { force: true });
	fs.rmSync(path.join(out, "modules"), { recursive: true, force: true });
}

/**
 * Files that did not change are not parsed again.
 * @param {import("typescript")} ts @param {import("typescript").CompilerOptions} options @param {Memory} memory
 */
function hostOf(ts, options, memory) {
	const host = ts.createIncrementalCompilerHost(options);
	const read = host.getSourceFile.bind(host);
	host.getSourceFile = (name, ...rest) => {
		const status = fs.statSync(name, { throwIfNoEntry: false });
		const stamp = `${status?.mtimeMs} ${status?.size}`;
		const known = memory.files.get(name);
		if (status && known?.stamp === stamp) return known.file;
		const file = read(name, ...rest);
		memory.files.set(name, { stamp, file });
		return file;
	};
	return host;
}

/**
 * @param {Merged} merged
 * @param {string} out
 * @param {string} root the project's folder; paths in messages are relative to the current folder
 * @param {boolean} same whether what the last build wrote is there, and was of the same modules and options
 * @param {Memory} memory
 * @returns {string[]} the files that took part
 */
export function compileModules(merged, out, root, same, memory) {
	const require = createRequire(path.join(root, "package.json"));
	/** @type {import("typescript")} */
	const ts = require("typescript");
	const { options, errors } = ts.convertCompilerOptionsFromJson(compilerOptions(merged, out), root);
	if (errors.length) throw new BuildError(format(ts, errors));
	const rootNames = [
		...merged.modules.filter(({ kind }) => kind !== "json").map(({ source }) => source),
		...merged.declarations.map(({ source }) => source),
		...declarationFiles(types),
	];
	const host = hostOf(ts, options, memory);
	if (!same) discard(out);
	const last = /** @type {Builder | undefined} */ (
		same ? (memory.builder ?? ts.readBuilderProgram(options, host)) : undefined
	);
	const builder = ts.createEmitAndSemanticDiagnosticsBuilderProgram(rootNames, options, host, last);
	const diagnostics = ts.getPreEmitDiagnostics(/** @type {any} */ (builder));
	if (diagnostics.length) throw new BuildError(format(ts, diagnostics));
	write(builder, merged, out, root);
	memory.builder = builder;
	for (const { specifier, source, kind } of merged.modules)
		if (kind === "json") writeJsonModule(out, specifier, source);
	return builder.getSourceFiles().map(({ fileName }) => fileName);
}

/** Writes what changed. @param {Builder} builder @param {Merged} merged @param {string} out @param {string} root */
function write(builder, merged, out, root) {
	const bySource = new Map(merged.modules.map((module) => [module.source, module]));
	const { emitSkipped } = builder.emit(undefined, (file, text, _bom, _error, sources) => {
		if (file === buildInfoFile(out)) return fs.writeFileSync(file, text);
		const source = sources?.[0]?.fileName;
		const module = source === undefined ? undefined : bySource.get(fs.realpathSync(source));
		if (!module || module.kind === "json") return;
		const target = modulePath(out, module.specifier);
		fs.mkdirSync(path.dirname(target), { recursive: true });
		if (file.endsWith(".map")) fs.writeFileSync(`${target}.map`, rewriteMap(text, module.source, root));
		else fs.writeFileSync(target, text);
	});
	if (emitSkipped) throw new BuildError("TypeScript wrote nothing");
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
	fs.writeFileSync(target, `export default ${JSON.stringify(readJSON(source))};\n`);
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
