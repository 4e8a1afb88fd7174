// SPDX-License-Identifier: Apache-2.0
// @ts-check
// npm start: sets up what is missing, then builds and runs an example.
import fs from "node:fs";
import path from "node:path";
import { ensureNpm, ensureSystem } from "./setup.mjs";
import { launch } from "./tools/launch.mjs";
import { root } from "./tools/build.mjs";

/** @typedef {{ value: string, text: string, kind?: "number" | "path" }} Option */

/** What goes to the example's mc/config. @type {Record<string, Option>} */
const options = {
	port: { value: "N", text: "TCP port of the page and the endpoint (8080)", kind: "number" },
	viewers: { value: "N", text: "viewers at once (5)", kind: "number" },
	video: { value: "FILE", text: "show a media file in place of the test card", kind: "path" },
	camera: { value: "DEVICE", text: "show a camera, such as /dev/video0" },
	microphone: { value: "DEVICE", text: "hear a microphone, such as default" },
	width: { value: "N", text: "pixels", kind: "number" },
	height: { value: "N", text: "pixels", kind: "number" },
	framerate: { value: "N", text: "frames per second", kind: "number" },
	bitrate: { value: "N", text: "of the video, bits per second", kind: "number" },
	report: { value: "N", text: "seconds between reports of memory and load (0: none)", kind: "number" },
};

const examples = fs
	.readdirSync(path.join(root, "examples"))
	.filter((name) => fs.existsSync(path.join(root, "examples", name, "manifest.json")));

function usage() {
	const line = (/** @type {string} */ name, /** @type {string} */ text) => `  ${name.padEnd(22)} ${text}\n`;
	return [
		"usage: npm start -- [options]\n\n",
		...Object.entries(options).map(([name, { value, text }]) => line(`--${name} ${value}`, text)),
		line("--example NAME", `which example: ${examples.join(", ")} (lan-camera)`),
		line("--stats", "print the machine's heaps and counters at the end"),
		line("--help", "this text"),
	].join("");
}

/** @param {string} message @returns {never} */
function fail(message) {
	process.stderr.write(`${message}\n\n${usage()}`);
	process.exit(2);
}

/** @param {string} name @param {Option} option @param {string} value */
function convert(name, option, value) {
	if (option.kind === "number" && !/^\d+$/.test(value)) fail(`--${name}: a number, not "${value}"`);
	// npm runs this in the project's folder; INIT_CWD is where the user typed.
	return option.kind === "path" ? path.resolve(process.env.INIT_CWD ?? process.cwd(), value) : value;
}

/** @param {string[]} words */
function parse(words) {
	const parsed = { example: "lan-camera", stats: false, config: /** @type {Record<string, string>} */ ({}) };
	for (let i = 0; i < words.length; i++) {
		const [word, inline] = /** @type {[string, string | undefined]} */ (
			/** @type {string} */ (words[i]).split(/=(.*)/s, 2)
		);
		const name = word.replace(/^--/, "");
		const option = word.startsWith("--") ? options[name] : undefined;
		if (word === "--stats") parsed.stats = true;
		else if (!option && word !== "--example") fail(`${word}: unknown option`);
		else {
			const value = inline ?? words[++i] ?? fail(`${word}: no value given`);
			if (option) parsed.config[name] = convert(name, option, value);
			else
				parsed.example = examples.includes(value)
					? value
					: fail(`--example ${value}: there is ${examples.join(", ")}`);
		}
	}
	return parsed;
}

const words = process.argv.slice(2);
if (words.includes("--help")) process.stdout.write(usage());
else {
	const { example, stats, config } = parse(words);
	ensureSystem("run");
	ensureNpm("run");
	process.exitCode = await launch({ manifest: path.join(root, "examples", example), stats, config });
}
