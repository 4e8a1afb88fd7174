// SPDX-License-Identifier: Apache-2.0
// The whole client in virtual time: from cold and from the cache, both roles, and what the service asks for.
import KVSSignaling from "webrtc/signaling/kvs";
import Client, { sdp, seeded } from "./client";
import Service, { messageOf } from "./service";
import { advance, pendingTimers, resetClock } from "../fakes/moddable/clock";
import { currentTime } from "../fakes/moddable/clock";
import preference from "../fakes/moddable/preference";

let service: Service;
let deviceOffset: number;
let clients: Client[];

beforeEach(() => {
	resetClock();
	preference.reset();
	deviceOffset = 0;
	clients = [];
	service = new Service();
	jest.spyOn(Math, "random").mockImplementation(seeded(1));
	jest.spyOn(Date, "now").mockImplementation(() => service.now + deviceOffset);
});
afterEach(() => {
	for (const { signaling } of clients) signaling.close();
	jest.restoreAllMocks();
});

function make(...args: ConstructorParameters<typeof Client> extends [Service, ...infer Rest] ? Rest : never): Client {
	const client = new Client(service, ...args);
	clients.push(client);
	return client;
}

/** Milliseconds until a condition holds. */
async function until(condition: () => boolean, limit = 60_000): Promise<number> {
	const start = currentTime();
	while (!condition()) {
		if (currentTime() - start >= limit) throw new Error("it did not happen in time");
		await advance(10);
	}
	return currentTime() - start;
}

const isConnected = ({ signaling }: Client) => signaling.state === "connected";
const offer = (id: string) => messageOf("SDP_OFFER", { type: "offer", sdp: sdp(id) }, id);

describe("from cold to ready", () => {
	test("a master needs two TLS connections and two calls; TURN servers come after", async () => {
		service.addChannel("porch");
		const client = make().connect();
		await until(() => isConnected(client));
		expect(service.calls()).toEqual(["describeSignalingChannel", "getSignalingChannelEndpoint"]);
		expect(service.connections).toEqual([
			"kinesisvideo.eu-west-1.amazonaws.com",
			"m-1.kinesisvideo.eu-west-1.amazonaws.com",
		]);
		expect(client.states).toEqual(["connecting", "connected"]);
		await until(() => client.servers.length === 2);
		expect(service.calls()[2]).toBe("v1/get-ice-server-config");
		expect(client.signaling.statistics).toMatchObject({ connections: 1, httpConnections: 2, httpRequests: 3 });
		expect(client.steps).toEqual(["describe", "getEndpoint", "getIceServers"]);
		expect(client.credentialCalls).toBe(1);
		expect(client.errors).toEqual([]);
	});

	test("a channel that is not there is made, with what was asked for", async () => {
		const createChannel = { messageTtlSeconds: 30, tags: { room: "hall" }, kmsKeyId: "alias/k" };
		const client = make({ createChannel }).connect();
		await until(() => isConnected(client));
		expect(service.calls()).toEqual([
			"describeSignalingChannel",
			"createSignalingChannel",
			"getSignalingChannelEndpoint",
		]);
		expect(service.channels.get("porch")!.body).toEqual({
			ChannelName: "porch",
			ChannelType: "SINGLE_MASTER",
			SingleMasterConfiguration: { MessageTtlSeconds: 30 },
			Tags: [{ Key: "room", Value: "hall" }],
			KmsKeyId: "alias/k",
		});
		expect(client.errors).toEqual([]);
	});

	test("an ARN saves the description", async () => {
		const { arn } = service.addChannel("porch");
		const client = make({ channelARN: arn }).connect();
		await until(() => isConnected(client));
		expect(service.calls()).toEqual(["getSignalingChannelEndpoint"]);
	});

	test("with the cache warm there is the WebSocket only", async () => {
		service.addChannel("porch");
		const first = make({ cache: "stored" }).connect();
		await until(() => isConnected(first));
		first.signaling.close();
		service.requests.length = service.connections.length = 0;
		const second = make({ cache: "stored" }).connect();
		const time = await until(() => isConnected(second));
		expect(service.calls()).toEqual([]);
		expect(service.connections).toEqual(["m-1.kinesisvideo.eu-west-1.amazonaws.com"]);
		expect(time).toBeLessThanOrEqual(110); // DNS and four round trips of 20 ms
	});

	test("the cache is for one channel, role and endpoint; what is stale in it is found out", async () => {
		service.addChannel("porch");
		const first = make({ cache: "stored" }).connect();
		await until(() => isConnected(first));
		first.signaling.close();
		const viewer = make({ cache: "stored" }).connect("viewer");
		await until(() => isConnected(viewer));
		expect(service.calls().filter((call) => call === "describeSignalingChannel")).toHaveLength(2);
		viewer.signaling.close();

		service.channels.clear();
		service.addChannel("porch").arn += "9"; // made anew since
		service.endpointGeneration = 2;
		const second = make({ cache: "stored" }).connect();
		await until(() => isConnected(second));
		expect(second.codes()).toEqual(["signaling/connection-failed", "signaling/channel-missing"]);

		await advance(11 * 3_600_000);
		second.signaling.close();
		service.requests.length = 0;
		await advance(11 * 3_600_000);
		const third = make({ cache: "stored" }).connect();
		await until(() => isConnected(third));
		expect(service.calls()[0]).toBe("describeSignalingChannel");
	});

	test("each channel and role has a place of its own in the storage, with a name that NVS takes", async () => {
		service.addChannel("porch");
		service.addChannel("hall");
		const all = [
			["porch", "master"],
			["porch", "viewer"],
			["hall", "master"],
		] as const;
		for (const isWarm of [false, true])
			for (const [channelName, role] of all) {
				service.requests.length = 0;
				const client = make({ cache: "stored", channelName }).connect(role);
				await until(() => isConnected(client));
				expect(service.calls().includes("describeSignalingChannel")).toBe(!isWarm);
				client.signaling.close();
			}
		const names = preference.keys("kvs");
		expect(names).toHaveLength(3);
		for (const name of names) expect(name).toMatch(/^c[0-9a-f]{14}$/); // of 15 characters at most
	});

	test("a cache that holds nonsense is no obstacle", async () => {
		service.addChannel("porch");
		const first = make({ cache: "stored" }).connect();
		await until(() => isConnected(first));
		first.signaling.close();
		const [name] = preference.keys("kvs") as [string];
		for (const text of [
			"",
			"{",
			"[]",
			'{"identity":1}',
			String(preference.get("kvs", name)).replace("wss://", "x://"),
		]) {
			preference.set("kvs", name, text);
			const client = make({ cache: "stored" }).connect();
			await until(() => isConnected(client));
		}
		const cache = {
			read: () => JSON.parse("5"),
			write: () => {
				throw new Error("full");
			},
		};
		const client = make({ cache }).connect();
		await until(() => isConnected(client));
	});

	test("nothing is left over after close", async () => {
		service.addChannel("porch");
		for (const time of [0, 10, 50, 100, 200, 300, 400, 1000, 20_000]) {
			resetClock();
			const client = make().connect();
			await advance(time);
			client.signaling.close();
			client.signaling.close();
			expect(client.states.at(-1)).toBe("disconnected");
			const heard = client.states.length;
			expect(() => client.signaling.send({ type: "bye", peerId: "x" })).toThrow("not connected");
			await advance(0);
			// The fake network's own timers end; the client has none.
			await advance(2 * 3_600_000);
			expect(pendingTimers()).toBe(0);
			expect(client.states).toHaveLength(heard);
		}
	});
});

describe("messages", () => {
	let client: Client;

	async function start(role: "master" | "viewer" = "master", options = {}): Promise<void> {
		service.addChannel("porch");
		client = make(options).connect(role);
		await until(() => isConnected(client));
		await advance(1000);
	}

	test("an offer comes, its answer and candidates go, each with a correlation id of its own", async () => {
		await start();
		service.master("porch")!.sendToClient(offer("viewer-1"), 100);
		await until(() => client.messages.length === 1);
		expect(client.messages[0]).toEqual({ type: "offer", peerId: "viewer-1", sdp: sdp("viewer-1") });
		client.signaling.send({ type: "answer", peerId: "viewer-1", sdp: sdp("a".repeat(5000)) });
		const candidate = {
			candidate: "candidate:1 1 udp 1 1.2.3.4 5 typ host",
			sdpMid: "0",
			sdpMLineIndex: 0,
			usernameFragment: null,
		};
		client.signaling.send({ type: "candidate", peerId: "viewer-1", candidate });
		client.signaling.send({ type: "candidate", peerId: "viewer-1", candidate: { candidate: "" } });
		await advance(1000);
		const [answer, trickled] = service.received;
		expect(service.received).toHaveLength(2);
		expect(answer).toMatchObject({
			action: "SDP_ANSWER",
			recipient: "viewer-1",
			payload: { type: "answer", sdp: sdp("a".repeat(5000)) },
		});
		expect(trickled!.payload).toEqual({ candidate: candidate.candidate, sdpMid: "0", sdpMLineIndex: 0 });
		expect(answer!.correlationId).not.toBe(trickled!.correlationId);
	});

	test("a refusal is reported with the peer that it is about", async () => {
		await start();
		client.signaling.send({ type: "answer", peerId: "viewer-1", sdp: sdp("") });
		await advance(100);
		const { correlationId } = service.received[0]!;
		const statusResponse = {
			correlationId,
			errorType: "InvalidArgumentException",
			statusCode: "400",
			description: "no",
		};
		service.master("porch")!.sendToClient(messageOf("STATUS_RESPONSE", undefined, undefined, { statusResponse }));
		await advance(100);
		expect(client.errors[0]).toMatchObject({ code: "signaling/rejected" });
		expect(client.errors[0]!.message).toMatch(/viewer-1.*400 InvalidArgumentException no/);
	});

	test("an offer that is turned down is answered with all media rejected", async () => {
		await start();
		const full = `${sdp("o")}a=group:BUNDLE 0 1\r\nm=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:0\r\na=x\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:1\r\n`;
		service.master("porch")!.sendToClient(messageOf("SDP_OFFER", { type: "offer", sdp: full }, "viewer-1"));
		await advance(100);
		const rejection = { reason: "too-many-sessions", message: "5 sessions are there" } as const;
		client.signaling.send({ type: "reject", peerId: "viewer-1", rejection });
		client.signaling.send({ type: "reject", peerId: "viewer-2", rejection }); // never made an offer
		await advance(100);
		expect(service.received).toHaveLength(1);
		expect(service.received[0]).toMatchObject({ action: "SDP_ANSWER", recipient: "viewer-1" });
		expect(service.received[0]!.payload.sdp).toBe(
			"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=too-many-sessions\r\nt=0 0\r\n" +
				"m=video 0 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=inactive\r\na=mid:0\r\n" +
				"m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=inactive\r\na=mid:1\r\n",
		);
	});

	test("a viewer without a name makes itself one that nobody else has", async () => {
		await start("viewer");
		const again = make().connect("viewer");
		await until(() => isConnected(again));
		const names = service.sockets.map(({ clientId }) => clientId);
		for (const name of names) expect(name).toMatch(/^viewer-[0-9a-f]{16}$/);
		expect(new Set(names).size).toBe(2);
	});

	test("a viewer makes the offer; the master has the name that the viewer gave it", async () => {
		await start("viewer", { clientId: "hall-screen" });
		expect(service.sockets[0]!.clientId).toBe("hall-screen");
		service.sockets[0]!.sendToClient(messageOf("ICE_CANDIDATE", { candidate: "candidate:early" }));
		await advance(100);
		expect(client.messages.pop()!.peerId).toBe("MASTER");
		client.signaling.send({ type: "offer", peerId: "camera", sdp: sdp("offer") });
		await advance(100);
		expect(service.received[0]).toMatchObject({ action: "SDP_OFFER", recipient: undefined });
		service.sockets[0]!.sendToClient(messageOf("SDP_ANSWER", { type: "answer", sdp: sdp("answer") }));
		await advance(100);
		expect(client.messages.pop()).toEqual({ type: "answer", peerId: "camera", sdp: sdp("answer") });
		expect(service.requests.find(({ call }) => call === "v1/get-ice-server-config")!.body.ClientId).toBe(
			"hall-screen",
		);
	});

	test("a viewer does not create channels, and fails for good without one", async () => {
		client = make().connect("viewer");
		await advance(60_000);
		expect(client.states).toEqual(["connecting", "failed"]);
		expect(client.codes()).toEqual(["signaling/channel-missing"]);
		expect(service.calls()).toEqual(["describeSignalingChannel"]);
		expect(() => client.signaling.send({ type: "bye", peerId: "x" })).toThrow("not connected");
	});

	test("what is malformed is counted, reported, and costs nothing else", async () => {
		await start();
		const master = service.master("porch")!;
		const nested = "[".repeat(20_000);
		const bad = [
			"{",
			"5",
			"null",
			nested,
			'"\\"',
			messageOf("SDP_OFFER", undefined, "v"),
			JSON.stringify({ messageType: "SDP_OFFER", senderClientId: "v", messagePayload: "%%%" }),
			JSON.stringify({ messageType: "SDP_OFFER", senderClientId: "v", messagePayload: 5 }),
			JSON.stringify({
				messageType: "SDP_OFFER",
				senderClientId: "v",
				messagePayload: Buffer.from(nested).toString("base64"),
			}),
			messageOf("SDP_OFFER", { type: "offer", sdp: 5 }, "v"),
			messageOf("SDP_OFFER", { type: "answer", sdp: sdp("x") }, "v"),
			messageOf("SDP_OFFER", { type: "offer", sdp: "x" }, "v"),
			messageOf("SDP_OFFER", { type: "offer", sdp: sdp("x") }, "evil\r\nname"),
			messageOf("SDP_OFFER", { type: "offer", sdp: sdp("x") }, "x".repeat(257)),
			messageOf("ICE_CANDIDATE", { sdpMid: "0" }, "v"),
			messageOf("SURPRISE", {}, "v"),
			messageOf("STATUS_RESPONSE", undefined),
			Buffer.from([0x22, 0xff, 0xfe, 0x22]),
			`"${"x".repeat(40_000)}"`,
		];
		for (const text of bad) master.sendToClient(text);
		master.sendToClient("");
		master.sendToClient(offer("good"));
		await advance(1000);
		expect(client.messages.map(({ peerId }) => peerId)).toEqual(["good"]);
		expect(client.codes()).toEqual(bad.map(() => "signaling/bad-message"));
		expect(client.signaling.statistics.badMessages).toBe(bad.length);
		for (const { message } of client.errors) expect(message.length).toBeLessThan(200);
		expect(client.states.at(-1)).toBe("connected");
	});

	test("ICE servers of an offer stand behind our own; malformed ones do not cost the offer", async () => {
		await start();
		const IceServerList = [{ Uris: ["turn:theirs"], Username: "u", Password: "p", Ttl: 300 }];
		service
			.master("porch")!
			.sendToClient(messageOf("SDP_OFFER", { type: "offer", sdp: sdp("x") }, "v", { IceServerList }));
		service
			.master("porch")!
			.sendToClient(messageOf("SDP_OFFER", { type: "offer", sdp: sdp("x") }, "w", { IceServerList: [5] }));
		await advance(100);
		const [first, second] = client.messages as { iceServers?: { urls: string | string[] }[] }[];
		expect(first!.iceServers!.map(({ urls }) => urls).flat()).toHaveLength(1 + 6 + 1);
		expect(second!.iceServers).toHaveLength(3);
	});

	test("a message that the service would not take is refused here", async () => {
		await start();
		const send = () => client.signaling.send({ type: "answer", peerId: "v", sdp: sdp("x".repeat(8000)) });
		expect(send).toThrow(expect.objectContaining({ code: "signaling/message-too-large" }));
	});

	test("no more than the service allows a second, in order", async () => {
		await start();
		for (let i = 0; i < 8; i++) client.signaling.send({ type: "answer", peerId: `v${i}`, sdp: sdp("") });
		for (let i = 0; i < 50; i++)
			client.signaling.send({ type: "candidate", peerId: "v7", candidate: { candidate: `c${i}` } });
		await advance(500);
		expect(service.received).toHaveLength(5);
		await advance(4000);
		expect(service.received.filter(({ action }) => action === "SDP_ANSWER")).toHaveLength(8);
		const candidates = service.received
			.filter(({ action }) => action === "ICE_CANDIDATE")
			.map(({ payload }) => payload.candidate);
		expect(candidates).toEqual([...Array(50).keys()].map((i) => `c${i}`));
	});
});

describe("ICE servers", () => {
	test("all with all URIs, refreshed before they end", async () => {
		service.addChannel("porch");
		const client = make().connect();
		await advance(5000);
		expect(client.servers[0]).toEqual([{ urls: "stun:stun.kinesisvideo.eu-west-1.amazonaws.com:443" }]);
		expect(client.servers[1]).toHaveLength(3);
		expect(client.servers[1]![2]!.urls).toHaveLength(3);
		expect(client.signaling.iceServers).toEqual(client.servers[1]);
		for (let i = 2; i < 10; i++) {
			await until(() => client.servers.length > i, 300_000 - 20_000);
		}
	});

	test("at the service's wish and at the application's, but not too often", async () => {
		service.addChannel("porch");
		const client = make().connect();
		await advance(20_000);
		service.master("porch")!.sendToClient(messageOf("RECONNECT_ICE_SERVER", undefined));
		await advance(1000);
		expect(client.servers).toHaveLength(3);
		for (let i = 0; i < 50; i++) client.signaling.refreshIceServers();
		await advance(10_000);
		expect(client.servers).toHaveLength(4);
	});

	test("a URI of an unknown kind costs itself only", async () => {
		service.addChannel("porch");
		const entry = (...Uris: unknown[]) => ({ Uris, Username: "u", Password: "p", Ttl: 300 });
		const IceServerList = [entry("turn:a", "turnx:b", 5, "turns:c d"), entry("quic:d"), entry("turns:e:443")];
		service.script = ({ call }) =>
			call === "v1/get-ice-server-config" ? { status: 200, body: JSON.stringify({ IceServerList }) } : undefined;
		const client = make().connect();
		await advance(5000);
		expect(client.servers[1]!.slice(1).map(({ urls }) => urls)).toEqual([["turn:a"], ["turns:e:443"]]);
		expect(client.errors).toEqual([]);
	});

	test("a failure is tried again, and stops nothing", async () => {
		service.addChannel("porch");
		let failures = 0;
		service.script = ({ call }) =>
			call === "v1/get-ice-server-config" && failures++ < 5 ? { status: 500 } : undefined;
		const client = make().connect();
		await advance(5000);
		service.master("porch")!.sendToClient(offer("v"));
		await advance(60_000);
		expect(client.messages).toHaveLength(1);
		expect(client.servers).toHaveLength(2);
		expect(client.states).toEqual(["connecting", "connected"]);
	});
});

describe("options", () => {
	const base = { channelName: "porch", region: "eu-west-1", credentials: { accessKeyId: "A", secretAccessKey: "B" } };
	test.each([
		[{ channelName: undefined }, "channelName"],
		[{ channelName: "a b" }, "channelName"],
		[{ channelARN: "arn:aws:s3:::x" }, "channelARN"],
		[{ region: "Europe" }, "region"],
		[{ region: undefined }, "region"],
		[{ channelARN: "arn:aws:kinesisvideo:us-east-1:123456789012:channel/porch/1" }, "region"],
		[{ credentials: undefined }, "credentials"],
		[{ credentials: { accessKeyId: "A" } }, "secretAccessKey"],
		[{ clientId: "AWS_x" }, "clientId"],
		[{ clientId: "" }, "clientId"],
		[{ createChannel: { messageTtlSeconds: 4 } }, "messageTtlSeconds"],
		[{ createChannel: { tags: { "": "" } } }, "tags"],
		[{ createChannel: { kmsKeyId: "" } }, "kmsKeyId"],
		[{ cache: "disk" }, "cache"],
		[{ endpoint: "kvs.local" }, "endpoint"],
		[{ endpoint: "wss://kvs.local" }, "endpoint"],
	])("%j is refused", (options, name) => {
		expect(() => new KVSSignaling({ ...base, ...options } as never)).toThrow(new RegExp(`^${name}: `));
	});
});
