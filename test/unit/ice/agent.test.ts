// SPDX-License-Identifier: Apache-2.0
import { VirtualNetwork } from "../network";
import { connected, introduce, pair } from "./peer";

describe("connecting", () => {
	test("on a clean network needs six datagrams and two round trips", () => {
		const network = new VirtualNetwork({ delay: 1 });
		const [a, b] = pair(network);
		introduce(a, b);
		expect(network.clock.run(1000, connected(a, b))).toBe(true);
		expect(network.now).toBe(4);
		expect(a.states).toEqual(["checking", "completed"]);
		expect(b.states).toEqual(["checking", "completed"]);
		expect(a.pair).toBe("10.0.0.1:5000 10.0.0.2:5000");
		expect(a.pair).toBe(b.mirrored);
		network.clock.run(3000);
		expect(network.sent).toBe(6);
	});

	test("an address is heard of before the answer to its check leaves, and validated by the answer to a check", () => {
		const network = new VirtualNetwork({ delay: 1 });
		const [a, b] = pair(network);
		const order: string[] = [];
		b.onEvent = ({ type }) => order.push(type);
		network.filter = (data, from) => {
			if (data[0] === 1) order.push(from.address === "10.0.0.2" ? "response" : "answer");
			return true;
		};
		introduce(a, b);
		network.clock.run(1000);
		expect(order.indexOf("heard")).toBeGreaterThanOrEqual(0);
		expect(order.indexOf("heard")).toBeLessThan(order.indexOf("response"));
		expect(order.indexOf("validated")).toBeGreaterThan(order.indexOf("answer"));
		expect(order.filter((type) => type === "heard")).toHaveLength(1);
		expect(order.filter((type) => type === "validated")).toHaveLength(1);
	});

	test("a request from an address that answers nothing shows the address, and selects nothing", () => {
		const network = new VirtualNetwork({ delay: 1 });
		const [a, b] = pair(network);
		introduce(a, b);
		network.clock.run(1000);
		const selected = b.pair;
		const before = b.events.length;
		network.filter = (data, from) => {
			if (from.address === "10.0.0.1" && data[0] === 0)
				b.receive(data.slice(), { address: "10.0.0.9", port: 9 }, b.candidates[0]!.base);
			return true;
		};
		network.clock.run(60_000);
		const told = b.events.slice(before).filter((event) => "address" in event && event.address === "10.0.0.9");
		expect(told.map(({ type }) => type)).toEqual(["heard"]);
		expect(b.pair).toBe(selected);
	});

	test("the first pair that works is told once, where the round trip is long", () => {
		const network = new VirtualNetwork({ delay: 30 });
		const [a, b] = pair(network, 1, { addresses: ["10.0.0.1", "192.168.7.1"] });
		const told: [string, number][] = [];
		for (const { peer, name } of [
			{ peer: a, name: "a" },
			{ peer: b, name: "b" },
		]) {
			peer.onEvent = ({ type }) => {
				if (type === "valid" || type === "selected") told.push([`${name} ${type}`, network.now]);
			};
		}
		introduce(a, b);
		network.clock.run(1000);
		expect(told).toEqual([
			["a valid", 70],
			["b valid", 70],
			["b selected", 90],
			["a selected", 120],
		]);
	});

	test("a pair works only when the peer has this side's credentials, too", () => {
		const network = new VirtualNetwork({ delay: 30 });
		const [a, b] = pair(network);
		const told: [string, number][] = [];
		b.onEvent = ({ type }) => {
			if (type === "valid" || type === "selected") told.push([type, network.now]);
		};
		b.learnParameters(a);
		b.learnCandidates(a);
		b.pump();
		network.clock.run(200); // a answers checks, as its own credentials are in them
		expect(told).toEqual([]);
		a.learnParameters(b);
		a.learnCandidates(b);
		a.pump();
		network.clock.run(1000);
		expect(told).toEqual([
			["valid", 240],
			["selected", 290],
		]);
	});

	test("where 40 % are lost each way, all of 200 pairs connect, half of them in 1.5 s", () => {
		const times = Array.from({ length: 200 }, (_, seed) => {
			const network = new VirtualNetwork({ seed, loss: 0.4, delay: 25 });
			const [a, b] = pair(network, seed);
			introduce(a, b);
			expect(network.clock.run(29_000, connected(a, b))).toBe(true);
			return network.now;
		});
		times.sort((x, y) => x - y);
		expect(times[100]).toBeLessThan(1500);
		expect(times[199]).toBeLessThan(15_000);
	});

	test.each(Array.from({ length: 200 }, (_, seed) => seed))("on a bad network, seed %i", (seed) => {
		const network = new VirtualNetwork({
			seed,
			loss: ((seed * 7) % 41) / 100,
			delay: (seed * 37) % 501,
			jitter: (seed % 5) * 25,
			reordering: (seed % 4) / 10,
			duplication: (seed % 3) / 10,
		});
		const dual = seed % 2 ? ["2001:db8::1"] : [];
		const [a, b] = pair(
			network,
			seed,
			{ addresses: ["10.0.0.1", ...dual, "192.168.7.1"], shared: seed % 3 === 0 },
			{ addresses: ["10.0.0.2", ...(seed % 2 ? ["2001:db8::2"] : [])] },
		);
		introduce(a, b);
		expect(network.clock.run(30_000, connected(a, b))).toBe(true);
		network.clock.run(network.now + 20_000);
		expect(a.agent.selectedPair).toBeDefined();
		expect(a.pair).toBe(b.mirrored);
	});
});

describe("trickle", () => {
	test("candidates come long after the parameters, one side knows none", () => {
		const network = new VirtualNetwork({ delay: 10 });
		const [a, b] = pair(network);
		a.learnParameters(b);
		b.learnParameters(a);
		a.pump();
		b.pump();
		network.clock.run(5000);
		expect(a.states).toEqual([]);
		a.learnCandidates(b);
		a.pump();
		expect(network.clock.run(6000, connected(a, b))).toBe(true);
		expect(a.pair).toBe(b.mirrored);
	});

	test("candidates come before the parameters", () => {
		const network = new VirtualNetwork({ delay: 10 });
		const [a, b] = pair(network);
		a.learnCandidates(b);
		b.learnCandidates(a);
		a.pump();
		b.pump();
		network.clock.run(1000);
		expect(network.sent).toBe(0);
		a.learnParameters(b);
		b.learnParameters(a);
		a.pump();
		b.pump();
		expect(network.clock.run(2000, connected(a, b))).toBe(true);
	});

	test("the answer comes late: checks are answered before, and followed by triggered ones", () => {
		const network = new VirtualNetwork({ delay: 10 });
		const [a, b] = pair(network);
		b.learnParameters(a);
		b.learnCandidates(a);
		b.pump();
		network.clock.run(3000);
		expect(a.agent.state).toBe("new");
		expect(a.events).toContainEqual({ type: "heard", address: "10.0.0.2", port: 5000, local: "10.0.0.1" });
		const before = network.sent;
		a.learnParameters(b);
		a.pump();
		expect(network.clock.run(network.now + 40, connected(a, b))).toBe(true);
		expect(network.sent - before).toBe(4);
	});

	test("local candidates come later", () => {
		const network = new VirtualNetwork({ delay: 10 });
		const [a, b] = pair(network, 1, { addresses: [] });
		introduce(a, b);
		network.clock.run(1000);
		a.listen("10.0.0.1", "10.0.0.1");
		a.agent.addLocalCandidate({ type: "host", address: "10.0.0.1", port: 5000, base: "10.0.0.1" });
		a.pump();
		expect(network.clock.run(2000, connected(a, b))).toBe(true);
	});

	test("names are told, and connect once they are resolved", () => {
		const network = new VirtualNetwork({ delay: 10 });
		const [a, b] = pair(network);
		a.learnParameters(b);
		b.learnParameters(a);
		a.agent.addRemoteCandidate("candidate:1 1 udp 2113937151 1f4712db.local 5000 typ host");
		a.pump();
		const event = a.events[0];
		if (event?.type !== "unresolved") throw new Error("no event");
		expect(event.candidate.address).toBe("1f4712db.local");
		a.agent.addRemoteCandidate({ ...event.candidate, address: "10.0.0.2" });
		a.pump();
		expect(network.clock.run(1000, connected(a, b))).toBe(true);
		for (let i = 0; i < 100; i++) a.agent.addRemoteCandidate(`candidate:1 1 udp 1 ${i}.local 5000 typ host`);
		a.pump();
		expect(a.events.filter(({ type }) => type === "unresolved")).toHaveLength(32);
		expect(a.agent.statistics.counters.unresolvedCandidates).toBe(101);
	});

	test("useless candidates are counted, malformed ones thrown, the end is heard of", () => {
		const network = new VirtualNetwork();
		const [a] = pair(network);
		a.agent.addRemoteCandidate("candidate:1 1 tcp 1518214911 192.0.2.1 9 typ host tcptype active");
		a.agent.addRemoteCandidate("candidate:1 1 udp 1518214911 fe80::1 9 typ host");
		expect(a.agent.statistics.counters.ignoredCandidates).toBe(2);
		expect(() => a.agent.addRemoteCandidate("nonsense")).toThrow(
			expect.objectContaining({ code: "ice/bad-candidate" }),
		);
		expect(() =>
			a.agent.addRemoteCandidate({ foundation: "1", priority: 1, address: "host", port: 1, type: "host" }),
		).toThrow(expect.objectContaining({ code: "ice/bad-candidate" }));
		a.agent.addRemoteCandidate("");
		expect(a.agent.remoteCandidates).toEqual([]);
	});

	test("at most 32 remote candidates and 100 pairs are kept", () => {
		const network = new VirtualNetwork();
		const addresses = Array.from({ length: 10 }, (_, i) => `10.0.1.${i}`);
		const [a, b] = pair(network, 1, { addresses });
		a.learnParameters(b);
		for (let i = 0; i < 1000; i++)
			a.agent.addRemoteCandidate(`candidate:1 1 udp ${i + 1} 10.2.${i >> 8}.${i & 255} 9 typ host`);
		a.pump();
		expect(a.agent.remoteCandidates).toHaveLength(32);
		expect(a.agent.statistics.pairs).toHaveLength(100);
		expect(a.agent.statistics.counters.overflow).toBeGreaterThan(900);
		for (let i = 1; i < 10_000; i++) network.clock.run(i, () => false);
		expect(a.sent).toBeLessThan(50 * 7);
	});

	test("candidates of another generation are left out", () => {
		const network = new VirtualNetwork();
		const [a, b] = pair(network);
		a.learnParameters(b);
		a.agent.addRemoteCandidate("candidate:1 1 udp 1 10.0.0.2 9 typ host ufrag other");
		expect(a.agent.remoteCandidates).toEqual([]);
		a.agent.addRemoteCandidate(`candidate:1 1 udp 1 10.0.0.2 9 typ host ufrag ${b.agent.localUfrag}`);
		expect(a.agent.remoteCandidates).toHaveLength(1);
	});
});

describe("peer-reflexive candidates", () => {
	test("of the remote, when no candidates are signalled one way; a later signalled one takes its place", () => {
		const network = new VirtualNetwork({ delay: 5 });
		const [a, b] = pair(network);
		a.learnParameters(b);
		b.learnParameters(a);
		b.learnCandidates(a);
		a.pump();
		b.pump();
		expect(network.clock.run(1000, connected(a, b))).toBe(true);
		const learned = a.events.find(({ type }) => type === "candidate");
		expect(learned).toMatchObject({ remote: true, candidate: { type: "prflx", address: "10.0.0.2" } });
		expect(a.agent.selectedPair?.remote.type).toBe("prflx");
		a.learnCandidates(b);
		expect(a.agent.remoteCandidates).toHaveLength(1);
		expect(a.agent.selectedPair?.remote.type).toBe("host");
	});

	test("of this host, when datagrams leave from another address than the candidate's", () => {
		const network = new VirtualNetwork({ delay: 5 });
		const [a, b] = pair(network);
		a.sockets.set("10.0.0.1", "10.0.0.9");
		network.bind({ address: "10.0.0.9", port: 5000 }, (data, from) => a.receive(data, from, "10.0.0.1"));
		network.filter = (_data, _from, to) => to.address !== "10.0.0.1";
		introduce(a, b);
		expect(network.clock.run(5000, connected(a, b))).toBe(true);
		expect(a.agent.selectedPair?.local).toMatchObject({ type: "prflx", address: "10.0.0.9" });
		expect(a.agent.selectedPair?.base).toBe("10.0.0.1");
		expect(a.pair).toBe(b.mirrored);
		expect(a.events).toContainEqual(expect.objectContaining({ type: "candidate", remote: false }));
	});
});
