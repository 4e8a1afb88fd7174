// SPDX-License-Identifier: Apache-2.0
// What goes wrong with a service, in real time: our master is connected again, and a session in progress does not notice.
// @ts-check
import assert from "node:assert/strict";
import { inWorld, moves, picture, text, until } from "./world.mjs";

const day = 24 * 3600;

/** @typedef {import("./world.mjs").World} World */
/**
 * @typedef {object} Scene
 * @property {World} world
 * @property {import("../browser/camera.mjs").Application} camera
 * @property {NonNullable<World["master"]>} before the master's WebSocket
 */

/**
 * A camera with a viewer, whose picture must go on through a fault; then a new viewer, who must be served.
 * @param {string} name
 * @param {(scene: Scene) => Promise<void>} disturb
 * @param {{ timeout?: number, device?: boolean }} [options]
 * @returns {import("./run.mjs").Row}
 */
function fault(name, disturb, { timeout = 90, device = false } = {}) {
	const run = (/** @type {World} */ world) => survive(world, disturb, device);
	return { name: `${name}: connected again, the session goes on`, timeout, run: () => inWorld([], run) };
}

/** @param {World} world @param {(scene: Scene) => Promise<void>} disturb @param {boolean} device */
async function survive(world, disturb, device) {
	const size = { width: 640, height: 360 };
	const camera = await world.camera({ ...(device ? await world.deviceSettings() : world.settings), ...size });
	const page = await world.page("chromium");
	await moves(page);
	const before = world.master;
	assert(before);
	const start = Date.now();
	await disturb({ world, camera, before });
	await world.reconnected(before);
	const duration = Date.now() - start;
	await moves(page);
	assert(!camera.output.includes("peerDisconnected"), "the session was kept");
	world.service.clock.offset = 0; // for the page, which is not under test
	const next = await world.page("chromium");
	await moves(next);
	assert.equal(await camera.stop(), 0);
	return `after ${duration} ms`;
}

/** @type {import("./run.mjs").Row[]} */
export const rows = [
	fault("the WebSocket is cut", async ({ before }) => void before.do("reset")),
	fault("GO_AWAY", async ({ before }) => void before.do("goAway")),
	fault("the service ends the connection after its hour (1001)", async ({ before }) => void before.do("expire")),
	fault(
		"the keys expire",
		async ({ world, before }) => {
			world.service.credentials.expire();
			before.do("reset");
		},
		{ device: true },
	),
	fault("the clock is wrong by a day", async ({ world, before }) => {
		world.service.clock.offset = day * 1000;
		before.do("reset");
	}),
	fault("a storm of 5xx", async ({ world, before }) => {
		world.service.faults.add({ on: "*", do: "error", status: 503, type: "ServiceUnavailableException", times: 4 });
		before.do("reset");
	}),
	fault("a socket that is dead, yet open", async ({ before }) => void before.do("halfDead"), { timeout: 120 }),
	{
		name: "GO_AWAY while an offer is on its way: it is not lost",
		run: () =>
			inWorld([], async (world) => {
				await world.camera({ ...world.settings, width: 640, height: 360 });
				const before = world.master;
				world.service.faults.add({ on: "deliver", action: "SDP_OFFER", do: "delay", ms: 100 });
				const opening = world.page("chromium");
				await until("an offer", () => world.service.events.some((line) => line.includes("sent SDP_OFFER")));
				before?.do("goAway");
				await picture(await opening);
				await world.reconnected(before);
			}),
	},
	{
		name: "the WebSocket is cut as it takes the answer: the answer is sent again",
		run: () =>
			inWorld([], async (world) => {
				await world.camera({ ...world.settings, width: 640, height: 360 });
				const before = world.master;
				world.service.faults.add({ on: "message", role: "MASTER", action: "SDP_ANSWER", do: "reset" });
				const page = await world.page("chromium");
				await world.reconnected(before);
				await picture(page);
				return `first picture after ${await text(page, "first")}`;
			}),
	},
	{
		name: "a clock wrong by a day at the start",
		run: () =>
			inWorld([`--clock-offset=${-day}`], async (world) => {
				await world.camera();
				return `${world.service.state.counters.requests.describeSignalingChannel} × DescribeSignalingChannel`;
			}),
	},
];
