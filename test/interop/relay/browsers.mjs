// SPDX-License-Identifier: Apache-2.0
// Browsers that view our KVS camera by way of coturn.
// @ts-check
import assert from "node:assert/strict";
import { names } from "../../browser/browsers.mjs";
import Coturn from "../coturn.mjs";
import { firstPicture, heaps, inWorld, moves, picture, sleep, watch } from "../world.mjs";

/** @typedef {import("../run.mjs").Row} Row */

/** A coturn, and a local KVS that hands it out. @param {string[]} parameters @param {(coturn: Coturn) => string[]} urls
 * @param {(world: import("../world.mjs").World, coturn: Coturn) => Promise<string | void>} use */
async function withTurn(parameters, urls, use) {
	const coturn = await Coturn.start({ options: ["--use-auth-secret", "--static-auth-secret=north", "--verbose"] });
	const servers = urls(coturn).flatMap((url) => ["--turn-uri", url]);
	try {
		return await inWorld([...servers, "--turn-secret", "north", ...parameters], (world) => use(world, coturn));
	} finally {
		await coturn.stop();
	}
}

/** A browser and a camera of ours, which have the URI of the same server alone. @type {Row[]} */
const throughout = names.flatMap((name) =>
	["udp", "tcp"].map((transport) => ({
		name: `${name} views, and both use TURN over ${transport.toUpperCase()} alone`,
		timeout: 600,
		run: () =>
			withTurn(
				[],
				(coturn) => [coturn.url(`?transport=${transport}`)],
				async (world) => {
					const camera = await world.camera({ ...world.settings, relayOnly: "true" });
					await world.requested("getIceServerConfig");
					const page = await world.page(name, "relay&");
					const first = await firstPicture(page);
					await moves(page);
					await page.close();
					// Firefox ends its TCP connection before it sends a goodbye: then its consent ends.
					await camera.find(/peerDisconnected/, 60_000);
					assert.equal(await camera.stop(), 0);
					return `first picture after ${first} ms`;
				},
			),
	})),
);

/** The page controls, so it is the page that goes over to the camera's next relay. @type {Row[]} */
const renewed = names.map((name) => ({
	name: `${name} views by the camera's relay, whose credentials of 20 s are replaced in time, for 60 s`,
	timeout: 600,
	run: () =>
		withTurn(
			["--turn-seconds", "20"],
			(coturn) => [coturn.url()],
			async (world, coturn) => {
				await world.camera({ ...world.settings, relayOnly: "true" });
				await world.requested("getIceServerConfig");
				const page = await world.page(name, "relay&");
				await firstPicture(page);
				const longestPause = await watch(page);
				await sleep(60_000);
				await moves(page);
				const pause = await longestPause();
				assert(pause < 2000, `the picture stood for ${pause} ms`);
				// What the camera's data has left is given back.
				const left = coturn.output.match(/refreshed, .*lifetime=0/g)?.length ?? 0;
				assert(left >= 3, `relays that were left: ${left}`);
				return `the picture stood for ${Math.round(pause)} ms at most; ${left} relays were left for others`;
			},
		),
}));

const arrival = 600; // ms between two viewers
const idle = 7000; // ms after which the connection that ICE servers were asked for by has gone, and its 340 slots

/**
 * With a board's heaps and servers of each kind, viewers that come one soon after the other.
 * @type {Row[]}
 */
const many = [
	{ name: "five viewers, three of them by relays", relayOnly: "false", relayed: 3 },
	{ name: "five viewers, all by relays of their own and of the camera", relayOnly: "true", relayed: 5 },
].map(({ name, relayOnly, relayed }) => ({
	name: `a board's heaps: ${name}, ${arrival} ms apart`,
	timeout: 600,
	run: () =>
		withTurn(
			[],
			(coturn) => [coturn.url(), coturn.url("?transport=tcp")],
			async (world) => {
				const small = { width: 640, height: 360, bitrate: 500_000 };
				const camera = await world.camera({ ...world.settings, ...small, relayOnly });
				await world.requested("getIceServerConfig");
				await sleep(idle);
				const start = Date.now();
				const pages = await Promise.all(
					Array.from({ length: 5 }, async (_, i) => {
						await sleep(i * arrival);
						return world.page("chromium", i < relayed ? "relay&" : "");
					}),
				);
				for (const page of pages) await picture(page, 40_000);
				const all = Date.now() - start - 4 * arrival;
				for (const page of pages) await moves(page);
				for (const page of pages) await page.close();
				assert.equal(await camera.stop(), 0);
				return `all see pictures ${all} ms after the last came; ${heaps(camera.output)}`;
			},
		),
}));

/** @type {Row[]} */
export const rows = [...throughout, ...renewed, ...many];
