// SPDX-License-Identifier: Apache-2.0
// @ts-check
// Builds and runs the applications beside this file and compares what they say with their expect.json:
//   build      patterns of the build error that must come     stdout   the exact lines
//   status     the exit status (0)                            stderr   patterns
//   input      lines typed, all at once, after a line "ready"
//   signal     sent one by one, each after a line "ready"     arguments, variants ("release")
// usage: node test/host/run.mjs [case ...]; SIM_BITS=32 before it: with slots of 16 bytes, as on a device
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { bitsOf, build, root } from "../../hosts/linux/tools/build.mjs";
import { BuildError } from "../../hosts/linux/tools/words.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const TIMEOUT_MS = 20_000;

/** @typedef {{ build?: string[], status?: number, stdout?: string[], stderr?: string[], signal?: NodeJS.Signals[], input?: string[], arguments?: string[], variants?: string[] }} Expectation */

/** @param {string} name @param {string} variant @param {Expectation} expected */
function buildCase(name, variant, expected) {
	return build({
		manifest: path.join(here, name),
		out: path.join(root, "build/test/host", name, bitsOf() === 32 ? `${variant}-32` : variant),
		sanitize: variant === "sanitize",
		quiet: true,
		config: Object.fromEntries(
			(expected.arguments ?? []).map((pair) => [
				pair.slice(0, pair.indexOf("=")),
				pair.slice(pair.indexOf("=") + 1),
			]),
		),
	});
}

/** @param {{ app: string, image: string, env: Record<string, string> }} built @param {Expectation} expected */
async function execute({ app, image, env }, expected) {
	const child = spawn(app, [image], {
		cwd: root,
		env: { ...process.env, ...env },
		stdio: [expected.input ? "pipe" : "ignore", "pipe", "pipe"],
	});
	const timer = setTimeout(() => child.kill("SIGKILL"), TIMEOUT_MS);
	const signals = [...(expected.signal ?? [])];
	let input = expected.input?.map((line) => `${line}\n`).join("");
	let stdout = "";
	let stderr = "";
	child.stdout.setEncoding("utf8").on("data", (text) => {
		stdout += text;
		for (const line of text.split("\n")) if (line === "ready" && signals.length) child.kill(signals.shift());
		if (text.includes("ready\n")) input = void (input && child.stdin?.end(input));
	});
	child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
	const status = await new Promise((resolve) => child.on("close", (code, signal) => resolve(code ?? signal)));
	clearTimeout(timer);
	return { status, stdout, stderr };
}

/** @param {string} what @param {string} text @param {string[]} patterns @returns {string[]} */
const unmatched = (what, text, patterns) =>
	patterns
		.filter((pattern) => !new RegExp(pattern, "m").test(text))
		.map((pattern) => `${what} lacks /${pattern}/:\n${text}`);

/** @param {string} name @param {string} variant @param {Expectation} expected @returns {Promise<string[]>} what is wrong */
async function check(name, variant, expected) {
	let built;
	try {
		built = await buildCase(name, variant, expected);
	} catch (error) {
		if (!(error instanceof BuildError)) throw error;
		return expected.build
			? unmatched("the build error", error.message, expected.build)
			: [`the build failed:\n${error.message}`];
	}
	if (expected.build) return ["the build should have failed"];
	const { status, stdout, stderr } = await execute(built, expected);
	const lines = (expected.stdout ?? []).map((line) => `${line}\n`).join("");
	const wrong = unmatched("stderr", stderr, expected.stderr ?? []);
	if (status !== (expected.status ?? 0))
		wrong.push(`exit status ${status} instead of ${expected.status ?? 0}:\n${stderr}`);
	if (stdout !== lines) wrong.push(`stdout is\n${stdout}instead of\n${lines}`);
	return wrong;
}

const asked = process.argv.slice(2);
const names = fs.readdirSync(here).filter((name) => fs.existsSync(path.join(here, name, "expect.json")));
for (const name of asked) if (!names.includes(name)) throw new Error(`no such case: ${name}`);
let passed = 0;
let failed = 0;
process.chdir(root);
for (const name of asked.length ? asked : names) {
	/** @type {Expectation} */
	const expected = JSON.parse(fs.readFileSync(path.join(here, name, "expect.json"), "utf8"));
	for (const variant of expected.variants ?? ["release"]) {
		const wrong = await check(name, variant, expected);
		const label = variant === "release" ? name : `${name} (${variant})`;
		if (wrong.length) {
			failed++;
			console.log(`FAILED ${label}\n${wrong.join("\n").replace(/^/gm, "    ")}`);
		} else {
			passed++;
			console.log(`ok ${label}`);
		}
	}
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
