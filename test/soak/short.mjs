// SPDX-License-Identifier: Apache-2.0
// The soaks for a minute, as a part of npm test: what they watch is right, and what leaks with each viewer shows.
// @ts-check
import { cycles } from "./cycles.mjs";
import { noiseAtPort } from "./noise.mjs";
import { signedNonsense } from "./signed.mjs";

// A viewer that vanishes takes 30 s to be missed: the browser's tests have one.
/** @type {[string, (log: (line: string) => void) => Promise<void>][]} */
const tests = [
	["20 viewers come and go", (log) => cycles({ count: 20, vanishing: Infinity, log })],
	["5,000 datagrams of noise while a viewer watches", (log) => noiseAtPort({ datagrams: 5000, log })],
	["5,000 signed ones with the viewer's address and others", (log) => signedNonsense({ datagrams: 5000, log })],
];

let passed = 0;
let failed = 0;
for (const [name, run] of tests) {
	const start = Date.now();
	/** @type {string[]} */
	const lines = [];
	try {
		await run((line) => lines.push(line));
		passed++;
		console.log(`ok ${name} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
	} catch (error) {
		failed++;
		console.log(`FAILED ${name}\n${error instanceof Error ? error.stack : error}\n${lines.join("\n")}`);
	}
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
