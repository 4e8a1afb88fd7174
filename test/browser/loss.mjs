// SPDX-License-Identifier: Apache-2.0
// A picture whose packets are lost on the way: they are sent again. `npm run bench -- network` measures how well.
// @ts-check
import assert from "node:assert/strict";
import { byWhep, Viewer } from "../link/viewer.mjs";
import { WatchedCamera } from "../soak/watched.mjs";

/** @typedef {import("puppeteer-core").Page} Page */

const framerate = 15;
const small = { width: 640, height: 360, framerate, bitrate: 500_000 };
const delay = 50; // ms each way
const duration = 4000; // ms
const mostEntries = 10; // a second: fewer than there are frames, not to speak of packets and feedback

/** In the page: packets that came again, by themselves (RFC 4588). */
async function retransmitted() {
	const { pc } = /** @type {any} */ (window);
	let count = 0;
	for (const stats of (await pc.getStats()).values())
		if (stats.type === "inbound-rtp") count += stats.retransmittedPacketsReceived ?? 0;
	return count;
}

/** @param {import("./page.mjs").Tools} tools */
export default function lossTests({ test, open }) {
	test("chromium: the picture goes on where packets are lost, without JavaScript", async () => {
		const camera = await new WatchedCamera(small).ready();
		try {
			const page = await open("chromium", `${camera.url}plot.js`);
			const viewer = new Viewer(page, { down: { delay, loss: 0.05 }, up: { delay } });
			await viewer.open(page.url(), byWhep(camera.url));
			const { shown, nacks } = await viewer.watch(duration, framerate);
			const { entries } = await camera.sample(1);
			const lost = viewer.link.down.samples.filter((sample) => sample.lost).length;
			const again = await page.evaluate(retransmitted);
			const seen = `${(shown * 100).toFixed(0)} % shown, ${lost} lost, ${nacks} NACKs, ${again} came again, ${entries} entries/s`;
			assert(lost > 0 && nacks > 0 && again > 0, seen);
			// A machine that is busy shows fewer.
			assert(shown > 0.75, seen);
			assert(entries < mostEntries, seen);
			console.log(`  ${seen}`);
			await viewer.close();
		} catch (error) {
			console.log(camera.output);
			throw error;
		} finally {
			camera.process.kill("SIGKILL");
		}
	});
}
