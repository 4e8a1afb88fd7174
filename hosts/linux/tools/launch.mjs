// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { build } from "./build.mjs";
import { BuildError } from "./words.mjs";
import { onSignals, start } from "./process.mjs";
import { watch } from "./watch.mjs";

/** @typedef {import("./build.mjs").Options & { buildOnly?: boolean, stats?: boolean, watch?: boolean }} LaunchOptions */

/** @param {{ app: string, image: string, env: Record<string, string> }} built @param {LaunchOptions} options @returns {Promise<number>} */
function run(built, options) {
	const child = start(built, options);
	onSignals((signal) => child.kill(signal));
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
		if (options.watch) return await watch(options);
		const built = await build(options);
		return options.buildOnly ? 0 : await run(built, options);
	} catch (error) {
		if (!(error instanceof BuildError)) throw error;
		process.stderr.write(`${error.message}\n`);
		return 1;
	}
}
