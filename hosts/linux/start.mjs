// SPDX-License-Identifier: Apache-2.0
// @ts-check
// npm start: sets up what is missing, then builds and runs an example.
import fs from "node:fs";
import path from "node:path";
import { ensureNpm, ensureSystem } from "./setup.mjs";
import { launch } from "./tools/launch.mjs";
import { root } from "./tools/build.mjs";

/**
 * An option of an example. It goes to mc/config: a number, the absolute path of a file, or what is in the file; else as
 * it is, a flag as "true". An environment variable may stand in for it.
 * @typedef {{ value?: string, text: string, kind?: "number" | "path" | "file" | "flag", environment?: string }} Option
 */

const examples = fs
	.readdirSync(path.join(root, "examples"))
	.filter((name) => fs.existsSync(path.join(root, "examples", name, "manifest.json")))
	.filter((name) => fs.existsSync(path.join(root, "examples", name, "options.json")));

/** The options of a file and of those that it includes. @param {string} file @returns {Record<string, Option>} */
function readOptions(file) {
	const { include = [], ...own } = JSON.parse(fs.readFileSync(file, "utf8"));
	const included = include.map((/** @type {string} */ name) => readOptions(path.join(path.dirname(file), name)));
	return Object.assign({}, ...included, own);
}

/** @param {string[]} words @returns {string} */
function exampleOf(words) {
	const index = words.findIndex((word) => /^--example(=|$)/.test(word));
	if (index < 0) return "lan-camera";
	const name = words[index]?.split("=")[1] ?? words[index + 1] ?? "";
	if (examples.includes(name)) return name;
	process.stderr.write(`--example ${name}: there is ${examples.join(", ")}\n`);
	process.exit(2);
}

const largestFile = 16_384; // bytes, for mc/config is in the device's memory

const words = process.argv.slice(2);
const example = exampleOf(words);
const options = readOptions(path.join(root, "examples", example, "options.json"));

function usage() {
	const line = (/** @type {string} */ name, /** @type {string} */ text) => `  ${name.padEnd(24)} ${text}\n`;
	return [
		`usage: npm start -- [--example NAME] [options of ${example}]\n\n`,
		line("--example NAME", `which example: ${examples.join(", ")} (lan-camera)`),
		...Object.entries(options).map(([name, { value, text, environment }]) =>
			line(`--${name} ${value ?? ""}`, environment ? `${text} [$${environment}]` : text),
		),
		line("--stats", "print the machine's heaps and counters at the end"),
		line("--help", "this text"),
	].join("");
}

/** @param {string} message @returns {never} */
function fail(message) {
	process.stderr.write(`${message}\n\n${usage()}`);
	process.exit(2);
}

/** npm runs this in the project's folder; INIT_CWD is where the user typed. @param {string} file */
const absolute = (file) => path.resolve(process.env.INIT_CWD ?? process.cwd(), file);

/** @param {string} source what the user has set @param {Option} option @param {string} value */
function convert(source, { kind }, value) {
	if (kind === "number" && !/^\d+$/.test(value)) fail(`${source}: a number, not "${value}"`);
	if (kind !== "path" && kind !== "file") return value;
	const file = absolute(value);
	const isFile = value && fs.statSync(file, { throwIfNoEntry: false })?.isFile();
	if (!isFile) fail(value ? `${source}: there is no file ${file}` : `${source}: no file given`);
	if (kind === "path") return file;
	const text = fs.readFileSync(file, "utf8");
	if (text.length > largestFile) fail(`${source}: ${file} has more than ${largestFile} bytes, too many for a device`);
	return text;
}

function parse() {
	const parsed = { stats: false, config: fromEnvironment() };
	for (let i = 0; i < words.length; i++) {
		const [word, inline] = /** @type {[string, string | undefined]} */ (
			/** @type {string} */ (words[i]).split(/=(.*)/s, 2)
		);
		const name = word.replace(/^--/, "");
		const option = word.startsWith("--") ? options[name] : undefined;
		if (word === "--stats") parsed.stats = true;
		else if (!option && word !== "--example") fail(`${word}: unknown option`);
		else {
			const given = inline ?? (option?.kind === "flag" ? "true" : words[++i]);
			const value = given ?? fail(`${word}: no value given`);
			if (option) parsed.config[name] = convert(word, option, value);
		}
	}
	return parsed;
}

/** The authorities of a whole system, as AWS_CA_BUNDLE often names them: too many for a device. @param {string} file */
const isBundle = (file) => (fs.statSync(absolute(file), { throwIfNoEntry: false })?.size ?? 0) > largestFile;

/** @returns {Record<string, string>} */
function fromEnvironment() {
	const set = Object.entries(options).flatMap(([name, option]) => {
		const { environment } = option;
		const value = environment && process.env[environment];
		if (!value) return [];
		if (option.kind === "file" && isBundle(value)) {
			process.stderr.write(`${environment} is left out: the system's authorities are trusted anyway.\n`);
			return [];
		}
		return [[name, convert(`$${environment}`, option, value)]];
	});
	return Object.fromEntries(set);
}

if (words.includes("--help")) process.stdout.write(usage());
else {
	const { stats, config } = parse();
	ensureSystem("run");
	ensureNpm("run");
	process.exitCode = await launch({ manifest: path.join(root, "examples", example), stats, config });
}
