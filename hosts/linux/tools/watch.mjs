// SPDX-License-Identifier: Apache-2.0
// @ts-check
// --watch: builds and starts an application again whenever one of its files changes. What cannot be built is told, and
// what ran before goes on.
import path from "node:path";
import { build } from "./build.mjs";
import { Changes } from "./changes.mjs";
import { BuildError } from "./words.mjs";
import { onSignals, start } from "./process.mjs";
import { Memory } from "./typescript.mjs";

const PATIENCE_MS = 3000; // that an application has to end

/** @typedef {import("./launch.mjs").LaunchOptions} LaunchOptions */
/** @typedef {import("node:child_process").ChildProcess} ChildProcess */

/** @param {string} text */
const say = (text) => void process.stderr.write(`watch: ${text}\n`);

/** The application that runs, one at a time. */
class Running {
	/** @type {ChildProcess | undefined} */
	#child;
	/** @type {Promise<unknown>} */
	#closed = Promise.resolve();

	get isUp() {
		return !!this.#child;
	}

	/** @param {{ app: string, image: string }} built @param {LaunchOptions} options */
	start(built, options) {
		const child = start(built, options);
		this.#child = child;
		this.#closed = new Promise((resolve) => {
			child.on("error", (error) => say(`it cannot be started: ${error.message}`));
			child.on("close", (code, signal) => {
				if (this.#child === child) {
					this.#child = undefined;
					say(`it ended with ${signal ?? `status ${code}`}, and is started again after a change`);
				}
				resolve(undefined);
			});
		});
	}

	/** @param {NodeJS.Signals} signal */
	async stop(signal) {
		const child = this.#child;
		this.#child = undefined;
		if (!child) return;
		child.kill(signal);
		const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
		await this.#closed;
		clearTimeout(timer);
	}
}

/**
 * Builds, and tells what is wrong in the user's input.
 * @param {LaunchOptions} options @param {Memory} memory @param {Set<string>} inputs
 */
async function tryBuild(options, memory, inputs) {
	try {
		return await build({ ...options, memory, inputs });
	} catch (error) {
		if (!(error instanceof BuildError)) throw error;
		process.stderr.write(`${error.message}\n`);
		return undefined;
	}
}

/** @param {string[]} files as a person names them: at most three */
function named(files) {
	const names = files.slice(0, 3).map((file) => path.relative(process.cwd(), file));
	return `${names.join(", ")}${files.length > 3 ? ` and ${files.length - 3} more` : ""}`;
}

/**
 * Goes on until a signal ends the process.
 * @param {LaunchOptions} options
 * @returns {Promise<never>}
 */
export async function watch(options) {
	const running = new Running();
	onSignals((signal) => void running.stop(signal).then(() => process.exit(0)));
	const changes = new Changes();
	const memory = new Memory();
	for (let rounds = 0; ; rounds++) {
		const begin = Date.now();
		const inputs = new Set([path.resolve(options.manifest)]);
		const built = await tryBuild(options, memory, inputs);
		changes.watch(inputs, begin);
		if (built) {
			await running.stop("SIGTERM");
			running.start(built, options);
			const seconds = ((Date.now() - begin) / 1000).toFixed(1);
			say(rounds ? `built and started again in ${seconds} s` : "a change of any of its files starts it again");
		} else say(running.isUp ? "what was built before goes on" : "it is built again after a change");
		say(`changed: ${named(await changes.next())}`);
	}
}
