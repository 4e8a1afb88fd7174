// SPDX-License-Identifier: Apache-2.0
// The network changes while somebody watches: `npm run interop -- roaming`. Each row says how long the picture was away.
// @ts-check
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { launch } from "../../browser/browsers.mjs";
import { Application, build } from "../../browser/camera.mjs";
import Network, { unable } from "./network.mjs";

const sleep = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));
const limit = 2000; // ms until the picture is back
const small = { width: 320, height: 180, framerate: 30, bitrate: 300_000 };

/** Somebody who watches. @typedef {{ count(): Promise<number>, close(): Promise<unknown> }} Viewer */

/** @param {Network} network @param {string} url @returns {Promise<Viewer>} */
async function chromium(network, url) {
	const executablePath = network.wrap(network.viewer, "/usr/bin/chromium");
	const browser = await launch("chromium", { executablePath });
	const page = await browser.newPage();
	await page.goto(url);
	const count = () =>
		page.evaluate(
			() =>
				/** @type {HTMLVideoElement} */ (document.querySelector("video")).getVideoPlaybackQuality()
					.totalVideoFrames,
		);
	return { count, close: async () => browser.process()?.kill("SIGKILL") };
}

/** @param {Network} network @param {string} url @returns {Promise<Viewer>} */
async function werift(network, url) {
	const script = fileURLToPath(new URL("watch.mjs", import.meta.url));
	const child = spawn(network.wrap(network.viewer, process.execPath), [script, url], {
		stdio: ["ignore", "pipe", "inherit"],
	});
	let last = 0;
	createInterface({ input: child.stdout }).on("line", (line) => (last = Number(line)));
	return { count: async () => last, close: async () => child.kill("SIGKILL") };
}

/**
 * Waits until something comes, by which it is known to come again.
 * @param {Viewer} viewer @param {number} timeout ms @returns {Promise<number>} ms
 */
async function comes(viewer, timeout) {
	const start = Date.now();
	for (let before = await viewer.count(); ; await sleep(20)) {
		if ((await viewer.count()) > before) return Date.now() - start;
		if (Date.now() - start > timeout) throw new Error(`nothing came in ${timeout} ms`);
	}
}

/** Nothing comes any more. @param {Viewer} viewer */
async function stops(viewer) {
	for (let i = 0; i < 50; i++) {
		const before = await viewer.count();
		await sleep(400);
		if ((await viewer.count()) === before) return;
	}
	throw new Error("it goes on all the same");
}

/**
 * @param {(network: Network, url: string) => Promise<Viewer>} open
 * @param {(network: Network, viewer: Viewer) => Promise<number>} change returns how long the picture was away since the link was there
 */
async function roam(open, change) {
	const network = new Network();
	/** @type {Application | undefined} */
	let camera;
	/** @type {Viewer | undefined} */
	let viewer;
	try {
		camera = new Application(
			"examples/lan-camera",
			{ port: 0, ...small },
			[],
			{},
			network.wrap(network.camera, process.execPath),
		);
		const [, port] = await camera.find(/http:\/\/10\.81\.0\.2:(\d+)\//, 600_000);
		viewer = await open(network, `http://${network.camera.address}:${port}/`);
		await comes(viewer, 20_000);
		await sleep(4000); // what a session does at its beginning is over
		const times = [];
		for (let i = 0; i < 3; i++) {
			times.push(await change(network, viewer));
			await sleep(3000);
		}
		assert(Math.max(...times) <= limit, `the picture was away for ${times.join(", ")} ms`);
		return `back after ${times.join(", ")} ms`;
	} catch (error) {
		throw new Error(`${error instanceof Error ? error.stack : error}\n${camera?.output.slice(-2000)}`);
	} finally {
		await viewer?.close();
		camera?.process.kill("SIGINT");
		await camera?.exited;
		network.close();
	}
}

/** @param {"camera" | "viewer"} side @returns {(network: Network, viewer: Viewer) => Promise<number>} */
const moves = (side) => async (network, viewer) => {
	network[side].move();
	const start = Date.now();
	await sleep(100); // what is still under way
	await comes(viewer, 10_000);
	return Date.now() - start;
};

/** @type {(network: Network, viewer: Viewer) => Promise<number>} */
const drops = async (network, viewer) => {
	network.camera.setLink(false);
	await stops(viewer);
	await sleep(4600);
	network.camera.setLink(true);
	return comes(viewer, 10_000);
};

const viewers = { Chromium: chromium, werift };
const why = unable();

/** Builds the camera first, outside of any network of its own. */
export async function prepare() {
	if (why) return;
	await build("examples/lan-camera");
}

/** @type {import("../run.mjs").Row[]} */
export const rows = Object.entries(viewers).flatMap(([name, open]) => {
	const all = [
		{ name: `${name}: the camera's address changes`, run: () => roam(open, moves("camera")) },
		{ name: `${name}: the link is down for 5 s`, run: () => roam(open, drops) },
		...(open === chromium
			? [{ name: `${name}: its own address changes`, run: () => roam(open, moves("viewer")) }]
			: []),
	];
	return why ? all.map((row) => ({ name: row.name, impossible: why })) : all;
});
