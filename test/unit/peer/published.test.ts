// SPDX-License-Identifier: Apache-2.0
// Names in place of this host's addresses, in candidates and in the local network.
import { IceAgent, IceGatherer } from "webrtc/ice";
import Network from "webrtc/peer/network";
import { advance } from "../fakes/moddable/clock";
import UDP from "../fakes/moddable/udp";
import Transport from "../fakes/native/transport";
import * as crypto from "../crypto";
import { question } from "../ice/mdns";
import { begin, camera, end, make } from "./helpers";

beforeEach(begin);
afterEach(async () => {
	UDP.isTaken = false;
	await end();
	expect(UDP.open.size).toBe(0);
});

const names = { hostCandidates: "names" } as const;
const group = { address: "224.0.0.251", port: 5353 };
const nameIn = (sdp: string) => / ([0-9a-f-]{36}\.local) \d+ typ host/.exec(sdp)?.[1];

async function offered(configuration: Parameters<typeof make>[0] = names) {
	const pc = make(configuration);
	pc.addTransceiver(camera(), { direction: "sendonly" });
	const told: string[] = [];
	pc.onicecandidate = ({ candidate }) => candidate && told.push(candidate.candidate);
	await pc.setLocalDescription();
	await advance(0);
	const { sdp } = pc.localDescription!;
	return { pc, sdp, told, name: nameIn(sdp)! };
}

test("candidates have a name in place of the address, wherever they stand, and the network is told whose it is", async () => {
	const { pc, sdp, told, name } = await offered();
	const [{ address }] = Transport.open as [Transport];
	expect([sdp.includes(address), name.length, told.map(nameIn)]).toEqual([false, 42, [name]]);
	const [socket] = [...UDP.open] as [UDP];
	expect([socket.port, [...socket.groups]]).toEqual([5353, [group.address]]);
	expect(socket.timeToLive).toBe(255); // RFC 6762 section 11
	socket.receive(question([name]));
	expect(socket.sent).toEqual([expect.objectContaining(group)]);
	const bytes = Buffer.from(socket.sent[0]!.data);
	expect(bytes.includes(Buffer.from(address.split(".").map(Number)))).toBe(true);
	socket.receive(question([name]), 40_000); // of who knows of DNS alone
	expect(socket.sent.at(-1)).toMatchObject({ address: "192.0.2.99", port: 40_000 });
	pc.close();
	expect(socket.sent.at(-1)).toMatchObject(group); // goodbye
	expect(UDP.open.size).toBe(0);
});

test("it connects to a peer that knows the name, or learns the address by a check", async () => {
	const device = await offered();
	const viewer = make();
	await viewer.setRemoteDescription(device.pc.localDescription!);
	await viewer.setLocalDescription();
	await device.pc.setRemoteDescription(viewer.localDescription!);
	await advance(200);
	expect([device.pc.connectionState, viewer.connectionState]).toEqual(["connected", "connected"]);
	const [local] = [...(await device.pc.getStats()).values()].filter(({ type }) => type === "local-candidate");
	expect(local!.address).toMatch(/^192\./); // its own program may know
});

test("connections of a network share the name; it goes with the last", async () => {
	const network = new Network();
	const [one, other] = [await offered({ ...names, network }), await offered({ ...names, network })];
	expect(one.name).toBe(other.name);
	expect(UDP.open.size).toBe(1);
	one.pc.close();
	expect(UDP.open.size).toBe(1);
	other.pc.close();
	expect(UDP.open.size).toBe(0);
	const third = await offered({ ...names, network });
	expect(third.name).not.toBe(one.name);
	const [socket] = [...UDP.open] as [UDP];
	socket.receive(question([third.name]));
	network.close();
	expect(socket.sent).toHaveLength(2); // an answer, and that the name is gone
	expect(UDP.open.size).toBe(0);
});

test("another address has another name; a restart keeps it; relays alone and a filter leave no host to be named", async () => {
	const { pc, name, told } = await offered();
	const [transport] = Transport.open as [Transport];
	transport.move("192.0.2.251");
	await advance(2000);
	const next = nameIn(told.at(-1)!);
	expect([told.length, next === name, next?.length]).toEqual([2, false, 42]);
	pc.restartIce();
	await pc.setLocalDescription();
	expect(nameIn(pc.localDescription!.sdp)).toBe(next);
	for (const more of [{ iceTransportPolicy: "relay" }, { candidateFilter: () => false }] as const) {
		const { sdp } = await offered({ ...names, ...more });
		expect(sdp).not.toContain("a=candidate");
	}
	expect(UDP.open.size).toBe(1);
});

test("what servers see is told of without what is behind it", () => {
	const agent = new IceAgent({ controlling: true, crypto, now: 0 });
	const gatherer = new IceGatherer(agent, [{ address: "10.0.0.1", port: 5000 }], () => "a.local");
	const related = { relatedAddress: "10.0.0.1", relatedPort: 5000 };
	gatherer.add({ type: "srflx", address: "203.0.113.1", port: 7000, ...related });
	gatherer.add({ type: "relay", address: "2001:db8::1", port: 7001, base: "16", relatedAddress: "fd00::1" });
	gatherer.gather();
	const all = ["a.local 5000 typ host", "203.0.113.1 7000 typ srflx raddr 0.0.0.0 rport 9"];
	all.push("2001:db8::1 7001 typ relay raddr :: rport 9");
	expect(gatherer.candidates.map((line) => line.split(" ").slice(4).join(" "))).toEqual(all);
	const told = [];
	for (let event = gatherer.pollEvent(); event; event = gatherer.pollEvent())
		if (event.type === "candidate") told.push(event.candidate);
	expect(told).toEqual(gatherer.candidates);
});

test("where port 5353 is another program's, addresses stay untold all the same", async () => {
	UDP.isTaken = true;
	const { sdp, name } = await offered();
	const [{ address }] = Transport.open as [Transport];
	expect([name.length, sdp.includes(address), UDP.open.size]).toEqual([42, false, 0]);
});

test("a flood in the group: 100 messages a second are looked at, 20 answered", async () => {
	const { name } = await offered();
	const [socket] = [...UDP.open] as [UDP];
	for (let i = 0; i < 5000; i++) socket.receive(question([name], { unicast: true }));
	expect(socket.sent).toHaveLength(20);
	await advance(1000);
	for (let i = 0; i < 100; i++) socket.receive(new Uint8Array(i));
	socket.receive(question([name], { unicast: true })); // the hundred-and-first
	expect(socket.sent.filter(({ port }) => port === 5353)).toHaveLength(21); // its announcement, and no answer
	await advance(1000);
	for (let i = 0; i < 99; i++) socket.receive(new Uint8Array(i));
	socket.receive(question([name], { unicast: true })); // the hundredth
	expect(socket.sent).toHaveLength(23);
});

test("a peer's names are asked for from port 5353, where this host has names, too", async () => {
	const { pc } = await offered();
	const viewer = make();
	await viewer.setRemoteDescription(pc.localDescription!);
	await viewer.setLocalDescription();
	await pc.setRemoteDescription(viewer.localDescription!);
	const [socket] = [...UDP.open].filter(({ port }) => port === 5353) as [UDP];
	const before = socket.sent.length;
	await pc.addIceCandidate({ candidate: "candidate:1 1 udp 2113937151 a.local 5000 typ host" });
	expect(socket.sent.slice(before)).toEqual([expect.objectContaining(group)]);
});
