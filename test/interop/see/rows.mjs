// SPDX-License-Identifier: Apache-2.0
// Others send pictures that count to a device that writes them to a file: are they all there, in order, each readable?
// @ts-check
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { createConnection } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Application } from "../../browser/camera.mjs";
import { Link } from "../../link/link.mjs";
import { DeviceSession } from "../peers/device.mjs";
import { countersOf } from "./card.mjs";
import { rows as rembRows } from "./remb.mjs";
import { startAiortc, startGstreamer, startPage, startWrtc } from "./senders.mjs";

/** @typedef {import("./senders.mjs").Sender} Sender */

const folder = "build/interop/see";
const seconds = 8;

/** Who sends, and what it encodes. @type {Record<string, { start: (loss: number) => Promise<Sender>, codecs: string[] }>} */
const senders = {
	chromium: { start: () => startPage("chromium"), codecs: ["H264", "VP8"] },
	firefox: { start: () => startPage("firefox"), codecs: ["VP8"] }, // its H.264 is downloaded
	wrtc: { start: startWrtc, codecs: ["VP8"] },
	aiortc: { start: startAiortc, codecs: ["H264", "VP8"] },
	gstreamer: { start: startGstreamer, codecs: ["H264", "VP8", "H265"] },
};

/** @param {string} name @param {string} codec @param {number} loss 0 … 1 @returns {Promise<string>} */
async function see(name, codec, loss) {
	await mkdir(folder, { recursive: true });
	const file = join(process.cwd(), folder, `${name}-${codec}-${loss}.mkv`);
	const device = new Application("test/interop/talk/device", { play: file, codec });
	const { start } = /** @type {{ start: (loss: number) => Promise<Sender> }} */ (senders[name]);
	const sender = await start(loss);
	const delay = loss ? 25 : 0;
	const link = await new Link({ seed: 5, up: { delay }, down: { delay } }).open();
	try {
		const [, port] = await device.find(/listening at (\d+)/, 600_000);
		const socket = createConnection({ port: Number(port), host: "127.0.0.1", noDelay: true });
		await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
		const session = new DeviceSession(socket);
		session.send({ type: "offer", sdp: link.offer(await sender.offer(codec)) });
		await sender.answer(link.answer(await session.description("answer")));
		await wait(2000); // until the first key frame is there
		link.up.way = link.down.way = { delay, loss };
		await wait(1000 * (seconds - 2));
		session.command("stats");
		const { stats } = await session.message("stats");
		const sent = await sender.sent();
		session.close();
		await device.stop();
		const inbound = stats.find((/** @type {any} */ one) => one.type === "inbound-rtp") ?? {};
		const known = stats.find((/** @type {any} */ { id }) => id === inbound.codecId);
		assert.equal(known?.mimeType, `video/${codec}`);
		return report(await countersOf(file), inbound, sent, loss);
	} finally {
		link.close();
		await sender.stop();
		await device.stop();
	}
}

/** @param {(number | undefined)[]} counters @param {any} inbound @param {any} sent @param {number} loss */
function report(counters, inbound, sent, loss) {
	const readable = counters.filter((counter) => counter !== undefined);
	const told = JSON.stringify({ inbound, sent: { framesSent: sent.framesSent, nacks: sent.nackCount } });
	assert.ok(counters.length > 5 * (seconds - 4), `${counters.length} pictures: ${told}`);
	assert.ok(
		readable.length > 0.97 * counters.length,
		`${readable.length} of ${counters.length} are readable: ${told}`,
	);
	assert.ok(
		readable.every((counter, i) => i === 0 || counter > Number(readable[i - 1])),
		`not in order: ${readable.join(" ")}`,
	);
	assert.ok(counters.length >= (loss ? 0.8 : 0.95) * inbound.framesDecoded, `${counters.length}: ${told}`);
	if (sent.framesSent) assert.ok(inbound.framesReceived > 0.8 * sent.framesSent - 5, told);
	assert.ok(inbound.framesDecoded >= inbound.framesReceived - 5, told);
	if (loss) assert.ok(inbound.nackCount > 0 && inbound.retransmittedPacketsReceived > 0, told);
	else assert.ok(inbound.framesLost === 0, told);
	const { framesReceived, framesLost, nackCount, pliCount, retransmittedPacketsReceived: repairs } = inbound;
	return `${readable.length} pictures of ${sent.framesSent ?? "?"}, ${framesReceived} whole, ${framesLost} losses, ${nackCount} NACKs, ${repairs} repairs, ${pliCount} PLIs`;
}

/** @param {{ only?: string }} options @returns {import("../run.mjs").Row[]} */
export function rows({ only }) {
	const seen = Object.entries(senders)
		.filter(([name]) => !only || name === only)
		.flatMap(([name, { codecs }]) =>
			codecs.flatMap((codec) =>
				[0, 0.05].map((loss) => ({
					name: `${name} is seen by ${codec}${loss ? `, at ${100 * loss} % loss` : ""}`,
					run: () => see(name, codec, loss),
				})),
			),
		);
	return !only || only === "chromium" ? [...seen, ...rembRows()] : seen;
}
