// SPDX-License-Identifier: Apache-2.0
// Commands that the documentation shows: whether there are such scripts, examples and options.
// @ts-check
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** What npm start takes of any example. */
const common = ["example", "bits", "stats", "watch", "help"];
const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** @param {string} file @returns {string[]} names of options, and of those of the files that it includes */
function optionsIn(file) {
	const { include = [], ...own } = JSON.parse(readFileSync(file, "utf8"));
	const included = include.flatMap((/** @type {string} */ name) => optionsIn(join(dirname(file), name)));
	return [...included, ...Object.keys(own)];
}

/** Of "npm start -- …". @param {string[]} words @returns {string | undefined} what is wrong */
function startMistake(words) {
	const at = words.findIndex((word) => word === "--example");
	const example = at < 0 ? "lan-camera" : words[at + 1];
	if (!example || /^[A-Z]+$/.test(example)) return undefined; // the reader's
	const file = join(root, "examples", example, "options.json");
	if (!existsSync(file)) return `there is no example ${example}`;
	const known = [...common, ...optionsIn(file)];
	const odd = words.find((word, i) => {
		if (word.startsWith("--")) return !known.includes(word.slice(2).split("=", 1)[0] ?? "");
		return !words[i - 1]?.startsWith("--"); // neither an option nor its value
	});
	return odd === undefined ? undefined : `${example} has no option ${odd}`;
}

/** @param {string} text of a page @returns {string[]} the commands in it that cannot be given */
export default function wrongCommands(text) {
	const wrong = [];
	const blocks = [...text.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block = ""]) => block.replaceAll("\\\n", " "));
	const inline = [...text.matchAll(/`(npm (?:start|run)[^`\n]*)`/g)].map(([, command = ""]) => command);
	for (const line of [...blocks.flatMap((block) => block.split("\n")), ...inline]) {
		const [, script = "", rest = ""] = /\bnpm (?:run )?([\w-]+)([^#]*)/.exec(line) ?? [];
		if (!script || ["install", "test", "pack", "ci"].includes(script)) continue;
		if (!Object.hasOwn(scripts, script)) wrong.push(`${line.trim()}: there is no script ${script}`);
		const [, words = ""] = rest.split(" -- ", 2);
		const mistake = script === "start" ? startMistake(words.split(/\s+/).filter(Boolean)) : undefined;
		if (mistake) wrong.push(`${line.trim()}: ${mistake}`);
	}
	return wrong;
}
