// SPDX-License-Identifier: Apache-2.0
// @ts-check
// What an example's JavaScript takes of a device's flash, as the simulator counts it.
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { build, root } from "../../hosts/linux/tools/build.mjs";

const slotSize = 16; // bytes on a device
const line = /^# image: (\d+) slots, (\d+) bytes of chunks, (\d+) bytes of byte code$/m;

/** @param {string} app @param {string} image @returns {Promise<number>} bytes */
function measure(app, image) {
	return new Promise((resolve, reject) => {
		const child = spawn(app, [image], {
			cwd: path.dirname(app),
			env: { ...process.env, SIM_STATS: "1", XS_WEBRTC_STATE: path.join(path.dirname(app), "state") },
			stdio: ["ignore", "ignore", "pipe"],
		});
		let output = "";
		const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
		child.stderr.on("data", (chunk) => {
			output += chunk;
			if (line.test(output)) child.kill("SIGKILL");
		});
		child.on("error", reject);
		child.on("close", () => {
			clearTimeout(timer);
			const [, slots, chunks, code] = line.exec(output) ?? [];
			if (slots === undefined) reject(new Error(`${app}: ${output.trim() || "said nothing"}`));
			else resolve(Number(slots) * slotSize + Number(chunks) + Number(code));
		});
	});
}

/** @param {string} out @returns {Promise<[string, number][]>} of each example, in bytes */
export async function measureImages(out) {
	const examples = path.join(root, "examples");
	/** @type {[string, number][]} */
	const images = [];
	for (const name of fs.readdirSync(examples, { recursive: true, encoding: "utf8" }).sort()) {
		const manifest = path.join(examples, name, "manifest.json");
		if (!fs.existsSync(manifest) || !fs.existsSync(path.join(examples, name, "main.ts"))) continue;
		const { app, image } = await build({ manifest, out: path.join(out, "images", name), quiet: true });
		images.push([name, await measure(app, image)]);
	}
	return images;
}
