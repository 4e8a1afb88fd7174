// SPDX-License-Identifier: Apache-2.0
// Whoever is let in may send any packets under its keys: floods of streams, wrong numbers, RTCP that lies, and what no decoder
// has made. The device goes on, others see as before, and it holds no more than it did.
// @ts-check
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createConnection } from "node:net";
import { Application } from "../browser/camera.mjs";
import { DeviceSession } from "../interop/peers/device.mjs";
import { pidOf } from "../soak/watched.mjs";
import { pictures } from "./media/pictures.mjs";
import { Sender } from "./media/sender.mjs";
import { sounds } from "./media/sounds.mjs";
import { streams } from "./media/streams.mjs";

const framerate = 15;
const leastShown = 0.8; // of the frames, of a machine that is busy
const turn = 10; // ms
// A sanitizer keeps what was freed for a while: as little as lets it find what is used after that.
const environment = Object.freeze({ ASAN_OPTIONS: "quarantine_size_mb=8" });
const mostMemory = 256 * 1024; // KB that shapes may add to what is resident, at any time: pictures of 4096 x 2304, some of them

/** @typedef {readonly [string, (sender: Sender, turn: number) => void]} Shape */

/** @param {number} milliseconds */
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** KB that are resident. @param {Application} device @param {"VmRSS" | "VmHWM"} name */
function memory(device, name) {
	return Number(new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pidOf(device)}/status`, "utf8"))?.[1]);
}

/** @param {Application} device @param {Sender} sender @param {Shape} shape @param {number} seconds */
async function send(device, sender, [, make], seconds) {
	const end = Date.now() + seconds * 1000;
	for (let count = 0; Date.now() < end; count++) {
		make(sender, count);
		await sleep(turn);
	}
	assert.equal(device.process.exitCode, null, "the machine has ended");
}

/** Its end: nothing was found by a sanitizer, and nothing has leaked. @param {Application} device */
async function finish(device) {
	const status = await device.stop();
	if (status || /Sanitizer|runtime error|### /.test(device.output))
		throw new Error(`the device ended with ${status}\n${device.output.slice(-6000)}`);
}

/** @param {Application} device @param {readonly Shape[]} shapes @param {(shape: Shape) => Promise<string>} run @param {(line: string) => void} log */
async function all(device, shapes, run, log) {
	const before = memory(device, "VmRSS");
	let failed = 0;
	for (const shape of shapes) {
		try {
			const told = await run(shape);
			const more = memory(device, "VmHWM") - before;
			assert(more < mostMemory, `${more} KB more`);
			log(`ok ${shape[0]}: ${told}, ${memory(device, "VmRSS") - before} KB more, ${more} at most`);
		} catch (error) {
			if (device.process.exitCode !== null) throw error;
			failed++;
			log(`FAILED ${shape[0]}: ${error instanceof Error ? error.stack : error}`);
		}
	}
	return failed;
}

/** An intercom that is talked to, while somebody else looks at it. @param {number} seconds for each shape @param {(line: string) => void} log */
async function talk(seconds, log) {
	const options = { port: 0, play: "none", width: 320, height: 240, framerate, bitrate: 200_000 };
	const device = new Application("examples/intercom", options, ["--sanitize"], environment);
	const [, port, secret] = await device.find(/http:\/\/localhost:(\d+)\/#(\w+)/, 600_000);
	const exchange = async (/** @type {string} */ body) => {
		const headers = { "content-type": "application/sdp", authorization: `Bearer ${secret}` };
		const response = await fetch(`http://127.0.0.1:${port}/whep`, { method: "POST", headers, body });
		assert.equal(response.status, 201);
		return response.text();
	};
	const calm = new Sender("H264");
	const loud = new Sender("H264");
	try {
		await calm.open(exchange);
		await loud.open(exchange);
		await sleep(3000);
		const run = async (/** @type {Shape} */ shape) => {
			const [begun, frames] = [Date.now(), calm.frames];
			await send(device, loud, shape, seconds);
			const share = (calm.frames - frames) / ((Date.now() - begun) / 1000) / framerate;
			assert(share > leastShown, `${(share * 100).toFixed(0)} % of the frames`);
			assert(loud.isConnected && calm.isConnected, "somebody was put out");
			return `${Math.min(100, share * 100).toFixed(0)} % of the frames`;
		};
		const failed = await all(device, [...sounds, ...streams], run, log);
		await Promise.all([calm.close(), loud.close()]);
		await finish(device);
		return failed;
	} finally {
		await Promise.all([calm.close(), loud.close()]);
		device.process.kill("SIGKILL");
	}
}

/** A device that shows what comes. @param {keyof typeof pictures} codec @param {number} seconds for each shape @param {(line: string) => void} log */
async function look(codec, seconds, log) {
	const device = new Application("test/interop/talk/device", { play: "none", codec }, ["--sanitize"], environment);
	const sender = new Sender(codec);
	try {
		const [, port] = await device.find(/listening at (\d+)/, 600_000);
		const socket = createConnection({ port: Number(port), host: "127.0.0.1", noDelay: true });
		await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
		const session = new DeviceSession(socket);
		await sender.open((sdp) => {
			session.send({ type: "offer", sdp });
			return session.description("answer");
		});
		const stats = async () => {
			session.command("stats");
			const { stats } = await session.message("stats");
			return stats.find((/** @type {any} */ one) => one.type === "inbound-rtp" && one.kind === "video") ?? {};
		};
		const run = async (/** @type {Shape} */ shape) => {
			const before = await stats();
			await send(device, sender, shape, seconds);
			const after = await stats();
			const more = (/** @type {string} */ name) => (after[name] ?? 0) - (before[name] ?? 0);
			return `${more("packetsReceived")} packets, ${more("framesReceived")} frames, ${more("framesDecoded")} decoded`;
		};
		const failed = await all(device, [...pictures[codec], ...streams], run, log);
		session.close();
		await sender.close();
		await finish(device);
		return failed;
	} finally {
		await sender.close();
		device.process.kill("SIGKILL");
	}
}

/** @param {{ seconds?: number, log?(line: string): void }} [options] `seconds` for each shape */
export async function hostileMedia({ seconds = 5, log = console.log } = {}) {
	let failed = 0;
	log("sound to an intercom");
	failed += await talk(seconds, log);
	for (const codec of /** @type {const} */ (["H264", "VP8", "H265"])) {
		log(`pictures by ${codec}`);
		failed += await look(codec, seconds, log);
	}
	assert.equal(failed, 0, `${failed} failed`);
}
