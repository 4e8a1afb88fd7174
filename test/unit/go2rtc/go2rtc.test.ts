// SPDX-License-Identifier: Apache-2.0
// go2rtc's WebSocket format, in virtual time.
import type WebRTCError from "webrtc/error";
import type { SignalingHandler, SignalingMessage, SignalingState } from "webrtc/signaling";
import Go2rtcSignaling, { serverId } from "webrtc/signaling/go2rtc";
import { makeWebSocketClient, type FakeWebSocket, type Service } from "../kvs/network";
import { sdp, seeded } from "../kvs/client";
import { advance, pendingTimers, resetClock } from "../fakes/moddable/clock";

const url = "wss://go2rtc.example/api/ws?dst=porch";
let service: Service;
let received: Record<string, string>[];
let paths: string[];
let signaling: Go2rtcSignaling;
let messages: SignalingMessage[];
let states: SignalingState[];
let errors: WebRTCError[];

const handler: SignalingHandler = {
	onMessage(message) {
		messages.push(message);
		if (message.type === "offer-request") signaling.send({ type: "offer", peerId: serverId, sdp: sdp("offer") });
	},
	onStateChange: (state) => states.push(state),
	onError: (error) => errors.push(error),
	onIceServers() {},
};

const last = (): FakeWebSocket => service.sockets.filter(({ gone }) => !gone).at(-1)!;
const tell = (type: string, value: unknown) => last().sendToClient(JSON.stringify({ type, value }));
const types = () => messages.map(({ type }) => type);

beforeEach(async () => {
	resetClock();
	[received, paths, messages, states, errors] = [[], [], [], [], []];
	service = {
		clients: new Set(),
		connections: [],
		sockets: [],
		dnsDown: false,
		delay: 10,
		pongs: true,
		handleRequest: () => ({ status: 404 }),
		accept(socket, _host, path) {
			paths.push(path);
			return service.sockets.push(socket) > 0;
		},
		receive: (_socket, text) => void received.push(JSON.parse(text)),
	};
	const wss = { io: makeWebSocketClient(service), dns: { io: class {} }, socket: { io: class {} } } as never;
	signaling = new Go2rtcSignaling({ url, wss, random: seeded(1) });
	signaling.connect("master", handler);
	await advance(1000);
});
afterEach(async () => {
	signaling.close();
	await advance(1000);
	expect(service.clients.size).toBe(0);
	expect(pendingTimers()).toBe(0);
});

test("it asks for an offer, sends it, and takes the answer and candidates", async () => {
	expect(paths).toEqual(["/api/ws?dst=porch"]);
	expect(received).toEqual([{ type: "webrtc/offer", value: sdp("offer") }]);
	signaling.send({ type: "candidate", peerId: serverId, candidate: { candidate: "candidate:1" } });
	tell("webrtc/answer", sdp("answer"));
	tell("webrtc/candidate", "candidate:2");
	await advance(100);
	expect(received[1]).toEqual({ type: "webrtc/candidate", value: "candidate:1" });
	expect(messages.slice(1)).toEqual([
		{ type: "answer", peerId: serverId, sdp: sdp("answer") },
		{
			type: "candidate",
			peerId: serverId,
			candidate: { candidate: "candidate:2", sdpMid: null, sdpMLineIndex: 0 },
		},
	]);
	expect(states).toEqual(["connecting", "connected"]);
	expect(errors).toEqual([]);
});

test("a session belongs to its WebSocket: after a cut there is another, and nothing of the old is sent", async () => {
	last().reset();
	await advance(15);
	signaling.send({ type: "candidate", peerId: serverId, candidate: { candidate: "candidate:old" } });
	await advance(3000);
	expect(types()).toEqual(["offer-request", "bye", "offer-request"]);
	expect(states).toEqual(["connecting", "connected", "disconnected", "connecting", "connected"]);
	expect(received.map(({ type }) => type)).toEqual(["webrtc/offer", "webrtc/offer"]);
	expect(errors).toHaveLength(1);
});

test("an end of ours makes another; of somebody else's session it does not", async () => {
	signaling.send({ type: "bye", peerId: "somebody" });
	await advance(1000);
	expect(paths).toHaveLength(1);
	signaling.send({ type: "bye", peerId: serverId });
	await advance(3000);
	expect(paths).toHaveLength(2);
	expect(types()).toEqual(["offer-request", "offer-request"]);
});

test("a session that was ended here is not ended again by a cut", async () => {
	service.dnsDown = true;
	signaling.send({ type: "bye", peerId: serverId });
	await advance(5000);
	expect(errors.length).toBeGreaterThan(0);
	expect(types()).toEqual(["offer-request"]);
	service.dnsDown = false;
	await advance(60_000);
	expect(types()).toEqual(["offer-request", "offer-request"]);
});

test("a stream that is not there is told, and tried again more and more slowly", async () => {
	for (let i = 0; i < 8; i++) {
		if (last()) tell("error", "streams: unknown error\u001b[31m");
		await advance(20_000);
	}
	expect(errors[0]).toMatchObject({
		code: "signaling/rejected",
		message: "go2rtc: it says: streams: unknown error?[31m",
	});
	expect(types().filter((type) => type === "bye")).toHaveLength(8);
	expect(states.at(-1)).toBe("connected");
});

test("nonsense changes nothing", async () => {
	for (const [type, value] of [
		["webrtc/answer", 5],
		["webrtc/answer", "x"],
		["webrtc/candidate", {}],
		["webrtc/candidate", "x".repeat(2000)],
		["mse", "x"],
	] as const)
		tell(type, value);
	await advance(100);
	expect(errors.map(({ code }) => code)).toEqual(Array(4).fill("signaling/bad-message"));
	expect(types()).toEqual(["offer-request"]);
});

test("the URL decides about the role, and is checked", () => {
	const make = (text: string) => new Go2rtcSignaling({ url: text });
	expect(() => make("ws://a/api/ws")).toThrow(/^url: /);
	expect(() => make("a")).toThrow(/^url: /);
	expect(() => make(url).connect("viewer", handler)).toThrow("for a master");
	expect(() => make("ws://a/api/ws?src=b").connect("master", handler)).toThrow("for a viewer");
});
