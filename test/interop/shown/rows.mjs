// SPDX-License-Identifier: Apache-2.0
// Others look at a device's test card and hear its beeps, by each codec that they have: is it what was sent, and all of it?
// @ts-check
import assert from "node:assert/strict";
import { createConnection } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { Application } from "../../browser/camera.mjs";
import { Link } from "../../link/link.mjs";
import { DeviceSession } from "../peers/device.mjs";
import { startAiortc, startGstreamer, startPage } from "./viewers.mjs";

/** @typedef {import("./viewers.mjs").Viewer} Viewer */

const seconds = 9;
const rate = 20; // pictures a second, of the device
const settling = 2000; // ms
const delay = 25; // ms

/** Who looks, and what it decodes. @type {Record<string, { start: () => Promise<Viewer>, video: string[], audio: string[] }>} */
const viewers = {
	chromium: { start: () => startPage("chromium"), video: ["H264", "VP8", "H265"], audio: ["opus", "PCMU", "PCMA"] },
	firefox: { start: () => startPage("firefox"), video: ["H264", "VP8"], audio: ["opus", "PCMU", "PCMA"] },
	aiortc: { start: startAiortc, video: ["H264", "VP8"], audio: ["opus", "PCMU", "PCMA"] },
	gstreamer: { start: startGstreamer, video: ["H264", "VP8", "H265"], audio: ["opus", "PCMU", "PCMA"] },
};
/** The part of the pictures that it must decode at a loss: GStreamer gives up a repair that was lost sooner than others. @type {Record<string, number>} */
const least = { gstreamer: 0.7 };
/** @type {Record<string, string>} */
const impossible = { "chromium H265": "Debian's has no decoder of it" };

/** @param {string} name @param {"audio" | "video"} kind @param {string} codec @param {number} loss 0 … 1 @returns {Promise<string>} */
async function show(name, kind, codec, loss) {
	const device = new Application("test/interop/lips/device", { sends: kind, codec });
	const viewer = await /** @type {{ start: () => Promise<Viewer> }} */ (viewers[name]).start();
	const way = loss ? { delay } : {};
	const link = await new Link({ seed: 5, up: way, down: way }).open();
	try {
		const [, port] = await device.find(/listening at (\d+)/, 600_000);
		const socket = createConnection({ port: Number(port), host: "127.0.0.1", noDelay: true });
		await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
		const session = new DeviceSession(socket);
		session.send({ type: "offer", sdp: link.offer(await viewer.offer(kind, codec)) });
		await viewer.answer(link.answer(await session.description("answer")));
		await wait(settling);
		link.up.way = link.down.way = { ...way, loss };
		const before = await viewer.told();
		await wait(1000 * seconds);
		const { counters, beeps, decoded } = await viewer.told();
		session.close();
		return kind === "video"
			? judgePictures(
					counters.slice(before.counters.length),
					decoded - before.decoded,
					loss ? (least[name] ?? 0.9) : 0.95,
				)
			: judgeSound(beeps.slice(1), loss, name !== "aiortc");
	} finally {
		link.close();
		await viewer.stop();
		await device.stop();
	}
}

/** @param {(number | null)[]} counters @param {number} decoded @param {number} part that must be */
function judgePictures(counters, decoded, part) {
	const readable = counters.filter((counter) => counter !== null);
	// A page's callback may show one twice.
	const different = readable.filter((counter, i) => i === 0 || counter !== readable[i - 1]);
	const sent = Number(different.at(-1)) - Number(different[0]) + 1;
	const text = `${decoded} of ${sent} pictures, ${different.length} shown, ${counters.length - readable.length} that cannot be read`;
	assert.ok(sent > (seconds - 2) * rate, `${text}: ${counters.join(" ")}`);
	assert.ok(readable.length > 0.98 * counters.length, text);
	assert.ok(
		different.every((counter, i) => i === 0 || counter > Number(different[i - 1])),
		`not in order: ${different.join(" ")}`,
	);
	assert.ok(decoded > part * sent && different.length > 0.5 * sent, text);
	return text;
}

/** @param {[number, number, number][]} beeps @param {number} loss @param {boolean} conceals something stands for what is lost */
function judgeSound(beeps, loss, conceals) {
	const told = beeps
		.map(([at, long, pure]) => `${at.toFixed(2)}: ${long.toFixed(3)} s, ${pure.toFixed(2)}`)
		.join("; ");
	assert.ok(beeps.length >= seconds - 2, told);
	if (loss && !conceals) {
		const whole = beeps.filter(([, long, part]) => long > 0.06 && long < 0.13 && part > 0.9);
		assert.ok(whole.length >= 0.5 * beeps.length, told); // a beep is five packets: one in four loses a part
		return `${whole.length} of ${beeps.length} beeps are whole`;
	}
	const steps = beeps.slice(1).map(([at], i) => at - Number(beeps[i]?.[0]));
	const off = Math.max(...steps.map((step) => Math.abs(step - 1)));
	assert.ok(off < (loss ? 0.2 : 0.15), `a second is ${off} s longer or shorter: ${told}`);
	const pure = Math.min(...beeps.map(([, , part]) => part));
	const lengths = beeps.map(([, long]) => long);
	// Browsers bend the sound by up to 8 % where a machine's made-up sound card is slow.
	assert.ok(pure > (loss ? 0.5 : 0.8), told);
	assert.ok(Math.min(...lengths) > (loss ? 0.04 : 0.06) && Math.max(...lengths) < 0.13, told);
	return `${beeps.length} beeps, ${Math.round(100 * pure)} % pure at least, a second apart by ${Math.round(1000 * off)} ms`;
}

/** @param {{ only?: string }} options @returns {import("../run.mjs").Row[]} */
export function rows({ only }) {
	return Object.entries(viewers)
		.filter(([name]) => !only || name === only)
		.flatMap(([name, has]) =>
			/** @type {const} */ (["video", "audio"]).flatMap((kind) =>
				has[kind].flatMap((codec) =>
					[0, 0.05].map((loss) => ({
						name: `${name} ${kind === "video" ? "sees" : "hears"} ${codec}${loss ? `, at ${100 * loss} % loss` : ""}`,
						impossible: impossible[`${name} ${codec}`],
						timeout: 300, // the device may have to be built
						run: () => show(name, kind, codec, loss),
					})),
				),
			),
		);
}
