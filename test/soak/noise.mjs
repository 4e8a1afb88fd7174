// SPDX-License-Identifier: Apache-2.0
// Random and mutated datagrams at the camera's port while a viewer watches: the picture goes on, and nothing grows.
// @ts-check
import { createSocket } from "node:dgram";
import { Proxy } from "./proxy.mjs";
import { checkGrowth, withPictures } from "./growth.mjs";
import { Viewer } from "./viewer.mjs";
import { WatchedCamera } from "./watched.mjs";

const batch = 20; // datagrams each tick
const tick = 5; // ms: the real ones must not be crowded out of the socket's buffer
const warmUp = 0.1; // of the noise
const strangers = 4; // sockets, besides the viewer's own address
const largestGap = 1000; // ms between pictures
const size = Object.freeze({ width: 640, height: 360 });
const growth = Object.freeze({ heap: 128 * 1024, slots: 64, chunks: 2048, descriptors: 0 });

/** Numbers that a seed makes: 0 … limit - 1. @param {number} seed @returns {(limit: number) => number} */
function generator(seed) {
	let state = seed;
	return (limit) => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return Math.floor((state / 2 ** 32) * limit);
	};
}

/** First bytes of STUN, DTLS, ChannelData, RTP and RTCP (RFC 7983 section 7). */
const firstBytes = [0, 1, 2, 3, 20, 21, 22, 23, 63, 64, 79, 128, 129, 144, 191, 255];

/** @param {(limit: number) => number} random */
function noise(random) {
	const data = Buffer.alloc(1 + random(random(4) ? 200 : 1500));
	for (let i = 0; i < data.length; i++) data[i] = random(256);
	if (random(4)) data[0] = firstBytes[random(firstBytes.length)] ?? 0;
	return data;
}

/** A datagram of the viewer with some bytes changed, cut off or added. @param {Buffer} original @param {(limit: number) => number} random */
function mutate(original, random) {
	let data = Buffer.from(original);
	const kind = random(4);
	if (kind === 0) data = data.subarray(0, 1 + random(data.length));
	if (kind === 1) data = Buffer.concat([data, noise(random)]).subarray(0, 1472);
	for (let count = 1 + random(8); count > 0; count--) data[random(data.length)] = random(256);
	return data;
}

/**
 * Sends it, and sees that the picture goes on meanwhile.
 * @param {{ count: number, random(limit: number): number, proxy: Proxy, viewer: Viewer, handshake: Buffer[] }} options
 * @param {import("node:dgram").Socket[]} sockets
 * @returns {Promise<number>} the longest time without a picture, in ms
 */
async function send({ count, random, proxy, viewer, handshake }, sockets) {
	let gap = 0;
	for (let sent = 0; sent < count; sent += batch) {
		for (let i = 0; i < batch; i++) {
			const material = random(2) ? handshake : proxy.material;
			const original = material[random(material.length)];
			const data = original && random(2) ? mutate(original, random) : noise(random);
			const socket = sockets[random(2 * strangers)];
			if (socket) proxy.injectFrom(socket, data);
			else proxy.inject(data);
		}
		await new Promise((resolve) => setTimeout(resolve, tick));
		gap = Math.max(gap, performance.now() - viewer.lastFrame);
		if (!viewer.connected || gap > largestGap)
			throw new Error(`noise: no picture for ${gap.toFixed(0)} ms after ${sent} datagrams`);
	}
	return gap;
}

/** @param {{ datagrams?: number, seed?: number, log?(line: string): void }} [options] */
export async function noiseAtPort({ datagrams = 100_000, seed = 1, log = console.log } = {}) {
	const random = generator(seed);
	const camera = await new WatchedCamera({ ...size, framerate: 30, bitrate: 1_000_000 }).ready();
	const proxy = new Proxy();
	const viewer = new Viewer(camera.url);
	const sockets = Array.from({ length: strangers }, () => createSocket("udp4"));
	try {
		await proxy.open();
		const offer = (/** @type {string} */ sdp) => proxy.hideCandidates(sdp);
		const answer = (/** @type {string} */ sdp) => proxy.replaceCandidates(sdp);
		await viewer.open({ offer, answer });
		await viewer.watch(60);
		const options = { random, proxy, viewer, handshake: [...proxy.material] };
		// A request of the viewer, seen and sent again from elsewhere, makes a candidate (RFC 8445 section 7.3.1.3): the
		// strangers' are known after the first of the noise.
		await send({ ...options, count: datagrams * warmUp }, sockets);
		const before = await camera.sample(1);
		log(`before: ${JSON.stringify(before)}`);
		const gap = await send({ ...options, count: datagrams * (1 - warmUp) }, sockets);
		await viewer.watch(30);
		const after = await camera.sample(1);
		log(`after: ${JSON.stringify(after)}; longest gap ${gap.toFixed(0)} ms, ${viewer.lost} packets lost`);
		checkGrowth(withPictures(before, after, size), after, growth);
		await viewer.close();
		if (await camera.stop()) throw new Error("noise: the camera's end");
	} catch (error) {
		log(camera.output.slice(-4000));
		throw error;
	} finally {
		for (const socket of sockets) socket.close();
		proxy.close();
		camera.process.kill();
	}
}
