// SPDX-License-Identifier: Apache-2.0
// Whoever has a session may say anything over SCTP: the machine of the example remote-control serves its other user on, and
// its memory stays in bounds. The stranger is werift, whose SCTP is left to shake hands and then spoken for.
// `node test/strangers/data.mjs [TEXT …]` takes only the shapes whose names contain one of the texts.
// @ts-check
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { RTCPeerConnection } from "werift";
import { Application } from "../browser/camera.mjs";
import { endSession } from "../soak/end.mjs";

const patience = 10_000; // ms
const slowest = 3000; // ms that the other user may wait for an answer
// Bytes of RSS, of all shapes together, of which each sends more. After all of them 484 KB were held, of which malloc_trim() gave back
// 216: the C library keeps what was freed, and the heap in use was 2.8 MB, as of a machine that nobody has attacked.
const growth = 3 * 1024 * 1024;

/** @param {number} milliseconds */
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** @param {() => unknown} isTrue @param {string} what @param {number} [time] ms */
async function until(isTrue, what, time = patience) {
	const end = Date.now() + time;
	while (!isTrue()) {
		if (Date.now() > end) throw new Error(`not within ${time} ms: ${what}`);
		await sleep(5);
	}
}

/** @param {number} type @param {number} flags @param {Buffer} value */
function chunk(type, flags, value) {
	const bytes = Buffer.alloc((4 + value.length + 3) & ~3);
	bytes[0] = type;
	bytes[1] = flags;
	bytes.writeUInt16BE(4 + value.length, 2);
	value.copy(bytes, 4);
	return bytes;
}

/** @param {string} label */
function open(label, { size = label.length, type = 0 } = {}) {
	const bytes = Buffer.alloc(12 + label.length);
	bytes[0] = 3;
	bytes[1] = type;
	bytes.writeUInt16BE(size, 8);
	bytes.write(label, 12, "latin1");
	return bytes;
}

/** A user of the machine: two channels. */
class User {
	pc = new RTCPeerConnection({ iceServers: [] });
	#pins = -1;
	/** @type {any} */
	#control;

	/** @param {string} url @param {string} secret */
	constructor(url, secret) {
		this.endpoint = `${url}whep`;
		this.headers = { authorization: `Bearer ${secret}` };
	}

	async enter() {
		this.#control = this.pc.createDataChannel("control");
		this.#control.onmessage = (/** @type {any} */ { data }) => {
			const { pins } = JSON.parse(String(data));
			if (pins) this.#pins = pins.lamp;
		};
		await this.pc.setLocalDescription(await this.pc.createOffer());
		await until(() => this.pc.iceGatheringState === "complete", "candidates are gathered");
		const headers = { ...this.headers, "content-type": "application/sdp" };
		const body = this.pc.localDescription?.sdp ?? "";
		const end = Date.now() + 60_000;
		for (;;) {
			const response = await fetch(this.endpoint, { method: "POST", headers, body });
			const sdp = await response.text();
			if (response.status === 201) {
				this.session = new URL(response.headers.get("location") ?? "", response.url);
				await this.pc.setRemoteDescription({ type: "answer", sdp });
				break;
			}
			if (Date.now() > end) throw new Error(`${response.status} ${sdp}`);
			await sleep(500); // the last stranger has a place still
		}
		await until(() => this.#control.readyState === "open", "its channel is open");
		await until(() => this.#pins >= 0, "it is told of the pins");
	}

	/** Switches the lamp, and is told so. @returns {Promise<number>} ms that it took */
	async uses() {
		const wanted = 1 - this.#pins;
		const begun = Date.now();
		this.#control.send(JSON.stringify({ pin: "lamp", on: wanted === 1 }));
		await until(() => this.#pins === wanted, "the lamp is switched", slowest);
		return Date.now() - begun;
	}

	async leave() {
		await this.pc.close();
		if (this.session) await endSession(this.session, this.headers);
	}
}

/** One who says what he likes. */
class Stranger extends User {
	/** @type {any} */
	#sctp;
	#tsn = 0;
	#firstTsn = 0;
	#requests = 0;

	async enter() {
		await super.enter();
		await sleep(100);
		this.#sctp = /** @type {any} */ (this.pc.sctpTransport).sctp;
		this.#sctp.onReceive.allUnsubscribe(); // werift throws where a channel is acknowledged that it has not opened itself
		this.#firstTsn = this.#sctp.localTsn;
		this.#requests = this.#sctp.reconfigRequestSeq;
	}

	/** @param {Buffer[]} chunks @param {number} [tag] */
	async say(chunks, tag = this.#sctp.remoteVerificationTag) {
		const head = Buffer.alloc(12);
		head.writeUInt16BE(5000, 0);
		head.writeUInt16BE(5000, 2);
		head.writeUInt32BE(tag >>> 0, 4); // the checksum is DTLS's affair
		await this.#sctp.transport.send(Buffer.concat([head, ...chunks])).catch(() => undefined);
	}

	/** @param {{ stream: number, sequence?: number, protocol?: number, flags?: number, skip?: number }} where @param {Buffer} value */
	data({ stream, sequence = 0, protocol = 53, flags = 3, skip = 0 }, value) {
		const head = Buffer.alloc(12);
		head.writeUInt32BE((this.#firstTsn + this.#tsn++ + skip) >>> 0, 0);
		head.writeUInt16BE(stream & 0xffff, 4);
		head.writeUInt16BE(sequence & 0xffff, 6);
		head.writeUInt32BE(protocol, 8);
		return chunk(0, flags, Buffer.concat([head, value]));
	}

	/** @param {number[]} streams */
	reset(streams) {
		const parameter = Buffer.alloc(16 + 2 * streams.length);
		parameter.writeUInt16BE(13, 0);
		parameter.writeUInt16BE(parameter.length, 2);
		parameter.writeUInt32BE(this.#requests++ >>> 0, 4);
		parameter.writeUInt32BE((this.#firstTsn + this.#tsn - 1) >>> 0, 12);
		streams.forEach((stream, i) => parameter.writeUInt16BE(stream, 16 + 2 * i));
		return chunk(130, 0, parameter);
	}
}

/** @typedef {{ name: string, attempt(stranger: Stranger): Promise<void> }} Shape */

const kilobyte = Buffer.alloc(1000, "x");

/** @param {number} count @param {(i: number) => Promise<void>} act with a pause now and then, so that it is the machine that is tried */
async function times(count, act) {
	for (let i = 0; i < count; i++) {
		await act(i);
		if (i % 50 === 49) await sleep(2);
	}
}

/** @type {Shape[]} */
const shapes = [
	{
		name: "opens of every stream",
		attempt: (it) =>
			times(3000, (i) => it.say([it.data({ stream: i % 16, sequence: i >> 4, protocol: 50 }, open(`c${i}`))])),
	},
	{
		name: "opens of streams that there are not",
		attempt: (it) => times(2000, (i) => it.say([it.data({ stream: 16 + i * 31, protocol: 50 }, open("far"))])),
	},
	{
		name: "opens that are cut, or longer than they say",
		attempt: (it) =>
			times(500, (i) =>
				it.say([
					it.data(
						{ stream: 2 * (i % 8) + 1, sequence: i >> 3, protocol: 50 },
						open("label", { size: i * 131, type: i }),
					),
				]),
			),
	},
	{
		name: "opens and resets in one breath, ten thousand of them",
		attempt: (it) =>
			times(10_000, (i) => {
				const stream = 3 + 2 * (i % 6);
				return it.say([it.data({ stream, protocol: 50 }, open(`c${i}`)), it.reset([stream])]);
			}),
	},
	{
		name: "opens of what is open, or the machine's to open, and what is no message",
		attempt: (it) =>
			times(3000, (i) => {
				const where = { stream: i % 16, sequence: i >> 4 };
				const kinds = [
					it.data({ ...where, protocol: 50 }, open("again")),
					it.data({ ...where, protocol: i }, kilobyte),
					it.data({ ...where, protocol: 51 }, Buffer.of(0xff, 0xfe, 0xc0)),
					it.data({ ...where, protocol: 56 }, Buffer.of(0)),
					it.data({ ...where, protocol: 50 }, Buffer.of(2)),
				];
				return it.say([kinds[(i * 7) % 5] ?? kilobyte]);
			}),
	},
	{
		name: "data without data",
		attempt: (it) => times(500, (i) => it.say([it.data({ stream: 1, sequence: i }, Buffer.alloc(0))])),
	},
	{
		name: "data before any open",
		attempt: (it) => times(4000, (i) => it.say([it.data({ stream: 3 + (i % 8), sequence: i >> 3 }, kilobyte)])),
	},
	{
		name: "a message without an end",
		attempt: (it) => times(8000, (i) => it.say([it.data({ stream: 5, flags: i ? 0 : 2 }, kilobyte)])),
	},
	{
		name: "fragments of which the first never comes",
		attempt: (it) => times(4000, (i) => it.say([it.data({ stream: i % 16, sequence: i, flags: i % 2 }, kilobyte)])),
	},
	{
		name: "data with a hole before it",
		attempt: (it) => times(4000, () => it.say([it.data({ stream: 1, skip: 1 }, kilobyte)])),
	},
	{
		name: "tiny messages without number",
		attempt: (it) =>
			times(3000, (i) =>
				it.say(
					Array.from({ length: 30 }, (_, k) =>
						it.data({ stream: 0, sequence: i * 30 + k, protocol: 53 }, Buffer.of(1)),
					),
				),
			),
	},
	{
		name: "resets of streams that nobody uses",
		attempt: (it) => times(2000, (i) => it.say([it.reset([i % 16, (i * 7) % 65536])])),
	},
	{
		name: "resets of all there are, at once",
		attempt: (it) => times(200, () => it.say([it.reset([]), it.reset(Array.from({ length: 500 }, (_, i) => i))])),
	},
	{
		name: "INITs",
		attempt: (it) =>
			times(4000, async (i) => {
				const value = Buffer.alloc(16);
				value.writeUInt32BE(i + 1, 0);
				value.writeUInt32BE(65536, 4);
				value.fill(255, 8, 12);
				await it.say([chunk(1, 0, value)], 0);
			}),
	},
	{
		name: "SACKs of what was never sent",
		attempt: (it) =>
			times(1000, async (i) => {
				const value = Buffer.alloc(12);
				value.writeUInt32BE((i * 2654435761) >>> 0, 0);
				await it.say([chunk(3, 0, value)]);
			}),
	},
	{
		name: "forward TSNs over all there is",
		attempt: (it) =>
			times(1000, async (i) => {
				const value = Buffer.alloc(8);
				value.writeUInt32BE((i * 1000) >>> 0, 0);
				await it.say([chunk(192, 0, value)]);
			}),
	},
	{
		name: "chunks of no kind, and noise",
		attempt: (it) =>
			times(4000, async (i) => {
				const noise = Buffer.alloc(1 + ((i * 37) % 1100));
				for (let k = 0, seed = i; k < noise.length; k++)
					noise[k] = (seed = (seed * 1664525 + 1013904223) >>> 0) >>> 24;
				await it.say(i % 2 ? [noise] : [chunk(i & 255, 0, noise)]);
			}),
	},
];

/** Bytes of a process's memory. @param {number} pid */
function memoryOf(pid) {
	const found = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"));
	return Number(found?.[1]) * 1024;
}

/** @param {number | undefined} parent @returns {number} the machine's own process */
function childOf(parent) {
	const [child = ""] = readFileSync(`/proc/${parent}/task/${parent}/children`, "latin1").trim().split(" ");
	return Number(child);
}

const words = process.argv.slice(2);
const wanted = shapes.filter(({ name }) => !words.length || words.some((word) => name.includes(word)));
const machine = new Application("examples/remote-control", { port: 0 });
const [, url = "", secret = ""] = await machine.find(/(http:\/\/localhost:\d+\/)#(\w+)/, 600_000);
const pid = childOf(machine.process.pid);
const user = new User(url, secret);
await user.enter();
let [passed, failed] = [0, 0];
let before = 0;
for (const { name, attempt } of wanted) {
	const stranger = new Stranger(url, secret);
	try {
		await stranger.enter();
		before ||= memoryOf(pid);
		let slowestUse = 0;
		let isOver = false;
		const using = (async () => {
			while (!isOver) slowestUse = Math.max(slowestUse, await user.uses());
		})();
		using.catch(() => undefined);
		await attempt(stranger);
		await sleep(200);
		const held = memoryOf(pid) - before;
		isOver = true;
		await using;
		await stranger.leave();
		assert(held < growth, `${held} bytes more are held`);
		console.log(`ok ${name}: the other waits ${slowestUse} ms at most, ${Math.round(held / 1024)} KB held`);
		passed++;
	} catch (error) {
		console.log(`FAILED ${name}\n${error instanceof Error ? error.stack : error}`);
		failed++;
		await stranger.leave().catch(() => undefined);
	}
}
await user.leave();
const status = await machine.stop();
if (status !== 0) {
	console.log(`FAILED the machine ended with ${status}\n${machine.output.slice(-3000)}`);
	failed++;
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
