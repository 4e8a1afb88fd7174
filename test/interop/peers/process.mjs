// SPDX-License-Identifier: Apache-2.0
// Peers that are processes of their own: a line of JSON on their standard input is a call, one on their output its end.
// @ts-check
import { spawn } from "node:child_process";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const callTimeout = 60_000; // ms

/** @param {string} program @param {string} script in this folder @param {string[]} parameters of it @returns {Promise<import("./peer.mjs").Peer>} */
export async function startProcess(program, script, ...parameters) {
	const child = spawn(program, [script, ...parameters], { cwd: here, stdio: ["pipe", "pipe", "pipe"] });
	let errors = "";
	child.stderr.on("data", (chunk) => (errors = (errors + chunk).slice(-4000)));
	/** @type {((line: { result?: any, error?: string }) => void) | undefined} */
	let settle;
	createInterface({ input: child.stdout }).on("line", (line) => {
		if (line.startsWith("{")) settle?.(JSON.parse(line));
	});
	const exited = new Promise((resolve) => child.on("close", resolve).on("error", resolve));
	void exited.then((why) => settle?.({ error: `${script} has ended (${why})\n${errors}` }));
	child.stdin.on("error", () => undefined); // it has ended, which is told above

	/** @param {string} method @param {object} [parameters] */
	async function call(method, parameters = {}) {
		if (child.exitCode !== null) throw new Error(`${script} has ended (${child.exitCode})\n${errors}`);
		const { promise, resolve } = withResolvers();
		settle = resolve;
		const late = () => resolve({ error: `"${method}" of ${script} did not end\n${errors}` });
		const timer = setTimeout(late, callTimeout);
		child.stdin.write(`${JSON.stringify({ method, parameters })}\n`);
		const { result, error } = await promise.finally(() => clearTimeout(timer));
		if (error !== undefined) throw new Error(error);
		return result;
	}

	return {
		do: call,
		stop: async () => {
			child.stdin.end();
			const timer = setTimeout(() => child.kill("SIGKILL"), 2000);
			await exited;
			clearTimeout(timer);
		},
	};
}

/** @returns {{ promise: Promise<any>, resolve(value: any): void }} */
function withResolvers() {
	let resolve = (/** @type {any} */ _value) => {};
	const promise = new Promise((settle) => (resolve = settle));
	return { promise, resolve };
}
