// SPDX-License-Identifier: Apache-2.0
// Connections and their use, over a client that behaves as the SDK's.
import AWSClient from "webrtc/aws/client";
import { StaticCredentials } from "webrtc/aws/credentials";
import HTTPConnections, { type Call, type HTTPDictionary, type Response } from "webrtc/http/client";
import { originOf, parseURL as parseAny, resolveURL } from "webrtc/http/url";
import IoTCredentials, { parseIoTCredentials } from "webrtc/aws/iot";
import { parseURL } from "webrtc/aws/url";
import type WebRTCError from "webrtc/error";
import type { ClientOptions, RequestOptions } from "embedded:network/http/client";
import * as hash from "../fakes/native/crypto";
import { advance, pendingTimers, resetClock, schedule } from "../fakes/moddable/clock";

type Behaviour =
	| { status?: number; body?: string | Buffer; headers?: [string, string][] }
	| "endless"
	| "silent"
	| "break"
	| "drop"
	| "refuse";

/** What each request meets, in order; the last one for good. */
let script: Behaviour[];
let clients: FakeClient[];
let given: number; // parts of bodies without end
let requests: { client: FakeClient; options: RequestOptions; body: string }[];

class FakeClient {
	options: ClientOptions & { socket: { secure?: object } };
	closed = false;
	constructor(options: FakeClient["options"]) {
		if (script[0] === "refuse") {
			script.shift();
			throw new Error("no such host");
		}
		this.options = options;
		clients.push(this);
	}
	request(options: RequestOptions): void {
		schedule(() => this.#serve(options), 10);
	}
	close(): void {
		this.closed = true;
	}
	/** The server has had enough. */
	break(): void {
		this.closed = true;
		this.options.onError?.(undefined);
	}
	#babble(options: RequestOptions): void {
		if (this.closed) return;
		given++;
		options.onReadable?.call({ read: () => new ArrayBuffer(1000) } as never, 1000);
		schedule(() => this.#babble(options), 10);
	}
	#serve(options: RequestOptions): void {
		if (this.closed) return;
		let body = "";
		const length = Number(options.headers?.get("content-length") ?? 0);
		const write = (data: Uint8Array) => (body += Buffer.from(data).toString());
		while (body.length < length) options.onWritable?.call({ write } as never, 7);
		requests.push({ client: this, options, body });
		const behaviour = (script.length > 1 ? script.shift() : script[0]) as Exclude<Behaviour, "refuse">;
		if (behaviour === "silent") return;
		if (behaviour === "endless") {
			options.onHeaders?.call({} as never, 200, new Map());
			return this.#babble(options);
		}
		if (behaviour === "break" || behaviour === "drop") {
			this.closed = true;
			if (behaviour === "break") options.onDone?.call({} as never, new Error());
			this.options.onError?.(undefined);
			return;
		}
		options.onHeaders?.call({} as never, behaviour.status ?? 200, new Map(behaviour.headers));
		const data = Buffer.from((behaviour.body ?? "ok") as string);
		for (let offset = 0; offset < data.length; offset += 1000) {
			const part = Uint8Array.from(data.subarray(offset, offset + 1000)).buffer;
			options.onReadable?.call({ read: () => part } as never, part.byteLength);
		}
		options.onDone?.call({} as never, null);
	}
}

const dictionary = { io: FakeClient, dns: { io: class {} }, socket: { io: class {} } } as unknown as HTTPDictionary;
let http: HTTPConnections;
let results: (Response | WebRTCError | undefined)[];

beforeEach(() => {
	resetClock();
	script = [{}];
	clients = [];
	requests = [];
	results = [];
	given = 0;
	http = new HTTPConnections({ https: dictionary });
});

function send(host = "a.example", timeout = 1000): Call {
	const index = results.push(undefined) - 1;
	const call: Call = {
		url: parseURL(`https://${host}/path`),
		method: "POST",
		headers: new Map(),
		body: ArrayBuffer.fromString("a body of 23 characters"),
		fields: ["date", "x-long"],
		timeout,
		onDone: (error, response) => (results[index] = error ?? response),
	};
	http.send(call);
	return call;
}

test("requests to a server go over one connection, one after the other", async () => {
	for (let i = 0; i < 3; i++) send();
	send("b.example");
	await advance(100);
	expect(clients.map(({ options }) => options.host)).toEqual(["a.example", "b.example"]);
	expect(results).toEqual(Array(4).fill({ status: 200, headers: new Map(), body: "ok" }));
	expect(requests.map(({ body }) => body)).toEqual(Array(4).fill("a body of 23 characters"));
	expect(http.statistics).toEqual({ connections: 2, requests: 4 });
});

test("a connection without work is given back after a while", async () => {
	send();
	await advance(4900);
	send();
	await advance(4900);
	expect(clients).toHaveLength(1);
	expect(clients[0]!.closed).toBe(false);
	await advance(1000);
	expect(clients[0]!.closed).toBe(true);
	expect(pendingTimers()).toBe(0);
	send();
	await advance(100);
	expect(clients).toHaveLength(2);
});

test("a kept connection that breaks costs nothing: the request goes over another, once", async () => {
	send();
	await advance(100);
	script = ["break", {}];
	send();
	await advance(100);
	expect(results[1]).toMatchObject({ status: 200 });
	script = ["drop", {}]; // without a word of the request
	send();
	await advance(100);
	expect(results[2]).toMatchObject({ status: 200 });
	script = ["break"];
	send();
	await advance(100);
	expect(results[3]).toMatchObject({ code: "transport/failed" });
	clients.at(-1)!.break();
	await advance(10_000);
	expect(pendingTimers()).toBe(0);
});

test("a connection that breaks while it rests is forgotten", async () => {
	send();
	await advance(100);
	clients[0]!.break();
	send();
	await advance(100);
	expect(results[1]).toMatchObject({ status: 200 });
	expect(clients).toHaveLength(2);
});

test("an answer that does not come in time ends the call, not those behind it", async () => {
	script = ["silent", {}];
	send();
	send();
	await advance(1100);
	expect(results[0]).toMatchObject({ code: "transport/timeout" });
	expect(results[1]).toMatchObject({ status: 200 });
	expect(clients[0]!.closed).toBe(true);
});

test("a client that cannot be made is an error of the call", async () => {
	script = ["refuse", {}];
	send();
	expect(results[0]).toBeUndefined();
	await advance(10);
	expect(results[0]).toMatchObject({ code: "transport/failed", message: "a.example: no such host" });
	http = new HTTPConnections();
	send();
	await advance(10);
	expect(results[1]).toMatchObject({ message: "a.example: no https client; include its manifest" });
});

test("a call can be cancelled while it waits and while it is under way", async () => {
	const first = send();
	const second = send();
	send();
	http.cancel(second);
	await advance(5);
	http.cancel(first);
	await advance(100);
	expect(results).toEqual([undefined, undefined, expect.objectContaining({ status: 200 })]);
	send();
	await advance(5);
	http.close();
	await advance(10_000);
	expect(results[3]).toBeUndefined();
	expect(pendingTimers()).toBe(0);
});

test("bodies are bounded, and must be UTF-8", async () => {
	script = [{ body: "x".repeat(16_384) }, { body: "x".repeat(16_385) }, { body: Buffer.from([0xff]) }];
	for (let i = 0; i < 3; i++) send();
	await advance(100);
	expect((results[0] as Response).body).toHaveLength(16_384);
	expect(results[1]).toMatchObject({ message: "a.example: the response is too long" });
	expect(results[2]).toMatchObject({ message: "a.example: the response is not UTF-8" });
});

test("a body without end is read no longer than its bound, and its connection is given back", async () => {
	script = ["endless", {}];
	send("a.example", 60_000);
	send();
	await advance(250);
	expect(results[0]).toMatchObject({ code: "transport/failed", message: "a.example: the response is too long" });
	expect(given).toBe(17);
	expect(clients[0]!.closed).toBe(true);
	expect(results[1]).toMatchObject({ status: 200 });
	expect(clients).toHaveLength(2);
});

test("a call that is cancelled when its body is just too long is heard of no more", async () => {
	script = ["endless"];
	const call = send("a.example", 60_000);
	while (given < 17) await advance(1);
	if (results[0] === undefined) http.cancel(call);
	await advance(10_000);
	expect(given).toBe(17);
	expect(pendingTimers()).toBe(0);
});

test.each([
	["https://a.example:8443/rooms/one?key=1", "two", "https://a.example:8443/rooms/two"],
	["https://a.example/rooms/one", "/two?x=/../", "https://a.example/two?x=/../"],
	["https://a.example/rooms/one", "../two#part", "https://a.example/two"],
	["https://a.example/rooms/one", "../../../two/./three/..", "https://a.example/two/"],
	["https://a.example/rooms/one?key=1", "?key=2", "https://a.example/rooms/one?key=2"],
	["https://a.example/rooms/one", "", "https://a.example/rooms/one"],
	["https://a.example/rooms/one", "//b.example/two", "https://b.example/two"],
	["https://a.example/rooms/one", "http://b.example:81", "http://b.example:81/"],
	["https://a.example", "two:three/four", ""],
	["https://a.example", "two three", ""],
	["https://a.example", "//user@b.example/", ""],
	["https://a.example", `/${"a".repeat(2048)}`, ""],
])("at %s, %j is %j", (base, reference, expected) => {
	const resolve = () => resolveURL(parseAny(base), reference);
	if (expected) expect(originOf(resolve()) + resolve().path).toBe(expected);
	else expect(resolve).toThrow(/^location: /);
});

test("of the fields of a response those are kept that were asked for, and of each one character more than a URL may have", async () => {
	script = [
		{
			status: 400,
			headers: [
				["x-long", "e".repeat(2050)],
				["x-other", "1"],
			],
		},
	];
	send();
	await advance(100);
	expect((results[0] as Response).headers).toEqual(new Map([["x-long", "e".repeat(2049)]]));
});

describe("a signed client", () => {
	const credentials = new StaticCredentials({ accessKeyId: "A", secretAccessKey: "B", sessionToken: "T" });

	test("signs what it sends, and learns the time", async () => {
		script = [{ status: 403, headers: [["date", "Fri, 02 Jan 2026 00:00:00 GMT"]] }];
		jest.spyOn(Date, "now").mockReturnValue(Date.UTC(2026, 0, 1));
		const client = new AWSClient({ https: dictionary, region: "eu-west-1", service: "s", credentials, hash });
		const done = jest.fn();
		client.post(parseURL("https://a.example/call"), "{}", 1000, done);
		expect(done).not.toHaveBeenCalled();
		await advance(100);
		expect(done).toHaveBeenCalledWith(undefined, expect.objectContaining({ status: 403, clockChanged: true }));
		const { headers } = requests[0]!.options;
		expect(headers!.get("x-amz-security-token")).toBe("T");
		expect(headers!.get("authorization")).toMatch(
			/SignedHeaders=content-type;host;x-amz-date;x-amz-security-token,/,
		);
		const query = await client.presign(parseURL("wss://a.example"), [], 299);
		expect(query).toContain("X-Amz-Date=20260102T000000Z");
		client.close();
		jest.restoreAllMocks();
	});

	test("a signed URL lives no longer than its credentials", async () => {
		const provider = {
			get: async () =>
				(await credentials.get()) && {
					...(await credentials.get()),
					secretAccessKey: "B",
					sessionToken: "T",
					expiration: Date.now() + 90_500,
				},
		};
		const client = new AWSClient({ region: "eu-west-1", service: "s", credentials: provider as never, hash });
		expect(await client.presign(parseURL("wss://a.example"), [], 299)).toMatch(/X-Amz-Expires=(89|90)&/);
	});

	test("a cancelled call is not made, nor heard of", async () => {
		const client = new AWSClient({ https: dictionary, region: "eu-west-1", service: "s", credentials, hash });
		const done = jest.fn();
		client.post(parseURL("https://a.example"), "{}", 1000, done)();
		await advance(100);
		expect(clients).toHaveLength(0);
		client.post(parseURL("https://a.example"), "{}", 1000, done);
		await advance(5);
		client.close();
		await advance(10_000);
		expect(done).not.toHaveBeenCalled();
	});
});

describe("IoT Core credentials", () => {
	const good = {
		accessKeyId: "ASIA1",
		secretAccessKey: "secret",
		sessionToken: "token",
		expiration: "2026-01-01T01:00:00Z",
	};
	const now = Date.UTC(2026, 0, 1);
	const make = (options = {}) =>
		new IoTCredentials({
			endpoint: "c1.credentials.iot.eu-west-1.amazonaws.com",
			roleAlias: "camera=role",
			thingName: "porch",
			certificate: new ArrayBuffer(1),
			privateKey: new ArrayBuffer(2),
			https: dictionary,
			random: () => 0.5,
			...options,
		});

	test("by mutual TLS, with the thing's name; once for all, until shortly before they expire", async () => {
		script = [{ body: JSON.stringify({ credentials: good }) }];
		const provider = make({ ca: new ArrayBuffer(3) });
		const both = Promise.all([provider.get(now), provider.get(now)]);
		await advance(100);
		const [credentials] = await both;
		expect(credentials!.accessKeyId).toBe("ASIA1");
		expect(credentials!.expiration).toBe(now + 3_600_000);
		expect(requests).toHaveLength(1);
		const { client, options } = requests[0]!;
		expect(options).toMatchObject({ method: "GET", path: "/role-aliases/camera%3Drole/credentials" });
		expect(options.headers!.get("x-amzn-iot-thingname")).toBe("porch");
		const { secure } = client.options.socket as {
			secure: { certificate: ArrayBuffer; clientKey: ArrayBuffer; clientCertificates: ArrayBuffer[] };
		};
		expect(secure.clientKey.byteLength).toBe(2);
		expect(secure.clientCertificates.map(({ byteLength }) => byteLength)).toEqual([1]);
		expect(secure.certificate.byteLength).toBe(3);
		expect(client.closed).toBe(true);
		await provider.get(now + 0.87 * 3_600_000);
		expect(requests).toHaveLength(1);
		void provider.get(now + 0.88 * 3_600_000);
		await advance(100);
		expect(requests).toHaveLength(2);
	});

	test.each([
		[{ status: 403, body: "{}" }, /status 403; check the role alias/],
		[{ body: JSON.stringify({ credentials: { ...good, secretAccessKey: 5 } }) }, /malformed$/],
		[{ body: JSON.stringify({ credentials: { ...good, expiration: "soon" } }) }, /malformed$/],
		[{ body: "secret" }, /malformed$/],
		["break", /the connection failed/],
		["silent", /no answer in time/],
	] as [Behaviour, RegExp][])("%j is an error that tells no secret", async (behaviour, message) => {
		script = [behaviour];
		const result = make().get(now);
		const expectation = expect(result).rejects.toMatchObject({
			code: "aws/credentials",
			message: expect.stringMatching(message),
		});
		await advance(20_000);
		await expectation;
		await result.catch((error: Error) => expect(`${error.message}${error.cause}`).not.toContain("secret"));
		expect(pendingTimers()).toBe(0);
	});

	test("bad options are named", () => {
		for (const name of ["endpoint", "roleAlias", "thingName", "certificate", "privateKey"])
			expect(() => make({ [name]: "" })).toThrow(new RegExp(`^${name}: `));
		expect(() => parseIoTCredentials({ status: 200, body: "[]" })).toThrow("malformed");
	});
});

test.each([
	"",
	"ftp://a",
	"https://",
	"https://a:0",
	"https://a:65536",
	"https://a b",
	"https://u@h",
	"https://h?q",
	"a",
	`https://${"a".repeat(600)}`,
])("%j is no URL of a service", (text) => expect(() => parseURL(text, "endpoint")).toThrow(/^endpoint: /));
