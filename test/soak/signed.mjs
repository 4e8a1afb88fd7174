// SPDX-License-Identifier: Apache-2.0
// STUN with a valid HMAC by who has a session of his own: from the address of a viewer, whose picture must go on, and from
// others, with any attributes. Nothing is taken from the viewer, and nothing grows.
// @ts-check
import { createHmac, randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { crc32 } from "node:zlib";
import { asChromium } from "./chromium.mjs";
import { endSession } from "./end.mjs";
import { Proxy } from "./proxy.mjs";
import { checkGrowth, withPictures } from "./growth.mjs";
import { Viewer } from "./viewer.mjs";
import { WatchedCamera } from "./watched.mjs";

const batch = 4; // datagrams each tick
const tick = 2; // ms
const strangers = 3; // sockets, besides the viewer's own address
const perSession = 5000; // datagrams; one that never connects is ended after a while
const largestGap = 1000; // ms between pictures
// What a session that has just ended, or just begun, holds.
const size = Object.freeze({ width: 320, height: 240 });
const growth = Object.freeze({ heap: 192 * 1024, slots: 128, chunks: 4096, descriptors: 0 });

/** @param {number} type @param {Buffer} value */
function attribute(type, value) {
	const header = Buffer.alloc(4);
	header.writeUInt16BE(type, 0);
	header.writeUInt16BE(value.length, 2);
	return Buffer.concat([header, value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
}

/** @param {Buffer} message @param {number} more bytes that its length counts, too */
function withLength(message, more) {
	message.writeUInt16BE(message.length - 20 + more, 2);
	return message;
}

/** A Binding request (RFC 8489 section 5) with these attributes and an HMAC by the password. @param {string} password @param {Buffer[]} attributes */
export function signed(password, attributes) {
	const header = Buffer.concat([Buffer.from([0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42]), randomBytes(12)]);
	const begin = withLength(Buffer.concat([header, ...attributes]), 24);
	const digest = createHmac("sha1", password).update(begin).digest();
	const whole = withLength(Buffer.concat([begin, attribute(8, digest)]), 8);
	const fingerprint = Buffer.alloc(4);
	fingerprint.writeUInt32BE((crc32(whole) ^ 0x5354554e) >>> 0);
	return Buffer.concat([whole, attribute(0x8028, fingerprint)]);
}

/** A session that only signals: its ICE credentials are what an attacker needs. */
export class Session {
	#url;
	#location = "";
	#ufrag = "";
	#password = "";

	/** @param {string} url the camera's */
	constructor(url) {
		this.#url = new URL("whep", url);
	}

	async open() {
		const own = ["a=ice-ufrag:evil", `a=ice-pwd:${randomBytes(12).toString("hex")}`];
		const fingerprint = `a=fingerprint:sha-256 ${Array.from(randomBytes(32), (byte) => byte.toString(16).padStart(2, "0")).join(":")}`;
		const body = asChromium([...own, fingerprint, ""].join("\r\n"));
		const headers = { "content-type": "application/sdp" };
		const response = await fetch(this.#url, { method: "POST", headers, body });
		const answer = await response.text();
		if (response.status !== 201) throw new Error(`signed: ${response.status} ${answer}`);
		this.#location = new URL(response.headers.get("location") ?? "", this.#url).href;
		this.#ufrag = /^a=ice-ufrag:(\S+)/m.exec(answer)?.[1] ?? "";
		this.#password = /^a=ice-pwd:(\S+)/m.exec(answer)?.[1] ?? "";
	}

	/** A check, as its own or with nonsense in it. @param {boolean} nonsense */
	request(nonsense) {
		const attributes = [attribute(6, Buffer.from(`${this.#ufrag}:evil`))];
		attributes.push(attribute(0x24, Buffer.from([0x6e, 0x7f, 0x1e, 0xff])), attribute(0x802a, randomBytes(8)));
		if (Math.random() < 0.5) attributes.push(attribute(0x25, Buffer.alloc(0))); // USE-CANDIDATE
		if (nonsense) {
			const [type = 0, size = 0] = randomBytes(2);
			attributes.splice(Math.floor(Math.random() * 4), 0, attribute(type | 0x8000, randomBytes(size % 64)));
		}
		return signed(this.#password, attributes);
	}

	async close() {
		await endSession(this.#location);
	}
}

/**
 * @param {{ camera: WatchedCamera, proxy: Proxy, viewer: Viewer, sockets: import("node:dgram").Socket[] }} scene
 * @param {number} count
 * @returns {Promise<number>} the longest time without a picture, in ms
 */
async function attack({ camera, proxy, viewer, sockets }, count) {
	let gap = 0;
	for (let sent = 0; sent < count;) {
		const session = new Session(camera.url);
		await session.open();
		for (const end = Math.min(count, sent + perSession); sent < end;) {
			for (let i = 0; i < batch; i++, sent++) {
				const socket = sockets[Math.floor(Math.random() * 2 * sockets.length)];
				const data = session.request(sent % 3 === 0);
				if (socket) proxy.injectFrom(socket, data);
				else proxy.inject(data); // with the viewer's address
			}
			await new Promise((resolve) => setTimeout(resolve, tick));
			gap = Math.max(gap, performance.now() - viewer.lastFrame);
			if (!viewer.connected || gap > largestGap)
				throw new Error(`signed: no picture for ${gap.toFixed(0)} ms after ${sent} datagrams`);
		}
		await session.close();
	}
	return gap;
}

/** @param {{ datagrams?: number, log?(line: string): void }} [options] */
export async function signedNonsense({ datagrams = 100_000, log = console.log } = {}) {
	const camera = await new WatchedCamera({ ...size, framerate: 30, bitrate: 500_000 }).ready();
	const proxy = new Proxy();
	const viewer = new Viewer(camera.url);
	const sockets = Array.from({ length: strangers }, () => createSocket("udp4"));
	try {
		await proxy.open();
		const offer = (/** @type {string} */ sdp) => proxy.hideCandidates(sdp);
		const answer = (/** @type {string} */ sdp) => proxy.replaceCandidates(sdp);
		await viewer.open({ offer, answer });
		await viewer.watch(30);
		const scene = { camera, proxy, viewer, sockets };
		await attack(scene, 1000);
		const before = await camera.sample(1);
		log(`before: ${JSON.stringify(before)}`);
		const gap = await attack(scene, datagrams);
		await viewer.watch(30);
		const after = await camera.sample(1);
		log(`after: ${JSON.stringify(after)}; longest gap ${gap.toFixed(0)} ms, ${viewer.lost} packets lost`);
		checkGrowth(withPictures(before, after, size), after, growth);
		await viewer.close();
		if (await camera.stop()) throw new Error("signed: the camera's end");
	} catch (error) {
		log(camera.output.slice(-4000));
		throw error;
	} finally {
		for (const socket of sockets) socket.close();
		proxy.close();
		camera.process.kill();
	}
}
