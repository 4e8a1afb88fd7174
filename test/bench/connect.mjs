// SPDX-License-Identifier: Apache-2.0
// From setRemoteDescription(offer) to "connected" between two of our own processes: fresh pairs on this host.
// @ts-check
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { build } from "../../hosts/linux/tools/build.mjs";
import { median, root } from "./measure.mjs";

const pairs = 50;
const largestMedian = 10; // ms
const largest = 20;

/** @returns {Promise<number>} a TCP port that is free now */
function freePort() {
	return new Promise((resolve) => {
		const server = createServer().listen(0, "127.0.0.1", () => {
			const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
			server.close(() => resolve(port));
		});
	});
}

/** @param {string} role @param {number} port @returns {Promise<() => import("node:child_process").ChildProcess>} */
async function program(role, port) {
	const manifest = join(root, "test/bench/connect", role);
	const out = join(root, "build/bench", role);
	const { app, image } = await build({ manifest, out, quiet: true, config: { port: String(port) } });
	return () => spawn(app, [image], { stdio: ["ignore", "pipe", "inherit"] });
}

/** @param {import("node:child_process").ChildProcess} child @param {RegExp} pattern @returns {Promise<RegExpExecArray>} */
function printed(child, pattern) {
	return new Promise((resolve, reject) => {
		let output = "";
		child.stdout?.on("data", (chunk) => {
			output += chunk;
			const found = pattern.exec(output);
			if (found) resolve(found);
		});
		child.on("close", () => reject(new Error(`connect: ${pattern} was not printed, but\n${output}`)));
	});
}

/** @param {import("node:child_process").ChildProcess} child */
const ended = (child) => new Promise((resolve) => child.on("close", resolve));

/** @returns {Promise<import("./measure.mjs").Result[]>} */
export default async function connect() {
	const port = await freePort();
	const startAnswerer = await program("answerer", port);
	const startOfferer = await program("offerer", port);
	const times = [];
	for (let i = 0; i < pairs; i++) {
		const answerer = startAnswerer();
		const connected = printed(answerer, /connected ([\d.]+)/);
		await Promise.race([printed(answerer, /waiting/), connected]);
		const offerer = startOfferer();
		times.push(Number((await connected)[1]));
		await Promise.all([ended(answerer), ended(offerer)]);
	}
	const [middle, worst] = [median(times), Math.max(...times)];
	const failures = [];
	if (middle > largestMedian) failures.push(`connected in ${middle} ms, the median of ${pairs}`);
	if (worst > largest) failures.push(`connected in ${worst} ms once`);
	return [
		{
			title: `Connecting: setRemoteDescription(offer) to connected, ${pairs} fresh pairs of our own processes`,
			head: ["", "ms"],
			rows: [
				["least", Math.min(...times).toFixed(1)],
				["median", middle.toFixed(1)],
				["most", worst.toFixed(1)],
			],
			failures,
		},
	];
}
