// SPDX-License-Identifier: Apache-2.0
// Whatever strangers send, the device serves on: each shape alone, while a viewer watches, from the viewer's own address,
// and many at once. Afterwards the heaps, the threads and the descriptors are as they were.
// `node test/strangers/run.mjs [TEXT …]` takes only the shapes whose names contain one of the texts.
// @ts-check
import assert from "node:assert/strict";
import { Proxy } from "../soak/proxy.mjs";
import { checkGrowth, withPictures } from "../soak/growth.mjs";
import { Viewer } from "../soak/viewer.mjs";
import { WatchedCamera } from "../soak/watched.mjs";
import { candidate, times } from "./offer.mjs";
import { spoofs } from "./shapes/datagrams.mjs";
import { fragment } from "./shapes/fragment.mjs";
import { shapes } from "./shapes.mjs";
import { Stranger } from "./stranger.mjs";
import { check } from "./stun.mjs";

const addresses = ["127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.6"];
const atOnce = 10; // shapes
// ms until whoever has a right to a place has got it: a stranger whose check was heard holds one until ICE fails (30 s).
const patience = 35_000;
// A reading differs by what the newest session holds; each of some 800 attempts that left something would be far more.
const size = Object.freeze({ width: 320, height: 240 });
// The page's reports on the last two sessions that failed are as long as those sessions had something to tell: 2 KB each.
const growth = Object.freeze({ heap: 64 * 1024, slots: 128, chunks: 2048 + 2 * 2048, descriptors: 0, threads: 0 });

const mostSlots = 8192 - 512; // with fewer free ones nothing is to be taken on

/** @typedef {import("./shapes.mjs").Shape} Shape */

class Suite {
	/** @param {WatchedCamera} camera */
	constructor(camera) {
		this.camera = camera;
		this.target = { host: "127.0.0.1", port: Number(new URL(camera.url).port) };
	}

	/** @param {number} number @returns {Stranger} */
	stranger(number) {
		return new Stranger(this.target, addresses[number % addresses.length]);
	}

	/** The page comes, though the last stranger may only just have gone. */
	async serves() {
		assert.equal(this.camera.process.exitCode, null, "the machine has ended");
		const owner = new Stranger(this.target);
		const end = Date.now() + patience;
		for (;;) {
			const { status } = await owner.request("GET", "/");
			if (status === 200) return;
			if (Date.now() > end) throw new Error(`the page is answered with ${status}`);
			await new Promise((resolve) => setTimeout(resolve, 100));
		}
	}

	/** A viewer gets in, though strangers may hold places. @param {Viewer} viewer @param {object} [change] */
	async enters(viewer, change) {
		const end = Date.now() + patience;
		for (;;) {
			try {
				await viewer.open(change);
				return await viewer.watch(5);
			} catch (error) {
				viewer.vanish();
				if (Date.now() > end) throw error;
				await new Promise((resolve) => setTimeout(resolve, 500));
			}
		}
	}

	/** @param {readonly Shape[]} wanted */
	async alone(wanted) {
		for (const [number, shape] of wanted.entries()) {
			await named(shape.name, async () => {
				const stranger = this.stranger(number);
				await shape.attempt(stranger);
				await stranger.leave();
				await this.serves();
			});
		}
	}

	/** @param {readonly Shape[]} wanted */
	async watched(wanted) {
		await this.withViewer(async (viewer) => {
			for (const [number, shape] of wanted.entries()) {
				await named(shape.name, async () => {
					const stranger = this.stranger(number);
					for (let count = 0; count < 2; count++) await shape.attempt(stranger);
					await viewer.watch(2);
					await stranger.leave();
				});
			}
			await this.serves();
		});
	}

	/** @param {(viewer: Viewer) => Promise<void>} use @param {object} [change] of its descriptions */
	async withViewer(use, change) {
		const viewer = new Viewer(this.camera.url);
		try {
			await this.enters(viewer, change);
			await use(viewer);
			await viewer.close();
		} finally {
			viewer.vanish();
		}
	}

	/** What comes from a viewer's address is not the viewer's for that. */
	async fromTheViewersAddress() {
		const proxy = new Proxy();
		await proxy.open();
		const stranger = this.stranger(0);
		const change = {
			offer: (/** @type {string} */ sdp) => proxy.hideCandidates(sdp),
			answer: (/** @type {string} */ sdp) => proxy.replaceCandidates(sdp),
		};
		const spoof = async (/** @type {Viewer} */ viewer) => {
			const session = await stranger.enter();
			assert(session, "the stranger has no session");
			for (const [name, make] of spoofs) {
				await named(`spoofed: ${name}`, async () => {
					for (let number = 0; number < 20; number++) proxy.inject(make(session, number));
					await viewer.watch(5);
				});
			}
			await viewer.watch(100); // longer than consent is checked again
			await stranger.leave();
			await viewer.watch(5);
		};
		try {
			await this.withViewer(spoof, change);
		} finally {
			proxy.close();
		}
	}

	/** All vanish without a word. @param {readonly Shape[]} wanted */
	async atOnce(wanted) {
		await this.withViewer(async (viewer) => {
			for (let first = 0; first < wanted.length; first += atOnce) {
				const group = wanted.slice(first, first + atOnce);
				await named(group.map(({ name }) => name).join(", "), async () => {
					const strangers = group.map((_, number) => this.stranger(number));
					await Promise.all(
						group.map((shape, number) => shape.attempt(/** @type {Stranger} */ (strangers[number]))),
					);
					await viewer.watch(2);
					await Promise.all(strangers.map((stranger) => stranger.leave({ vanish: true })));
				});
			}
			await this.withViewer((another) => another.watch(5));
		});
		await this.serves();
	}

	/**
	 * Each takes what it can get, all at once: places with as many candidates as there may be, checks from many ports, and
	 * connections with half a request, up to what one address may have.
	 */
	async fromAllSides() {
		await this.withViewer(async (viewer) => {
			for (let round = 0; round < 3; round++) {
				const strangers = addresses.map((_, number) => this.stranger(number));
				await Promise.all(strangers.map((stranger) => takeAll(stranger)));
				await viewer.watch(2);
				await Promise.all(strangers.map((stranger) => stranger.leave({ vanish: round % 2 === 0 })));
			}
		});
		await this.serves();
		await this.withViewer((viewer) => viewer.watch(5));
	}

	/** The last viewer's encoder and connections are gone, too. */
	async rest() {
		for (let count = 0; count < 3; count++) await this.camera.sample(0);
		return this.camera.sample(0);
	}
}

/** @param {Stranger} stranger */
async function takeAll(stranger) {
	const half = Buffer.from(`GET / HTTP/1.1\r\n${times(40, (i) => `x-${i}: ${"a".repeat(40)}\r\n`).join("")}`);
	const connections = () => Promise.all(times(10, () => stranger.send(half, { stay: true })));
	const place = async () => {
		const session = await stranger.enter({ video: times(64, candidate) });
		if (!session) return;
		for (let port = 0; port < 12; port++) {
			const socket = await stranger.socket();
			socket.send(check(session), session.port, stranger.target.host);
		}
		await stranger.trickle(
			session,
			fragment(
				session,
				times(60, (i) => candidate(100 + i)),
			),
		);
	};
	await Promise.all([place(), connections(), place(), place()]);
}

/** @param {string} name @param {() => Promise<void>} run */
async function named(name, run) {
	try {
		await run();
	} catch (error) {
		throw new Error(name, { cause: error });
	}
}

const texts = process.argv.slice(2);
const wanted = shapes.filter(({ name }) => !texts.length || texts.some((text) => name.includes(text)));
const camera = await new WatchedCamera({ ...size, framerate: 15, bitrate: 200_000 }, ["--stats"]).ready();
const suite = new Suite(camera);
let passed = 0;
let failed = 0;

/** @param {string} name @param {() => Promise<unknown>} run */
async function row(name, run) {
	const start = Date.now();
	try {
		await run();
		passed++;
		console.log(`ok ${name} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
	} catch (error) {
		failed++;
		const lastWords = camera.output.match(/^(#.* failed .*|### .*)$/gm) ?? [];
		console.log(`FAILED ${name}`, ...lastWords, error, camera.output.replace(/^report: .*\n/gm, "").slice(-3000));
	}
}

/** @type {import("../soak/watched.mjs").Sample | undefined} */
let before;
await row(`${wanted.length} shapes alone`, () => suite.alone(wanted));
await row("a viewer, and nobody else", async () => {
	for (let count = 0; count < 3; count++) {
		const viewer = new Viewer(camera.url);
		await suite.enters(viewer);
		await viewer.close();
	}
	before = await suite.rest();
});
await row(`${wanted.length} shapes while a viewer watches`, () => suite.watched(wanted));
if (!texts.length) await row("from a viewer's own address", () => suite.fromTheViewersAddress());
if (!texts.length) await row("from all sides, all that can be had", () => suite.fromAllSides());
await row(`${wanted.length} shapes, ${atOnce} at once`, () => suite.atOnce(wanted));
await row("heaps, threads and descriptors are as they were", async () => {
	const after = await suite.rest();
	console.log(`before: ${JSON.stringify(before)}\nafter: ${JSON.stringify(after)}`);
	assert(before);
	checkGrowth(withPictures(before, after, size), after, growth);
	assert(after.slotsPeak <= mostSlots, `${after.slotsPeak} slots were alive at once: too near the end`);
});
await row("ends as it should", async () => assert.equal(await camera.stop(), 0));
camera.process.kill();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
