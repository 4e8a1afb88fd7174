// SPDX-License-Identifier: Apache-2.0
// Storage sessions that go wrong.
import type Client from "./client";
import { sdp } from "./client";
import Scene, { hour, minute, offer, refused, second } from "./scene";
import { messageOf } from "./service";
import { advance, schedule } from "../fakes/moddable/clock";

let scene: Scene;

beforeEach(() => {
	scene = new Scene();
	scene.service.storage = { Status: "ENABLED", StreamARN: "arn:aws:kinesisvideo:eu-west-1:1:stream/s/1" };
});
afterEach(() => scene.close());

const joins = () => scene.count("joinStorageSession");

/** Each join brings an offer. */
function answerJoins(): void {
	scene.service.script = ({ call }) => {
		if (call === "joinStorageSession")
			schedule(() => scene.service.master("porch")?.sendToClient(offer("AWS_STORAGE")), 100);
		return undefined;
	};
}

describe("a session that does not last", () => {
	test.each(["turned down", "given up after a second"])("%s: is no reason for a storm", async (how) => {
		answerJoins();
		const client: Client = await scene.start({ useMediaStorage: true });
		const rejection = { reason: "failed", message: "no such codec" } as const;
		client.answer = ({ peerId }) => {
			if (how === "turned down") client.signaling.send({ type: "reject", peerId, rejection });
			else schedule(() => client.signaling.send({ type: "bye", peerId }), second);
		};
		client.signaling.send({ type: "bye", peerId: "AWS_STORAGE" }); // the first
		await advance(10 * minute);
		expect(joins()).toBeGreaterThan(6);
		expect(joins()).toBeLessThan(14);
		expect(client.codes()).toEqual(Array(joins()).fill("signaling/rejected"));
		expect(client.errors[0]!.message).toBe("KVS: the storage session ended at once");
	});

	test("one that lasts ends the series", async () => {
		answerJoins();
		const client = await scene.start({ useMediaStorage: true });
		for (let i = 0; i < 20; i++) {
			await advance(31 * second);
			client.signaling.send({ type: "bye", peerId: "AWS_STORAGE" });
			const before = joins();
			await advance(second);
			expect(joins()).toBe(before + 1);
		}
		await advance(hour);
		expect(client.errors).toEqual([]);
	});
});

describe("a join that finds nothing", () => {
	const missing = refused("ResourceNotFoundException", 404);

	test.each(["name", "ARN"])("leaves the connection alone, by %s", async (by) => {
		scene.service.script = ({ call }) => (call === "joinStorageSession" ? missing : undefined);
		const { arn } = scene.service.channels.get("porch")!;
		const client = await scene.start({ useMediaStorage: true, ...(by === "ARN" ? { channelARN: arn } : {}) });
		await advance(10 * minute);
		expect(client.states).toEqual(["connecting", "connected"]);
		expect(client.signaling.statistics.connections).toBe(1);
		expect(joins()).toBeGreaterThan(6);
		expect(joins()).toBeLessThan(14);
		expect(scene.count("describeMediaStorageConfiguration")).toBe(1 + joins());
		expect(client.codes()).toEqual(Array(joins()).fill("signaling/channel-missing"));
	});

	test("as storage was disabled: no more joins, until it is enabled again", async () => {
		const client = await scene.start({ useMediaStorage: true });
		answerJoins();
		await advance(10 * second);
		const { script } = scene.service;
		scene.service.storage = undefined;
		scene.service.script = ({ call }) => (call === "joinStorageSession" ? missing : undefined);
		client.signaling.send({ type: "bye", peerId: "AWS_STORAGE" });
		await advance(30 * second);
		const before = joins();
		await advance(10 * minute);
		expect(joins()).toBe(before);
		expect(client.codes().slice(-2)).toEqual(["signaling/channel-missing", "signaling/rejected"]);
		scene.service.storage = { Status: "ENABLED" };
		scene.service.script = script;
		await advance(hour);
		expect(joins()).toBeGreaterThan(before);
		expect(client.states).toEqual(["connecting", "connected"]);
	});
});

test("the back-off goes on over connections", async () => {
	scene.service.script = ({ call }) => (call === "joinStorageSession" ? { status: 500 } : undefined);
	await scene.start({ useMediaStorage: true });
	await advance(2 * minute);
	const before = joins();
	for (let i = 0; i < 20; i++) {
		scene.service.master("porch")?.reset();
		await advance(32 * second);
	}
	expect(joins() - before).toBeLessThan(7);
});

test.each(["memory", "stored"] as const)("storage that is enabled later is found out (cache: %s)", async (cache) => {
	scene.service.storage = undefined;
	const client = await scene.start({ useMediaStorage: true, cache });
	expect(client.codes()).toEqual(["signaling/rejected"]);
	scene.service.storage = { Status: "ENABLED" };
	if (cache === "stored") {
		client.signaling.close();
		await scene.start({ useMediaStorage: true, cache });
	} else await advance(hour);
	expect(joins()).toBeGreaterThan(0);
});

test("storage that is not enabled costs one call with a connection", async () => {
	scene.service.storage = undefined;
	await scene.start({ useMediaStorage: true });
	expect(scene.count("describeMediaStorageConfiguration")).toBe(1);
	await advance(5 * hour);
	expect(scene.count("describeMediaStorageConfiguration")).toBe(6);
});

describe("whose offer it is", () => {
	test("a viewer's is not taken for the storage session's", async () => {
		const client = await scene.start({ useMediaStorage: true });
		scene.service.master("porch")!.sendToClient(offer("viewer-1"));
		await advance(10 * second);
		expect(client.codes()).toContain("signaling/timeout");
		expect(joins()).toBeGreaterThan(1);
	});

	test("the service's own has no name, and neither has the answer", async () => {
		const client = await scene.start({ useMediaStorage: true });
		const nameless = messageOf("SDP_OFFER", { type: "offer", sdp: sdp("x") });
		scene.service.master("porch")!.sendToClient(nameless);
		await advance(second);
		expect(client.messages.map(({ peerId }) => peerId)).toEqual(["AWS_STORAGE_SESSION"]);
		expect(scene.service.received).toMatchObject([{ action: "SDP_ANSWER", recipient: undefined }]);
		await advance(30 * minute);
		expect(joins()).toBe(1);
	});

	test("one that comes late is as good", async () => {
		scene.service.script = ({ call }) =>
			call === "joinStorageSession" && joins() > 5 ? { status: 500 } : undefined;
		const client = await scene.start({ useMediaStorage: true });
		await advance(10 * minute);
		const before = joins();
		scene.service.master("porch")!.sendToClient(offer("AWS_STORAGE"));
		await advance(30 * minute);
		expect(joins()).toBe(before);
		expect(client.messages).toHaveLength(1);
	});

	test("to a viewer it is any", async () => {
		await scene.start({ useMediaStorage: true }, { role: "viewer" });
		scene.service.sockets[0]!.sendToClient(messageOf("SDP_OFFER", { type: "offer", sdp: sdp("x") }));
		await advance(30 * minute);
		expect(scene.count("joinStorageSessionAsViewer")).toBe(1);
	});

	test("without media storage it is nobody's", async () => {
		await scene.start();
		scene.service.master("porch")!.sendToClient(offer("AWS_STORAGE"));
		await advance(2 * hour);
		expect(joins()).toBe(0);
	});
});

test.each([
	["AccessDeniedException", 403],
	["ResourceNotFoundException", 404],
	["InvalidArgumentException", 400],
])("a description that is refused (%s) keeps no peers away", async (type, status) => {
	const { arn } = scene.service.channels.get("porch")!;
	scene.service.script = ({ call }) =>
		call === "describeMediaStorageConfiguration" ? refused(type, status) : undefined;
	const client = await scene.start({ useMediaStorage: true, channelARN: arn });
	expect(client.signaling.state).toBe("connected");
	expect(client.errors).toHaveLength(1);
	scene.service.script = undefined;
	await advance(hour);
	expect(joins()).toBeGreaterThan(0);
});

test("a description that fails is asked for again before peers come", async () => {
	let left = 2;
	scene.service.script = ({ call }) =>
		call === "describeMediaStorageConfiguration" && left-- > 0 ? { status: 500 } : undefined;
	const client = await scene.start({ useMediaStorage: true });
	await advance(second);
	expect(client.codes()).toEqual(["signaling/service-failed", "signaling/service-failed"]);
	expect(joins()).toBe(1);
});
