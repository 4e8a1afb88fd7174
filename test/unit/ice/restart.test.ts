// SPDX-License-Identifier: Apache-2.0
import { VirtualNetwork } from "../network";
import { connected, introduce, pair, type Peer } from "./peer";

function meet(conditions: ConstructorParameters<typeof VirtualNetwork>[0] = { delay: 10 }) {
	const network = new VirtualNetwork(conditions);
	const [a, b] = pair(network);
	introduce(a, b);
	expect(network.clock.run(10_000, connected(a, b))).toBe(true);
	network.clock.run(30_000);
	return { network, a, b };
}

function selections(peer: Peer): number {
	return peer.events.filter(({ type }) => type === "selected").length;
}

/** The offer of a restarting peer reaches the other, whose answer comes a second later. */
function renegotiate(network: VirtualNetwork, offerer: Peer, answerer: Peer): void {
	offerer.agent.restart(network.now);
	offerer.pump();
	expect(answerer.learnParameters(offerer)).toBe(true);
	answerer.learnCandidates(offerer);
	answerer.pump();
	network.clock.run(network.now + 1000);
	expect(offerer.learnParameters(answerer)).toBe(false);
	offerer.learnCandidates(answerer);
	offerer.pump();
}

test.each(["a", "b"])("by %s: both have new credentials and a new selection, and stay connected", (who) => {
	const { network, a, b } = meet();
	const before = [a.agent.localUfrag, a.agent.localPassword, b.agent.localUfrag, b.agent.localPassword];
	const events = a.events.length;
	if (who === "a") renegotiate(network, a, b);
	else renegotiate(network, b, a);
	expect(before).not.toContain(a.agent.localUfrag);
	expect(before).not.toContain(b.agent.localUfrag);
	network.clock.run(network.now + 1000);
	expect([selections(a), selections(b)]).toEqual([2, 2]);
	expect(a.pair).toBe(b.mirrored);
	const states = a.events.slice(events).flatMap((event) => (event.type === "statechange" ? [event.state] : []));
	expect(states).toEqual(["connected", "completed"]);
	network.clock.run(network.now + 200_000);
	expect(connected(a, b)()).toBe(true);
});

test("while the answer is missing, the pair from before keeps its consent, on both sides", () => {
	const { network, a, b } = meet();
	a.agent.restart(network.now);
	a.pump();
	network.clock.run(network.now + 120_000);
	expect(connected(a, b)()).toBe(true);
	expect([selections(a), selections(b)]).toEqual([1, 1]);
	// The remote has restarted, too, and cannot be reached by its new credentials.
	network.filter = (_data, _from, to) => to.port === 5000;
	expect(b.learnParameters(a)).toBe(true);
	b.agent.addRemoteCandidate("candidate:1 1 udp 1 10.7.7.7 9 typ host");
	b.pump();
	network.clock.run(network.now + 20_000);
	expect(connected(a, b)()).toBe(true);
});

test("the address changes: after a restart the peer is found at the new one", () => {
	const { network, a, b } = meet();
	network.unbind({ address: "10.0.0.2", port: 5000 });
	b.listen("172.16.0.2", "172.16.0.2");
	b.sockets.set("10.0.0.2", "172.16.0.2");
	b.agent.addLocalCandidate({ type: "host", address: "172.16.0.2", port: 5000, base: "172.16.0.2" });
	network.filter = (_data, from) => from.address !== "172.16.0.2"; // else a check from there would do
	network.clock.run(network.now + 8000);
	expect(b.agent.state).toBe("disconnected");
	network.filter = () => true;
	renegotiate(network, b, a);
	expect(network.clock.run(network.now + 2000, connected(a, b))).toBe(true);
	expect(a.pair).toBe("10.0.0.1:5000 172.16.0.2:5000");
	expect(a.pair).toBe(b.mirrored);
	expect(b.states.slice(-3)).toEqual(["disconnected", "checking", "completed"]);
});

test("after failure, both connect again", () => {
	const { network, a, b } = meet();
	network.up = false;
	network.clock.run(network.now + 60_000);
	expect([a.agent.state, b.agent.state]).toEqual(["failed", "failed"]);
	network.up = true;
	renegotiate(network, a, b);
	expect(network.clock.run(network.now + 2000, connected(a, b))).toBe(true);
	expect(a.states.slice(-3)).toEqual(["failed", "checking", "completed"]);
});

test("what was learned of this host's addresses belongs to a generation", () => {
	const network = new VirtualNetwork({ delay: 5 });
	const [a, b] = pair(network);
	a.sockets.set("10.0.0.1", "10.0.0.9");
	network.bind({ address: "10.0.0.9", port: 5000 }, (data, from) => a.receive(data, from, "10.0.0.1"));
	introduce(a, b);
	expect(network.clock.run(5000, connected(a, b))).toBe(true);
	expect(a.agent.localCandidates).toHaveLength(2);
	a.agent.restart(network.now);
	expect(a.agent.localCandidates).toEqual([expect.objectContaining({ address: "10.0.0.1" })]);
});

test("the same parameters again change nothing", () => {
	const { network, a, b } = meet();
	const { localUfrag } = a.agent;
	expect(a.learnParameters(b)).toBe(false);
	a.learnCandidates(b);
	a.pump();
	network.clock.run(network.now + 1000);
	expect(a.agent.localUfrag).toBe(localUfrag);
	expect(selections(a)).toBe(1);
});

test("a hundred restarts on a bad network keep nothing", () => {
	const { network, a, b } = meet({ delay: 20, loss: 0.1, jitter: 30, duplication: 0.2, seed: 9 });
	for (let i = 0; i < 100; i++) {
		renegotiate(network, i & 1 ? a : b, i & 1 ? b : a);
		expect(network.clock.run(network.now + 30_000, () => connected(a, b)() && selections(a) === i + 2)).toBe(true);
		network.clock.run(network.now + 3000);
		expect(a.pair).toBe(b.mirrored);
	}
	expect(a.agent.localCandidates).toHaveLength(1);
	expect(a.agent.remoteCandidates).toHaveLength(1);
	expect(a.agent.statistics.pairs).toHaveLength(1);
});
