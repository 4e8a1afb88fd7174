// SPDX-License-Identifier: Apache-2.0
// Scripted faults.
// @ts-check
import assert from "node:assert/strict";
import { DescribeSignalingChannelCommand } from "@aws-sdk/client-kinesis-video";
import { answer, offer, rejects, sleep, test } from "./harness.mjs";

const porch = ["--channel", "porch"];
const describe = new DescribeSignalingChannelCommand({ ChannelName: "porch" });
/** @param {import("./harness.mjs").Fixture} fixture */
const arnOf = ({ service }) => service.channels.list[0].arn;

test("faults: of calls", porch, async (fixture) => {
	const { control } = fixture;
	const script = (/** @type {object} */ fault) =>
		fixture.local("faults", { on: "describeSignalingChannel", ...fault });
	await script({ do: "error" });
	await rejects(control.send(describe), "InternalFailure", 500);
	await control.send(describe);
	await script({ do: "error", status: 403 });
	await rejects(control.send(describe), "AccessDeniedException", 403);
	await script({
		do: "error",
		status: 503,
		type: "ServiceUnavailableException",
		message: "Later",
		after: 1,
		times: 2,
	});
	await control.send(describe);
	await rejects(control.send(describe), "ServiceUnavailableException", 503, /Later/);
	await rejects(control.send(describe), "ServiceUnavailableException", 503);
	await control.send(describe);
	await script({ do: "delay", ms: 150 });
	const start = Date.now();
	await control.send(describe);
	assert(Date.now() - start >= 140);
	await script({ do: "reset" });
	await assert.rejects(control.send(describe), /ECONNRESET|socket hang up/);
	await script({ do: "malformed" });
	await assert.rejects(control.send(describe), /JSON/);
	await script({ do: "drop" });
	const hasty = { httpsAgent: { ca: fixture.ca }, requestTimeout: 200, throwOnRequestTimeout: true };
	await assert.rejects(fixture.controlClient({ requestHandler: hasty }).send(describe), { name: "TimeoutError" });
	await script({ do: "clock", seconds: 3600 });
	await rejects(control.send(describe), "InvalidSignatureException", 403);
	assert.equal(fixture.service.clock.offset, 3_600_000);
});

test("faults: the SDK outlives a storm", porch, async (fixture) => {
	await fixture.local("faults", [
		{ on: "*", do: "error", status: 500 },
		{ on: ["describeSignalingChannel", "createSignalingChannel"], do: "reset" },
	]);
	await fixture.controlClient({ maxAttempts: 3 }).send(describe);
	assert.deepEqual(
		(await fixture.local("faults")).map((/** @type {any} */ { done }) => done),
		[1, 1],
	);
	await fixture.local("faults", undefined, "DELETE");
	assert.deepEqual(await fixture.local("faults"), []);
});

test("faults: of TCP connections", porch, async (fixture) => {
	const script = (/** @type {object} */ fault) => fixture.service.faults.add({ on: "tcp", ...fault });
	const call = (timeout = 0) =>
		fixture.fetch(`${fixture.service.url("control")}/`, {
			signal: timeout ? AbortSignal.timeout(timeout) : undefined,
		});
	script({ endpoint: "master", do: "reset" });
	await call();
	script({ endpoint: "control", do: "reset" });
	await assert.rejects(call(), { code: "ECONNRESET" });
	script({ endpoint: "control", do: "malformed" });
	await assert.rejects(call(), /wrong version number/);
	script({ endpoint: "control", do: "drop" });
	await assert.rejects(call(200), { name: "AbortError" });
	script({ endpoint: "control", do: "delay", ms: 150 });
	const start = Date.now();
	await call();
	assert(Date.now() - start >= 140);
	const master = fixture.master(arnOf(fixture));
	master.client.open();
	await master.hear("error");
	assert(fixture.service.faults.list.every(({ seen, done }) => done === 1 && seen >= 1));
});

test("faults: of handshakes", porch, async (fixture) => {
	for (const [fault, message] of /** @type {[object, RegExp][]} */ ([
		[{ do: "error", status: 403 }, /403/],
		[{ do: "error", status: 500 }, /500/],
		[{ do: "reset" }, /socket hang up|ECONNRESET/],
		[{ do: "malformed" }, /200/],
	])) {
		await fixture.local("faults", { on: "connectAsMaster", ...fault });
		const master = fixture.master(arnOf(fixture));
		master.client.open();
		assert.match((await master.hear("error")).value.message, message);
	}
	await fixture.local("faults", { on: "connectAsMaster", do: "drop" });
	const waiting = fixture.master(arnOf(fixture));
	waiting.client.open();
	await sleep(200);
	assert.deepEqual(waiting.heard, []);
	waiting.close();
	await fixture.master(arnOf(fixture)).open();
});

test("faults: of connections", porch, async (fixture) => {
	await fixture.local("faults", [
		{ on: "connected", role: "MASTER", do: "close", code: 1011, ms: 50 },
		{ on: "connected", role: "VIEWER", clientId: "b", do: "reset" },
	]);
	const master = await fixture.master(arnOf(fixture)).open();
	assert.equal((await master.closing()).code, 1011);
	await fixture.viewer(arnOf(fixture), "a").open();
	await (await fixture.viewer(arnOf(fixture), "b").open()).hear("close");
});

test("faults: of messages", porch, async (fixture) => {
	const master = await fixture.master(arnOf(fixture)).open();
	const viewer = await fixture.viewer(arnOf(fixture), "v").open();
	await fixture.local("faults", [
		{ on: "message", role: "VIEWER", action: "SDP_OFFER", do: "drop" },
		{ on: "deliver", role: "VIEWER", action: "SDP_ANSWER", do: "duplicate" },
		{ on: "message", role: "MASTER", do: "delay", ms: 150 },
	]);
	viewer.client.sendSdpOffer(offer);
	await sleep(100);
	assert.deepEqual(master.heard, []);
	viewer.client.sendSdpOffer(offer);
	await master.hear("sdpOffer");
	const start = Date.now();
	master.client.sendSdpAnswer(/** @type {any} */ ({ ...answer, sdp: "1" }), "v");
	master.client.sendSdpAnswer(/** @type {any} */ ({ ...answer, sdp: "2" }), "v");
	const sdps = [];
	for (let index = 0; index < 3; index++) sdps.push((await viewer.hear("sdpAnswer")).value.sdp);
	assert.deepEqual(sdps, ["1", "1", "2"], "in order, the first one twice");
	assert(Date.now() - start >= 140);
	await fixture.local("faults", [
		{ on: "deliver", role: "MASTER", action: "SDP_OFFER", do: "pass" },
		{ on: "deliver", role: "MASTER", action: "SDP_OFFER", do: "send", text: '{"messageType":"GO_AWAY"}' },
	]);
	/** @type {string[]} */
	const order = [];
	master.socket.addEventListener("message", ({ data }) => order.push(JSON.parse(String(data)).messageType));
	viewer.client.sendSdpOffer(offer);
	while (order.length < 2) await sleep(10);
	assert.deepEqual(order, ["SDP_OFFER", "GO_AWAY"], "the message passes before what follows");
	await master.hear("sdpOffer");
	await fixture.local("faults", { on: "message", action: "SDP_OFFER", do: "goAway" });
	const raw = viewer.raw();
	viewer.client.sendSdpOffer(offer);
	assert.equal(await raw, '{"messageType":"GO_AWAY"}');
	await fixture.local("faults", { on: "deliver", role: "MASTER", do: "reset" });
	viewer.client.sendSdpOffer(offer);
	await master.hear("close");
});

test("faults: chances come from the seed", [...porch, "--seed", "7"], async (fixture) => {
	const { faults } = fixture.service;
	faults.add({ on: "describeSignalingChannel", do: "error", probability: 0.5, times: 0 });
	const results = [];
	for (let index = 0; index < 20; index++)
		results.push((await fixture.control.send(describe).catch(() => undefined)) !== undefined);
	const successes = results.filter(Boolean).length;
	assert(successes > 3 && successes < 17, `${successes} of 20`);
});

test("faults: scripts with mistakes are refused", [], async (fixture) => {
	const url = `${fixture.service.url("control")}/local/faults`;
	for (const fault of [
		{ on: "describe", do: "error" },
		{ on: "connected", do: "error" },
		{ on: "tcp", do: "error" },
		{ on: "describeSignalingChannel", do: "pass" },
		{ on: "describeSignalingChannel", do: "explode" },
		{ on: "describeSignalingChannel", do: "error", status: "500" },
		{ on: "describeSignalingChannel", do: "error", often: 5 },
		[{ on: "describeSignalingChannel", do: "error" }, 5],
	]) {
		const { status, text } = await fixture.fetch(url, { method: "POST" }, JSON.stringify(fault));
		assert.equal(status, 400, text);
	}
	assert.deepEqual(fixture.service.faults.list, []);
	assert.equal((await fixture.fetch(url, { method: "POST" }, "{")).status, 400);
});
