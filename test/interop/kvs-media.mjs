// SPDX-License-Identifier: Apache-2.0
// Pictures and sound between our examples and Amazon's JavaScript SDK, by way of the local KVS.
// @ts-check
import assert from "node:assert/strict";
import { names } from "../browser/browsers.mjs";
import { loudest } from "../browser/test-card.mjs";
import { firstPicture, freePort, heaps, inWorld, moves, text, until } from "./world.mjs";

/** @param {import("../browser/camera.mjs").Application} viewer @returns {number} packets that it has counted so far */
const received = ({ output }) => Number([...output.matchAll(/received (\d+) packets/g)].pop()?.[1] ?? 0);

/** @param {import("../browser/camera.mjs").Application} viewer */
async function counts(viewer) {
	await viewer.find(/peerConnected/, 600_000);
	const first = await until("packets arrive", () => received(viewer), 10_000);
	const second = await until("more packets arrive", () => received(viewer) > first + 50 && received(viewer), 10_000);
	assert.equal(await viewer.stop(), 0);
	return `${first}, then ${second} packets; ${heaps(viewer.output)}`;
}

/** @type {import("./run.mjs").Row[]} */
export const rows = [
	...names.map((name) => ({
		name: `our master, the JavaScript SDK as viewer in ${name}: picture and sound`,
		timeout: 600, // it may be built first
		run: () =>
			inWorld([], async (world) => {
				const camera = await world.camera();
				const page = await world.page(name);
				await moves(page);
				assert.equal(await text(page, "state"), "Connected");
				// The tone is a beep of 100 ms each second at -12 dBFS.
				const level = await page.evaluate(loudest, 2500);
				assert(level > 0.05, `sound: ${level}`);
				await page.close();
				await camera.find(/peerDisconnected/);
				assert.equal(await camera.stop(), 0);
				return heaps(camera.output);
			}),
	})),
	{
		name: "our master, the JavaScript SDK as five viewers in both browsers",
		run: () =>
			inWorld([], async (world) => {
				const camera = await world.camera({ ...world.settings, width: 640, height: 360, bitrate: 500_000 });
				const pages = [];
				for (const name of [...names, ...names, "chromium"]) {
					pages.push(await world.page(/** @type {"chromium" | "firefox"} */ (name)));
				}
				for (const page of pages) await moves(page);
				assert.equal(await camera.stop(), 0);
				return heaps(camera.output);
			}),
	},
	{
		name: "our master, a viewer that starts anew under its name: another session takes the first one's place",
		run: () =>
			inWorld([], async (world) => {
				const camera = await world.camera({ ...world.settings, viewers: 1 });
				await moves(await world.page("chromium", "clientId=ann"));
				await moves(await world.page("chromium", "clientId=ann")); // nobody has closed the other
				await camera.find(
					/peerConnected viewer ann[^]*peerDisconnected viewer ann[^]*peerConnected viewer ann/,
				);
				assert.equal(await camera.stop(), 0);
			}),
	},
	{
		name: "our viewer, the JavaScript SDK as master in chromium: packets are counted",
		timeout: 600,
		run: () =>
			inWorld([], async (world) => {
				await world.page("chromium", "role=master");
				await until("the page is the master", () => world.master);
				return counts(world.start("examples/kvs-viewer"));
			}),
	},
	{
		name: "our viewer, our master",
		timeout: 600,
		run: () =>
			inWorld([], async (world) => {
				const camera = await world.camera();
				const said = await counts(world.start("examples/kvs-viewer"));
				await camera.find(/peerDisconnected/);
				assert.equal(await camera.stop(), 0);
				return said;
			}),
	},
	{
		name: "two clients for two channels in one process",
		timeout: 600,
		run: () =>
			inWorld(["--channel", "front", "--channel", "back"], async (world) => {
				const both = world.start("test/interop/two-channels");
				await both.find(/both are live/, 600_000);
				for (const channel of ["front", "back"])
					await moves(await world.page("chromium", `channel=${channel}`));
				assert.match(both.output, /front: peerConnected/);
				assert.match(both.output, /back: peerConnected/);
				assert.equal(await both.stop(), 0);
				return heaps(both.output);
			}),
	},
	{
		name: "from a viewer's offer to its first frame in less than 500 ms, with TURN servers configured",
		run: async () =>
			inWorld(["--turn", "--turn-port", String(await freePort())], async (world) => {
				const camera = await world.camera();
				await world.requested("getIceServerConfig");
				/** @type {number[]} */
				const times = [];
				for (let i = 0; i < 5; i++) {
					const page = await world.page("chromium");
					times.push(await firstPicture(page));
					await page.close();
					await camera.find(/peerDisconnected/);
				}
				const median = [...times].sort((a, b) => a - b)[2];
				assert(median < 500, `${times.join(", ")} ms`);
				return `${times.join(", ")} ms`;
			}),
	},
	...names.map((name) => ({
		name: `relay only, both ways, in ${name}`,
		timeout: 120,
		run: async () =>
			inWorld(["--turn", "--turn-port", String(await freePort())], async (world) => {
				const camera = await world.camera({ ...world.settings, relayOnly: "true" });
				await world.requested("getIceServerConfig");
				const page = await world.page(name, "relay&");
				const first = await firstPicture(page);
				await moves(page);
				await page.close();
				await camera.find(/peerDisconnected/);
				assert.equal(await camera.stop(), 0);
				return `first picture after ${first} ms; ${heaps(camera.output)}`;
			}),
	})),
	{
		name: "data channels, both ways: a viewer is told how it is served, and says something",
		run: () =>
			inWorld([], async (world) => {
				const camera = await world.camera({ ...world.settings, metrics: 1 });
				const page = await world.page("chromium", "data&");
				await moves(page);
				await camera.find(/kvsDataChannel of \S+: Hello from the page/);
				const said = await until("metrics with a picture", async () => {
					const data = await text(page, "data");
					return /"firstFrameTime":\d/.test(data) && JSON.parse(data);
				});
				assert(said.connectTime > 0 && said.firstFrameTime < 5000 && said.framesSent > 0, JSON.stringify(said));
				assert.equal(await camera.stop(), 0);
				return `first frame after ${said.firstFrameTime} ms; ${heaps(camera.output)}`;
			}),
	},
	...names.map((name) => ({
		name: `our master, the JavaScript SDK as viewer in ${name}: a data channel, both ways`,
		timeout: 600,
		run: () =>
			inWorld([], async (world) => {
				const camera = await world.camera();
				const page = await world.page(name, "data&");
				await camera.find(/message of \S+: Hello from the page/);
				const heard = await until("the page hears of it", async () => {
					const said = await text(page, "data");
					return said.startsWith("The camera has heard") && said;
				});
				assert.equal(heard, "The camera has heard: Hello from the page");
				await moves(page);
				assert.equal(await camera.stop(), 0);
				return heaps(camera.output);
			}),
	})),
	{
		name: "our viewer, the JavaScript SDK as master in chromium: a data channel, both ways",
		timeout: 600,
		run: () =>
			inWorld([], async (world) => {
				const page = await world.page("chromium", "role=master");
				await until("the page is the master", () => world.master);
				const viewer = world.start("examples/kvs-viewer", { ...world.settings, say: "Hello from the viewer" });
				await viewer.find(/message of \S+: Hello from the page/, 600_000);
				await until("the page hears the viewer", async () => {
					return (await text(page, "data")) === "Hello from the viewer";
				});
				assert.equal(await viewer.stop(), 0);
				return heaps(viewer.output);
			}),
	},
	{
		name: "our viewer, our master: a data channel, both ways",
		timeout: 600,
		run: () =>
			inWorld([], async (world) => {
				const camera = await world.camera();
				const viewer = world.start("examples/kvs-viewer", { ...world.settings, say: "ring\u0007" });
				await viewer.find(/message of \S+: The camera has heard: ring\?/, 600_000);
				assert.match(camera.output, /message of \S+: ring\?/);
				for (const application of [viewer, camera]) assert.equal(await application.stop(), 0);
			}),
	},
];
