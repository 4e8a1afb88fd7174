// SPDX-License-Identifier: Apache-2.0
// Candidates with names in place of addresses.
import Network from "webrtc/peer/network";
import { advance } from "../fakes/moddable/clock";
import UDP from "../fakes/moddable/udp";
import { answer, record } from "../ice/mdns";
import { begin, end, make, negotiate, pair } from "./helpers";

beforeEach(begin);
afterEach(async () => {
	await end();
	expect(UDP.open.size).toBe(0);
});

const name = "0b1c5d2e-0000-4000-8000-00000000000a.local";
const candidate = { candidate: `candidate:1 1 udp 2113937151 ${name} 5000 typ host` };
const remotes = async (pc: ReturnType<typeof make>) =>
	[...(await pc.getStats()).values()]
		.filter(({ type }) => type === "remote-candidate")
		.map(({ address, port }) => `${address} ${port}`);
const only = () => [...UDP.open][0]!;

async function met() {
	const { viewer, device } = pair();
	await negotiate(viewer, device);
	return { viewer, device };
}

test("a name is asked for, and its address becomes a candidate", async () => {
	const { device } = await met();
	await device.addIceCandidate(candidate);
	const socket = only();
	expect(socket.sent).toEqual([expect.objectContaining({ address: "224.0.0.251", port: 5353 })]);
	socket.receive(answer([record(name, "198.51.100.5", 120)]));
	expect(await remotes(device)).toContain("198.51.100.5 5000");
	expect(UDP.open.size).toBe(0);
});

test("many candidates with one name ask once; a name that nobody has is given up", async () => {
	const { device } = await met();
	for (const port of [5000, 5001, 5002])
		await device.addIceCandidate({ candidate: candidate.candidate.replace("5000", String(port)) });
	expect(only().sent).toHaveLength(1);
	await advance(6000);
	expect(UDP.open.size).toBe(0);
	expect(await remotes(device)).toHaveLength(1); // the one that has an address
});

test("two connections of a network share a socket; one that closes meanwhile hears nothing", async () => {
	const { device } = await met();
	const { device: other } = await met();
	await device.addIceCandidate(candidate);
	await other.addIceCandidate(candidate);
	const [first, second] = [...UDP.open]; // a network each, in these tests
	device.close();
	expect(UDP.open.has(first!)).toBe(false);
	second!.receive(answer([record(name, "198.51.100.5", 120)]));
	expect(await remotes(other)).toContain("198.51.100.5 5000");
});

test("who closes takes his questions along: the socket is given back at once", async () => {
	const network = new Network();
	const [one, other] = [make({ network }), make({ network })];
	const viewers = [make(), make()];
	for (const [index, pc] of [one, other].entries()) {
		viewers[index]!.addTransceiver("video", { direction: "recvonly" });
		await viewers[index]!.setLocalDescription();
		await pc.setRemoteDescription(viewers[index]!.localDescription!);
		await pc.addIceCandidate(candidate);
	}
	expect(UDP.open.size).toBe(1);
	one.close();
	expect(UDP.open.size).toBe(1);
	other.close();
	expect(UDP.open.size).toBe(0);
	network.close();
});

test("a filter sees the name, and then the address", async () => {
	const seen: string[] = [];
	const device = make({
		candidateFilter: ({ address }, side) => {
			if (side === "remote") seen.push(address);
			return side === "local" || address !== "198.51.100.5";
		},
	});
	const viewer = make();
	viewer.addTransceiver("video", { direction: "recvonly" });
	await viewer.setLocalDescription();
	await device.setRemoteDescription(viewer.localDescription!);
	await device.addIceCandidate(candidate);
	only().receive(answer([record(name, "198.51.100.5", 120)]));
	expect(seen.slice(-2)).toEqual([name, "198.51.100.5"]);
	expect(await remotes(device)).toHaveLength(1);
});

test("500 candidates with 500 names: what is kept and sent stays bounded", async () => {
	const { device } = await met();
	for (let i = 0; i < 500; i++)
		await device.addIceCandidate({ candidate: `candidate:${i} 1 udp 1 ${i}.local 5000 typ host` });
	await advance(10);
	expect(only().sent).toHaveLength(16);
	await advance(10_000);
	expect(UDP.open.size).toBe(0);
	await device.addIceCandidate({ candidate: "candidate:1 1 udp 9 203.0.113.1 5000 typ host" });
	expect(await remotes(device)).toContain("203.0.113.1 5000");
});
