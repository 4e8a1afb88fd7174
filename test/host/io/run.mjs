// SPDX-License-Identifier: Apache-2.0
// @ts-check
// The simulator's network clients and server against Node.js's. Each folder here is an application and its `peer.mjs`.
// usage: node test/host/io/run.mjs [--sanitize] [case ...]
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build, root } from "../../../hosts/linux/tools/build.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const TIMEOUT_MS = 120_000;
/** For a case in which LeakSanitizer crashes: see lsan.supp. Its names are found only by the slow way to unwind a stack. */
const leakEnvironment = {
	LSAN_OPTIONS: `use_tls=0:print_suppressions=0:suppressions=${path.join(here, "lsan.supp")}`,
	ASAN_OPTIONS: "fast_unwind_on_malloc=0",
	G_SLICE: "always-malloc",
};

/**
 * @typedef {object} Application
 * @property {number} pid
 * @property {() => string} output what it wrote so far, on both streams
 * @property {Promise<number | string>} exited its exit status or signal
 * @property {(pattern: RegExp) => Promise<RegExpExecArray>} line waits for output
 * @property {() => void} kill
 *
 * @typedef {object} Context
 * @property {(config: Record<string, string | number>, environment?: Record<string, string>) => Promise<Application>} start
 * @property {(condition: unknown, what: string) => void} check counts, and prints what failed
 * @property {string} folder for files of the case
 * @property {Record<string, string>} leakEnvironment
 */

/** @param {string} name @param {boolean} sanitize */
function makeContext(name, sanitize) {
	const variant = sanitize ? "sanitize" : "release";
	const out = path.join(root, "build/test/host/io", name, variant);
	const counts = { passed: 0, failed: 0 };
	fs.mkdirSync(out, { recursive: true });

	/** @type {Context["start"]} */
	async function start(config, environment = {}) {
		const texts = Object.fromEntries(Object.entries(config).map(([key, value]) => [key, String(value)]));
		const built = await build({ manifest: path.join(here, name), out, sanitize, quiet: true, config: texts });
		return launch(built, environment, counts);
	}
	/** @type {Context["check"]} */
	function check(condition, what) {
		if (condition) counts.passed++;
		else counts.failed++;
		if (!condition) console.log(`FAILED ${name}: ${what}`);
	}
	return { start, check, folder: out, counts, leakEnvironment };
}

/**
 * @param {{ app: string, image: string }} built
 * @param {Record<string, string>} environment
 * @param {{ passed: number, failed: number }} counts
 * @returns {Application}
 */
function launch({ app, image }, environment, counts) {
	const child = spawn(app, [image], { cwd: root, env: { ...process.env, ...environment } });
	const timer = setTimeout(() => child.kill("SIGKILL"), TIMEOUT_MS);
	let output = "";
	/** @type {Set<() => void>} */
	const waiting = new Set();
	const take = (/** @type {Buffer} */ chunk) => {
		output += chunk;
		for (const look of waiting) look();
	};
	child.stdout.on("data", take);
	child.stderr.on("data", take);
	/** @type {Promise<number | string>} */
	const exited = new Promise((resolve) =>
		child.on("close", (code, signal) => {
			clearTimeout(timer);
			for (const [, passed, failed] of output.matchAll(/^(\d+) passed, (\d+) failed$/gm)) {
				counts.passed += Number(passed);
				counts.failed += Number(failed);
			}
			if (code !== 0 || /FAILED/.test(output)) console.log(output.replace(/^/gm, "    "));
			resolve(code ?? signal ?? "lost");
		}),
	);
	/** @type {Application["line"]} */
	const line = (pattern) =>
		new Promise((resolve, reject) => {
			const look = () => {
				const found = pattern.exec(output);
				if (found) resolve(found);
			};
			waiting.add(look);
			look();
			void exited.then(() => reject(new Error(`the application ended without ${pattern}:\n${output}`)));
		});
	return { pid: child.pid ?? 0, output: () => output, exited, line, kill: () => void child.kill() };
}

const words = process.argv.slice(2);
const sanitize = words.includes("--sanitize");
const asked = words.filter((word) => !word.startsWith("--"));
const names = fs.readdirSync(here).filter((name) => fs.existsSync(path.join(here, name, "peer.mjs")));
for (const name of asked) if (!names.includes(name)) throw new Error(`no such case: ${name}`);
let passed = 0;
let failed = 0;
process.chdir(root);
for (const name of asked.length ? asked : names) {
	const context = makeContext(name, sanitize);
	const { default: drive } = await import(`./${name}/peer.mjs`);
	try {
		await drive(context);
	} catch (error) {
		context.check(false, error instanceof Error ? (error.stack ?? error.message) : String(error));
	}
	console.log(`${context.counts.failed ? "FAILED" : "ok"} ${name}: ${context.counts.passed} checks`);
	passed += context.counts.passed;
	failed += context.counts.failed;
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
