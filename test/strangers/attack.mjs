// SPDX-License-Identifier: Apache-2.0
// Each shape again and again from several addresses, while Chromium shows the picture: a table of how much of it was seen.
// @ts-check
import { launch } from "../browser/browsers.mjs";
import { WatchedCamera } from "../soak/watched.mjs";
import { shapes } from "./shapes.mjs";
import { Stranger } from "./stranger.mjs";

const addresses = ["127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"];
const framerate = 15;
const leastShown = 0.95; // of the frames
const pause = 5; // ms between the attempts of one stranger

/** @typedef {{ name: string, shown: number, attempts: number, slots: number, chunks: number }} Row */

/**
 * @param {{ seconds?: number, texts?: readonly string[], log?(line: string): void }} [options] `seconds` for each shape;
 * `texts`: only shapes whose names contain one of them
 */
export async function attack({ seconds = 60, texts = [], log = console.log } = {}) {
	const wanted = shapes.filter(({ name }) => !texts.length || texts.some((text) => name.includes(text)));
	const camera = await new WatchedCamera({ width: 320, height: 240, framerate, bitrate: 200_000 }).ready();
	const browser = await launch("chromium");
	/** @type {Row[]} */
	const rows = [];
	try {
		const page = await browser.newPage();
		await page.goto(camera.url);
		const frames = () =>
			page.evaluate(() => document.querySelector("video")?.getVideoPlaybackQuality().totalVideoFrames ?? 0);
		await page.waitForFunction(() => (document.querySelector("video")?.currentTime ?? 0) > 1, { timeout: 30_000 });
		const target = { host: "127.0.0.1", port: Number(new URL(camera.url).port) };
		for (const shape of wanted) {
			const before = await frames();
			const start = performance.now();
			const attempts = await storm(shape, target, start + seconds * 1000);
			const shown = ((await frames()) - before) / (((performance.now() - start) / 1000) * framerate);
			const { slotsPeak, chunksPeak } = await camera.sample();
			const row = { name: shape.name, shown, attempts, slots: slotsPeak, chunks: chunksPeak };
			rows.push(row);
			log(line(row));
			if (camera.process.exitCode !== null) throw new Error(`${shape.name}: the machine has ended`);
		}
	} catch (error) {
		log(camera.output.replace(/^report: .*\n/gm, "").slice(-4000));
		throw error;
	} finally {
		browser.process()?.kill("SIGKILL");
		camera.process.kill();
	}
	const poor = rows.filter(({ shown }) => shown < leastShown);
	if (poor.length) throw new Error(`less than ${leastShown * 100} % of the frames:\n${poor.map(line).join("\n")}`);
}

/** @param {import("./shapes.mjs").Shape} shape @param {import("./stranger.mjs").Target} target @param {number} end */
async function storm(shape, target, end) {
	let attempts = 0;
	await Promise.all(
		addresses.map(async (address) => {
			while (performance.now() < end) {
				const stranger = new Stranger(target, address);
				await shape.attempt(stranger);
				await stranger.leave({ vanish: attempts++ % 2 === 1 });
				await new Promise((resolve) => setTimeout(resolve, pause));
			}
		}),
	);
	return attempts;
}

/** @param {Row} row */
function line({ name, shown, attempts, slots, chunks }) {
	const share = `${(Math.min(1, shown) * 100).toFixed(0)} %`.padStart(6);
	return `${share} of the frames, ${String(attempts).padStart(6)} attempts, peaks ${slots} slots, ${chunks} bytes  ${name}`;
}
