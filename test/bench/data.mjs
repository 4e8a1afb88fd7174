// SPDX-License-Identifier: Apache-2.0
// Data channels: two processes of the same implementation on this host, ours next to others in one run. Each measurement is taken
// of one implementation after the other, several times over, so that whatever else the machine does meets all of them alike.
// @ts-check
import { fork, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createConnection } from "node:net";
import { loadavg } from "node:os";
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
const runs = 5;
const seconds = 1.5; // of a flood, about
const echoes = 250; // of each of the runs
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

/** @param {Side} side @returns {Promise<number[]>} milliseconds of each echo */
async function ping(side) {
	side.tell("ping", { label: "echo", count: echoes });
	return (await side.hear("pinged")).map((/** @type {number} */ time) => time / 1000);
}

/** Echoes while the same side floods. @param {Pair} pair @returns {Promise<number[]>} */
async function pingBesideFlood({ a, b }) {
	b.tell("reset");
	await b.hear("reset");
	a.tell("flood", { label: "flood", size: 16384, count: 1_000_000 }); // for longer than the echoes take
	await sleep(200);
	const times = await ping(a);
	a.tell("stop");
	await sleep(500); // what is under way
	return times;
}

/** @typedef {{ a: Side, b: Side }} Pair */
/** @typedef {{ rate: number, cpu: number[] }} Flood cpu: seconds a GB, of the sender and of the receiver */

/** One implementation, and what was measured of it. */
class Contender {
	/** @type {Pair | undefined} */
	#pair;
	/** @type {string | undefined} why there is nothing to be measured any more */
	failure;
	/** @type {Map<string, Flood[]>} by size and direction */
	#floods = new Map();
	/** @type {Record<"idle" | "loaded", number[]>} */
	echoes = { idle: [], loaded: [] };

	/** @param {string} name */
	constructor(name) {
		this.name = name;
	}

	async connect() {
		await this.#attempt(async () => {
			this.#pair = await connect(this.name === "ours" ? startDevice : () => startPeer(this.name));
		});
	}

	/** @param {number} size @param {boolean} isBack @param {boolean} counts rather than warming up, and finding out how many */
	async flood(size, isBack, counts) {
		const key = `${size} ${isBack}`;
		const known = this.#floods.get(key) ?? [];
		await this.#attempt(async ({ a, b }) => {
			const rate = known[0]?.rate ?? 0;
			const count = counts ? Math.max(Math.round((rate * 1e6 * seconds) / 8 / size), 10) : Math.round(4e6 / size);
			const [from, to] = isBack ? [b, a] : [a, b];
			const result = await flood(from, to, size, count);
			this.#floods.set(key, counts ? [...known, result] : [result]);
		});
	}

	/** @param {"idle" | "loaded"} which */
	async ping(which) {
		await this.#attempt(async (pair) => {
			this.echoes[which].push(...(await (which === "idle" ? ping(pair.a) : pingBesideFlood(pair))));
		});
	}

	/** Mbit/s, the median. @param {number} size @param {boolean} isBack */
	rate(size, isBack) {
		return median(this.#counted(size, isBack).map(({ rate }) => rate));
	}

	/** Of one direction. @param {number} size @returns {number[]} CPU seconds a GB of sender and receiver, medians */
	cpu(size) {
		return [0, 1].map((i) => median(this.#counted(size, false).map(({ cpu }) => cpu[i] ?? NaN)));
	}

	stop() {
		this.#pair?.a.stop();
		this.#pair?.b.stop();
		this.#pair = undefined;
	}

	/** @param {number} size @param {boolean} isBack */
	#counted(size, isBack) {
		return (this.#floods.get(`${size} ${isBack}`) ?? []).slice(1); // the first has warmed it up
	}

	/** @param {(pair: Pair) => Promise<void>} action */
	async #attempt(action) {
		if (this.failure !== undefined) return;
		try {
			await action(/** @type {Pair} */ (this.#pair));
		} catch (error) {
			this.failure = error instanceof Error ? error.message : String(error);
			this.stop();
		}
	}
}

/** @param {Contender[]} all */
async function measure(all) {
	const each = async (/** @type {(it: Contender) => Promise<void>} */ action) => {
		for (const it of all) await action(it);
	};
	await each((it) => it.connect());
	for (let i = 0; i < runs; i++) await each((it) => it.ping("idle"));
	for (const size of sizes)
		for (const isBack of [false, true])
			for (let i = 0; i <= runs; i++) await each((it) => it.flood(size, isBack, i > 0));
	for (let i = 0; i < runs; i++) await each((it) => it.ping("loaded"));
}

/** @param {number[]} times milliseconds */
const times = (times) => [0.5, 0.99].map((share) => quantile(times, share).toFixed(2)).join(" / ");

/** What an implementation does better than ours. @param {Contender} it @param {Contender} ours */
function beaten(it, ours) {
	const found = [];
	for (const size of sizes) {
		for (const isBack of [false, true]) {
			const [theirs, own] = [it, ours].map((one) => Math.round(one.rate(size, isBack)));
			if (Number(theirs) > Number(own))
				found.push(`${it.name} is faster with ${size} bytes: ${theirs} Mbit/s to ${own}`);
		}
		const [theirs, own] = [it, ours].map((one) =>
			one
				.cpu(size)
				.reduce((sum, value) => sum + value, 0)
				.toFixed(1),
		);
		if (Number(theirs) < Number(own))
			found.push(`${it.name} takes less CPU with ${size} bytes: ${theirs} s a GB to ${own}`);
	}
	const [theirs, own] = [it, ours].map((one) => quantile(one.echoes.loaded, 0.99).toFixed(1));
	if (Number(theirs) < Number(own))
		found.push(`${it.name} is sooner beside a flood: ${theirs} ms in the 99th percentile to ${own}`);
	return found;
}

/** @param {Contender} it */
function row(it) {
	if (it.failure !== undefined) return [it.name, ...Array(6).fill("–")];
	return [
		it.name,
		...sizes.map((size) => [false, true].map((isBack) => Math.round(it.rate(size, isBack))).join(", ")),
		times(it.echoes.idle),
		times(it.echoes.loaded),
		...sizes.map((size) =>
			it
				.cpu(size)
				.map((value) => value.toFixed(1))
				.join(" + "),
		),
	];
}

/** @returns {Promise<import("./measure.mjs").Result[]>} */
export default async function data(names = others) {
	const load = loadavg()[0]?.toFixed(1);
	const ours = new Contender("ours");
	const all = [ours, ...names.map((name) => new Contender(name))];
	try {
		await measure(all);
	} finally {
		for (const it of all) it.stop();
	}
	const failures = all.flatMap((it) => {
		if (it.failure !== undefined) return [`${it.name} could not be measured: ${it.failure}`];
		return it === ours || ours.failure !== undefined ? [] : beaten(it, ours);
	});
	const head = [
		"",
		"Mbit/s at 16 KB",
		"Mbit/s at 1,200 B",
		"echo, ms",
		"echo beside a flood, ms",
		"CPU s a GB at 16 KB",
		"CPU s a GB at 1,200 B",
	];
	const note = `Two processes each, on loopback, with their defaults; one reliable, ordered channel, of which 256 KB wait at most; each direction by itself, the median of ${runs} runs of some ${seconds} s, in which the implementations take turns. Echoes of 64 bytes on another channel: median / 99th percentile of ${runs * echoes}; the flood is of 16 KB. CPU: sender + receiver. Load of the machine before: ${load}.`;
	return [{ title: "Data channels", head, rows: all.map(row), note, failures }];
}
