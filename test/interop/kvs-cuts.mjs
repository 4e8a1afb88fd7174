// SPDX-License-Identifier: Apache-2.0
// The way to the service is cut at each state of the client (modules/signaling/kvs/machine.ts), in real time.
// @ts-check
import { survive } from "./survive.mjs";
import { inWorld, moves, until } from "./world.mjs";

/** @typedef {import("./survive.mjs").Disturbance} Disturbance */
/** @typedef {import("./survive.mjs").Scene} Scene */

/** A call that breaks on a kept connection is sent again without a word: so twice. @param {string} on */
const cutTwice = (on) => [{ on, do: "reset", times: 2 }];

/** Waits until the service has said it, after what it has said before. @param {Scene} scene @param {string} text */
function hears({ world }, text) {
	const { events } = world.service;
	const known = events.length;
	return () => until(text, () => events.slice(known).some((line) => line.includes(text)));
}

/** The service's latest word about something. @param {import("./world.mjs").World} world @param {string} text */
const lastOf = ({ service }, text) => service.events.findLast((line) => line.includes(text)) ?? "";

/** A new viewer comes, and is served through whatever goes on. @param {Scene} scene */
async function watch({ world }) {
	await moves(await world.page("chromium"));
}

/** What is scripted for offers to the master, or for its answers, after the message has got through. @param {object} where */
const passAndCut = (where) => [
	{ ...where, role: "MASTER", do: "pass" },
	{ ...where, role: "MASTER", do: "reset", ms: 5 },
];

/**
 * What happens in one world: a camera, its viewer, and cuts one after the other.
 * @type {{ name: string, cuts: Disturbance[], settings?: Record<string, string> }[]}
 */
const groups = [
	{
		name: "while it looks for its channel, makes it, and asks for the endpoint",
		settings: { cache: "none" }, // all is asked anew
		cuts: [
			{ at: "describe", faults: cutTwice("describeSignalingChannel") },
			{ at: "endpoint", faults: cutTwice("getSignalingChannelEndpoint") },
			{
				at: "create",
				faults: cutTwice("createSignalingChannel"),
				cut: ({ world }) => world.deleteChannel(),
			},
		],
	},
	{
		name: "while it connects",
		cuts: [
			{
				at: "TCP, then TLS",
				faults: [
					{ on: "tcp", endpoint: "master", do: "reset" },
					{ on: "tcp", endpoint: "master", do: "malformed", after: 1 },
				],
			},
			{ at: "just opened", faults: [{ on: "connected", role: "MASTER", do: "reset" }] },
		],
	},
	{
		name: "while it asks for the upgrade to a WebSocket",
		cuts: [
			{
				at: "the upgrade",
				faults: [
					{ on: "connectAsMaster", do: "reset" },
					{ on: "connectAsMaster", do: "error", status: 403, after: 1 },
					{ on: "connectAsMaster", do: "error", status: 503, after: 2 },
				],
			},
		],
	},
	{
		name: "while it talks, and while it is silent",
		cuts: [
			{ at: "idle", cut: ({ before }) => before.do("idle") },
			{ at: "an offer has come", faults: passAndCut({ on: "deliver", action: "SDP_OFFER" }), cut: watch },
			{ at: "an answer has gone", faults: passAndCut({ on: "message", action: "SDP_ANSWER" }), cut: watch },
			{
				at: "new ICE servers are asked for",
				faults: [
					{ on: "getIceServerConfig", do: "delay", ms: 300 },
					{ on: "getIceServerConfig", do: "reset", times: 2 },
				],
				async cut(scene) {
					const asked = hears(scene, "fault on getIceServerConfig: delay");
					scene.before.do("reconnectIceServer");
					await asked();
					scene.before.do("reset");
				},
				check: ({ world }) =>
					until("new ICE servers", () => lastOf(world, "getIceServerConfig").includes(": 200")),
			},
		],
	},
	{
		name: "while another connection takes its place",
		cuts: [
			{
				at: "its endpoint",
				faults: cutTwice("getSignalingChannelEndpoint"),
				cut: ({ before }) => before.do("goAway"),
			},
			{
				at: "its upgrade",
				faults: [{ on: "connectAsMaster", do: "error", status: 503 }],
				cut: ({ before }) => before.do("goAway"),
			},
			{
				at: "the old one, a viewer came meanwhile",
				faults: [{ on: "connectAsMaster", do: "delay", ms: 3000 }],
				async cut(scene) {
					const asked = hears(scene, "fault on connectAsMaster: delay");
					scene.before.do("goAway");
					await asked();
					await watch(scene);
					scene.before.do("reset");
				},
			},
		],
	},
];

/** @type {import("./run.mjs").Row[]} */
export const rows = groups.map(({ name, cuts, settings = {} }) => ({
	name: `cut ${name}: connected again, the session goes on`,
	timeout: 180,
	run: () => inWorld([], (world) => survive(world, cuts, { ...world.settings, ...settings })),
}));
