// SPDX-License-Identifier: Apache-2.0
// The same between two fresh processes of another implementation.
// @ts-check
import { fork } from "node:child_process";
import { join } from "node:path";
import { root } from "../measure.mjs";

const patience = 20_000; // ms

/** @param {string} library @returns {Promise<number>} milliseconds from taking the offer to "connected" */
export async function connectOthers(library) {
	const path = join(root, "test/bench/connect/peer.mjs");
	const [offerer, answerer] = ["offerer", "answerer"].map((role) => fork(path, [library, role]));
	if (!offerer || !answerer) throw new Error("no processes");
	let ready = 0;
	try {
		return await new Promise((resolve, reject) => {
			const begin = (/** @type {any} */ message) => {
				if (message.ready && ++ready === 2) offerer.send({ go: true });
			};
			offerer.on("message", (/** @type {any} */ message) => {
				begin(message);
				if (message.offer) answerer.send(message);
			});
			answerer.on("message", (/** @type {any} */ message) => {
				begin(message);
				if (message.answer || message.candidate) offerer.send(message);
				if (message.connected) resolve(message.connected);
			});
			for (const child of [offerer, answerer])
				child.on("exit", (code) => reject(new Error(`${library}: exited with ${code}`)));
			setTimeout(() => reject(new Error(`${library}: not connected`)), patience).unref();
		});
	} finally {
		for (const child of [offerer, answerer]) child.kill("SIGKILL");
	}
}
