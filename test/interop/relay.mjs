// SPDX-License-Identifier: Apache-2.0
// Two connections of ours by way of coturn alone: `npm run interop -- relay`. Media flows in every row.
// @ts-check
import assert from "node:assert/strict";
import { Application } from "../browser/camera.mjs";
import Coturn from "./coturn.mjs";
import { rows as browserRows } from "./relay/browsers.mjs";
import { rows as peerRows } from "./relay/peers.mjs";

/** @typedef {import("./run.mjs").Row} Row */

const sleep = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * @param {object} settings
 * @param {string[]} [settings.options] of coturn
 * @param {string} [settings.listen]
 * @param {boolean} [settings.tls] whether the server has a certificate
 * @param {Record<string, string>} [settings.configuration] of the application
 * @param {(coturn: Coturn) => string} [settings.urls]
 * @param {(app: Application, coturn: Coturn) => Promise<string | void>} use
 */
async function relayed({ options, listen, tls, configuration = {}, urls = (coturn) => coturn.url() }, use) {
	const coturn = await Coturn.start({ options, listen, tls });
	const base = { username: "user", credential: "secret", policy: "relay" };
	const environment = tls ? { SSL_CERT_FILE: coturn.authority } : {};
	const app = new Application(
		"test/interop/relay",
		{ urls: urls(coturn), ...base, ...configuration },
		[],
		environment,
	);
	try {
		// The first time it is built, which takes minutes.
		await app.find(/candidate at|failed:/, 600_000);
		return await use(app, coturn);
	} catch (error) {
		throw new Error(
			`${error instanceof Error ? error.message : error}\n${app.output.slice(-3000)}\n${coturn.output.slice(-2000)}`,
		);
	} finally {
		await app.stop();
		await coturn.stop();
	}
}

/** @param {Application} app @returns {number} packets that the viewer has received so far */
const received = ({ output }) =>
	Number([...output.matchAll(/viewer relay relay sent \d+ received (\d+)/g)].pop()?.[1] ?? 0);

/** @param {Application} app @param {number} [timeout] ms */
async function flows(app, timeout = 20_000) {
	await app.find(/viewer connected/, timeout);
	const end = Date.now() + timeout;
	const before = received(app);
	while (received(app) < before + 100) {
		if (Date.now() > end) throw new Error("media does not flow through the relay");
		await sleep(100);
	}
}

/** @param {Application} app */
const time = ({ output }) => `connected after ${/viewer connected at (\d+)/.exec(output)?.[1]} ms`;

/** By name: what `npm test` runs of these. */
const always = ["UDP over IPv4", "TCP over IPv6", "TLS over IPv4", "nonces of a second, for 3 s", "a wrong password"];

/** @param {{ short?: boolean }} options @returns {Row[]} */
export const rows = ({ short }) =>
	short
		? all.filter(({ name }) => always.some((start) => name.startsWith(start)))
		: [...all, ...browserRows, ...peerRows()];

/** @type {Row[]} */
const all = [
	{
		name: "UDP over IPv4",
		timeout: 600,
		run: () => relayed({}, async (app) => (await flows(app), time(app))),
	},
	{
		name: "UDP over IPv6, with a relayed address of that family",
		run: () =>
			relayed({ listen: "::1" }, async (app) => {
				await flows(app);
				assert.match(app.output, /candidate:\S+ 1 udp \d+ ::1 \d+ typ relay/);
				return time(app);
			}),
	},
	{
		name: "TCP over IPv4",
		run: () =>
			relayed({ urls: (coturn) => coturn.url("?transport=tcp") }, async (app) => (await flows(app), time(app))),
	},
	{
		name: "TCP over IPv6",
		run: () =>
			relayed({ listen: "::1", urls: (coturn) => coturn.url("?transport=tcp") }, async (app) => {
				await flows(app);
				return time(app);
			}),
	},
	{
		name: "TLS over IPv4, verified by its address",
		run: () =>
			relayed({ tls: true, urls: (coturn) => coturn.url("", "turns") }, async (app) => {
				await flows(app);
				return time(app);
			}),
	},
	{
		name: "TLS over IPv6",
		run: () =>
			relayed({ listen: "::1", tls: true, urls: (coturn) => coturn.url("", "turns") }, async (app) => {
				await flows(app);
				return time(app);
			}),
	},
	{
		name: "TLS of a server with a certificate for another name is refused, and another serves",
		run: () =>
			relayed(
				{
					options: ["--listening-ip=127.0.0.2"],
					tls: true,
					urls: (coturn) => `turns:127.0.0.2:${coturn.port},${coturn.url("", "turns")}`,
				},
				async (app) => {
					await flows(app);
					return time(app);
				},
			),
	},
	{
		name: "nonces of a second, for 3 s",
		run: () =>
			relayed({ options: ["--stale-nonce=1"] }, async (app) => {
				await flows(app);
				await sleep(3000);
				await flows(app);
			}),
	},
	...["udp", "tcp"].map((transport) => ({
		name: `the server in use ends, over ${transport.toUpperCase()}: on by another one`,
		async run() {
			const other = await Coturn.start();
			const query = `?transport=${transport}`;
			try {
				return await relayed(
					{ urls: (coturn) => `${coturn.url(query)},${other.url(query)}` },
					async (app, coturn) => {
						await flows(app);
						const killed = Date.now();
						await coturn.kill();
						const before = received(app);
						while (received(app) < before + 300) {
							if (Date.now() > killed + 30_000) throw new Error("media does not come back");
							await sleep(100);
						}
						return `${Date.now() - killed} ms until 300 packets more`;
					},
				);
			} finally {
				await other.stop();
			}
		},
	})),
	{
		name: "nonces of a second (438), for 15 s",
		run: () =>
			relayed({ options: ["--stale-nonce=1"] }, async (app) => {
				await flows(app);
				await sleep(15_000);
				await flows(app);
			}),
	},
	{
		name: "allocations of 8 s, for 20 lifetimes",
		timeout: 300,
		run: () =>
			relayed({ options: ["--max-allocate-lifetime=8"] }, async (app) => {
				await flows(app);
				await sleep(160_000);
				await flows(app);
			}),
	},
	...["udp", "tcp"].map((transport) => ({
		name: `credentials of 6 s, which both sides have anew every 4 s, over ${transport.toUpperCase()}: the call goes on for 30 s`,
		timeout: 600,
		run: () =>
			relayed(
				{
					options: ["--use-auth-secret", "--static-auth-secret=north", "--max-allocate-lifetime=8"],
					urls: (coturn) => coturn.url(`?transport=${transport}`),
					configuration: { secret: "north", life: "6", renewal: "4000" },
				},
				async (app) => {
					await flows(app);
					/** @type {number[]} */
					const counts = [];
					for (let i = 0; i < 30; i++) {
						counts.push(received(app));
						await sleep(1000);
					}
					const least = Math.min(...counts.slice(1).map((count, i) => count - (counts[i] ?? 0)));
					assert(least > 0, `packets in each second: ${counts}`);
					const relays = [...app.output.matchAll(/by (\d+), viewer .* by (\d+)/g)];
					const [ours, theirs] = [1, 2].map((side) => new Set(relays.map((one) => one[side])).size);
					// A relay of the viewer's may be passed over: both sides have new ones at one time, and the device,
					// which controls, stays with a pair for a second. None serves for longer than two lives.
					assert(ours >= 4 && theirs >= 3, `relays: ${ours}, ${theirs}`);
					return `at least ${least} packets in each second, by ${ours} relays, from ${theirs} relays`;
				},
			),
	})),
	{
		name: "a wrong password is told at once, and the other candidates serve",
		run: () =>
			relayed({ configuration: { credential: "wrong", policy: "all" } }, async (app) => {
				const [, at] = await app.find(/device candidate at (\d+) ms: none/, 5000);
				await app.find(/turn:\S+: The TURN server refuses the username or the credential \(401\)\./);
				await app.find(/viewer connected/);
				assert.doesNotMatch(app.output, /typ relay|error/);
				return `known after ${at} ms; ${time(app)}`;
			}),
	},
	{
		name: "a server that nobody has, before the one that serves",
		run: () =>
			relayed({ urls: (coturn) => `turn:127.0.0.1:9,${coturn.url()}` }, async (app) => {
				await flows(app);
				return time(app);
			}),
	},
];
