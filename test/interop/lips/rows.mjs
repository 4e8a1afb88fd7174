// SPDX-License-Identifier: Apache-2.0
// Others send a mark each second in pictures and sound at once: how far apart are they in what the device plays?
// @ts-check
import assert from "node:assert/strict";
import { createConnection } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { Application } from "../../browser/camera.mjs";
import { Link } from "../../link/link.mjs";
import { DeviceSession } from "../peers/device.mjs";
import { marksOf } from "./marks.mjs";
import { startAiortc, startChromium, startGstreamer } from "./senders.mjs";

/** @typedef {import("./senders.mjs").Sender} Sender */

const settling = 5; // seconds, after the sender has reported on both: on its sound it does each five seconds, if no report is lost
const patience = 40; // seconds until it has
const seconds = 20; // that count
const limit = 60; // ms
const timeout = 300; // seconds: the device may have to be built
const skew = 120; // ms
const loss = 0.05;
const delay = 25; // ms

/** @type {Record<string, () => Promise<Sender>>} */
const senders = { chromium: startChromium, aiortc: startAiortc, gstreamer: startGstreamer };

/** The payload types of a section. @param {string} sdp @param {string} kind */
const typesOf = (sdp, kind) =>
	(new RegExp(`^m=${kind} \\d+ \\S+ (.*)$`, "m").exec(sdp)?.[1] ?? "").split(" ").map(Number);

/** How much later pictures are than the sound that is nearest. @param {string} output @param {number} from ms */
function errorsOf(output, from) {
	const heard = marksOf(output, "heard");
	return marksOf(output, "seen")
		.filter((time) => time >= from)
		.map((time) =>
			heard.reduce((best, one) => (Math.abs(time - one) < Math.abs(best) ? time - one : best), Infinity),
		);
}

/** @param {DeviceSession} session @returns {Promise<any[]>} */
async function statsOf(session) {
	session.command("stats");
	return (await session.message("stats")).stats;
}

/** Whether the sender has told of the times of both: until then nothing says what belongs together. @param {any[]} stats */
const areReported = (stats) =>
	["audio", "video"].every((kind) =>
		stats.some((one) => one.type === "remote-outbound-rtp" && one.kind === kind && one.reportsSent > 0),
	);

/** @param {string} name @param {"audio" | "video" | undefined} late at a loss of 5 %; undefined: on a clean link */
async function lips(name, late) {
	const device = new Application("test/interop/lips/device", {});
	const sender = await /** @type {() => Promise<Sender>} */ (senders[name])();
	const link = await new Link({ seed: 7 }).open();
	try {
		const [, port] = await device.find(/listening at (\d+)/, 600_000);
		const socket = createConnection({ port: Number(port), host: "127.0.0.1", noDelay: true });
		await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
		const session = new DeviceSession(socket);
		const offer = await sender.offer();
		session.send({ type: "offer", sdp: link.offer(offer) });
		if (late) {
			link.up.way = { delay, skew: { types: typesOf(offer, late), delay: skew } };
			link.down.way = { delay };
		}
		await sender.answer(link.answer(await session.description("answer")));
		await wait(2000);
		if (late) link.up.way = { ...link.up.way, loss };
		for (let i = 0; i < patience && !areReported(await statsOf(session)); i++) await wait(1000);
		await wait(1000 * settling);
		const from = Date.now();
		await wait(1000 * seconds);
		const stats = await statsOf(session);
		session.close();
		assert.ok(areReported(stats), "no sender report came of one of them");
		return judge(errorsOf(device.output, from), stats);
	} finally {
		link.close();
		await sender.stop();
		await device.stop();
	}
}

/** @param {number[]} errors ms @param {any[]} stats */
function judge(errors, stats) {
	const sizes = errors.map(Math.abs).sort((a, b) => a - b);
	/** @param {number} part */
	const quantile = (part) => Math.round(sizes[Math.floor(part * (sizes.length - 1))] ?? NaN);
	const audio = stats.find(({ kind, type }) => kind === "audio" && type === "inbound-rtp") ?? {};
	const target = Math.round(1000 * audio.jitterBufferTargetDelay);
	const told = `${errors.length} marks: half within ${quantile(0.5)} ms, 90 % within ${quantile(0.9)}, all within ${quantile(1)}; sound waits ${target} ms`;
	const list = errors.map((error) => Math.round(error)).join(" ");
	assert.ok(errors.length >= seconds - 3, `${told}: ${list}`);
	assert.ok(quantile(0.9) < limit, `${told}: ${list}`);
	return told;
}

/** @param {{ only?: string }} options @returns {import("../run.mjs").Row[]} */
export function rows({ only }) {
	const at = `at ${100 * loss} % loss`;
	return Object.keys(senders)
		.filter((name) => !only || name === only)
		.flatMap((name) => [
			{ name: `${name}'s lips`, run: () => lips(name, undefined), timeout },
			{ name: `${name}'s lips, pictures ${skew} ms late, ${at}`, run: () => lips(name, "video"), timeout },
			{ name: `${name}'s lips, sound ${skew} ms late, ${at}`, run: () => lips(name, "audio"), timeout },
		]);
}
