// SPDX-License-Identifier: Apache-2.0
// A base that goes (`removeBase`), and looking for the peer anew without new credentials (`changeHosts`, which seeks).
import { VirtualNetwork } from "../network";
import { connected, introduce, pair, type Peer } from "./peer";

const [first, second] = ["10.0.0.1", "10.0.0.3"];
const hosts = [first, second].map((address) => ({
	type: "host" as const,
	address: address!,
	port: 5000,
	base: address!,
}));

function meet(controlling: boolean, mayConnect = true) {
	const network = new VirtualNetwork({ delay: 10 });
	const [a, b] = pair(network, 1, { addresses: [first!, second!], controlling }, { controlling: !controlling });
	introduce(a, b);
	if (mayConnect) expect(network.clock.run(10_000, connected(a, b))).toBe(true);
	if (mayConnect) network.clock.run(network.now + 5000);
	const since = (events: number) => a.events.slice(events).map(({ type }) => type);
	return { network, a, b, since, events: a.events.length, start: network.now };
}

const localOf = (peer: Peer) => peer.agent.selectedPair?.local.address;

function remove(peer: Peer, base: string): void {
	peer.agent.removeBase(base, peer.network.now);
	peer.pump();
}

describe.each([true, false])("when this side controls: %s", (controlling) => {
	test("the selected pair's base goes: data stops at once, and what else works takes its place", () => {
		const { network, a, b, since, events, start } = meet(controlling);
		expect(localOf(a)).toBe(first);
		remove(a, first!);
		expect([since(events)[0], a.agent.state, a.agent.selectedPair]).toEqual([
			"deselected",
			"disconnected",
			undefined,
		]);
		expect(a.agent.localCandidates.map(({ address }) => address)).toEqual([second]);
		expect(a.agent.statistics.pairs.every(({ local }) => local.address === second)).toBe(true);
		const isBack = () => localOf(a) === second && localOf(b) !== undefined && a.pair === b.mirrored;
		expect(network.clock.run(start + 15_000, isBack)).toBe(true);
		// Who is controlled waits until the other has seen that the former pair is silent: 7 s after the last answer, and seven checks more.
		expect(network.now - start).toBeLessThan(controlling ? 150 : 10_000);
		network.clock.run(network.now + 60_000);
		expect(connected(a, b)()).toBe(true);
	});

	test("another base goes: data goes on, and its candidates are gone", () => {
		const { network, a, b, since, events } = meet(controlling);
		remove(a, second!);
		expect(since(events)).toEqual([]);
		expect(a.agent.localCandidates.map(({ address }) => address)).toEqual([first]);
		network.clock.run(network.now + 60_000);
		expect([connected(a, b)(), localOf(a)]).toEqual([true, first]);
	});

	test("there is no other: disconnected, and failed half a minute later", () => {
		const { network, a, start } = meet(controlling);
		remove(a, second!);
		remove(a, first!);
		const { sent } = a;
		expect(a.agent.state).toBe("disconnected");
		network.clock.run(start + 29_900);
		expect(a.agent.state).toBe("disconnected");
		network.clock.run(start + 30_000);
		expect([a.agent.state, a.sent - sent]).toEqual(["failed", 0]);
		remove(a, first!); // without effect
		expect(a.agent.state).toBe("failed");
	});

	test("it goes while it is checked: nothing more is sent by it, and the other connects", () => {
		const { network, a, b } = meet(controlling, false);
		remove(a, first!);
		const { sent } = a;
		expect(network.clock.run(5000, () => a.isConnected && b.isConnected && a.pair === b.mirrored)).toBe(true);
		expect([localOf(a), a.sent > sent]).toEqual([second, true]);
	});

	test("the network has changed, and the selected pair lives: that is known in a round trip, and nothing else is new", () => {
		const { network, a, b, since, events, start } = meet(controlling);
		a.agent.changeHosts(hosts, start);
		a.pump();
		expect(a.agent.seeking).toBe(true);
		network.clock.run(start + 20);
		expect([a.agent.seeking, localOf(a)]).toEqual([false, first]);
		network.clock.run(start + 60_000);
		expect([connected(a, b)(), localOf(a), a.pair === b.mirrored]).toEqual([true, first, true]);
		expect(since(events)).not.toContain("deselected");
	});

	test("the network has changed, and the selected pair is silent: another is found", () => {
		const { network, a, b, since, events, start } = meet(controlling);
		network.filter = (_data, from, to) => from.address !== first && to.address !== first;
		a.agent.changeHosts(hosts, start);
		a.pump();
		const isBack = () => localOf(a) === second && a.pair === b.mirrored;
		expect(network.clock.run(start + 15_000, isBack)).toBe(true);
		expect(network.now - start).toBeLessThan(controlling ? 1200 : 10_000);
		expect(since(events)).toContain("selected");
		network.clock.run(network.now + 60_000);
		expect(connected(a, b)()).toBe(true);
	});
});

test("after the end neither does anything", () => {
	const { network, a } = meet(true);
	a.agent.close();
	while (a.agent.pollEvent());
	a.agent.changeHosts(hosts, network.now);
	remove(a, first!);
	expect([a.agent.state, a.agent.deadline, a.agent.seeking, a.agent.pollTransmit()]).toEqual([
		"closed",
		undefined,
		false,
		undefined,
	]);
});

test("the selected pair, which is silent for less than a second, is not left for a lesser one that answers before it", () => {
	const { network, a, b, since, events, start } = meet(true);
	network.filter = (_data, from, to) => network.now > start + 300 || (from.address !== first && to.address !== first);
	a.agent.changeHosts(hosts, start);
	a.pump();
	network.clock.run(start + 2000);
	expect([a.agent.seeking, localOf(a), a.pair === b.mirrored]).toEqual([false, first, true]);
	expect(since(events)).not.toContain("selected");
});

test("a successor of the selected base that the peer has not heard of is tried again, until it serves", () => {
	const { network, a, b } = meet(false, false);
	let isOpen = false;
	network.filter = (_data, from, to) => isOpen || (from.address !== first && to.address !== first);
	network.clock.run(30_000);
	expect([connected(a, b)(), localOf(a)]).toEqual([true, second]);
	a.agent.replaceBase(first!, network.now);
	a.pump();
	network.clock.run(network.now + 20_000);
	expect(localOf(a)).toBe(second);
	isOpen = true;
	expect(network.clock.run(network.now + 10_000, () => localOf(a) === first && a.pair === b.mirrored)).toBe(true);
});

test("a peer that moves again and again is found each time, and no more is kept of where it was", () => {
	const { network, a, b } = meet(true);
	for (let i = 0; i < 20; i++) {
		network.clock.run(network.now + 4000);
		const [address, base] = [`172.16.0.${i + 1}`, b.candidates[0]!.base];
		network.unbind({ address: b.sockets.get(base)!, port: b.port });
		b.sockets.set(base, address);
		network.bind({ address, port: b.port }, (data, from) => b.receive(data, from, base));
		b.agent.changeHosts([{ type: "host", address: "10.0.0.2", port: b.port, base }], network.now);
		b.pump();
		const isThere = () => a.agent.selectedPair?.remote.address === address;
		expect(network.clock.run(network.now + 12_000, isThere)).toBe(true);
	}
	expect(a.agent.remoteCandidates.length).toBeLessThanOrEqual(1 + 8);
});

test("who has just been selected is not left for an address that a request comes from, within three seconds", () => {
	const { network, a, b } = meet(true, false);
	expect(network.clock.run(10_000, connected(a, b))).toBe(true);
	const base = b.candidates[0]!.base;
	const asked: string[] = [];
	network.filter = (data, from, to) => {
		if (data[0] === 0 && to.address === "10.0.0.9") asked.push(from.address);
		// As if the peer's checks came from elsewhere, too.
		if (data[0] === 0 && from.address === "10.0.0.2")
			a.receive(data.slice(), { address: "10.0.0.9", port: 5000 }, first!);
		return true;
	};
	b.agent.changeHosts([{ type: "host", address: "10.0.0.2", port: 5000, base }], network.now);
	b.pump();
	network.clock.run(network.now + 1000);
	expect(asked).toEqual([]);
	network.clock.run(network.now + 10_000);
	expect(asked).not.toEqual([]);
});

test("the peer that is controlled is told at once where this side has become another to it", () => {
	const { network, a, b, start } = meet(true);
	const elsewhere = { address: "10.0.0.9", port: 5000 };
	network.unbind({ address: first!, port: 5000 });
	network.bind(elsewhere, (data, from) => a.receive(data, from, first!)); // its NAT has it so
	a.sockets.set(first!, elsewhere.address);
	a.agent.changeHosts(hosts, start);
	a.pump();
	const isKnown = () => b.agent.selectedPair?.remote.address === elsewhere.address;
	expect(network.clock.run(start + 200, isKnown)).toBe(true);
	expect(localOf(a)).toBe(elsewhere.address);
});
