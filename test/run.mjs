// SPDX-License-Identifier: Apache-2.0
// npm test: all set-up, then the suites. `node test/run.mjs lint unit` runs those only. Suites for which the time is that of the
// clock go in turn; what only computes runs beside them, with what they leave of the processor, and is told of in one piece.
// What failed by the clock is run once more when all others have ended, and told of if it passed then.
// @ts-check
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = (/** @type {string} */ name) => join(root, "node_modules", ".bin", name);

/** @param {string} directory @returns {string[]} the C files below it */
function cFiles(directory) {
	return readdirSync(join(root, directory), { recursive: true, encoding: "utf8" })
		.filter((name) => /\.[ch]$/.test(name))
		.map((name) => join(directory, name));
}

/** Each suite: commands that run one after the other. A command that prints "N passed, N failed" adds to the total. */
const suites = /** @type {Record<string, () => string[][]>} */ ({
	lint: () => [
		[bin("tsc"), "-p", "."],
		[bin("tsc"), "-p", "test"],
		[bin("tsc"), "-p", "tools/kvs"],
		[bin("tsc"), "-p", "tools/apprtc"],
		[bin("tsc"), "-p", "tools/assistant"],
		[bin("tsc"), "-p", "tools/docs"],
		["node", "tools/docs/docs.mjs", "--check"],
		["node", "tools/docs/snippets.mjs"],
		[bin("tsc"), "-p", "tools/mutate"],
		[bin("eslint"), "--max-warnings", "0", "."],
		[bin("prettier"), "--check", "--log-level", "warn", "."],
		["node", "test/package/run.mjs"],
		["node", "test/boards/run.mjs"],
		["clang-format", "--dry-run", "--Werror", ...["native", "hosts", "test"].flatMap(cFiles)],
	],
	unit: () => [
		[bin("jest"), "--ci", "--maxWorkers=100%"],
		["node", "test/mutate/run.mjs"],
		["node", "test/link/run.mjs"],
	],
	native: () => [["make", "-s", "-j4", "-C", "test/native", "check"]],
	fuzz: () => [
		["make", "-s", "-j2", "-C", "test/fuzz", "run", "SECONDS=5"],
		["node", "test/fuzz/xs.mjs", "--seconds", "15"],
	],
	host: () => [
		["node", "test/host/run.mjs"],
		["node", "test/host/io/run.mjs"],
		["node", "test/host/inner-loop.mjs"],
		["node", "test/host/start.mjs"],
		["node", "test/host/lock.mjs"],
		["node", "test/host/greedy.mjs"],
		["node", "test/host/vanishing.mjs"],
	],
	browser: () => [
		["node", "test/browser/run.mjs"],
		["node", "test/browser/access.mjs"],
		["node", "test/soak/short.mjs"],
	],
	readme: () => [["node", "test/readme/run.mjs"]],
	chip: () => [["node", "test/chip/run.mjs"]],
	kvs: () => [["node", "test/kvs/run.mjs"]],
	interop: () => [
		["node", "test/interop/run.mjs", "kvs"],
		["node", "test/interop/run.mjs", "apprtc", "--short"],
		["node", "test/interop/run.mjs", "custom"],
		["node", "test/interop/run.mjs", "whip", "--short"],
		["node", "test/interop/run.mjs", "data", "--short"],
		["node", "test/interop/run.mjs", "relay", "--short"],
		["node", "test/interop/run.mjs", "peers", "--short"],
	],
	strangers: () => [
		["node", "test/strangers/run.mjs"],
		["node", "test/strangers/kvs.mjs"],
		["node", "test/strangers/data.mjs", "opens of every stream", "without an end"],
	],
});

/** Suites in which nothing depends on the clock. */
const computing = ["lint", "unit", "fuzz", "chip"];

/** More of them that failed are no accident of a busy machine. */
const mostAgain = 3;
/** What no second run excuses: a program of ours has ended, or has touched what is not its own. */
const fatal =
	/AddressSanitizer|LeakSanitizer|ThreadSanitizer|runtime error:|Segmentation fault|SIG(SEGV|ABRT|BUS)|machine has ended/;

/** The most lines of one failed command that are printed again at the end. */
const shown = 25;

/**
 * @param {string[]} command
 * @param {(text: string | Buffer) => void} print
 * @returns {Promise<{ code: number, passed: number, failed: number, isFatal: boolean, said: string[] }>} `said`: the lines of
 * a failure, or the last ones where none looks like one
 */
function run([program, ...parameters], print) {
	return new Promise((resolve) => {
		const child = spawn(program, parameters, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
		let tail = "";
		const counts = { passed: 0, failed: 0 };
		const failures = /** @type {string[]} */ ([]);
		const last = /** @type {string[]} */ ([]);
		let isFatal = false;
		let follow = 0; // lines that still belong to the last failure
		const count = (/** @type {string} */ line) => {
			const plain = /^\s*(\d+) passed, (\d+) failed/.exec(line);
			const jest = /^Tests:\s+(?:(\d+) failed, )?(?:\d+ skipped, )?(?:(\d+) passed, )?\d+ total/.exec(line);
			const cmocka = /^\[ {2}(PASSED|FAILED) {2}\] (\d+) test\(s\)/.exec(line);
			isFatal ||= fatal.test(line);
			counts.passed += Number(plain?.[1] ?? jest?.[2] ?? (cmocka?.[1] === "PASSED" ? cmocka[2] : 0));
			counts.failed += Number(plain?.[2] ?? jest?.[1] ?? (cmocka?.[1] === "FAILED" ? cmocka[2] : 0));
			if (/^\s*(not ok|FAILED|FAIL |●|✕)|^\[ {2}FAILED {2}\]/.test(line)) follow = 8;
			if (follow-- > 0 && failures.length < shown) failures.push(line);
			last.push(line);
			if (last.length > shown) last.shift();
		};
		const take = (/** @type {Buffer} */ chunk) => {
			print(chunk);
			const lines = (tail + chunk).split("\n");
			tail = lines.pop() ?? "";
			lines.forEach(count);
		};
		child.stdout.on("data", take);
		child.stderr.on("data", take);
		child.on("error", (error) => {
			print(`${program}: ${error.message}\n`);
			resolve({ code: 1, ...counts, isFatal: true, said: [error.message] });
		});
		child.on("close", (code) => {
			count(tail);
			resolve({ code: code ?? 1, ...counts, isFatal, said: failures.length ? failures : last });
		});
	});
}

const wanted = process.argv.slice(2);
for (const name of wanted) {
	if (!(name in suites)) {
		console.error(`There is no suite "${name}". There are: ${Object.keys(suites).join(", ")}.`);
		process.exit(2);
	}
}
const { ensureSystem, ensureNpm } = await import("../hosts/linux/setup.mjs");
await ensureSystem("test");
await ensureNpm("test");

let passed = 0;
let failed = 0;
const failures = /** @type {string[]} */ ([]);
const again = /** @type {{ title: string, command: string[], first: Awaited<ReturnType<typeof run>> }[]} */ ([]);
const said = /** @type {(string | Buffer)[]} */ ([]); // beside the suites in turn, and not printed yet

function printSaid() {
	for (const text of said.splice(0)) process.stdout.write(text);
}

/** @param {string} title @param {Awaited<ReturnType<typeof run>>} result */
function count(title, result) {
	// A command without counts of its own is one check.
	const counted = result.passed + result.failed > 0;
	passed += counted ? result.passed : Number(result.code === 0);
	failed += result.code === 0 ? result.failed : Math.max(1, result.failed);
	if (result.code !== 0) failures.push(title, ...result.said);
}

/** @param {string} name @param {string[]} before each command @param {(text: string | Buffer) => void} print */
async function perform(name, before, print) {
	const start = Date.now();
	print(`\n== ${name}\n`);
	for (const command of suites[name]()) {
		const result = await run([...before, ...command], print);
		if (!before.length) printSaid(); // no line is torn between two commands
		const title = `${name}: ${relative(root, command[0])} ${command.slice(1, 4).join(" ")}`;
		if (result.code !== 0 && !result.isFatal && !computing.includes(name))
			again.push({ title, command, first: result });
		else count(title, result);
	}
	print(`== ${name}: ${((Date.now() - start) / 1000).toFixed(0)} s\n`);
}

/** @param {string[]} names */
async function inTurn(names) {
	for (const name of names) await perform(name, [], (text) => process.stdout.write(text));
}

/** @param {string[]} names */
async function beside(names) {
	for (const name of names) {
		/** @type {(string | Buffer)[]} */
		const texts = [];
		await perform(name, ["nice", "-n", "19"], (text) => texts.push(text));
		said.push(...texts);
	}
}

const names = wanted.length ? wanted : Object.keys(suites);
const timed = names.filter((name) => !computing.includes(name));
const others = names.filter((name) => computing.includes(name));
if (timed.length && others.length) {
	console.log(`${others.join(", ")}: beside the others`);
	const late = beside(others);
	await inTurn(timed);
	console.log(`\n== what ran beside`);
	await late;
	printSaid();
} else await inTurn(names);
if (again.length > mostAgain) for (const { title, first } of again.splice(0)) count(title, first);
const unsteady = /** @type {string[]} */ ([]);
for (const { title, command, first } of again) {
	console.log(`\n== once more: ${title}`);
	const second = await run(command, (text) => process.stdout.write(text));
	count(title, second);
	if (second.code === 0) unsteady.push(title, ...first.said);
}
if (unsteady.length) console.log(`\n== what failed at first, and passed alone\n${unsteady.join("\n")}`);
// A log is often kept by its end only: what failed must stand there.
if (failures.length) console.log(`\n== what failed\n${failures.join("\n")}`);
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
