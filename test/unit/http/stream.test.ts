// SPDX-License-Identifier: Apache-2.0
// Bodies that are not in memory as a whole, or have no end: what a client takes, and what it keeps busy.
import HTTPService, { type HTTPResponse, type HTTPStream } from "webrtc/http";
import { advance, pendingTimers, resetClock } from "../fakes/moddable/clock";
import { kinds, makeNetwork, type Client } from "./sockets";

const get = "GET / HTTP/1.1\r\nhost: 192.0.2.9:8080\r\n\r\n";

class Letters implements HTTPStream {
	closed = 0;
	waiting = "";
	isOver = false;
	longest = 0;
	ready: (() => void) | undefined;

	constructor(readonly length?: number) {}

	start(ready: () => void): void {
		this.ready = ready;
	}

	read(most: number): ArrayBuffer | undefined | null {
		this.longest = Math.max(this.longest, most);
		const text = this.waiting.slice(0, most);
		this.waiting = this.waiting.slice(text.length);
		if (text) return new TextEncoder().encode(text).buffer;
		return this.isOver ? null : undefined;
	}

	give(text: string): void {
		this.waiting += text;
		this.ready!();
	}

	close(): void {
		this.closed++;
	}
}

describe.each(kinds)("over $name", (kind) => {
	let network: ReturnType<typeof makeNetwork>;
	let service: HTTPService;
	let answer: (response: HTTPResponse) => void;
	const errors: string[] = [];

	async function ask(text = get): Promise<Client> {
		const client = network.connect().send(text);
		await advance(0);
		return client;
	}

	async function begin(stream: HTTPStream, text = get): Promise<Client> {
		const client = await ask(text);
		answer({ status: 200, stream });
		await advance(0);
		return client;
	}

	beforeEach(() => {
		resetClock();
		errors.length = 0;
		network = makeNetwork(kind);
		service = new HTTPService({
			listener: network.Listener as never,
			port: 8080,
			onRequest: (_, respond) => (answer = respond),
			onError: ({ message }) => errors.push(message),
		});
	});

	afterEach(async () => {
		service.close();
		await advance(0);
		expect([pendingTimers(), network.open()]).toEqual([0, 0]);
	});

	test("one with a length leaves in small parts, and the connection serves the next request", async () => {
		const stream = new Letters(5000);
		stream.waiting = "x".repeat(6000);
		const client = await begin(stream);
		await advance(10);
		expect([client.header("content-length"), client.body.length, stream.closed]).toEqual(["5000", 5000, 1]);
		expect(stream.longest).toBeLessThanOrEqual(1024);
		client.send(get);
		await advance(0);
		answer({ status: 204 });
		await advance(0);
		expect([client.status, client.closed]).toEqual([204, false]);
	});

	test("one without ends with the connection, and waits as long as it has nothing", async () => {
		const stream = new Letters();
		const client = await begin(stream);
		expect([client.header("content-length"), client.header("connection")]).toEqual([undefined, "close"]);
		await advance(60_000);
		stream.give("abc");
		await advance(60_000);
		stream.give("def");
		await advance(0);
		expect([client.body, client.closed, stream.closed]).toEqual(["abcdef", false, 0]);
		stream.isOver = true;
		stream.give("");
		await advance(0);
		expect([client.closed, stream.closed]).toEqual([true, 1]);
	});

	test("a client that takes nothing is closed after 5 s, however much it took before", async () => {
		const stream = new Letters();
		const client = await begin(stream);
		for (let i = 0; i < 100; i++) {
			stream.give("x".repeat(10_000));
			await advance(100);
		}
		expect(client.closed).toBe(false);
		client.stalled = true;
		stream.give("y".repeat(20_000));
		await advance(4000);
		expect(client.closed).toBe(false);
		await advance(3000);
		expect([client.closed, stream.closed]).toEqual([true, 1]);
	});

	test("a client that goes ends it, and so does the service", async () => {
		const [first, second] = [new Letters(), new Letters()];
		(await begin(first)).end();
		await advance(0);
		expect(first.closed).toBe(1);
		await begin(second);
		service.close();
		expect(second.closed).toBe(1);
	});

	test("it is closed where nobody waits for it, and where only its head is wanted", async () => {
		const [late, head] = [new Letters(), new Letters(7)];
		const client = await ask();
		client.reset();
		await advance(0);
		answer({ status: 200, stream: late });
		expect(late.closed).toBe(1);
		const other = await begin(head, get.replace("GET", "HEAD"));
		expect([other.header("content-length"), other.body, head.closed]).toEqual(["7", "", 1]);
	});

	test("what gives less than it has promised, or fails, ends its connection", async () => {
		const short = new Letters(10);
		short.waiting = "abc";
		short.isOver = true;
		const client = await begin(short);
		await advance(10);
		expect([client.closed, short.closed]).toEqual([true, 1]);
		const bad = new Letters();
		const other = await begin(bad);
		bad.read = () => {
			throw new Error("no such bytes");
		};
		bad.ready!();
		await advance(0);
		expect([other.closed, bad.closed, errors.length]).toEqual([true, 1, 1]);
	});
});
