// SPDX-License-Identifier: Apache-2.0
// Our devices with other people's clients, peers and servers: `npm run interop -- kvs [words of a row]`. Without a table: all.
//   --only NAME   of the tables peers and data, this implementation's rows alone
//   --short       what `npm test` runs of the tables apprtc, openai, whip, data, relay and peers
// @ts-check
import { parseArgs } from "node:util";
import { build } from "../browser/camera.mjs";
import { abandon, closeBrowsers } from "./world.mjs";

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {() => Promise<string | void>} [run] returns what is to be said of it
 * @property {string} [waiting] why it cannot be run yet
 * @property {string} [impossible] why it can never be run: what the other side lacks
 * @property {number} [timeout] seconds
 */

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";

const tables = /** @type {Record<string, () => Promise<Row[]>>} */ ({
	kvs: async () => {
		const parts = ["kvs-media", "kvs-play", "kvs-start", "kvs-faults", "kvs-cuts", "kvs-storage"];
		const modules = await Promise.all(parts.map((part) => import(`./${part}.mjs`)));
		return modules.flatMap(({ rows }) => rows);
	},
	apprtc: async () => (await import("./apprtc.mjs")).rows(options),
	custom: async () => (await import("./custom.mjs")).rows,
	mqtt: async () => (await import("./mqtt.mjs")).rows,
	openai: async () => (await import("./openai.mjs")).rows(options),
	whip: async () => (await import("./whip.mjs")).rows(options),
	data: async () => {
		const { prepare, rows } = await import("./data/rows.mjs");
		const [remote, mjpeg] = [await import("./data/remote.mjs"), await import("./data/mjpeg.mjs")];
		await prepare();
		return [...rows(options), ...(options.short || options.only ? [] : [...remote.rows, ...mjpeg.rows])];
	},
	talk: async () => {
		await build("test/interop/talk/device", "examples/intercom", "examples/doorbell");
		return [
			...(await import("./talk/rows.mjs")).rows(options),
			...(options.only ? [] : (await import("./talk/intercom.mjs")).rows),
			...(options.only ? [] : (await import("./talk/doorbell.mjs")).rows),
		];
	},
	see: async () => {
		await build("test/interop/talk/device");
		return (await import("./see/rows.mjs")).rows(options);
	},
	shown: async () => {
		await build("test/interop/lips/device"); // the writer is built with the film, which its rows make
		return [
			...(await import("./shown/rows.mjs")).rows(options),
			...(options.only ? [] : (await import("./shown/written.mjs")).rows),
		];
	},
	lips: async () => {
		await build("test/interop/lips/device");
		return (await import("./lips/rows.mjs")).rows(options);
	},
	relay: async () => (await import("./relay.mjs")).rows(options),
	dtls: async () => {
		const { prepare, rows } = await import("./dtls/rows.mjs");
		await prepare();
		return rows;
	},
	tcp: async () => {
		const { prepare, rows } = await import("./tcp.mjs");
		await prepare();
		return rows;
	},
	names: async () => {
		const { prepare, rows } = await import("./names.mjs");
		await prepare();
		return rows;
	},
	roaming: async () => {
		const { prepare, rows } = await import("./roaming/rows.mjs");
		await prepare();
		return rows;
	},
	peers: async () => {
		const { prepare, rows } = await import("./peers/rows.mjs");
		await prepare();
		return rows(options);
	},
});

/** @template T @param {number} seconds @param {Promise<T>} promise */
async function within(seconds, promise) {
	let timer;
	const late = new Promise((_, reject) => {
		timer = setTimeout(() => reject(new Error(`not done in ${seconds} s`)), seconds * 1000);
	});
	return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** @param {Row} row @returns {Promise<"passed" | "failed" | "waiting" | "impossible">} */
async function perform({ name, run, waiting, impossible, timeout = 90 }) {
	if (impossible) {
		console.log(`not possible: ${name} (${impossible})`);
		return "impossible";
	}
	if (!run) {
		console.log(`waiting: ${name} (${waiting})`);
		return "waiting";
	}
	const start = Date.now();
	try {
		const said = await within(timeout, run());
		console.log(`ok ${name} (${((Date.now() - start) / 1000).toFixed(1)} s)${said ? `: ${said}` : ""}`);
		return "passed";
	} catch (error) {
		console.log(`FAILED ${name}\n${error instanceof Error ? error.stack : error}\n${await abandon()}`);
		return "failed";
	}
}

const { positionals, values: options } = parseArgs({
	allowPositionals: true,
	options: { only: { type: "string" }, short: { type: "boolean" } },
});
const [first = "", ...rest] = positionals;
const known = Object.hasOwn(tables, first);
if (first && !known) {
	console.error(`There is no table "${first}". There is ${Object.keys(tables).join(", ")}.`);
	process.exit(2);
}
const counts = { passed: 0, failed: 0, waiting: 0, impossible: 0 };
for (const table of known ? [first] : Object.keys(tables)) {
	for (const row of await tables[table]()) {
		if (rest.every((word) => row.name.includes(word))) counts[await perform(row)]++;
	}
}
closeBrowsers();
await (await import("./data/rows.mjs")).finish();
await (await import("./relay/peers.mjs")).finish();
await (await import("./names.mjs")).finish();
await (await import("./peers/rows.mjs")).finish();
if (counts.impossible) console.log(`${counts.impossible} not possible`);
if (counts.waiting) console.log(`${counts.waiting} waiting for parts that are still to come`);
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exit(counts.failed ? 1 : 0);
