// SPDX-License-Identifier: Apache-2.0
// Candidates by TCP, where the configuration has a port for them.
import Network from "webrtc/peer/network";
import { advance } from "../fakes/moddable/clock";
import Transport from "../fakes/native/transport";
import { begin, camera, closers, end, make, negotiate } from "./helpers";

beforeEach(begin);
afterEach(end);

const linesOf = (sdp: string) => [...sdp.matchAll(/^a=candidate:\S+ 1 (\S+) \d+ (\S+ \d+ .*?)\r?$/gm)];

test.each([
	[0, 40000],
	[443, 443],
])("a device with the port %d tells of %d, beside UDP, and connects by UDP all the same", async (tcpPort, port) => {
	const network = new Network({ tcpPort });
	const [{ address }] = Transport.open as [Transport];
	const device = make({ network });
	const viewer = make();
	viewer.addTransceiver("video", { direction: "recvonly" });
	device.addTransceiver(camera(), { direction: "sendonly" });
	closers.push({ close: () => network.close() });
	await negotiate(viewer, device);
	expect(linesOf(device.localDescription!.sdp).map(([, protocol, rest]) => `${protocol} ${rest}`)).toEqual([
		`udp ${address} 40000 typ host`,
		`tcp ${address} ${port} typ host tcptype passive`,
	]);
	await advance(100);
	expect(device.connectionState).toBe("connected");
	const locals = [...(await device.getStats()).values()].filter(({ type }) => type === "local-candidate");
	expect(locals.map(({ protocol, tcpType }) => [protocol, tcpType])).toEqual([
		["udp", undefined],
		["tcp", "passive"],
	]);
	expect(new Set(locals.map(({ id }) => id)).size).toBe(2);
	const told: string[] = [];
	device.onicecandidate = ({ candidate }) => candidate && told.push(candidate.candidate);
	Transport.open.find((one) => one.address === address)!.move("192.0.2.251");
	await advance(2000);
	expect(told).toEqual([
		expect.stringMatching(/ udp \d+ 192\.0\.2\.251 40000 /),
		expect.stringMatching(new RegExp(` tcp \\d+ 192\\.0\\.2\\.251 ${port} typ host tcptype passive`)),
	]);
});

test("relays alone: no address of this host is told of, by TCP neither; and a filter may leave TCP out", async () => {
	const network = new Network({ tcpPort: 0 });
	for (const configuration of [
		{ iceTransportPolicy: "relay" } as const,
		{ candidateFilter: ({ tcpType }: { tcpType?: string }, side: string) => side === "remote" || !tcpType },
	]) {
		const device = make({ network, ...configuration });
		device.addTransceiver(camera(), { direction: "sendonly" });
		await device.setLocalDescription();
		expect(device.localDescription!.sdp).not.toContain(" tcp ");
	}
	closers.push({ close: () => network.close() });
});

test("a device that connects by TCP tells of it, and how data goes; what is not asked for is not told of", async () => {
	const network = new Network({ tcpPort: 443, tcpActive: true });
	const [{ address }] = Transport.open as [Transport];
	const device = make({ network });
	const viewer = make();
	viewer.addTransceiver("video", { direction: "recvonly" });
	device.addTransceiver(camera(), { direction: "sendonly" });
	closers.push({ close: () => network.close() });
	await negotiate(viewer, device);
	expect(linesOf(device.localDescription!.sdp).map(([, protocol, rest]) => `${protocol} ${rest}`)).toEqual([
		`udp ${address} 40000 typ host`,
		`tcp ${address} 443 typ host tcptype passive`,
		`tcp ${address} 9 typ host tcptype active`,
	]);
	expect(viewer.localDescription!.sdp).not.toContain(" tcp ");
	await advance(100);
	expect(device.selectedCandidatePair).toMatchObject({ local: { protocol: "udp" }, remote: { protocol: "udp" } });
	const ids = [...(await device.getStats()).values()]
		.filter(({ type }) => type === "local-candidate")
		.map(({ id }) => id);
	expect(new Set(ids).size).toBe(3);
});
