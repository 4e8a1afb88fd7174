// SPDX-License-Identifier: Apache-2.0
// Slow, many and large: who takes more than a share makes room for others.
import HTTPService, { type HTTPResponse, type HTTPServiceOptions } from "webrtc/http";
import { advance, pendingTimers, resetClock } from "../fakes/moddable/clock";
import { setRoom } from "../fakes/native/port";
import { kinds, makeNetwork, type Client } from "./sockets";

const head = "GET / HTTP/1.1\r\nhost: 192.0.2.9:8080\r\n";
const post = (length: number) => `POST / HTTP/1.1\r\nhost: 192.0.2.9:8080\r\ncontent-length: ${length}\r\n\r\n`;

let network: ReturnType<typeof makeNetwork>;
let service: HTTPService;
let answers: ((response: HTTPResponse) => void)[];
let bodies: string[];

function serve(options: Partial<HTTPServiceOptions> = {}): void {
	network = makeNetwork(kinds[0]!);
	service = new HTTPService({
		listener: network.Listener as never,
		port: 8080,
		onRequest({ body, path }, respond) {
			bodies.push(body);
			if (path === "/wait") answers.push(respond);
			else respond({ status: 200 });
		},
		...options,
	});
}

async function send(text: string, address?: string): Promise<Client> {
	const client = network.connect(address).send(text);
	await advance(0);
	return client;
}

const isServed = async (address?: string) => (await send(`${head}connection: close\r\n\r\n`, address)).status === 200;
const closed = (clients: Client[]) => clients.filter((client) => client.closed).length;

beforeEach(() => {
	resetClock();
	setRoom();
	answers = [];
	bodies = [];
	serve();
});

afterEach(async () => {
	service.close();
	await advance(0);
	expect(pendingTimers()).toBe(0);
	expect(network.open()).toBe(0);
});

test("a head has five seconds, and another for each KiB", async () => {
	const silent = network.connect();
	const slow = await send("GET / HTTP/1.1\r\n");
	const working = await send(head);
	for (let second = 0; second < 6; second++) {
		slow.send("x");
		if (second < 3) working.send(`x${second}: ${"y".repeat(1020)}\r\n`);
		await advance(1000);
	}
	expect(silent).toMatchObject({ closed: true, text: "" });
	expect([slow.status, slow.header("connection")]).toEqual([408, "close"]);
	expect(working.text).toBe("");
	working.send("\r\n");
	await advance(0);
	expect(working.status).toBe(200);
});

test("a body has its seconds, too", async () => {
	const slow = await send(post(12_000));
	const fast = await send(post(12_000));
	for (let second = 0; second < 12; second++) {
		if (!slow.closed) slow.send("x".repeat(300));
		fast.send("x".repeat(1000));
		await advance(1000);
	}
	expect(slow.status).toBe(408);
	expect(fast.status).toBe(200);
	expect(bodies[0]).toHaveLength(12_000);
});

test("the next request of a connection has its own five seconds, from its first byte on, however little comes", async () => {
	const client = await send(`${head}\r\n`);
	await advance(4000);
	expect([client.status, client.closed]).toEqual([200, false]);
	for (let second = 0; second < 4; second++) {
		client.send(head[second]!);
		await advance(1000);
	}
	expect([client.status, client.closed]).toEqual([200, false]);
	client.send(head[4]!);
	await advance(2000);
	expect(client.status).toBe(408);
});

test("so has who takes a response", async () => {
	const client = await send(`${head.replace("/ ", "/wait ")}\r\n`);
	client.stalled = true;
	answers[0]!({ status: 200, body: "y".repeat(20_000) });
	await advance(8000);
	expect(client.closed).toBe(false);
	await advance(4000);
	expect(client.closed).toBe(true);
});

test("an answer that does not come is a 503, and what comes later goes nowhere", async () => {
	const client = await send(`${head.replace("/ ", "/wait ")}\r\n`);
	await advance(14_000);
	expect(client.text).toBe("");
	await advance(2000);
	expect([client.status, client.header("retry-after")]).toEqual([503, "1"]);
	answers[0]!({ status: 200, body: "late" });
	expect(client.text).not.toContain("late");
});

test("slow connections of one address shut out neither others nor itself", async () => {
	const slow = [];
	for (let i = 0; i < 40; i++) slow.push(await send("GET / HTTP/1.1\r\nx"));
	expect(closed(slow)).toBe(40 - 12);
	expect(slow.slice(0, 28).every((client) => client.closed)).toBe(true);
	expect(await isServed("192.0.2.2")).toBe(true);
	expect(await isServed()).toBe(true);
});

test("slow connections of many addresses shut out nobody", async () => {
	const slow = [];
	for (let i = 0; i < 40; i++) slow.push(await send("GET / HTTP/1.1\r\nx", `198.51.100.${i}`));
	expect(closed(slow)).toBe(40 - 16);
	expect(await isServed()).toBe(true);
});

test("room is made by the address with the most connections, and there by the one that is furthest behind", async () => {
	const honest = await send("POST / HTTP/1.1\r\n", "192.0.2.2");
	await advance(1000);
	const greedy = [];
	for (let i = 0; i < 12; i++) greedy.push(await send("GET / HTTP/1.1\r\n"));
	for (let i = 0; i < 5; i++) expect(await send("GET / HTTP", `192.0.2.${i + 3}`)).toMatchObject({ closed: false });
	expect(honest.closed).toBe(false);
	expect(greedy.map((client) => client.closed).indexOf(false)).toBe(2);
});

test("an idle connection makes room before one that works", async () => {
	const working = await send("GET / HTTP/1.1\r\n");
	await advance(1000);
	const idle = await send(`${head}\r\n`);
	for (let i = 0; i < 11; i++) await send("GET / HTTP/1.1\r\n");
	expect([idle.closed, working.closed]).toEqual([true, false]);
});

test("who waits for an answer makes room for nobody", async () => {
	const waiting = [];
	for (let i = 0; i < 16; i++) waiting.push(await send(`${head.replace("/ ", "/wait ")}\r\n`, `192.0.2.${i % 2}`));
	const late = await send(`${head}\r\n`, "192.0.2.3");
	expect(late).toMatchObject({ closed: true, text: "" });
	for (const respond of answers) respond({ status: 200 });
	await advance(0);
	expect(waiting.every(({ status }) => status === 200)).toBe(true);
	expect(await isServed()).toBe(true);
});

test("where memory is short, a few come in, and one more takes the place of another", async () => {
	setRoom({ slots: 600 });
	const few = [];
	for (let i = 0; i < 4; i++) few.push(await send("GET / HTTP/1.1\r\n", `198.51.100.${i}`));
	expect(closed(few)).toBe(0);
	setRoom({ slots: 1535 });
	await advance(50);
	expect(await isServed()).toBe(true);
	expect(few.map((client) => client.closed)).toEqual([true, false, false, false]);
	setRoom({ slots: 1536 });
	await advance(50);
	for (let i = 0; i < 4; i++) few.push(await send("GET / HTTP/1.1\r\n", `198.51.100.${i}`));
	expect(closed(few)).toBe(1);
});

test("memory that was let go is there for the next client, as soon as garbage may be collected again", async () => {
	setRoom({ slots: 500 });
	expect(await isServed()).toBe(false);
	setRoom();
	await advance(50);
	expect(await isServed()).toBe(true);
});

test("a proxy may have all connections, where the owner says so", async () => {
	service.close();
	serve({ maximumConnectionsPerAddress: 16 });
	const clients = [];
	for (let i = 0; i < 16; i++) clients.push(await send("GET / HTTP/1.1\r\nx"));
	expect(closed(clients)).toBe(0);
});

test("all bodies together have a bound, which they give back", async () => {
	const large = await Promise.all([send(post(12_288)), send(post(12_288))]);
	await advance(900); // they may still be on their way
	const third = await send(post(1));
	expect([third.status, third.header("retry-after")]).toEqual([503, "1"]);
	expect(await isServed()).toBe(true); // without a body
	large[0]!.send("x".repeat(12_288));
	await advance(0);
	expect(large[0]!.status).toBe(200);
	expect((await send(`${post(1)}x`)).status).toBe(200);
});

test("a body that does not come makes room after a second", async () => {
	const stalled = [await send(post(12_288)), await send(post(12_288))];
	await advance(1100);
	expect((await send(`${post(3)}abc`)).status).toBe(200);
	expect(closed(stalled)).toBe(1);
	expect((await send(`${post(12_288)}${"x".repeat(12_288)}`)).status).toBe(200);
});

test("who holds nothing is not dropped for a body's sake", async () => {
	const empty = network.connect("192.0.2.3");
	await send(post(12_288));
	await advance(1500);
	await send(post(12_288));
	expect((await send(`${post(12_288)}${"x".repeat(12_288)}`)).status).toBe(200);
	expect(empty.closed).toBe(false);
});

test("who was refused, and is only read over, makes room", async () => {
	const refused = [];
	for (let i = 0; i < 12; i++) refused.push(await send("nonsense\r\n"));
	expect(closed(refused)).toBe(0);
	expect(await isServed()).toBe(true);
	expect(closed(refused)).toBe(1);
	await advance(3000);
	expect(closed(refused)).toBe(12);
});

test("who asks for more of them than others makes room at once", async () => {
	const greedy = [await send(post(12_288)), await send(post(12_288))];
	expect((await send(`${post(8000)}${"x".repeat(8000)}`, "192.0.2.2")).status).toBe(200);
	expect(closed(greedy)).toBe(1);
});

test("who asks for as much as others have has to wait", async () => {
	const before = [await send(post(12_288), "192.0.2.2"), await send(post(12_288), "192.0.2.3")];
	expect((await send(post(12_288), "192.0.2.4")).status).toBe(503);
	expect(closed(before)).toBe(0);
});

test("heads that do not end count, too", async () => {
	const clients = [];
	for (let i = 0; i < 8; i++) clients.push(await send(`${head}x: ${"y".repeat(3900)}`, `192.0.2.${i + 10}`));
	expect(closed(clients)).toBe(2);
	expect(await isServed()).toBe(true);
});
