// SPDX-License-Identifier: Apache-2.0
// The HTTP server over sockets as the simulator's and as the SDK's: requests in whatever pieces, and answers that come late.
import type WebRTCError from "webrtc/error";
import HTTPService, { type HTTPRequest, type HTTPResponse, type HTTPServiceOptions } from "webrtc/http";
import { advance, pendingTimers, resetClock } from "../fakes/moddable/clock";
import { setRoom } from "../fakes/native/port";
import { kinds, makeNetwork, type Client } from "./sockets";

const host = "host: 192.0.2.9:8080\r\n";

describe.each(kinds)("over $name", (kind) => {
	let network: ReturnType<typeof makeNetwork>;
	let service: HTTPService;
	let requests: HTTPRequest[];
	let answers: ((response: HTTPResponse) => void)[];
	let errors: WebRTCError[];

	function serve(options: Partial<HTTPServiceOptions> = {}): void {
		network = makeNetwork(kind);
		service = new HTTPService({
			listener: network.Listener as never,
			port: 8080,
			onRequest(request, respond) {
				requests.push(request);
				answers.push(respond);
			},
			onError: (error) => errors.push(error),
			...options,
		});
	}

	/** A client whose text has arrived whole. */
	async function send(text: string | Uint8Array, address?: string): Promise<Client> {
		const client = network.connect(address).send(text);
		await advance(0);
		return client;
	}

	async function answer(response: HTTPResponse, index = answers.length - 1): Promise<void> {
		answers[index]!(response);
		await advance(0);
	}

	beforeEach(() => {
		resetClock();
		setRoom();
		requests = [];
		answers = [];
		errors = [];
		serve();
	});

	afterEach(async () => {
		service.close();
		await advance(0);
		expect(pendingTimers()).toBe(0);
		expect(network.open()).toBe(0);
	});

	test("where memory is short, who is new takes another's place, and who sends more is told to come again", async () => {
		const served = await send(`GET / HTTP/1.1\r\n${host}\r\n`);
		setRoom({ slots: 500 }); // enough for those that are there
		const refused = await send(`GET / HTTP/1.1\r\n${host}\r\n`);
		expect([refused.closed, refused.text, served.closed]).toEqual([true, "", false]);
		setRoom();
		const slow = await send("GET / HTTP/1.1\r\n");
		const first = await send("G");
		await advance(300);
		setRoom({ slots: 500 });
		const quiet = await send("");
		expect([first.closed, slow.closed, quiet.closed]).toEqual([true, false, false]);
		slow.send(host);
		await advance(300);
		expect(slow.text).toBe("");
		setRoom({ slots: 300 });
		slow.send("\r\n");
		await advance(0);
		expect([slow.status, slow.header("retry-after"), slow.header("connection")]).toEqual([503, "1", "close"]);
		expect(requests).toHaveLength(1);
		setRoom();
		quiet.send(`GET / HTTP/1.1\r\n${host}\r\n`);
		await send(`GET / HTTP/1.1\r\n${host}\r\n`);
		expect(requests).toHaveLength(3);
	});

	test("a request that is none is told so as itself, not as the one before it on its connection", async () => {
		const client = await send(`HEAD / HTTP/1.1\r\n${host}\r\n`);
		await answer({ status: 200, body: "none of it" });
		client.text = "";
		client.send("\u0001\r\n");
		await advance(0);
		expect([client.status, client.header("connection")]).toEqual([400, "close"]);
		expect(client.body).toMatch(/not an HTTP request/);
	});

	test("a request arrives whole, its answer goes out, and a second answer goes nowhere", async () => {
		const client = await send(
			`POST /echo?a=b HTTP/1.1\r\n${host}X-A: 1\r\nx-a: 2\r\ncontent-length: 6\r\n\r\näbcde`,
		);
		expect(requests).toEqual([
			{
				method: "POST",
				path: "/echo",
				query: "a=b",
				headers: new Map([
					["host", "192.0.2.9:8080"],
					["x-a", "1, 2"],
					["content-length", "6"],
				]),
				body: "äbcde",
				remoteAddress: "192.0.2.1",
			},
		]);
		await answer({ status: 201, headers: { "x-made": "yes" }, body: "done" });
		await answer({ status: 500 });
		expect(client.text.split("\r\n")).toEqual([
			"HTTP/1.1 201 Created",
			"cross-origin-resource-policy: same-origin",
			"x-made: yes",
			"content-length: 4",
			"keep-alive: timeout=5",
			"",
			"done",
		]);
	});

	test("a request is the same in whatever pieces it comes", async () => {
		const text = `POST /x HTTP/1.1\r\n${host}transfer-encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n1\r\n\n\r\n0\r\nx: y\r\n\r\n`;
		const bytes = new TextEncoder().encode(text);
		const client = network.connect();
		for (const byte of bytes) client.send(new Uint8Array([byte]));
		await advance(0);
		expect(requests).toHaveLength(1);
		expect(requests[0]!.body).toBe("abc\n");
	});

	test("a connection carries one request after the other, also when they come at once", async () => {
		const client = await send(`GET /1 HTTP/1.1\r\n${host}\r\nGET /2 HTTP/1.1\r\n${host}\r\n`);
		expect(requests.map(({ path }) => path)).toEqual(["/1"]);
		await answer({ status: 200, body: "one" });
		expect(requests.map(({ path }) => path)).toEqual(["/1", "/2"]);
		await answer({ status: 200, body: "two" });
		client.send(`GET /3 HTTP/1.1\r\n${host}connection: Close\r\n\r\n`);
		await answer({ status: 204 });
		expect(client.text.match(/HTTP\/1.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 200", "HTTP/1.1 204"]);
		expect(client.header("connection")).toBe("close");
		expect(client.closed).toBe(true);
	});

	test("an idle connection is given up, but not while the client may still believe in it", async () => {
		const client = await send(`GET / HTTP/1.1\r\n${host}\r\n`);
		await advance(9000);
		await answer({ status: 200 });
		expect(client.header("keep-alive")).toBe("timeout=5");
		await advance(6000);
		expect(client.closed).toBe(false);
		await advance(2000);
		expect(client.closed).toBe(true);
	});

	test("HTTP/1.0 is served, and its connection closed", async () => {
		const client = await send("GET / HTTP/1.0\r\n\r\n");
		await answer({ status: 200, body: "old" });
		expect(client.status).toBe(200);
		expect(client.body).toBe("old");
		expect(client.closed).toBe(true);
	});

	test("a later minor version is read as HTTP/1.1", async () => {
		const client = await send(`GET / HTTP/1.2\r\n${host}\r\n`);
		await answer({ status: 200 });
		expect(client.text).toMatch(/^HTTP\/1\.1 200 /);
	});

	test("an absolute target names the host and the path", async () => {
		await send(`GET http://192.0.2.9:8080/a?b HTTP/1.1\r\nhost: elsewhere\r\n\r\n`);
		await send(`GET HTTP://192.0.2.9:8080 HTTP/1.1\r\n${host}\r\n`);
		await send(`GET http://192.0.2.9:8080?q HTTP/1.1\r\n${host}\r\n`);
		expect(requests.map(({ path, query }) => [path, query])).toEqual([
			["/a", "b"],
			["/", ""],
			["/", "q"],
		]);
		expect((await send(`GET http://evil.example/ HTTP/1.1\r\n${host}\r\n`)).status).toBe(421);
	});

	test("HEAD gets the head alone", async () => {
		const client = await send(`HEAD / HTTP/1.1\r\n${host}\r\n`);
		await answer({ status: 200, body: "body" });
		expect(client.header("content-length")).toBe("4");
		expect(client.body).toBe("");
	});

	test("a client that waits for it is told to go on", async () => {
		const head = `POST / HTTP/1.1\r\n${host}expect: 100-continue\r\ncontent-length: 2\r\n\r\n`;
		const client = await send(head);
		expect(client.text).toBe("HTTP/1.1 100 Continue\r\n\r\n");
		client.send("ab");
		await answer({ status: 200, body: "ok" });
		expect(client.status).toBe(200);
		expect((await send(`${head}ab`)).text).toBe("");
		expect((await send(head.replace("2\r\n", "99999\r\n"))).status).toBe(413);
		expect((await send(head.replace("100-continue", "wonders"))).status).toBe(417);
	});

	test("a client that has closed its half gets what it has asked for", async () => {
		const client = await send(`GET / HTTP/1.1\r\n${host}\r\n`);
		client.end();
		await answer({ status: 200, body: "x".repeat(9000) });
		if (kind.halfCloses) {
			expect(client.body).toHaveLength(9000);
			expect(client.closed).toBe(true);
		} else {
			expect(client.closed).toBe(true); // it cannot be told from one that is gone
		}
	});

	test.each([
		["", "before anything"],
		["GET / HT", "within a request line"],
		["GET / HTTP/1.1\r\nhost: a", "within a head"],
		[`POST / HTTP/1.1\r\n${host}content-length: 9\r\n\r\n`, "before a body"],
		[`POST / HTTP/1.1\r\n${host}content-length: 9\r\n\r\nabc`, "within a body"],
		[`POST / HTTP/1.1\r\n${host}transfer-encoding: chunked\r\n\r\n5\r\nabc`, "within a chunk"],
		[`POST / HTTP/1.1\r\n${host}transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n`, "between chunks"],
	])("after %j a client that closes its half, %s, is not waited for", async (text) => {
		const client = (await send(text)).end();
		await advance(1);
		expect(client.closed).toBe(true);
		expect(client.text).toBe("");
	});

	test("a client that goes is forgotten, whenever it goes", async () => {
		const early = (await send(`GET / HTTP`)).end();
		const late = (await send(`GET / HTTP/1.1\r\n${host}\r\n`)).reset();
		await answer({ status: 200 });
		await advance(kind.tellsWhy || !kind.halfCloses ? 0 : 16_000); // without a reason it may have closed its half
		expect([early.closed, late.closed]).toEqual([true, true]);
	});

	test("a long response goes out as the client takes it", async () => {
		const client = await send(`GET / HTTP/1.1\r\n${host}connection: close\r\n\r\n`);
		client.stalled = true;
		await answer({ status: 200, body: "y".repeat(20_000) });
		expect(client.text.length).toBe(kind.buffer);
		client.resume();
		await advance(0);
		expect(client.body).toHaveLength(20_000);
		expect(client.closed).toBe(true);
	});

	test("the next request is read once a long response has left", async () => {
		const client = await send(`GET /1 HTTP/1.1\r\n${host}\r\nGET /2 HTTP/1.1\r\n${host}\r\n`);
		client.stalled = true;
		await answer({ status: 200, body: "y".repeat(20_000) });
		expect(requests).toHaveLength(1);
		client.resume();
		await advance(0);
		expect(requests.map(({ path }) => path)).toEqual(["/1", "/2"]);
	});

	test("an exception ends its request, and nothing else", async () => {
		serve({
			onRequest(request, respond) {
				if (request.path === "/throws") throw new Error("of the application");
				const bad = { "/lf": "two\nlines: 1", "/cr": "two\rlines: 1" }[request.path];
				if (bad) respond({ status: 200, headers: { "x-bad": bad } });
				else respond({ status: 200 });
			},
		});
		expect((await send(`GET /throws HTTP/1.1\r\n${host}\r\n`)).status).toBe(500);
		for (const path of ["/lf", "/cr"]) {
			const bad = await send(`GET ${path} HTTP/1.1\r\n${host}\r\n`);
			expect([bad.text, bad.closed]).toEqual(["", true]);
		}
		expect((await send(`GET / HTTP/1.1\r\n${host}\r\n`)).status).toBe(200);
		expect(errors.map(({ code, message }) => `${code}: ${message}`)).toEqual([
			"internal: of the application",
			"internal: x-bad: more than one line",
			"internal: x-bad: more than one line",
		]);
	});

	test.each([
		["no request at all", "\x16\x03\x01\x02\x00\x01", 400],
		["a binary first byte", "\0GET", 400],
		["too few words", "GET /\r\n\r\n", 400],
		["too many words", `GET / HTTP/1.1 x\r\n${host}\r\n`, 400],
		["two spaces", `GET  / HTTP/1.1\r\n${host}\r\n`, 400],
		["a method of other characters", `G(T / HTTP/1.1\r\n${host}\r\n`, 400],
		["an endless method", `${"M".repeat(17)} / HTTP/1.1\r\n${host}\r\n`, 400],
		["another protocol", `GET / RTSP/1.0\r\n${host}\r\n`, 400],
		["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505],
		["HTTP/1.10", `GET / HTTP/1.10\r\n${host}\r\n`, 505],
		["HTTP/0.9", `GET / HTTP/0.9\r\n${host}\r\n`, 505],
		["no Host", "GET / HTTP/1.1\r\n\r\n", 400],
		["two Hosts", `GET / HTTP/1.1\r\n${host}${host}\r\n`, 400],
		["two Origins", `GET / HTTP/1.1\r\n${host}origin: http://a\r\norigin: http://b\r\n\r\n`, 400],
		["two Authorizations", `GET / HTTP/1.1\r\n${host}authorization: a\r\nAuthorization: b\r\n\r\n`, 400],
		["two types", `GET / HTTP/1.1\r\n${host}content-type: a\r\ncontent-type: b\r\n\r\n`, 400],
		["a Host that is none", "GET / HTTP/1.1\r\nhost: a/b\r\n\r\n", 400],
		["CONNECT", `CONNECT a:1 HTTP/1.1\r\n${host}\r\n`, 400],
		["a star that is no OPTIONS", `GET * HTTP/1.1\r\n${host}\r\n`, 400],
		["a fragment in the target", `GET /#secret HTTP/1.1\r\n${host}\r\n`, 400],
		["a target that is not ASCII", `GET /ü HTTP/1.1\r\n${host}\r\n`, 400],
		["a field without a colon", `GET / HTTP/1.1\r\n${host}x\r\n\r\n`, 400],
		["a field without a name", `GET / HTTP/1.1\r\n${host}: x\r\n\r\n`, 400],
		["white space before the colon", `GET / HTTP/1.1\r\n${host}x : y\r\n\r\n`, 400],
		["a folded line", `GET / HTTP/1.1\r\n${host}x: y\r\n z\r\n\r\n`, 400],
		["a NUL in a value", `GET / HTTP/1.1\r\n${host}x: a\0b\r\n\r\n`, 400],
		["a CR in a value", `GET / HTTP/1.1\r\n${host}x: a\rb: c\r\n\r\n`, 400],
		["DEL in a name", `GET / HTTP/1.1\r\n${host}x\x7f: a\r\n\r\n`, 400],
		["an endless line", `GET /${"x".repeat(5000)}`, 431],
		["an endless head", `GET / HTTP/1.1\r\n${host}${`x: ${"y".repeat(100)}\r\n`.repeat(50)}`, 431],
		["too many fields", `GET / HTTP/1.1\r\n${Array.from({ length: 49 }, (_, i) => `x${i}: y\r\n`).join("")}`, 431],
		["a negative length", `POST / HTTP/1.1\r\n${host}content-length: -1\r\n\r\n`, 400],
		["a signed length", `POST / HTTP/1.1\r\n${host}content-length: +1\r\n\r\n`, 400],
		["a length in hexadecimal", `POST / HTTP/1.1\r\n${host}content-length: 0x10\r\n\r\n`, 400],
		["a fraction of a length", `POST / HTTP/1.1\r\n${host}content-length: 1.5\r\n\r\n`, 400],
		["an empty length", `POST / HTTP/1.1\r\n${host}content-length:\r\n\r\n`, 400],
		["two lengths", `POST / HTTP/1.1\r\n${host}content-length: 1\r\ncontent-length: 1\r\n\r\na`, 400],
		["a list of lengths", `POST / HTTP/1.1\r\n${host}content-length: 1, 1\r\n\r\na`, 400],
		["a giant length", `POST / HTTP/1.1\r\n${host}content-length: 12289\r\n\r\n`, 413],
		["a length beyond all numbers", `POST / HTTP/1.1\r\n${host}content-length: ${"9".repeat(400)}\r\n\r\n`, 413],
		[
			"a length and chunks",
			`POST / HTTP/1.1\r\n${host}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
			400,
		],
		["chunks in HTTP/1.0", `POST / HTTP/1.0\r\n${host}transfer-encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
		["another coding", `POST / HTTP/1.1\r\n${host}transfer-encoding: gzip, chunked\r\n\r\n`, 501],
		["chunked twice", `POST / HTTP/1.1\r\n${host}transfer-encoding: chunked, chunked\r\n\r\n`, 501],
		[
			"two codings",
			`POST / HTTP/1.1\r\n${host}transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n`,
			400,
		],
		["a chunk without a size", `POST / HTTP/1.1\r\n${host}transfer-encoding: chunked\r\n\r\n\r\n`, 400],
		["a chunk of no number", `POST / HTTP/1.1\r\n${host}transfer-encoding: chunked\r\n\r\nzz\r\n`, 400],
		["a negative chunk", `POST / HTTP/1.1\r\n${host}transfer-encoding: chunked\r\n\r\n-1\r\n`, 400],
		[
			"a chunk size beyond all",
			`POST / HTTP/1.1\r\n${host}transfer-encoding: chunked\r\n\r\n${"f".repeat(9)}\r\n`,
			400,
		],
		["a chunk size and noise", `POST / HTTP/1.1\r\n${host}transfer-encoding: chunked\r\n\r\n1 x\r\na\r\n`, 400],
		["a giant chunk", `POST / HTTP/1.1\r\n${host}transfer-encoding: chunked\r\n\r\n3001\r\n`, 413],
		[
			"chunks that are too long together",
			`POST / HTTP/1.1\r\n${host}transfer-encoding: chunked\r\n\r\n3000\r\n${"c".repeat(12_288)}\r\n1\r\n`,
			413,
		],
		["a chunk longer than it says", `POST / HTTP/1.1\r\n${host}transfer-encoding: chunked\r\n\r\n1\r\nab\r\n`, 400],
		[
			"chunks of one byte",
			`POST / HTTP/1.1\r\n${host}transfer-encoding: chunked\r\n\r\n${"1\r\na\r\n".repeat(900)}`,
			400,
		],
		[
			"an endless trailer",
			`POST / HTTP/1.1\r\n${host}transfer-encoding: chunked\r\n\r\n0\r\n${"x: y\r\n".repeat(900)}`,
			400,
		],
	])("%s is refused", async (_, text, status) => {
		const client = await send(text);
		expect(client.status).toBe(status);
		expect(client.header("connection")).toBe("close");
		expect(client.body).toMatch(/^[A-Z0-9a-z].*\.\n$/);
		expect(requests).toEqual([]);
		await advance(11_000);
		expect(client.closed).toBe(true);
	});

	test.each([
		["the line", new Uint8Array([0x47, 0x45, 0x54, 0x20, 0x2f, 0xff, 0x0a])],
		[
			"the body",
			new Uint8Array([...new TextEncoder().encode(`POST / HTTP/1.1\r\n${host}content-length: 1\r\n\r\n`), 0xff]),
		],
	])("what is not UTF-8 in %s is refused", async (_, bytes) => {
		expect((await send(bytes)).status).toBe(400);
		expect(requests).toEqual([]);
	});

	test("the client that was refused is read for a while, for a reset would take the answer with it", async () => {
		const client = await send(`POST / HTTP/1.1\r\n${host}content-length: 99999\r\n\r\n${"x".repeat(20_000)}`);
		expect(client.status).toBe(413);
		expect(client.closed).toBe(false);
		client.send("x".repeat(70_000));
		expect(client.closed).toBe(true);
	});
});
