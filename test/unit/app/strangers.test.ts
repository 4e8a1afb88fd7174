// SPDX-License-Identifier: Apache-2.0
// What peers that nobody knows can do to the others: come in numbers, never connect, say too much.
import WebRTCApp, { type AppLimits, type WebRTCAppEvent, type WebRTCAppOptions } from "webrtc/app";
import Clock from "webrtc/device/clock";
import Memory from "webrtc/device/memory";
import Turns from "webrtc/app/turns";
import Checklist from "webrtc/ice/checklist";
import { defaultMedia } from "webrtc/media/defaults";
import RTCPeerConnection from "webrtc/peer";
import type {
	Rejection,
	SignalingCapabilities,
	SignalingClient,
	SignalingHandler,
	SignalingMessage,
} from "webrtc/signaling";
import { advance, pendingTimers, resetClock, settle } from "../fakes/moddable/clock";
import { setRoom } from "../fakes/native/port";
import { openNatives } from "../fakes/native/transport";

class TestSignaling implements SignalingClient {
	readonly name = "test";
	readonly capabilities: SignalingCapabilities = { trickle: true, reoffer: true };
	readonly iceServers = [];
	readonly state = "connected";
	handler!: SignalingHandler;
	sent: SignalingMessage[] = [];
	connect(_role: unknown, handler: SignalingHandler): void {
		this.handler = handler;
		handler.onStateChange("connected");
	}
	send(message: SignalingMessage): void {
		this.sent.push(message);
	}
	refreshIceServers(): void {}
	close(): void {}
	take(type: SignalingMessage["type"], peerId: string): SignalingMessage | undefined {
		return this.sent.find((message) => message.type === type && message.peerId === peerId);
	}
}

let signaling: TestSignaling;
let events: WebRTCAppEvent[];
let app: WebRTCApp;
let viewers: RTCPeerConnection[];
let template: string;

async function run(options: Partial<WebRTCAppOptions> = {}): Promise<void> {
	app = new WebRTCApp({ signaling, ...defaultMedia(), onEvent: (event) => events.push(event), ...options });
	await app.run();
	const { viewer, sdp } = await makeOffer();
	viewer.close(); // nobody answers for it
	template = sdp;
}

async function makeOffer(): Promise<{ viewer: RTCPeerConnection; sdp: string }> {
	const viewer = new RTCPeerConnection();
	viewers.push(viewer);
	viewer.addTransceiver("video", { direction: "recvonly" });
	await viewer.setLocalDescription();
	return { viewer, sdp: viewer.localDescription!.sdp };
}

function offer(peerId: string, sdp: string, remoteAddress?: string): Promise<void> {
	signaling.handler.onMessage({ type: "offer", peerId, sdp, ...(remoteAddress && { remoteAddress }) });
	return settle();
}

/** An offer of one who never comes. */
const vanish = (peerId: string, remoteAddress?: string) => offer(peerId, template, remoteAddress);

/** Offers, and connects when there is an answer. */
async function watch(peerId: string, remoteAddress?: string): Promise<RTCPeerConnection> {
	const { viewer, sdp } = await makeOffer();
	await offer(peerId, sdp, remoteAddress);
	const answer = signaling.take("answer", peerId) as { sdp: string } | undefined;
	if (answer) await viewer.setRemoteDescription({ type: "answer", sdp: answer.sdp });
	return viewer;
}

const reasonFor = (peerId: string) => (signaling.take("reject", peerId) as { rejection?: Rejection })?.rejection;
const candidate = (number: number) =>
	`candidate:${number} 1 udp 2130706431 198.51.100.${number % 250} ${number + 9} typ host`;

beforeEach(() => {
	signaling = new TestSignaling();
	events = [];
	viewers = [];
	resetClock();
	setRoom();
});

afterEach(async () => {
	jest.restoreAllMocks();
	app.terminate();
	for (const viewer of viewers) viewer.close();
	expect(openNatives()).toBe(0);
	await advance(1);
	expect(pendingTimers()).toBe(0);
});

test("a viewer gets in, and stays, while one after the other takes a place and vanishes", async () => {
	await run();
	let count = 0;
	const flood = async (seconds: number) => {
		for (let i = 0; i < seconds * 13; i++) {
			await vanish(`vanishing ${count++}`);
			await advance(77);
		}
	};
	await flood(5);
	const viewer = await watch("viewer");
	await flood(20);
	expect(viewer.connectionState).toBe("connected");
	expect(app.connection("viewer")!.connectionState).toBe("connected");
	expect(app.peers).toContain("viewer");
	const turnedAway = signaling.sent.filter(({ type }) => type === "reject").length;
	expect(turnedAway / count).toBeLessThan(0.05);
});

test("who has proved to be there is not displaced, connected or not", async () => {
	await run({ maximumSessions: 2 });
	await watch("a");
	const b = await watch("b");
	await advance(1); // the first check has come, DTLS is under way
	expect(app.connection("b")!.heard).toBe(true);
	for (let i = 0; i < 20; i++) {
		await vanish(`vanishing ${i}`);
		await advance(100);
	}
	expect(b.connectionState).toBe("connected");
	expect(app.peers).toEqual(["a", "b"]);
	expect(reasonFor("vanishing 19")).toMatchObject({ reason: "too-many-sessions", retryAfter: 10 });
});

test("one that came just now keeps its place: its first check is on the way", async () => {
	await run({ maximumSessions: 1 });
	await vanish("first");
	await advance(200);
	await vanish("second");
	expect(app.peers).toEqual(["first"]);
	await advance(100);
	await vanish("third");
	expect(app.peers).toEqual(["third"]);
	expect(signaling.take("bye", "first")).toBeDefined();
	expect(events.find(({ type, peerId }) => type === "peerConnectionFailed" && peerId === "first")).toMatchObject({
		error: { code: "ice/failed" },
	});
});

test("without a check, a session ends after 5 s; a candidate is a sign of life", async () => {
	await run();
	await vanish("silent");
	await vanish("slow");
	await advance(4000);
	signaling.handler.onMessage({ type: "candidate", peerId: "slow", candidate: { candidate: candidate(1) } });
	await advance(1100);
	expect(app.peers).toEqual(["slow"]);
	await advance(4000);
	expect(app.peers).toEqual([]);
	expect(events.filter(({ type }) => type === "peerConnectionFailed").map(({ error }) => error!.message)).toEqual([
		"No connectivity check has come in 5 s.",
		"No connectivity check has come in 5 s.",
	]);
});

test("of one address no more than four connect at once; others and those who watch are not concerned", async () => {
	await run();
	await watch("watching", "192.0.2.7");
	await advance(100);
	for (const name of ["a", "b", "c", "d"]) {
		await advance(300);
		await vanish(name, "192.0.2.7");
	}
	expect(app.peers).toEqual(["watching", "a", "b", "c", "d"]);
	await vanish("e", "192.0.2.7");
	expect(app.peers).toEqual(["watching", "b", "c", "d", "e"]);
	await vanish("f", "192.0.2.8"); // of all, the oldest
	expect(app.peers).toEqual(["watching", "c", "d", "e", "f"]);
});

test("whose DTLS is through does not count as connecting, though the peer nominates no pair yet", async () => {
	await run();
	jest.spyOn(Checklist.prototype, "bestValid").mockReturnValue(undefined);
	for (const name of ["a", "b", "c", "d"]) {
		await watch(name, "192.0.2.7");
		await advance(30);
	}
	expect(app.connection("a")!.connectionState).toBe("connecting");
	await vanish("e", "192.0.2.7");
	expect(app.peers).toEqual(["a", "b", "c", "d", "e"]);
});

test("where they all came just now, one more of that address is turned down", async () => {
	await run();
	for (const name of ["a", "b", "c", "d", "e"]) await vanish(name, "192.0.2.7");
	expect(app.peers).toEqual(["a", "b", "c", "d"]);
	expect(reasonFor("e")).toMatchObject({ reason: "too-many-sessions" });
});

test.each([
	["slots", { slots: 2303 }],
	["chunks", { chunks: 40_959 }],
])("without %s an offer is turned down before it is looked at, and all goes on afterwards", async (_, room) => {
	await run();
	const watching = await watch("watching");
	await advance(100);
	setRoom(room);
	await vanish("a");
	expect(reasonFor("a")).toMatchObject({ reason: "busy", retryAfter: 5 });
	await offer("watching", watching.localDescription!.sdp); // to one who is there already
	expect(reasonFor("watching")).toMatchObject({ reason: "busy", retryAfter: 5 });
	expect(events.at(-1)).toMatchObject({ type: "error", peerId: "watching", error: { code: "app/busy" } });
	await advance(1000);
	expect(watching.connectionState).toBe("connected");
	setRoom();
	await watch("b");
	await advance(100);
	expect(app.peers).toEqual(["watching", "b"]);
});

test("where memory is short, those that nothing is heard of make room for one who comes", async () => {
	await run();
	await vanish("a");
	await vanish("b");
	await advance(300);
	setRoom({ slots: 2400 }); // enough for the description, but not for its session, too
	await vanish("c");
	expect(app.peers).toEqual([]);
	expect(reasonFor("c")).toMatchObject({ reason: "busy" });
	setRoom();
	await vanish("d");
	expect(app.peers).toEqual(["d"]);
});

test("asked for offers again and again before the first is made, a device makes one to each, and knows its bounds", async () => {
	await run();
	for (let i = 0; i < 700; i++) signaling.handler.onMessage({ type: "offer-request", peerId: `${i % 7}` });
	await advance(100);
	expect(app.peers).toEqual(["0", "1", "2", "3", "4"]);
	expect(signaling.sent.filter(({ type }) => type === "offer").map(({ peerId }) => peerId)).toEqual(app.peers);
	expect(reasonFor("5")).toMatchObject({ reason: "too-many-sessions", retryAfter: 10 });
	signaling.handler.onMessage({ type: "offer-request", peerId: "0" });
	await settle();
	expect(signaling.sent.filter(({ type }) => type === "offer")).toHaveLength(6);
	for (const peer of app.peers) app.disconnect(peer);
	setRoom({ slots: 2764 });
	signaling.handler.onMessage({ type: "offer-request", peerId: "8" });
	expect(() => app.triggerOffer("9")).toThrow(expect.objectContaining({ code: "app/busy" }));
	expect(app.peers).toEqual([]);
	expect(reasonFor("8")).toMatchObject({ reason: "busy", retryAfter: 5 });
	setRoom({ slots: 2765 });
	await advance(300);
	app.triggerOffer("9");
	expect(app.peers).toEqual(["9"]);
});

test("what a peer says before the first of it is looked at is bounded, and it hears of that", async () => {
	await run();
	const watching = await watch("watching");
	await advance(100);
	const { handler } = signaling;
	const ice = { ufrag: "uFrg", pwd: "abcdefghijklmnopqrstuvwx", candidates: [] };
	const busy = () => events.splice(0).filter(({ error }) => error?.code === "app/busy").length;
	busy();
	for (let i = 0; i < 40; i++) handler.onMessage({ type: "answer", peerId: "watching", sdp: template });
	expect(busy()).toBe(36);
	await settle();
	expect(app.peers).toEqual([]); // none of them made sense
	await watch("again");
	await advance(100);
	for (let i = 0; i < 40; i++) handler.onMessage({ type: "restart", peerId: "again", ice });
	expect(busy()).toBe(36);
	expect(reasonFor("again")).toMatchObject({ reason: "failed" });
	await settle();
	signaling.sent.length = 0;
	setRoom({ slots: 1152, chunks: 20_479 }); // one may be worked on, but none beside it
	for (let i = 0; i < 2; i++)
		handler.onMessage({ type: "restart", peerId: "again", ice: { ...ice, ufrag: `new${i}` } });
	expect(busy()).toBe(1);
	await settle();
	expect(signaling.sent.map(({ type }) => type)).toEqual(["reject", "restart"]);
	expect(watching.connectionState).not.toBe("failed");
});

test("candidates that come before their offer are kept for 20 s", async () => {
	await run();
	for (const peerId of ["soon", "late"])
		signaling.handler.onMessage({ type: "candidate", peerId, candidate: { candidate: candidate(1) } });
	const counts: number[] = [];
	for (const [peerId, wait] of [
		["soon", 19_900],
		["late", 200],
	] as const) {
		await advance(wait);
		await vanish(peerId);
		const stats = [...(await app.connection(peerId)!.getStats()).values()];
		counts.push(stats.filter(({ type }) => type === "remote-candidate").length);
	}
	expect(counts[0]! - counts[1]!).toBe(1); // beside those of the offer
});

test("garbage alone is no reason to turn an offer down", async () => {
	await run();
	setRoom({ slots: 2765, chunks: 49_152 }); // half of that before garbage is collected
	await vanish("a");
	expect(signaling.take("answer", "a")).toBeDefined();
});

test("candidates without end are kept in bounds: of a session, of all, and before their offer", async () => {
	await run();
	const trickle = async (peerId: string) => {
		for (let i = 0; i < 200; i++)
			signaling.handler.onMessage({ type: "candidate", peerId, candidate: { candidate: candidate(i) } });
		await settle();
	};
	const kept = async (peerId: string) =>
		[...(await app.connection(peerId)!.getStats()).values()].filter(({ type }) => type === "remote-candidate")
			.length;
	await trickle("early");
	for (const name of ["a", "b", "c", "early"]) {
		await vanish(name);
		await trickle(name);
	}
	const counts = await Promise.all(["a", "b", "c", "early"].map(kept));
	expect(counts[0]).toBe(32);
	expect(counts.reduce((sum, count) => sum + count)).toBeLessThanOrEqual(64 + 4 * 4);
	expect(Math.min(...counts)).toBeGreaterThanOrEqual(4);
	setRoom({ slots: 100 });
	const before = await kept("c");
	await trickle("c");
	expect(await kept("c")).toBe(before);
});

test("what a message makes us throw ends its session alone", async () => {
	let faulty = false;
	await run({
		intercept(message) {
			if (faulty && message.peerId === "a") throw new TypeError("a fault");
			return message;
		},
	});
	await watch("a");
	await watch("b");
	await advance(100);
	faulty = true;
	signaling.handler.onMessage({ type: "candidate", peerId: "a", candidate: { candidate: candidate(1) } });
	expect(app.peers).toEqual(["b"]);
	expect(events.find(({ type }) => type === "error")).toMatchObject({
		peerId: "a",
		error: { code: "internal", message: "a fault" },
	});
});

test("limits are the application's", async () => {
	await run({ limits: { sections: 1, sessionCandidates: 5, firstCheck: 1000, freeSlots: 0 } });
	setRoom({ slots: 1 });
	await vanish("a");
	expect(signaling.take("answer", "a")).toBeDefined();
	await offer("b", `${template}m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n`);
	expect(reasonFor("b")).toMatchObject({
		reason: "bad-offer",
		message: expect.stringMatching(/more than 1 sections/),
	});
	await advance(1000);
	expect(app.peers).toEqual([]);
});

test.each([
	[{ sections: 0 }, "limits.sections: 1 to 32"],
	[{ firstCheck: 30_001 }, "limits.firstCheck: 1 to 30000"],
	[{ freeSlots: -1 }, "limits.freeSlots: 0 to"],
	[{ items: 1.5 }, "limits.items"],
	[{ items: "9" }, "limits.items"],
	[{ nonsense: 1 }, "limits.nonsense: there is no such limit"],
	[{ toString: 1 }, "limits.toString: there is no such limit"],
])("limits are checked: %j", async (limits, message) => {
	await run();
	const options = { signaling, limits: limits as Partial<AppLimits> };
	expect(() => new WebRTCApp(options)).toThrow(message);
});

describe("turns", () => {
	test("come one by one, in order, whatever becomes of them, and are bounded", async () => {
		await run();
		const turns = new Turns(2, new Memory({ slots: 0, chunks: 0 }, new Clock()));
		const log: string[] = [];
		const finish: (() => void)[] = [];
		const take = (name: string, fails = false) =>
			turns.take(async () => {
				log.push(name);
				await new Promise<void>((resolve) => finish.push(resolve));
				if (fails) throw new Error(name);
			});
		const taken = [take("a", true), take("b"), take("c"), take("d")];
		const results = Promise.allSettled(taken);
		await settle();
		expect(log).toEqual(["a"]);
		for (let i = 0; i < 3; i++) {
			finish[i]!();
			await settle();
		}
		expect(log).toEqual(["a", "b", "c"]);
		expect(await results).toMatchObject([
			{ reason: { message: "a" } },
			{ status: "fulfilled" },
			{ status: "fulfilled" },
			{ reason: { code: "app/busy" } },
		]);
		const failing = turns.take(() => {
			throw new Error("at once");
		});
		expect(await Promise.allSettled([failing, turns.take(async () => undefined)])).toMatchObject([
			{ reason: { message: "at once" } },
			{ status: "fulfilled" },
		]);
	});
});
