// SPDX-License-Identifier: Apache-2.0
// What a program of a device writes into an EncodedVideoSource, seen by two browsers of which one comes later.
// @ts-check
import assert from "node:assert/strict";
import { createConnection } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Application } from "../../browser/camera.mjs";
import { DeviceSession } from "../peers/device.mjs";
import { makeFilm, rate } from "./film.mjs";
import { startPage } from "./viewers.mjs";

const file = join(process.cwd(), "build/interop/film/film.bin");
const between = 4 * rate; // key frames
const seconds = 5; // for each

/** @param {Application} device @param {import("./viewers.mjs").Viewer} viewer */
async function watch(device, viewer) {
	const [, port] = await device.find(/listening at (\d+)/, 600_000);
	const socket = createConnection({ port: Number(port), host: "127.0.0.1", noDelay: true });
	await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
	const session = new DeviceSession(socket);
	session.send({ type: "offer", sdp: await viewer.offer("video", "H264") });
	await viewer.answer(await session.description("answer"));
	return session;
}

/** The numbers of the frames that were given to somebody. @param {Application} device */
const written = (device) => [...device.output.matchAll(/^wrote (\d+)/gm)].map(([, number]) => Number(number));
/** Those that were so because somebody needed a key frame. @param {Application} device */
const wanted = (device) =>
	[...device.output.matchAll(/^wrote (\d+), as was wanted/gm)].map(([, number]) => Number(number));

/** @param {(number | null)[]} counters */
const different = (counters) => counters.filter((one, i) => one !== null && one !== counters[i - 1]).map(Number);

/** Each frame that was written from its first on is shown, in order. @param {number[]} shown @param {number[]} numbers */
function compare(shown, numbers) {
	const first = Number(shown[0]);
	assert.ok(first % between < 3, `it begins with ${first}, far behind a key frame`); // a page may be late for the first
	const due = numbers.filter((number) => number >= first && number <= Number(shown.at(-1)));
	const missing = due.filter((number) => !shown.includes(number));
	assert.deepEqual(
		shown.filter((number) => !due.includes(number)),
		[],
		"pictures that nobody has written",
	);
	assert.ok(shown.length >= (seconds - 2) * rate, `${shown.join(" ")}`);
	assert.ok(missing.length <= due.length / 20, `not shown: ${missing.join(" ")}`);
	return `${shown.length} of ${due.length} from ${first} on`;
}

async function play() {
	await makeFilm(file, 10 * between, between);
	const device = new Application("test/interop/shown/writer");
	const viewers = [await startPage("chromium"), await startPage("chromium")];
	try {
		await watch(device, viewers[0]);
		await wait(1000 * seconds);
		const before = wanted(device);
		assert.ok(before.length >= 1, "nobody asked for a key frame");
		await watch(device, viewers[1]);
		await wait(1000 * seconds);
		const after = wanted(device);
		assert.ok(after.length > before.length, "the second one has asked for no key frame");
		assert.ok(
			after.every((number) => number % between === 0),
			`no key frames: ${after.join(" ")}`,
		);
		const told = await Promise.all(viewers.map((viewer) => viewer.told()));
		const said = told.map(({ counters }) => compare(different(counters), written(device)));
		return `${said.join("; ")}; key frames on demand: ${after.join(", ")}`;
	} finally {
		for (const viewer of viewers) await viewer.stop();
		await device.stop();
	}
}

/** @type {import("../run.mjs").Row[]} */
export const rows = [{ name: "chromium sees what a program has written", run: play, timeout: 600 }];
