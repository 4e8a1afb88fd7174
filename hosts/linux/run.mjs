// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { launch } from "./tools/launch.mjs";

const usage = `usage: node hosts/linux/run.mjs [options] <manifest.json or folder> [key=value ...]

Builds a Moddable manifest for the simulator and runs it. key=value pairs go to the module mc/config, as strings.

  --build-only      do not run
  -o, --out DIR     build here (build/<name>/<variant>)
  --debug           without optimisation
  --sanitize        with AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer
  --bits N          32: as on a device, slots of 16 bytes (64; $SIM_BITS); unpacks Debian's i386 packages into build/i386
  --no-caps         let the heaps grow: ignore the manifest's "creation"
  --stats           print the heaps and counters at the end
  --watch           build and start again when a file of it changes
  --quiet           no progress
  -h, --help        this text
`;

/** @param {string} message @returns {never} */
function fail(message) {
	process.stderr.write(`${message}; see --help\n`);
	process.exit(2);
}

/** @param {string[]} words @returns {import("./tools/launch.mjs").LaunchOptions} */
function parse(words) {
	/** @type {Record<string, string>} */
	const config = {};
	/** @type {import("./tools/launch.mjs").LaunchOptions} */
	const options = { manifest: "", config };
	/** @type {Record<string, () => void>} */
	const flags = {
		"--build-only": () => (options.buildOnly = true),
		"--debug": () => (options.debug = true),
		"--sanitize": () => (options.sanitize = true),
		"--no-caps": () => (options.caps = false),
		"--stats": () => (options.stats = true),
		"--watch": () => (options.watch = true),
		"--quiet": () => (options.quiet = true),
	};
	for (let i = 0; i < words.length; i++) {
		const word = /** @type {string} */ (words[i]);
		const equals = word.indexOf("=");
		if (flags[word]) flags[word]();
		else if (word === "-o" || word === "--out") options.out = words[++i] ?? fail(`${word}: no folder given`);
		else if (word === "--bits") process.env.SIM_BITS = words[++i] ?? "";
		else if (word.startsWith("-")) fail(`${word}: unknown option`);
		else if (equals > 0) config[word.slice(0, equals)] = word.slice(equals + 1);
		else if (options.manifest) fail(`${word}: only one manifest can be built`);
		else options.manifest = word;
	}
	if (!options.manifest) fail("no manifest given");
	return options;
}

const words = process.argv.slice(2);
if (words.includes("--help") || words.includes("-h")) process.stdout.write(usage);
else process.exitCode = await launch(parse(words));
