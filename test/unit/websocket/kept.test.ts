// SPDX-License-Identifier: Apache-2.0
// A WebSocket that is kept, over a network that loses it in all ways.
import type WebRTCError from "webrtc/error";
import { parseURL } from "webrtc/http/url";
import KeptWebSocket, { type KeptOptions } from "webrtc/websocket/kept";
import { makeWebSocketClient, type FakeWebSocket, type Service } from "../kvs/network";
import { advance, pendingTimers, resetClock } from "../fakes/moddable/clock";

let service: Service;
let received: string[];
let socket: KeptWebSocket;
let opened: number;
let lost: WebRTCError[];
let errors: WebRTCError[];
let texts: string[];

const last = (): FakeWebSocket => service.sockets.filter(({ gone }) => !gone).at(-1)!;

function make(options: Partial<KeptOptions> = {}): KeptWebSocket {
	const wss = { io: makeWebSocketClient(service), dns: { io: class {} }, socket: { io: class {} } } as never;
	return (socket = new KeptWebSocket({
		name: "test",
		wss,
		random: () => 0.5,
		onOpen() {
			opened++;
			socket.sendFirst(`hello ${opened}`);
		},
		onText: (text) => texts.push(text),
		onLost: (error) => lost.push(error),
		onError: (error) => errors.push(error),
		...options,
	}));
}

beforeEach(() => {
	resetClock();
	[received, lost, errors, texts, opened] = [[], [], [], [], 0];
	service = {
		clients: new Set(),
		connections: [],
		sockets: [],
		dnsDown: false,
		delay: 10,
		pongs: true,
		handleRequest: () => ({ status: 404 }),
		accept: (each) => service.sockets.push(each) > 0,
		receive: (_socket, text) => void received.push(text),
	};
	make().open(parseURL("wss://a.example/"));
});
afterEach(async () => {
	socket.close();
	await advance(100);
	expect(service.clients.size).toBe(0);
	expect(pendingTimers()).toBe(0);
});

test.each([
	["of much", 1000, 1049],
	["of nothing", 0, 4096],
])("a message without end, in parts %s, ends its connection, and another is made", async (_what, size, parts) => {
	await advance(1000);
	for (let i = 1; i < parts; i++) last().sendPart(Buffer.alloc(size));
	await advance(100);
	expect([opened, lost.length]).toEqual([1, 0]);
	for (let i = 0; i < 3; i++) last().sendPart(Buffer.alloc(size));
	await advance(1000);
	expect(lost.map(({ message }) => message)).toEqual([
		"test: the WebSocket ended: a message without end; the next attempt is in 1 s",
	]);
	expect(opened).toBe(2);
	last().sendToClient("welcome");
	await advance(100);
	expect(texts).toEqual(["welcome"]);
});

test("a message in many parts is none without end, nor are two such", async () => {
	await advance(1000);
	for (let i = 0; i < 2; i++) {
		for (let j = 1; j < 2500; j++) last().sendPart(Buffer.from("x"));
		last().sendToClient("y");
	}
	await advance(100);
	expect(texts.map(({ length }) => length)).toEqual([2500, 2500]);
	expect(lost).toEqual([]);
});

test("what waits goes out in order, behind what is first", async () => {
	for (let i = 0; i < 3; i++) socket.send(`message ${i}`);
	expect(socket.isOpen).toBe(false);
	await advance(1000);
	expect(received).toEqual(["hello 1", "message 0", "message 1", "message 2"]);
	expect(socket.length).toBe(0); // a pong has confirmed them
	last().sendToClient("welcome");
	last().sendToClient(Buffer.from([0xff]));
	last().sendToClient("x".repeat(16_385));
	await advance(1000);
	expect(texts).toEqual(["welcome"]);
	expect(errors.map(({ message }) => message)).toEqual([
		"test: a message is not UTF-8",
		"test: a message of 16385 bytes was skipped",
	]);
});

test("after a cut it is open again, what was first is said once for each, and what may be lost is repeated", async () => {
	await advance(1000);
	last().die();
	socket.send("lost");
	await advance(15_000);
	expect(lost).toHaveLength(1);
	expect(lost[0]!.message).toMatch(
		/^test: the WebSocket ended: it does not answer any more; the next attempt is in 1 s$/,
	);
	await advance(5000);
	expect(opened).toBe(2);
	expect(received).toEqual(["hello 1", "hello 2", "lost"]);
});

test("the times between attempts grow, to a bound; a connection that lasts begins anew", async () => {
	service.dnsDown = true;
	await advance(100_000);
	const attempts = lost.length;
	expect(attempts).toBeGreaterThan(8);
	expect(attempts).toBeLessThan(20);
	expect(lost.at(-1)!.message).toContain("the next attempt is in 8 s");
	service.dnsDown = false;
	await advance(40_000);
	expect(socket.isOpen).toBe(true);
	last().reset();
	await advance(1000);
	expect(lost.at(-1)!.message).toContain("the next attempt is in 1 s");
});

test("what waits is bounded in number, in size, and in time, and that is told", async () => {
	service.dnsDown = true;
	for (let i = 0; i < 40; i++) socket.send(`message ${i}`);
	expect(socket.length).toBe(32);
	expect(errors).toHaveLength(8);
	for (let i = 0; i < 5; i++) socket.send("x".repeat(20_000));
	expect(socket.length).toBe(3);
	await advance(70_000);
	expect(socket.length).toBe(0);
	expect(errors.every(({ code }) => code === "signaling/queue-full")).toBe(true);
});

test("a server that answers no pings is cut for it ever more seldom, each hour at last", async () => {
	service.pongs = false;
	const hour = 3_600_000;
	await advance(300_000);
	expect(lost).toHaveLength(1);
	expect(socket.isOpen).toBe(true);
	await advance(3 * hour);
	expect(lost.length).toBeGreaterThan(3);
	const before = lost.length;
	await advance(10 * hour);
	expect(lost.length - before).toBeLessThanOrEqual(10);
	expect(socket.isOpen).toBe(true);
});

test("connections in a row that are dead before their first pong is seen do not last", async () => {
	for (let i = 0; i < 3; i++) {
		service.pongs = false;
		const before = lost.length;
		await advance(4 ** i * 60_000 + 2000);
		expect(lost.length).toBe(before + 1);
	}
	service.pongs = true;
	await advance(30_000); // what is answered once is known to be answered
	const before = lost.length;
	last().die();
	await advance(25_000);
	expect(lost.length).toBe(before + 1);
});

test("it can be closed in onLost, and opened elsewhere", async () => {
	socket.close();
	make({ onLost: () => socket.close() }).open(parseURL("wss://a.example/"));
	await advance(1000);
	last().reset();
	await advance(60_000);
	expect(opened).toBe(1);
	socket.open(parseURL("wss://b.example/"));
	await advance(1000);
	expect(service.connections.at(-1)).toBe("b.example");
	expect(opened).toBe(2);
});

test("reopened, it forgets what waits", async () => {
	await advance(1000);
	socket.send("for the old one");
	socket.reopen();
	await advance(5000);
	expect(received.filter((text) => text.startsWith("hello"))).toEqual(["hello 1", "hello 2"]);
	expect(received.filter((text) => text === "for the old one").length).toBeLessThan(2);
	expect(lost).toEqual([]);
});

test("without a client of its kind it says so, and goes on trying", async () => {
	socket.close();
	make({ wss: undefined }).open(parseURL("wss://a.example/"));
	await advance(5000);
	expect(lost[0]!.message).toContain("no wss client; include its manifest");
});

test("an attempt that cannot even begin leaves nothing behind when it is closed", async () => {
	socket.close();
	await advance(100);
	const io = class {
		constructor() {
			throw new Error("no socket left");
		}
	};
	make({ wss: { io, dns: { io: class {} }, socket: { io: class {} } } as never }).open(parseURL("wss://a.example/"));
	await advance(1);
	expect(lost.map(({ message }) => message)).toEqual([expect.stringContaining("no socket left")]);
	socket.close();
	expect(pendingTimers()).toBe(0);
});
