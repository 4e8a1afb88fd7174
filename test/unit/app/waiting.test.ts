// SPDX-License-Identifier: Apache-2.0
// Viewers that come soon after one another where the signaling has no way to say "come again": they wait for memory.
import WebRTCApp, { type WebRTCAppEvent } from "webrtc/app";
import { defaultMedia } from "webrtc/media/defaults";
import RTCPeerConnection from "webrtc/peer";
import type { SignalingClient, SignalingHandler, SignalingMessage } from "webrtc/signaling";
import { advance, pendingTimers, resetClock, settle } from "../fakes/moddable/clock";
import { setRoom } from "../fakes/native/port";
import { openNatives } from "../fakes/native/transport";

class TestSignaling implements SignalingClient {
	readonly name = "test";
	readonly capabilities = { trickle: true, waits: true };
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
	/** Of whom there is one, in their order. */
	names(type: SignalingMessage["type"]): string[] {
		return this.sent.filter((message) => message.type === type).map(({ peerId }) => peerId);
	}
}

const short = Object.freeze({ slots: 2100 }); // for a description, but not for its session, too
let signaling: TestSignaling;
let events: WebRTCAppEvent[];
let app: WebRTCApp;
let sdp: string;

/** Without an end of its work. */
const come = (peerId: string, text = sdp) => signaling.handler.onMessage({ type: "offer", peerId, sdp: text });

beforeEach(async () => {
	resetClock();
	setRoom();
	signaling = new TestSignaling();
	events = [];
	app = new WebRTCApp({ signaling, ...defaultMedia(), onEvent: (event) => events.push(event) });
	await app.run();
	const viewer = new RTCPeerConnection();
	viewer.addTransceiver("video", { direction: "recvonly" });
	await viewer.setLocalDescription();
	sdp = viewer.localDescription!.sdp;
	viewer.close();
});

afterEach(async () => {
	app.terminate();
	expect(openNatives()).toBe(0);
	await advance(1);
	expect(pendingTimers()).toBe(0);
});

test("five at once are served one after the other, in their order, without a pause", async () => {
	for (const name of ["a", "b", "c", "d", "e"]) come(name);
	expect(app.peers).toEqual(["a"]); // the others take no memory but their text
	for (let i = 0; i < 5; i++) await settle();
	expect(signaling.names("answer")).toEqual(["a", "b", "c", "d", "e"]);
	expect(signaling.names("reject")).toEqual([]);
	expect(app.peers).toHaveLength(5);
});

test("one waits until there is memory, and one that comes later waits behind it", async () => {
	setRoom(short);
	come("first");
	await advance(1000);
	expect(app.peers).toEqual([]);
	setRoom();
	come("second");
	expect(app.peers).toEqual([]);
	await advance(250);
	expect(signaling.names("answer")).toEqual(["first", "second"]);
});

test("after 15 s one is turned down, and is told of", async () => {
	setRoom(short);
	come("a");
	await advance(14_900);
	expect(signaling.names("reject")).toEqual([]);
	await advance(250);
	expect(signaling.sent).toMatchObject([{ type: "reject", peerId: "a", rejection: { reason: "busy" } }]);
	expect(events.at(-1)).toMatchObject({ type: "error", peerId: "a", error: { code: "app/busy" } });
	setRoom();
	await advance(1000);
	expect(app.peers).toEqual([]);
});

test("its candidates wait, too", async () => {
	setRoom({ slots: 2800 });
	come("a");
	const candidate = "candidate:7 1 udp 2130706431 198.51.100.7 5000 typ host";
	signaling.handler.onMessage({ type: "candidate", peerId: "a", candidate: { candidate } });
	setRoom();
	await advance(250);
	const stats = [...(await app.connection("a")!.getStats()).values()];
	expect(stats).toContainEqual(expect.objectContaining({ type: "remote-candidate", address: "198.51.100.7" }));
});

test("who goes, or offers anew, does not wait any more", async () => {
	setRoom(short);
	come("gone");
	come("anew");
	signaling.handler.onMessage({ type: "bye", peerId: "gone" });
	come("anew", sdp.replace(/^o=- \d+/m, "o=- 4711"));
	setRoom();
	await advance(250);
	expect(signaling.names("answer")).toEqual(["anew"]);
	expect(app.connection("anew")!.remoteDescription!.sdp).toContain("o=- 4711");
});

test("no more than four wait, and of no more than 24,576 characters; who nothing is heard of makes room for one more", async () => {
	come("silent");
	await advance(1000);
	setRoom(short);
	for (const name of ["a", "b", "c", "d"]) come(name);
	expect(app.peers).toEqual(["silent"]);
	come("e");
	expect(app.peers).toEqual([]);
	expect(signaling.names("reject")).toEqual(["e"]);
	for (const name of ["b", "c", "d"]) signaling.handler.onMessage({ type: "bye", peerId: name });
	come("f", sdp + "a=".padEnd(24_576 - sdp.length, "x"));
	expect(signaling.names("reject")).toEqual(["e", "f"]);
});

test("those who wait are forgotten with the app", async () => {
	setRoom(short);
	come("a");
	app.terminate();
	setRoom();
	await advance(1000);
	expect(signaling.names("answer")).toEqual([]);
});
