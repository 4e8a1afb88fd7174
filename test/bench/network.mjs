// SPDX-License-Identifier: Apache-2.0
// What viewers see over links that lose, that change their rate, and that differ: the camera and libwebrtc, a link of test/link
// with the same seeds for both, and browsers.
// @ts-check
import { launch, names } from "../browser/browsers.mjs";
import { Camera } from "../browser/camera.mjs";
import { LibwebrtcSender } from "../link/libwebrtc.mjs";
import { framerate, sceneFile } from "../link/scene.mjs";
import { Viewer, byWhep } from "../link/viewer.mjs";
import { sleep } from "./measure.mjs";

const settling = 5000; // ms
const duration = 30_000; // ms
const delay = 50; // ms each way
const largestGap = 500; // ms
const bitrate = 1_500_000;

/** @typedef {import("../link/link.mjs").Way} Way */

/** @type {{ name: string, down: Way, least: number, gap: number }[]} */
const losses = [
	{ name: "no loss", down: {}, least: 0.98, gap: largestGap },
	{ name: "5 % by chance", down: { loss: 0.05 }, least: 0.98, gap: largestGap },
	{ name: "10 % in runs of 3", down: { bursts: { loss: 0.1, length: 3 } }, least: 0.95, gap: Infinity },
];

/** Who sends: how it answers an offer, and how it ends. @typedef {{ name: string, url: string, answer: (offer: string) => Promise<string>, close: () => void }} Sender */

/** @param {Record<string, string | number>} options */
const startCamera = (options) => new Camera({ video: sceneFile(), framerate, ...options }).ready();

/** @param {Camera} camera @returns {Sender} */
const ours = ({ url }) => ({ name: "ours", url, answer: byWhep(url), close: () => {} });

/** @param {Camera} camera whose page is used @param {number} most bit/s @returns {Sender} */
function libwebrtc({ url }, most) {
	const sender = new LibwebrtcSender(most);
	return { name: "libwebrtc, VP8", url, answer: (offer) => sender.answer(offer), close: () => sender.close() };
}

/** @param {import("puppeteer-core").Browser} browser @param {Sender} sender @param {import("../link/link.mjs").Options} link */
async function watching(browser, sender, link) {
	const viewer = new Viewer(await browser.newPage(), link);
	await viewer.open(`${sender.url}plot.js`, sender.answer);
	return viewer;
}

/** @param {(string | number)[]} row */
function tell(row) {
	console.log(`${row.join("  ")}`);
	return row;
}

/** @param {string[]} failures */
async function lossRows(failures) {
	const camera = await startCamera({ bitrate });
	const rows = [];
	try {
		for (const name of names) {
			const browser = await launch(name, { loopback: true });
			try {
				for (const { name: loss, down, least, gap } of losses)
					for (const sender of [ours(camera), libwebrtc(camera, bitrate)]) {
						const viewer = await watching(browser, sender, { down: { delay, ...down }, up: { delay } });
						await sleep(settling);
						const { shown, longest, nacks, plis, size } = await viewer.watch(duration, framerate);
						await viewer.close();
						sender.close();
						const what = `${name}, ${loss}`;
						const share = `${(shown * 100).toFixed(1)} %`;
						rows.push(tell([what, sender.name, share, longest.toFixed(0), nacks, plis, size]));
						if (sender.name !== "ours") continue;
						if (shown < least) failures.push(`network: ${what}: ${share} of the frames are shown`);
						if (longest > gap) failures.push(`network: ${what}: no picture for ${longest.toFixed(0)} ms`);
					}
			} finally {
				await browser.close();
			}
		}
	} finally {
		await camera.stop();
	}
	return rows;
}

const step = { wide: 3_000_000, narrow: 600_000, most: 4_000_000, delay: 25, queue: 300 };

/** Milliseconds until what is offered, or carried, in the last 500 ms is so. @param {import("../link/link.mjs").Direction} direction @param {"offered" | "carried"} what @param {(rate: number) => boolean} is @param {number} most */
async function until(direction, what, is, most) {
	const began = performance.now();
	while (performance.now() - began < most) {
		await sleep(100);
		const now = performance.now();
		if (now - began >= 500 && is(direction.measure(now - 500)[what])) return now - began - 500;
	}
	return Infinity;
}

/** 3 Mbit/s, 600 kbit/s, 3 Mbit/s. @param {string[]} failures */
async function rateRows(failures) {
	const camera = await startCamera({ bitrate: step.most });
	const browser = await launch("chromium");
	const rows = [];
	try {
		for (const sender of [ours(camera), libwebrtc(camera, step.most)]) {
			const down = { delay: step.delay, rate: step.wide, queue: step.queue };
			const viewer = await watching(browser, sender, { down, up: { delay: step.delay } });
			const way = viewer.link.down;
			await sleep(15_000);
			way.way = { ...down, rate: step.narrow };
			const changed = performance.now();
			const below = await until(way, "offered", (rate) => rate <= step.narrow * 1.02, 10_000);
			await sleep(Math.max(0, 20_000 - (performance.now() - changed)));
			const narrow = way.measure(changed + 3000);
			const steady = way.measure(changed + 5000);
			way.way = down;
			const back = await until(way, "carried", (rate) => rate >= 0.8 * step.wide, 20_000);
			await viewer.close();
			sender.close();
			const used = steady.carried / step.narrow;
			const seconds = (/** @type {number} */ time) => (time / 1000).toFixed(1);
			rows.push(
				tell([
					sender.name,
					seconds(below),
					narrow.queue95.toFixed(0),
					`${(used * 100).toFixed(0)} %`,
					`${(narrow.lost * 100).toFixed(1)} %`,
					seconds(back),
				]),
			);
			if (sender.name !== "ours") continue;
			if (below > 2000) failures.push(`network: below 600 kbit/s after ${seconds(below)} s`);
			if (narrow.queue95 > 150) failures.push(`network: ${narrow.queue95.toFixed(0)} ms wait on the way`);
			if (used < 0.8) failures.push(`network: ${(used * 100).toFixed(0)} % of 600 kbit/s are used`);
			if (back > 10_000) failures.push(`network: 80 % of 3 Mbit/s after ${seconds(back)} s`);
		}
	} finally {
		await browser.close();
		await camera.stop();
	}
	return rows;
}

const ways = [500_000, 1_000_000, 4_000_000];

/** Three viewers on links of their own. @param {string[]} failures */
async function viewerRows(failures) {
	const rows = [];
	for (const policy of ["slowest", "median"]) {
		const camera = await startCamera({ bitrate: 3_000_000, policy });
		const browser = await launch("chromium");
		try {
			const viewers = [];
			for (const rate of ways) {
				const link = { down: { delay: step.delay, rate, queue: step.queue }, up: { delay: step.delay } };
				viewers.push(await watching(browser, ours(camera), link));
			}
			await sleep(15_000);
			const since = performance.now();
			const seen = await Promise.all(viewers.map((viewer) => viewer.watch(20_000, framerate)));
			for (const [i, { shown, longest, size }] of seen.entries()) {
				const { carried, queue95, lost } = viewers[i].link.down.measure(since);
				const what = `${policy}, ${ways[i] / 1e6} Mbit/s`;
				const rate = (shown * framerate).toFixed(1);
				const used = (carried / 1e6).toFixed(2);
				rows.push(
					tell([
						what,
						used,
						rate,
						longest.toFixed(0),
						size,
						queue95.toFixed(0),
						`${(lost * 100).toFixed(1)} %`,
					]),
				);
				if (shown * framerate < 5) failures.push(`network: ${what}: ${rate} pictures a second`);
				if (longest > 1000) failures.push(`network: ${what}: no picture for ${longest.toFixed(0)} ms`);
			}
			for (const viewer of viewers) await viewer.close();
		} finally {
			await browser.close();
			await camera.stop();
		}
	}
	return rows;
}

/**
 * @param {string[]} [wanted] "loss", "rate", "viewers"; none: all
 * @returns {Promise<import("./measure.mjs").Result[]>}
 */
export default async function network(wanted = (process.env.NETWORK ?? "loss,rate,viewers").split(",")) {
	/** @type {import("./measure.mjs").Result[]} */
	const results = [];
	/** @param {string} name @param {(failures: string[]) => Promise<(string | number)[][]>} measure @param {Omit<import("./measure.mjs").Result, "rows" | "failures">} table */
	const add = async (name, measure, table) => {
		if (!wanted.includes(name)) return;
		/** @type {string[]} */
		const failures = [];
		results.push({ ...table, rows: await measure(failures), failures });
	};
	await add("loss", lossRows, {
		title: `Frames shown over a link that loses, round trip ${2 * delay} ms, 640×480, 30 fps, ${bitrate / 1e6} Mbit/s, ${duration / 1000} s`,
		head: ["", "sender", "shown", "longest gap, ms", "NACKs", "PLIs", "size"],
		note: "Loss on the way to the viewer, of one seed for both senders. Shown: frames that the browser decoded.",
	});
	await add("rate", rateRows, {
		title: `A link of 3 Mbit/s that becomes one of 600 kbit/s for 20 s, queue ${step.queue} ms, round trip ${2 * step.delay} ms, Chromium`,
		head: ["sender", "below after, s", "queue, p95, ms", "used", "lost", "back at 80 % after, s"],
		note: "Queue and loss from 3 s after the change on, use from 5 s on.",
	});
	await add("viewers", viewerRows, {
		title: "Three viewers of one camera at once, each with a link of its own, Chromium",
		head: ["policy, link", "carried, Mbit/s", "frames/s", "longest gap, ms", "size", "queue, p95, ms", "lost"],
		note: "Of 20 s, 15 s after the last has come.",
	});
	return results;
}
