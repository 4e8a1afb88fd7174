// SPDX-License-Identifier: Apache-2.0
// When a check is sent again (RFC 8445 section 14.3, RFC 8489 section 6.2.1).
import { VirtualNetwork } from "../network";
import { connected, introduce, pair } from "./peer";

const second = "10.0.0.3";

/** Connected over a path of such a delay, each way; then all that is sent is lost, and the next check is watched. */
function gaps(delay: number): number[] {
	const network = new VirtualNetwork({ delay });
	const [a, b] = pair(network, 1, { addresses: ["10.0.0.1", second] });
	introduce(a, b);
	expect(network.clock.run(10_000, connected(a, b))).toBe(true);
	network.clock.run(network.now + 12_000);
	const times: number[] = [];
	network.filter = (data, from, to) => {
		if (from.address === "10.0.0.1" && to.address === "10.0.0.2" && data[0] === 0) times.push(network.now);
		return false;
	};
	const hosts = ["10.0.0.1", second].map((address) => ({
		type: "host" as const,
		address,
		port: 5000,
		base: address,
	}));
	a.agent.changeHosts(hosts, network.now); // the selected pair is checked at once
	a.pump();
	network.clock.run(network.now + 1800);
	return times.slice(1).map((time, i) => time - times[i]!);
}

test.each([
	[10, [100, 200, 400, 500, 500]], // no sooner than in 100 ms, nor, for a peer that was there, later than in 500
	[100, [400, 500, 500]],
	[150, [500, 500, 500]],
])("after twice the round trip that was measured, of %i ms each way", (delay, expected) => {
	expect(gaps(delay).slice(0, expected.length)).toEqual(expected);
});

test("with many checks under way, the first answer is waited for as long as their pace takes", () => {
	const network = new VirtualNetwork();
	const [a, b] = pair(network);
	const times: number[] = [];
	network.filter = (_data, _from, to) => {
		if (to.address === "10.2.0.29") times.push(network.now);
		return true;
	};
	a.learnParameters(b);
	for (let i = 0; i < 30; i++) a.agent.addRemoteCandidate(`candidate:1 1 udp ${1000 - i} 10.2.0.${i} 9 typ host`);
	a.pump();
	network.clock.run(5000);
	expect(times[1]! - times[0]!).toBe(29 * 50);
});

test("a check that nobody answers is sent seven times in 15.75 s, and fails 16 first intervals later", () => {
	const network = new VirtualNetwork();
	const [a, b] = pair(network);
	const times: number[] = [];
	network.filter = (_data, _from, to) => {
		if (to.address === "10.2.0.1") times.push(network.now - start);
		return true;
	};
	a.learnParameters(b);
	a.agent.addRemoteCandidate("candidate:1 1 udp 1000 10.2.0.1 9 typ host");
	const start = network.now;
	a.pump();
	const state = () => a.agent.statistics.pairs[0]?.state;
	network.clock.run(start + 19_749);
	expect(times).toEqual([0, 250, 750, 1750, 3750, 7750, 15_750]);
	expect(state()).toBe("in-progress");
	network.clock.run(start + 19_751);
	expect(state()).toBe("failed");
});
