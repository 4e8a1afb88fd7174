// SPDX-License-Identifier: Apache-2.0
// Rooms for two, in virtual time: who comes first, who goes, and what goes wrong.
import type { CandidateInit } from "webrtc/signaling";
import AppRTCSignaling from "webrtc/signaling/apprtc";
import * as messages from "webrtc/signaling/apprtc/messages";
import Client from "./client";
import AppRTCService from "./service";
import { sdp } from "../kvs/client";
import { advance, pendingTimers, resetClock } from "../fakes/moddable/clock";

let service: AppRTCService;
let clients: Client[];

beforeEach(() => {
	resetClock();
	service = new AppRTCService();
	clients = [];
});
afterEach(async () => {
	for (const { signaling } of clients) signaling.close();
	service.dnsDown = false;
	await advance(15_000);
	expect(service.clients.size).toBe(0);
});

function make(options: ConstructorParameters<typeof Client>[1] = {}): Client {
	const client = new Client(service, options);
	clients.push(client);
	return client;
}

async function pair(): Promise<[Client, Client]> {
	const first = make().connect();
	await advance(1000);
	const second = make().connect();
	await advance(1000);
	return [first, second];
}

const from = (client: Client, type: string) => client.messages.find((message) => message.type === type);

test("the first makes the offer, the second answers, candidates go both ways", async () => {
	const [first, second] = await pair();
	expect(first.sides).toEqual(["initiator"]);
	expect(second.sides).toEqual(["callee"]);
	expect(first.types()).toEqual(["offer-request", "answer", "candidate"]);
	expect(second.types()).toEqual(["offer", "candidate"]);
	expect(from(second, "offer")).toEqual({ type: "offer", peerId: "porch", sdp: sdp("offer") });
	expect(from(second, "candidate")).toMatchObject({
		candidate: { candidate: "candidate:1", sdpMid: "0", sdpMLineIndex: 0 },
	});
	expect(from(first, "answer")).toEqual({ type: "answer", peerId: "porch", sdp: sdp("answer") });
	for (const client of [first, second]) {
		expect(client.states).toEqual(["connecting", "connected"]);
		expect(client.servers).toEqual([[{ urls: ["stun:stun.example"] }]]);
		expect(client.errors).toEqual([]);
	}
	expect(service.requests[0]).toBe("POST /join/porch");
	expect(service.count("message")).toBe(2);
});

test("who stays makes the next offer; who comes next finds it", async () => {
	const [first, second] = await pair();
	second.signaling.send({ type: "bye", peerId: "porch" });
	second.signaling.close();
	await advance(2000);
	expect(first.types().slice(3)).toEqual(["bye", "offer-request"]);
	expect(first.sides).toEqual(["initiator", "initiator"]);
	const third = make().connect();
	await advance(1000);
	expect(third.types()).toEqual(["offer", "candidate"]);
	expect(first.types().at(-2)).toBe("answer");
});

test("after an end of ours the other offers; where nobody does, the place is taken anew", async () => {
	const [first, second] = await pair();
	first.signaling.send({ type: "bye", peerId: "porch" });
	await advance(2000);
	expect(second.types().slice(2)).toEqual(["bye", "offer-request", "answer", "candidate"]);
	expect(first.types().slice(3)).toEqual(["offer", "candidate"]);
	expect(service.count("join")).toBe(2);
	second.active = false;
	second.signaling.close();
	await advance(1000);
	first.signaling.send({ type: "bye", peerId: "porch" });
	await advance(20_000);
	expect(service.count("join")).toBe(3);
	expect(first.types().at(-1)).toBe("offer-request");
});

test("the application's own messages pass, both ways, in bounds", async () => {
	const [first, second] = await pair();
	first.signaling.send({ type: "custom", peerId: "porch", kind: "", data: "hello" });
	second.signaling.send({ type: "custom", peerId: "porch", kind: "", data: '{"x":1}' });
	await advance(100);
	expect(from(second, "custom")).toEqual({ type: "custom", peerId: "porch", kind: "customized", data: "hello" });
	expect(from(first, "custom")).toMatchObject({ data: '{"x":1}' });
	const send = () => first.signaling.send({ type: "custom", peerId: "porch", kind: "", data: "x".repeat(4097) });
	expect(send).toThrow(expect.objectContaining({ code: "signaling/message-too-large" }));
});

test("a full room is told, and tried again until there is a place", async () => {
	const [first] = await pair();
	const third = make().connect();
	await advance(5000);
	expect(third.codes().every((code) => code === "signaling/rejected")).toBe(true);
	expect(third.errors[0]!.message).toMatch(/^AppRTC: room porch: the room is full; the next attempt is in \d+ s$/);
	expect(third.signaling.state).toBe("connecting");
	first.signaling.close();
	await advance(30_000);
	expect(third.signaling.state).toBe("connected");
});

test.each([404, 400, 403])("a room that the service refuses for good (%d) is a failure", async (status) => {
	service.script.set("join", [{ status }]);
	const client = make().connect();
	await advance(60_000);
	expect(client.states).toEqual(["connecting", "failed"]);
	expect(client.codes()).toEqual(["signaling/rejected"]);
	expect(() => client.signaling.send({ type: "bye", peerId: "porch" })).toThrow("not connected");
});

test.each([
	["5xx", { status: 503 }],
	["a redirect", { status: 302, headers: { location: "/elsewhere" } }],
	["a redirect with the request's method", { status: 307, headers: { location: "/elsewhere" } }],
	["a cut", "reset" as const],
	["silence", "drop" as const],
	["nonsense", { status: 200, body: "<html>" }],
	["a fault", { status: 200, body: '{"result":"ERROR"}' }],
	["no params", { status: 200, body: '{"result":"SUCCESS"}' }],
	[
		"a WebSocket without TLS",
		{
			status: 200,
			body: JSON.stringify({
				result: "SUCCESS",
				params: { client_id: "1", room_id: "porch", wss_url: "ws://rooms.example/ws" },
			}),
		},
	],
])("%s at the join is told, and tried again", async (_what, reply) => {
	service.script.set("join", [reply, reply]);
	const client = make().connect();
	await advance(1000);
	service.script.delete("join");
	await advance(60_000);
	expect(client.errors.length).toBeGreaterThan(0);
	expect(client.signaling.state).toBe("connected");
});

test("of a redirect at the join it is told that it is not followed", async () => {
	service.script.set("join", [{ status: 302, headers: { location: "/elsewhere" } }]);
	const client = make().connect();
	await advance(100);
	expect(client.codes()).toEqual(["signaling/service-failed"]);
	expect(client.errors[0]!.message).toMatch(
		/^AppRTC: room porch: the service redirects with status 302, which is not followed; the next attempt is in \d+ s$/,
	);
});

test("a service that is away for ten seconds: both join again, and the session is let be", async () => {
	const [first, second] = await pair();
	service.stop();
	await advance(10_000);
	expect(first.states).toEqual(["connecting", "connected", "disconnected", "connecting"]);
	expect(first.codes()).toContain("signaling/connection-failed");
	service.dnsDown = false;
	await advance(60_000);
	expect(first.signaling.state).toBe("connected");
	expect(second.signaling.state).toBe("connected");
	expect([...service.rooms.get("porch")!.values()]).toHaveLength(2);
	for (const client of [first, second])
		expect(client.types().filter((type) => type === "bye" || type === "offer-request").length).toBeLessThan(2);
	// The way is there again.
	first.signaling.send({ type: "custom", peerId: "porch", kind: "", data: "back" });
	await advance(1000);
	expect(from(second, "custom")).toMatchObject({ data: "back" });
});

test("a short cut keeps the place, and what is said meanwhile arrives", async () => {
	const [first, second] = await pair();
	service.sockets.find(({ gone }) => !gone)!.reset();
	await advance(1);
	first.signaling.send({ type: "custom", peerId: "porch", kind: "", data: "meanwhile" });
	second.signaling.send({ type: "custom", peerId: "porch", kind: "", data: "too" });
	await advance(3000);
	expect(service.count("join")).toBe(2);
	expect(from(second, "custom")).toMatchObject({ data: "meanwhile" });
	expect(from(first, "custom")).toMatchObject({ data: "too" });
	expect([first.sides, second.sides]).toEqual([["initiator"], ["callee"]]); // told once, at the beginning
});

test("a WebSocket that died without a word is found out and made anew", async () => {
	const [first] = await pair();
	service.sockets.find(({ gone }) => !gone)!.die();
	await advance(30_000);
	expect(first.codes()).toContain("signaling/connection-failed");
	expect(first.signaling.state).toBe("connected");
});

test("a room that the service has forgotten is joined again, and gets a new offer", async () => {
	const first = make().connect();
	await advance(1000);
	service.rooms.clear();
	first.signaling.send({ type: "candidate", peerId: "porch", candidate: { candidate: "candidate:2" } });
	await advance(10_000);
	expect(first.codes()).toEqual(["signaling/channel-missing"]);
	expect(first.types()).toEqual(["offer-request", "offer-request"]);
});

test("an empty room is joined again after half a day, before the service forgets it", async () => {
	make().connect();
	await advance(13 * 3_600_000);
	expect(service.count("join")).toBe(2);
	expect(service.rooms.get("porch")!.size).toBe(1);
});

test("of the messages that wait for HTTP, 32 are kept; the rest is told", async () => {
	const first = make().connect();
	await advance(1000);
	service.dnsDown = true;
	for (let i = 0; i < 40; i++)
		first.signaling.send({ type: "candidate", peerId: "porch", candidate: { candidate: `candidate:${i}` } });
	expect(first.codes().filter((code) => code === "signaling/queue-full")).toHaveLength(8);
	expect(first.signaling.statistics.messagesQueued).toBe(32);
});

test("ICE servers are needed where the service issues some, and those that there are do not hold", async () => {
	const first = make();
	expect(first.signaling.iceRefreshNeeded).toBe(false);
	first.connect();
	await advance(1000);
	expect(first.signaling.iceRefreshNeeded).toBe(false);
	service.script.set(
		"ice",
		Array.from({ length: 20 }, () => ({ status: 500 })),
	);
	await advance(301_000);
	expect(first.signaling.iceRefreshNeeded).toBe(true);
});

test("ICE servers are asked for again before they expire, and after a failure", async () => {
	const client = make().connect();
	await advance(1000);
	expect(service.count("ice")).toBe(1);
	await advance(275_000);
	expect(service.count("ice")).toBe(2);
	service.script.set("ice", [{ status: 500 }, { status: 200, body: "{}" }]);
	client.signaling.refreshIceServers();
	await advance(60_000);
	service.script.delete("ice");
	expect(client.codes()).toContain("signaling/service-failed");
	await advance(400_000);
	expect(client.servers.length).toBeGreaterThan(2);
	expect(client.signaling.state).toBe("connected");
});

test("the commands: join another room, leave, come back, retry", async () => {
	const client = make().connect();
	await advance(1000);
	expect(client.signaling.room).toBe("porch");
	expect(client.signaling.side).toBe("initiator");
	expect(client.signaling.pageURL).toBe("https://rooms.example/r/porch");
	client.signaling.join("garden");
	await advance(1000);
	expect([...service.rooms.keys()]).toEqual(["garden"]);
	// The offer that nobody has answered has made a session, which ends.
	const told = client.messages.map(({ type, peerId }) => `${type} ${peerId}`);
	expect(told).toEqual(["offer-request porch", "bye porch", "offer-request garden"]);
	client.signaling.leave();
	await advance(1000);
	expect(client.signaling.state).toBe("disconnected");
	expect(service.rooms.size).toBe(0);
	client.signaling.join();
	await advance(1000);
	expect(client.signaling.room).toBe("garden");
	expect(client.signaling.state).toBe("connected");
	service.script.set("join", [{ status: 503 }]);
	client.signaling.retry();
	await advance(500);
	service.script.delete("join");
	const count = service.count("join");
	client.signaling.retry();
	await advance(500);
	expect(service.count("join")).toBe(count + 1);
	expect(() => client.signaling.join("a b")).toThrow(/^room: /);
});

test("who leaves a call says bye to the other", async () => {
	const [first, second] = await pair();
	first.signaling.leave();
	await advance(1000);
	expect(second.types().filter((type) => type === "bye")).toHaveLength(1);
});

test("who goes leaves the room and the collider", async () => {
	const client = make().connect();
	await advance(1000);
	client.signaling.close();
	client.signaling.close();
	await advance(1000);
	expect(service.requests.slice(-2)).toEqual([
		expect.stringMatching(/^POST \/leave\/porch\/\d+$/),
		expect.stringMatching(/^DELETE \/porch\/\d+$/),
	]);
	expect(service.rooms.size).toBe(0);
});

test("a thousand joins leave nothing behind", async () => {
	const client = make().connect();
	for (let i = 0; i < 1000; i++) {
		await advance(400);
		client.signaling.join();
	}
	await advance(1000);
	expect(client.signaling.state).toBe("connected");
	expect(service.count("join")).toBe(1001);
	expect(service.rooms.get("porch")!.size).toBe(1);
	expect(service.clients.size).toBeLessThanOrEqual(2);
	await advance(120_000); // the fakes' own end
	expect(pendingTimers()).toBeLessThan(10);
	client.signaling.close();
	await advance(600_000);
	expect(service.clients.size).toBe(0);
});

test("what makes no sense is told, and changes nothing", async () => {
	const [first] = await pair();
	const socket = service.sockets.find(({ gone }) => !gone)!;
	const inner = (value: unknown) =>
		JSON.stringify({ msg: typeof value === "string" ? value : JSON.stringify(value), error: "" });
	for (const text of [
		"{",
		"[]",
		'{"msg":5}',
		inner("{"),
		inner({ type: "offer" }),
		inner({ type: "offer", sdp: "x" }),
		inner({ type: "candidate" }),
		inner({ type: "customized", data: "x".repeat(5000) }),
		inner({ type: "unknown" }),
		'{"cmd":"response","resp":"register"}',
		"x".repeat(20_000),
	])
		socket.sendToClient(text);
	socket.sendToClient(Buffer.from([0xff, 0xfe]));
	await advance(1000);
	expect(first.types()).toEqual(["offer-request", "answer", "candidate"]);
	expect(first.codes()).toEqual(Array(9).fill("signaling/bad-message"));
	expect(first.signaling.state).toBe("connected");
	socket.sendToClient('{"msg":"","error":"Duplicated register request"}');
	await advance(1000);
	expect(service.count("join")).toBe(2);
	socket.sendToClient('{"msg":"","error":"Max room capacity reached"}');
	await advance(20_000);
	expect(first.codes().at(-1)).toBe("signaling/rejected");
	expect(service.count("join")).toBeGreaterThan(2);
});

test("bad options are named", () => {
	for (const [name, value] of [
		["room", ""],
		["room", "a/b"],
		["server", "x"],
		["query", "ts"],
		["query", "?a b"],
	] as const)
		expect(() => new AppRTCSignaling({ [name]: value })).toThrow(new RegExp(`^${name}: `));
	expect(new AppRTCSignaling().room).toMatch(/^[a-z2-9]{12}$/);
	expect(new AppRTCSignaling({ server: "https://a.example/base", room: "x" }).pageURL).toBe(
		"https://a.example/base/r/x",
	);
});

test("the names of others' stacks are read, and servers of other kinds left out", () => {
	const body = JSON.stringify({ type: "iceCandidate", sdpMid: "1", sdpMLineIndex: 1, candidate: "c" });
	expect(messages.parseMessage(body, "p")).toEqual({
		type: "candidate",
		peerId: "p",
		candidate: { candidate: "c", sdpMid: "1", sdpMLineIndex: 1 },
	});
	const ufragOf = (usernameFragment: unknown) => {
		const text = JSON.stringify({ type: "candidate", candidate: "c", label: 0, usernameFragment });
		return (messages.parseMessage(text, "p") as { candidate: CandidateInit }).candidate.usernameFragment;
	};
	expect(["uF", "u".repeat(256), "u".repeat(257), "", 5].map(ufragOf)).toEqual([
		"uF",
		"u".repeat(256),
		...[undefined, undefined, undefined],
	]);
	const soon = Math.floor(Date.now() / 1000) + 600;
	const parsed = messages.parseIceConfiguration(
		JSON.stringify({
			iceServers: [
				{ urls: "turn:t", username: `${soon}:n`, credential: "c" },
				{ urls: ["http://x"] },
				{ url: "stun:s" },
			],
		}),
	);
	expect(parsed.servers).toEqual([
		{ urls: ["turn:t"], username: `${soon}:n`, credential: "c" },
		{ urls: ["stun:s"] },
	]);
	expect(parsed.lifetime).toBeGreaterThan(500);
	expect(() => messages.parseIceConfiguration("[]")).toThrow();
});

test("what a service says is taken in bounds", () => {
	const joined = (params: object) =>
		messages.parseJoined(
			JSON.stringify({ params: { client_id: "1", room_id: "r", wss_url: "wss://w.example/ws", ...params } }),
			false,
		);
	const list = (count: number) => Array.from({ length: count }, (_, i) => `m${i}`);
	expect(joined({ messages: list(32) }).messages).toHaveLength(32);
	expect(joined({ messages: list(40) }).messages).toEqual(list(32));
	expect(joined({ messages: ["a", 1, null, "b"] }).messages).toEqual(["a", "b"]);
	expect(() => joined({ room_id: "r".repeat(65) })).toThrow("no client_id or room_id");
	expect(() => joined({ wss_url: `wss://w.example/${"w".repeat(512)}` })).toThrow("no wss_url");
	expect(() => joined({ ice_server_url: "http://i.example/" })).toThrow("a URL without TLS");
	const server = (more: object) =>
		messages.parseIceConfiguration(JSON.stringify({ iceServers: [{ urls: "turn:t", ...more }] })).servers;
	const [longest, longer] = ["u".repeat(512), "u".repeat(513)];
	expect(server({ username: longest, credential: longest })[0]).toMatchObject({ username: longest });
	expect(server({ username: longer, credential: "c" })).toEqual([{ urls: ["turn:t"] }]);
	expect(server({ username: "u", credential: longer })).toEqual([{ urls: ["turn:t"] }]);
});
