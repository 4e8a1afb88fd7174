// SPDX-License-Identifier: Apache-2.0
// Mouth to ear: from the moment that a beep is in a device's microphone to the moment that another device gives it to its
// loudspeaker, both in the simulator, over loopback.
// @ts-check
import { createConnection } from "node:net";
import { Application } from "../browser/camera.mjs";
import { marksOf } from "../interop/lips/marks.mjs";
import { DeviceSession } from "../interop/peers/device.mjs";
import { quantile, sleep } from "./measure.mjs";

const device = "test/interop/lips/device";
const marks = 100; // one each second
const settling = 10; // seconds: the jitter buffer begins deep
const largestMedian = 150; // ms
const codecs = ["opus", "PCMU"];

/** @param {Application} application */
async function open(application) {
	const [, port] = await application.find(/listening at (\d+)/, 600_000);
	const socket = createConnection({ port: Number(port), host: "127.0.0.1", noDelay: true });
	await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
	return new DeviceSession(socket);
}

/** @param {string} codec @returns {Promise<{ delays: number[], waited: number }>} ms */
async function listen(codec) {
	const speaks = new Application(device, { sends: "audio", codec });
	/** @type {Application | undefined} */
	let hears;
	try {
		const from = await open(speaks); // first: two that are started at once may read each other's configuration
		hears = new Application(device);
		const to = await open(hears);
		from.command("offer");
		to.send({ type: "offer", sdp: await from.description("offer") });
		from.send({ type: "answer", sdp: await to.description("answer") });
		await sleep(1000 * (marks + settling + 1));
		to.command("stats");
		const { stats } = await to.message("stats");
		const inbound = stats.find((/** @type {any} */ { type }) => type === "inbound-rtp") ?? {};
		// The tone beeps at the begin of each second of the wall clock.
		const delays = marksOf(hears.output, "heard").map((time) => time % 1000);
		const waited = (1000 * inbound.jitterBufferDelay) / inbound.jitterBufferEmittedCount;
		return { delays: delays.slice(settling - 1).slice(0, marks), waited };
	} finally {
		await speaks.stop();
		await hears?.stop();
	}
}

/** @returns {Promise<import("./measure.mjs").Result[]>} */
export default async function talk() {
	/** @type {import("./measure.mjs").Result} */
	const result = {
		title: `From a device's microphone to another's loudspeaker, ${marks} beeps`,
		head: ["", "median, ms", "90th percentile, ms", "most, ms", "of it in the jitter buffer, ms"],
		rows: [],
		note: "Both in the simulator, over loopback. Sound is given to the encoder each 20 ms, as a microphone gives it; what a loudspeaker's own buffer adds (60 ms of ALSA and of I2S) is not in it.",
		failures: [],
	};
	for (const codec of codecs) {
		const { delays, waited } = await listen(codec);
		const [half, most90, most] = [0.5, 0.9, 1].map((share) => Math.round(quantile(delays, share)));
		result.rows.push([codec, Number(half), Number(most90), Number(most), Math.round(waited)]);
		if (delays.length < marks)
			result.failures?.push(`talk: ${codec}: ${delays.length} of ${marks} beeps were heard`);
		if (!(Number(half) < largestMedian)) result.failures?.push(`talk: ${codec}: ${half} ms, not ${largestMedian}`);
	}
	return [result];
}
