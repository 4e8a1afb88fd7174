// SPDX-License-Identifier: Apache-2.0
// Who may call: signatures in headers and in queries, clocks, session tokens.
// @ts-check
import assert from "node:assert/strict";
import { DescribeSignalingChannelCommand } from "@aws-sdk/client-kinesis-video";
import WebSocket from "ws";
import { region, rejects, test } from "./harness.mjs";
import { presign, signAsC } from "./signer.mjs";

const porch = ["--channel", "porch"];
const describe = new DescribeSignalingChannelCommand({ ChannelName: "porch" });
const body = '{"ChannelName":"porch"}';
const day = 24 * 3600 * 1000;

/** @param {import("./harness.mjs").Fixture} fixture @param {Record<string, string>} headers @param {string} [sent] */
async function post(fixture, headers, sent = body) {
	const url = `${fixture.service.url("control")}/describeSignalingChannel`;
	const { status, headers: received, text } = await fixture.fetch(url, { method: "POST", headers }, sent);
	return { status, type: received["x-amzn-errortype"], message: JSON.parse(text).message ?? "", date: received.date };
}

/** @param {import("./harness.mjs").Fixture} fixture @param {object} [keys] @param {object} [options] */
const signed = (fixture, keys, options) =>
	signAsC({ ...fixture.keys, ...keys }, `${fixture.service.url("control")}/describeSignalingChannel`, body, {
		region,
		...options,
	});

/** @param {string} url @param {string} ca @returns {Promise<{ status: number, type?: string, text: string }>} of a handshake; 101 if it succeeds */
function handshake(url, ca) {
	return new Promise((resolve, reject) => {
		const socket = new WebSocket(url, { ca });
		socket.on("open", () => {
			socket.terminate();
			resolve({ status: 101, text: "" });
		});
		socket.on("unexpected-response", async (_, response) => {
			let text = "";
			for await (const chunk of response) text += chunk;
			resolve({ status: response.statusCode ?? 0, type: String(response.headers["x-amzn-errortype"]), text });
		});
		socket.on("error", reject);
	});
}

test("auth: the C SDK's reduced set of signed headers", porch, async (fixture) => {
	assert.equal((await post(fixture, signed(fixture))).status, 200);
	const keys = fixture.service.issueCredentials();
	assert.equal((await post(fixture, signed(fixture, keys))).status, 200, "with a token that is not signed");
});

test("auth: refusals in headers", porch, async (fixture) => {
	const check = async (
		/** @type {Record<string, string>} */ headers,
		/** @type {string} */ type,
		/** @type {RegExp} */ message,
		sent = body,
	) => {
		const response = await post(fixture, headers, sent);
		assert.deepEqual([response.status, response.type], [403, type], response.message);
		assert.match(response.message, message);
	};
	await check({}, "MissingAuthenticationTokenException", /Missing/);
	await check({ authorization: "Basic x" }, "IncompleteSignatureException", /Authorization/);
	await check(signed(fixture, { accessKeyId: "AKIASOMEONEELSE" }), "UnrecognizedClientException", /invalid/);
	await check(signed(fixture, { secretAccessKey: "wrong" }), "InvalidSignatureException", /does not match/);
	await check(signed(fixture), "InvalidSignatureException", /does not match/, '{"ChannelName":"other"}');
	await check(signed(fixture, {}, { region: "us-east-1" }), "InvalidSignatureException", /region/);
	await check(signed(fixture, {}, { service: "s3" }), "InvalidSignatureException", /service/);
	const old = signed(fixture, {}, { date: new Date(Date.now() - 6 * 60_000) });
	await check(old, "InvalidSignatureException", /^Signature expired: \d{8}T\d{6}Z is now earlier than/);
	const early = signed(fixture, {}, { date: new Date(Date.now() + 6 * 60_000) });
	await check(early, "InvalidSignatureException", /^Signature not yet current/);
	const { authorization } = signed(fixture);
	await check({ authorization }, "IncompleteSignatureException", /Date/);
	const within = signed(fixture, {}, { date: new Date(Date.now() - 4 * 60_000) });
	assert.equal((await post(fixture, within)).status, 200, "five minutes are allowed");
});

test("auth: session tokens", porch, async (fixture) => {
	const { accessKeyId, secretAccessKey, sessionToken } = fixture.service.issueCredentials();
	const keys = { accessKeyId, secretAccessKey, sessionToken };
	await fixture.controlClient({ credentials: keys }).send(describe);
	const without = fixture.controlClient({ credentials: { accessKeyId, secretAccessKey } });
	await rejects(without.send(describe), "UnrecognizedClientException", 403);
	const other = fixture.controlClient({ credentials: { ...keys, sessionToken: "other" } });
	await rejects(other.send(describe), "UnrecognizedClientException", 403);
	const short = await fixture.local("credentials", { seconds: 0 });
	const expired = fixture.controlClient({ credentials: { ...short, expiration: undefined } });
	await rejects(expired.send(describe), "ExpiredTokenException", 403);
	await fixture.local("credentials", undefined, "DELETE");
	const ended = fixture.controlClient({ credentials: keys });
	await rejects(ended.send(describe), "ExpiredTokenException", 403);
});

test("auth: the SDK learns the service's time from its Date", porch, async (fixture) => {
	await fixture.local("clock", { seconds: 86_400 });
	const once = fixture.controlClient();
	await rejects(once.send(describe), "InvalidSignatureException", 403, /Signature expired/);
	const { date } = await post(fixture, {});
	assert(Math.abs(Date.parse(date ?? "") - Date.now() - day) < 5000, `Date: ${date}`);
	await fixture.controlClient({ maxAttempts: 2 }).send(describe);
	// And the JavaScript SDK's signaling client takes over what that one has learnt.
	const client = fixture.master(fixture.service.channels.list[0].arn, { systemClockOffset: day });
	await client.open();
});

test("auth: presigned URLs", porch, async (fixture) => {
	const [{ arn }] = fixture.service.channels.list;
	const { ca, keys, service } = fixture;
	const url = (/** @type {object} */ options, more = keys, query = {}) =>
		presign(
			more,
			service.url("viewer"),
			{ "X-Amz-ChannelARN": arn, "X-Amz-ClientId": "v", ...query },
			{ region, ...options },
		);
	const check = async (
		/** @type {string} */ at,
		/** @type {number} */ status,
		/** @type {string} */ type,
		/** @type {RegExp} */ message,
	) => {
		const response = await handshake(at, ca);
		assert.deepEqual([response.status, response.type], [status, type], response.text);
		assert.match(JSON.parse(response.text).message, message);
	};
	assert.equal((await handshake(url({}), ca)).status, 101);
	const temporary = service.issueCredentials();
	assert.equal((await handshake(url({}, temporary), ca)).status, 101);
	const bare = { accessKeyId: temporary.accessKeyId, secretAccessKey: temporary.secretAccessKey };
	await check(url({}, bare), 403, "UnrecognizedClientException", /invalid/);
	await check(url({ date: new Date(Date.now() - 300_000) }), 403, "InvalidSignatureException", /expired/);
	assert.equal((await handshake(url({ date: new Date(Date.now() - 300_000), expires: 600 }), ca)).status, 101);
	await check(url({ date: new Date(Date.now() + 400_000) }), 403, "InvalidSignatureException", /not yet current/);
	await check(url({ expires: 604_801 }), 403, "IncompleteSignatureException", /Expires/);
	await check(url({}).replace("v&", "w&"), 403, "InvalidSignatureException", /does not match/);
	await check(`${service.url("viewer")}/`, 400, "InvalidArgumentException", /X-Amz-ChannelARN/);
	await check(url({}, keys, { "X-Amz-ClientId": "AWS_v" }), 400, "InvalidArgumentException", /X-Amz-ClientId/);
	await check(
		url({}, keys, { "X-Amz-ChannelARN": arn.replace("porch", "none") }),
		404,
		"ResourceNotFoundException",
		/none/,
	);
	service.credentials.expire();
	await check(url({}, temporary), 403, "ExpiredTokenException", /expired/);
	await check(`${service.url("viewer")}/?X-Amz-ChannelARN=%`, 403, "IncompleteSignatureException", /query/);
});

test("auth: Amazon's published vector", [], async () => {
	const keys = {
		accessKeyId: "AKIA4F7WJQR7FMMWMNXI",
		secretAccessKey: "FakeSecretKey",
		sessionToken: "FakeSessionToken",
	};
	const { createRequire } = await import("node:module");
	const { SigV4RequestSigner } = createRequire(import.meta.url)("amazon-kinesis-video-streams-webrtc");
	const { default: Verifier } = await import("../../tools/kvs/sigv4.mjs");
	const date = new Date("2019-12-01T00:00:00Z");
	const verifier = new Verifier(
		/** @type {any} */ ({ now: date.getTime() }),
		/** @type {any} */ ({ find: () => keys }),
		"us-west-2",
	);
	const query = { "X-Amz-TestParam": "test-param-value" };
	const url = new URL(
		await new SigV4RequestSigner("us-west-2", keys).getSignedURL("wss://kvs.awsamazon.com", query, date),
	);
	assert.equal(
		url.searchParams.get("X-Amz-Signature"),
		"fc268038be276315822b4f73eafd28ee3a5632a2a35fdb0a88db9a42b13d6c92",
	);
	const request = {
		method: "GET",
		path: "/",
		query: Object.fromEntries(url.searchParams),
		headers: { host: url.host },
	};
	await verifier.verifyQuery(request);
});
