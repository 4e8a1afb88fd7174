// SPDX-License-Identifier: Apache-2.0
// What goes wrong with a service, in real time: our master is connected again, and a session in progress does not notice.
// @ts-check
import assert from "node:assert/strict";
import { fault } from "./survive.mjs";
import { inWorld, picture, sleep, text, until } from "./world.mjs";

const day = 24 * 3600;

/**
 * Waits until the camera has said it so often.
 * @param {import("./survive.mjs").Scene} scene
 * @param {RegExp} pattern
 * @param {number} times
 */
function says({ camera }, pattern, times) {
	const count = () => [...camera.output.matchAll(new RegExp(pattern, "g"))].length;
	return until(`${times} times ${pattern}`, () => count() >= times, 40_000);
}

/** @type {import("./run.mjs").Row[]} */
export const rows = [
	fault("the WebSocket is cut", ({ before }) => before.do("reset")),
	fault("GO_AWAY", ({ before }) => before.do("goAway")),
	fault("the service ends the connection after its hour (1001)", ({ before }) => before.do("expire")),
	fault(
		"the keys expire",
		({ world, before }) => {
			world.service.credentials.expire();
			before.do("reset");
		},
		{ settings: (world) => world.deviceSettings() },
	),
	fault("the clock is wrong by a day", ({ world, before }) => {
		world.service.clock.offset = day * 1000;
		before.do("reset");
	}),
	fault("a storm of 5xx", ({ before }) => before.do("reset"), {
		faults: [{ on: "*", do: "error", status: 503, type: "ServiceUnavailableException", times: 4 }],
	}),
	fault("a socket that is dead, yet open", ({ before }) => before.do("halfDead"), { timeout: 120, silence: 20_000 }),
	fault("names do not resolve for 8 s", async (scene) => {
		scene.world.resolves(false);
		scene.before.do("reset");
		await sleep(8_000);
		await says(scene, /localhost is not found/, 3);
		assert(!scene.world.master, "nothing resolved");
		scene.world.resolves(true);
	}),
	fault("the channel is deleted, and made again by the camera", ({ world }) => world.deleteChannel(), {
		check: ({ world, before }) => assert.notEqual(world.master?.channel.arn, before.channel.arn),
	}),
	fault(
		"the channel is deleted, and made again by somebody else, for the camera must not",
		async (scene) => {
			await scene.world.deleteChannel();
			await says(scene, /signaling\/channel-missing/, 3);
			assert.deepEqual(scene.world.service.channels.list, []);
			scene.world.service.channels.create("porch");
		},
		{ settings: ({ settings }) => ({ ...settings, createChannel: "false" }) },
	),
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
