// SPDX-License-Identifier: Apache-2.0
// Storage sessions: the service offers, receives and counts.
// @ts-check
import assert from "node:assert/strict";
import { UpdateMediaStorageConfigurationCommand } from "@aws-sdk/client-kinesis-video";
import {
	JoinStorageSessionAsViewerCommand,
	JoinStorageSessionCommand,
} from "@aws-sdk/client-kinesis-video-webrtc-storage";
import { MediaStreamTrack, RTCPeerConnection, RtpHeader, RtpPacket, useH264, useOPUS } from "werift";
import { rejects, sleep, test } from "./harness.mjs";

const porch = ["--channel", "porch", "--storage-delay", "50"];
const stream = "arn:aws:kinesisvideo:eu-west-1:123456789012:stream/porch/1700000000000";

/** @param {import("./harness.mjs").Fixture} fixture @returns {Promise<string>} ARN */
async function enable({ control, service }) {
	const [{ arn }] = service.channels.list;
	const configuration = { Status: /** @type {const} */ ("ENABLED"), StreamARN: stream };
	await control.send(
		new UpdateMediaStorageConfigurationCommand({ ChannelARN: arn, MediaStorageConfiguration: configuration }),
	);
	return arn;
}

/** @param {import("./harness.mjs").Fixture} fixture @param {string} status */
async function reach({ service }, status) {
	for (let tries = 0; tries < 100; tries++) {
		if (service.storage.state.some((session) => session.status === status)) return service.storage.state[0];
		await sleep(50);
	}
	throw new Error(`not ${status}: ${JSON.stringify(service.storage.state)}`);
}

/**
 * Answers the service's offer.
 * @param {import("./harness.mjs").Probe} probe
 * @param {("audio" | "video")[]} kinds to send
 */
async function respond(probe, kinds) {
	const { value: offer, from } = await probe.hear("sdpOffer");
	const codecs = { video: [useH264({ mimeType: "video/H264" })], audio: [useOPUS({ mimeType: "audio/opus" })] };
	const peer = new RTCPeerConnection({ codecs, iceServers: [], iceAdditionalHostAddresses: ["127.0.0.1"] });
	const tracks = kinds.map((kind) => new MediaStreamTrack({ kind }));
	for (const track of tracks) peer.addTransceiver(track, { direction: "sendonly" });
	peer.onIceCandidate.subscribe(
		(candidate) => candidate && probe.client.sendIceCandidate(/** @type {any} */ (candidate.toJSON()), from),
	);
	probe.client.on("iceCandidate", (candidate) => peer.addIceCandidate(candidate));
	await peer.setRemoteDescription(offer);
	await peer.setLocalDescription(await peer.createAnswer());
	probe.client.sendSdpAnswer(/** @type {any} */ ({ type: "answer", sdp: peer.localDescription?.sdp }), from);
	return { peer, tracks, from, offer };
}

test("storage: a master's media arrive", porch, async (fixture) => {
	const arn = await enable(fixture);
	const master = await fixture.master(arn).open();
	await fixture.storageClient().send(new JoinStorageSessionCommand({ channelArn: arn }));
	const { peer, tracks, from, offer } = await respond(master, ["video", "audio"]);
	assert.equal(from, undefined);
	assert.match(offer.sdp, /H264\/90000[^]*opus\/48000/);
	assert.match(offer.sdp, /a=recvonly/);
	await reach(fixture, "connected");
	for (let sequenceNumber = 1; sequenceNumber <= 20; sequenceNumber++) {
		for (const track of tracks) {
			const header = new RtpHeader({
				sequenceNumber,
				timestamp: sequenceNumber * 3000,
				payloadType: 96,
				ssrc: 1,
				marker: true,
			});
			track.writeRtp(new RtpPacket(header, Buffer.from([0x65, 1, 2, 3])));
		}
		await sleep(10);
	}
	await sleep(200);
	const [{ packets, bytes }] = (await fixture.local("state")).storageSessions;
	assert(packets.video >= 18 && packets.audio >= 18, JSON.stringify(packets));
	assert.equal(bytes.video, packets.video * 4);
	await peer.close();
});

test("storage: what is not both H.264 and Opus is refused", porch, async (fixture) => {
	const arn = await enable(fixture);
	const master = await fixture.master(arn).open();
	await fixture.storageClient().send(new JoinStorageSessionCommand({ channelArn: arn }));
	const { peer } = await respond(master, ["audio"]);
	await sleep(200);
	assert(
		fixture.service.events.some((line) => line.includes("the answer sends no H.264")),
		"the session ends",
	);
	assert.deepEqual(fixture.service.storage.state, []);
	await peer.close();
});

test("storage: a viewer joins with its voice", porch, async (fixture) => {
	const arn = await enable(fixture);
	const master = await fixture.master(arn).open();
	const viewer = await fixture.viewer(arn, "v").open();
	await fixture.storageClient().send(new JoinStorageSessionAsViewerCommand({ channelArn: arn, clientId: "v" }));
	const { peer } = await respond(viewer, ["audio"]);
	assert.equal((await reach(fixture, "connected")).role, "VIEWER");
	assert.deepEqual(master.heard, [], "the master hears nothing of it");
	await peer.close();
});

test("storage: a second join takes the first one's place", porch, async (fixture) => {
	const arn = await enable(fixture);
	const master = await fixture.master(arn).open();
	for (let times = 0; times < 2; times++) {
		await fixture.storageClient().send(new JoinStorageSessionCommand({ channelArn: arn }));
		await master.hear("sdpOffer");
	}
	assert.equal(fixture.service.storage.state.length, 1);
});

test("storage: refusals", porch, async (fixture) => {
	const [{ arn }] = fixture.service.channels.list;
	const client = fixture.storageClient();
	await rejects(
		client.send(new JoinStorageSessionCommand({ channelArn: arn })),
		"InvalidArgumentException",
		400,
		/not enabled/,
	);
	await enable(fixture);
	const join = (/** @type {any} */ input) =>
		client.send(new JoinStorageSessionAsViewerCommand({ channelArn: arn, clientId: "v", ...input }));
	await rejects(join({ clientId: "AWS_x" }), "InvalidArgumentException", 400);
	await rejects(join({ clientId: undefined }), "InvalidArgumentException", 400);
	await rejects(join({ channelArn: arn.replace("porch", "none") }), "ResourceNotFoundException", 404);
	await rejects(client.send(new JoinStorageSessionCommand(/** @type {any} */ ({}))), "InvalidArgumentException", 400);
});
