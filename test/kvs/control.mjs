// SPDX-License-Identifier: Apache-2.0
// Every REST call, through the AWS SDK: what it answers, and what it refuses.
// @ts-check
import assert from "node:assert/strict";
import * as kvs from "@aws-sdk/client-kinesis-video";
import { GetIceServerConfigCommand, SendAlexaOfferToMasterCommand } from "@aws-sdk/client-kinesis-video-signaling";
import { base64, offer, rejects, test } from "./harness.mjs";

const missingArn = "arn:aws:kinesisvideo:eu-west-1:123456789012:channel/nobody/1700000000000";
const stream = "arn:aws:kinesisvideo:eu-west-1:123456789012:stream/porch/1700000000000";
/** @param {Record<string, unknown>} input @returns {any} for what a typed client would not let through */
const wrong = (input) => input;

test("control: create, describe, list, delete", [], async (fixture) => {
	const { control } = fixture;
	const before = Date.now();
	const arn = await fixture.create("porch", {
		ChannelType: "SINGLE_MASTER",
		SingleMasterConfiguration: { MessageTtlSeconds: 30 },
	});
	assert.match(arn, /^arn:aws:kinesisvideo:eu-west-1:\d{12}:channel\/porch\/\d{13}$/);
	const { ChannelInfo: info } = await control.send(new kvs.DescribeSignalingChannelCommand({ ChannelName: "porch" }));
	assert.equal(info?.ChannelStatus, "ACTIVE");
	assert.equal(info?.ChannelType, "SINGLE_MASTER");
	assert.equal(info?.SingleMasterConfiguration?.MessageTtlSeconds, 30);
	assert(info?.CreationTime && Math.abs(info.CreationTime.getTime() - before) < 5000, "creation time in seconds");
	const byArn = await control.send(new kvs.DescribeSignalingChannelCommand({ ChannelARN: arn }));
	assert.deepEqual(byArn.ChannelInfo, info);
	const old = new kvs.DeleteSignalingChannelCommand({ ChannelARN: arn, CurrentVersion: "notTheVersion" });
	await rejects(control.send(old), "VersionMismatchException", 400);
	await control.send(new kvs.DeleteSignalingChannelCommand({ ChannelARN: arn, CurrentVersion: info?.Version }));
	await rejects(
		control.send(new kvs.DescribeSignalingChannelCommand({ ChannelARN: arn })),
		"ResourceNotFoundException",
		404,
	);
});

test("control: refusals of create", [], async ({ control, service }) => {
	const create = (/** @type {object} */ input) =>
		control.send(new kvs.CreateSignalingChannelCommand(wrong({ ChannelName: "a", ...input })));
	await create({});
	await rejects(create({}), "ResourceInUseException", 400, /already exists/);
	for (const input of [
		{ ChannelName: undefined },
		{ ChannelName: "" },
		{ ChannelName: "a b" },
		{ ChannelName: "x".repeat(257) },
		{ ChannelName: "b", ChannelType: "FULL_MESH" },
		{ ChannelName: "b", ChannelType: "OTHER" },
		{ ChannelName: "b", SingleMasterConfiguration: { MessageTtlSeconds: 4 } },
		{ ChannelName: "b", SingleMasterConfiguration: { MessageTtlSeconds: 121 } },
		{ ChannelName: "b", SingleMasterConfiguration: { MessageTtlSeconds: 5.5 } },
		{ ChannelName: "b", Tags: [{ Key: "", Value: "x" }] },
		{ ChannelName: "b", Tags: Array(51).fill({ Key: "k", Value: "v" }) },
	]) {
		await rejects(create(input), "InvalidArgumentException", 400);
	}
	assert.deepEqual(
		service.channels.list.map(({ name }) => name),
		["a"],
		"nothing was made",
	);
});

test(
	"control: list in pages, by prefix",
	["--channel", "b2", "--channel", "a", "--channel", "b1"],
	async ({ control }) => {
		const names = async (/** @type {object} */ input) => {
			const { ChannelInfoList = [], NextToken } = await control.send(new kvs.ListSignalingChannelsCommand(input));
			return { names: ChannelInfoList.map(({ ChannelName }) => ChannelName), NextToken };
		};
		assert.deepEqual((await names({})).names, ["a", "b1", "b2"]);
		const first = await names({ MaxResults: 2 });
		assert.deepEqual(first.names, ["a", "b1"]);
		assert.deepEqual(await names({ MaxResults: 2, NextToken: first.NextToken }), {
			names: ["b2"],
			NextToken: undefined,
		});
		const condition = { ComparisonOperator: "BEGINS_WITH", ComparisonValue: "b" };
		assert.deepEqual((await names({ ChannelNameCondition: condition })).names, ["b1", "b2"]);
		await rejects(names({ MaxResults: 0 }), "InvalidArgumentException", 400);
	},
);

test("control: update", ["--channel", "porch"], async ({ control, service }) => {
	const [channel] = service.channels.list;
	const update = (/** @type {object} */ input) =>
		control.send(
			new kvs.UpdateSignalingChannelCommand(
				wrong({ ChannelARN: channel.arn, CurrentVersion: channel.version, ...input }),
			),
		);
	const { version } = channel;
	await update({ SingleMasterConfiguration: { MessageTtlSeconds: 7 } });
	assert.equal(channel.messageTtl, 7);
	await rejects(update({ CurrentVersion: version }), "VersionMismatchException", 400);
	await rejects(update({ CurrentVersion: undefined }), "InvalidArgumentException", 400);
	await rejects(update({ ChannelARN: missingArn }), "ResourceNotFoundException", 404);
});

test("control: tags", [], async (fixture) => {
	const arn = await fixture.create("porch", { Tags: [{ Key: "room", Value: "front" }] });
	const { control } = fixture;
	const list = async () => (await control.send(new kvs.ListTagsForResourceCommand({ ResourceARN: arn }))).Tags;
	await control.send(new kvs.TagResourceCommand({ ResourceARN: arn, Tags: [{ Key: "floor", Value: "0" }] }));
	assert.deepEqual(await list(), { room: "front", floor: "0" });
	await control.send(new kvs.UntagResourceCommand({ ResourceARN: arn, TagKeyList: ["room"] }));
	assert.deepEqual(await list(), { floor: "0" });
	const many = Array.from({ length: 50 }, (_, index) => ({ Key: `k${index}`, Value: "v" }));
	const tooMany = control.send(new kvs.TagResourceCommand({ ResourceARN: arn, Tags: many }));
	await rejects(tooMany, "TagsPerResourceExceededLimitException", 400);
});

test("control: endpoints", ["--channel", "porch"], async (fixture) => {
	const { control, service } = fixture;
	const [{ arn }] = service.channels.list;
	const [master, viewer] = [await fixture.endpoints(arn, "MASTER"), await fixture.endpoints(arn, "VIEWER")];
	assert.match(master.WSS, /^wss:\/\/localhost:\d+$/);
	assert.notEqual(master.WSS, viewer.WSS);
	assert.equal(master.HTTPS, viewer.HTTPS);
	assert.match(master.WEBRTC, /^https:/);
	const get = (/** @type {any} */ configuration, ChannelARN = arn) =>
		control.send(
			new kvs.GetSignalingChannelEndpointCommand({
				ChannelARN,
				SingleMasterChannelEndpointConfiguration: configuration,
			}),
		);
	const one = await get({ Protocols: ["HTTPS"], Role: "MASTER" });
	assert.deepEqual(one.ResourceEndpointList, [{ Protocol: "HTTPS", ResourceEndpoint: master.HTTPS }]);
	for (const configuration of [
		undefined,
		{ Protocols: [], Role: "MASTER" },
		{ Protocols: ["FTP"], Role: "MASTER" },
		{ Protocols: ["WSS"], Role: "GUEST" },
		{ Protocols: ["WSS"] },
		{ Role: "MASTER" },
	]) {
		await rejects(get(configuration), "InvalidArgumentException", 400);
	}
	await rejects(get({ Protocols: ["WSS"], Role: "MASTER" }, missingArn), "ResourceNotFoundException", 404);
	await rejects(get({ Protocols: ["WSS"], Role: "MASTER" }, "arn:aws:s3:::bucket"), "InvalidArgumentException", 400);
});

test("control: endpoints have the name that the caller used", ["--channel", "porch"], async (fixture) => {
	const endpoint = fixture.service.url("control", { hostname: "127.0.0.1" });
	const control = fixture.controlClient({ endpoint });
	const { ResourceEndpointList = [] } = await control.send(
		new kvs.GetSignalingChannelEndpointCommand({
			ChannelARN: fixture.service.channels.list[0].arn,
			SingleMasterChannelEndpointConfiguration: { Protocols: ["WSS"], Role: "MASTER" },
		}),
	);
	assert.match(ResourceEndpointList[0].ResourceEndpoint ?? "", /^wss:\/\/127\.0\.0\.1:/);
});

test("control: media storage configuration", ["--channel", "porch"], async ({ control, service }) => {
	const [{ arn }] = service.channels.list;
	const describe = async () =>
		(await control.send(new kvs.DescribeMediaStorageConfigurationCommand({ ChannelARN: arn })))
			.MediaStorageConfiguration;
	const update = (/** @type {any} */ configuration) =>
		control.send(
			new kvs.UpdateMediaStorageConfigurationCommand({
				ChannelARN: arn,
				MediaStorageConfiguration: configuration,
			}),
		);
	assert.deepEqual(await describe(), { Status: "DISABLED" });
	await update({ Status: "ENABLED", StreamARN: stream });
	assert.deepEqual(await describe(), { Status: "ENABLED", StreamARN: stream });
	await rejects(update({ Status: "ENABLED" }), "InvalidArgumentException", 400);
	await rejects(update({ Status: "MAYBE", StreamARN: stream }), "InvalidArgumentException", 400);
	await rejects(update({ Status: "ENABLED", StreamARN: arn }), "InvalidArgumentException", 400);
});

const turn = ["--turn-uri", "turn:192.0.2.9:443?transport=udp", "--turn-secret", "s3cret", "--channel", "porch"];
test("data: ICE servers have the service's form", turn, async (fixture) => {
	const [{ arn }] = fixture.service.channels.list;
	const client = fixture.dataClient();
	const { IceServerList = [] } = await client.send(
		new GetIceServerConfigCommand({ ChannelARN: arn, ClientId: "v", Service: "TURN" }),
	);
	assert.equal(IceServerList.length, 1);
	const [{ Username = "", Password, Ttl, Uris }] = IceServerList;
	assert.equal(Ttl, 300);
	assert.deepEqual(Uris, ["turn:192.0.2.9:443?transport=udp"]);
	const [until, encoded] = Username.split(":");
	assert(Math.abs(Number(until) - Date.now() / 1000 - 300) < 3);
	assert.equal(Buffer.from(encoded, "base64").toString(), `v1:${arn}`);
	const { createHmac } = await import("node:crypto");
	assert.equal(Password, createHmac("sha1", "s3cret").update(Username).digest("base64"));
	for (const input of [{ ClientId: "AWS_x" }, { ClientId: "a b" }, { Service: "STUN" }, { ChannelARN: "x" }]) {
		await rejects(
			client.send(new GetIceServerConfigCommand(wrong({ ChannelARN: arn, ...input }))),
			"InvalidArgumentException",
			400,
		);
	}
	await rejects(
		client.send(new GetIceServerConfigCommand({ ChannelARN: missingArn })),
		"ResourceNotFoundException",
		404,
	);
});

test("data: Alexa's offer", ["--channel", "porch", "--time-scale", "20"], async (fixture) => {
	const [{ arn }] = fixture.service.channels.list;
	const master = await fixture.master(arn).open();
	const send = () =>
		fixture.dataClient().send(
			new SendAlexaOfferToMasterCommand({
				ChannelARN: arn,
				SenderClientId: "alexa",
				MessagePayload: base64(offer),
			}),
		);
	const sent = send();
	const { value, from } = await master.hear("sdpOffer");
	assert.deepEqual([value, from], [offer, "alexa"]);
	master.client.sendSdpAnswer(/** @type {any} */ ({ type: "answer", sdp: "yes" }), "alexa");
	assert.equal((await sent).Answer, base64({ type: "answer", sdp: "yes" }));
	await rejects(send(), "SessionExpiredException", 400);
});

test("control: what is no call, no JSON, too much", [], async (fixture) => {
	const url = fixture.service.url("control");
	const unknown = await fixture.fetch(`${url}/describeStream`, { method: "POST" }, "{}");
	assert.deepEqual([unknown.status, unknown.headers["x-amzn-errortype"]], [404, "UnknownOperationException"]);
	const large = await fixture.fetch(`${url}/describeSignalingChannel`, { method: "POST" }, "x".repeat(300_000));
	assert.equal(large.status, 413);
	const preflight = await fixture.fetch(`${url}/describeSignalingChannel`, {
		method: "OPTIONS",
		headers: { origin: "https://elsewhere.example", "access-control-request-headers": "authorization,x-amz-date" },
	});
	assert.equal(preflight.status, 200);
	assert.equal(preflight.headers["access-control-allow-headers"], "authorization,x-amz-date");
	assert.match(preflight.headers["access-control-expose-headers"] ?? "", /x-amzn-ErrorType/);
});
