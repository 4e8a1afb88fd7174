// SPDX-License-Identifier: Apache-2.0
// Two viewers of one device, of which one writes the other's address as the source of what it sends.
import RTCPeerConnection from "webrtc/peer";
import Network from "webrtc/peer/network";
import Certificate from "webrtc/native/dtls/certificate";
import { defaultMedia } from "webrtc/media/defaults";
import { advance, pendingTimers, resetClock } from "../fakes/moddable/clock";
import { openNatives, setDelay, setForgery, setSilence, type Datagram } from "../fakes/native/transport";
import FakePath from "../fakes/native/transport/path";

let closers: { close(): void }[];
let devices: RTCPeerConnection[];
let viewers: RTCPeerConnection[];
let addresses: string[]; // of the viewers
let paths: FakePath[]; // of the devices

async function join(network: Network, certificate: Certificate, videoCapture: object): Promise<void> {
	const viewer = new RTCPeerConnection({});
	const device = new RTCPeerConnection({ network, certificates: [certificate] });
	closers.push(viewer, device);
	viewer.addTransceiver("video", { direction: "recvonly" });
	device.addTransceiver(videoCapture as never, { direction: "sendonly" });
	await viewer.setLocalDescription();
	await device.setRemoteDescription(viewer.localDescription!);
	const before = new Set(FakePath.open);
	await device.setLocalDescription();
	paths.push([...FakePath.open].find((path) => !before.has(path)) ?? [...FakePath.open].at(-1)!);
	await viewer.setRemoteDescription(device.localDescription!);
	devices.push(device);
	viewers.push(viewer);
	addresses.push(/ (192\.0\.2\.\d+) \d+ typ host/.exec(viewer.localDescription!.sdp)![1]!);
}

const isRequest = (data: Datagram) => data instanceof Uint8Array && data[0] === 0 && data[1] === 1;
const places = () => paths.map(({ selected }) => selected);
const states = () => devices.map(({ connectionState }) => connectionState);

let network: Network;
let joinAnother: () => Promise<void>;

beforeEach(() => {
	closers = [];
	[devices, viewers, addresses, paths] = [[], [], [], []];
	resetClock();
	setSilence(false);
	setDelay(1);
	setForgery();
	network = new Network();
	const certificate = new Certificate();
	const { videoCapture } = defaultMedia({ audio: false });
	closers.push({ close: () => (network.close(), certificate.close(), videoCapture!.close()) });
	joinAnother = () => join(network, certificate, videoCapture!);
});

afterEach(async () => {
	for (const closer of closers.reverse()) closer.close();
	expect(openNatives()).toBe(0);
	await advance(50); // what is still on the network
	expect(pendingTimers()).toBe(0);
});

test("a viewer keeps its address and its media while another forges it", async () => {
	await joinAnother();
	await joinAnother();
	await advance(100);
	const [victim, attacker] = addresses as [string, string];
	expect(places()).toEqual([`${victim}:40000`, `${attacker}:40000`]);
	setForgery((from, _, data) => (from === attacker && isRequest(data) ? victim : from));
	for (let i = 0; i < 60; i++) {
		await advance(1000);
		expect(places()[0]).toBe(`${victim}:40000`);
	}
	expect(states()[0]).toBe("connected");
});

test("an address that was forged before its owner came is the owner's", async () => {
	setDelay(10);
	await joinAnother(); // the attacker
	await advance(200);
	const [attacker] = addresses as [string];
	const victim = attacker.replace(/\d+$/, (last) => String(Number(last) + 1));
	setForgery((from, _, data) => (from === attacker && isRequest(data) ? victim : from));
	await advance(10_000);
	await joinAnother();
	expect(addresses[1]).toBe(victim);
	await advance(500);
	expect(states()[1]).toBe("connected");
	expect(places()[1]).toBe(`${victim}:40000`);
});

test("what a viewer has lost is its own again with its next consent", async () => {
	await joinAnother();
	await advance(100);
	const place = places()[0]!;
	paths[0]!.forget();
	await advance(7000);
	expect(places()).toEqual([place]);
});

test("nothing is sent when consent has ended", async () => {
	await joinAnother();
	await advance(100);
	setSilence(true);
	await advance(29_000);
	expect(places()[0]).not.toBe("");
	await advance(10_000);
	expect(states()).toEqual(["failed"]);
	expect(places()).toEqual([""]);
});

test("a viewer that begins anew with its address is not kept waiting for its old session's end", async () => {
	await joinAnother();
	await advance(100);
	const [path] = paths as [FakePath];
	const [address, port] = path.selected.split(":") as [string, string];
	const next = new FakePath(path.transport);
	closers.push(next);
	expect(next.confirm(address, Number(port))).toBe(false);
	setSilence(true);
	await advance(8000);
	expect(states()).toEqual(["disconnected"]);
	expect(next.accept(address, Number(port))).toBe(false);
	expect(next.confirm(address, Number(port))).toBe(true);
});
