// SPDX-License-Identifier: Apache-2.0
// Very many of what one stranger can do: nothing of it stays.
// @ts-check
import { checkGrowth, withPictures } from "../soak/growth.mjs";
import { Viewer } from "../soak/viewer.mjs";
import { WatchedCamera } from "../soak/watched.mjs";
import { signed } from "./shapes/datagrams.mjs";
import { Stranger } from "./stranger.mjs";

const batch = 50; // datagrams each tick
const tick = 5; // ms
const patience = 5000; // ms for a place, which the oldest of those that nothing is heard of gives back
const perSession = 10_000; // datagrams
const size = Object.freeze({ width: 320, height: 240 });
// The page's reports on the last two sessions that failed are as long as those sessions had something to tell: 2 KB each.
const growth = Object.freeze({ heap: 64 * 1024, slots: 128, chunks: 2048 + 2 * 2048, descriptors: 0, threads: 0 });
const requests = Object.freeze([
	["GET", "/"],
	["GET", "/nothing"],
	["POST", "/whep"],
	["OPTIONS", "/whep"],
	["PATCH", "/whep/0"],
	["DELETE", "/whep/0"],
]);

/** @typedef {import("./stranger.mjs").Target} Target */

/**
 * @param {{ datagrams?: number, vanishing?: number, http?: number, log?(line: string): void }} [options] how many of each
 */
export async function counts({ datagrams = 100_000, vanishing = 500, http = 10_000, log = console.log } = {}) {
	const camera = await new WatchedCamera({ ...size, framerate: 15, bitrate: 200_000 }).ready();
	const target = { host: "127.0.0.1", port: Number(new URL(camera.url).port) };
	/** @param {number} part of the whole */
	const round = async (part) => {
		await sendSigned(target, datagrams * part);
		await vanish(target, vanishing * part);
		await ask(target, http * part);
		await connect(camera.url);
	};
	try {
		await round(0.02); // what is made once is there then
		const before = await atRest(camera);
		log(`before: ${JSON.stringify(before)}`);
		await round(1);
		const after = await atRest(camera);
		log(`after: ${JSON.stringify(after)}`);
		checkGrowth(withPictures(before, after, size), after, growth);
		if (await camera.stop()) throw new Error("counts: the camera did not end well");
	} catch (error) {
		log(camera.output.replace(/^report: .*\n/gm, "").slice(-4000));
		throw error;
	} finally {
		camera.process.kill();
	}
}

/** @param {Target} target @param {number} count of STUN with the right password */
async function sendSigned(target, count) {
	for (let sent = 0; sent < count;) {
		const stranger = new Stranger(target, "127.0.0.2");
		const session = await stranger.enter();
		if (!session) throw new Error("counts: no place for the sender");
		const socket = await stranger.socket();
		for (const end = Math.min(count, sent + perSession); sent < end;) {
			for (let i = 0; i < batch && sent < end; i++, sent++) {
				const make = signed[sent % signed.length]?.[1];
				if (make) socket.send(make(session, sent), session.port, target.host);
			}
			await new Promise((resolve) => setTimeout(resolve, tick));
		}
		await stranger.leave();
	}
}

/** @param {Target} target @param {number} count of sessions that are left without a word */
async function vanish(target, count) {
	for (let done = 0; done < count; done++) {
		const stranger = new Stranger(target, `127.0.0.${2 + (done % 200)}`);
		const end = Date.now() + patience;
		while (!(await stranger.enter())) {
			if (Date.now() > end)
				throw new Error(`counts: no place for number ${done}, though those before it are gone`);
			await new Promise((resolve) => setTimeout(resolve, 100));
		}
		await stranger.leave({ vanish: true });
	}
}

/** @param {Target} target @param {number} count of requests */
async function ask(target, count) {
	for (let done = 0; done < count; done++) {
		const stranger = new Stranger(target, `127.0.0.${2 + (done % 200)}`);
		const [method = "", path = ""] = requests[done % requests.length] ?? [];
		const { status } = await stranger.request(method, path);
		if (!status) throw new Error(`counts: ${method} ${path} is not answered`);
		await stranger.leave();
	}
}

/** A viewer, who is served after all that. @param {string} url */
async function connect(url) {
	const viewer = new Viewer(url);
	await viewer.open();
	await viewer.watch(5);
	await viewer.close();
}

/** @param {WatchedCamera} camera */
async function atRest(camera) {
	for (let count = 0; count < 3; count++) await camera.sample(0);
	return camera.sample(0);
}
