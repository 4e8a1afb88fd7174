// SPDX-License-Identifier: Apache-2.0
// How connections end: GO_AWAY, the hour, silence, deletion; and what can be done to them on demand.
// @ts-check
import assert from "node:assert/strict";
import { DeleteSignalingChannelCommand } from "@aws-sdk/client-kinesis-video";
import { offer, sleep, test } from "./harness.mjs";

const porch = ["--channel", "porch"];
/** @param {import("./harness.mjs").Fixture} fixture */
const arnOf = ({ service }) => service.channels.list[0].arn;
/** @param {import("./harness.mjs").Fixture} fixture @param {string} verb @param {object} [more] */
const act = (fixture, verb, more) => fixture.local("connections", { do: verb, role: "MASTER", ...more });

// 60 minutes in 600 ms, a minute of grace in 10 ms.
test(
	"life: an hour, with a GO_AWAY before",
	[...porch, "--time-scale", "6000", "--idle-minutes", "100"],
	async (fixture) => {
		const master = await fixture.master(arnOf(fixture)).open();
		const start = Date.now();
		const closing = master.closing();
		/** @type {string[]} */
		const messages = [];
		master.socket.addEventListener("message", ({ data }) => messages.push(String(data)));
		const { code, reason } = await closing;
		assert.deepEqual([code, reason], [1001, "Going away"]);
		assert(Date.now() - start > 450 && Date.now() - start < 1000, `after ${Date.now() - start} ms`);
		assert.deepEqual(
			messages.filter((text) => text !== ""),
			['{"messageType":"GO_AWAY"}'],
		);
		assert(messages.includes(""), "keep-alives");
	},
);

test(
	"life: an hour, without a warning",
	[...porch, "--connection-minutes", "0.003", "--no-go-away", "--keep-alive-seconds", "0"],
	async (fixture) => {
		const master = await fixture.master(arnOf(fixture)).open();
		assert.equal((await master.closing()).code, 1001);
		assert.equal(fixture.service.hub.connections.length, 0);
	},
);

test("life: silence; pings are not silence", [...porch, "--idle-minutes", "0.005"], async (fixture) => {
	const quiet = await fixture.master(arnOf(fixture)).open();
	const lively = await fixture.viewer(arnOf(fixture), "v").open();
	const pings = setInterval(() => /** @type {any} */ (lively.socket).ping(), 100);
	const { code, reason } = await quiet.closing();
	assert.equal(code, 1001);
	assert.match(reason, /Idle/);
	await sleep(300);
	clearInterval(pings);
	assert.deepEqual(lively.heard, []);
});

test("life: the channel is deleted", porch, async (fixture) => {
	const viewer = await fixture.viewer(arnOf(fixture), "v").open();
	const closing = viewer.closing();
	await fixture.control.send(new DeleteSignalingChannelCommand({ ChannelARN: arnOf(fixture) }));
	assert.equal((await closing).code, 1001);
});

test(
	"life: GO_AWAY on demand; a new connection before the old one ends loses nothing",
	[...porch, "--time-scale", "200"],
	async (fixture) => {
		const old = await fixture.master(arnOf(fixture)).open();
		const viewer = await fixture.viewer(arnOf(fixture), "v").open();
		const raw = old.raw();
		const closing = old.closing();
		assert.deepEqual(await act(fixture, "goAway"), { connections: 1 });
		assert.equal(await raw, '{"messageType":"GO_AWAY"}');
		const next = await fixture.master(arnOf(fixture)).open();
		viewer.client.sendSdpOffer(offer);
		await next.hear("sdpOffer");
		assert.equal((await closing).code, 1001, "after the grace: 60 s / 200");
		viewer.client.sendSdpOffer(offer);
		await next.hear("sdpOffer");
	},
);

test("life: on demand", porch, async (fixture) => {
	const probe = async (/** @type {string} */ verb, /** @type {object} */ more = {}) => {
		const master = await fixture.master(arnOf(fixture)).open();
		const result = { raw: master.raw(), closing: master.closing() };
		await act(fixture, verb, more);
		return result;
	};
	assert.equal(await (await probe("reconnectIceServer")).raw, '{"messageType":"RECONNECT_ICE_SERVER"}');
	assert.equal(await (await probe("empty")).raw, "");
	assert.equal(await (await probe("send", { text: '{"messageType":"NEWS"}' })).raw, '{"messageType":"NEWS"}');
	assert.equal((await (await probe("close", { code: 1011 })).closing).code, 1011);
	assert.equal((await (await probe("reset")).closing).code, 1006);
	assert.equal((await (await probe("expire")).closing).code, 1001);
	assert.match((await (await probe("idle")).closing).reason, /Idle/);
	const unknown = await fixture.fetch(
		`${fixture.service.url("control")}/local/connections`,
		{ method: "POST" },
		'{"do":"nothing"}',
	);
	assert.equal(unknown.status, 200, "nobody to do it to");
	await fixture.master(arnOf(fixture)).open();
	const refused = await fixture.fetch(
		`${fixture.service.url("control")}/local/connections`,
		{ method: "POST" },
		'{"do":"nothing"}',
	);
	assert.equal(refused.status, 400);
});

test("life: a half-dead master swallows offers until it is replaced", porch, async (fixture) => {
	const dead = await fixture.master(arnOf(fixture)).open();
	const viewer = await fixture.viewer(arnOf(fixture), "v").open();
	await act(fixture, "halfDead");
	let pongs = 0;
	/** @type {any} */ (dead.socket).on("pong", () => pongs++);
	/** @type {any} */ (dead.socket).ping();
	viewer.client.sendSdpOffer(offer);
	await sleep(100);
	assert.deepEqual([dead.heard, pongs], [[], 0]);
	const master = await fixture.master(arnOf(fixture)).open();
	await sleep(50);
	assert.deepEqual(master.heard, [], "the offer is lost, as in the service");
	viewer.client.sendSdpOffer(offer);
	await master.hear("sdpOffer");
});

test("life: state, counters, log", porch, async (fixture) => {
	const master = await fixture.master(arnOf(fixture)).open();
	await fixture.viewer(arnOf(fixture), "v").open();
	await fixture.endpoints(arnOf(fixture), "MASTER");
	await fixture.endpoints(arnOf(fixture), "MASTER");
	const state = await fixture.local("state");
	assert.deepEqual(
		state.connections.map((/** @type {any} */ { role, clientId }) => [role, clientId]),
		[
			["MASTER", undefined],
			["VIEWER", "v"],
		],
	);
	assert.equal(state.counters.requests.getSignalingChannelEndpoint, 2);
	assert.equal(state.counters.connections.master, 1);
	assert.equal(state.channels[0].ChannelName, "porch");
	assert((await fixture.local("log")).some((/** @type {string} */ line) => line.includes("master connected")));
	await fixture.local("counters", {});
	assert.deepEqual((await fixture.local("state")).counters.requests, {});
	master.close();
});

test("life: /local is for this computer's own programs", [], async (fixture) => {
	const url = `${fixture.service.url("control")}/local/state`;
	for (const headers of [{ host: "kvs.example:8443" }, { origin: "https://elsewhere.example" }, { origin: "null" }]) {
		assert.equal(
			(await fixture.fetch(url, { servername: "localhost", headers: /** @type {any} */ (headers) })).status,
			403,
		);
	}
	assert.equal((await fixture.fetch(`${fixture.service.url("control")}/local/none`)).status, 404);
});
