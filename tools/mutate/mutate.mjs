// SPDX-License-Identifier: Apache-2.0
// @ts-check
// npm run mutate: breaks the control plane in small ways, one at a time, and tells which breakages no test notices.
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { allChanges, choose, describe } from "./changes.mjs";

/** @typedef {import("./changes.mjs").Change} Change */

const ours = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
const patience = 1_200_000; // ms for all tests without any change
const long = "kvs/(soak|week)"; // what lasts a minute, and is made of what the others try

const usage = `usage: npm run mutate -- [options]

Changes operators, constants, conditions, statements and arguments in copies of the sources, runs the tests that
FEATURES.md names for the folder, and lists the changes that these let pass.

  --seed N        which changes (1)
  --count N       how many (60)
  --folder NAME   of these files only (modules)
  --from N        the first of them that is tried (1): they are in the order of files and lines
  --to N          the last (all)
  --jobs N        at the same time (2)
  --project NAME  of another folder that is arranged as this one (this one)
  -h, --help      this text
`;

/** The tests of a folder of modules/, the first that matches. @type {[string, string[]][]} */
const suites = [
	["app", ["unit/app", "unit/peer"]],
	["aws", ["unit/aws", "unit/kvs"]],
	["codec", ["unit/codec", "unit/sdp", "unit/media"]],
	["device", ["unit/device", "unit/kvs", "unit/app"]],
	["error", ["unit/guard", "unit/app", "unit/peer", "unit/media", "unit/kvs"]],
	["http", ["unit/http", "unit/signaling", "unit/aws"]],
	["ice", ["unit/ice", "unit/peer"]],
	["media", ["unit/media", "unit/app"]],
	["peer", ["unit/peer", "wpt", "unit/app"]],
	["sdp", ["unit/sdp", "unit/peer"]],
	["signaling/apprtc", ["unit/apprtc", "unit/signaling"]],
	["signaling/go2rtc", ["unit/go2rtc", "unit/signaling"]],
	["signaling/kvs", ["unit/kvs"]],
	["signaling/openai", ["unit/openai", "unit/whip"]],
	["signaling/whep", ["unit/signaling", "unit/whip", "unit/app"]],
	["signaling/whip", ["unit/whip", "unit/signaling"]],
	["signaling", ["unit/signaling", "unit/kvs"]],
	["text", ["unit/text", "unit/http", "unit/sdp"]],
	["websocket", ["unit/websocket", "unit/kvs"]],
	["", ["unit"]],
];

/** @param {string} why @returns {never} */
function refuse(why) {
	process.stderr.write(`${why}\n\n${usage}`);
	process.exit(2);
}

/** @param {string} name @returns {name is "seed" | "count" | "from" | "to" | "jobs"} */
const isNumber = (name) => ["seed", "count", "from", "to", "jobs"].includes(name);

/** @param {string[]} words */
function parse(words) {
	const options = { seed: 1, count: 60, from: 1, to: Infinity, jobs: 2, folder: "modules", project: ours };
	for (let i = 0; i < words.length; i++) {
		const [, name = "", inline] = /^--(\w+)(?:=(.*))?$/.exec(words[i] ?? "") ?? [];
		const value = inline ?? words[++i] ?? "";
		if ((name === "folder" || name === "project") && value) options[name] = value;
		else if (isNumber(name) && /^\d+$/.test(value)) options[name] = Number(value);
		else refuse(`--${name || words[i - 1]} ${value}: not understood`);
	}
	if (options.jobs === 0) refuse("--jobs 0: nobody would do it");
	if (options.from === 0) refuse("--from 0: the first is 1");
	if (!fs.existsSync(path.join(options.project, options.folder))) refuse(`--folder ${options.folder}: there is none`);
	return options;
}

const parts = "modules native examples hosts types test jest.config.mjs package.json tsconfig.json".split(" ");

/** What the tests need of the project, apart from it, as others may be editing. @param {string} project @param {string} name */
function makeCopy(project, name) {
	const copy = path.join(project, "build/mutate", name);
	fs.rmSync(copy, { recursive: true, force: true });
	fs.mkdirSync(copy, { recursive: true });
	for (const part of parts.filter((part) => fs.existsSync(path.join(project, part))))
		fs.cpSync(path.join(project, part), path.join(copy, part), { recursive: true });
	fs.symlinkSync(path.join(ours, "node_modules"), path.join(copy, "node_modules"));
	return copy;
}

/** @param {string} file @returns {string[]} */
function suitesOf(file) {
	const [, names = []] = suites.find(([folder]) => file.startsWith(path.join("modules", folder))) ?? [];
	return names.map((name) => `test/${name}`);
}

const MOST_NEAR = 6;

/**
 * The tests that are likeliest to notice a change of a file: those of its name, then the longest that import it or its
 * folder. Most changes are over with these.
 * @param {string} copy @param {string} file
 */
function nearestTo(copy, file) {
	const { dir, name } = path.parse(path.relative("modules", file));
	const specifiers = [`"webrtc/${dir}"`, `"webrtc/${dir}/${name}"`];
	const there = suitesOf(file).filter((suite) => fs.existsSync(path.join(copy, suite)));
	const near = there.flatMap((suite) =>
		fs
			.readdirSync(path.join(copy, suite), { recursive: true, encoding: "utf8" })
			.filter((test) => test.includes(".test."))
			.map((test) => ({
				test: path.join(suite, test),
				text: fs.readFileSync(path.join(copy, suite, test), "utf8"),
			}))
			.map(({ test, text }) => ({ test, text, isNamed: path.basename(test).startsWith(name) }))
			.filter(({ text, isNamed }) => isNamed || specifiers.some((one) => text.includes(one))),
	);
	near.sort((a, b) => Number(b.isNamed) - Number(a.isNamed) || b.text.length - a.text.length);
	return near.slice(0, MOST_NEAR).map(({ test }) => test);
}

/**
 * @param {string} copy @param {string[]} tests @param {number} limit ms
 * @param {"inherit" | "ignore"} [errors] where jest tells of what fails
 * @returns {Promise<boolean>} whether all pass, in time
 */
function pass(copy, tests, limit, errors = "ignore") {
	const jest = path.join(ours, "node_modules/jest/bin/jest.js");
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
	const child = spawn("node", [jest, ...parameters], { cwd: copy, stdio: ["ignore", "ignore", errors] });
	const timer = setTimeout(() => child.kill("SIGKILL"), limit);
	return new Promise((resolve) => {
		child.on("close", (code) => {
			clearTimeout(timer);
			resolve(code === 0);
		});
	});
}

/** Tries changes until there are none left. @param {string} copy @param {Change[]} queue @param {number} limit @param {(change: Change, killed: boolean) => void} tell */
async function work(copy, queue, limit, tell) {
	for (let change = queue.shift(); change; change = queue.shift()) {
		const file = path.join(copy, change.file);
		const original = fs.readFileSync(file, "utf8");
		fs.writeFileSync(file, change.source);
		const near = nearestTo(copy, change.file);
		const isMissed = async (/** @type {string[]} */ tests) => !tests.length || (await pass(copy, tests, limit));
		const killed = !((await isMissed(near)) && (await isMissed(suitesOf(change.file))));
		fs.writeFileSync(file, original);
		tell(change, killed);
	}
}

/** @param {Change} a @param {Change} b */
const inOrder = (a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1);

const words = process.argv.slice(2);
if (words.includes("--help") || words.includes("-h")) {
	process.stdout.write(usage);
	process.exit(0);
}
const options = parse(words);
const all = choose(allChanges(options.project, options.folder), options.count, options.seed);
const changes = all.sort(inOrder).slice(options.from - 1, options.to);
const copies = Array.from({ length: options.jobs }, (_, i) => makeCopy(options.project, `${i}`));
const needed = [...new Set(changes.flatMap(({ file }) => suitesOf(file)))];
const part = changes.length < all.length ? `, from ${options.from} of ${all.length}` : "";
console.log(`${changes.length} changes of ${options.folder}, seed ${options.seed}${part}`);
const start = Date.now();
if (!(await pass(copies[0] ?? "", needed, patience, "inherit"))) {
	console.error("Without any change, the tests do not pass, or not in time.");
	process.exit(1);
}
// A change may make a loop endless.
const limit = 60_000 + 3 * (Date.now() - start);
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
await Promise.all(copies.map((copy) => work(copy, queue, limit, tell)));
fs.rmSync(path.join(options.project, "build/mutate"), { recursive: true, force: true });
console.log(
	`\n${changes.length - survivors.length} of ${changes.length} killed${survivors.length ? "; survivors:" : ""}`,
);
for (const survivor of survivors.sort(inOrder)) console.log(`  ${describe(survivor)}`);
