// SPDX-License-Identifier: Apache-2.0
// Applications in the simulator, as processes.
// @ts-check
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** A running application. */
export class Application {
	output = "";
	/** @type {(() => void)[]} */
	#listeners = [];

	/**
	 * @param {string} manifest or its folder
	 * @param {Record<string, string | number>} [options] its configuration
	 * @param {string[]} [hostOptions] of the simulator
	 * @param {Record<string, string>} [environment] variables added to this process's
	 * @param {string} [program] that runs Node.js
	 * @param {string} [cwd]
	 */
	constructor(manifest, options = {}, hostOptions = [], environment = {}, program = "node", cwd = root) {
		const pairs = Object.entries(options).map(([key, value]) => `${key}=${value}`);
		const parameters = [join(root, "hosts/linux/run.mjs"), ...hostOptions, manifest, ...pairs];
		const env = { ...process.env, ...environment };
		this.process = spawn(program, parameters, { cwd, stdio: ["pipe", "pipe", "pipe"], env });
		const take = (/** @type {Buffer} */ chunk) => {
			this.output += chunk;
			for (const listener of this.#listeners) listener();
		};
		this.process.stdin.on("error", () => {}); // it has ended
		this.process.stdout.on("data", take);
		this.process.stderr.on("data", take);
		/** @type {Promise<number>} */
		this.exited = new Promise((resolve) => this.process.on("close", (code) => resolve(code ?? -1)));
		this.exited.then(() => this.#listeners.forEach((listener) => listener()));
	}

	/** The first match of what it has printed or will print. @param {RegExp} pattern @param {number} [timeout] ms */
	async find(pattern, timeout = 20_000, from = 0) {
		const match = () => pattern.exec(this.output.slice(from));
		return new Promise((resolve, reject) => {
			const fail = (/** @type {string} */ why) =>
				reject(new Error(`${why}: ${pattern}\n${this.output.slice(-4000)}`));
			const timer = setTimeout(() => fail("not printed in time"), timeout);
			const check = () => {
				const found = match();
				if (!found && this.process.exitCode === null) return;
				clearTimeout(timer);
				if (found) resolve(found);
				else fail(`exited with ${this.process.exitCode} before it printed`);
			};
			this.#listeners.push(check);
			check();
		});
	}

	/** Types a line at its terminal. @param {string} line */
	type(line) {
		this.process.stdin.write(`${line}\n`);
	}

	/** As Ctrl-C does. Returns the exit status. */
	async stop() {
		this.process.kill("SIGINT");
		return this.exited;
	}
}

/** Builds applications, so that no row of a table has to wait for it. @param {string[]} manifests or their folders */
export async function build(...manifests) {
	for (const manifest of manifests) {
		const building = new Application(manifest, {}, ["--build-only"]);
		if (await building.exited) throw new Error(`${manifest} cannot be built\n${building.output.slice(-4000)}`);
	}
}

/** The example lan-camera. */
export class Camera extends Application {
	url = "";

	/**
	 * @param {Record<string, string | number>} [options] its configuration
	 * @param {string[]} [hostOptions] of the simulator
	 */
	constructor(options = {}, hostOptions = []) {
		super("examples/lan-camera", { port: 0, ...options }, hostOptions);
	}

	/** Waits until it serves. The first time it is built, which takes minutes. */
	async ready() {
		const match = await this.find(/http:\/\/[\d.]+:(\d+)\//, 600_000);
		this.url = `http://127.0.0.1:${match[1]}/`;
		return this;
	}
}
