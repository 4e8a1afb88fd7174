// SPDX-License-Identifier: Apache-2.0
// How soon a viewer sees the picture: from the offer, and from opening the page, in Chromium.
// @ts-check
import { launch } from "../browser/browsers.mjs";
import { Camera } from "../browser/camera.mjs";
import { median } from "./measure.mjs";

const runs = 20;
const largestFromOffer = 94; // ms, median
const largestFromPage = 1000;

/** Inside the page, before its scripts: notes when the offer is posted and when the first picture is shown. */
function observe() {
	const times = /** @type {{ offer?: number, frame?: number }} */ ({});
	Object.assign(globalThis, { times });
	const original = globalThis.fetch;
	globalThis.fetch = (resource, init) => {
		if (init?.method === "POST") times.offer ??= performance.now();
		return original(resource, init);
	};
	document.addEventListener("DOMContentLoaded", () => {
		document.querySelector("video")?.requestVideoFrameCallback(() => (times.frame = performance.now()));
	});
}

/** @param {import("puppeteer-core").Browser} browser @param {string} url */
async function open(browser, url) {
	const page = await browser.newPage();
	await page.evaluateOnNewDocument(observe);
	await page.goto(url);
	await page.waitForFunction("times.frame", { polling: 10, timeout: 20_000 });
	const { offer, frame } = /** @type {{ offer: number, frame: number }} */ (await page.evaluate("times"));
	await page.close();
	return { fromOffer: frame - offer, fromPage: frame };
}

/** @returns {Promise<import("./measure.mjs").Result[]>} */
export default async function firstFrame() {
	const camera = await new Camera().ready();
	const browser = await launch("chromium");
	try {
		await open(browser, camera.url); // the browser's own first time
		const times = [];
		for (let i = 0; i < runs; i++) times.push(await open(browser, camera.url));
		const fromOffer = times.map((time) => time.fromOffer);
		const fromPage = times.map((time) => time.fromPage);
		const cells = (/** @type {number[]} */ values) =>
			[Math.min(...values), median(values), Math.max(...values)].map((value) => value.toFixed(0));
		const failures = [];
		if (median(fromOffer) > largestFromOffer) failures.push(`first frame ${median(fromOffer)} ms after the offer`);
		if (median(fromPage) > largestFromPage)
			failures.push(`first frame ${median(fromPage)} ms after the page's opening`);
		return [
			{
				title: `First frame in Chromium, 1280×720, ${runs} times`,
				head: ["ms", "least", "median", "most"],
				rows: [
					["from posting the offer", ...cells(fromOffer)],
					["from opening the page", ...cells(fromPage)],
				],
				failures,
			},
		];
	} finally {
		await browser.close();
		await camera.stop();
	}
}
