// SPDX-License-Identifier: Apache-2.0
// @ts-check
// npm run mutate: breaks the control plane in small ways, one at a time, and tells which breakages no unit test notices.
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { mutationsOf } from "./mutations.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
const patience = 300_000; // ms for the tests of one change: a change may make a loop endless
const long = "kvs/(soak|week)"; // what lasts a minute, and is made of what the others try

const usage = `usage: npm run mutate -- [options]

Changes operators, constants, conditions, statements and arguments in copies of the sources, runs the unit tests that
FEATURES.md names for the folder, and lists the changes that these let pass.

  --seed N       which changes (1)
  --count N      how many (60)
  --folder NAME  of these files only (modules)
  --jobs N       at the same time (2)
  -h, --help     this text
`;

/** The unit tests of a folder of modules/, the first that matches. @type {[string, string[]][]} */
const suites = [
	["app", ["app", "strangers", "peer"]],
	["aws", ["aws", "kvs"]],
	["device", ["kvs", "app"]],
	["error", ["app", "peer", "media", "kvs"]],
	["http", ["http", "signaling"]],
	["ice", ["ice", "peer"]],
	["media", ["media", "app"]],
	["peer", ["peer", "app"]],
	["sdp", ["sdp", "peer"]],
	["signaling/kvs", ["kvs"]],
	["signaling/whep", ["signaling", "app"]],
	["", ["app", "http", "ice", "kvs", "peer", "sdp", "signaling"]],
];

/** @typedef {{ file: string, line: number, before: string, after: string, source: string, kind: string }} Change */

/** @param {string[]} words */
function parse(words) {
	const options = { seed: 1, count: 60, jobs: 2, folder: "modules" };
	for (let i = 0; i < words.length; i++) {
		const [, name = "", inline] = /^--(\w+)(?:=(.*))?$/.exec(words[i] ?? "") ?? [];
		const value = inline ?? words[++i];
		if (name === "folder" && value && fs.existsSync(path.join(root, value))) options.folder = value;
		else if ((name === "seed" || name === "count" || name === "jobs") && /^\d+$/.test(value ?? ""))
			options[name] = Number(value);
		else {
			process.stderr.write(`${words[i - 1] ?? words[i]} ${value ?? ""}: not understood\n\n${usage}`);
			process.exit(2);
		}
	}
	return options;
}

/** mulberry32, a generator of 32 bits by Tommy Ettinger. @param {number} seed @returns {() => number} from 0 to 1 */
function generator(seed) {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let value = Math.imul(state ^ (state >>> 15), state | 1);
		value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
		return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
	};
}

/** @param {string} folder @returns {Change[]} all that can be done to the files there */
function allChanges(folder) {
	const isFolder = fs.statSync(path.join(root, folder)).isDirectory();
	const files = isFolder
		? fs
				.readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
				.map((name) => path.join(folder, name))
		: [folder];
	const sources = files.filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts")).sort();
	return sources.flatMap((file) => {
		const source = fs.readFileSync(path.join(root, file), "utf8");
		return mutationsOf(file, source).map(({ start, end, text, kind }) => ({
			file,
			kind,
			line: source.slice(0, start).split("\n").length,
			before: source.slice(start, end),
			after: text,
			source: source.slice(0, start) + text + source.slice(end),
		}));
	});
}

/** @param {Change[]} changes @param {number} count @param {number} seed @returns {Change[]} at most one of a line */
function choose(changes, count, seed) {
	const random = generator(seed);
	const left = [...changes];
	/** @type {Map<string, Change>} */
	const chosen = new Map();
	while (chosen.size < count && left.length) {
		const [change] = left.splice(Math.floor(random() * left.length), 1);
		if (change) chosen.set(`${change.file}:${change.line}`, chosen.get(`${change.file}:${change.line}`) ?? change);
	}
	return [...chosen.values()];
}

/** What the unit tests need of the project, apart from this one, which others may be editing. @param {string} name */
function makeCopy(name) {
	const copy = path.join(root, "build/mutate", name);
	fs.rmSync(copy, { recursive: true, force: true });
	for (const part of [
		"modules",
		"native",
		"examples",
		"types",
		"test",
		"jest.config.mjs",
		"package.json",
		"tsconfig.json",
	])
		fs.cpSync(path.join(root, part), path.join(copy, part), { recursive: true });
	fs.symlinkSync(path.join(root, "node_modules"), path.join(copy, "node_modules"));
	return copy;
}

/** @param {string} file @returns {string[]} */
function suitesOf(file) {
	const [, names = []] = suites.find(([folder]) => file.startsWith(path.join("modules", folder))) ?? [];
	return names.map((name) => `test/unit/${name}`);
}

/** @param {string} copy @param {string[]} tests @returns {Promise<boolean>} whether all pass, in time */
function pass(copy, tests) {
	const jest = path.join(root, "node_modules/jest/bin/jest.js");
	const parameters = [
		"--ci",
		"--bail",
		"--runInBand",
		"--silent",
		"--rootDir",
		copy,
		"--testPathIgnorePatterns",
		long,
		"--",
		...tests,
	];
	const child = spawn("node", [jest, ...parameters], { cwd: copy, stdio: "ignore" });
	const timer = setTimeout(() => child.kill("SIGKILL"), patience);
	return new Promise((resolve) => {
		child.on("close", (code) => {
			clearTimeout(timer);
			resolve(code === 0);
		});
	});
}

/** @param {Change} change */
function describe({ file, line, before, after, kind }) {
	const short = (/** @type {string} */ text) => text.replace(/\s+/g, " ").slice(0, 70);
	return `${file}:${line}  ${short(before)}  →  ${kind === "statement" ? "(removed)" : short(after)}`;
}

/** Tries changes until there are none left. @param {string} copy @param {Change[]} queue @param {(change: Change, killed: boolean) => void} tell */
async function work(copy, queue, tell) {
	for (let change = queue.shift(); change; change = queue.shift()) {
		const file = path.join(copy, change.file);
		const original = fs.readFileSync(file, "utf8");
		fs.writeFileSync(file, change.source);
		const killed = !(await pass(copy, suitesOf(change.file)));
		fs.writeFileSync(file, original);
		tell(change, killed);
	}
}

const words = process.argv.slice(2);
if (words.includes("--help") || words.includes("-h")) {
	process.stdout.write(usage);
	process.exit(0);
}
const options = parse(words);
const changes = choose(allChanges(options.folder), options.count, options.seed);
const copies = Array.from({ length: options.jobs }, (_, i) => makeCopy(`${i}`));
const needed = [...new Set(changes.flatMap(({ file }) => suitesOf(file)))];
console.log(`${changes.length} changes of ${options.folder}, seed ${options.seed}`);
if (!(await pass(copies[0] ?? "", needed))) {
	console.error("Without any change, the tests do not pass, or not in time.");
	process.exit(1);
}
/** @type {Change[]} */
const survivors = [];
let done = 0;
const tell = (/** @type {Change} */ change, /** @type {boolean} */ killed) => {
	done++;
	if (killed) return;
	survivors.push(change);
	console.log(`${done}/${changes.length} survived: ${describe(change)}`);
};
const queue = [...changes];
await Promise.all(copies.map((copy) => work(copy, queue, tell)));
fs.rmSync(path.join(root, "build/mutate"), { recursive: true, force: true });
console.log(
	`\n${changes.length - survivors.length} of ${changes.length} killed${survivors.length ? "; survivors:" : ""}`,
);
for (const survivor of survivors.sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line))
	console.log(`  ${describe(survivor)}`);
