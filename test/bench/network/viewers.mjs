// SPDX-License-Identifier: Apache-2.0
// Three viewers of one encode whose links differ: each sees what its link carries, by the policy.
// @ts-check
import { launch } from "../../browser/browsers.mjs";
import { sleep } from "../measure.mjs";
import { Rows, framerate, ours, startCamera, watching } from "./senders.mjs";

const rates = [500_000, 1_000_000, 4_000_000]; // bit/s
const delay = 25; // ms each way
const queue = 300; // ms
const settling = 15_000; // ms
const duration = 20_000; // ms
const fewest = 5; // pictures a second, whatever the link
const largestGap = 1000; // ms
const largestQueue = 150; // ms
// Who is at the rate that all share loses next to nothing: what a link cannot carry is not sent.
const largestLoss = 0.02;

/** @returns {Promise<import("../measure.mjs").Result & { passed: number }>} */
export default async function viewers() {
	const head = ["policy, link", "carried, Mbit/s", "frames/s", "longest gap, ms", "size", "queue, p95, ms", "lost"];
	const table = new Rows("viewers", head);
	for (const policy of ["slowest", "median"]) {
		const camera = await startCamera({ bitrate: 3_000_000, policy });
		const browsers = [];
		try {
			const watchers = [];
			for (const rate of rates) {
				const browser = await launch("chromium"); // of several pages of one only the last shows its pictures
				browsers.push(browser);
				watchers.push(await watching(browser, ours(camera), { down: { delay, rate, queue }, up: { delay } }));
			}
			await sleep(settling);
			const since = performance.now();
			const seen = await Promise.all(watchers.map((viewer) => viewer.watch(duration, framerate)));
			for (const [i, { shown, longest, size }] of seen.entries()) {
				const { carried, queue95, lost } = watchers[i].link.down.measure(since);
				const pictures = shown * framerate;
				const beyond = [];
				if (pictures < fewest) beyond.push(`${pictures.toFixed(1)} pictures a second, not ${fewest}`);
				if (longest > largestGap) beyond.push(`no picture for ${longest.toFixed(0)} ms`);
				if (queue95 > largestQueue) beyond.push(`${queue95.toFixed(0)} ms wait on the way`);
				if (lost > largestLoss) beyond.push(`${(lost * 100).toFixed(1)} % are lost on the way`);
				const what = `${policy}, ${rates[i] / 1e6} Mbit/s`;
				const used = (carried / 1e6).toFixed(2);
				const share = `${(lost * 100).toFixed(1)} %`;
				table.add(
					[what, used, pictures.toFixed(1), longest.toFixed(0), size, queue95.toFixed(0), share],
					beyond,
				);
			}
			for (const viewer of watchers) await viewer.close();
		} finally {
			for (const browser of browsers) await browser.close();
			await camera.stop();
		}
	}
	return {
		title: "Three viewers of one camera at once, each with a link of its own, Chromium",
		note: `Of ${duration / 1000} s, ${settling / 1000} s after the last has come.`,
		...table,
	};
}
