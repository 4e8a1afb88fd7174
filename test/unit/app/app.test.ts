// SPDX-License-Identifier: Apache-2.0
// The application over a signaling of the test's, with peers that are real peer connections over fake natives.
import WebRTCApp, { type WebRTCAppEvent, type WebRTCAppOptions } from "webrtc/app";
import WebRTCError from "webrtc/error";
import { defaultMedia } from "webrtc/media/defaults";
import Certificate from "webrtc/native/dtls/certificate";
import RTCPeerConnection from "webrtc/peer";
import type {
	SignalingCapabilities,
	SignalingClient,
	SignalingHandler,
	SignalingMessage,
	SignalingRole,
} from "webrtc/signaling";
import { advance, pendingTimers, resetClock, settle } from "../fakes/moddable/clock";
import { missing } from "../fakes/native/capture";
import { Encoder } from "../fakes/native/codec";
import { openNatives, setSilence } from "../fakes/native/transport";

class TestSignaling implements SignalingClient {
	readonly name = "test";
	readonly capabilities: SignalingCapabilities = { trickle: true, reoffer: true };
	readonly iceServers = [];
	state: SignalingClient["state"] = "new";
	handler!: SignalingHandler;
	sent: SignalingMessage[] = [];
	failure: WebRTCError | undefined;

	connect(_role: SignalingRole, handler: SignalingHandler): void {
		this.handler = handler;
		this.state = this.failure ? "failed" : "connected";
		if (this.failure) handler.onError(this.failure);
		handler.onStateChange(this.state);
	}
	/** What it cannot send. */
	refused: SignalingMessage["type"] | undefined;
	send(message: SignalingMessage): void {
		if (message.type === this.refused) throw new WebRTCError("signaling/message-too-large", "too large");
		this.sent.push(message);
	}
	refreshIceServers(): void {}
	close(): void {
		this.state = "disconnected";
	}
	take(type: SignalingMessage["type"], peerId: string): SignalingMessage | undefined {
		return this.sent.find((message) => message.type === type && message.peerId === peerId);
	}
}

let signaling: TestSignaling;
let events: WebRTCAppEvent[];
let app: WebRTCApp;
let viewers: RTCPeerConnection[];

function make(options: Partial<WebRTCAppOptions> = {}): WebRTCApp {
	app = new WebRTCApp({ signaling, ...defaultMedia(), onEvent: (event) => events.push(event), ...options });
	return app;
}

const types = (peerId?: string) => events.filter((event) => !peerId || event.peerId === peerId).map(({ type }) => type);

async function offer(peerId: string, candidatesFirst = false, certificate?: Certificate): Promise<RTCPeerConnection> {
	const viewer = new RTCPeerConnection(certificate && { certificates: [certificate] });
	viewers.push(viewer);
	viewer.addTransceiver("video", { direction: "recvonly" });
	viewer.addTransceiver("audio", { direction: "recvonly" });
	await viewer.setLocalDescription();
	const { sdp } = viewer.localDescription!;
	if (candidatesFirst) {
		const candidate = /candidate:.*/.exec(sdp)![0].trimEnd();
		signaling.handler.onMessage({ type: "candidate", peerId, candidate: { candidate, sdpMid: "0" } });
	}
	const text = candidatesFirst ? sdp.replace(/a=(candidate|end-of-candidates).*\r\n/g, "") : sdp;
	signaling.handler.onMessage({ type: "offer", peerId, sdp: text, correlationId: `c-${peerId}` });
	await settle();
	return viewer;
}

async function connectViewer(peerId: string, certificate?: Certificate): Promise<RTCPeerConnection> {
	const viewer = await offer(peerId, false, certificate);
	const answer = signaling.take("answer", peerId) as { sdp: string };
	await viewer.setRemoteDescription({ type: "answer", sdp: answer.sdp });
	await advance(50);
	return viewer;
}

beforeEach(() => {
	signaling = new TestSignaling();
	events = [];
	viewers = [];
	resetClock();
	setSilence(false);
});

afterEach(async () => {
	app.terminate();
	for (const viewer of viewers) viewer.close();
	expect(openNatives()).toBe(0);
	await advance(1);
	expect(pendingTimers()).toBe(0);
});

test("a viewer comes, watches and goes: the events tell of it in order", async () => {
	await make().run();
	const viewer = await connectViewer("ann");
	expect(types("ann")).toEqual([
		"receivedOffer",
		"peerConnectionRequested",
		"peerConnecting",
		"sentAnswer",
		"sentIceCandidate",
		"iceGatheringComplete",
		"candidatePairChanged",
		"peerConnected",
		"streamingStarted",
	]);
	expect(types()[0]).toBe("initialized");
	expect(signaling.take("answer", "ann")).toMatchObject({ correlationId: "c-ann" });
	expect([...Encoder.open].map(({ options }) => options.codec).sort()).toEqual(["H264", "opus"]);
	viewer.close();
	await advance(50);
	expect(types("ann").slice(-2)).toEqual(["streamingStopped", "peerDisconnected"]);
	expect(signaling.take("bye", "ann")).toBeDefined(); // only DTLS has told it
	expect(app.peers).toEqual([]);
	expect(Encoder.open.size).toBe(0);
});

test("candidates that come before their offer are kept for it", async () => {
	await make().run();
	const viewer = await offer("ann", true);
	const answer = signaling.take("answer", "ann") as { sdp: string };
	await viewer.setRemoteDescription({ type: "answer", sdp: answer.sdp });
	await advance(50);
	expect(types("ann")).toContain("peerConnected");
});

test("one viewer too many is told so, and the others stay", async () => {
	await make({ maximumSessions: 1 }).run();
	await connectViewer("ann");
	await offer("bob");
	expect(signaling.take("answer", "bob")).toBeUndefined();
	expect(signaling.take("reject", "bob")).toMatchObject({
		correlationId: "c-bob",
		rejection: { reason: "too-many-sessions", retryAfter: 10 },
	});
	expect(events.at(-1)).toMatchObject({ type: "error", peerId: "bob", error: { code: "app/too-many-sessions" } });
	expect(app.peers).toEqual(["ann"]);
	app.disconnect("ann");
	expect(signaling.take("bye", "ann")).toBeDefined();
	await connectViewer("bob");
	expect(app.peers).toEqual(["bob"]);
});

test("an answer that cannot be sent ends the session: nobody would ever use its place", async () => {
	await make().run();
	signaling.refused = "answer";
	await offer("ann");
	expect(types("ann")).not.toContain("sentAnswer");
	expect(events.find(({ type }) => type === "peerConnectionFailed")).toMatchObject({
		peerId: "ann",
		error: { code: "signaling/message-too-large" },
	});
	expect(signaling.take("reject", "ann")).toBeDefined();
	expect(app.peers).toEqual([]);
});

test("the ICE servers that come with an offer are its session's alone, and stay with it", async () => {
	await make({ iceServers: [{ urls: "stun:own" }] }).run();
	const viewer = new RTCPeerConnection();
	viewers.push(viewer);
	viewer.addTransceiver("video", { direction: "recvonly" });
	await viewer.setLocalDescription();
	const { sdp } = viewer.localDescription!;
	const urls = (peerId: string) =>
		app
			.connection(peerId)!
			.getConfiguration()
			.iceServers!.map(({ urls: url }) => url);
	const turn = (host: string) => [{ urls: `turn:${host}`, username: "u", credential: "c" }];
	signaling.handler.onIceServers(turn("all"));
	signaling.handler.onMessage({ type: "offer", peerId: "ann", sdp, iceServers: turn("ann") });
	await settle();
	await offer("bob");
	expect(urls("ann")).toEqual(["stun:own", "turn:all", "turn:ann"]);
	expect(urls("bob")).toEqual(["stun:own", "turn:all"]);
	signaling.handler.onIceServers(turn("new"));
	expect(urls("ann")).toEqual(["stun:own", "turn:new", "turn:ann"]);
	expect(urls("bob")).toEqual(["stun:own", "turn:new"]);
});

test("ICE servers that make no sense are told of, and those before stay", async () => {
	await make({ iceServers: [{ urls: "stun:own" }] }).run();
	signaling.handler.onIceServers([{ urls: "http://all" }]);
	expect(events.at(-1)).toMatchObject({ type: "signalingError", error: { code: "ice/bad-server" } });
	const viewer = await offer("ann");
	const { sdp } = viewer.localDescription!;
	signaling.handler.onMessage({ type: "offer", peerId: "ann", sdp, iceServers: [{ urls: "turn:ann" }] });
	await settle();
	expect(events.find(({ type }) => type === "error")).toMatchObject({ error: { code: "peer/invalid-access" } });
	expect(app.connection("ann")!.getConfiguration().iceServers).toEqual([{ urls: "stun:own" }]);
	expect(() => new WebRTCApp({ signaling, iceServers: [{ urls: "stun:" }] })).toThrow("no host");
});

test("peers are told apart by their full ids", async () => {
	await make().run();
	const long = "x".repeat(255);
	await connectViewer(`${long}1`);
	await connectViewer(`${long}2`);
	expect(app.peers).toEqual([`${long}1`, `${long}2`]);
});

test("bad offers are turned down with the reason", async () => {
	await make().run();
	signaling.handler.onMessage({ type: "offer", peerId: "bad", sdp: "v=0\r\no=oops" });
	await settle();
	expect(signaling.take("reject", "bad")).toMatchObject({ rejection: { reason: "bad-offer" } });
	const viewer = new RTCPeerConnection();
	viewers.push(viewer);
	viewer.addTransceiver("video", { direction: "recvonly" });
	viewer.addTransceiver("audio", { direction: "recvonly" });
	await viewer.setLocalDescription();
	const sdp = viewer.localDescription!.sdp.replace(/H264|VP8|H265/g, "VP9");
	signaling.handler.onMessage({ type: "offer", peerId: "vp9", sdp });
	await settle();
	expect(signaling.take("reject", "vp9")).toMatchObject({ rejection: { reason: "no-common-codec" } });
	expect(types("vp9")).toContain("peerConnectionFailed");
	expect(app.peers).toEqual([]);
});

test("a missing camera is an error event; sound is served all the same", async () => {
	await make(defaultMedia({ video: { source: "camera", path: missing } })).run();
	expect(events.find(({ type }) => type === "error")).toMatchObject({ error: { code: "media/device-missing" } });
	await connectViewer("ann");
	expect([...Encoder.open].map(({ options }) => options.codec)).toEqual(["opus"]);
});

test("what gives neither picture nor sound is told once", async () => {
	const video = { source: "camera", path: missing } as const;
	await make(defaultMedia({ video, audio: { source: "microphone", path: missing } })).run();
	const errors = events.filter(({ type }) => type === "error");
	expect(errors.map(({ error }) => error?.message)).toEqual([`video and audio: ${missing} is not there`]);
});

test("a second offer of a peer renegotiates its session", async () => {
	await make().run();
	const viewer = await connectViewer("ann");
	const connection = app.connection("ann");
	signaling.sent.length = 0;
	viewer.getTransceivers()[0]!.direction = "inactive";
	await viewer.setLocalDescription();
	signaling.handler.onMessage({ type: "offer", peerId: "ann", sdp: viewer.localDescription!.sdp });
	await settle();
	const answer = signaling.take("answer", "ann") as { sdp: string };
	await viewer.setRemoteDescription({ type: "answer", sdp: answer.sdp });
	expect(app.connection("ann")).toBe(connection);
	expect([...Encoder.open].map(({ options }) => options.codec)).toEqual(["opus"]);
});

test("a viewer that ends its sound keeps the picture, and may have the sound again", async () => {
	await make().run();
	const viewer = await connectViewer("ann");
	const again = async () => {
		signaling.sent.length = 0;
		await viewer.setLocalDescription();
		signaling.handler.onMessage({ type: "offer", peerId: "ann", sdp: viewer.localDescription!.sdp });
		await settle();
		const { sdp } = signaling.take("answer", "ann") as { sdp: string };
		await viewer.setRemoteDescription({ type: "answer", sdp });
		return [...Encoder.open].map(({ options }) => options.codec).sort();
	};
	viewer.getTransceivers()[1]!.stop();
	expect(await again()).toEqual(["H264"]);
	viewer.addTransceiver("audio", { direction: "recvonly" });
	expect(await again()).toEqual(["H264", "opus"]);
	viewer.getTransceivers()[0]!.stop();
	expect(await again()).toEqual(["opus"]);
	expect(app.connection("ann")!.connectionState).toBe("connected");
});

test("what a viewer would send is not asked for, as there is nothing here that plays it", async () => {
	await make({ audioCapture: undefined }).run();
	const viewer = new RTCPeerConnection();
	viewers.push(viewer);
	const { videoCapture, audioCapture } = defaultMedia();
	viewer.addTransceiver("video", { direction: "recvonly" });
	viewer.addTransceiver(audioCapture!, { direction: "sendrecv" });
	await viewer.setLocalDescription();
	signaling.handler.onMessage({ type: "offer", peerId: "ann", sdp: viewer.localDescription!.sdp });
	await settle();
	const { sdp } = signaling.take("answer", "ann") as { sdp: string };
	expect(sdp.match(/^m=\w+ \d+|^a=(sendonly|recvonly|inactive)/gm)).toEqual([
		...["m=video 9", "a=sendonly"],
		...["m=audio 9", "a=inactive"],
	]);
	videoCapture!.close();
	audioCapture!.close();
});

test.each(["the same certificate", "another certificate"])(
	"a peer that starts anew gets a new session: %s",
	async (which) => {
		await make({ maximumSessions: 1 }).run();
		const certificate = which === "another certificate" ? new Certificate() : undefined;
		await connectViewer("ann");
		const before = app.connection("ann")!;
		signaling.sent.length = 0;
		const viewer = await connectViewer("ann", certificate);
		expect(viewer.connectionState).toBe("connected");
		expect(before.connectionState).toBe("closed");
		expect(app.connection("ann")!.connectionState).toBe("connected");
		expect(types("ann").filter((type) => type === "peerDisconnected")).toHaveLength(1);
		expect(signaling.take("bye", "ann")).toBeUndefined(); // it would end the new one
		expect(app.peers).toEqual(["ann"]);
		certificate?.close();
	},
);

test("an offer that comes twice, another session id, and an ICE restart go on with the session", async () => {
	await make().run();
	const viewer = await connectViewer("ann");
	const connection = app.connection("ann");
	const { sdp } = viewer.localDescription!;
	const renamed = sdp.replace(/^o=- \d+/m, "o=- 1");
	const restarted = renamed.replace(/^a=ice-ufrag:.*$/gm, "a=ice-ufrag:again");
	for (const text of [sdp, renamed, restarted]) {
		signaling.sent.length = 0;
		signaling.handler.onMessage({ type: "offer", peerId: "ann", sdp: text });
		await settle();
		expect(signaling.take("answer", "ann")).toBeDefined();
		expect(app.connection("ann")).toBe(connection);
	}
});

test("the device offers where it is asked to", async () => {
	await make().run();
	app.triggerOffer("ann");
	await settle();
	const message = signaling.take("offer", "ann") as { sdp: string };
	const viewer = new RTCPeerConnection();
	viewers.push(viewer);
	await viewer.setRemoteDescription({ type: "offer", sdp: message.sdp });
	await viewer.setLocalDescription();
	signaling.handler.onMessage({ type: "answer", peerId: "ann", sdp: viewer.localDescription!.sdp });
	await advance(50);
	expect(types("ann")).toEqual(expect.arrayContaining(["sentOffer", "peerConnected"]));
});

test("the device offers where the signaling asks for it, and a request too many harms nobody", async () => {
	await make({ maximumSessions: 1 }).run();
	signaling.handler.onSide!("initiator");
	signaling.handler.onMessage({ type: "offer-request", peerId: "ann" });
	await settle();
	expect(signaling.take("offer", "ann")).toBeDefined();
	signaling.handler.onMessage({ type: "offer-request", peerId: "bob" });
	await settle();
	expect(app.peers).toEqual(["ann"]);
	expect(types("bob")).toEqual(["offerRequested", "error"]);
	expect(events.find(({ type }) => type === "signalingJoined")).toMatchObject({ side: "initiator" });
	expect(types("ann").slice(0, 2)).toEqual(["offerRequested", "sentOffer"]);
});

test("messages of the application's own pass through, both ways", async () => {
	await make().run();
	const message = { type: "custom", peerId: "ann", kind: "chat", data: "hello" } as const;
	signaling.handler.onMessage(message);
	expect(events.at(-1)).toEqual({ type: "receivedMessage", peerId: "ann", message });
	app.sendMessage(message);
	expect(signaling.sent).toEqual([message]);
});

test("it is told when pictures become smaller or fewer, and when they are as before", async () => {
	const videoCapture = defaultMedia({ audio: false }).videoCapture!;
	const events: WebRTCAppEvent[] = [];
	const app = make({ videoCapture, onEvent: (event) => events.push(event) });
	await app.run();
	videoCapture.onQuality!({ width: 640, height: 360, framerate: 15 });
	expect(events.at(-1)).toEqual({ type: "qualityChanged", quality: { width: 640, height: 360, framerate: 15 } });
	await app.terminate();
});

test("a viewer asks for video and audio, and offers what it captures", async () => {
	await make({ role: "viewer", videoCapture: undefined }).run();
	app.triggerOffer("master");
	await settle();
	const { sdp } = signaling.take("offer", "master") as { sdp: string };
	expect(sdp.match(/^m=\w+|^a=(send|recv)\w+/gm)).toEqual(["m=audio", "a=sendrecv", "m=video", "a=recvonly"]);
});

test("an answer goes to the session of its peer, and nowhere else", async () => {
	await make().run();
	await connectViewer("ann");
	signaling.handler.onMessage({ type: "answer", peerId: "eve", sdp: "v=0\r\n" });
	await settle();
	expect(events.at(-1)).toMatchObject({ type: "error", peerId: "eve", error: { code: "app/unknown-peer" } });
	expect(app.connection("ann")!.connectionState).toBe("connected");
});

test("messages can be intercepted, changed and kept back", async () => {
	const seen: string[] = [];
	make({
		intercept(message, direction) {
			seen.push(`${direction} ${message.type}`);
			return direction === "outgoing" && message.type === "candidate" ? undefined : message;
		},
	});
	await app.run();
	await connectViewer("ann");
	expect(seen).toEqual(expect.arrayContaining(["incoming offer", "outgoing answer", "outgoing candidate"]));
	expect(signaling.take("candidate", "ann")).toBeUndefined();
});

test("a signaling that fails makes run() fail with its error", async () => {
	make();
	signaling.failure = new WebRTCError("transport/address-in-use", "in use");
	await expect(app.run()).rejects.toMatchObject({ code: "transport/address-in-use" });
	expect(types()).toContain("signalingError");
	expect(openNatives()).toBe(0);
});

test("a signaling without the role makes run() fail, and nothing stays open", async () => {
	make({ role: "viewer" });
	jest.spyOn(signaling, "connect").mockImplementation(() => {
		throw new TypeError("role: a WHEP server is a master");
	});
	await expect(app.run()).rejects.toThrow("role:");
	expect(openNatives()).toBe(0);
});

test("a UDP port in use makes run() fail", async () => {
	await expect(make({ port: 1 }).run()).rejects.toMatchObject({ code: "transport/address-in-use" });
});

test("what onEvent throws is reported and changes nothing", async () => {
	const output = jest.spyOn(process.stdout, "write").mockReturnValue(true);
	make({
		onEvent() {
			throw new Error("in onEvent");
		},
	});
	await app.run();
	await connectViewer("ann");
	expect(output.mock.calls.some(([text]) => String(text).includes("in onEvent"))).toBe(true);
	output.mockRestore();
	expect(app.connection("ann")!.connectionState).toBe("connected");
});

test("bad options are named", () => {
	make();
	expect(() => new WebRTCApp({} as never)).toThrow("signaling");
	expect(() => new WebRTCApp({ signaling, role: "boss" as never })).toThrow("role");
	expect(() => new WebRTCApp({ signaling, maximumSessions: 0 })).toThrow("maximumSessions");
	expect(() => new WebRTCApp({ signaling, port: 70000 })).toThrow("port");
	expect(() => new WebRTCApp({ signaling, tcpPort: 70000 })).toThrow("tcpPort: 0 to 65535");
	expect(() => defaultMedia({ video: { bitrate: 1 } })).toThrow("bitrate");
	expect(() => defaultMedia({ video: { width: 1.5 } })).toThrow("width");
});
