// SPDX-License-Identifier: Apache-2.0
// The local KVS, tested with Amazon's own clients: `node test/kvs/run.mjs [words of a name]`.
// @ts-check
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
const { tests } = await import("./harness.mjs");
for (const name of [
	"control",
	"auth",
	"routing",
	"life",
	"limits",
	"faults",
	"iot",
	"storage",
	"turn",
	"cli",
	"page",
]) {
	await import(`./${name}.mjs`);
}

const TIMEOUT_MS = 40_000;
const words = process.argv.slice(2);
let passed = 0;
let failed = 0;
for (const [name, run] of tests) {
	if (!words.every((word) => name.includes(word))) continue;
	/** @type {NodeJS.Timeout | undefined} */
	let timer;
	try {
		const late = new Promise(
			(_, reject) => (timer = setTimeout(reject, TIMEOUT_MS, new Error("it took too long"))),
		);
		await Promise.race([run(), late]);
		passed++;
	} catch (error) {
		failed++;
		console.log(`FAILED ${name}\n${error instanceof Error ? error.stack : error}`);
	} finally {
		clearTimeout(timer);
	}
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
