// SPDX-License-Identifier: Apache-2.0
// @ts-check
// Debian's compiler for RISC-V, and the sizes of what it makes.
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

/** The ESP32-P4's instruction set; an S3 has Xtensa's, whose code is of about the same size. */
export const architecture = ["-march=rv32imafc", "-mabi=ilp32f", "--specs=picolibc.specs"];
const compiler = "riscv64-unknown-elf-gcc";

/** As the SDK compiles for a chip (make.esp32.mk), with warnings for errors. */
export const flags = [
	...architecture,
	...["-Os", "-std=gnu17", "-ffunction-sections", "-fdata-sections", "-fno-jump-tables"],
	...["-Wall", "-Wextra", "-Werror", "-fcallgraph-info=su", "-MMD"],
	...["-DESP_PLATFORM", "-D__ets__", "-DESP32=3", "-DINCLUDE_XSPLATFORM", '-DXSPLATFORM="chip_platform.h"'],
];

/** @typedef {{ text: number, rodata: number, data: number, bss: number }} Sizes */

/**
 * @param {string} program @param {string[]} parameters @param {object} [options] of spawn
 * @returns {Promise<{ status: number | null, output: string }>} stdout and stderr together
 */
export function run(program, parameters, options = {}) {
	return new Promise((resolve, reject) => {
		const child = spawn(program, parameters, { stdio: ["ignore", "pipe", "pipe"], ...options });
		let output = "";
		child.stdout?.on("data", (chunk) => (output += chunk));
		child.stderr?.on("data", (chunk) => (output += chunk));
		child.on("error", reject);
		child.on("close", (status) => resolve({ status, output }));
	});
}

/** @template T @param {T[]} items @param {(item: T) => Promise<void>} work as many at once as there are processors */
export async function inParallel(items, work) {
	const queue = [...items];
	const worker = async () => {
		for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
	};
	await Promise.all(Array.from({ length: os.availableParallelism() }, worker));
}

/**
 * Compiles each source into `out`, under its own name.
 * @param {string[]} sources @param {string[]} parameters @param {string} out
 * @returns {Promise<{ objects: string[], errors: string[] }>}
 */
export async function compile(sources, parameters, out) {
	fs.mkdirSync(out, { recursive: true });
	/** @type {string[]} */
	const errors = [];
	const object = (/** @type {string} */ source) => path.join(out, path.basename(source).replace(/\.c$/, ".o"));
	await inParallel(sources, async (source) => {
		fs.rmSync(object(source), { force: true });
		const { status, output } = await run(compiler, [...parameters, "-c", source, "-o", object(source)]);
		if (status !== 0) errors.push(output.trim());
	});
	return { objects: sources.map(object), errors };
}

/** @param {string[]} objects @param {string[]} parameters @param {string} program @returns {Promise<string>} errors, or "" */
export async function link(objects, parameters, program) {
	const { status, output } = await run(compiler, [...architecture, ...objects, ...parameters, "-o", program]);
	return status === 0 ? "" : output;
}

/** @param {string} section @returns {keyof Sizes | undefined} */
function kindOf(section) {
	if (/^\.(text|init|fini)/.test(section)) return "text";
	if (/^\.s?rodata/.test(section)) return "rodata";
	if (/^\.s?data/.test(section)) return "data";
	return /^\.s?bss|^COMMON|^\.tbss/.test(section) ? "bss" : undefined;
}

/** @param {string[]} objects @returns {Promise<Sizes>} in sum */
export async function sizes(objects) {
	const sum = { text: 0, rodata: 0, data: 0, bss: 0 };
	const { output } = await run("riscv64-unknown-elf-size", ["-A", ...objects]);
	for (const [, section, size] of output.matchAll(/^(\.\S+|COMMON)\s+(\d+)\s+\d+$/gm)) {
		const kind = kindOf(section ?? "");
		if (kind) sum[kind] += Number(size);
	}
	return sum;
}
