// SPDX-License-Identifier: Apache-2.0
// A link whose rate falls and comes back: how soon senders follow, and what they make of it.
// @ts-check
import { launch } from "../../browser/browsers.mjs";
import { sleep } from "../measure.mjs";
import { Rows, libwebrtc, ours, startCamera, watching } from "./senders.mjs";

const wide = 3_000_000;
const narrow = 600_000;
const most = 4_000_000;
const delay = 25; // ms each way
const queue = 300; // ms
const window = 500; // ms in which a rate is measured
const largest = { below: 2000, queue: 150, back: 10_000 }; // ms
const leastUsed = 0.8;

/** @typedef {import("../../link/link.mjs").Direction} Direction */

/** Milliseconds until what is offered, or carried, is so from some moment on. @param {Direction} direction @param {"offered" | "carried"} what @param {(rate: number) => boolean} is @param {number} patience ms */
async function until(direction, what, is, patience) {
	const began = performance.now();
	while (performance.now() - began < patience) {
		await sleep(100);
		const now = performance.now();
		if (now - began >= window && is(direction.measure(now - window)[what])) return now - began - window;
	}
	return Infinity;
}

/** @param {import("puppeteer-core").Browser} browser @param {import("./senders.mjs").Sender} sender */
async function follow(browser, sender) {
	const down = { delay, rate: wide, queue };
	const viewer = await watching(browser, sender, { down, up: { delay } });
	const way = viewer.link.down;
	await sleep(15_000);
	way.way = { ...down, rate: narrow };
	const changed = performance.now();
	const below = await until(way, "offered", (rate) => rate <= narrow * 1.02, 10_000);
	await sleep(Math.max(0, 20_000 - (performance.now() - changed)));
	const { queue95, lost } = way.measure(changed + 3000);
	const used = way.measure(changed + 5000).carried / narrow;
	way.way = down;
	const back = await until(way, "carried", (rate) => rate >= leastUsed * wide, 20_000);
	await viewer.close();
	sender.close();
	return { below, queue95, lost, used, back };
}

const seconds = (/** @type {number} */ time) => (time === Infinity ? "–" : (time / 1000).toFixed(1));
const percent = (/** @type {number} */ share, digits = 0) => `${(share * 100).toFixed(digits)} %`;

/** @returns {Promise<import("../measure.mjs").Result & { passed: number }>} */
export default async function rate() {
	const table = new Rows("rate", [
		"sender",
		"below after, s",
		"queue, p95, ms",
		"used",
		"lost",
		"back at 80 % after, s",
	]);
	const camera = await startCamera({ bitrate: most });
	const browser = await launch("chromium");
	try {
		for (const make of [ours, libwebrtc]) {
			const sender = make(camera, most);
			const { below, queue95, lost, used, back } = await follow(browser, sender);
			const beyond = [];
			if (below > largest.below) beyond.push(`below the rate after ${seconds(below)} s, not 2`);
			if (queue95 > largest.queue) beyond.push(`${queue95.toFixed(0)} ms wait on the way, not ${largest.queue}`);
			if (used < leastUsed) beyond.push(`${percent(used)} of the rate are used, not 80 %`);
			if (back > largest.back) beyond.push(`80 % of the old rate after ${seconds(back)} s, not 10`);
			const queued = queue95.toFixed(0);
			const cells = [sender.name, seconds(below), queued, percent(used), percent(lost, 1), seconds(back)];
			table.add(cells, sender.name === "ours" ? beyond : undefined);
		}
	} finally {
		await browser.close();
		await camera.stop();
	}
	return {
		title: `A link of 3 Mbit/s that becomes one of 600 kbit/s for 20 s, queue ${queue} ms, round trip ${2 * delay} ms, Chromium`,
		note: "Queue and loss from 3 s after the change on, use from 5 s on.",
		...table,
	};
}
