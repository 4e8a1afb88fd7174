// SPDX-License-Identifier: Apache-2.0
// Peers come, talk or show pictures, and go: of what receiving takes nothing is left behind, and nothing leaks.
// @ts-check
import { createConnection } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { Application } from "../browser/camera.mjs";
import { DeviceSession } from "../interop/peers/device.mjs";
import { startWrtc as startSender } from "../interop/see/senders.mjs";
import { startWrtc as startTalker } from "../interop/talk/talkers.mjs";
import { checkGrowth, withPictures } from "./growth.mjs";
import { sampleOf } from "./watched.mjs";

const warmUp = 12; // cycles
const growth = Object.freeze({ heap: 16 * 1024, slots: 64, chunks: 1024, descriptors: 0, threads: 0 });
// A decoder keeps its pictures until the next peer is shown, with their edges: as many as it happened to need.
const decoded = Object.freeze({ width: 648, height: 480 });
const received = 5; // packets at least, before it goes
const patience = 100; // tenths of a second

/**
 * @typedef {object} TalkOptions
 * @property {number} [count] of peers, of which the one talks by Opus, and the next shows pictures by VP8
 * @property {boolean} [sanitize] and look for leaks at the end
 * @property {(line: string) => void} [log]
 */

/** @param {TalkOptions} [talkOptions] */
export async function talk({ count = 200, sanitize = true, log = console.log } = {}) {
	const options = { play: "none", report: 1, codec: "VP8" };
	const device = new Application("test/interop/talk/device", options, sanitize ? ["--sanitize"] : []);
	try {
		const [, port] = await device.find(/listening at (\d+)/, 600_000);
		for (let i = 0; i < warmUp; i++) await cycle(Number(port), i);
		const before = await atRest(device);
		log(`before: ${JSON.stringify(before)}`);
		for (let i = 0; i < count; i++) {
			await cycle(Number(port), i);
			if ((i + 1) % 20 === 0) log(`${i + 1} cycles: ${JSON.stringify(await sampleOf(device, 0))}`);
		}
		const after = await atRest(device);
		log(`after: ${JSON.stringify(after)}`);
		checkGrowth(withPictures(before, after, decoded), after, growth);
		const status = await device.stop();
		if (status || /Sanitizer|runtime error/.test(device.output))
			throw new Error(`talk: the device ended with ${status}`);
	} catch (error) {
		log(device.output.slice(-8000));
		throw error;
	} finally {
		device.process.kill();
	}
}

/** @param {Application} device */
async function atRest(device) {
	for (let i = 0; i < 2; i++) await sampleOf(device, 0);
	return sampleOf(device, 0);
}

/** A peer that comes, is heard or seen, and leaves. @param {number} port @param {number} number */
async function cycle(port, number) {
	const isSeen = number % 2 === 1;
	const peer = isSeen ? await startSender() : await startTalker(440);
	const socket = createConnection({ port, host: "127.0.0.1", noDelay: true });
	await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
	const session = new DeviceSession(socket);
	session.send({ type: "offer", sdp: await peer.offer(isSeen ? "VP8" : "opus") });
	await peer.answer(await session.description("answer"));
	let packets = 0;
	for (let i = 0; i < patience && packets < received; i++) {
		await wait(100);
		session.command("stats");
		const { stats } = await session.message("stats");
		packets = stats.find((/** @type {any} */ one) => one.type === "inbound-rtp")?.packetsReceived ?? 0;
	}
	if (packets < received) throw new Error(`talk: ${packets} packets came of peer ${number}`);
	session.close();
	await peer.stop();
}
