// SPDX-License-Identifier: Apache-2.0
// The other end of process.mjs, for those that run in Node.
// @ts-check
import { createInterface } from "node:readline";

/** Serves the calls of an agent, one after the other, and ends with the input. @param {import("./w3c.mjs").Agent} agent */
export async function serve(agent) {
	for await (const line of createInterface({ input: process.stdin })) {
		const { method, parameters } = JSON.parse(line);
		let reply;
		try {
			reply = { result: (await /** @type {any} */ (agent)[method](parameters)) ?? null };
		} catch (error) {
			reply = { error: String(error) };
		}
		process.stdout.write(`${JSON.stringify(reply)}\n`);
	}
	process.exit(0);
}
