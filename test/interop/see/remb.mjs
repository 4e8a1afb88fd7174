// SPDX-License-Identifier: Apache-2.0
// A browser without transport-wide feedback sends over a link of some rate, and does what the device tells it by REMB.
// @ts-check
import assert from "node:assert/strict";
import { createConnection } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { Application } from "../../browser/camera.mjs";
import { Link } from "../../link/link.mjs";
import { DeviceSession } from "../peers/device.mjs";
import { startPage } from "./senders.mjs";

const wide = 3_000_000; // bit/s
const narrow = 400_000;

/** @param {string} sdp */
const withoutTransportFeedback = (sdp) =>
	sdp
		.split("\r\n")
		.filter((line) => !/transport-cc|transport-wide-cc/.test(line))
		.join("\r\n");

/** @returns {Promise<string>} */
async function obey() {
	const device = new Application("test/interop/talk/device", { play: "none", codec: "VP8" });
	const sender = await startPage("chromium", 20, true);
	const link = await new Link({ seed: 7, up: { delay: 20, rate: wide }, down: { delay: 20 } }).open();
	try {
		const [, port] = await device.find(/listening at (\d+)/, 600_000);
		const socket = createConnection({ port: Number(port), host: "127.0.0.1", noDelay: true });
		await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
		const session = new DeviceSession(socket);
		session.send({ type: "offer", sdp: link.offer(withoutTransportFeedback(await sender.offer("VP8"))) });
		await sender.answer(link.answer(await session.description("answer")));
		await wait(8000);
		const before = await rates(sender, session);
		link.up.way = { delay: 20, rate: narrow };
		link.up.samples.length = 0;
		await wait(6000); // the queue drains
		const from = link.up.samples.length;
		await wait(8000);
		const after = await rates(sender, session);
		const queued = Math.max(...link.up.samples.slice(from).map((sample) => sample.queued));
		session.close();
		const told = JSON.stringify({ before, after, queued });
		assert.ok(before.told > 1.5 * narrow && before.available > 0.6 * before.told, told);
		assert.ok(after.told > 100_000 && after.told < 1.3 * narrow, told);
		assert.ok(after.available < 1.3 * narrow, told);
		assert.ok(queued < 290, told); // what waits is not what the queue holds at most
		return `${before.available} bit/s, then ${after.available} over ${narrow}, ${Math.round(queued)} ms of queue`;
	} finally {
		link.close();
		await sender.stop();
		await device.stop();
	}
}

/** What the device tells, and what the browser makes of it. @param {import("./senders.mjs").Sender} sender @param {DeviceSession} session */
async function rates(sender, session) {
	session.command("stats");
	const { stats } = await session.message("stats");
	const pair = stats.find((/** @type {any} */ { availableIncomingBitrate: rate }) => rate) ?? {};
	const { available } = await sender.sent();
	return { told: Number(pair.availableIncomingBitrate ?? 0), available: Number(available ?? 0) };
}

/** @returns {import("../run.mjs").Row[]} */
export function rows() {
	return [{ name: "chromium does what it is told by REMB alone", run: obey }];
}
