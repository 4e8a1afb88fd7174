// SPDX-License-Identifier: Apache-2.0
// AWS IoT's credentials provider, over mutual TLS.
// @ts-check
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DescribeSignalingChannelCommand } from "@aws-sdk/client-kinesis-video";
import Authority from "../../tools/kvs/authority.mjs";
import { rejects, sleep, test } from "./harness.mjs";

const describe = new DescribeSignalingChannelCommand({ ChannelName: "porch" });
const path = "/role-aliases/local-kvs/credentials";

/** @param {import("./harness.mjs").Fixture} fixture @param {object} [pair] @param {{ path?: string, thing?: string }} [more] */
async function get(fixture, pair = {}, more = {}) {
	const headers = more.thing === undefined ? {} : { "x-amzn-iot-thingname": more.thing };
	const { status, text } = await fixture.fetch(`${fixture.service.url("iot")}${more.path ?? path}`, {
		...pair,
		headers,
	});
	return { status, ...JSON.parse(text) };
}

test(
	"iot: a device's certificate buys credentials that work, and end",
	["--channel", "porch", "--credential-seconds", "1"],
	async (fixture) => {
		const pair = await fixture.service.authority.device("porch-camera");
		const { status, credentials } = await get(fixture, pair, { thing: "porch-camera" });
		assert.equal(status, 200);
		assert.deepEqual(Object.keys(credentials).sort(), [
			"accessKeyId",
			"expiration",
			"secretAccessKey",
			"sessionToken",
		]);
		assert.match(credentials.expiration, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
		const { accessKeyId, secretAccessKey, sessionToken } = credentials;
		const keys = { accessKeyId, secretAccessKey, sessionToken };
		const control = fixture.controlClient({ credentials: keys });
		await control.send(describe);
		await sleep(1050);
		await rejects(control.send(describe), "ExpiredTokenException", 403);
		assert.equal((await get(fixture, pair)).status, 200, "the thing's name is not required");
	},
);

test("iot: refusals", [], async (fixture) => {
	const { authority } = fixture.service;
	const device = await authority.device("camera");
	const none = await get(fixture);
	assert.equal(none.status, 403);
	assert.match(none.message, /Access Denied/);
	assert.equal((await get(fixture, device, { thing: "another" })).status, 403);
	assert.equal((await get(fixture, device, { path: "/role-aliases/other/credentials" })).status, 404);
	assert.equal((await get(fixture, device, { path: "/credentials" })).status, 404);
	assert.equal((await get(fixture, await authority.device("old", -1000))).status, 403, "expired");
	assert.equal((await get(fixture, await authority.server())).status, 403, "a server's certificate");
	const directory = mkdtempSync(join(tmpdir(), "other-ca-"));
	try {
		const stranger = await (await Authority.open(directory)).device("camera");
		assert.equal((await get(fixture, stranger)).status, 403, "of another authority");
	} finally {
		rmSync(directory, { recursive: true });
	}
});

test("iot: faults", [], async (fixture) => {
	const device = await fixture.service.authority.device("camera");
	await fixture.local("faults", { on: "iotCredentials", do: "error", status: 500 });
	assert.equal((await get(fixture, device)).status, 500);
	assert.equal((await get(fixture, device)).status, 200);
});
