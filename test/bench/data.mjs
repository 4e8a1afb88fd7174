// SPDX-License-Identifier: Apache-2.0
// Data channels: two processes of the same implementation on this host, ours next to others in one run.
// @ts-check
import { fork, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { build } from "../../hosts/linux/tools/build.mjs";
import { median, quantile, root, sleep } from "./measure.mjs";

/**
 * One side. `tell` sends a command, `hear` waits for what it says.
 * @typedef {object} Side
 * @property {number | undefined} pid
 * @property {(verb: string, parameters?: object) => void} tell
 * @property {(name: string) => Promise<any>} hear
 * @property {() => void} stop
 */

const sizes = [16384, 1200];
const runs = 3;
const seconds = 3; // of a flood, about
const echoes = 500;
const tick = 100; // of /proc/PID/stat, a second
const others = ["node-datachannel", "@roamhq/wrtc", "werift"];

/** What comes, by name, each to be taken once. */
class Mailbox {
	/** @type {Map<string, any[]>} */
	#mail = new Map();
	/** @type {Map<string, (value: any) => void>} */
	#waiting = new Map();

	/** @param {string} name @param {any} value */
	put(name, value) {
		const waiting = this.#waiting.get(name);
		this.#waiting.delete(name);
		if (waiting) waiting(value);
		else this.#mail.set(name, [...(this.#mail.get(name) ?? []), value]);
	}

	/** @param {string} name @returns {Promise<any>} */
	take(name) {
		const mail = this.#mail.get(name);
		if (mail?.length) return Promise.resolve(mail.shift());
		return new Promise((resolve, reject) => {
			const timer = setTimeout(() => reject(new Error(`${name}: not heard in time`)), 60_000);
			this.#waiting.set(name, (value) => {
				clearTimeout(timer);
				resolve(value);
			});
		});
	}
}

/** @param {string} library @returns {Promise<Side>} */
async function startPeer(library) {
	const child = fork(join(root, "test/bench/data/peer.mjs"), [library]);
	const mail = new Mailbox();
	child.on("message", (/** @type {any} */ { name, value }) => mail.put(name, value));
	await mail.take("ready");
	return {
		pid: child.pid,
		tell: (verb, parameters = {}) => void child.send({ verb, ...parameters }),
		hear: (name) => mail.take(name),
		stop: () => void child.kill("SIGKILL"), // some end with a crash of their own
	};
}

/** @returns {Promise<Side>} */
async function startDevice() {
	const out = join(root, "build/bench/data");
	const { app, image } = await build({ manifest: join(root, "test/bench/data/device"), out, quiet: true });
	const child = spawn(app, [image], { stdio: ["ignore", "pipe", "inherit"] });
	const port = await new Promise((resolve, reject) => {
		let output = "";
		child.on("close", () => reject(new Error(`the device has ended: ${output}`)));
		child.stdout.on("data", (chunk) => {
			output += chunk;
			const found = /^data at (\d+)$/m.exec(output);
			if (found) resolve(Number(found[1]));
		});
	});
	const socket = createConnection({ port, host: "127.0.0.1", noDelay: true });
	await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
	const mail = new Mailbox();
	createInterface({ input: socket }).on("line", (line) => {
		const { type, name, message, sdp } = JSON.parse(line);
		if (type === "event") mail.put(name, message);
		else mail.put(type, sdp);
	});
	const say = (/** @type {object} */ message) => void socket.write(`${JSON.stringify(message)}\n`);
	return {
		pid: child.pid,
		tell(verb, /** @type {any} */ parameters = {}) {
			if (verb === "answer") say({ type: "offer", sdp: parameters.sdp });
			else if (verb === "accept") say({ type: "answer", sdp: parameters.sdp });
			else say({ type: "command", verb, ...parameters });
		},
		hear: (name) => mail.take(name),
		stop: () => void child.kill("SIGINT"),
	};
}

/** CPU seconds of a process so far. @param {number | undefined} pid */
function cpu(pid) {
	const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ") ?? [];
	return (Number(fields[11]) + Number(fields[12])) / tick;
}

/** @param {() => Promise<Side>} start @returns {Promise<{ a: Side, b: Side }>} connected, with the channels "flood" and "echo" */
async function connect(start) {
	const [a, b] = [await start(), await start()];
	const isDevice = start === startDevice;
	if (!isDevice) for (const label of ["flood", "echo"]) a.tell("make", { label });
	a.tell("offer");
	b.tell("answer", { sdp: await a.hear("offer") });
	a.tell("accept", { sdp: await b.hear("answer") });
	if (isDevice) {
		await a.hear("peerConnected");
		for (const label of ["flood", "echo"]) a.tell("make", { label });
	}
	for (const side of [a, b]) for (let i = 0; i < 2; i++) await side.hear("open");
	return { a, b };
}

/** @param {Side} to @param {number} count @returns {Promise<{ first: number, last: number, bytes: number }>} */
async function received(to, count) {
	const end = Date.now() + 90_000;
	for (;;) {
		to.tell("count");
		const counts = await to.hear("count");
		if (counts.messages >= count) return counts;
		if (Date.now() > end) throw new Error(`${counts.messages} of ${count} messages came in 90 s`);
		await sleep(100);
	}
}

/** @param {Side} from @param {Side} to @param {number} size @param {number} count */
async function flood(from, to, size, count) {
	const before = [from, to].map(({ pid }) => cpu(pid));
	to.tell("reset");
	await to.hear("reset"); // or it would forget what comes before it reads that
	from.tell("flood", { label: "flood", size, count });
	const { first, last, bytes } = await received(to, count);
	const used = [from, to].map(({ pid }, i) => cpu(pid) - (before[i] ?? 0));
	return {
		rate: (bytes * 8) / (last - first), // bits a microsecond are megabits a second
		cpu: used.map((value) => (value / bytes) * 1e9),
	};
}

/** @param {Side} side */
async function ping(side) {
	side.tell("ping", { label: "echo", count: echoes });
	const times = await side.hear("pinged");
	return [0.5, 0.99].map((share) => (quantile(times, share) / 1000).toFixed(2)).join(" / ");
}

/** @param {() => Promise<Side>} start */
async function measure(start) {
	const { a, b } = await connect(start);
	try {
		const idle = await ping(a);
		/** @type {number[]} */
		const rates = [];
		/** @type {string[]} */
		const costs = [];
		for (const size of sizes) {
			for (const [from, to] of /** @type {[Side, Side][]} */ ([
				[a, b],
				[b, a],
			])) {
				const trial = await flood(from, to, size, Math.round(4e6 / size)); // it warms up, too
				const count = Math.round((trial.rate * 1e6 * seconds) / 8 / size);
				const all = [];
				for (let i = 0; i < runs; i++) all.push(await flood(from, to, size, Math.max(count, 10)));
				rates.push(median(all.map(({ rate }) => rate)));
				if (from === a) costs.push(...[0, 1].map((i) => median(all.map((it) => it.cpu[i] ?? NaN)).toFixed(1)));
			}
		}
		a.tell("flood", { label: "flood", size: 16384, count: 1_000_000 }); // for longer than the echoes take
		await sleep(300);
		const loaded = await ping(a);
		return { idle, loaded, rates, costs };
	} finally {
		a.stop();
		b.stop();
	}
}

/** @returns {Promise<import("./measure.mjs").Result[]>} */
export default async function data(names = ["ours", ...others]) {
	const rows = [];
	const failures = [];
	/** @type {number[]} */
	let ours = [];
	for (const name of names) {
		try {
			const { rates, idle, loaded, costs } = await measure(name === "ours" ? startDevice : () => startPeer(name));
			if (name === "ours") ours = rates;
			else if (rates.some((rate, i) => rate > (ours[i] ?? 0))) failures.push(`${name} is faster`);
			const [large = [], small = []] = [rates.slice(0, 2), rates.slice(2)].map((each) => each.map(Math.round));
			rows.push([
				name,
				large.join(", "),
				small.join(", "),
				idle,
				loaded,
				costs.slice(0, 2).join(" + "),
				costs.slice(2).join(" + "),
			]);
		} catch (error) {
			rows.push([name, "–", "–", "–", "–", "–", "–"]);
			failures.push(`${name}: ${error instanceof Error ? error.message : error}`);
		}
	}
	const head = [
		"",
		"Mbit/s at 16 KB",
		"Mbit/s at 1,200 B",
		"echo, ms",
		"echo beside a flood, ms",
		"CPU s a GB at 16 KB",
		"CPU s a GB at 1,200 B",
	];
	const note = `Two processes each, on loopback; one reliable, ordered channel, of which ${256} KB wait at most; each direction by itself, the median of ${runs} runs of some ${seconds} s. Echoes of 64 bytes on another channel: median / 99th percentile of ${echoes}. CPU: sender + receiver.`;
	return [{ title: "Data channels", head, rows, note, failures }];
}
