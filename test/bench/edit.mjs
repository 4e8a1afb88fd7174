// SPDX-License-Identifier: Apache-2.0
// How soon an edited line runs: lan-camera under --watch, from writing the file to the line that the application prints first.
// @ts-check
import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median, root, sleep } from "./measure.mjs";

const edits = 8;
const largest = 5000; // ms
const example = join(root, "examples/lan-camera");

/** The example, in a folder where its lines may be changed. */
function copy() {
	const folder = realpathSync(mkdtempSync(join(tmpdir(), "xs-webrtc-edit-")));
	cpSync(example, folder, { recursive: true });
	const manifest = join(folder, "manifest.json");
	const text = readFileSync(manifest, "utf8");
	writeFileSync(manifest, text.replaceAll('"../../', `"${root}/`).replaceAll('"../', `"${root}/examples/`));
	return folder;
}

/** @param {() => boolean} condition @param {() => string} output */
async function until(condition, output) {
	for (const end = Date.now() + 180_000; !condition(); await sleep(5)) {
		if (Date.now() > end) throw new Error(`edit: the application did not start:\n${output().slice(-2000)}`);
	}
}

/** @returns {Promise<import("./measure.mjs").Result[]>} */
export default async function edit() {
	const folder = copy();
	const words = ["hosts/linux/run.mjs", "--watch", "--out", join(folder, "build"), folder, "port=0"];
	const child = spawn("node", words, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
	let output = "";
	for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += text));
	const ended = new Promise((resolve) => child.on("close", resolve));
	const times = [];
	try {
		await until(
			() => output.includes("The camera is live"),
			() => output,
		);
		const main = join(folder, "main.ts");
		const original = readFileSync(main, "utf8");
		for (let i = 0; i < edits; i++) {
			const text = `It lives, by edit ${i}`;
			const start = performance.now();
			writeFileSync(main, original.replace("The camera is live", text));
			await until(
				() => output.includes(text),
				() => output,
			);
			times.push(performance.now() - start);
		}
	} finally {
		child.kill("SIGINT");
		await ended;
		rmSync(folder, { recursive: true });
	}
	const seconds = (/** @type {number} */ value) => (value / 1000).toFixed(1);
	return [
		{
			title: `An edited line of examples/lan-camera, until it runs, ${edits} times`,
			head: ["s", "least", "median", "most"],
			rows: [
				["saved to printed", seconds(Math.min(...times)), seconds(median(times)), seconds(Math.max(...times))],
			],
			failures: median(times) > largest ? [`an edited line runs after ${seconds(median(times))} s`] : [],
		},
	];
}
