// SPDX-License-Identifier: Apache-2.0
import { VirtualNetwork } from "../network";
import { connected, introduce, pair, Peer } from "./peer";

describe("roles", () => {
	const low = new Uint8Array(8);
	const high = new Uint8Array(8).fill(255);

	test.each([
		[true, low, high],
		[true, high, low],
		[false, low, high],
		[false, high, low],
	])("both controlling: %s", (controlling, mine, theirs) => {
		for (const first of ["a", "b"]) {
			const network = new VirtualNetwork({ delay: 5 });
			const [a, b] = pair(network, 1, { controlling, tieBreaker: mine }, { controlling, tieBreaker: theirs });
			const { localUfrag, localPassword } = a.agent;
			if (first === "a") b.agent.addRemoteCandidate("candidate:1 1 udp 1 10.9.9.9 9 typ host");
			introduce(a, b);
			expect(network.clock.run(1000, connected(a, b))).toBe(true);
			network.clock.run(20_000);
			expect(a.pair).toBe(b.mirrored);
			expect(a.agent.controlling).toBe(mine === high);
			expect(b.agent.controlling).toBe(theirs === high);
			const events = [...a.events, ...b.events].filter(({ type }) => type === "roleconflict");
			expect(events).toHaveLength(1);
			expect([a.agent.localUfrag, a.agent.localPassword]).toEqual([localUfrag, localPassword]);
		}
	});

	test.each([
		[true, low, high],
		[false, high, low],
	])("the conflict is told by an error 487 (both controlling: %s)", (controlling, mine, theirs) => {
		const network = new VirtualNetwork({ delay: 5 });
		const [a, b] = pair(network, 1, { controlling, tieBreaker: mine }, { controlling, tieBreaker: theirs });
		// b asks nothing before a has heard of the conflict.
		let errors = 0;
		network.filter = (data, from) => {
			if (from.address === "10.0.0.2" && data[0] === 1 && data[1] === 0x11) errors++;
			return from.address === "10.0.0.1" || data[0] === 1 || errors > 0;
		};
		introduce(a, b);
		expect(network.clock.run(2000, connected(a, b))).toBe(true);
		expect(errors).toBe(1);
		expect(a.agent.controlling).toBe(!controlling);
		expect(b.agent.controlling).toBe(controlling);
	});

	test("a lite remote is controlled, and only answers", () => {
		const network = new VirtualNetwork({ delay: 5 });
		const [a, b] = pair(network, 1, { controlling: false });
		// b plays the lite agent: what it would send of itself is dropped.
		network.filter = (data, from) => from.address === "10.0.0.1" || data[0] === 1;
		a.learnParameters(b, true);
		a.learnCandidates(b);
		expect(a.agent.controlling).toBe(true);
		a.pump();
		expect(network.clock.run(1000, () => a.isConnected)).toBe(true);
		expect(network.now).toBe(20);
		network.clock.run(100_000);
		expect(a.agent.state).toBe("completed");
	});

	test("a peer that nominates every pair gets the best one, a later change of mind is followed", () => {
		const network = new VirtualNetwork({ delay: 5 });
		const [a, b] = pair(network, 1, { addresses: ["10.0.0.1", "10.0.0.3"] });
		introduce(a, b);
		network.clock.run(1000, connected(a, b));
		expect(b.pair).toBe("10.0.0.2:5000 10.0.0.1:5000");
		const { localUfrag: ufrag, localPassword: password } = b.agent;
		const lesser = new Peer({ network, seed: 5, controlling: true, addresses: ["10.0.0.4"], ...credentials(a) });
		lesser.agent.setRemoteParameters({ ufrag, password });
		lesser.learnCandidates(b);
		lesser.pump();
		network.clock.run(network.now + 500);
		expect(lesser.isConnected).toBe(true);
		expect(b.pair).toBe("10.0.0.2:5000 10.0.0.1:5000");
		network.clock.run(network.now + 8000, () => b.pair.endsWith("10.0.0.4:5000"));
		expect(b.pair).toBe("10.0.0.2:5000 10.0.0.4:5000");
	});
});

function credentials(peer: Peer) {
	return { ufrag: peer.agent.localUfrag, password: peer.agent.localPassword };
}

test.each([true, false])(
	"of two with the same role and the same number, each thinks the other must give way: %s",
	(controlling) => {
		const tieBreaker = new Uint8Array(8).fill(7);
		const network = new VirtualNetwork({ delay: 5 });
		const [a, b] = pair(network, 1, { controlling, tieBreaker }, { controlling, tieBreaker });
		let errors = 0;
		network.filter = (data) => {
			if (data[0] === 1 && data[1] === 0x11) errors++;
			return data[0] !== 1;
		};
		introduce(a, b);
		network.clock.run(100);
		expect([errors > 0, a.agent.controlling, b.agent.controlling]).toEqual(
			controlling ? [true, true, true] : [false, true, true],
		);
	},
);
