// SPDX-License-Identifier: Apache-2.0
// @ts-check
// npm start: sets up what is missing, then builds and runs an example.
import fs from "node:fs";
import path from "node:path";
import { ensureNpm, ensureSystem } from "./setup.mjs";
import { root } from "./tools/build.mjs";
import { readJSON } from "./tools/json.mjs";
import { launch } from "./tools/launch.mjs";
import { convert, findTaken, isBundle, Refusal } from "./tools/options.mjs";
import { meant } from "./tools/words.mjs";

/** @typedef {import("./tools/options.mjs").Option} Option */

const examples = fs
	.readdirSync(path.join(root, "examples"))
	.filter((name) => fs.existsSync(path.join(root, "examples", name, "manifest.json")))
	.filter((name) => fs.existsSync(path.join(root, "examples", name, "options.json")));

/** The options of a file and of those that it includes. @param {string} file @returns {Record<string, Option>} */
function readOptions(file) {
	const { include = [], ...own } = readJSON(file);
	const included = include.map((/** @type {string} */ name) => readOptions(path.join(path.dirname(file), name)));
	const names = included.flatMap(Object.keys);
	const twice = names.find((name, i) => names.indexOf(name) < i && !own[name]);
	if (twice) throw new Error(`${file}: two of the files that it includes have an option "${twice}"`);
	return Object.assign({}, ...included, own);
}

/** @param {string[]} words @returns {string} */
function exampleOf(words) {
	const index = words.findIndex((word) => /^--example(=|$)/.test(word));
	if (index < 0) return "lan-camera";
	const name = words[index]?.split("=")[1] ?? words[index + 1] ?? "";
	if (examples.includes(name)) return name;
	const likely = meant(name, examples);
	process.stderr.write(
		`--example ${name}: there is ${examples.join(", ")}${likely ? `; is ${likely} meant?` : ""}\n`,
	);
	process.exit(2);
}

const words = process.argv.slice(2);
const example = exampleOf(words);
const options = readOptions(path.join(root, "examples", example, "options.json"));

function usage() {
	const line = (/** @type {string} */ name, /** @type {string} */ text) => `  ${name.padEnd(24)} ${text}\n`;
	return [
		`usage: npm start -- [--example NAME] [options of ${example}]\n\n`,
		line("--example NAME", `which example: ${examples.join(", ")} (lan-camera)`),
		...Object.entries(options).map(([name, { value = "", text, environment }]) =>
			line(`--${name} ${value}`, environment ? `${text} [$${environment}]` : text),
		),
		line("--bits N", "32: as on a device, slots of 16 bytes (64)"),
		line("--stats", "print the machine's heaps and counters at the end"),
		line("--watch", "build and start again when a file of it changes"),
		line("-h, --help", "this text"),
	].join("");
}

/** @param {string} message @returns {never} */
function fail(message) {
	process.stderr.write(`${message}\n\n${usage()}`);
	process.exit(2);
}

/** @param {string} source what the user has set @param {Option} option @param {string} value */
function take(source, option, value) {
	try {
		return convert(source, option, value);
	} catch (error) {
		if (error instanceof Refusal) fail(error.message);
		throw error;
	}
}

/** @param {string} word */
function unknown(word) {
	const likely = meant(word.replace(/^--?/, ""), [
		...Object.keys(options),
		"example",
		"bits",
		"stats",
		"watch",
		"help",
	]);
	return fail(`${word}: unknown option${likely ? `; is --${likely} meant?` : ""}`);
}

function parse() {
	const parsed = { stats: false, watch: false, config: fromEnvironment() };
	for (let i = 0; i < words.length; i++) {
		const [word, inline] = /** @type {[string, string | undefined]} */ (
			/** @type {string} */ (words[i]).split(/=(.*)/s, 2)
		);
		const option = word.startsWith("--") ? options[word.slice(2)] : undefined;
		if (word === "--stats" || word === "--watch") parsed[/** @type {"stats" | "watch"} */ (word.slice(2))] = true;
		else if (word === "--bits") process.env.SIM_BITS = inline ?? words[++i] ?? "";
		else if (!option && word !== "--example") unknown(word);
		else {
			const given = inline ?? (option?.kind === "flag" ? "true" : words[++i]);
			const value = given ?? fail(`${word}: no value given`);
			if (option) parsed.config[word.slice(2)] = take(word, option, value);
		}
	}
	return parsed;
}

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
		return [[name, take(`$${environment}`, option, value)]];
	});
	return Object.fromEntries(set);
}

/** Ports that cannot be had, which is better said before a build. @param {Record<string, string>} config */
async function checkPorts(config) {
	const preset = readJSON(path.join(root, "examples", example, "manifest.json")).config ?? {};
	for (const [name, option] of Object.entries(options)) {
		const taken = await findTaken(name, option, Number(config[name] ?? preset[name] ?? 0));
		if (!taken) continue;
		process.stderr.write(`${taken}\n`);
		process.exit(1);
	}
}

if (words.includes("--help") || words.includes("-h")) process.stdout.write(usage());
else {
	const { stats, watch, config } = parse();
	await checkPorts(config);
	ensureSystem("run");
	ensureNpm("run");
	process.exitCode = await launch({ manifest: path.join(root, "examples", example), stats, watch, config });
}
