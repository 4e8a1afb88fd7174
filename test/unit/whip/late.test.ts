// SPDX-License-Identifier: Apache-2.0
// A camera that is published by WHIP, whose ICE servers come with the answer alone: what they give reaches the media server, and
// the candidates have one end (RFC 8838 section 13, RFC 9725 sections 4.3.2 and 4.6).
import WebRTCApp, { type WebRTCAppEvent, type WebRTCAppOptions } from "webrtc/app";
import { defaultMedia } from "webrtc/media/defaults";
import RTCPeerConnection from "webrtc/peer";
import Servers from "webrtc/peer/servers";
import type { ServersUser } from "webrtc/peer/server";
import WHIPSignaling, { serverId, type WHIPSignalingOptions } from "webrtc/signaling/whip";
import MediaServer from "./server";
import { advance, pendingTimers, resetClock, schedule } from "../fakes/moddable/clock";
import { openNatives } from "../fakes/native/transport";

const link = '<stun:stun.example>; rel="ice-server"';
const answerTime = 3000; // ms that a STUN server takes

let server: MediaServer;
let app: WebRTCApp;
let viewer: RTCPeerConnection;
let events: WebRTCAppEvent[];
let delay: number; // ms that the media server takes

/** A server gives one candidate, with the port that its name ends in, after a while. */
function serveSTUN(): void {
	const asked = new Map<ServersUser, Set<string>>();
	jest.spyOn(Servers.prototype, "use").mockImplementation((user, iceServers) => {
		const keys = iceServers.flatMap(({ urls }) => urls);
		const before = asked.get(user) ?? new Set();
		asked.set(user, new Set([...before, ...keys]));
		for (const key of keys.filter((one) => !before.has(one))) {
			user.onServerAsked(key);
			schedule(
				() => {
					const related = { relatedAddress: "192.0.2.1", relatedPort: 5000 };
					const port = 7000 + key.length;
					user.onServerCandidate(key, { type: "srflx", address: "203.0.113.1", port, ...related });
					user.onServerSettled(key);
				},
				key.includes("own") ? 10 : answerTime,
			);
		}
		return keys;
	});
}

/** Publishes; the media server's answer is a browser's to the first offer, which is refused. */
async function publish(options: Partial<WHIPSignalingOptions> = {}, more: Partial<WebRTCAppOptions> = {}) {
	const url = "https://media.example/live/whip";
	const signaling = new WHIPSignaling({ url, ...server.dictionaries, random: () => 0.5, ...options });
	app = new WebRTCApp({
		signaling,
		...defaultMedia({ audio: false }),
		onEvent: (event) => events.push(event),
		...more,
	});
	server.script.set("POST", [{ status: 503 }]);
	void app.run();
	await advance(300);
	viewer = new RTCPeerConnection();
	await viewer.setRemoteDescription({ type: "offer", sdp: server.find("POST")!.body });
	await viewer.setLocalDescription();
	server.answer = viewer.localDescription!.sdp;
	server.requests = [];
	server.delay = delay;
	await advance(700); // of the back-off, and for the next session
}

const bodies = (method: string) => server.requests.filter((one) => one.method === method).map(({ body }) => body);
const all = () => [...bodies("POST"), ...bodies("PATCH")].join("");
const count = (pattern: RegExp) => [...all().matchAll(pattern)].length;
const ends = () => count(/^a=end-of-candidates\r$/gm);
const reflexive = () => count(/^a=candidate:.* typ srflx /gm);

beforeEach(() => {
	resetClock();
	server = new MediaServer();
	[events, delay] = [[], 10];
	serveSTUN();
});
afterEach(async () => {
	app.terminate();
	viewer.close();
	await advance(70_000);
	expect(openNatives()).toBe(0);
	expect(pendingTimers()).toBe(0);
	jest.restoreAllMocks();
});

/** The 201 alone names servers; OPTIONS does not. */
function nameLate(): void {
	const handle = server.handleRequest.bind(server);
	server.handleRequest = (host, method, path, headers, body) => {
		server.behaviour.link = method === "POST" ? link : "";
		return handle(host, method, path, headers, body);
	};
}

test("servers that the answer names are asked, their candidates patched, and the end said behind them, once", async () => {
	nameLate();
	await publish();
	expect(bodies("POST")).toHaveLength(1);
	expect([ends(), reflexive()]).toEqual([0, 0]);
	await advance(answerTime + 100);
	expect([ends(), reflexive()]).toEqual([1, 1]);
	const last = bodies("PATCH").at(-1)!;
	expect(last.indexOf("typ srflx")).toBeLessThan(last.indexOf("a=end-of-candidates"));
	await advance(20_000);
	expect([ends(), reflexive()]).toEqual([1, 1]);
	expect(events.filter(({ type }) => type === "iceGatheringComplete")).toHaveLength(1);
});

test("an answer that names none is the end at once", async () => {
	await publish();
	expect([ends(), reflexive()]).toEqual([1, 0]);
	expect(bodies("POST")[0]).not.toContain("a=end-of-candidates");
	await advance(20_000);
	expect(ends()).toBe(1);
});

test("servers that are named before the offer, and again with the answer, give each candidate once", async () => {
	server.behaviour.link = link;
	await publish();
	await advance(answerTime + 100);
	expect([ends(), reflexive()]).toEqual([1, 1]);
	await advance(20_000);
	expect([ends(), reflexive()]).toEqual([1, 1]);
});

test("the application's own servers do not end the wait for the media server's", async () => {
	nameLate();
	delay = 1000;
	await publish({}, { iceServers: [{ urls: "stun:own.example.net" }] });
	await advance(30_000);
	expect([ends(), reflexive()]).toEqual([1, 2]);
	expect(all().lastIndexOf("typ srflx")).toBeLessThan(all().indexOf("a=end-of-candidates"));
});

test.each([
	["a server that takes no PATCH", {}, {}, false],
	["an application without trickle", {}, { trickle: false }, true],
	["a signaling without trickle", { trickle: false }, {}, true],
	["Link that is not used", { useLinks: false }, {}, true],
])("%s: the offer has all candidates and their end, and nobody is waited for", async (_what, options, more, patch) => {
	nameLate();
	server.behaviour.patch = patch;
	await publish(options, more);
	expect(bodies("POST")).toHaveLength(1);
	expect(bodies("POST")[0]).toContain("a=end-of-candidates\r\n");
	await advance(20_000);
	expect(ends()).toBe(1);
});

test("a restart has its own end", async () => {
	nameLate();
	await publish();
	await advance(2000);
	server.requests = [];
	app.restartIce(serverId);
	await advance(2000);
	expect(bodies("PATCH")[0]).toMatch(/^a=ice-ufrag:/);
	expect(ends()).toBe(1);
});
