// SPDX-License-Identifier: Apache-2.0
// Glass to glass: from the moment that a picture is captured, coded in it, to the moment that Chromium shows it.
// @ts-check
import { launch } from "../browser/browsers.mjs";
import { Camera } from "../browser/camera.mjs";
import { readTestCard } from "../browser/test-card.mjs";
import { quantile, sleep } from "./measure.mjs";

const frames = 300;
const settling = 3000; // ms
const largestMedian = 52; // ms

/** Inside the page: the latencies of the next pictures. @param {number} count @returns {Promise<number[]>} */
function collect(count) {
	const video = /** @type {HTMLVideoElement} */ (document.querySelector("video"));
	const { readTestCard } = /** @type {any} */ (globalThis);
	/** @type {number[]} */
	const latencies = [];
	return new Promise((resolve) => {
		const onFrame = () => {
			const card = readTestCard();
			if (card) latencies.push(card.latency);
			if (latencies.length < count) video.requestVideoFrameCallback(onFrame);
			else resolve(latencies);
		};
		video.requestVideoFrameCallback(onFrame);
	});
}

/** @returns {Promise<import("./measure.mjs").Result[]>} */
export default async function latency() {
	const camera = await new Camera().ready();
	const browser = await launch("chromium");
	try {
		const page = await browser.newPage();
		await page.goto(camera.url);
		await page.evaluate(`globalThis.readTestCard = ${readTestCard}`);
		await page.waitForFunction("readTestCard()", { timeout: 20_000 });
		await sleep(settling);
		const latencies = await page.evaluate(collect, frames);
		const median = quantile(latencies, 0.5);
		return [
			{
				title: `Glass to glass in Chromium, 1280×720, 30 fps, ${frames} frames`,
				head: ["", "ms"],
				rows: [
					["median", median],
					["95th percentile", quantile(latencies, 0.95)],
				],
				note: "From drawing the test card to the video frame's callback in the page, without a camera's and a screen's own delay.",
				failures: median > largestMedian ? [`latency: ${median} ms, not ${largestMedian}`] : [],
			},
		];
	} finally {
		await browser.close();
		await camera.stop();
	}
}
