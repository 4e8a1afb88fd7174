// SPDX-License-Identifier: Apache-2.0
// What the benches share: statistics, processes, and rows of tables.
// @ts-check
import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const executeFile = promisify(execFile);

/**
 * What a bench gives back: a table, and whether the figures are within their limits.
 * @typedef {{ title: string, head: string[], rows: (string | number)[][], note?: string, failures?: string[] }} Result
 */

/** @param {string} program @param {string[]} parameters @returns {Promise<{ stdout: string, stderr: string }>} */
export const execute = (program, parameters) => executeFile(program, parameters, { cwd: root, maxBuffer: 1 << 26 });

/** Builds one of test/bench/Makefile's programs. @param {string} name @returns {Promise<string>} its path */
export async function program(name) {
	const path = join(root, "build", "bench", name);
	await execute("make", ["-s", "-C", "test/bench", path]);
	return path;
}

/** @param {number} milliseconds */
export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** @param {number[]} values @param {number} share 0 … 1 */
export function quantile(values, share) {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

/** @param {number[]} values */
export const median = (values) => quantile(values, 0.5);

/** @param {Result} result */
export function markdown({ title, head, rows, note }) {
	const line = (/** @type {(string | number)[]} */ cells) => `| ${cells.join(" | ")} |`;
	const table = [line(head), line(head.map((_, i) => (i ? "---:" : "---"))), ...rows.map(line)];
	return [`### ${title}`, "", ...table, ...(note ? ["", note] : []), ""].join("\n");
}
