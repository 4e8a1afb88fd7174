// SPDX-License-Identifier: Apache-2.0
// Others speak a tone to a device that plays it to a file: is it the tone, and nothing else, and without a gap?
// @ts-check
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { createConnection } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Application } from "../../browser/camera.mjs";
import { Link } from "../../link/link.mjs";
import { DeviceSession } from "../peers/device.mjs";
import { startAiortc, startGstreamer, startPage, startWrtc } from "./talkers.mjs";
import { listen } from "./wav.mjs";

/** @typedef {import("./talkers.mjs").Talker} Talker */

const folder = "build/interop/talk";
const tone = 440;
const seconds = 6;

/** @type {Record<string, () => Promise<Talker>>} */
const talkers = {
	chromium: () => startPage("chromium", tone),
	firefox: () => startPage("firefox", tone),
	wrtc: () => startWrtc(tone),
	aiortc: () => startAiortc(tone),
	gstreamer: () => startGstreamer(tone),
};

/** @param {DeviceSession} session @returns {Promise<any>} */
async function statsOf(session) {
	session.command("stats");
	return session.message("stats");
}

/** @param {any[]} stats @param {string} type */
const find = (stats, type) => stats.find((one) => one.type === type) ?? {};

/** @param {string} name @param {string} codec @param {number} loss 0 … 1 @returns {Promise<string>} */
async function talk(name, codec, loss) {
	await mkdir(folder, { recursive: true });
	const file = join(process.cwd(), folder, `${name}-${codec}-${loss}.wav`);
	const way = loss ? { loss, delay: 25 } : {};
	const link = loss ? await new Link({ seed: 5, up: way, down: way }).open() : undefined;
	const device = new Application("test/interop/talk/device", { play: file });
	const talker = await /** @type {() => Promise<Talker>} */ (talkers[name])();
	try {
		const [, port] = await device.find(/listening at (\d+)/, 600_000);
		const socket = createConnection({ port: Number(port), host: "127.0.0.1", noDelay: true });
		await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
		const session = new DeviceSession(socket);
		const offer = await talker.offer(codec);
		session.send({ type: "offer", sdp: link?.offer(offer) ?? offer });
		const answer = await session.description("answer");
		await talker.answer(link?.answer(answer) ?? answer);
		await wait(1000 * seconds);
		const { stats, levels } = await statsOf(session);
		check(stats, levels, codec, loss);
		session.close();
		await device.stop();
		const heard = await listen(file, tone);
		const text = `${heard.heard.toFixed(1)} s of ${heard.seconds.toFixed(1)} s, ${Math.round(100 * heard.pure)} % of it pure`;
		assert.ok(heard.heard > seconds - 3, `the tone was heard for ${text}`);
		assert.equal(heard.gaps, 0, `${text}: windows without the tone`);
		assert.ok(heard.pure > (loss ? 0.8 : 0.85), text); // what is made up is not as pure: see check()
		const inbound = find(stats, "inbound-rtp");
		const delay = (1000 * inbound.jitterBufferDelay) / inbound.jitterBufferEmittedCount;
		const madeUp = (100 * inbound.concealedSamples) / inbound.totalSamplesReceived;
		return `${text}, ${madeUp.toFixed(1)} % made up, ${delay.toFixed(0)} ms in the jitter buffer`;
	} finally {
		link?.close();
		await talker.stop();
		await device.stop();
	}
}

/** @param {any[]} stats @param {number[]} levels @param {string} codec @param {number} loss */
function check(stats, levels, codec, loss) {
	const inbound = find(stats, "inbound-rtp");
	assert.ok(inbound.packetsReceived > 40 * (seconds - 3), JSON.stringify(inbound));
	assert.ok(loss ? inbound.packetsLost > 0 : inbound.packetsLost <= 0, JSON.stringify(inbound));
	assert.ok(inbound.jitter < 0.1, JSON.stringify(inbound));
	// What was not sent, or was lost, has to be made up, and hardly anything else: the sound card that Firefox makes believe to
	// have runs up to 8 % slow here, and so it sends less than there is time for. Packets are of 20 ms.
	const missing = 1 - (inbound.packetsReceived * 0.02) / inbound.totalSamplesDuration;
	const madeUp = inbound.concealedSamples / inbound.totalSamplesReceived;
	assert.ok(
		missing < 0.15 + loss && madeUp < missing + 0.05,
		`${missing} missing, ${madeUp} made up: ${JSON.stringify(inbound)}`,
	);
	assert.ok(inbound.audioLevel > 0.05, JSON.stringify(inbound));
	const known = stats.find(({ id }) => id === inbound.codecId);
	assert.equal(known?.mimeType.toLowerCase(), `audio/${codec}`.toLowerCase());
	assert.ok(find(stats, "remote-outbound-rtp").packetsSent > 0, "no sender report was heard");
	assert.ok(levels.length > 5 && Math.max(...levels) > 0.05, `levels ${levels.join(", ")}`);
}

/** @param {{ only?: string }} options @returns {import("../run.mjs").Row[]} */
export function rows({ only }) {
	return Object.keys(talkers)
		.filter((name) => !only || name === only)
		.flatMap((name) =>
			["opus", "PCMU", "PCMA"].flatMap((codec) =>
				[0, 0.05].map((loss) => ({
					name: `${name} speaks ${codec}${loss ? `, at ${100 * loss} % loss` : ""}`,
					run: () => talk(name, codec, loss),
				})),
			),
		);
}
