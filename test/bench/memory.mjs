// SPDX-License-Identifier: Apache-2.0
// What a camera's memory holds for 0, 1 and 5 viewers, and how much of a board's heaps of XS it needs for that.
// @ts-check
import { bitsOf } from "../../hosts/linux/tools/build.mjs";
import { Viewer } from "../soak/viewer.mjs";
import { WatchedCamera } from "../soak/watched.mjs";
import { sleep } from "./measure.mjs";

// Bytes for each further viewer. With 64 bits more than half of it is NSS's, Debian's choice for libsrtp, which no board has.
const largestHeap = (bitsOf() === 32 ? 80 : 96) * 1024;
const largestXS = 16 * 1024;
const slotSize = 16; // bytes on a device; 32 on a 64-bit host
// Pictures of 1,350 KB are made when they are needed. At this rate no busy machine needs one more for some viewers than for others.
const framerate = 5;
const settling = 6000; // ms: handshakes are over, and what they needed given back

/** @typedef {import("../soak/watched.mjs").Sample} Sample */

const kilobytes = (/** @type {number} */ bytes) => (bytes / 1024).toFixed(0);
const xs = (/** @type {Sample} */ sample) => sample.slots * slotSize + sample.chunks;

/** @param {string} name @param {Sample} sample @param {number} [share] */
const row = (name, sample, share = 1) => [
	name,
	kilobytes(sample.heap / share),
	kilobytes(sample.rss / share),
	(sample.slots / share).toFixed(0),
	kilobytes(sample.chunks / share),
	kilobytes(xs(sample) / share),
];

/** Bytes of the C heap that hold what a device has in its flash: the slots of preloaded modules. @param {string} output */
function preloaded(output) {
	const found = /# image: (\d+) slots/.exec(output);
	if (!found) throw new Error("the camera did not print its statistics");
	return Number(found[1]) * (bitsOf() / 2); // 4 words each
}

/** What the caps on the machine's heaps are, by the statistics at its end. @param {string} output */
function caps(output) {
	const cap = (/** @type {string} */ name) => Number(new RegExp(`# ${name}: .* of (\\d+)`).exec(output)?.[1]);
	return `${cap("slots")} slots and ${kilobytes(cap("chunk bytes"))} KB of chunks`;
}

/** @param {string} name @param {Sample} sample */
const peaks = (name, sample) => [
	name,
	sample.slotsPeak,
	kilobytes(sample.chunksPeak),
	sample.slotsFull,
	sample.chunksFull,
];

/** @param {Sample} a @param {Sample} b @returns {Sample} */
function difference(a, b) {
	const entries = Object.entries(a).map(([key, value]) => [key, value - b[/** @type {keyof Sample} */ (key)]]);
	return Object.fromEntries(entries);
}

/** @returns {Promise<import("./measure.mjs").Result[]>} */
export default async function memory() {
	const camera = await new WatchedCamera({ framerate }, ["--stats"]).ready();
	/** @type {Viewer[]} */
	const viewers = [];
	const samples = [];
	for (const count of [0, 1, 5]) {
		while (viewers.length < count) {
			const viewer = new Viewer(camera.url);
			await viewer.open();
			viewers.push(viewer);
		}
		await sleep(settling);
		samples.push(await camera.sample(count));
	}
	const [none, one, five] = /** @type {[Sample, Sample, Sample]} */ (samples);
	for (const sample of samples) sample.heap -= preloaded(camera.output);
	const further = difference(five, one);
	for (const viewer of viewers) await viewer.close();
	const exit = await camera.stop();
	const failures = exit ? [`the camera exited with ${exit}`] : [];
	if (further.heap / 4 > largestHeap)
		failures.push(`${kilobytes(further.heap / 4)} KB of C heap for each further viewer`);
	if (xs(further) / 4 > largestXS)
		failures.push(`${kilobytes(xs(further) / 4)} KB of XS heap for each further viewer`);
	return [
		{
			title: `Memory of the camera at 1280×720, ${framerate} frames a second, with ${bitsOf()} bits`,
			head: ["", "C heap, KB", "RSS, KB", "XS slots", "XS chunks, KB", "XS heap, KB"],
			rows: [
				row("no viewer", none),
				row("1 viewer", one),
				row("5 viewers", five),
				row("each further viewer", further, 4),
			],
			note: "What is in use after garbage collection, without what a device has in its flash. The first viewer brings the encoder. XS heap: slots as large as on a device (16 bytes), and chunks as they are with so many bits.",
			failures,
		},
		{
			title: `Peaks of XS with ${bitsOf()} bits, of ${caps(camera.output)}`,
			head: ["", "slots, peak", "chunks, peak, KB", "slots full, times", "chunks full, times"],
			rows: [peaks("no viewer", none), peaks("1 viewer", one), peaks("5 viewers", five)],
			note: "Since the start. A peak is the most that was alive after a garbage collection: once a second, and whenever the slots or the room for chunks were full. See [the simulator](../../hosts/linux/README.md#counters).",
		},
	];
}
