// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { spawn } from "node:child_process";
import os from "node:os";
import { BuildError } from "./words.mjs";

/** Runs make and shows how far it is. @param {string} makefile @param {string} label @param {boolean} quiet */
export async function make(makefile, label, quiet) {
	const total = await countSteps(makefile);
	if (total === 0) return;
	const child = spawn("make", [`-j${os.availableParallelism()}`, "-f", makefile], {
		stdio: ["ignore", "pipe", "pipe"],
	});
	if (!quiet) progress(label, 0, total);
	let done = 0;
	let errors = "";
	child.stdout.setEncoding("utf8").on("data", (text) => {
		for (const line of text.split("\n")) {
			if (!line.startsWith("# ")) continue;
			done++;
			if (!quiet) progress(label, done, total);
		}
	});
	child.stderr.setEncoding("utf8").on("data", (text) => (errors += text));
	const status = await new Promise((resolve) => child.on("close", resolve));
	if (status !== 0) throw new MakeError(`${label}: the compiler failed\n${errors.trimEnd()}`);
	if (errors && !quiet) process.stderr.write(errors);
}

/** What the compiler or the linker complains of. */
export class MakeError extends BuildError {}

/** One line on a terminal; in a log, the beginning and the end. @param {string} label @param {number} done @param {number} total */
function progress(label, done, total) {
	const text = `${label} ${done}/${total}`;
	if (process.stderr.isTTY) process.stderr.write(`\r${text}\x1b[K${done === total ? "\n" : ""}`);
	else if (done === total || done === 0) process.stderr.write(`${text}\n`);
}

/** @param {string} makefile @returns {Promise<number>} */
async function countSteps(makefile) {
	const child = spawn("make", ["-n", "-f", makefile], { stdio: ["ignore", "pipe", "pipe"] });
	let output = "";
	child.stdout.setEncoding("utf8").on("data", (text) => (output += text));
	child.stderr.resume();
	await new Promise((resolve) => child.on("close", resolve));
	return output.split("\n").filter((line) => line.startsWith('echo "# ')).length;
}
