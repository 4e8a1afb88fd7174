// SPDX-License-Identifier: Apache-2.0
// The two programs of this bench: one that answers, one after the other, and one that makes one offer.
// @ts-check
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { build } from "../../../hosts/linux/tools/build.mjs";
import { root } from "../measure.mjs";

/** @typedef {import("node:child_process").ChildProcess} ChildProcess */

/** @returns {Promise<number>} a TCP port that is free now */
function freePort() {
	return new Promise((resolve) => {
		const server = createServer().listen(0, "127.0.0.1", () => {
			const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
			server.close(() => resolve(port));
		});
	});
}

/** @param {string} role @param {number} port @returns {Promise<(before?: string[]) => ChildProcess>} `before`: words of a tool that runs it */
async function program(role, port) {
	const manifest = join(root, "test/bench/connect", role);
	const out = join(root, "build/bench", role);
	const { app, image } = await build({ manifest, out, quiet: true, config: { port: String(port) } });
	return (before = []) => {
		const [command = "", ...words] = [...before, app, image];
		return spawn(command, words, { stdio: ["ignore", "pipe", before.length ? "ignore" : "inherit"] });
	};
}

/** Builds both. */
export async function programs() {
	const port = await freePort();
	return { port, answerer: await program("answerer", port), offerer: await program("offerer", port) };
}

/** Waits for so many matches of what a process prints. @param {ChildProcess} child @param {RegExp} pattern global @param {number} [count] @returns {Promise<RegExpExecArray[]>} */
export function printed(child, pattern, count = 1) {
	return new Promise((resolve, reject) => {
		let output = "";
		child.stdout?.on("data", (chunk) => {
			output += chunk;
			const found = [...output.matchAll(pattern)];
			if (found.length >= count) resolve(found);
		});
		child.on("close", () => reject(new Error(`connect: ${pattern} was not printed, but\n${output}`)));
	});
}

/** @param {ChildProcess} child */
export const ended = (child) =>
	new Promise((resolve) => (child.exitCode === null ? child.on("close", resolve) : resolve(undefined)));
