// SPDX-License-Identifier: Apache-2.0
// Clients of one address that make an offer and vanish, ten a second, take no place from a viewer of that address who
// comes, nor from one who is there. Each has its place for a quarter of a second at least, and an address has four: faster
// ones may keep a viewer out whose attempts fall in with theirs, so the viewer's do not. usage: node test/host/vanishing.mjs [seconds]
// @ts-check
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Camera } from "../browser/camera.mjs";
import { Viewer } from "../soak/viewer.mjs";

const seconds = Number(process.argv[2] ?? 20);
const interval = 100; // ms between offers
const attempts = 5; // of a viewer, as a page makes them
const template = readFileSync(new URL("../unit/sdp/fixtures/chromium-gathered.sdp", import.meta.url), "utf8");
/** Where nobody answers: TEST-NET-3. */
const body = template.replace(/(\ba=candidate:\S+ \d+ \S+ \d+) \S+/g, "$1 203.0.113.9").replace(/\r?\n/g, "\r\n");

const camera = await new Camera({ viewers: 5, width: 320, height: 240, bitrate: 200_000 }).ready();
const statuses = /** @type {Record<number, number>} */ ({});
const post = async () => {
	const headers = { "content-type": "application/sdp" };
	const { status } = await fetch(`${camera.url}whep`, { method: "POST", headers, body });
	statuses[status] = (statuses[status] ?? 0) + 1;
};
/** Comes and watches. @returns {Promise<{ viewer: Viewer, attempt: number }>} */
async function come() {
	for (let attempt = 1; ; attempt++) {
		const viewer = new Viewer(camera.url);
		try {
			await viewer.open({}, 4000);
			await viewer.watch(5);
			return { viewer, attempt };
		} catch (error) {
			viewer.vanish();
			if (attempt === attempts) throw error;
			await new Promise((resolve) => setTimeout(resolve, 200 + 300 * Math.random()));
		}
	}
}

const timer = setInterval(() => post().catch(() => (statuses[0] = (statuses[0] ?? 0) + 1)), interval);
try {
	const stays = await come();
	const tries = [];
	for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
		const { viewer, attempt } = await come();
		tries.push(attempt);
		await stays.viewer.watch(5);
		await viewer.close();
	}
	clearInterval(timer);
	await stays.viewer.watch(5);
	await stays.viewer.close();
	console.log(`vanishing clients, by status: ${JSON.stringify(statuses)}; attempts of viewers: ${tries.join(" ")}`);
	assert.equal(camera.process.exitCode, null, camera.output);
	assert.equal(await camera.stop(), 0, camera.output);
	console.log("1 passed, 0 failed");
	process.exit(0);
} catch (error) {
	console.log(error instanceof Error ? error.stack : error, statuses, camera.output.slice(-3000));
	console.log("0 passed, 1 failed");
	camera.process.kill();
	process.exit(1);
}
