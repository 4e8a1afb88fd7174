// SPDX-License-Identifier: Apache-2.0
// From setRemoteDescription(offer) to "connected" between two processes, next to the arithmetic alone and to others; and
// what of the processor a connection takes.
// @ts-check
import { readFileSync } from "node:fs";
import { expressions } from "./connect/expressions.mjs";
import { answering, arithmetic } from "./connect/instructions.mjs";
import { connectOthers } from "./connect/others.mjs";
import { ended, printed, programs } from "./connect/processes.mjs";
import { execute, median, program } from "./measure.mjs";

const pairs = 50;
const largestMedian = 10; // ms
const largest = 20;
const largestBeyondTLS = 4; // ms of the median that are not the arithmetic of DTLS
const others = ["wrtc", "node-datachannel"];

/** @typedef {import("./measure.mjs").Result} Result */
/** @typedef {Awaited<ReturnType<typeof programs>>} Programs */

/** In millions of instructions, as they were when they were last agreed. */
const limits = JSON.parse(readFileSync(new URL("connect/limits.json", import.meta.url), "utf8"));

/** @param {Programs} programs @returns {Promise<number>} milliseconds between two fresh processes of our own */
async function connectOwn({ answerer, offerer }) {
	const child = answerer();
	await printed(child, /waiting/g);
	const connected = printed(child, /connected ([\d.]+)/g);
	const done = ended(offerer());
	const [[, time] = []] = await connected;
	await done;
	child.kill("SIGTERM");
	await ended(child);
	return Number(time);
}

/** One handshake more than needed: the first makes the certificates. @returns {Promise<number[]>} milliseconds */
async function handshakes() {
	const { stdout } = await execute(await program("dtls"), [String(pairs + 1)]);
	return stdout.trim().split("\n").slice(1).map(Number);
}

/** They take turns, so that a bad moment of the machine is everybody's. @param {Programs} programs @returns {Promise<Result>} */
async function times(programs) {
	const columns = /** @type {Record<string, number[]>} */ ({ ours: [], wrtc: [], "node-datachannel": [], DTLS: [] });
	for (let i = 0; i < pairs; i++) {
		columns.ours?.push(await connectOwn(programs));
		for (const name of others) columns[name]?.push(await connectOthers(name));
	}
	columns.DTLS = await handshakes();
	const { ours = [], DTLS = [] } = columns;
	const [middle, worst] = [median(ours), Math.max(...ours)];
	const beyond = middle - median(DTLS);
	const failures = [];
	if (middle > largestMedian) failures.push(`connected in ${middle} ms, the median of ${pairs}`);
	if (worst > largest) failures.push(`connected in ${worst} ms once`);
	if (beyond > largestBeyondTLS) failures.push(`${beyond.toFixed(1)} ms of the median are not DTLS`);
	const row = (/** @type {string} */ name, /** @type {(values: number[]) => number} */ of) => [
		name,
		...Object.values(columns).map((values) => of(values).toFixed(1)),
	];
	return {
		title: `Connecting: setRemoteDescription(offer) to connected, ${pairs} fresh pairs of processes`,
		head: ["ms", "ours", "libwebrtc (@roamhq/wrtc)", "node-datachannel", "a DTLS pair of ours in one process"],
		rows: [
			row("least", (values) => Math.min(...values)),
			row("median", median),
			row("most", (values) => Math.max(...values)),
		],
		note: `${beyond.toFixed(1)} ms of our median are not the arithmetic of DTLS.`,
		failures,
	};
}

/** @param {Programs} programs @returns {Promise<Result>} */
async function instructions(programs) {
	const rows = [];
	const failures = [];
	const millions = (/** @type {number} */ count) => (count / 1e6).toFixed(1);
	for (const [name, offer] of /** @type {const} */ ([
		["our offer of one section", "own"],
		["Chromium's offer of 6 KB", "chromium"],
	])) {
		const counted = await answering(programs, offer);
		const { tls, engine, rest } = counted;
		rows.push([name, ...[tls + engine + rest, tls, engine, rest].map(millions)]);
		for (const [part, count] of Object.entries(counted)) {
			const most = limits.instructions[offer][part] * limits.growth;
			if (count / 1e6 > most)
				failures.push(`${name}: ${millions(count)} million instructions in "${part}", of ${most.toFixed(1)}`);
		}
	}
	rows.push(["one side of a DTLS pair", millions(await arithmetic()), "", "", ""]);
	return {
		title: "Instructions for each connection, on the answering side",
		head: ["millions", "all", "Mbed TLS", "XS", "the rest"],
		rows,
		note: `In user space (callgrind), without what the process needs once. More than ${limits.growth} times what test/bench/connect/limits.json says is a failure.`,
		failures,
	};
}

/** @returns {Promise<Result>} */
async function compiled() {
	const counts = await expressions();
	const failures = Object.entries(counts)
		.filter(([, count]) => count > limits.expressions)
		.map(([name, count]) => `${name}: ${count.toFixed(0)} regular expressions are compiled for a viewer`);
	return {
		title: "Regular expressions that are compiled for each viewer",
		head: ["", "compiled"],
		rows: [
			["examples/lan-camera", counts.lan.toFixed(0)],
			["examples/kvs-camera", counts.kvs.toFixed(0)],
		],
		failures,
	};
}

/** @returns {Promise<Result[]>} */
export default async function connect() {
	const both = await programs();
	return [await times(both), await instructions(both), await compiled()];
}
