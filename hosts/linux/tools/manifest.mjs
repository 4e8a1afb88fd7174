// SPDX-License-Identifier: Apache-2.0
// @ts-check
// Reads Moddable manifests for a platform ("lin", unless asked for another) and merges them as mcconfig does: includes
// depth first, each once, a manifest over those that it includes.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { checkMain, checkManifest } from "./check.mjs";
import { readJSON } from "./json.mjs";
import { BuildError } from "./words.mjs";

/** Where the simulator's stand-ins for $(MODDABLE)/… lie. */
export const standIns = fileURLToPath(new URL("../modules", import.meta.url));

/** @typedef {{ [key: string]: any }} Json */
/** @typedef {{ specifier: string, source: string, kind: "ts" | "js" | "json" }} ModuleFile */
/**
 * @typedef {object} Merged
 * @property {string[]} manifests the files read
 * @property {Json} config
 * @property {Json} creation
 * @property {Json} defines
 * @property {string[]} preload
 * @property {Json} compilerOptions
 * @property {string[]} warnings
 * @property {Record<string, string>} variables
 * @property {ModuleFile[]} modules
 * @property {{ specifier: string, source: string }[]} declarations
 * @property {string[]} cFiles
 * @property {string[]} headers
 * @property {string[]} cFolders
 * @property {{ name: string, source: string }[]} data
 * @property {Json[]} dependencies of the platform's entries: components of ESP-IDF or of Espressif's registry
 */

/** @param {any} value @returns {value is Json} */
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
/** @param {any} value @returns {any[]} */
const list = (value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]);

/** @param {Json} target @param {Json | undefined} source */
function merge(target, source) {
	for (const [name, value] of Object.entries(source ?? {})) {
		if (isObject(target[name]) && isObject(value)) merge(target[name], value);
		else target[name] = isObject(value) ? structuredClone(value) : value;
	}
}

/**
 * The entry of `platforms` that applies: exactly one, or none. For "esp32/name": the first that names the board, else the
 * family's.
 * @param {Json | undefined} platforms @param {string} platform @returns {Json | undefined}
 */
function matchPlatform(platforms, platform) {
	if (!platforms) return undefined;
	const [family, board] = /** @type {[string, string?]} */ (platform.split("/"));
	const names = board === undefined ? [] : [platform, `${family}/*`, `*/${board}`];
	const found = Object.keys(platforms).find((name) => names.includes(name)) ?? family;
	return platforms[found] ?? platforms["..."];
}

class Reader {
	/** @type {Map<string, Json>} in merge order once complete */
	manifests = new Map();
	/** @type {Set<string>} */
	seen = new Set();
	/** @type {string[]} */
	warnings = [];
	/** @type {Set<string>} */
	inputs;
	/** @type {Record<string, string>} */
	variables = {
		MODDABLE: standIns,
		MODULES: path.join(standIns, "modules"),
		BUILD: path.join(standIns, "build"),
		BUILD_SIMULATOR: path.join(standIns, "build/simulators"),
	};

	/**
	 * @param {Set<string>} inputs the files that are read are added
	 * @param {string} platform @param {Record<string, string>} variables
	 */
	constructor(inputs, platform, variables) {
		this.inputs = inputs;
		this.platform = platform;
		Object.assign(this.variables, variables);
	}

	/** @param {string} text @param {string} where */
	resolve(text, where) {
		return text.replace(/\$\(([^)]+)\)/g, (_, name) => {
			const value = this.variables[name] ?? process.env[name];
			if (value === undefined) throw new BuildError(`${where}: $(${name}) is not defined`);
			return value;
		});
	}

	/** @param {Json | undefined} build @param {string} file */
	readBuild(build, file) {
		for (const [key, value] of Object.entries(build ?? {})) {
			const where = `${file}: build: ${key}`;
			if (typeof value !== "string" && typeof value !== "number") throw new BuildError(`${where}: not a string`);
			if (key === "LIBRARIES" || key === "C_FLAGS") {
				this.variables[key] =
					this.variables[key] === undefined ? `${value}` : `${this.variables[key]} ${value}`;
			} else if (key.endsWith(" ?=")) {
				const name = key.slice(0, -3);
				if (name in this.variables) continue;
				this.variables[name] = process.env[name] ?? this.resolvePath(`${value}`, file, where);
			} else if (!(key in this.variables) || !["MODDABLE", "MODULES", "BUILD", "BUILD_SIMULATOR"].includes(key)) {
				this.variables[key] = this.resolvePath(`${value}`, file, where);
			}
		}
	}

	/** @param {string} value @param {string} file @param {string} where */
	resolvePath(value, file, where) {
		const resolved = this.resolve(value, where);
		return resolved.startsWith("./") ? path.join(path.dirname(file), resolved) : resolved;
	}

	/** @param {string} file */
	read(file) {
		if (this.seen.has(file)) return;
		this.seen.add(file);
		this.inputs.add(file);
		const manifest = readJSON(file);
		if (!isObject(manifest)) throw new BuildError(`${file}: not an object`);
		this.warnings.push(...checkManifest(file, manifest));
		this.readBuild(manifest.build, file);
		const platform = matchPlatform(manifest.platforms, this.platform);
		this.readBuild(platform?.build, file);
		for (const include of [...list(manifest.include), ...list(platform?.include)]) this.include(include, file);
		this.manifests.set(file, manifest);
	}

	/** @param {any} include @param {string} file */
	include(include, file) {
		const where = `${file}: include`;
		if (typeof include !== "string")
			throw new BuildError(`${where}: only paths are supported, not ${JSON.stringify(include)}`);
		const target = path.resolve(path.dirname(file), this.resolve(include, where));
		if (!fs.existsSync(target)) {
			const hint = target.startsWith(standIns) ? "the simulator has no stand-in for it" : `there is no ${target}`;
			throw new BuildError(`${where}: ${include}: not found (${hint})`);
		}
		this.read(fs.realpathSync(target));
	}
}

/** @param {string} name "a.d.ts" → ["a", ".d.ts"] @returns {[string, string]} */
function splitName(name) {
	if (name.endsWith(".d.ts")) return [name.slice(0, -5), ".d.ts"];
	const extension = path.extname(name);
	return [name.slice(0, name.length - extension.length), extension];
}

/**
 * The files that one source of `modules`, `data` or `resources` names, with the target of each.
 * @param {string} source @param {string} target @param {string} where @param {string[]} folders
 * @returns {{ target: string, file: string, extension: string }[]}
 */
function match(source, target, where, folders) {
	const directory = path.dirname(source.endsWith("/") ? `${source}x` : source);
	if (!fs.existsSync(directory)) throw new BuildError(`${where}: ${source}: no such folder`);
	if (source.endsWith("/")) {
		folders.push(directory);
		return [];
	}
	const pattern = path.basename(source);
	const star = pattern.lastIndexOf("*");
	const targetStar = target.lastIndexOf("*");
	const found = [];
	for (const name of fs.readdirSync(directory).sort()) {
		const file = path.join(directory, name);
		if (name.startsWith(".") || !fs.statSync(file).isFile()) continue;
		const [base, extension] = splitName(name);
		let part;
		if (star >= 0) {
			if (!base.startsWith(pattern.slice(0, star))) continue;
			part = base.slice(star);
		} else if (base === pattern) part = pattern;
		else if (name === pattern) part = splitName(pattern)[0];
		else continue;
		found.push({
			target: targetStar >= 0 ? target.slice(0, targetStar) + part : target,
			file: fs.realpathSync(file),
			extension,
		});
	}
	if (!found.length && star < 0) throw new BuildError(`${where}: ${source}: no file matches`);
	return found;
}

/** Applies the rules of `modules` and `data` to the sources of all manifests. */
class Rules {
	/** @type {Merged} */
	merged;
	/** @type {Map<string, string>} */
	specifiers = new Map();
	/** @type {Map<string, string>} */
	bases = new Map();

	/** @param {Merged} merged */
	constructor(merged) {
		this.merged = merged;
	}

	/** @param {Record<string, { source: string, where: string }[]>} rules @param {(target: string, file: string, extension: string, where: string) => void} add */
	apply(rules, add) {
		const already = new Set();
		for (const { source, where } of rules["~"] ?? []) {
			for (const { file } of match(source, "~", where, [])) already.add(file);
		}
		for (const [key, sources] of Object.entries(rules)) {
			if (key === "~") continue;
			for (const { source, where } of sources) {
				for (const { target, file, extension } of match(source, key, where, this.merged.cFolders)) {
					if (already.has(file)) continue;
					already.add(file);
					add(target, file, extension, where);
				}
			}
		}
	}

	/** @param {string} target @param {string} file @param {string} extension @param {string} where */
	addModule(target, file, extension, where) {
		const { merged } = this;
		switch (extension) {
			case ".ts":
				return this.addScript(target, file, "ts", where);
			case ".js":
			case ".mjs":
				return this.addScript(target, file, "js", where);
			case ".json":
				if (!path.basename(file).startsWith("manifest")) this.addScript(target, file, "json", where);
				return;
			case ".d.ts":
				merged.declarations.push({ specifier: target, source: file });
				return;
			case ".h":
				if (!merged.cFolders.includes(path.dirname(file))) merged.cFolders.push(path.dirname(file));
				merged.headers.push(file);
				return;
			case ".c":
			case ".cc":
			case ".cpp": {
				const base = path.basename(file);
				const other = this.bases.get(base);
				if (other)
					throw new BuildError(
						`${where}: ${file} and ${other} have the same name: all C files of a build share one folder of objects`,
					);
				this.bases.set(base, file);
				merged.cFiles.push(file);
				return;
			}
		}
	}

	/** @param {string} specifier @param {string} source @param {ModuleFile["kind"]} kind @param {string} where */
	addScript(specifier, source, kind, where) {
		const other = this.specifiers.get(specifier);
		if (other) throw new BuildError(`${where}: module "${specifier}" is both ${other} and ${source}`);
		this.specifiers.set(specifier, source);
		this.merged.modules.push({ specifier, source, kind });
	}
}

/** @param {Json} options @param {Json} from @param {(text: string) => string} resolve */
function mergeCompilerOptions(options, from, resolve) {
	for (const [name, value] of Object.entries(from)) {
		const mapped = JSON.parse(JSON.stringify(value), (_, item) =>
			typeof item === "string" ? resolve(item) : item,
		);
		if (Array.isArray(mapped)) options[name] = [...mapped, ...(options[name] ?? [])];
		else if (isObject(mapped)) merge((options[name] ??= {}), mapped);
		else options[name] = mapped;
	}
}

/**
 * @param {string} file the application's manifest
 * @param {Set<string>} [inputs] is told which manifests were read, also when one has errors
 * @param {{ platform?: string, variables?: Record<string, string> }} [options] "lin" (the default), "esp32", or "esp32/" and
 * a board's name; and what $(NAME) stands for, beside the simulator's
 * @returns {Merged}
 */
export function readManifest(file, inputs = new Set(), { platform = "lin", variables = {} } = {}) {
	const reader = new Reader(inputs, platform, variables);
	reader.read(fs.realpathSync(file));
	/** @type {Merged} */
	const merged = {
		manifests: [...reader.manifests.keys()],
		config: {},
		creation: {},
		defines: {},
		preload: [],
		compilerOptions: {},
		warnings: reader.warnings,
		variables: reader.variables,
		modules: [],
		declarations: [],
		cFiles: [],
		headers: [],
		cFolders: [],
		data: [],
		dependencies: [],
	};
	/** @type {{ modules: Record<string, any[]>, data: Record<string, any[]> }} */
	const rules = { modules: {}, data: {} };
	const errors = [];
	for (const [where, manifest] of reader.manifests) {
		const entry = matchPlatform(manifest.platforms, platform);
		merged.dependencies.push(...list(entry?.dependency));
		for (const part of [manifest, entry]) {
			if (!part) continue;
			merge(merged.config, part.config);
			merge(merged.creation, part.creation);
			merge(merged.defines, part.defines);
			merged.preload.push(...list(part.preload));
			merged.warnings.push(...list(part.warning).map((text) => `${where}: ${text}`));
			errors.push(...list(part.error).map((text) => `${where}: ${text}`));
			mergeCompilerOptions(merged.compilerOptions, part.typescript?.tsconfig?.compilerOptions ?? {}, (text) =>
				reader.resolve(text, where),
			);
			collect(rules.modules, part.modules, where, "modules", reader);
			collect(rules.data, part.data, where, "data", reader);
			collect(rules.data, part.resources, where, "resources", reader);
		}
	}
	if (errors.length) throw new BuildError(errors.join("\n"));
	const apply = new Rules(merged);
	apply.apply(rules.data, (target, source, extension) => merged.data.push({ name: target + extension, source }));
	const taken = new Set(merged.data.map(({ source }) => source));
	apply.apply(rules.modules, (target, source, extension, where) => {
		if (!taken.has(source)) apply.addModule(target, source, extension, where);
	});
	checkMain(file, merged);
	return merged;
}

/** @param {Record<string, any[]>} rules @param {Json | undefined} property @param {string} file @param {string} name @param {Reader} reader */
function collect(rules, property, file, name, reader) {
	for (const [target, sources] of Object.entries(property ?? {})) {
		const where = `${file}: ${name}: "${target}"`;
		for (const source of list(sources)) {
			if (typeof source !== "string") throw new BuildError(`${where}: not a path: ${JSON.stringify(source)}`);
			const resolved = reader.resolve(source, where);
			const absolute = path.resolve(path.dirname(file), resolved) + (resolved.endsWith("/") ? "/" : "");
			(rules[target] ??= []).push({ source: absolute, where });
		}
	}
}
