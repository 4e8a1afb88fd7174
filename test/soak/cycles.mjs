// SPDX-License-Identifier: Apache-2.0
// Viewers come and go: nothing is left behind, and nothing leaks.
// @ts-check
import { checkGrowth, withPictures } from "./growth.mjs";
import { Viewer } from "./viewer.mjs";
import { WatchedCamera } from "./watched.mjs";

// XS keeps the last instance of each class that has private methods: each new instance becomes the home object of the
// class's methods, which are shared (fxDefinePrivateProperty). So what the newest viewer's objects hold
// stays until the next one's take their place: the example holds 800 slots before the first viewer, and 2,000 after the
// last. That is once, however many come. The count begins when it is there, and each way of leaving was taken once.
const warmUp = 12; // cycles
// What the last one keeps differs by some 500 bytes with how it left, an HTTP connection that is just closing holds some
// 50 slots, and a counter's text may have become longer: 200 cycles of a leak would be far more.
const growth = Object.freeze({ heap: 16 * 1024, slots: 64, chunks: 1024, descriptors: 0 });
const size = Object.freeze({ width: 320, height: 240 });
const rest = 2; // s

/**
 * @typedef {object} CyclesOptions
 * @property {number} [count] of viewers
 * @property {number} [vanishing] one of so many leaves without a word, and is missed when its consent expires (30 s)
 * @property {boolean} [sanitize] and look for leaks at the end
 * @property {(line: string) => void} [log]
 */

/** @param {CyclesOptions} [cyclesOptions] */
export async function cycles({ count = 200, vanishing = 20, sanitize = true, log = console.log } = {}) {
	const options = { ...size, framerate: 15, bitrate: 300_000 };
	const camera = await new WatchedCamera(options, sanitize ? ["--sanitize"] : []).ready();
	try {
		for (let i = 0; i < warmUp; i++) await cycle(camera.url, vanishing, i);
		const before = await atRest(camera);
		log(`before: ${JSON.stringify(before)}`);
		for (let i = 0; i < count; i++) {
			await cycle(camera.url, vanishing, i);
			if ((i + 1) % 20 === 0) log(`${i + 1} cycles: ${JSON.stringify(await camera.sample(0))}`);
		}
		const after = await atRest(camera);
		log(`after: ${JSON.stringify(after)}`);
		checkGrowth(withPictures(before, after, size), after, growth);
		const status = await camera.stop();
		if (status || /Sanitizer|runtime error/.test(camera.output))
			throw new Error(`cycles: the camera ended with ${status}`);
	} catch (error) {
		log(camera.output.slice(-8000));
		throw error;
	} finally {
		camera.process.kill();
	}
}

/** The last viewer is gone, and then some time: its encoder and its connections are, too. @param {WatchedCamera} camera */
async function atRest(camera) {
	for (let i = 0; i < rest; i++) await camera.sample(0);
	return camera.sample(0);
}

/** One viewer that comes and leaves. @param {string} url @param {number} vanishing @param {number} number */
async function cycle(url, vanishing, number) {
	const viewer = new Viewer(url);
	await viewer.open();
	await viewer.watch(2);
	if (number % vanishing === Math.floor(vanishing / 2)) viewer.vanish();
	else await viewer.close();
}
