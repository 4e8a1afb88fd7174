// SPDX-License-Identifier: Apache-2.0
// Data channels of an application: its callbacks, and sending by peer and label.
import WebRTCApp, { type DataOptions } from "webrtc/app";
import RTCPeerConnection from "webrtc/peer";
import type { RTCDataChannel } from "webrtc/peer";
import type { SignalingClient, SignalingHandler, SignalingMessage } from "webrtc/signaling";
import { advance, resetClock } from "../fakes/moddable/clock";
import Sctp from "../fakes/native/sctp";
import { openNatives } from "../fakes/native/transport";

class TestSignaling implements SignalingClient {
	readonly name = "test";
	readonly capabilities = { trickle: false, reoffer: true };
	readonly iceServers = [];
	state: SignalingClient["state"] = "new";
	handler!: SignalingHandler;
	answer = "";
	connect(_role: string, handler: SignalingHandler): void {
		this.handler = handler;
		this.state = "connected";
		handler.onStateChange("connected");
	}
	send(message: SignalingMessage): void {
		if (message.type === "answer") this.answer = message.sdp;
	}
	refreshIceServers(): void {}
	close(): void {
		this.state = "disconnected";
	}
}

const signaling = new TestSignaling();
let log: string[];
let app: WebRTCApp;
let viewers: RTCPeerConnection[];
const original = Object.getOwnPropertyDescriptor(globalThis, "trace")!;

async function start(data: Partial<DataOptions> = {}): Promise<void> {
	app = new WebRTCApp({
		signaling,
		data: {
			onOpen: (peerId, { label }) => log.push(`open ${peerId} ${label}`),
			onMessage: (peerId, { label }, message) => log.push(`message ${peerId} ${label} ${String(message)}`),
			onClose: (peerId, { label }) => log.push(`close ${peerId} ${label}`),
			...data,
		},
	});
	await app.run();
}

/** A viewer with a channel of its own. */
async function join(peerId: string, label = "page"): Promise<{ viewer: RTCPeerConnection; channel: RTCDataChannel }> {
	const viewer = new RTCPeerConnection();
	viewers.push(viewer);
	const channel = viewer.createDataChannel(label);
	await viewer.setLocalDescription();
	await advance(20);
	signaling.handler.onMessage({ type: "offer", peerId, sdp: viewer.localDescription!.sdp });
	await advance(20);
	await viewer.setRemoteDescription({ type: "answer", sdp: signaling.answer });
	await advance(300);
	return { viewer, channel };
}

beforeEach(() => {
	resetClock();
	log = [];
	viewers = [];
	Object.defineProperty(globalThis, "trace", { configurable: true, value: () => undefined });
});

afterEach(async () => {
	for (const viewer of viewers) viewer.close();
	app.terminate();
	await advance(500);
	Object.defineProperty(globalThis, "trace", original);
	expect(openNatives()).toBe(0);
});

test("callbacks hear of each peer's channels, and of the control channel that the device makes", async () => {
	await start({ control: "control" });
	const { viewer, channel } = await join("ann");
	expect(log.sort()).toEqual(["open ann control", "open ann page"]);
	log.length = 0;
	channel.send("hello");
	await advance(20);
	channel.close();
	await advance(100);
	viewer.close();
	await advance(200);
	expect(log).toEqual(["message ann page hello", "close ann page", "close ann control"]);
});

test("sendData goes to the peer's channel of that label, and to no other", async () => {
	await start();
	const [ann, bob] = [await join("ann"), await join("bob")];
	const came: string[] = [];
	ann.channel.onmessage = ({ data }) => came.push(`ann ${String(data)}`);
	bob.channel.onmessage = ({ data }) => came.push(`bob ${String(data)}`);
	app.sendData("bob", "page", "ring");
	await advance(20);
	expect(came).toEqual(["bob ring"]);
	expect(() => app.sendData("bob", "other", "x")).toThrow(expect.objectContaining({ code: "data/failed" }));
	expect(() => app.sendData("eve", "page", "x")).toThrow();
	bob.channel.close();
	await advance(100);
	expect(() => app.sendData("bob", "page", "x")).toThrow(expect.objectContaining({ code: "data/failed" }));
	expect(() => app.sendData("ann", "page", new ArrayBuffer(1_048_576))).toThrow();
});

test("of two with the same label the one that is open is sent by", async () => {
	let first: RTCDataChannel | undefined;
	await start({ onOpen: (_peerId, channel) => (first ??= channel) });
	const { viewer } = await join("ann");
	const came: string[] = [];
	viewer.createDataChannel("page").onmessage = ({ data }) => came.push(String(data));
	await advance(100);
	first!.close();
	expect(first!.readyState).toBe("closing");
	app.sendData("ann", "page", "x");
	await advance(100);
	expect(came).toEqual(["x"]);
});

test("one that never opened does not close for the application", async () => {
	const open = jest.spyOn(Sctp.prototype, "open").mockImplementation(() => {
		throw new Error("no memory");
	});
	await start({ control: "control" });
	await join("ann");
	expect(open).toHaveBeenCalled();
	open.mockRestore();
	expect(log).toEqual([]);
});

test("what a callback throws changes nothing", async () => {
	const fail = () => {
		throw new Error("mine");
	};
	await start({ onOpen: fail, onMessage: fail, onClose: fail });
	const { channel } = await join("ann");
	channel.send("x");
	await advance(50);
	expect(channel.readyState).toBe("open");
	app.sendData("ann", "page", "still");
	app.disconnect("ann");
	await advance(200);
	expect(app.peers).toEqual([]);
});

test("the end of a session closes its channels for the application", async () => {
	await start();
	await join("ann");
	app.disconnect("ann");
	await advance(100);
	expect(log).toEqual(["open ann page", "close ann page"]);
});
