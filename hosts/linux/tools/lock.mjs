// SPDX-License-Identifier: Apache-2.0
// @ts-check
// One build at a time in a folder: several programs may be built side by side, and all share the engine.
import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 100;

/** @param {string} file @returns {boolean} whether the process that holds the lock is gone */
function abandoned(file) {
	let pid;
	try {
		pid = Number(fs.readFileSync(file, "utf8"));
	} catch {
		return false; // it was released just now
	}
	if (!pid) return Date.now() - (fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Infinity) > 1000;
	try {
		process.kill(pid, 0);
		return false;
	} catch (error) {
		return /** @type {NodeJS.ErrnoException} */ (error).code === "ESRCH";
	}
}

/**
 * Removes an abandoned lock, under a lock of its own: of those that have found it abandoned only one may, and not any more
 * when another has taken it since.
 * @param {string} file
 */
async function clear(file) {
	await hold(`${file}.claim`, async () => {
		if (abandoned(file)) fs.rmSync(file, { force: true });
	});
}

/** @template T @param {string} file @param {() => Promise<T>} work @returns {Promise<T>} */
async function hold(file, work) {
	for (;;) {
		try {
			fs.writeFileSync(file, `${process.pid}`, { flag: "wx" });
			break;
		} catch (error) {
			if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST") throw error;
			if (abandoned(file)) await clear(file);
			else await sleep(POLL_MS);
		}
	}
	try {
		return await work();
	} finally {
		fs.rmSync(file, { force: true });
	}
}

/** @template T @param {string} folder @param {() => Promise<T>} work @returns {Promise<T>} */
export async function withLock(folder, work) {
	fs.mkdirSync(folder, { recursive: true });
	return await hold(path.join(folder, ".lock"), work);
}
