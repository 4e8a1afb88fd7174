// SPDX-License-Identifier: Apache-2.0
// The WHEP server as viewers meet it: who may watch, and what the players of others send.
import WHEPSignaling, { type WHEPSignalingOptions } from "webrtc/signaling/whep";
import linkHeader from "webrtc/signaling/whep/links";
import type { SignalingMessage } from "webrtc/signaling";
import { advance, pendingTimers, resetClock } from "../fakes/moddable/clock";
import { taken } from "../fakes/native/transport/listening";
import { kinds, makeNetwork, type Client } from "../http/sockets";

const token = "a-secret-of-a-link";
const bearer = `authorization: Bearer ${token}\r\n`;
const sdp = "v=0\r\na=ice-ufrag:abcd\r\n";
const errors: string[] = [];

let network: ReturnType<typeof makeNetwork>;
let signaling: WHEPSignaling;
let messages: SignalingMessage[];

function listen(options: WHEPSignalingOptions = {}): void {
	network = makeNetwork(kinds[0]!);
	signaling = new WHEPSignaling({ port: 8080, listener: network.Listener as never, ...options });
	signaling.connect("master", {
		addresses: () => ["192.0.2.9"],
		onMessage(message) {
			messages.push(message);
			if (message.type === "offer")
				signaling.send({ type: "answer", peerId: message.peerId, sdp: "v=0\r\nours" });
		},
		onStateChange() {},
		onError: (error) => errors.push(`${error.code}: ${error.message}`),
		onIceServers() {},
	});
}

async function send(method: string, path: string, fields = "", body = "", address?: string): Promise<Client> {
	const type = method === "PATCH" ? "application/trickle-ice-sdpfrag" : "application/sdp";
	const length = body ? `content-type: ${type}\r\ncontent-length: ${body.length}\r\n` : "";
	const head = `${method} ${path} HTTP/1.1\r\nhost: 192.0.2.9:8080\r\n${length}${fields}\r\n`;
	const client = network.connect(address).send(head + body);
	await advance(0);
	return client;
}
const offer = (fields = "", address?: string) => send("POST", "/whep", fields, sdp, address);
const statusOf = async (client: Promise<Client>) => (await client).status;

beforeEach(() => {
	resetClock();
	messages = [];
	errors.length = 0;
});

afterEach(async () => {
	signaling.close();
	await advance(0);
	expect(pendingTimers()).toBe(0);
});

test("without a secret everybody may watch, and the device says so", async () => {
	listen();
	expect(signaling.isOpen).toBe(true);
	const client = await offer();
	expect([client.status, client.body]).toEqual([201, "v=0\r\nours"]);
	expect(messages[0]).toMatchObject({ type: "offer", remoteAddress: "192.0.2.1" });
});

test("what is guarded asks for the same secret and the same decision, before it is asked for itself", async () => {
	const asked: string[] = [];
	listen({
		token,
		guarded: ["/picture"],
		authorize: ({ path, query }) => asked.push(path) > 0 && query !== "no",
		onRequest: ({ path }, respond) => respond({ status: 200, body: path }),
	});
	expect(await statusOf(send("GET", "/picture"))).toBe(401);
	expect(await statusOf(send("GET", "/pictures"))).toBe(200);
	expect(asked).toEqual([]);
	expect((await send("GET", "/picture", bearer)).body).toBe("/picture");
	expect(await statusOf(send("GET", "/picture?no", bearer))).toBe(403);
	expect(asked).toEqual(["/picture", "/picture"]);
});

test("asking what a guarded path takes brings nothing of it: the owner is not asked, but a preflight is answered", async () => {
	const asked: string[] = [];
	listen({
		token,
		origins: ["http://elsewhere"],
		guarded: ["/picture"],
		authorize: ({ path }) => asked.push(path) > 0,
		onRequest: ({ path }, respond) => respond({ status: 200, body: path }),
	});
	for (const method of ["OPTIONS", "options", "Options", "PROPFIND"])
		expect((await send(method, "/picture")).body).not.toBe("/picture");
	const preflight = await send("OPTIONS", "/picture", "origin: http://elsewhere\r\n");
	expect(preflight.status).toBe(204);
	expect(preflight.header("access-control-allow-origin")).toBe("http://elsewhere");
	expect(preflight.header("access-control-allow-headers")).toContain("authorization");
	expect((await send("OPTIONS", "/other")).body).toBe("/other");
	expect(asked).toEqual([]);
});

test("with one, neither an offer nor a session is to be had without it; a preflight and the page are", async () => {
	listen({ token, origins: ["http://elsewhere"], onRequest: (_, respond) => respond({ status: 200, body: "page" }) });
	expect(signaling.isOpen).toBe(false);
	const refused = await offer("origin: http://elsewhere\r\n");
	expect(refused.status).toBe(401);
	expect(refused.header("www-authenticate")).toBe('Bearer realm="camera"');
	expect(refused.header("access-control-allow-origin")).toBe("http://elsewhere");
	expect(refused.header("access-control-expose-headers")).toContain("www-authenticate");
	expect(messages).toEqual([]);
	const watched = await offer(bearer);
	const location = `/${watched.header("location")}`;
	expect(watched.status).toBe(201);
	expect(await statusOf(send("DELETE", location))).toBe(401);
	expect(await statusOf(send("PATCH", location, "", "a=x"))).toBe(401);
	expect(await statusOf(send("PATCH", "/whep/unknown", "", "a=x"))).toBe(401);
	expect(await statusOf(send("OPTIONS", location, "origin: http://elsewhere\r\n"))).toBe(204);
	expect(await statusOf(send("GET", "/"))).toBe(200);
	expect(await statusOf(send("DELETE", location, bearer))).toBe(200);
	for (let i = 0; i < 5; i++) await offer("authorization: Bearer wrong\r\n");
	expect(await statusOf(offer("authorization: Bearer wrong\r\n"))).toBe(429);
	expect(await statusOf(offer(bearer, "192.0.2.2"))).toBe(201);
});

test("who has no secret makes the device take no body", async () => {
	listen({ token });
	const head = `POST /whep HTTP/1.1\r\nhost: 192.0.2.9:8080\r\ncontent-type: application/sdp\r\ncontent-length: 12000\r\n\r\n`;
	const client = network.connect().send(head);
	await advance(0);
	expect(client.status).toBe(401);
	// Neither does who asks as no browser does: a preflight has no body.
	for (const framing of ["content-length: 12000", "transfer-encoding: chunked"]) {
		const other = network.connect().send(`OPTIONS /whep HTTP/1.1\r\nhost: 192.0.2.9:8080\r\n${framing}\r\n\r\n`);
		await advance(0);
		expect(other.status).toBe(401);
	}
	expect(await statusOf(send("OPTIONS", "/whep", "content-length: 0\r\n"))).toBe(204);
});

test("a page of another origin neither offers nor reads, unless it may", async () => {
	listen({ origins: ["https://friend.example"] });
	const evil = await offer("origin: https://evil.example\r\n");
	expect([evil.status, evil.header("access-control-allow-origin")]).toEqual([403, undefined]);
	expect(await statusOf(send("OPTIONS", "/whep", "origin: https://evil.example\r\n"))).toBe(403);
	expect(await statusOf(send("DELETE", "/whep/x", "origin: https://evil.example\r\n"))).toBe(403);
	expect(messages).toEqual([]);
	const friend = await offer("origin: https://friend.example\r\n");
	expect(friend.header("access-control-allow-origin")).toBe("https://friend.example");
	expect(friend.header("access-control-expose-headers")).toContain("location");
	expect(await statusOf(offer("origin: http://192.0.2.9:8080\r\n"))).toBe(201);
});

test("what is too much is told to pages elsewhere, too", async () => {
	listen({ origins: ["*"] });
	const large = await send("POST", "/whep", "origin: https://a.example\r\n", `v=0${"x".repeat(12_300)}`);
	expect([large.status, large.header("access-control-allow-origin")]).toEqual([413, "*"]);
	expect(large.body).toMatch(/at most 12288/);
	const stalled = `POST /whep HTTP/1.1\r\nhost: 192.0.2.9:8080\r\ncontent-length: 12288\r\n\r\n`;
	network.connect().send(stalled);
	network.connect().send(stalled);
	const busy = await offer("origin: https://a.example\r\n");
	expect([busy.status, busy.header("access-control-allow-origin")]).toEqual([503, "*"]);
	expect([busy.header("retry-after"), busy.body]).toEqual(["1", "Too much is on its way at once.\n"]);
	expect(busy.header("access-control-expose-headers")).toContain("retry-after");
	const strange = network.connect().send("\x16\x03\x01");
	await advance(0);
	expect([strange.status, strange.header("access-control-allow-origin")]).toEqual([400, "*"]);
});

test("a name that leads here by DNS rebinding is refused", async () => {
	listen();
	const client = network.connect().send("GET / HTTP/1.1\r\nhost: evil.example:8080\r\n\r\n");
	await advance(0);
	expect(client.status).toBe(421);
});

test("an owner that does not tell the device's addresses is reached by any, and by no name", async () => {
	network = makeNetwork(kinds[0]!);
	signaling = new WHEPSignaling({ port: 8080, listener: network.Listener as never });
	signaling.connect("master", { onMessage() {}, onStateChange() {}, onError() {}, onIceServers() {} });
	expect(await statusOf(send("GET", "/"))).toBe(404);
	const client = network.connect().send("GET / HTTP/1.1\r\nhost: evil.example:8080\r\n\r\n");
	await advance(0);
	expect(client.status).toBe(421);
});

test.each([
	["true", true, 201, ""],
	["a promise of it", Promise.resolve(true), 201, ""],
	["false", false, 401, ""],
	["false, to one who bears something", Promise.resolve(false), 403, "authorization: Bearer x\r\n"],
	["what is not true", Promise.resolve(1), 401, ""],
	["a failure", Promise.reject(new Error("of the owner")), 500, ""],
])("the owner's decision is %s", async (_, decision, status, fields) => {
	listen({ authorize: () => decision as boolean });
	expect(signaling.isOpen).toBe(false);
	expect(await statusOf(offer(fields))).toBe(status);
	expect(errors).toEqual(status === 500 ? ["internal: of the owner"] : []);
});

test("the owner decides about sessions, too, after the secret, and is asked about no preflight", async () => {
	const asked: string[] = [];
	listen({
		token,
		authorize({ method, path }) {
			asked.push(`${method} ${path}`);
			return true;
		},
	});
	await offer();
	await send("OPTIONS", "/whep");
	expect(asked).toEqual([]);
	const location = (await offer(bearer)).header("location")!;
	await send("DELETE", `/${location}`, bearer);
	expect(asked).toEqual(["POST /whep", `DELETE /${location}`]);
});

test("an exception of the owner's ends the request", async () => {
	listen({
		authorize() {
			throw new Error("of the owner");
		},
	});
	expect(await statusOf(offer())).toBe(500);
	expect(errors).toEqual(["internal: of the owner"]);
});

test("decisions that do not come hold no place for long", async () => {
	listen({ authorize: () => new Promise(() => {}) });
	const waiting = [];
	for (let i = 0; i < 8; i++) waiting.push(await offer());
	const late = await offer();
	expect([late.status, late.header("retry-after")]).toEqual([503, "1"]);
	await advance(10_000);
	expect(waiting.map(({ status }) => status)).toEqual(Array(8).fill(500));
	expect(errors).toHaveLength(8);
	const next = await offer();
	expect(next.status).toBe(0);
	signaling.close();
	expect(messages).toEqual([]);
});

test("a decision that comes after the end opens nothing", async () => {
	let decide!: (allowed: boolean) => void;
	listen({ authorize: () => new Promise((resolve) => (decide = resolve)) });
	await offer();
	signaling.close();
	decide(true);
	await advance(0);
	expect(messages).toEqual([]);
});

test("an application that throws answers with 500, and is told", async () => {
	listen({
		onRequest() {
			throw new Error("of the page");
		},
	});
	expect(await statusOf(send("GET", "/"))).toBe(500);
	expect(errors).toEqual(["internal: of the page"]);
});

test("viewers are told of ICE servers", async () => {
	listen({
		viewerIceServers: [
			{ urls: "stun:192.0.2.1" },
			{ urls: ["turn:192.0.2.1?transport=udp", "turns:t.example"], username: 'a"b\\', credential: "c" },
		],
	});
	expect((await offer()).header("link")).toBe(
		[
			'<stun:192.0.2.1>; rel="ice-server"',
			'<turn:192.0.2.1?transport=udp>; rel="ice-server"; username="a\\"b\\\\"; credential="c"; credential-type="password"',
			'<turns:t.example>; rel="ice-server"; username="a\\"b\\\\"; credential="c"; credential-type="password"',
		].join(", "),
	);
	expect(linkHeader([])).toBeUndefined();
});

test.each([
	[{ viewerIceServers: [{ urls: "http://a" }] }, /^viewerIceServers: "http:\/\/a" is no URL/],
	[{ viewerIceServers: [{ urls: "stun:a>b" }] }, /^viewerIceServers: /],
	[{ viewerIceServers: [{ urls: "turn:a", username: "a\r\nb", credential: "c" }] }, /^viewerIceServers: username/],
	[{ viewerIceServers: [{ urls: "turn:a" }] }, /^viewerIceServers: "turn:a" needs a username and a credential/],
	[{ viewerIceServers: [{ urls: "turns:a", username: "b" }] }, /^viewerIceServers: "turns:a" needs/],
	[{ port: 65_536 }, /^port: 0 to 65535/],
	[{ path: "whep" }, /^path: /],
	[{ origins: ["x"] }, /^origins: /],
	[{ token: "short" }, /^token: /],
])("a wrong option is told at once", (options, message) => {
	listen();
	expect(() => new WHEPSignaling(options)).toThrow(message);
});

/* What players of others send, by their documentation and their sources' behaviour. */

const candidate = "a=candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host\r\n";

test("a MediaMTX reader: every PATCH says If-Match: *, credentials and bare m= lines", async () => {
	listen();
	const answer = await offer();
	const location = `/${answer.header("location")}`;
	const body = `a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\n${candidate}`;
	for (let i = 0; i < 3; i++) expect(await statusOf(send("PATCH", location, "if-match: *\r\n", body))).toBe(204);
	expect(messages.slice(1).map(({ type }) => type)).toEqual(["candidate", "candidate", "candidate"]);
	expect(await statusOf(send("DELETE", location))).toBe(200);
});

test("a MediaMTX source: asks OPTIONS first, trickles where PATCH is allowed, needs an ETag then", async () => {
	listen();
	const asked = await send("OPTIONS", "/whep");
	expect(asked.status).toBe(204);
	expect(asked.header("access-control-allow-methods")).toContain("PATCH");
	const answer = await offer();
	expect(answer.header("etag")).toMatch(/^".+"$/);
	const fields = `if-match: ${answer.header("etag")}\r\n`;
	expect(await statusOf(send("PATCH", `/${answer.header("location")}`, fields, candidate))).toBe(204);
});

test("an endpoint whose path ends in a slash is the same, and its sessions are where they were", async () => {
	listen();
	const answer = await send("POST", "/whep/", "", sdp);
	expect(answer.status).toBe(201);
	const { pathname } = new URL(answer.header("location")!, "http://192.0.2.9:8080/whep/");
	expect(pathname).toBe(`/whep/${messages[0]!.peerId}`);
	expect(await statusOf(send("OPTIONS", "/whep/"))).toBe(204);
	expect(await statusOf(send("HEAD", "/whep/"))).toBe(200);
	expect(await statusOf(send("DELETE", "/whep/"))).toBe(405);
	expect(await statusOf(send("DELETE", `${pathname}/`))).toBe(404);
	expect(await statusOf(send("DELETE", pathname))).toBe(200);
});

test("medooze's player: preflights, bears its token everywhere, never learns the first ETag", async () => {
	listen({ token, origins: ["https://player.example"] });
	const origin = "origin: https://player.example\r\n";
	const asked = `${origin}access-control-request-method: POST\r\naccess-control-request-headers: authorization,content-type\r\n`;
	const preflight = await send("OPTIONS", "/whep", asked);
	expect(preflight.header("access-control-allow-origin")).toBe("https://player.example");
	expect(preflight.header("access-control-allow-headers")).toContain("authorization");
	const answer = await offer(origin + bearer);
	expect(answer.header("access-control-expose-headers")).toMatch(/location.*etag.*link/);
	const location = new URL(answer.header("location")!, "http://192.0.2.9:8080/whep").pathname;
	expect(await statusOf(send("PATCH", location, origin + bearer, `${candidate}a=end-of-candidates\r\n`))).toBe(204);
	expect(await statusOf(send("DELETE", location, origin + bearer))).toBe(200);
});

test("Eyevinn's player: waits for its candidates, makes one offer, and does not trickle", async () => {
	listen({ origins: ["*"] });
	const answer = await offer("origin: https://web.player.example\r\naccept: */*\r\n");
	expect(answer.status).toBe(201);
	expect(answer.header("content-type")).toBe("application/sdp");
	expect(await statusOf(send("DELETE", `/${answer.header("location")}`))).toBe(200);
});

test("nginx as it comes: HTTP/1.0, another Host, no keeping alive", async () => {
	listen({ hosts: ["cameras"] });
	const fields = "Host: cameras\r\nConnection: close\r\nContent-Length: 23\r\nContent-Type: application/sdp\r\n";
	const client = network.connect().send(`POST /whep HTTP/1.0\r\n${fields}\r\n${sdp}`);
	await advance(0);
	expect(client.status).toBe(201);
	expect(new URL(client.header("location")!, "https://proxy.example/porch/whep").pathname).toMatch(
		/^\/porch\/whep\/\w+$/,
	);
	expect(client.closed).toBe(true);
});

test.each([
	[8081, "transport/address-in-use: WHEP: port 8081 cannot be opened; is it in use?"], // before a listener is made
	[8080, "transport/failed: WHEP: port 8080 cannot be opened: no such device"],
])("a taken port is an error that says so", (port, message) => {
	listen();
	taken.add(8081);
	const other = new WHEPSignaling({ port });
	other.connect("master", {
		onMessage() {},
		onStateChange() {},
		onError: (error) => errors.push(`${error.code}: ${error.message}`),
		onIceServers() {},
	});
	expect(other.state).toBe("failed");
	expect(errors).toEqual([message]);
	taken.clear();
});

test("it has a port while it listens", () => {
	listen();
	expect(signaling.port).toBe(8080);
	signaling.close();
	expect(() => signaling.port).toThrow("not listening");
});

test("who is not let in is asked for a secret once, and refused with one", async () => {
	listen({ authorize: () => false });
	const asked = await offer();
	expect(asked.status).toBe(401);
	expect(asked.text).toMatch(/\r\nwww-authenticate: Bearer realm="camera"\r\n/i);
	const refused = await offer("authorization: Bearer nobody\r\n");
	expect(refused.status).toBe(403);
	expect(refused.text).not.toMatch(/www-authenticate/i);
	expect(messages).toEqual([]);
});
