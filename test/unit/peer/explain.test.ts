// SPDX-License-Identifier: Apache-2.0
// What a connection says of itself in words, and what getStats has of its transport.
import { advance } from "../fakes/moddable/clock";
import { setForgery, setSilence } from "../fakes/native/transport";
import { begin, camera, end, make, negotiate, pair } from "./helpers";

beforeEach(begin);
afterEach(async () => {
	setForgery();
	await end();
});

const first = (pc: { explain(): string }) => pc.explain().split("\n")[0];
const secret = /ice-pwd:(\S+)/;

test("a connection that works says by which way, and how long it takes", async () => {
	const { viewer, device } = pair();
	await negotiate(viewer, device);
	await advance(1000);
	expect(first(device)).toMatch(
		/^Data goes from host 192\.0\.2\.\d+:40000 to host 192\.0\.2\.\d+:40000, round trip 2 ms\.$/,
	);
	expect(device.explain()).toMatch(
		/\nConnection: connected\nICE: (connected|completed), controlled, gathering complete\. DTLS: connected\./,
	);
	expect(device.explain()).toMatch(/\n {2}selected: host .* answered, .* received/);
	expect(device.explain()).not.toContain(secret.exec(device.localDescription!.sdp)![1]!);
	expect(device.explain()).not.toContain(secret.exec(viewer.localDescription!.sdp)![1]!);
});

test("before there are descriptions, and after close, it says so", async () => {
	const pc = make();
	expect(pc.explain()).toBe("Connection: new");
	pc.addTransceiver(camera(), { direction: "sendonly" });
	await pc.setLocalDescription();
	expect(first(pc)).toBe("The peer's description is not there yet.");
	pc.close();
	expect(pc.explain()).toBe("Connection: closed");
});

test("nothing comes through: every pair and its checks, and what each server said", async () => {
	setSilence(true);
	const { viewer, device } = pair();
	device.setConfiguration({ iceServers: [{ urls: "stun:192.0.2.250:3478" }] });
	await negotiate(viewer, device);
	await advance(29_000);
	expect(device.connectionState).toBe("failed");
	const text = device.explain();
	expect(text).toMatch(
		/^Nothing comes through between the two sides, by any pair: none of the servers answers either\. .*\n/,
	);
	expect(text).toContain("\nConnection: failed (ice/failed: ");
	expect(text).toContain("\nServers:\n  stun:192.0.2.250:3478: It does not answer.\n");
	expect(text).toMatch(/\n {2}failed: host .* to host .*: 7 sent, 0 answered, 0 received; no answer/);
});

test("a TURN server that gave nothing is named where nothing else comes through", async () => {
	setSilence(true);
	const { viewer, device } = pair();
	device.setConfiguration({ iceServers: [{ urls: "turn:192.0.2.250", username: "u", credential: "very-secret" }] });
	await negotiate(viewer, device);
	await advance(29_000);
	expect(first(device)).toMatch(/and no TURN server gave a relay \(see Servers\)\.$/);
	expect(device.explain()).not.toContain("very-secret");
});

test("one direction alone is told from none", async () => {
	const { viewer, device } = pair();
	// Answers are lost: they bear an address that was never asked.
	const isAnswer = (data: unknown) => data instanceof Uint8Array && data[0] === 1;
	setForgery((from, _to, data) => (isAnswer(data) ? "203.0.113.9" : from));
	await negotiate(viewer, device);
	await advance(8000);
	expect(first(device)).toMatch(/^The peer's checks come in, but its answers do not/);
	expect(device.explain()).toMatch(/answered from another address than was asked/);
});

test("a path that was lost is told from one that never was", async () => {
	const { viewer, device } = pair();
	await negotiate(viewer, device);
	await advance(1000);
	setSilence(true);
	await advance(9000);
	expect(first(device)).toMatch(/^The peer is silent\. Data still goes from host/);
	await advance(40_000);
	expect(first(device)).toMatch(/^There was a path, and the peer has not been heard of/);
	expect(device.explain()).toContain("ice/consent-expired");
});

test("candidates that cannot be used are counted", async () => {
	const { viewer, device } = pair();
	await viewer.setLocalDescription();
	const sdp = viewer.localDescription!.sdp.replace(
		/a=candidate:.*\r\n/,
		"a=candidate:1 1 udp 1 0b1c.local 5000 typ host\r\na=candidate:2 1 udp 5 fe80::1 5 typ host\r\n",
	);
	await device.setRemoteDescription({ type: "offer", sdp });
	await device.setLocalDescription();
	await advance(10);
	expect(first(device)).toBe("None of the peer's candidates can be used, and none of its checks has come.");
	expect(device.explain()).toContain(
		"The peer: no candidate; 1 with names, which are looked up by mDNS; 1 of no use here",
	);
});

test("one family on this side, and the other on the peer's", async () => {
	const { viewer, device } = pair();
	await viewer.setLocalDescription();
	const sdp = viewer.localDescription!.sdp.replace(/(a=candidate:\S+ 1 udp \d+) \S+/, "$1 2001:db8::1");
	await device.setRemoteDescription({ type: "offer", sdp });
	await device.setLocalDescription();
	await advance(10);
	expect(first(device)).toBe("No candidates of both sides go together: this side has IPv4, the peer IPv6.");
});

test("relays alone, and no server", async () => {
	const device = make({ iceTransportPolicy: "relay" });
	const viewer = make();
	viewer.addTransceiver("video", { direction: "recvonly" });
	device.addTransceiver(camera(), { direction: "sendonly" });
	await negotiate(viewer, device);
	expect(first(device)).toBe("Relays alone are allowed, and there is no TURN server.");
});

test("hundreds of candidates make one screen", async () => {
	setSilence(true);
	const { viewer, device } = pair();
	await negotiate(viewer, device);
	for (let i = 0; i < 60; i++)
		await device.addIceCandidate({ candidate: `candidate:${i} 1 udp ${1000 + i} 198.51.100.${i} 5000 typ host` });
	await advance(100);
	const lines = device.explain().split("\n");
	expect(lines.length).toBeLessThan(24);
	expect(lines.every((line) => line.length < 400)).toBe(true);
	expect(device.explain()).toMatch(/and \d+ more/);
});

test("getStats answers after close, too", async () => {
	const { viewer, device } = pair();
	device.setConfiguration({ iceServers: [{ urls: "stun:192.0.2.250" }] });
	await negotiate(viewer, device);
	await advance(1000);
	device.close();
	expect((await device.getStats()).get("T0")).toMatchObject({ iceState: "closed" });
});

test("getStats has all candidates, servers and how often a pair was selected", async () => {
	const { viewer, device } = pair();
	device.setConfiguration({ iceServers: [{ urls: "stun:192.0.2.250:3479" }] });
	await negotiate(viewer, device);
	await device.addIceCandidate({
		candidate: "candidate:9 1 udp 77 198.51.100.7 5000 typ srflx raddr 10.0.0.1 rport 5",
	});
	await advance(6000);
	const all = [...(await device.getStats()).values()];
	const of = (type: string) => all.filter((stats) => stats.type === type);
	expect(of("transport")[0]).toMatchObject({
		selectedCandidatePairChanges: 1,
		dtlsRole: "client",
		dtlsState: "connected",
	});
	expect(of("ice-server")).toMatchObject([
		{
			url: "stun:192.0.2.250:3479",
			port: 3479,
			relayProtocol: "udp",
			state: "failed",
			error: "It does not answer.",
		},
	]);
	expect(of("remote-candidate")).toContainEqual(
		expect.objectContaining({
			address: "198.51.100.7",
			candidateType: "srflx",
			foundation: "9",
			relatedAddress: "10.0.0.1",
		}),
	);
	expect(of("local-candidate")[0]).toMatchObject({ protocol: "udp", usernameFragment: expect.any(String) });
});
