// SPDX-License-Identifier: Apache-2.0
// One viewer for a long time: the picture goes on, and nothing grows after the first minute.
// @ts-check
import { checkGrowth, withPictures } from "./growth.mjs";
import { Viewer } from "./viewer.mjs";
import { WatchedCamera } from "./watched.mjs";

const interval = 10; // seconds between samples
const size = Object.freeze({ width: 1280, height: 720 });
const growth = Object.freeze({ heap: 128 * 1024, rss: 1024 * 1024, slots: 64, chunks: 2048, descriptors: 0 });
const leastFrames = 0.9; // of those that there should be

/**
 * @param {{ seconds?: number, settling?: number, log?(line: string): void }} [options] `settling`: seconds before growth counts
 */
export async function stream({ seconds = 600, settling = 60, log = console.log } = {}) {
	const framerate = 30;
	const camera = await new WatchedCamera({ ...size, framerate, bitrate: 2_000_000 }).ready();
	const viewer = new Viewer(camera.url);
	try {
		await viewer.open();
		await viewer.watch(1);
		const start = performance.now();
		const elapsed = () => (performance.now() - start) / 1000;
		const frames = viewer.frames;
		let first;
		let last;
		for (let next = 0; next <= seconds; next += interval) {
			while (elapsed() < next) await new Promise((resolve) => setTimeout(resolve, 100));
			last = await camera.sample(1);
			if (next >= settling) first ??= last;
			const fields = Object.entries(last).map(([name, value]) => `${name} ${value}`);
			log(`${elapsed().toFixed(0)} s: ${fields.join(", ")}, frames ${viewer.frames}, lost ${viewer.lost}`);
		}
		if (!first || !last) throw new Error("stream: too short to tell");
		checkGrowth(withPictures(first, last, size), last, growth);
		const shown = (viewer.frames - frames) / (elapsed() * framerate);
		if (shown < leastFrames) throw new Error(`stream: only ${(shown * 100).toFixed(0)} % of the frames came`);
		await viewer.close();
		if (await camera.stop()) throw new Error("stream: the camera did not end well");
	} catch (error) {
		log(camera.output.slice(-8000));
		throw error;
	} finally {
		camera.process.kill();
	}
}
