// SPDX-License-Identifier: Apache-2.0
// Data channels: connections that are made, carry data whose digests are compared, and close, leave nothing behind.
// @ts-check
import { readdirSync, readFileSync } from "node:fs";
import { Application } from "../browser/camera.mjs";

// usrsctp's tables keep some chunks for re-use, DTLS's worker its last session, and what the allocator rounds up differs.
const growth = Object.freeze({ slots: 64, chunks: 1024, heap: 32 * 1024, descriptors: 0 });
const step = 20; // cycles

/** @typedef {Record<keyof typeof growth, number>} Held slots in use, counted from a bound that is the same, and so on */

/** @param {Application} machine @param {number} count of cycles @returns {Promise<Held>} */
async function cycle(machine, count) {
	const from = machine.output.length;
	machine.type(String(count));
	const [, slots, chunks, heap] = await machine.find(
		/held: slots (-?\d+), chunks (-?\d+), heap (\d+)\n/,
		count * 10_000,
		from,
	);
	const parent = machine.process.pid;
	const pid = readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8").trim();
	const descriptors = readdirSync(`/proc/${pid}/fd`).length;
	return { slots: Number(slots), chunks: Number(chunks), heap: Number(heap), descriptors };
}

/** @param {{ count?: number, sanitize?: boolean, log?: (line: string) => void }} [options] */
export async function data({ count = 200, sanitize = true, log = console.log } = {}) {
	const machine = new Application("test/soak/data", {}, sanitize ? ["--sanitize"] : []);
	try {
		await machine.find(/ready\n/, 600_000);
		const before = await cycle(machine, 2 * step); // each way of closing, and what is kept once
		log(`before: ${JSON.stringify(before)}`);
		let after = before;
		for (let done = 0; done < count; done += step) {
			after = await cycle(machine, step);
			log(`${done + step} cycles: ${JSON.stringify(after)}`);
		}
		for (const name of /** @type {(keyof Held)[]} */ (Object.keys(growth))) {
			const more = after[name] - before[name];
			if (more > growth[name]) throw new Error(`${name} grew by ${more} in ${count} cycles`);
		}
		const status = await machine.stop();
		if (status || /Sanitizer|runtime error/.test(machine.output))
			throw new Error(`it ended with ${status}: ${machine.output.slice(-4000)}`);
	} finally {
		machine.process.kill();
	}
}
