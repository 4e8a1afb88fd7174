// SPDX-License-Identifier: Apache-2.0
// A camera whose memory, descriptors and entries into JavaScript are watched.
// @ts-check
import { readdirSync, readFileSync } from "node:fs";
import { Camera } from "../browser/camera.mjs";

/** @typedef {import("../browser/camera.mjs").Application} Application */

/**
 * Bytes, but for slots, descriptors, threads and entries into JavaScript per second. Peaks, and how often the heaps were full, are
 * those since the start.
 * @typedef {{
 *   viewers: number, entries: number, heap: number, slots: number, chunks: number, rss: number, descriptors: number, threads: number,
 *   slotsPeak: number, slotsFull: number, chunksPeak: number, chunksFull: number,
 * }} Sample
 */

/** The application's process: the only child of the one that built it. @param {Application} application */
export function pidOf({ process: { pid: parent } }) {
	return Number(readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8").trim());
}

/**
 * The next report with that many viewers, or with any number, of an application that makes them.
 * @param {Application} application @param {number} [viewers] @returns {Promise<Sample>}
 */
export async function sampleOf(application, viewers) {
	const pattern = new RegExp(`report: (viewers ${viewers ?? "\\d+"}, .*)\n`);
	const [, fields = ""] = await application.find(pattern, 60_000, application.output.length);
	/** @param {string} name */
	const value = (name) => {
		const number = Number(new RegExp(`${name} ([\\d.]+)`).exec(fields)?.[1]);
		if (Number.isNaN(number)) throw new Error(`no "${name}" in the report: ${fields}`);
		return number;
	};
	const pid = pidOf(application);
	const rss = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
	return {
		viewers: value("viewers"),
		entries: value("entries/s"),
		heap: value("C heap"),
		slots: value("XS Slots Used"),
		chunks: value("XS Chunk Heap Used"),
		rss: Number(rss) * 1024,
		descriptors: readdirSync(`/proc/${pid}/fd`).length,
		threads: readdirSync(`/proc/${pid}/task`).length,
		slotsPeak: value("XS Slots Peak"),
		slotsFull: value("XS Slots Full"),
		chunksPeak: value("XS Chunks Peak"),
		chunksFull: value("XS Chunks Full"),
	};
}

/** A camera that reports each second. */
export class WatchedCamera extends Camera {
	/** @param {Record<string, string | number>} [options] @param {string[]} [hostOptions] */
	constructor(options = {}, hostOptions = []) {
		super({ report: 1, ...options }, hostOptions);
	}

	get pid() {
		return pidOf(this);
	}

	/** CPU seconds of all its threads so far. */
	get cpu() {
		const stat = readFileSync(`/proc/${this.pid}/stat`, "utf8");
		const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
		return (Number(fields[11]) + Number(fields[12])) / 100; // utime and stime, in ticks
	}

	/** @param {number} [viewers] */
	sample(viewers) {
		return sampleOf(this, viewers);
	}
}
