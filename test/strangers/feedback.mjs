// SPDX-License-Identifier: Apache-2.0
// Whoever watches may say anything by RTCP: the others' picture goes on as it was. The stranger is werift, whose keys are used
// for what it would not say.
// @ts-check
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { RTCPeerConnection, RTCRtpCodecParameters, useTransportWideCC, useTWCC } from "werift";
import { Camera } from "../browser/camera.mjs";

const patience = 10_000; // ms
const framerate = 15;

/** @param {number} milliseconds */
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const codec = new RTCRtpCodecParameters({
	mimeType: "video/H264",
	clockRate: 90000,
	payloadType: 96,
	parameters: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
	rtcpFeedback: [{ type: "nack" }, { type: "nack", parameter: "pli" }, { type: "ccm", parameter: "fir" }, useTWCC()],
});

/** Who watches, and can say anything. */
class Peer {
	frames = 0;
	keys = 0;
	bytes = 0;
	/** Of the camera's stream. */
	ssrc = 0;

	/** @param {string} url */
	async open(url) {
		const headerExtensions = { video: [useTransportWideCC()] };
		const pc = (this.pc = new RTCPeerConnection({ iceServers: [], codecs: { video: [codec] }, headerExtensions }));
		pc.addTransceiver("video", { direction: "recvonly" });
		pc.onTrack.subscribe((track) => track.onReceiveRtp.subscribe((packet) => this.#count(packet)));
		await pc.setLocalDescription(await pc.createOffer());
		const headers = { "content-type": "application/sdp" };
		const response = await fetch(`${url}whep`, { method: "POST", headers, body: pc.localDescription?.sdp ?? "" });
		assert.equal(response.status, 201);
		const answer = await response.text();
		this.ssrc = Number(/^a=ssrc:(\d+)/m.exec(answer)?.[1]);
		await pc.setRemoteDescription({ type: "answer", sdp: answer });
		const end = Date.now() + patience;
		while (!this.frames) {
			if (Date.now() > end) throw new Error(`no picture: ${pc.connectionState}`);
			await sleep(20);
		}
		return this;
	}

	/** @param {import("werift").RtpPacket} packet */
	#count({ header, payload }) {
		this.bytes += payload.length;
		if (header.marker) this.frames++;
		// The parameter sets of a key frame come first, in one packet (RFC 6184 section 5.7.1).
		if (((payload[0] ?? 0) & 31) === 24 && ((payload[3] ?? 0) & 31) === 7) this.keys++;
	}

	/** @param {Buffer} rtcp */
	say(rtcp) {
		const [transport] = this.pc?.dtlsTransports ?? [];
		transport?.sendRtcp(/** @type {any} */ ([{ serialize: () => rtcp }])).catch(() => undefined);
	}

	close() {
		return this.pc?.close();
	}
}

/** A packet of feedback (RFC 4585 section 6.1). @param {number} type @param {number} format @param {number} media @param {Buffer} body whole words */
function feedback(type, format, media, body) {
	const packet = Buffer.alloc(12 + body.length);
	packet[0] = 0x80 | format;
	packet[1] = type;
	packet.writeUInt16BE(packet.length / 4 - 1, 2);
	packet.writeUInt32BE(1, 4);
	packet.writeUInt32BE(media, 8);
	body.copy(packet, 12);
	return packet;
}

const none = Buffer.alloc(0);
/** @param {number} ssrc */
const pli = (ssrc) => feedback(206, 1, ssrc, none);

/** @param {number} ssrc @param {number} sequence */
function fir(ssrc, sequence) {
	const body = Buffer.alloc(8);
	body.writeUInt32BE(ssrc);
	body[4] = sequence;
	return feedback(206, 4, 0, body);
}

/** All of `count` packets came, `delta` quarters of a millisecond apart. @param {number} base @param {number} count @param {number} reference @param {number} delta */
function arrivals(base, count, reference, delta) {
	const body = Buffer.alloc((8 + 2 + 2 * count + 3) & ~3);
	body.writeUInt16BE(base & 0xffff);
	body.writeUInt16BE(count, 2);
	body.writeUInt32BE(((reference & 0xffffff) << 8) >>> 0, 4);
	body.writeUInt16BE((2 << 13) | count, 8);
	for (let i = 0; i < count; i++) body.writeInt16BE(delta, 10 + 2 * i);
	return feedback(205, 15, 0, body);
}

/** @param {number} exponent @param {number} mantissa @param {number} ssrc */
function remb(exponent, mantissa, ssrc) {
	const body = Buffer.alloc(12);
	body.write("REMB", "latin1");
	body.writeUInt32BE(((1 << 24) | (exponent << 18) | mantissa) >>> 0, 4);
	body.writeUInt32BE(ssrc, 8);
	return feedback(206, 15, 0, body);
}

/** @param {number} ssrc @param {number} first @param {number} count */
function nack(ssrc, first, count) {
	const body = Buffer.alloc(4 * count);
	for (let i = 0; i < count; i++) {
		body.writeUInt16BE((first + 17 * i) & 0xffff, 4 * i);
		body.writeUInt16BE(0xffff, 4 * i + 2);
	}
	return feedback(205, 1, ssrc, body);
}

/** What is said twenty times a second: the turn's number, and the camera's stream. @type {[string, (turn: number, ssrc: number) => Buffer[]][]} */
const shapes = [
	["packets came before they were sent", (turn) => [arrivals(turn * 50, 200, 0x7fffff, -32000)]],
	["packets came years apart", (turn) => [arrivals(turn * 50, 200, turn * 0x1fffff, 32767)]],
	["all packets came at once, and again", (turn) => [arrivals(turn * 10, 300, 1, 0), arrivals(turn * 10, 300, 1, 0)]],
	["packets came that nobody sent", (turn) => [arrivals(40_000 + turn, 300, turn, 4)]],
	["reports whose counts are not true", (turn) => [arrivals(turn, 300, 1, 4).fill(0xff, 14, 16)]],
	["any rate, and none", (turn, ssrc) => [remb(63, 0x3ffff, ssrc), remb(0, turn % 2, ssrc)]],
	["every packet is missing", (turn, ssrc) => [nack(ssrc, turn * 5000, 250), nack(ssrc, turn * 5000, 250)]],
	[
		"requests for key frames",
		(turn, ssrc) => Array.from({ length: 40 }, (_, i) => (i % 2 ? pli(ssrc) : fir(ssrc, turn + i))),
	],
	["nonsense", () => Array.from({ length: 40 }, () => Buffer.concat([Buffer.from([0x8f, 205]), randomBytes(66)]))],
];

/** @param {string} name @param {() => Promise<void>} run @returns {Promise<number>} how many failed */
async function test(name, run) {
	try {
		await run();
		console.log(`ok ${name}`);
		return 0;
	} catch (error) {
		console.log(`FAILED ${name}\n${error instanceof Error ? error.stack : error}`);
		return 1;
	}
}

/** A volley of requests of several viewers. @param {Peer} calm who counts @param {readonly Peer[]} loud */
async function askAtOnce(calm, loud) {
	const before = calm.keys;
	for (let volley = 1; volley <= 3; volley++) {
		for (let i = 0; i < 20; i++)
			for (const peer of loud) peer.say(i % 2 ? pli(peer.ssrc) : fir(peer.ssrc, volley * 20 + i));
		await sleep(1000);
	}
	const keys = calm.keys - before;
	assert(keys >= 3 && keys <= 6, `${keys} key frames for 3 volleys of 40 requests`);
}

/** @param {Peer} calm who watches @param {Peer} stranger @param {(turn: number, ssrc: number) => Buffer[]} make */
async function speak(calm, stranger, make) {
	const [frames, keys] = [calm.frames, calm.keys];
	const began = Date.now();
	for (let turn = 0; turn < 30; turn++) {
		for (const packet of make(turn, stranger.ssrc)) stranger.say(packet);
		await sleep(50);
	}
	while (calm.frames - frames < 1.5 * framerate * 0.8) {
		if (Date.now() > began + patience) throw new Error(`${calm.frames - frames} pictures`);
		await sleep(20);
	}
	// One each 300 ms, and what was saved up.
	const most = 4 + (Date.now() - began) / 300;
	assert(calm.keys - keys <= most, `${calm.keys - keys} key frames`);
}

/** Every shape, one after the other. */
export async function hostileFeedback() {
	const options = { width: 320, height: 240, framerate, bitrate: 300_000, policy: "median" };
	const camera = await new Camera(options).ready();
	const peers = [new Peer(), new Peer(), new Peer()];
	let failed = 0;
	try {
		for (const peer of peers) await peer.open(camera.url);
		await sleep(1500); // round trips are known
		const [calm, other, stranger] = /** @type {[Peer, Peer, Peer]} */ (peers);
		failed += await test("who asks for key frames at once costs one", () => askAtOnce(calm, [other, stranger]));
		for (const [name, make] of shapes) {
			failed += await test(`the others see as before: ${name}`, () => speak(calm, stranger, make));
			assert.equal(camera.process.exitCode, null, "the machine has ended");
		}
	} finally {
		for (const peer of peers) await peer.close();
		camera.process.kill("SIGKILL");
	}
	assert.equal(failed, 0, `${failed} failed`);
}
