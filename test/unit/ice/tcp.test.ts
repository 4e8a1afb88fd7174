// SPDX-License-Identifier: Apache-2.0
// A peer that connects by TCP to a passive candidate (RFC 6544), which tells of no candidate that could be used.
import { IceAgent, formatCandidate, type Candidate } from "webrtc/ice";
import * as crypto from "../crypto";

const tcp4 = "8";

function meet(controlling: boolean) {
	let now = 0;
	const device = new IceAgent({ controlling, crypto, now });
	const browser = new IceAgent({ controlling: !controlling, crypto, now });
	device.addLocalCandidate({ type: "host", address: "192.0.2.1", port: 9000 });
	const passive = device.addLocalCandidate({
		type: "host",
		address: "192.0.2.1",
		port: 9000,
		base: tcp4,
		tcpType: "passive",
	})!;
	browser.addLocalCandidate({ type: "host", address: "192.0.2.2", port: 5000 });
	const agents = [device, browser] as const;
	agents.forEach((agent, i) => {
		const { localUfrag: ufrag, localPassword: password } = agents[1 - i]!;
		agent.setRemoteParameters({ ufrag, password });
	});
	const sent: { address: string; port: number; local: string }[] = [];
	/** The browser's way is the connection; UDP goes nowhere. */
	function run(until: number): void {
		for (; now < until; now += 10) {
			for (const agent of agents) agent.handleTimeout(now);
			for (let out = browser.pollTransmit(); out; out = browser.pollTransmit())
				device.handleMessage(out.data.slice(), { address: "192.0.2.2", port: 5000 }, now, tcp4);
			for (let out = device.pollTransmit(); out; out = device.pollTransmit()) {
				const { address, port, local, data } = out;
				sent.push({ address, port, local });
				if (local === tcp4) browser.handleMessage(data.slice(), { address: "192.0.2.1", port: 9000 }, now);
			}
		}
	}
	return { device, browser, passive, sent, run };
}

const seen = ({ address, port, tcpType, type }: Candidate) => ({ address, port, tcpType, type });

test.each([true, false])("it is found when this side is controlling: %s", (controlling) => {
	const { device, browser, sent, run } = meet(controlling);
	browser.addRemoteCandidate("candidate:1 1 udp 2113937151 192.0.2.1 9000 typ host"); // as the peer sees its connection
	run(1000);
	expect([device.state, browser.state]).toEqual(["connected", "connected"]);
	const { local, remote, base } = device.selectedPair!;
	expect(seen(local)).toEqual({ address: "192.0.2.1", port: 9000, tcpType: "passive", type: "host" });
	expect(seen(remote)).toEqual({ address: "192.0.2.2", port: 5000, tcpType: "active", type: "prflx" });
	expect(base).toBe(tcp4);
	expect(sent.every((one) => one.local === tcp4)).toBe(true);
	run(60_000); // consent goes the same way
	expect(device.state).toBe("connected");
});

test("its line says so, and it is less than what goes by UDP", () => {
	const { device, passive } = meet(false);
	const [udp, tcp] = device.localCandidates.map((candidate) => formatCandidate(candidate));
	expect(udp).toBe(`candidate:1 1 udp ${device.localCandidates[0]!.priority} 192.0.2.1 9000 typ host`);
	expect(tcp).toBe(`candidate:2 1 tcp ${passive.priority} 192.0.2.1 9000 typ host tcptype passive`);
	expect(passive.priority >>> 24).toBe(90);
	expect((passive.priority >>> 8) & 0xe000).toBe(4 * 8192); // RFC 6544 section 4.2: the direction's preference
});

test("nothing is sent of itself: the peer's candidates by UDP and TCP of one address are two", () => {
	const { device, browser, sent, run } = meet(true);
	device.addRemoteCandidate("candidate:1 1 udp 2113937151 192.0.2.2 5000 typ host");
	device.addRemoteCandidate("candidate:2 1 tcp 1518280447 192.0.2.2 9 typ host tcptype active");
	device.addRemoteCandidate("candidate:2 1 tcp 1518214911 192.0.2.2 5000 typ host tcptype passive");
	expect(device.statistics.counters.ignoredCandidates).toBe(2);
	run(500);
	expect(sent.length).toBeGreaterThan(0);
	expect(sent.every(({ local }) => local === "4")).toBe(true);
	browser.addRemoteCandidate("candidate:1 1 udp 2113937151 192.0.2.1 9000 typ host");
	run(2000);
	expect(device.selectedPair!.base).toBe(tcp4);
	expect(device.remoteCandidates.map(seen)).toEqual([
		{ address: "192.0.2.2", port: 5000, tcpType: undefined, type: "host" },
		{ address: "192.0.2.2", port: 5000, tcpType: "active", type: "prflx" },
	]);
});

test("UDP that works is chosen", () => {
	const { device, browser, run } = meet(true);
	let now = 0;
	browser.addRemoteCandidate("candidate:1 1 udp 2113937151 192.0.2.1 9000 typ host");
	device.addRemoteCandidate("candidate:1 1 udp 2113937151 192.0.2.2 5000 typ host");
	// Whatever comes, by either way.
	for (; now < 1000; now += 10) {
		for (let out = browser.pollTransmit(); out; out = browser.pollTransmit())
			for (const local of ["4", tcp4])
				device.handleMessage(out.data.slice(), { address: "192.0.2.2", port: 5000 }, now, local);
		for (let out = device.pollTransmit(); out; out = device.pollTransmit())
			browser.handleMessage(out.data.slice(), { address: "192.0.2.1", port: 9000 }, now);
		device.handleTimeout(now);
		browser.handleTimeout(now);
	}
	expect(device.selectedPair!.base).toBe("4");
	run(0);
});
