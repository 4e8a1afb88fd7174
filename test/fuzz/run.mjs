// SPDX-License-Identifier: Apache-2.0
// Runs the fuzz targets: C (libFuzzer), TypeScript in Node.js (fast-check), and the modules on the XS engine with a board's
// heaps. Seeds are in seeds/ and beside each target.
// @ts-check
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const usage = `usage: npm run fuzz -- [--minutes N] [--seed N] [--no-coverage] [target ...]

Fuzzes for N minutes (default 10), which the targets share, and prints what of the code they reach.
Targets: the names in test/fuzz/Makefile (h264_fuzz, ...), "jest" (test/fuzz/*.test.ts), "xs" (test/fuzz/xs). Default: all.
`;
const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const folder = path.join(root, "test/fuzz");
const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: {
		minutes: { type: "string", default: "10" },
		seed: { type: "string", default: String(Date.now() % 1_000_000) },
		coverage: { type: "boolean", default: true },
		help: { type: "boolean", default: false },
	},
	allowNegative: true,
});
const makefile = readFileSync(path.join(folder, "Makefile"), "utf8");
const cTargets = [...makefile.matchAll(/^TARGETS \+= (.*)$/gm)].flatMap((match) =>
	(match[1] ?? "").trim().split(/\s+/),
);
const all = [...cTargets, "jest", "xs"];
const wanted = positionals.length ? positionals : all;
const unknown = wanted.find((name) => !all.includes(name));
const minutes = Number(values.minutes);
if (values.help || unknown !== undefined || !(minutes > 0)) {
	process.stderr.write(unknown === undefined ? usage : `${unknown}: there is no such target\n${usage}`);
	process.exit(values.help ? 0 : 2);
}

/**
 * @param {string} program
 * @param {string[]} parameters
 * @param {Record<string, string>} [environment]
 * @returns {Promise<number>}
 */
function run(program, parameters, environment = {}) {
	const child = spawn(program, parameters, { cwd: root, stdio: "inherit", env: { ...process.env, ...environment } });
	return new Promise((resolve) => child.on("close", (code) => resolve(code ?? 1)));
}

const { ensureSystem, ensureNpm } = await import("../../hosts/linux/setup.mjs");
await ensureSystem("test");
await ensureNpm("test");

const seconds = Math.max(1, Math.round((minutes * 60) / wanted.length));
console.log(`seed ${values.seed}, ${seconds} s for each of ${wanted.length} targets`);
let failed = 0;
for (const name of wanted) {
	console.log(`\n== ${name}`);
	failed += Number((await fuzz(name)) !== 0);
	if (values.coverage && cTargets.includes(name)) coverage(name);
}
console.log(`\n${wanted.length - failed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;

/** @param {string} name @returns {Promise<number>} */
async function fuzz(name) {
	if (name === "xs") return run("node", ["test/fuzz/xs.mjs", "--seconds", String(seconds), "--seed", values.seed]);
	if (name !== "jest") return run("make", ["-s", "-C", folder, `${name}.run`, `SECONDS=${seconds}`]);
	// Each run has so many inputs, of a seed of its own.
	const jest = ["--ci", ...(values.coverage ? coverageOfModules() : []), "test/fuzz"];
	const end = Date.now() + seconds * 1000;
	let code = 0;
	for (let seed = Number(values.seed); code === 0 && Date.now() < end; seed++)
		code = await run(path.join(root, "node_modules/.bin/jest"), jest, { FUZZ_SEED: String(seed) });
	return code;
}

function coverageOfModules() {
	const scope = ["sdp", "ice", "http", "signaling"].map((name) => `--collectCoverageFrom=modules/${name}/**/*.ts`);
	return [
		"--coverage",
		"--coverageReporters=text",
		`--coverageDirectory=${path.join(root, "build/fuzz/jest")}`,
		...scope,
	];
}

/** What the corpus of a C target reaches: built once more, for that alone. @param {string} name */
function coverage(name) {
	const build = path.join(root, "build/fuzz/coverage");
	const corpus = path.join(root, "build/fuzz/corpus", name);
	const profile = path.join(build, `${name}.profraw`);
	mkdirSync(build, { recursive: true });
	const make = [
		"-s",
		"-C",
		folder,
		name,
		`BUILD=${build}`,
		`${name}_FLAGS=-fprofile-instr-generate -fcoverage-mapping`,
	];
	const quiet = /** @type {const} */ ({ cwd: root, stdio: ["ignore", "ignore", "pipe"] });
	if (spawnSync("make", make, quiet).status !== 0) return console.log("no coverage: it cannot be built with it");
	const inputs = [corpus, path.join(folder, "seeds", name)].filter(
		(each) => existsSync(each) && readdirSync(each).length,
	);
	spawnSync(path.join(build, name), ["-runs=0", "-verbosity=0", ...inputs], {
		...quiet,
		env: { ...process.env, LLVM_PROFILE_FILE: profile },
	});
	const tool = (/** @type {string} */ tool, /** @type {string[]} */ parameters) =>
		spawnSync("sh", ["-c", `$(command -v ${tool} || ls /usr/bin/${tool}-* | tail -1) "$@"`, tool, ...parameters], {
			encoding: "utf8",
		}).stdout;
	tool("llvm-profdata", ["merge", "-sparse", profile, "-o", `${profile}.merged`]);
	const report = tool("llvm-cov", ["report", path.join(build, name), `-instr-profile=${profile}.merged`]);
	for (const line of report.split("\n")) {
		const [file = "", ...columns] = line.trim().split(/\s+/);
		if (/native\/.*\.c$|^rtc_.*\.c$|^TOTAL/.test(file))
			console.log(`${file}: lines ${columns[8] ?? "?"}, branches ${columns.at(-1)}`);
	}
}
