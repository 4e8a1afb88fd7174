// SPDX-License-Identifier: Apache-2.0
// What browsers show of a camera whose packets are lost, and of libwebrtc's over the same links.
// @ts-check
import { launch, names } from "../../browser/browsers.mjs";
import { sleep } from "../measure.mjs";
import { Rows, framerate, libwebrtc, ours, startCamera, watching } from "./senders.mjs";

const settling = 5000; // ms
const duration = 30_000; // ms
const delay = 50; // ms each way
const largestGap = 500; // ms
const bitrate = 1_500_000;

/** @typedef {import("../../link/link.mjs").Way} Way */

/** @type {{ name: string, down: Way, least: number, gap: number }[]} */
const losses = [
	{ name: "no loss", down: {}, least: 0.98, gap: largestGap },
	{ name: "5 % by chance", down: { loss: 0.05 }, least: 0.98, gap: largestGap },
	{ name: "10 % in runs of 3", down: { bursts: { loss: 0.1, length: 3 } }, least: 0.95, gap: Infinity },
];

/** @param {import("puppeteer-core").Browser} browser @param {import("./senders.mjs").Sender} sender @param {Way} down */
async function watch(browser, sender, down) {
	try {
		const viewer = await watching(browser, sender, { down: { delay, ...down }, up: { delay } });
		await sleep(settling);
		const seen = await viewer.watch(duration, framerate);
		await viewer.close();
		return seen;
	} catch (error) {
		if (sender.name === "ours") throw error;
		return undefined; // it and this browser do not get on
	} finally {
		sender.close();
	}
}

/** @param {Awaited<ReturnType<typeof watch>>} seen @param {(typeof losses)[number]} limits */
function judge(seen, { least, gap }) {
	if (!seen) return { cells: ["–", "–", "–", "–", "–"], beyond: [] };
	const { shown, longest, nacks, plis, size } = seen;
	const share = `${(shown * 100).toFixed(1)} %`;
	const beyond = [];
	if (shown < least) beyond.push(`${share} of the frames are shown, not ${least * 100} %`);
	if (longest > gap) beyond.push(`no picture for ${longest.toFixed(0)} ms, not ${gap} ms at most`);
	return { cells: [share, longest.toFixed(0), nacks, plis, size], beyond };
}

/**
 * @param {readonly ("chromium" | "firefox")[]} [browsers]
 * @returns {Promise<import("../measure.mjs").Result & { passed: number }>}
 */
export default async function loss(browsers = names.filter((name) => name.includes(process.env.BROWSER ?? ""))) {
	const table = new Rows("loss", ["", "sender", "shown", "longest gap, ms", "NACKs", "PLIs", "size"]);
	const camera = await startCamera({ bitrate });
	try {
		for (const name of browsers) {
			const browser = await launch(name);
			try {
				for (const limits of losses)
					for (const make of [ours, libwebrtc]) {
						const sender = make(camera, bitrate);
						const { cells, beyond } = judge(await watch(browser, sender, limits.down), limits);
						const isOurs = sender.name === "ours";
						table.add([`${name}, ${limits.name}`, sender.name, ...cells], isOurs ? beyond : undefined);
					}
			} finally {
				await browser.close();
			}
		}
	} finally {
		await camera.stop();
	}
	return {
		title: `Frames shown over a link that loses, round trip ${2 * delay} ms, 640×480, 30 fps, ${bitrate / 1e6} Mbit/s, ${duration / 1000} s`,
		note: "Loss on the way to the viewer, of one seed for both senders. Shown: frames that the browser decoded.",
		...table,
	};
}
