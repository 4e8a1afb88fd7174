// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { spawn } from "node:child_process";
import { build } from "./tools/build.mjs";
import { BuildError } from "./tools/manifest.mjs";

const usage = `usage: node hosts/linux/run.mjs [options] <manifest.json or folder> [key=value ...]

Builds a Moddable manifest for the simulator and runs it. key=value pairs go to the module mc/config, as strings.

  --build-only      do not run
  -o, --out DIR     build here (build/<name>/<variant>)
  --debug           without optimisation
  --sanitize        with AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer
  --no-caps         let the heaps grow: ignore the manifest's "creation"
  --stats           print the heaps and counters at the end
  --quiet           no progress
  --help            this text
`;

/** @typedef {import("./tools/build.mjs").Options & { buildOnly?: boolean, stats?: boolean }} RunOptions */

/** @param {string[]} words @returns {RunOptions | undefined} undefined: show the usage */
function parse(words) {
	/** @type {RunOptions} */
	const options = { manifest: "", config: {} };
	for (let i = 0; i < words.length; i++) {
		const word = /** @type {string} */ (words[i]);
		const pair = /^([^-=][^=]*)=(.*)$/s.exec(word);
		if (word === "--help") return undefined;
		else if (word === "--build-only") options.buildOnly = true;
		else if (word === "--debug") options.debug = true;
		else if (word === "--sanitize") options.sanitize = true;
		else if (word === "--no-caps") options.caps = false;
		else if (word === "--stats") options.stats = true;
		else if (word === "--quiet") options.quiet = true;
		else if (word === "-o" || word === "--out") {
			if (words[++i] === undefined) throw new BuildError(`${word}: no folder given`);
			options.out = words[i];
		} else if (word.startsWith("-")) throw new BuildError(`${word}: unknown option; see --help`);
		else if (pair)
			/** @type {Record<string, string>} */ (options.config)[/** @type {string} */ (pair[1])] =
				/** @type {string} */ (pair[2]);
		else if (options.manifest) throw new BuildError(`${word}: only one manifest can be built`);
		else options.manifest = word;
	}
	if (!options.manifest) throw new BuildError("no manifest given; see --help");
	return options;
}

/** @param {{ app: string, image: string }} built @param {RunOptions} options @returns {Promise<number>} the exit status */
function run({ app, image }, options) {
	const child = spawn(app, [image], {
		stdio: "inherit",
		env: { ...process.env, ...(options.stats ? { SIM_STATS: "1" } : {}) },
	});
	// The terminal sends SIGINT to both: stay until the application has cleaned up.
	process.on("SIGINT", () => {});
	process.on("SIGTERM", () => child.kill("SIGTERM"));
	return new Promise((resolve) =>
		child.on("close", (code, signal) => resolve(code ?? (signal === "SIGINT" ? 130 : 128))),
	);
}

try {
	const options = parse(process.argv.slice(2));
	if (!options) process.stdout.write(usage);
	else {
		const built = await build(options);
		if (!options.buildOnly) process.exitCode = await run(built, options);
	}
} catch (error) {
	if (!(error instanceof BuildError)) throw error;
	process.stderr.write(`${error.message}\n`);
	process.exitCode = 1;
}
