// SPDX-License-Identifier: Apache-2.0
// Viewers come and go: nothing is left behind, and nothing leaks.
// @ts-check
import { checkGrowth } from "./stream.mjs";
import { Viewer } from "./viewer.mjs";
import { WatchedCamera } from "./watched.mjs";

const warmUp = 12; // cycles before the count begins: each way of leaving was taken once
// An HTTP connection that is just closing holds some 50 slots, and a counter's text may have become longer: 200 cycles
// of a leak would be far more.
const growth = Object.freeze({ heap: 64 * 1024, slots: 64, chunks: 64, descriptors: 0 });
// Under AddressSanitizer the C heap is not what mallinfo tells, and quarantine keeps RSS growing: leaks are
// LeakSanitizer's to find there.
const sanitizedGrowth = Object.freeze({ ...growth, heap: Infinity });

/**
 * @param {{ count?: number, sanitize?: boolean, log?(line: string): void }} [options]
 */
export async function cycles({ count = 200, sanitize = true, log = console.log } = {}) {
	const options = { width: 320, height: 240, framerate: 15, bitrate: 300_000, viewers: 16 };
	const camera = await new WatchedCamera(options, sanitize ? ["--sanitize"] : []).ready();
	try {
		for (let i = 0; i < warmUp; i++) await cycle(camera.url, i);
		const before = await camera.sample(0);
		log(`before: ${JSON.stringify(before)}`);
		for (let i = 0; i < count; i++) {
			await cycle(camera.url, i);
			if ((i + 1) % 20 === 0) log(`${i + 1} cycles: ${JSON.stringify(await camera.sample(0))}`);
		}
		const after = await camera.sample(0);
		log(`after: ${JSON.stringify(after)}`);
		checkGrowth(before, after, sanitize ? sanitizedGrowth : growth);
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

/** One viewer of twenty leaves without a word, and is missed when its consent expires. @param {string} url @param {number} number */
async function cycle(url, number) {
	const viewer = new Viewer(url);
	await viewer.open();
	await viewer.watch(2);
	if (number % 20 === 10) viewer.vanish();
	else await viewer.close();
}
