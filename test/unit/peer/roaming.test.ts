// SPDX-License-Identifier: Apache-2.0
// The network changes under a connection: this host's address, the peer's, or none for a while.
import Network from "webrtc/peer/network";
import { advance } from "../fakes/moddable/clock";
import Transport from "../fakes/native/transport";
import { Encoder } from "../fakes/native/codec";
import Path from "../fakes/native/transport/path";
import { begin, camera, closers, end, make, negotiate, pair } from "./helpers";

beforeEach(begin);
afterEach(end);

async function meet() {
	const { viewer, device } = pair();
	await negotiate(viewer, device);
	await advance(20_000); // nothing is left of the beginning
	const [first, second] = Transport.open as [Transport, Transport];
	const isViewers = viewer.localDescription!.sdp.includes(` ${first.address} `);
	const [viewerHost, deviceHost] = isViewers ? [first, second] : [second, first];
	return { viewer, device, viewerHost, deviceHost };
}

const remoteOf = (pc: ReturnType<typeof make>) => pc.selectedCandidatePair!.remote.address;
/** Where media of a host goes. */
const target = (host: Transport) => [...Path.open].find(({ transport }) => transport === host)!.selected.split(":")[0];

test.each(["controlled", "controlling"])(
	"this host has another address, and is %s: the peer follows it at once",
	async (role) => {
		const { viewer, device, viewerHost, deviceHost } = await meet();
		const [mover, moverHost, stayer, stayerHost] =
			role === "controlled" ? [device, deviceHost, viewer, viewerHost] : [viewer, viewerHost, device, deviceHost];
		const told: string[] = [];
		let changes = 0;
		mover.onicecandidate = ({ candidate }) => candidate && told.push(candidate.candidate);
		stayer.onselectedcandidatepairchange = () => changes++;
		moverHost.move();
		await advance(1100);
		if (role === "controlled") await advance(1100); // the other one waits whether the former pair answers
		expect(target(stayerHost)).toBe(moverHost.address);
		expect(remoteOf(stayer)).toBe(moverHost.address);
		expect(changes).toBe(1);
		expect(told).toEqual([expect.stringContaining(` ${moverHost.address} `)]);
		expect(mover.selectedCandidatePair!.local.address).toBe(moverHost.address);
		await advance(60_000);
		expect([viewer.connectionState, device.connectionState]).toEqual(["connected", "connected"]);
	},
);

test("the next picture is a whole one, as soon as the peer has answered from there", async () => {
	const { viewer, device, deviceHost } = await meet();
	const [encoder] = Encoder.open;
	const before = encoder!.keyFrameRequests;
	deviceHost.move();
	await advance(900);
	expect(encoder!.keyFrameRequests).toBe(before);
	await advance(200);
	expect(encoder!.keyFrameRequests).toBe(before + 1);
	await advance(5000);
	expect(encoder!.keyFrameRequests).toBe(before + 1);
	expect(viewer.connectionState).toBe(device.connectionState);
});

test("so it is when the peer has moved: what was lost meanwhile may be too old to be sent again", async () => {
	const { viewer, device, viewerHost } = await meet();
	const [encoder] = Encoder.open;
	const before = encoder!.keyFrameRequests;
	viewerHost.move();
	await advance(2200);
	expect(remoteOf(device)).toBe(viewerHost.address);
	expect(encoder!.keyFrameRequests).toBe(before + 1);
	await advance(60_000);
	expect(encoder!.keyFrameRequests).toBe(before + 1);
	expect(viewer.connectionState).toBe("connected");
});

test("ten moves, one after the other: candidates and memory stay bounded", async () => {
	const { viewer, device, deviceHost } = await meet();
	for (let i = 0; i < 10; i++) {
		deviceHost.move();
		await advance(6000);
		expect(remoteOf(viewer)).toBe(deviceHost.address);
	}
	const locals = [...(await device.getStats()).values()].filter(({ type }) => type === "local-candidate");
	expect(locals.map(({ address }) => address)).toEqual([deviceHost.address]);
});

test("no address for 10 s, and then the same again: it goes on", async () => {
	const { viewer, device, deviceHost } = await meet();
	const { address } = deviceHost;
	deviceHost.move("");
	await advance(10_000);
	expect(viewer.connectionState).toBe("disconnected");
	expect(device.searching).toBe(true);
	deviceHost.move(address);
	await advance(1100);
	expect([device.connectionState, device.searching]).toEqual(["connected", false]);
	await advance(7000);
	expect(viewer.connectionState).toBe("connected");
});

test("no address for good: it fails", async () => {
	const { viewer, device, deviceHost } = await meet();
	deviceHost.move("");
	await advance(65_000);
	expect([viewer.connectionState, device.connectionState]).toEqual(["failed", "failed"]);
});

test("a restart that the peer never answers ends with the peer's consent", async () => {
	const { viewer, device, viewerHost } = await meet();
	device.restartIce();
	await device.setLocalDescription();
	viewerHost.move("");
	viewer.close();
	await advance(45_000);
	expect(device.connectionState).toBe("failed");
	expect(device.error!.code).toBe("ice/consent-expired");
});

test("a restart that the peer does not answer leaves a path that works connected", async () => {
	const { viewer, device, viewerHost } = await meet();
	const { address } = viewerHost;
	viewerHost.move("");
	await advance(13_000);
	expect(device.connectionState).toBe("disconnected");
	device.restartIce();
	await device.setLocalDescription();
	expect(device.connectionState).toBe("connecting");
	viewerHost.move(address);
	await advance(10_000);
	expect([viewer.connectionState, device.connectionState]).toEqual(["connected", "connected"]);
});

test("candidates that a filter turns down are neither told of nor used", async () => {
	const seen: string[] = [];
	const device = make({
		candidateFilter: ({ type, address }, side) => {
			seen.push(`${side} ${type}`);
			return side === "local" || !address.startsWith("198.51.100.");
		},
	});
	const hidden = make({ candidateFilter: (_candidate, side) => side !== "local" });
	device.addTransceiver(camera(), { direction: "sendonly" });
	hidden.addTransceiver("video", { direction: "recvonly" });
	await negotiate(hidden, device);
	expect(hidden.localDescription!.sdp).not.toContain("a=candidate");
	await device.addIceCandidate({ candidate: "candidate:1 1 udp 9 198.51.100.1 5000 typ host" });
	await device.addIceCandidate({ candidate: "candidate:1 1 udp 9 203.0.113.1 5000 typ host" });
	await advance(100);
	const remotes = [...(await device.getStats()).values()].filter(({ type }) => type === "remote-candidate");
	expect(remotes.map(({ address }) => address)).toEqual(["203.0.113.1"]);
	expect(seen).toEqual(["local host", "remote host", "remote host"]);
});

test("an interface that the filter turns down is neither told of nor watched", async () => {
	const own = { address: "192.0.2.77", family: 4, interface: "eth0", loopback: false } as const;
	const tunnel = { address: "10.8.0.2", family: 4, interface: "tun0", loopback: false } as const;
	const interfaces = jest.spyOn(Transport.prototype, "interfaces").mockReturnValue([own, tunnel]);
	const seen: string[] = [];
	let changes = 0;
	const network = new Network({
		interfaceFilter: (name, address) => {
			seen.push(`${name} ${address}`);
			return name !== "tun0";
		},
		onChange: () => changes++,
	});
	const device = make({ network });
	device.addTransceiver(camera(), { direction: "sendonly" });
	await device.setLocalDescription();
	expect(device.localDescription!.sdp).toContain(own.address);
	expect(device.localDescription!.sdp).not.toContain(tunnel.address);
	expect(seen.slice(0, 2)).toEqual(["eth0 192.0.2.77", "tun0 10.8.0.2"]);
	interfaces.mockReturnValue([own, { ...tunnel, address: "10.8.0.3" }]);
	await advance(3000);
	expect(changes).toBe(0);
	interfaces.mockReturnValue([{ ...own, address: "192.0.2.78" }, tunnel]);
	await advance(3000);
	expect(changes).toBe(1);
	interfaces.mockRestore();
	closers.push({ close: () => network.close() });
});
