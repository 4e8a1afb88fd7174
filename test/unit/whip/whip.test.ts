// SPDX-License-Identifier: Apache-2.0
// WHIP and WHEP as clients, over media servers that keep to the RFC and over those that do not.
import type WebRTCError from "webrtc/error";
import type { IceServer, SignalingHandler, SignalingMessage, SignalingState } from "webrtc/signaling";
import WHEPClientSignaling from "webrtc/signaling/whep/client";
import WHIPSignaling, { serverId, type WHIPSignalingOptions } from "webrtc/signaling/whip";
import { restartedAnswer } from "webrtc/signaling/whip/description";
import parseLinks from "webrtc/signaling/whip/links";
import linkHeader from "webrtc/signaling/whep/links";
import MediaServer from "./server";
import { advance, pendingTimers, resetClock } from "../fakes/moddable/clock";

const offerOf = (ufrag: string) =>
	`v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=ice-ufrag:${ufrag}\r\na=ice-pwd:a-password-of-ours-long\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=candidate:7 1 udp 1 192.0.2.7 7 typ host\r\n`;

let server: MediaServer;
let signaling: WHIPSignaling;
let messages: SignalingMessage[];
let states: SignalingState[];
let errors: WebRTCError[];
let servers: IceServer[][];
let active: boolean;

const handler: SignalingHandler = {
	onMessage(message) {
		messages.push(message);
		if (active && message.type === "offer-request")
			signaling.send({ type: "offer", peerId: message.peerId, sdp: offerOf("ufrag1") });
	},
	onStateChange: (state) => states.push(state),
	onError: (error) => errors.push(error),
	onIceServers: (list) => servers.push(list),
};

function make(options: Partial<WHIPSignalingOptions> = {}): WHIPSignaling {
	const url = "https://media.example/live/whip";
	signaling = new WHIPSignaling({ url, ...server.dictionaries, random: () => 0.5, ...options });
	return signaling;
}

async function start(options: Partial<WHIPSignalingOptions> = {}, time = 1000): Promise<void> {
	make(options).connect("master", handler);
	await advance(time);
}

const candidate = (text: string) =>
	signaling.send({ type: "candidate", peerId: serverId, candidate: { candidate: text, sdpMid: "0" } });
const types = () => messages.map(({ type }) => type);

beforeEach(() => {
	resetClock();
	server = new MediaServer();
	[messages, states, errors, servers, active] = [[], [], [], [], true];
});
afterEach(async () => {
	signaling.close();
	await advance(70_000);
	expect(server.clients.size).toBe(0);
	expect(pendingTimers()).toBe(0);
});

test("a session: asked, offered, answered, trickled, deleted", async () => {
	server.behaviour.link =
		'<stun:s.example>; rel="ice-server", <turn:t.example?transport=udp>; rel="ice-server"; username="u"; credential="p\\"q"; credential-type="password"';
	await start({ token: "secret" });
	expect(server.methods()).toEqual(["OPTIONS", "POST"]);
	expect(states).toEqual(["connecting", "connected"]);
	expect(types()).toEqual(["offer-request", "answer"]);
	expect(signaling.capabilities.trickle).toBe(true);
	expect(servers[0]).toEqual([
		{ urls: ["stun:s.example"] },
		{ urls: ["turn:t.example?transport=udp"], username: "u", credential: 'p"q' },
	]);
	expect(signaling.iceServers).toEqual(servers[0]);
	candidate("candidate:1 1 udp 1 192.0.2.1 1 typ host");
	candidate("candidate:2 1 udp 1 192.0.2.1 1 typ host");
	candidate("");
	await advance(1000);
	expect(server.candidates.map((line) => line.split(" ")[0])).toEqual(["candidate:1", "candidate:2"]);
	expect(server.find("PATCH")!.body).toContain("a=end-of-candidates");
	expect(server.find("PATCH")!.headers.get("if-match")).toBe('"e1"');
	expect(server.find("PATCH")!.body).toMatch(
		/^a=ice-ufrag:ufrag1\r\na=ice-pwd:a-password-of-ours-long\r\nm=video .*\r\na=mid:0\r\n/,
	);
	signaling.close();
	await advance(1000);
	expect(server.sessions.size).toBe(0);
	for (const { method, headers } of server.requests) {
		expect([method, headers.get("authorization")]).toEqual([method, "Bearer secret"]);
	}
	expect(errors).toEqual([]);
});

test("candidates that come before the answer wait for it, and go in one PATCH", async () => {
	active = false;
	await start();
	signaling.send({ type: "offer", peerId: serverId, sdp: offerOf("ufrag1") });
	for (let i = 0; i < 5; i++) candidate(`candidate:${i} 1 udp 1 192.0.2.1 1 typ host`);
	await advance(1000);
	expect(server.methods()).toEqual(["OPTIONS", "POST", "PATCH"]);
	expect(server.candidates).toHaveLength(5);
});

test("of the candidates that wait, 32 are kept", async () => {
	active = false;
	await start();
	signaling.send({ type: "offer", peerId: serverId, sdp: offerOf("ufrag1") });
	for (let i = 0; i < 100; i++) candidate(`candidate:${i} 1 udp 1 192.0.2.1 1 typ host`);
	await advance(1000);
	expect(server.candidates).toHaveLength(32);
	expect(server.candidates.at(-1)).toMatch(/^candidate:31 /);
});

test("an offer in a session that restarts nothing, or where no PATCH is taken, makes another session", async () => {
	await start();
	signaling.send({ type: "offer", peerId: serverId, sdp: offerOf("ufrag1") });
	await advance(5000);
	expect(errors[0]!.message).toContain("cannot be renegotiated");
	signaling.send({ type: "offer", peerId: serverId, sdp: offerOf("ufrag2") });
	await advance(1000);
	expect(server.methods().at(-1)).toBe("PATCH");
	signaling.send({ type: "offer", peerId: serverId, sdp: offerOf("ufrag2") }); // which has been answered
	await advance(5000);
	expect(errors[1]!.message).toContain("cannot be renegotiated");
	server.script.set("PATCH", [{ status: 405 }]);
	candidate("candidate:1 1 udp 1 192.0.2.1 1 typ host");
	await advance(1000);
	signaling.send({ type: "offer", peerId: serverId, sdp: offerOf("ufrag3") });
	await advance(5000);
	expect(errors[2]!.message).toContain("ICE cannot be restarted there");
	expect(errors).toHaveLength(3);
	expect(states.at(-1)).toBe("connected");
});

test("a server that takes no PATCH gets all candidates in the offer", async () => {
	server.behaviour.patch = false;
	await start();
	expect(signaling.capabilities.trickle).toBe(false);
	candidate("candidate:1 1 udp 1 192.0.2.1 1 typ host");
	await advance(1000);
	expect(server.methods()).toEqual(["OPTIONS", "POST"]);
});

test("a server that knows no OPTIONS and names no session is published to all the same", async () => {
	Object.assign(server.behaviour, { options: false, location: false });
	await start();
	expect(states.at(-1)).toBe("connected");
	candidate("candidate:1 1 udp 1 192.0.2.1 1 typ host");
	signaling.close();
	await advance(1000);
	expect(server.methods()).toEqual(["OPTIONS", "POST"]);
});

test("trickling can be switched off, and so can the server's ICE servers", async () => {
	server.behaviour.link = '<stun:s.example>; rel="ice-server"';
	await start({ trickle: false, useLinks: false });
	candidate("candidate:1 1 udp 1 192.0.2.1 1 typ host");
	await advance(1000);
	expect(signaling.capabilities.trickle).toBe(false);
	expect(server.methods()).toEqual(["OPTIONS", "POST"]);
	expect(servers).toEqual([]);
});

test("an ICE restart is a PATCH, whose answer is an answer with the new credentials", async () => {
	server.answer =
		"v=0\r\na=ice-ufrag:theirs\r\na=ice-pwd:a-password-of-theirs\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=candidate:1 1 udp 1 192.0.2.3 3 typ host\r\na=end-of-candidates\r\n";
	await start();
	signaling.send({ type: "offer", peerId: serverId, sdp: offerOf("ufrag2") });
	await advance(1000);
	const { headers, body } = server.find("PATCH")!;
	expect(headers.get("if-match")).toBe("*");
	expect(body).toMatch(/^a=ice-ufrag:ufrag2\r\n/);
	expect(body).toContain("a=candidate:7 1 udp 1 192.0.2.7 7 typ host");
	expect(messages.at(-1)).toEqual({
		type: "answer",
		peerId: serverId,
		sdp: "v=0\r\na=ice-ufrag:newf\r\na=ice-pwd:a-new-password-of-theirs\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=candidate:9 1 udp 1 192.0.2.9 9 typ host\r\n",
	});
	candidate("candidate:3 1 udp 1 192.0.2.1 1 typ host");
	await advance(1000);
	expect(server.find("PATCH")!.headers.get("if-match")).toBe('"e1+"');
	expect(server.candidates).toHaveLength(1);
	expect(() => restartedAnswer(server.answer, "a=mid:0\r\n")).toThrow();
});

test("new credentials stand in each section that has some, the candidates in the first alone", () => {
	const section = (mid: string) => `m=video 9 X 96\r\na=mid:${mid}\r\na=ice-ufrag:old\r\na=ice-pwd:old\r\n`;
	const fragment =
		"a=ice-ufrag:newf\r\na=ice-pwd:a-new-password-of-theirs\r\nm=video 9 X 96\r\na=mid:0\r\na=candidate:9 1 udp 1 192.0.2.9 9 typ host\r\n";
	const sdp = restartedAnswer(`v=0\r\na=mid:none\r\n${section("0")}${section("1")}`, fragment);
	expect(sdp.split("a=candidate:9")).toHaveLength(2);
	expect(sdp.indexOf("a=candidate:9")).toBeLessThan(sdp.indexOf("a=mid:1"));
	expect(sdp.indexOf("a=candidate:9")).toBeGreaterThan(sdp.indexOf("a=mid:0"));
	expect(sdp.split("a=ice-ufrag:newf\r\na=ice-pwd:a-new-password-of-theirs")).toHaveLength(3);
	expect(sdp).not.toContain("old");
});

test("a session that lasted for half a minute ends the series of failures, a shorter one does not", async () => {
	server.script.set("POST", Array(4).fill({ status: 503 }));
	const since: number[] = [];
	make().connect("master", { ...handler, onStateChange: (state) => state === "connected" && since.push(time) });
	let time = 0;
	const until = async (isSo: () => boolean) => {
		const from = time;
		for (; !isSo() && time < 300_000; time += 100) await advance(100);
		return time - from;
	};
	const waits: number[] = [];
	await until(() => since.length === 1);
	for (const lasts of [28_000, 31_000]) {
		const { length } = since;
		await until(() => time - since.at(-1)! >= lasts);
		signaling.send({ type: "bye", peerId: serverId });
		waits.push(await until(() => since.length > length));
	}
	expect(waits[0]).toBeGreaterThan(4000);
	expect(waits[1]).toBeLessThan(1100);
});

test.each([
	["refused", { status: 422 }],
	["answered with nonsense", { status: 200, body: "nonsense" }],
] as const)("an ICE restart that is %s ends the session, and another is made", async (_what, reply) => {
	await start();
	server.script.set("PATCH", [reply]);
	signaling.send({ type: "offer", peerId: serverId, sdp: offerOf("ufrag2") });
	await advance(5000);
	expect(types()).toEqual(["offer-request", "answer", "bye", "offer-request", "answer"]);
	expect(server.sessions.size).toBe(1);
	expect(errors).toHaveLength(1);
});

test.each([
	["307", 307, "https://other.example/whip", "other.example"],
	["308", 308, "/elsewhere", "media.example"],
])("a redirect (%s) is followed with the offer", async (_name, status, location) => {
	server.script.set("POST", [{ status, headers: { location } }]);
	await start({ token: "secret" });
	expect(states.at(-1)).toBe("connected");
	const posts = server.requests.filter(({ method }) => method === "POST");
	expect(posts[1]!.body).toBe(posts[0]!.body);
	expect(posts[1]!.headers.get("authorization")).toBe("Bearer secret");
});

test.each([
	["in a circle", 6, { status: 307, headers: { location: "/again" } }, "redirects more than 5 times"],
	["to what is no URL", 1, { status: 307, headers: { location: "http://:x/" } }, "redirects to what is no URL"],
	[
		"whose URL was cut",
		1,
		{ status: 308, headers: { location: `/${"a".repeat(3000)}` } },
		"redirects to what is no URL",
	],
	["that names nothing", 1, { status: 307 }, "answers with status 307"],
] as const)("a redirect %s is told, and the offer made again later", async (_what, times, reply, text) => {
	server.script.set("POST", Array<typeof reply>(3 * times).fill(reply));
	await start({}, 400); // the back-offs are of 500, 1000 and 2000 ms
	expect(server.methods().filter((method) => method === "POST")).toHaveLength(times);
	expect(states).toEqual(["connecting"]);
	expect(errors).toHaveLength(1);
	expect(errors[0]).toMatchObject({ code: "signaling/service-failed" });
	expect(errors[0]!.message).toBe(`WHIP: the server ${text}; the next attempt is in 1 s`);
	await advance(1800);
	expect(errors).toHaveLength(3);
	expect(errors[2]!.message).toMatch(/; the next attempt is in 2 s$/);
	await advance(60_000);
	expect(states).toEqual(["connecting", "connected"]);
	expect(errors).toHaveLength(3);
});

test("where a redirect goes to another host in the clear, the token does not", async () => {
	server.script.set("POST", [{ status: 307, headers: { location: "http://other.example/whip" } }]);
	await start({ token: "secret", http: server.dictionaries.https });
	expect(server.requests.at(-1)!.headers.get("authorization")).toBeUndefined();
});

test.each([
	[401, "failed"],
	[403, "failed"],
	[400, "failed"],
	[406, "failed"],
	[415, "failed"],
	[300, "connected"],
	[302, "connected"],
	[399, "connected"],
	[404, "connected"],
	[409, "connected"],
	[429, "connected"],
	[500, "connected"],
	[503, "connected"],
])("status %d at the offer ends with %s", async (status, state) => {
	server.script.set("POST", [{ status, body: "It\u0007 says why" }]);
	await start({}, 40_000);
	expect(states.at(-1)).toBe(state);
	expect(errors).toHaveLength(1);
	expect(errors[0]!.message).toMatch(new RegExp(`^WHIP: the server answers with status ${status}: It\\? says why`));
});

test("a wrong token is a failure that does not tell it", async () => {
	server.behaviour.token = "right";
	await start({ token: "wrong-token" });
	expect(states).toEqual(["connecting", "failed"]);
	expect(errors[0]!.message).not.toContain("wrong-token");
	expect(() => signaling.send({ type: "bye", peerId: serverId })).toThrow("not connected");
});

test("a port that does not go without saying is a part of the server's name", async () => {
	await start();
	expect(server.find("POST")!.headers.get("host")).toBe("media.example");
	signaling.close();
	await start({ url: "https://media.example:8443/live/whip" });
	expect(server.find("POST")!.headers.get("host")).toBe("media.example:8443");
});

test("Retry-After is kept to, within reason", async () => {
	server.script.set("POST", [
		{ status: 503, headers: { "retry-after": "20" } },
		{ status: 503, headers: { "retry-after": "nonsense" } },
	]);
	await start({}, 19_000);
	expect(server.methods().filter((method) => method === "POST")).toHaveLength(1);
	await advance(10_000);
	expect(states.at(-1)).toBe("connected");
});

test.each(["reset", "drop", { status: 201, body: "<html>" }] as const)(
	"an offer that meets %j is made again",
	async (reply) => {
		server.script.set("POST", [reply, reply]);
		await start({}, 60_000);
		expect(states.at(-1)).toBe("connected");
		// Over a kept connection that is reset a request goes once more.
		const failures = reply === "reset" ? 1 : 2;
		expect(types().filter((type) => type === "offer-request").length).toBe(1 + failures);
		expect(types().filter((type) => type === "bye").length).toBe(failures);
	},
);

test("a session that ends here is deleted, and another made; one that the server has ended, too", async () => {
	await start();
	signaling.send({ type: "bye", peerId: "somebody" });
	await advance(1000);
	expect(server.methods()).not.toContain("DELETE");
	signaling.send({ type: "bye", peerId: serverId });
	await advance(5000);
	expect(server.sessions.size).toBe(1);
	expect(types()).toEqual(["offer-request", "answer", "offer-request", "answer"]);
	server.sessions.clear();
	candidate("candidate:1 1 udp 1 192.0.2.1 1 typ host");
	await advance(5000);
	expect(types().slice(4)).toEqual(["bye", "offer-request", "answer"]);
	expect(errors.at(-1)).toMatchObject({ code: "signaling/rejected" });
});

test("an end of the session just before the client's is told to the server all the same", async () => {
	await start();
	signaling.send({ type: "bye", peerId: serverId });
	signaling.close();
	await advance(5000);
	expect(server.methods().at(-1)).toBe("DELETE");
	expect(server.sessions.size).toBe(0);
	expect(types()).toEqual(["offer-request", "answer"]);
});

test.each([405, 415, 501])(
	"candidates that are refused cost nothing else; with %d none is sent again",
	async (status) => {
		await start();
		server.script.set("PATCH", [{ status: 412 }, { status }]);
		for (let i = 0; i < 3; i++) {
			candidate(`candidate:${i} 1 udp 1 192.0.2.1 1 typ host`);
			await advance(1000);
		}
		expect(server.methods().filter((method) => method === "PATCH")).toHaveLength(2);
		expect(errors).toHaveLength(1);
		expect(states.at(-1)).toBe("connected");
	},
);

test("an offer that is not asked for, and one that renegotiates", async () => {
	active = false;
	make().connect("master", handler);
	signaling.send({ type: "offer", peerId: serverId, sdp: offerOf("early") });
	await advance(1000);
	expect(server.methods()).toEqual(["OPTIONS"]);
	active = true;
	signaling.send({ type: "offer", peerId: serverId, sdp: offerOf("ufrag1") });
	await advance(1000);
	signaling.send({ type: "offer", peerId: serverId, sdp: offerOf("ufrag1") });
	expect(errors.at(-1)).toMatchObject({ message: expect.stringContaining("cannot be renegotiated") });
	await advance(5000);
	expect(server.sessions.size).toBe(1);
});

test("WHEP is for a viewer, and the same otherwise; bad options are named", async () => {
	expect(() => make().connect("viewer", handler)).toThrow(/^role: /);
	const viewer = new WHEPClientSignaling({ url: "https://media.example/live/whep", ...server.dictionaries });
	expect(() => viewer.connect("master", handler)).toThrow(/^role: /);
	signaling = viewer as never;
	viewer.connect("viewer", handler);
	await advance(1000);
	expect(states).toEqual(["connecting", "connected"]);
	for (const [name, value] of [
		["url", "x"],
		["token", ""],
		["token", "a b"],
	] as const)
		expect(() => make({ [name]: value })).toThrow(new RegExp(`^${name}: `));
	signaling = viewer as never;
});

test("links: what we write is read, and what is not ours does no harm", () => {
	const list = [{ urls: ["turn:a", "turns:b"], username: 'u"\\', credential: "p" }, { urls: ["stun:c"] }];
	expect(parseLinks(linkHeader(list)!)).toEqual(list);
	for (const text of [
		"",
		"<",
		"<stun:a>",
		'<stun:a>; rel="next"',
		"<http://a>; rel=ice-server",
		'<stun:a>; rel="',
		"<stun:a b>; rel=ice-server",
		",,,;;;",
		"<stun:a>; rel",
	])
		expect(parseLinks(text)).toEqual([]);
	expect(parseLinks("<stun:a>;rel=ice-server,<stun:b> ; rel = ice-server")).toHaveLength(1);
	expect(parseLinks("<stun:a>; rel=ice-server, ".repeat(20))[0]!.urls.length).toBeLessThan(21);
	// RFC 8288 sections 3 and 3.3: parameters without a value, several relations, in any case.
	const beside =
		'<stun:a>; rel="ICE-Server"; crossorigin, <https://b>; rel=next; title, <stun:c>; x; rel="next ice-server"';
	expect(parseLinks(beside)).toEqual([{ urls: ["stun:a", "stun:c"] }]);
	expect(parseLinks("<stun:a>; rel=ice-server; a; b=; =; c;")).toEqual([{ urls: ["stun:a"] }]);
});

test("links: of a field that was cut only what is whole counts, and of many servers eight", () => {
	const whole = '<turn:a>; rel="ice-server"; username="u"; credential="p"';
	for (const cut of ['; credential="p', '; credential="p\\"', '; username="u'])
		expect(parseLinks(`${whole}, <turn:b>; rel="ice-server"; username="v"${cut}`)).toHaveLength(1);
	const many = Array.from({ length: 40 }, (_, i) => whole.replace(`"u"`, `"u${i}"`)).join(", ");
	expect(parseLinks(many)).toHaveLength(8);
	const same = Array.from({ length: 40 }, (_, i) => `<stun:${i}>; rel=ice-server`).join(", ");
	expect(parseLinks(same)[0]!.urls).toHaveLength(16);
	const longest = `stun:${"a".repeat(251)}`;
	expect(parseLinks(`<${longest}>; rel=ice-server, <${longest}a>; rel=ice-server`)).toEqual([{ urls: [longest] }]);
	expect(parseLinks("<stun:a>; rel=ice-server; username=u, <stun:b>; rel=ice-server; credential=p")).toHaveLength(2);
});

test("Janus's server: an endpoint in use is tried again, a restart with quotation marks", async () => {
	server.script.set("POST", [{ status: 403, body: "Endpoint ID already in use" }]);
	await start({}, 5000);
	expect(states).toEqual(["connecting", "connected"]);
	expect(errors).toHaveLength(1);
	server.script.set("PATCH", [{ status: 412, body: "Precondition Failed" }]);
	signaling.send({ type: "offer", peerId: serverId, sdp: offerOf("ufrag2") });
	await advance(1000);
	const matches = server.requests
		.filter(({ method }) => method === "PATCH")
		.map((each) => each.headers.get("if-match"));
	expect(matches).toEqual(["*", '"*"']);
});

describe("a WHEP server that makes the offer itself", () => {
	const theirs = offerOf("theirs");
	let play: WHEPClientSignaling;
	const counter = (headers: Record<string, string> = { location: "/live/resource/7", etag: '"e7"' }) =>
		server.script.set("POST", [
			{ status: 406, headers: { "content-type": "application/sdp", ...headers }, body: theirs },
		]);

	async function startPlay(): Promise<void> {
		play = new WHEPClientSignaling({
			url: "https://media.example/live/whep",
			...server.dictionaries,
			random: () => 0.5,
			token: "secret",
		});
		signaling = play;
		play.connect("viewer", handler);
		await advance(1000);
	}

	test("is answered by another session, by PATCH; candidates follow the answer", async () => {
		counter();
		server.script.set("PATCH", [{ status: 204 }]);
		server.sessions.set("/live/resource/7", '"e7"');
		await startPlay();
		expect(types()).toEqual(["offer-request", "bye", "offer"]);
		expect(messages[2]).toMatchObject({ sdp: theirs });
		expect(states).toEqual(["connecting"]);
		candidate("candidate:1 1 udp 1 192.0.2.1 1 typ host"); // before the answer
		await advance(100);
		expect(server.methods()).toEqual(["OPTIONS", "POST"]);
		play.send({ type: "answer", peerId: serverId, sdp: offerOf("answerer") });
		play.send({ type: "answer", peerId: serverId, sdp: offerOf("again") }); // is none
		await advance(1000);
		expect(states).toEqual(["connecting", "connected"]);
		const [answer, trickled] = server.requests.filter(({ method }) => method === "PATCH");
		expect(answer!.headers.get("content-type")).toBe("application/sdp");
		expect(answer!.headers.get("authorization")).toBe("Bearer secret");
		expect(answer!.body).toBe(offerOf("answerer"));
		expect(answer!.path).toBe("/live/resource/7");
		expect(trickled!.body).toContain("a=ice-ufrag:answerer");
		expect(server.candidates).toHaveLength(1);
		play.send({ type: "offer", peerId: serverId, sdp: offerOf("answerer") });
		expect(errors.at(-1)).toMatchObject({ message: expect.stringContaining("cannot be renegotiated") });
		play.close();
		await advance(1000);
		expect(server.find("DELETE")!.path).toBe("/live/resource/7");
	});

	test("and names no place for the answer: it is tried again", async () => {
		counter({});
		await startPlay();
		expect(errors[0]!.message).toContain("an offer without a place for the answer");
		await advance(5000);
		expect(states.at(-1)).toBe("connected");
	});

	test("and refuses the answer, in passing and for good", async () => {
		counter();
		server.script.set("PATCH", [{ status: 503 }, { status: 400, body: "no" }]);
		await startPlay();
		counter();
		play.send({ type: "answer", peerId: serverId, sdp: offerOf("answerer") });
		await advance(5000);
		expect(errors[0]!.message).toContain("503");
		expect(server.methods().filter((method) => method === "POST")).toHaveLength(2);
		play.send({ type: "answer", peerId: serverId, sdp: offerOf("answerer") });
		await advance(1000);
		expect(states.at(-1)).toBe("failed");
	});

	test("its ICE servers are those that come with its offer", async () => {
		const link = '<turn:media.example>; rel="ice-server"; username="u"; credential="c"; credential-type="password"';
		counter({ location: "/live/resource/7", link });
		await startPlay();
		expect(servers).toEqual([[{ urls: ["turn:media.example"], username: "u", credential: "c" }]]);
	});

	test("to a publisher 406 is a refusal", async () => {
		counter();
		await start();
		expect(states.at(-1)).toBe("failed");
	});

	test("closed before and while it is answered, everything is given back", async () => {
		counter();
		await startPlay();
		play.close();
		await advance(1000);
		counter();
		await startPlay();
		play.send({ type: "answer", peerId: serverId, sdp: offerOf("answerer") });
		play.close();
		await advance(1000);
		expect(server.methods().filter((method) => method === "DELETE")).toHaveLength(2);
	});
});
