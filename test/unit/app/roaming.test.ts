// SPDX-License-Identifier: Apache-2.0
// A session goes on over a change of the network: by itself, by an offer where the signaling carries one.
import WebRTCApp, { type WebRTCAppEvent } from "webrtc/app";
import { defaultMedia } from "webrtc/media/defaults";
import RTCPeerConnection from "webrtc/peer";
import type { SignalingClient, SignalingHandler, SignalingMessage } from "webrtc/signaling";
import { advance, pendingTimers, resetClock, settle } from "../fakes/moddable/clock";
import Transport, { openNatives, setForgery } from "../fakes/native/transport";

let events: WebRTCAppEvent[];
let app: WebRTCApp;
let viewer: RTCPeerConnection;
let handler: SignalingHandler;
let sent: SignalingMessage[];
let answers: boolean; // the viewer takes offers

function signaling(reoffer: boolean): SignalingClient {
	return {
		name: "test",
		capabilities: { trickle: true, reoffer },
		state: "connected",
		iceServers: [],
		connect(_role, given) {
			handler = given;
			handler.onStateChange("connected");
		},
		send(message) {
			sent.push(message);
			if (message.type === "offer" && answers) void answer(message.sdp);
			if (message.type === "candidate" && viewer.remoteDescription)
				void viewer.addIceCandidate(message.candidate).catch(() => {});
		},
		refreshIceServers() {},
		close() {},
	};
}

async function answer(sdp: string): Promise<void> {
	await viewer.setRemoteDescription({ type: "offer", sdp });
	await viewer.setLocalDescription();
	handler.onMessage({ type: "answer", peerId: "ann", sdp: viewer.localDescription!.sdp });
}

async function watch(reoffer = true): Promise<{ deviceHost: Transport; viewerHost: Transport }> {
	app = new WebRTCApp({
		signaling: signaling(reoffer),
		...defaultMedia({ audio: false }),
		onEvent: (event) => events.push(event),
	});
	await app.run();
	const [deviceHost] = Transport.open as [Transport];
	viewer = new RTCPeerConnection();
	viewer.addTransceiver("video", { direction: "recvonly" });
	await viewer.setLocalDescription();
	handler.onMessage({ type: "offer", peerId: "ann", sdp: viewer.localDescription!.sdp });
	await settle();
	await viewer.setRemoteDescription({ type: "answer", sdp: (sent[0] as { sdp: string }).sdp });
	await advance(10_000);
	expect(viewer.connectionState).toBe("connected");
	return { deviceHost, viewerHost: Transport.open.find((one) => one !== deviceHost)! };
}

const offers = () => sent.filter(({ type }) => type === "offer").length;
const count = (type: string) => events.filter((event) => event.type === type).length;

beforeEach(() => {
	resetClock();
	events = [];
	sent = [];
	answers = true;
});

afterEach(async () => {
	setForgery();
	app.terminate();
	viewer.close();
	await advance(50);
	expect(openNatives()).toBe(0);
	expect(pendingTimers()).toBe(0);
});

test("another address that the peer's own checks find: no offer is made", async () => {
	const { deviceHost } = await watch();
	deviceHost.move();
	await advance(10_000);
	expect(count("networkChanged")).toBe(1);
	expect(offers()).toBe(0);
	expect([viewer.connectionState, app.connection("ann")!.connectionState]).toEqual(["connected", "connected"]);
	expect(viewer.selectedCandidatePair!.remote.address).toBe(deviceHost.address);
	expect(sent.some((one) => one.type === "candidate" && one.candidate.candidate.includes(deviceHost.address))).toBe(
		true,
	);
});

test("another address by which the former credentials lead nowhere: ICE is restarted by an offer", async () => {
	const { deviceHost, viewerHost } = await watch();
	const before = app.connection("ann")!.localDescription!.sdp;
	deviceHost.move();
	// What a relay without a permission does: nothing of the new address arrives until the peer has it as a candidate.
	setForgery((from, to) => (offers() || to !== viewerHost.address ? from : "203.0.113.9"));
	await advance(4000);
	expect(offers()).toBe(1);
	expect(app.connection("ann")!.localDescription!.sdp).not.toContain(/a=ice-ufrag:\S+/.exec(before)![0]);
	expect([viewer.connectionState, app.connection("ann")!.connectionState]).toEqual(["connected", "connected"]);
	await advance(60_000);
	expect(offers()).toBe(1);
	expect(app.peers).toEqual(["ann"]);
});

test("a silent peer is asked again each 10 s, until its consent ends", async () => {
	const { viewerHost } = await watch();
	answers = false;
	viewerHost.move("");
	await advance(60_000);
	expect(offers()).toBeGreaterThan(1);
	expect(offers()).toBeLessThan(5);
	expect(count("peerConnectionFailed")).toBe(1);
	expect(app.peers).toEqual([]);
});

test("changes in a row are one: of the restarts that wait, the last is made", async () => {
	const { deviceHost } = await watch();
	answers = false;
	setForgery((from) => (from === deviceHost.address ? "203.0.113.9" : from)); // nothing gets through
	for (let i = 0; i < 5; i++) {
		deviceHost.move();
		await advance(100);
	}
	await advance(8000);
	expect(offers()).toBe(1);
});

test("where the signaling carries no second offer, none is made", async () => {
	const { viewerHost } = await watch(false);
	viewerHost.move("");
	await advance(60_000);
	expect(offers()).toBe(0);
	expect(app.peers).toEqual([]);
});

test("a session that ends while its restart waits makes no offer", async () => {
	const { deviceHost } = await watch();
	deviceHost.move("");
	await advance(1200);
	app.disconnect("ann");
	await advance(20_000);
	expect(offers()).toBe(0);
});
