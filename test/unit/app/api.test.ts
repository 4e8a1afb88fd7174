// SPDX-License-Identifier: Apache-2.0
// The rest of the application's functions: switches, listeners, ICE servers, statistics, sessions that live elsewhere.
import WebRTCApp, { NoSessions, type RemoteSessions, type WebRTCAppEvent, type WebRTCAppOptions } from "webrtc/app";
import Metrics from "webrtc/app/metrics";
import { defaultMedia } from "webrtc/media/defaults";
import RTCPeerConnection from "webrtc/peer";
import type {
	IceServer,
	SignalingCapabilities,
	SignalingClient,
	SignalingHandler,
	SignalingMessage,
	SignalingRole,
} from "webrtc/signaling";
import { AudioOutput } from "../fakes/native/render";
import { advance, pendingTimers, resetClock, settle } from "../fakes/moddable/clock";
import { openNatives, setSilence } from "../fakes/native/transport";

class TestSignaling implements SignalingClient {
	readonly name = "test";
	capabilities: SignalingCapabilities = { trickle: true, reoffer: true };
	iceServers: IceServer[] = [];
	state: SignalingClient["state"] = "new";
	iceRefreshNeeded = false;
	refreshed = 0;
	statistics = { connections: 1 };
	handler!: SignalingHandler;
	sent: SignalingMessage[] = [];
	connect(_role: SignalingRole, handler: SignalingHandler): void {
		this.handler = handler;
		this.state = "connected";
		handler.onStateChange("connected");
	}
	send(message: SignalingMessage): void {
		this.sent.push(message);
	}
	refreshIceServers(): void {
		this.refreshed++;
	}
	close(): void {
		this.state = "disconnected";
	}
	sdp(type: "offer" | "answer"): string {
		const found = this.sent.filter((message) => message.type === type).at(-1);
		return found && "sdp" in found ? found.sdp : "";
	}
}

let signaling: TestSignaling;
let events: WebRTCAppEvent[];
let app: WebRTCApp;
let viewers: RTCPeerConnection[];

const make = (options: Partial<WebRTCAppOptions> = {}): WebRTCApp =>
	(app = new WebRTCApp({ signaling, ...defaultMedia(), onEvent: (event) => events.push(event), ...options }));

async function watch(peerId = "ann"): Promise<RTCPeerConnection> {
	const viewer = new RTCPeerConnection();
	viewers.push(viewer);
	for (const kind of ["video", "audio"] as const) viewer.addTransceiver(kind, { direction: "recvonly" });
	await viewer.setLocalDescription();
	signaling.handler.onMessage({ type: "offer", peerId, sdp: viewer.localDescription!.sdp });
	await settle();
	await viewer.setRemoteDescription({ type: "answer", sdp: signaling.sdp("answer") });
	await advance(50);
	return viewer;
}

const linesOf = (sdp: string, pattern: RegExp) => sdp.match(pattern) ?? [];

const original = Object.getOwnPropertyDescriptor(globalThis, "trace")!;
const hearTrace = (value: (text: string) => void) =>
	Object.defineProperty(globalThis, "trace", { configurable: true, value });

beforeEach(() => {
	resetClock();
	signaling = new TestSignaling();
	[events, viewers] = [[], []];
});
afterEach(async () => {
	app.terminate();
	for (const viewer of viewers) viewer.close();
	await advance(1000);
	expect(openNatives()).toBe(0);
	expect(pendingTimers()).toBe(0);
	Object.defineProperty(globalThis, "trace", original);
});

test("APP-4: without trickle all candidates are in the description, and none follow", async () => {
	await make({ trickle: false }).run();
	await watch();
	expect(signaling.sent.map(({ type }) => type)).toEqual(["answer"]);
	expect(signaling.sdp("answer")).toContain("a=candidate:");
});

test("APP-4: without TURN only the STUN servers are used, wherever they come from", async () => {
	const turn = { username: "u", credential: "c" };
	await make({ turn: false, iceServers: [{ urls: ["stun:a", "TURN:a"], ...turn }] }).run();
	signaling.handler.onIceServers([{ urls: "turns:b", ...turn }, { urls: "stun:c" }]);
	expect(app.iceServers).toEqual([{ urls: ["stun:a"], ...turn }, { urls: ["stun:c"] }]);
});

test("APP-5: codecs are negotiated by preference, and no others", async () => {
	await make({ codecs: ["PCMU", "h264"] }).run();
	app.triggerOffer("ann");
	await settle();
	const maps = linesOf(signaling.sdp("offer"), /^a=rtpmap:\d+ \S+/gm).map((line) => line.split(" ")[1]!);
	expect(maps.filter((name) => name.startsWith("PCM") || name.startsWith("opus"))).toEqual(["PCMU/8000"]);
	expect(maps).toContain("H264/90000");
	expect(() => make({ codecs: ["VP9"] })).toThrow('codecs: there is no "VP9"');
});

test.each([
	["audio", ["m=audio"]],
	["video", ["m=video"]],
	["audio-video", ["m=video", "m=audio"]],
] as const)("APP-6: media can be %s", async (media, sections) => {
	await make({ media }).run();
	app.triggerOffer("ann");
	await settle();
	expect(linesOf(signaling.sdp("offer"), /^m=\w+/gm)).toEqual(expect.arrayContaining([...sections]));
	expect(linesOf(signaling.sdp("offer"), /^m=\w+/gm)).toHaveLength(sections.length);
});

test.each([
	["audio", ["m=audio"]],
	["video", ["m=video"]],
	[undefined, ["m=video", "m=audio"]],
] as const)("APP-6, APP-28: a viewer that sends nothing wants %s, or all", async (media, sections) => {
	signaling = new TestSignaling();
	app = new WebRTCApp({ signaling, role: "viewer", ...(media && { media }) });
	await app.run();
	app.triggerOffer("master");
	await settle();
	expect(linesOf(signaling.sdp("offer"), /^m=\w+/gm)).toEqual(sections);
});

test("STAT-5: each time is that of its own step, since the session began", () => {
	const times = { startedAt: 10, describedAt: 11, gatheredAt: 13, reachedAt: 16, connectedAt: 20, firstFrameAt: 25 };
	const report = new Metrics().report(signaling, [["ann", times]]);
	expect(report.get("session:ann")).toMatchObject({
		describeTime: 1,
		gatherTime: 3,
		iceTime: 6,
		connectTime: 10,
		firstFrameTime: 15,
	});
});

test("APP-3: a device is a master, unless it is told otherwise; the signaling hears of it", async () => {
	const roles: string[] = [];
	const connect = signaling.connect.bind(signaling);
	signaling.connect = (role, handler) => {
		roles.push(role);
		connect(role, handler);
	};
	await make().run();
	expect([app.role, ...roles]).toEqual(["master", "master"]);
	app.terminate();
	await make({ role: "viewer" }).run();
	expect([app.role, ...roles]).toEqual(["viewer", "master", "viewer"]);
});

test("APP-7: a master can ask for the peer's media, and a viewer can leave it", async () => {
	await make({ receive: true }).run();
	app.triggerOffer("ann");
	await settle();
	expect(linesOf(signaling.sdp("offer"), /^a=(send|recv)\w+/gm)).toEqual(["a=sendrecv", "a=sendrecv"]);
	app.terminate();
	signaling = new TestSignaling();
	await make({ role: "viewer", receive: false }).run();
	app.triggerOffer("master");
	await settle();
	expect(linesOf(signaling.sdp("offer"), /^a=(send|recv)\w+/gm)).toEqual(["a=sendonly", "a=sendonly"]);
});

test("APP-7: what there is a player for is asked for, and played", async () => {
	const media = defaultMedia({ play: { output: "none" } });
	await make(media).run();
	app.triggerOffer("ann");
	await settle();
	expect(linesOf(signaling.sdp("offer"), /^a=(send|recv)\w+/gm)).toEqual(["a=sendonly", "a=sendrecv"]);
	const [, sound] = app.connection("ann")!.getTransceivers();
	expect(sound!.receiver.player).toBe(media.audioPlayer);
	app.terminate();
	signaling = new TestSignaling();
	await make({ ...defaultMedia({ play: { output: "none" } }), receive: false }).run();
	app.triggerOffer("ann");
	await settle();
	expect(linesOf(signaling.sdp("offer"), /^a=(send|recv)\w+/gm)).toEqual(["a=sendonly", "a=sendonly"]);
});

test("APP-7: a loudspeaker that is missing is an event, and the rest is served", async () => {
	const { audioPlayer } = defaultMedia({ play: { output: "speaker", path: "no-such-device" } });
	await make({ audioPlayer }).run();
	expect(events.filter(({ type }) => type === "error")).toMatchObject([{ error: { code: "media/device-missing" } }]);
	await watch();
	expect(events.some(({ type }) => type === "peerConnected")).toBe(true);
});

test("APP-7: a loudspeaker that fails later is an event, too", async () => {
	const { audioPlayer } = defaultMedia({ play: { output: "none" } });
	await make({ audioPlayer }).run();
	[...AudioOutput.open][0]!.options.onError!("media/device-failed", "pulled out");
	expect(events.filter(({ type }) => type === "error")).toMatchObject([{ error: { code: "media/device-failed" } }]);
});

test("a candidate that cannot be read is an event, and the next ones are taken", async () => {
	await make().run();
	await watch();
	const take = (candidate: string) =>
		signaling.handler.onMessage({ type: "candidate", peerId: "ann", candidate: { candidate, sdpMid: "0" } });
	take("candidate:1 1 udp nonsense");
	take("candidate:2 1 udp 2130706431 198.51.100.7 4000 typ host");
	await advance(10);
	expect(events.filter(({ type }) => type === "error")).toMatchObject([
		{ peerId: "ann", error: { code: "ice/bad-candidate" } },
	]);
	const statistics = [...(await app.connection("ann")!.getStats()).values()];
	expect(
		statistics.filter(({ type, address }) => type === "remote-candidate" && address === "198.51.100.7"),
	).toHaveLength(1);
});

test("APP-8: the log has its level, which can change, and no part in events", async () => {
	const lines: string[] = [];
	hearTrace((text) => void lines.push(text));
	await make().run();
	await watch();
	expect(lines).toEqual([]);
	app.logLevel = "error";
	signaling.handler.onIceServers([{ urls: "nonsense" }]);
	expect(lines).toEqual([expect.stringMatching(/^webrtc: signalingError: .*ice\/bad-server\)\n$/)]);
	app.logLevel = "info";
	await watch("bob");
	expect(lines.join("")).toContain("webrtc: peerConnected bob\n");
	expect(lines.join("")).not.toContain("sentIceCandidate");
	// What others call themselves, or say, makes no lines and no colours of its own.
	signaling.handler.onMessage({ type: "answer", peerId: "x\nwebrtc: peerConnected y\u001b[2J", sdp: "v=0\r\n" });
	expect(lines.at(-1)).toMatch(/^webrtc: error x\?webrtc: peerConnected y\?\[2J: [^\n]+\n$/);
	app.logLevel = "debug";
	await watch("eve");
	expect(lines.join("")).toContain("webrtc: sentIceCandidate eve\n");
	expect(() => (app.logLevel = "loud" as never)).toThrow("logLevel");
	expect(() => make({ logLevel: "loud" as never })).toThrow("logLevel");
});

test("APP-9: several listeners hear of everything; what one throws is the others' no affair", async () => {
	hearTrace(() => undefined);
	const first: string[] = [];
	const second: string[] = [];
	make();
	const faulty = () => {
		throw new Error("a fault of the owner's");
	};
	const listener = ({ type }: WebRTCAppEvent) => void second.push(type);
	app.addListener(faulty);
	app.addListener(({ type }) => void first.push(type));
	app.addListener(listener);
	app.addListener(listener);
	await app.run();
	expect(first).toEqual(["signalingConnected"]);
	expect(second).toEqual(first);
	app.removeListener(listener);
	app.removeListener(listener);
	await watch();
	expect(first.length).toBeGreaterThan(5);
	expect(second).toHaveLength(1);
	for (let i = 0; i < 14; i++) app.addListener(() => undefined);
	expect(() => app.addListener(() => undefined)).toThrow(RangeError);
});

test("APP-13, APP-14: ICE servers one by one, refreshed and updated while sessions run", async () => {
	const own: IceServer[] = [{ urls: "stun:own" }];
	await make({ iceServers: own }).run();
	signaling.handler.onIceServers([{ urls: "stun:brought" }]);
	expect(app.iceServer(0)).toEqual({ server: own[0], haveMore: true });
	expect(app.iceServer(1)).toEqual({ server: { urls: "stun:brought" }, haveMore: false });
	expect(app.iceServer(2)).toBeUndefined();
	signaling.iceRefreshNeeded = true;
	expect(app.isIceRefreshNeeded).toBe(true);
	app.refreshIceServers();
	expect(signaling.refreshed).toBe(1);
	await watch();
	app.updateIceServers([{ urls: "stun:other" }]);
	expect(app.connection("ann")!.getConfiguration().iceServers).toEqual([
		{ urls: "stun:other" },
		{ urls: "stun:brought" },
	]);
	expect(() => app.updateIceServers([{ urls: "http://x" }])).toThrow(/iceServers\[0\]/);
	expect(app.iceServers).toHaveLength(2);
});

test("APP-13: the servers that the signaling has from the start are used, as those of WHEP are", async () => {
	make();
	signaling.iceServers = [{ urls: "stun:known" }];
	await app.run();
	expect(app.iceServers).toEqual([{ urls: "stun:known" }]);
	await watch();
	expect(app.connection("ann")!.getConfiguration().iceServers).toEqual([{ urls: "stun:known" }]);
	app.terminate();
	make();
	signaling.iceServers = [{ urls: "nonsense" }];
	await expect(app.run()).rejects.toThrow(/iceServers\[0\]/);
});

test("APP-26: ICE is restarted by an offer, where the signaling can carry one", async () => {
	await make().run();
	await watch();
	const ufrag = (sdp: string) => /a=ice-ufrag:(\S+)/.exec(sdp)![1];
	const before = ufrag(signaling.sdp("answer"));
	app.restartIce("ann");
	await settle();
	expect(ufrag(signaling.sdp("offer"))).not.toBe(before);
	expect(() => app.restartIce("nobody")).toThrow(expect.objectContaining({ code: "app/unknown-peer" }));
	signaling.capabilities = { trickle: true };
	expect(() => app.restartIce("ann")).toThrow(expect.objectContaining({ code: "peer/not-supported" }));
});

test("APP-27: two apps in a process know nothing of each other", async () => {
	await make().run();
	await watch("ann");
	const other = new WebRTCApp({ signaling: new TestSignaling(), ...defaultMedia() });
	await other.run();
	expect(other.peers).toEqual([]);
	other.terminate();
	expect(app.peers).toEqual(["ann"]);
});

test("STAT-4, STAT-5: the signaling's counters, and how long each session took", async () => {
	await make().run();
	await advance(100);
	await watch();
	await advance(1000);
	signaling.handler.onStateChange("disconnected");
	const stats = app.getStats();
	expect(stats.get("signaling")).toMatchObject({
		type: "signaling",
		name: "test",
		state: "connected",
		connections: 1,
		connectTime: 0,
		disconnections: 1,
		messagesReceived: 1,
	});
	expect(stats.get("signaling")!["messagesSent"]).toBeGreaterThan(0);
	const timing = stats.get("session:ann")!;
	expect(timing).toMatchObject({ type: "session-timing", peerId: "ann", describeTime: expect.any(Number) });
	const names = ["describeTime", "gatherTime", "iceTime", "connectTime", "firstFrameTime"] as const;
	const [described, gathered, reached, connected, shown] = names.map((name) => timing[name] as number);
	expect(gathered).toBeGreaterThanOrEqual(0);
	expect(reached).toBeGreaterThan(described!);
	expect(connected).toBeGreaterThanOrEqual(reached!);
	expect(shown).toBeGreaterThanOrEqual(described!);
	expect(shown).toBeGreaterThanOrEqual(40);
	expect(Math.max(gathered!, connected!, shown!)).toBeLessThan(1000);
});

test("why a session is as it is: by its peer, at its failure too, and then no more", async () => {
	const why: string[] = [];
	make({
		onEvent({ type, peerId, error }) {
			if (type === "peerConnectionFailed") why.push(`${app.explain(peerId!)} ${error!.code}`);
		},
	});
	await app.run();
	await watch();
	await advance(1000);
	expect(app.explain("ann")).toMatch(/^Data goes from host /);
	expect(() => app.explain("bob")).toThrow('no session with "bob"');
	setSilence(true);
	await advance(60_000);
	expect(why).toEqual([expect.stringMatching(/^There was a path.*[^]*ice\/consent-expired$/)]);
	expect(() => app.explain("ann")).toThrow("no session");
});

test("the log of all details has the report of a session that fails", async () => {
	const lines: string[] = [];
	hearTrace((line) => void lines.push(line));
	make({ logLevel: "debug" });
	await app.run();
	await watch();
	setSilence(true);
	await advance(60_000);
	expect(lines.join("")).toMatch(/\nwebrtc: {3}Nothing comes through|\nwebrtc: {3}There was a path/);
});

class Elsewhere implements RemoteSessions {
	calls: unknown[] = [];
	peers: string[] = [];
	owner!: Parameters<RemoteSessions["open"]>[0];
	open(owner: Elsewhere["owner"]): void {
		this.owner = owner;
		this.calls.push("open");
	}
	receive(message: SignalingMessage): void {
		this.calls.push(message.type);
		this.peers = [message.peerId];
	}
	setIceServers(servers: readonly IceServer[]): void {
		this.calls.push(servers.length);
	}
	offer(peerId: string): void {
		this.calls.push(`offer ${peerId}`);
	}
	end(peerId: string): void {
		this.calls.push(`end ${peerId}`);
	}
	close(): void {
		this.calls.push("close");
	}
}

test("PCIF-1, PCIF-2: sessions that live elsewhere get all messages, and send by the app's signaling", async () => {
	const sessions = new Elsewhere();
	await make({ sessions, iceServers: [{ urls: "stun:a" }] }).run();
	expect(openNatives()).toBe(0);
	signaling.handler.onMessage({ type: "offer", peerId: "ann", sdp: "v=0\r\n" });
	signaling.handler.onMessage({ type: "candidate", peerId: "ann", candidate: { candidate: "c" } });
	signaling.handler.onIceServers([{ urls: "stun:b" }]);
	sessions.owner.send({ type: "answer", peerId: "ann", sdp: "theirs" });
	sessions.owner.onEvent({ type: "peerConnected", peerId: "ann" });
	app.triggerOffer("bob");
	app.disconnect("ann");
	expect(app.peers).toEqual(["ann"]);
	app.terminate();
	expect(sessions.calls).toEqual(["open", 1, "offer", "candidate", 2, "offer bob", "end ann", "close"]);
	expect(signaling.sent).toEqual([{ type: "answer", peerId: "ann", sdp: "theirs" }]);
	expect(events.map(({ type }) => type)).toContain("peerConnected");
});

test("PCIF-5: signaling alone: messages are seen and sent, and nothing is opened", async () => {
	const seen: string[] = [];
	const intercept = (message: SignalingMessage, direction: string) => {
		seen.push(`${direction} ${message.type}`);
		return message;
	};
	await make({ sessions: new NoSessions(), intercept }).run();
	signaling.handler.onMessage({ type: "offer", peerId: "ann", sdp: "v=0\r\n" });
	app.sendMessage({ type: "answer", peerId: "ann", sdp: "from elsewhere" });
	await settle();
	expect(seen).toEqual(["incoming offer", "outgoing answer"]);
	expect(signaling.sent).toHaveLength(1);
	expect(openNatives()).toBe(0);
});

test("bad switches are named", () => {
	make();
	for (const name of ["trickle", "turn", "receive", "media", "codecs"] as const)
		expect(() => make({ [name]: "nonsense" as never })).toThrow(new RegExp(`^${name}: `));
});
