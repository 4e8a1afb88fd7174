// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { spawn } from "node:child_process";

/**
 * Starts an application, in a process group of its own, so that Ctrl-C reaches it once: through here, however it comes.
 * @param {{ app: string, image: string, env: Record<string, string> }} built @param {{ stats?: boolean }} options
 */
export function start({ app, image, env: own }, options) {
	const env = { ...process.env, ...own, SIM_PARENT: "1", ...(options.stats ? { SIM_STATS: "1" } : {}) };
	return spawn(app, [image], { stdio: "inherit", env, detached: true });
}

/** Hands the signals that would end this process to what `end` does. @param {(signal: NodeJS.Signals) => void} end */
export function onSignals(end) {
	for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) process.on(signal, () => end(signal));
	process.on("SIGHUP", () => end("SIGTERM"));
}
