// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { spawn } from "node:child_process";
import { build } from "./build.mjs";
import { BuildError } from "./manifest.mjs";

/** @typedef {import("./build.mjs").Options & { buildOnly?: boolean, stats?: boolean }} LaunchOptions */

/** @param {{ app: string, image: string }} built @param {LaunchOptions} options @returns {Promise<number>} */
function run({ app, image }, options) {
	const env = { ...process.env, SIM_PARENT: "1", ...(options.stats ? { SIM_STATS: "1" } : {}) };
	// In a process group of its own, so that Ctrl-C reaches it once: through here, however it comes.
	const child = spawn(app, [image], { stdio: "inherit", env, detached: true });
	for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) process.on(signal, () => child.kill(signal));
	process.on("SIGHUP", () => child.kill("SIGTERM"));
	return new Promise((resolve) => {
		child.on("close", (code, signal) => {
			if (signal) process.stderr.write(`the application was ended by ${signal}\n`);
			resolve(code ?? 128);
		});
	});
}

/**
 * Builds a manifest and runs it. What is wrong in the user's input is printed without a stack.
 * @param {LaunchOptions} options
 * @returns {Promise<number>} the exit status
 */
export async function launch(options) {
	try {
		const built = await build(options);
		return options.buildOnly ? 0 : await run(built, options);
	} catch (error) {
		if (!(error instanceof BuildError)) throw error;
		process.stderr.write(`${error.message}\n`);
		return 1;
	}
}
