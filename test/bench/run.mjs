// SPDX-License-Identifier: Apache-2.0
// npm run bench [-- NAME … --bits 32 --write]: measures, prints tables, and says what is beyond its limit. --write puts them into
// README.md in place of those that are there.
// @ts-check
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { bitsOf } from "../../hosts/linux/tools/build.mjs";
import { execute, markdown, root } from "./measure.mjs";

const names = [
	"edit",
	"send",
	"receive",
	"data",
	"connect",
	"first-frame",
	"latency",
	"talk",
	"network",
	"gathering",
	"memory",
	"cpu",
	"chip",
];
const readme = join(root, "test/bench/README.md");

/** @param {string} program @param {string[]} parameters the first line that it prints */
async function version(program, parameters) {
	const { stdout } = await execute(program, parameters);
	return stdout.split("\n")[0]?.trim() ?? "";
}

async function describeMachine() {
	const [cpu] = cpus();
	const debian = await version("sh", ["-c", '. /etc/os-release; echo "$PRETTY_NAME"']);
	const packages = ["libsrtp2-1", "libmbedtls14", "libopenh264-7", "chromium"];
	const versions = await Promise.all(
		packages.map(async (name) => `${name} ${await version("dpkg-query", ["-W", "-f=${Version}", name])}`),
	);
	const gigabytes = Math.round(totalmem() / 2 ** 30);
	return [
		`${cpu?.model.trim()}, ${cpus().length} cores (virtual), ${gigabytes} GB, Linux ${release()}, ${debian}, Node.js ${process.version}`,
		await version("gcc", ["--version"]),
		...versions,
	].join("; ");
}

/** Replaces what lies between two comments of the README. @param {string} name @param {string} text */
function write(name, text) {
	const before = `<!-- ${name} -->`;
	const after = `<!-- /${name} -->`;
	const old = readFileSync(readme, "utf8");
	const [start, end] = [old.indexOf(before), old.indexOf(after)];
	if (start < 0 || end < start) throw new Error(`README.md has no place for "${name}"`);
	writeFileSync(readme, `${old.slice(0, start + before.length)}\n\n${text.trim()}\n\n${old.slice(end)}`);
}

const words = process.argv.slice(2);
const writing = words.includes("--write");
const bits = words.indexOf("--bits");
if (bits >= 0) process.env.SIM_BITS = words.splice(bits, 2)[1] ?? ""; // the simulator's build reads it
if (!["32", "64", undefined].includes(process.env.SIM_BITS)) {
	console.error(`--bits: 32 or 64, not ${process.env.SIM_BITS}`);
	process.exit(2);
}
const suffix = bitsOf() === 32 ? "-32" : "";
const wanted = words.filter((word) => word !== "--write");
const unknown = wanted.find((name) => !names.includes(name));
if (unknown) {
	console.error(`There is no bench "${unknown}". There are: ${names.join(", ")}.`);
	process.exit(2);
}
const { ensureSystem, ensureNpm } = await import("../../hosts/linux/setup.mjs");
await ensureSystem("test");
await ensureNpm();

const machine = await describeMachine();
console.log(`${machine}\n`);
if (writing) write("machine", machine);
const failures = [];
for (const name of wanted.length ? wanted : names) {
	/** @type {import("./measure.mjs").Result[]} */
	const results = await (await import(`./${name}.mjs`)).default();
	const text = results.map(markdown).join("\n");
	console.log(text);
	if (writing) write(name + suffix, text);
	failures.push(...results.flatMap((result) => result.failures ?? []));
}
for (const failure of failures) console.log(`beyond its limit: ${failure}`);
process.exit(failures.length ? 1 : 0);
