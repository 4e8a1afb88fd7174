// SPDX-License-Identifier: Apache-2.0
// What viewers see over links that lose, and that change their rate: the camera, a link of test/link, and browsers.
// @ts-check
import { launch, names } from "../browser/browsers.mjs";
import { Camera } from "../browser/camera.mjs";
import { Viewer, byWhep } from "../link/viewer.mjs";
import { sleep } from "./measure.mjs";

const framerate = 30;
const settling = 3000; // ms
const duration = 30_000; // ms
const delay = 50; // ms each way
const largestGap = 500; // ms

/** @type {{ name: string, down: import("../link/link.mjs").Way, least: number, gap: number }[]} */
const losses = [
	{ name: "no loss", down: {}, least: 0.98, gap: largestGap },
	{ name: "5 % by chance", down: { loss: 0.05 }, least: 0.98, gap: largestGap },
	{ name: "10 % in runs of 3", down: { bursts: { loss: 0.1, length: 3 } }, least: 0.95, gap: Infinity },
];

/** @param {import("puppeteer-core").Browser} browser @param {string} url @param {import("../link/link.mjs").Options} link */
async function watching(browser, url, link) {
	const viewer = new Viewer(await browser.newPage(), link);
	await viewer.open(`${url}plot.js`, byWhep(url));
	await sleep(settling);
	return viewer;
}

/** @param {string} url of the camera @param {string[]} failures */
async function lossRows(url, failures) {
	const rows = [];
	for (const name of names) {
		const browser = await launch(name);
		try {
			for (const { name: loss, down, least, gap } of losses) {
				const viewer = await watching(browser, url, { down: { delay, ...down }, up: { delay } });
				const { shown, longest, nacks, plis } = await viewer.watch(duration, framerate);
				await viewer.close();
				rows.push([`${name}, ${loss}`, `${(shown * 100).toFixed(1)} %`, longest.toFixed(0), nacks, plis]);
				if (shown < least) failures.push(`network: ${name}, ${loss}: ${shown} of the frames are shown`);
				if (longest > gap) failures.push(`network: ${name}, ${loss}: no picture for ${longest} ms`);
			}
		} finally {
			await browser.close();
		}
	}
	return rows;
}

/** @returns {Promise<import("./measure.mjs").Result[]>} */
export default async function network() {
	const camera = await new Camera({ width: 640, height: 480, framerate, bitrate: 2_000_000 }).ready();
	/** @type {string[]} */
	const failures = [];
	try {
		return [
			{
				title: `Frames shown over a link that loses, round trip ${2 * delay} ms, 640×480, 30 fps, ${duration / 1000} s`,
				head: ["", "shown", "longest gap, ms", "NACKs", "PLIs"],
				rows: await lossRows(camera.url, failures),
				note: "Loss on the way to the viewer, of one seed. Shown: frames that the browser decoded.",
				failures,
			},
		];
	} finally {
		await camera.stop();
	}
}
