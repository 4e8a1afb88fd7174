// SPDX-License-Identifier: Apache-2.0
// A link between two peers, one of which offers: a relay in user space that loses, delays, and has a rate. All candidates of
// an offer go, and of an answer there is the relay's alone, so that every datagram between the two passes it. What it does
// is drawn from a seed.
// @ts-check
import { createSocket } from "node:dgram";
import { networkInterfaces } from "node:os";

/**
 * What the link does to the datagrams of one direction. All of it may change while it runs.
 * @typedef {object} Way
 * @property {number} [loss] 0 … 1, by chance
 * @property {{ loss: number, length: number }} [bursts] loss 0 … 1 that comes in runs of so many datagrams on average
 * (a Gilbert model: in a run each is lost)
 * @property {number} [delay] ms
 * @property {number} [jitter] ms that are added at most; datagrams stay in order
 * @property {number} [reordering] 0 … 1: so many are 20 ms later than their turn
 * @property {number} [duplication] 0 … 1
 * @property {{ types: number[], delay: number }} [skew] ms by which RTP of these payload types is later than all else
 * @property {number} [rate] bit/s of datagrams with their IP and UDP headers; absent: any
 * @property {number} [queue] ms of the rate that wait for it at most; default 300
 */

/**
 * @typedef {object} Options
 * @property {number} [seed]
 * @property {Way} [down] from who answers to who offers: a camera's pictures
 * @property {Way} [up] the other way
 */

/** @typedef {{ at: number, size: number, queued: number, lost: boolean }} Sample ms, bytes, ms */

const headers = 28; // bytes of IPv4 and UDP
const late = 20; // ms
const kept = 200_000; // samples

/** Numbers from 0 to 1 (mulberry32). @param {number} seed */
function dice(seed) {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let value = Math.imul(state ^ (state >>> 15), state | 1);
		value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
		return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
	};
}

/** One direction: when a datagram comes out, if it does. Knows no socket, and no clock. */
export class Direction {
	/** What came in, by ms. @type {Sample[]} */
	samples = [];
	#free = 0;
	#last = 0;
	#inRun = false;

	/** @param {Way} way @param {number} seed */
	constructor(way, seed) {
		this.way = way;
		this.dice = dice(seed);
	}

	/**
	 * @param {number} size bytes
	 * @param {number} now ms
	 * @param {number} [type] of RTP
	 * @returns {number[]} when it comes out: never, once or twice
	 */
	pass(size, now, type) {
		const { rate = Infinity, queue = 300, duplication = 0 } = this.way;
		const queued = Math.max(0, this.#free - now);
		const isLost = this.#isLost() || queued > queue;
		if (this.samples.length < kept) this.samples.push({ at: now, size: size + headers, queued, lost: isLost });
		if (queued > queue) return [];
		this.#free = now + queued + ((size + headers) * 8000) / rate;
		if (isLost) return [];
		const at = this.#arrival(type);
		return this.dice() < duplication ? [at, at] : [at];
	}

	/** @param {number} [type] */
	#arrival(type) {
		const { delay = 0, jitter = 0, reordering = 0, skew } = this.way;
		const at = this.#free + delay + jitter * this.dice();
		if (type !== undefined && skew?.types.includes(type)) return at + skew.delay;
		if (this.dice() < reordering) return at + late;
		return (this.#last = Math.max(this.#last, at));
	}

	#isLost() {
		const { loss = 0, bursts } = this.way;
		if (bursts) {
			const leave = 1 / bursts.length;
			const enter = (leave * bursts.loss) / (1 - bursts.loss);
			this.#inRun = this.#inRun ? this.dice() >= leave : this.dice() < enter;
		}
		return (bursts && this.#inRun) || this.dice() < loss;
	}

	/**
	 * What came in between two moments: bit/s offered and carried, ms in the queue below which 95 of 100 were.
	 * @param {number} from ms @param {number} [to] ms
	 */
	measure(from, to = Infinity) {
		const samples = this.samples.filter(({ at }) => at >= from && at < to);
		const duration = Math.min(to, performance.now()) - from;
		const rate = (/** @type {Sample[]} */ of) => (of.reduce((sum, { size }) => sum + size, 0) * 8000) / duration;
		const waits = samples.map(({ queued }) => queued).sort((a, b) => a - b);
		return {
			offered: rate(samples),
			carried: rate(samples.filter(({ lost }) => !lost)),
			queue95: waits[Math.floor(waits.length * 0.95)] ?? 0,
			lost: samples.filter(({ lost }) => lost).length / (samples.length || 1),
		};
	}
}

/** The payload type of a datagram of RTP (RFC 5761 section 4: what is none is RTCP). @param {Buffer} data */
function typeOf(data) {
	const [first = 0, second = 0] = data;
	const type = second & 0x7f;
	return data.length >= 12 && first >> 6 === 2 && (type < 64 || type > 95) ? type : undefined;
}

/** This host's own address, where it has one: Firefox has no pair of what is at a loopback address with what is not. */
function ownAddress() {
	const all = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses);
	return all.find(({ family, internal }) => family === "IPv4" && !internal)?.address ?? "127.0.0.1";
}

/** @typedef {{ address: string, port: number }} Address */

/** @param {string} [address] to be bound to */
async function openSocket(address) {
	const socket = createSocket("udp4");
	await new Promise((resolve, reject) => {
		socket.once("error", reject).bind(0, address, () => resolve(undefined));
	});
	socket.removeAllListeners("error").on("error", () => undefined); // a peer that has gone
	socket.setRecvBufferSize(1 << 20);
	return socket;
}

const mostLegs = 8;

export class Link {
	/** Where who offers sends to. @type {import("node:dgram").Socket | undefined} */
	#socket;
	/** For each address that it sends from a socket that who answers sends to, as behind a NAT. @type {Map<string, Promise<import("node:dgram").Socket>>} */
	#legs = new Map();
	/** Who answers, by its answer. @type {Address | undefined} */
	#answerer;
	/** @type {Set<NodeJS.Timeout>} */
	#timers = new Set();
	#closed = false;

	/** @param {Options} [options] */
	constructor({ seed = 1, down = {}, up = {} } = {}) {
		this.down = new Direction(down, seed);
		this.up = new Direction(up, seed + 1);
	}

	async open() {
		const socket = (this.#socket = await openSocket(ownAddress()));
		socket.on("message", (data, from) => {
			const leg = this.#leg(from);
			this.#pass(this.up, data, async () => {
				const { address, port } = this.#answerer ?? {};
				(await leg)?.send(data, port, address);
			});
		});
		return this;
	}

	/** @param {Address} from */
	#leg(from) {
		const name = `${from.address}:${from.port}`;
		let leg = this.#legs.get(name);
		if (!leg && this.#legs.size < mostLegs) this.#legs.set(name, (leg = this.#openLeg(from)));
		return leg;
	}

	/** @param {Address} offerer */
	async #openLeg({ address, port }) {
		const leg = await openSocket();
		leg.on("message", (data) => this.#pass(this.down, data, () => this.#socket?.send(data, port, address)));
		return leg;
	}

	/** @param {Direction} direction @param {Buffer} data @param {() => void} send */
	#pass(direction, data, send) {
		const now = performance.now();
		for (const at of direction.pass(data.length, now, typeOf(data))) {
			const timer = setTimeout(() => {
				this.#timers.delete(timer);
				if (this.#answerer && !this.#closed) send();
			}, at - now);
			this.#timers.add(timer);
		}
	}

	/** An offer without its candidates. @param {string} sdp */
	offer(sdp) {
		return sdp.replace(/^a=candidate:.*\r?\n/gm, "");
	}

	/** An answer whose one candidate is the relay's. @param {string} sdp */
	answer(sdp) {
		const candidates = [...sdp.matchAll(/^a=candidate:\S+ 1 udp \d+ ([\d.]+) (\d+) typ host/gim)];
		const own = candidates.find(([, address]) => address?.startsWith("127.")) ?? candidates[0];
		if (!own?.[1] || !own[2]) throw new Error(`no candidate of IPv4 in the answer:\n${sdp}`);
		this.#answerer = { address: own[1], port: Number(own[2]) };
		const { address, port } = /** @type {Address} */ (this.#socket?.address());
		const line = `a=candidate:1 1 udp 2130706431 ${address} ${port} typ host\r\na=end-of-candidates\r\n`;
		const [session = "", ...sections] = sdp
			.replace(/^a=(candidate:.*|end-of-candidates)\r?\n/gm, "")
			.split(/^(?=m=)/m);
		return session + sections.map((section, index) => section + (index ? "" : line)).join("");
	}

	close() {
		this.#closed = true;
		for (const timer of this.#timers) clearTimeout(timer);
		this.#socket?.close();
		for (const leg of this.#legs.values()) leg.then((socket) => socket.close());
	}
}
