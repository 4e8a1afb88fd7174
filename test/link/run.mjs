// SPDX-License-Identifier: Apache-2.0
// What a link does to datagrams, without sockets: `node test/link/run.mjs`.
// @ts-check
import assert from "node:assert/strict";
import { Direction } from "./link.mjs";

/** Sends `count` datagrams of 972 bytes, one each `interval` ms. @param {Direction} direction @param {number} count @param {number} interval */
const send = (direction, count, interval) => Array.from({ length: count }, (_, i) => direction.pass(972, i * interval));
const isLost = (/** @type {number[]} */ out) => out.length === 0;

/** @type {[string, () => void][]} */
const tests = [
	[
		"a seed makes the same loss, of the share that is asked for",
		() => {
			const lost = (/** @type {number} */ seed) =>
				send(new Direction({ loss: 0.05 }, seed), 10_000, 1).map(isLost);
			assert.deepEqual(lost(7), lost(7));
			assert.notDeepEqual(lost(8), lost(7));
			assert(Math.abs(lost(7).filter(Boolean).length / 10_000 - 0.05) < 0.01);
		},
	],
	[
		"loss in runs has the share and the length that are asked for",
		() => {
			const lost = send(new Direction({ bursts: { loss: 0.1, length: 3 } }, 1), 50_000, 1).map(isLost);
			const count = lost.filter(Boolean).length;
			const runs = lost.filter((is, i) => is && !lost[i - 1]).length;
			assert(Math.abs(count / 50_000 - 0.1) < 0.01);
			assert(Math.abs(count / runs - 3) < 0.3);
		},
	],
	[
		"what is more than the rate waits, and then is lost",
		() => {
			const direction = new Direction({ rate: 800_000, queue: 100, delay: 25 }, 1); // 10 ms each
			const out = send(direction, 100, 5);
			assert.deepEqual([out[0], out[1]], [[35], [45]]);
			assert(Math.max(...direction.samples.map(({ queued }) => queued)) < 115);
			assert(direction.samples.filter(({ lost }) => lost).length > 30);
			direction.way = {}; // it is another now, for what comes later
			assert.deepEqual(direction.pass(100, 10_000), [10_000]);
		},
	],
	[
		"jitter keeps the order, reordering does not, duplication doubles",
		() => {
			const isInOrder = (/** @type {number[]} */ times) =>
				times.every((time, i) => !i || time >= (times[i - 1] ?? 0));
			assert(isInOrder(send(new Direction({ jitter: 50 }, 1), 1000, 1).flat()));
			assert(!isInOrder(send(new Direction({ reordering: 0.1 }, 1), 1000, 1).flat()));
			assert(send(new Direction({ duplication: 0.5 }, 1), 1000, 1).flat().length > 1400);
		},
	],
];

let failed = 0;
for (const [name, run] of tests) {
	try {
		run();
		console.log(`ok ${name}`);
	} catch (error) {
		failed++;
		console.log(`FAILED ${name}\n${error instanceof Error ? error.stack : error}`);
	}
}
console.log(`${tests.length - failed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
