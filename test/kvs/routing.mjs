// SPDX-License-Identifier: Apache-2.0
// Messages between masters and viewers, through Amazon's JavaScript SDK.
// @ts-check
import assert from "node:assert/strict";
import { answer, base64, candidate, offer, sleep, test } from "./harness.mjs";

const porch = ["--channel", "porch"];
/** @param {import("./harness.mjs").Fixture} fixture */
const arnOf = ({ service }) => service.channels.list[0].arn;

test("routing: both ways", porch, async (fixture) => {
	const master = await fixture.master(arnOf(fixture)).open();
	const viewer = await fixture.viewer(arnOf(fixture), "v1").open();
	const other = await fixture.viewer(arnOf(fixture), "v2").open();
	const raw = master.raw();
	viewer.client.sendSdpOffer(offer);
	viewer.client.sendIceCandidate(candidate);
	assert.deepEqual(JSON.parse(await raw), {
		messagePayload: base64(offer),
		messageType: "SDP_OFFER",
		senderClientId: "v1",
	});
	assert.deepEqual(await master.hear("sdpOffer"), { event: "sdpOffer", value: offer, from: "v1" });
	assert.deepEqual(await master.hear("iceCandidate"), { event: "iceCandidate", value: candidate, from: "v1" });
	const back = viewer.raw();
	master.client.sendSdpAnswer(answer, "v1");
	master.client.sendIceCandidate(candidate, "v1");
	assert.deepEqual(
		JSON.parse(await back),
		{ messagePayload: base64(answer), messageType: "SDP_ANSWER" },
		"no sender",
	);
	await viewer.hear("sdpAnswer");
	await viewer.hear("iceCandidate");
	master.client.sendSdpOffer(offer, "v2");
	await other.hear("sdpOffer");
	assert.deepEqual(viewer.heard, []);
});

test("routing: keys in both cases, ICE servers with the offer", porch, async (fixture) => {
	const master = await fixture.master(arnOf(fixture)).open();
	const viewer = await fixture.viewer(arnOf(fixture), "v1").open();
	const raw = master.raw();
	const servers = [{ Password: "p", Ttl: 300, Uris: ["turn:x"], Username: "u" }];
	viewer.socket.send(
		JSON.stringify({
			action: "SDP_OFFER",
			RecipientClientId: "ignored",
			MessagePayload: base64(offer),
			IceServerList: servers,
		}),
	);
	assert.deepEqual(JSON.parse(await raw).IceServerList, servers);
	await master.hear("sdpOffer");
	master.socket.send(
		JSON.stringify({
			action: "SDP_ANSWER",
			RecipientClientId: "v1",
			MessagePayload: base64(answer),
			CorrelationId: "c",
		}),
	);
	await viewer.hear("sdpAnswer");
	assert.deepEqual(master.heard, [], "no status without an error");
});

test("routing: a master that comes later gets what waits, in order", porch, async (fixture) => {
	const viewer = await fixture.viewer(arnOf(fixture), "v1").open();
	viewer.client.sendSdpOffer(/** @type {any} */ ({ type: "offer", sdp: "first" }));
	viewer.client.sendIceCandidate(candidate);
	viewer.client.sendSdpOffer(/** @type {any} */ ({ type: "offer", sdp: "second" }));
	await sleep(50);
	const master = await fixture.master(arnOf(fixture)).open();
	assert.equal((await master.hear("sdpOffer")).value.sdp, "second", "the first gave way");
	await master.hear("iceCandidate");
	await sleep(50);
	assert.deepEqual(master.heard, []);
	// And the other way round.
	viewer.close();
	await viewer.hear("close");
	master.client.sendSdpAnswer(answer, "v1");
	await sleep(50);
	const again = await fixture.viewer(arnOf(fixture), "v1").open();
	await again.hear("sdpAnswer");
});

test("routing: what waits ends with its life", [...porch, "--time-scale", "600"], async (fixture) => {
	const viewer = await fixture.viewer(arnOf(fixture), "v1", {}).open();
	viewer.client.sendSdpOffer(offer); // 60 s / 600 = 100 ms
	await sleep(200);
	const master = await fixture.master(arnOf(fixture)).open();
	await sleep(100);
	assert.deepEqual(
		master.heard.filter(({ event }) => event !== "open"),
		[],
	);
});

test("routing: the newest connection of a role or a client id gets the messages", porch, async (fixture) => {
	const [first, second] = [await fixture.master(arnOf(fixture)).open(), await fixture.master(arnOf(fixture)).open()];
	const [v1, v2] = [
		await fixture.viewer(arnOf(fixture), "v").open(),
		await fixture.viewer(arnOf(fixture), "v").open(),
	];
	v1.client.sendSdpOffer(offer);
	await second.hear("sdpOffer");
	first.client.sendSdpAnswer(answer, "v");
	await v2.hear("sdpAnswer");
	second.close();
	await second.hear("close");
	v2.client.sendSdpOffer(offer);
	await sleep(50);
	assert.deepEqual([first.heard, v1.heard], [[], []]);
});

test("routing: channels do not mix", [...porch, "--channel", "yard"], async (fixture) => {
	const [porchArn, yardArn] = fixture.service.channels.list.map(({ arn }) => arn);
	const yard = await fixture.master(yardArn).open();
	const master = await fixture.master(porchArn).open();
	const viewer = await fixture.viewer(porchArn, "v").open();
	viewer.client.sendSdpOffer(offer);
	await master.hear("sdpOffer");
	assert.deepEqual(yard.heard, []);
});

test("routing: errors are told to who asks", porch, async (fixture) => {
	const master = await fixture.master(arnOf(fixture)).open();
	const viewer = await fixture.viewer(arnOf(fixture), "v").open();
	const good = {
		action: "SDP_ANSWER",
		recipientClientId: "v",
		messagePayload: base64(answer),
		correlationId: "id-1",
	};
	const cases = /** @type {[object, RegExp][]} */ ([
		[{ recipientClientId: undefined }, /recipientClientId is required/],
		[{ recipientClientId: "" }, /recipientClientId is required/],
		[{ recipientClientId: "a b" }, /recipientClientId/],
		[{ messagePayload: undefined }, /messagePayload is required/],
		[{ messagePayload: "" }, /messagePayload is required/],
		[{ messagePayload: 5 }, /messagePayload is required/],
		[{ messagePayload: "no base64!" }, /not base64/],
		[{ messagePayload: "abcde" }, /not base64/],
		[{ messagePayload: "A".repeat(10_244) }, /10244 characters/],
		[{ action: "OFFER" }, /action/],
		[{ action: undefined }, /action/],
	]);
	for (const [change, description] of cases) {
		master.socket.send(JSON.stringify({ ...good, ...change }));
		const { value } = await master.hear("statusResponse");
		assert.equal(value.correlationId, "id-1");
		assert.equal(value.errorType, "InvalidArgumentException");
		assert.equal(value.statusCode, "400");
		assert.match(value.description, description);
		master.socket.send(JSON.stringify({ ...good, ...change, correlationId: undefined }));
	}
	master.socket.send(JSON.stringify({ ...good, messagePayload: "A".repeat(10_240) }));
	await sleep(50);
	assert.deepEqual(
		[master.heard, viewer.heard.length],
		[[], 0],
		"no answer, unless asked for; the payload is no SDP",
	);
	assert.equal(fixture.service.hub.connections.length, 2, "nobody was cut off");
});

test("routing: what is no message at all", porch, async (fixture) => {
	const viewer = await fixture.viewer(arnOf(fixture), "v").open();
	for (const text of ["{", "[]", "5", '"text"', "null"]) {
		const raw = viewer.raw();
		viewer.socket.send(text);
		assert.equal(JSON.parse(await raw).message, "Forbidden");
	}
	viewer.socket.send(""); // a keep-alive
	viewer.socket.send(Buffer.from([1, 2, 3]));
	const closing = viewer.closing();
	viewer.socket.send("x".repeat(200_000));
	assert.equal((await closing).code, 1009);
});
