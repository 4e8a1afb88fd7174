// SPDX-License-Identifier: Apache-2.0
// @ts-check
// What a chip would make of the natives, without a chip: compiled for its instruction set as the boards' manifests say,
// their sizes, their stacks, and the cores run in an emulator that counts instructions. See README.md.
// usage: node test/chip/run.mjs [--compile | --qemu] [--write]
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "../../hosts/linux/tools/build.mjs";
import { allTargets, checkComponents, differing, readBoard, unnamed } from "./board.mjs";
import { compile, flags, sizes } from "./compile.mjs";
import { emulate } from "./emulate.mjs";
import { measureEngine } from "./engine.mjs";
import { layOut } from "./idf.mjs";
import { measureImages } from "./images.mjs";
import { checkOptions, sized, unexplainedOptions } from "./sdkconfig.mjs";
import { measureStacks, outdated, readGraph, unexplained } from "./stacks.mjs";
import * as report from "./report.mjs";

const words = process.argv.slice(2);
const unknown = words.find((word) => !["--compile", "--qemu", "--write"].includes(word));
if (unknown !== undefined) {
	console.error(`usage: node test/chip/run.mjs [--compile | --qemu] [--write], not ${unknown}`);
	process.exit(2);
}
const out = path.join(root, "build/chip");
const limitsFile = fileURLToPath(new URL("limits.json", import.meta.url));
const documents = ["test/chip/README.md", "hosts/esp32/MEMORY.md", "hosts/esp32/README.md"].map((name) =>
	path.join(root, name),
);
const xs = path.join(root, "node_modules/@agoric/xsnap/moddable/xs");
const foreign = [
	path.join(root, "test/chip/include/moddable"),
	path.join(root, "hosts/linux/runtime/include"),
	...["includes", "platforms", "sources"].map((name) => path.join(xs, name)),
];

let passed = 0;
let failed = 0;
/** @param {string} name @param {string[]} wrong nothing, if it is as it must be */
function check(name, wrong) {
	console.log(`${wrong.length ? "FAILED" : "ok"} ${name}${wrong.map((text) => `\n    ${text}`).join("")}`);
	if (wrong.length) failed++;
	else passed++;
}

/** @type {Record<string, Record<string, number>>} what was measured, by kind and name */
const measured = {};
/** @param {string} kind @param {string} name @param {number} value */
function note(kind, name, value) {
	(measured[kind] ??= {})[name] = value;
}

const tree = layOut(out);
const boards = allTargets().map((target) => readBoard(target, tree, out));

/**
 * @param {import("./board.mjs").Board} board @param {string[]} sources those that have to be compiled
 * @returns {Promise<string[] | undefined>} their objects
 */
async function compileBoard(board, sources) {
	const folders = [...new Set([board.generated, ...board.folders, ...tree.folders])];
	const parameters = [
		...flags,
		...folders.map((folder) => `-I${folder}`),
		...foreign.flatMap((folder) => ["-isystem", folder]),
	];
	const { objects, errors } = await compile(sources, parameters, path.join(out, board.name));
	check(`${board.name}: ${board.sources.length} files compile`, errors);
	return errors.length ? undefined : objects;
}

/** @param {import("./board.mjs").Board} board @param {string[]} objects */
async function measureNatives(board, objects) {
	/** @type {Map<string, string[]>} */
	const folders = new Map();
	board.sources.forEach((source, index) => {
		const folder = path.basename(path.dirname(source));
		folders.set(folder, [...(folders.get(folder) ?? []), objects[index] ?? ""]);
	});
	/** @type {[string, import("./compile.mjs").Sizes][]} */
	const rows = [];
	for (const [folder, files] of [...folders].sort()) rows.push([folder, await sizes(files)]);
	rows.push(["natives in sum", await sizes(objects)]);
	for (const [name, size] of rows) {
		note("flash", name, size.text + size.rodata + size.data);
		note("ram", name, size.data + size.bss);
	}
	return rows;
}

async function compileAll() {
	const [first] = boards;
	const shared = path.join(root, "hosts/esp32/sdkconfig/sdkconfig.defaults");
	check("each option of ESP-IDF that all boards have is needed for something", unexplainedOptions(shared));
	/** @type {string[] | undefined} of the first board */
	let of;
	for (const board of boards) {
		check(`${board.name}: options of ESP-IDF`, checkOptions(board.options, path.relative(root, board.sdkconfig)));
		check(`${board.name}: components have one version each`, checkComponents(board));
		check(`${board.name}: scripts name what is there for them`, unnamed(board));
		const made = await compileBoard(board, first && of ? differing(board, first, of) : board.sources);
		of ??= made;
	}
	if (!first || !of) return;
	const rows = await measureNatives(first, of);
	const engine = await measureEngine(out, tree.folders);
	check("the engine compiles", engine.errors.slice(0, 1));
	if (engine.size) {
		note("flash", "XS engine", engine.size.text + engine.size.rodata + engine.size.data);
		rows.push(["XS engine", engine.size]);
	}
	const images = await measureImages(out);
	for (const [name, size] of images) note("flash", `image of ${name}`, size);
	console.log(`\n${report.sizes(rows, images)}`);
	const graph = readGraph(of);
	check("calls through pointers are known", unexplained(graph));
	check("what is said of them is of functions that exist", outdated(graph));
	stacks = measureStacks(graph, Number(first.creation.nativeStack) || undefined);
	for (const { name, bytes } of stacks) note("frames", name, bytes);
}

/** @type {ReturnType<typeof measureStacks>} */
let stacks = [];
/** @type {Map<string, number>} */
let results = new Map();

/** @param {string} file from the root @param {RegExp} pattern @returns {number} what its group says */
function stated(file, pattern) {
	const [, value] = pattern.exec(fs.readFileSync(path.join(root, file), "utf8")) ?? [];
	if (value === undefined) throw new Error(`${file}: nothing like ${pattern}`);
	return Number(value);
}

/** What the bench measured with 32 bits, and what a path keeps of datagrams that come too soon. */
const elsewhere = () => ({
	script: 1024 * stated("test/bench/README.md", /<!-- memory-32 -->[^]*?\| each further viewer \|.* (\d+) \|\n/),
	early:
		stated("native/transport/rtc_transport.h", /#define RTC_PATH_EARLY (\d+)/) *
		stated("native/transport/rtc_transport_core.h", /#define RTC_RECEIVE_SIZE (\d+)/),
});

/** The machine's heaps, as lan-camera has them. @param {import("./board.mjs").Board | undefined} board */
function heapOf(board) {
	const { chunk, heap } = board?.creation ?? {};
	return { slots: Number(heap?.initial), chunks: Number(chunk?.initial) };
}

async function emulateAll() {
	const [board] = boards;
	if (!board) return;
	try {
		const run = await emulate(out, tree.folders, board.generated);
		results = run.results;
		if (run.missing)
			console.log(`\nWithout Debian's source packages (${run.missing}): only what needs no library ran.`);
		check(
			`the cores run on the instruction set${run.missing ? ", in part" : ` with ${run.versions.join(", ")}`}`,
			[],
		);
	} catch (error) {
		check("the cores run on the instruction set", [/** @type {Error} */ (error).message]);
		return;
	}
	for (const [name, value] of results) note(report.kindOf(name), name, value);
	console.log(`\n${report.instructions(results)}`);
	if (!results.has("internal-srtp")) return;
	console.log(report.memory(results, elsewhere()));
	check("a viewer keeps to its bounds", report.heavy(results, elsewhere()));
}

if (!words.includes("--qemu")) await compileAll();
if (!words.includes("--compile")) await emulateAll();
if (stacks.length) {
	console.log(report.stacks(stacks, results));
	check("stacks have their reserve", report.shallow(stacks, results));
}
if (results.has("internal-srtp") && measured.flash)
	console.log(report.overview(measured.flash, results, elsewhere(), heapOf(boards[0])));
const named = boards.filter(({ name }) => !/-(?:pdm|i2s|bare)$/.test(name));
report.configuration(named.length ? named : boards.slice(0, 1), sized);
if (words.includes("--write")) {
	report.writeLimits(limitsFile, measured);
	documents.forEach(report.writeTables);
}
check("nothing grew beyond its limit", report.beyond(limitsFile, measured));
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
