// SPDX-License-Identifier: Apache-2.0
// CPU of the camera, and how often JavaScript is entered, which must not depend on how many packets are sent.
// @ts-check
import { Viewer } from "../soak/viewer.mjs";
import { WatchedCamera } from "../soak/watched.mjs";
import { sleep } from "./measure.mjs";

const settling = 6000; // ms
const window = 10; // s
const largestDifference = 1; // entries a second, between 10 and 60 frames a second

/**
 * @param {Record<string, number>} options of the camera
 * @param {number} count of viewers
 */
async function measure(options, count) {
	const camera = await new WatchedCamera(options).ready();
	const viewers = Array.from({ length: count }, () => new Viewer(camera.url));
	for (const viewer of viewers) await viewer.open();
	await sleep(settling);
	const packets = () => viewers.reduce((sum, viewer) => sum + viewer.packets, 0);
	const before = { cpu: camera.cpu, packets: packets(), time: performance.now() };
	const entries = [];
	for (let i = 0; i < window; i++) entries.push((await camera.sample(count)).entries);
	const seconds = (performance.now() - before.time) / 1000;
	const result = {
		cpu: (100 * (camera.cpu - before.cpu)) / seconds,
		packets: (packets() - before.packets) / seconds,
		entries: entries.reduce((sum, value) => sum + value, 0) / entries.length,
	};
	for (const viewer of viewers) await viewer.close();
	await camera.stop();
	return result;
}

/** @returns {Promise<import("./measure.mjs").Result[]>} */
export default async function cpu() {
	const cases = /** @type {[string, Record<string, number>, number][]} */ ([
		["1280×720, 30 fps, 2 Mbit/s, 1 viewer", {}, 1],
		["the same, 5 viewers", {}, 5],
		["640×360, 10 fps, 0.3 Mbit/s, 1 viewer", { width: 640, height: 360, framerate: 10, bitrate: 300_000 }, 1],
		["640×360, 60 fps, 4 Mbit/s, 1 viewer", { width: 640, height: 360, framerate: 60, bitrate: 4_000_000 }, 1],
	]);
	const results = [];
	for (const [, options, count] of cases) results.push(await measure(options, count));
	const difference = (results[3]?.entries ?? NaN) - (results[2]?.entries ?? NaN);
	return [
		{
			title: "CPU of the camera, and entries into JavaScript",
			head: ["", "CPU, % of a core", "video packets/s", "entries/s"],
			rows: results.map((result, i) => [
				cases[i]?.[0] ?? "",
				result.cpu.toFixed(1),
				result.packets.toFixed(0),
				result.entries.toFixed(1),
			]),
			note: "The test card is drawn and encoded in software (openh264): most of the CPU is theirs. Entries are all there are: timers, sockets, natives and promise turns, of which the report itself is one a second.",
			failures:
				Math.abs(difference) <= largestDifference
					? []
					: [`${difference.toFixed(1)} more entries a second at 60 than at 10 frames a second`],
		},
	];
}
