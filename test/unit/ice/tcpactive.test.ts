// SPDX-License-Identifier: Apache-2.0
// Who connects by TCP (RFC 6544, active) to who waits: both are this implementation, in virtual time.
import { IceAgent, formatCandidate, type Candidate } from "webrtc/ice";
import { parseCandidate } from "webrtc/ice/candidate";
import { seededCrypto } from "../crypto";
import { VirtualNetwork } from "../network";

const [passive4, active4] = ["8", "10"];
const camera = "192.0.2.1";
const server = "198.51.100.1";
const ephemeral = 50_000;

/** One agent and its way: by UDP as the network has it; by TCP without loss, in order, after a round trip to connect. */
class End {
	readonly agent: IceAgent;
	other!: End;
	/** When each message by TCP was to be sent, since the start. */
	readonly byTcp: number[] = [];
	#connectedAt = Infinity;
	#wake = Infinity;

	constructor(
		readonly network: VirtualNetwork,
		seed: number,
		controlling: boolean,
		readonly address: string,
		tcpType: "active" | "passive",
		readonly hearsUdp = true,
	) {
		this.agent = new IceAgent({ controlling, crypto: seededCrypto(seed), now: network.now });
		this.agent.addLocalCandidate({ type: "host", address, port: 5000 });
		const base = tcpType === "active" ? active4! : passive4!;
		this.agent.addLocalCandidate({ type: "host", address, port: tcpType === "active" ? 9 : 5000, base, tcpType });
		network.bind(
			{ address, port: 5000 },
			(data, from) => hearsUdp && this.take(data, from.address, from.port, "4"),
		);
	}

	take(data: Uint8Array, address: string, port: number, base: string): void {
		this.agent.handleMessage(data, { address, port }, this.network.now, base);
		this.pump();
	}

	pump(): void {
		const { agent, network } = this;
		agent.handleTimeout(network.now);
		while (agent.pollEvent());
		for (let out = agent.pollTransmit(); out; out = agent.pollTransmit()) {
			const { address, port, local } = out;
			const data = out.data.slice();
			if (local === "4") network.send(data, { address: this.address, port: 5000 }, { address, port });
			else this.#sendByTcp(data, local);
		}
		const deadline = agent.deadline ?? Infinity;
		if (deadline === Infinity || (deadline >= this.#wake && this.#wake > network.now)) return;
		this.#wake = deadline;
		network.clock.at(deadline, () => {
			if (this.#wake === deadline) this.#wake = Infinity;
			this.pump();
		});
	}

	#sendByTcp(data: Uint8Array, local: string): void {
		const { network, other } = this;
		const roundTrip = 2 * network.delay;
		this.byTcp.push(network.now);
		if (this.#connectedAt === Infinity) this.#connectedAt = network.now + (local === active4 ? roundTrip : 0);
		const from = local === active4 ? ephemeral : 5000;
		const at = Math.max(network.now, this.#connectedAt) + network.delay;
		network.clock.at(at, () => other.take(data, this.address, from, local === active4 ? passive4! : active4!));
	}

	meet(other: End): void {
		this.other = other;
		const { localUfrag: ufrag, localPassword: password } = other.agent;
		this.agent.setRemoteParameters({ ufrag, password });
		for (const candidate of other.agent.localCandidates)
			if (candidate.type === "host") this.agent.addRemoteCandidate(formatCandidate(candidate));
	}
}

function world({ controlling = true, udp = true, delay = 20, seed = 1 } = {}) {
	const network = new VirtualNetwork({ delay, seed });
	const ours = new End(network, seed, controlling, camera, "active", udp);
	const theirs = new End(network, seed + 1000, !controlling, server, "passive", udp);
	const connected = () => [ours, theirs].every(({ agent }) => ["connected", "completed"].includes(agent.state));
	const start = () => {
		ours.meet(theirs);
		theirs.meet(ours);
		ours.pump();
		theirs.pump();
	};
	start();
	return { network, ours, theirs, connected, start };
}

const seen = ({ address, port, tcpType, type }: Candidate) => ({ address, port, tcpType, type });

test.each([true, false])("where UDP is lost it connects by TCP, when this side controls: %s", (controlling) => {
	const { network, ours, theirs, connected } = world({ controlling, udp: false });
	expect(network.clock.run(5000, connected)).toBe(true);
	// 250 ms for UDP; a round trip to connect, one for the check; and for the nomination, where that is the other's.
	expect(network.now).toBeLessThan(250 + 5 * 40);
	const pair = ours.agent.selectedPair!;
	expect(pair.base).toBe(active4);
	expect(seen(pair.local)).toEqual({ address: camera, port: 9, tcpType: "active", type: "host" });
	expect(seen(pair.remote)).toEqual({ address: server, port: 5000, tcpType: "passive", type: "host" });
	const mirrored = theirs.agent.selectedPair!;
	expect(seen(mirrored.remote)).toEqual({ address: camera, port: ephemeral, tcpType: "active", type: "prflx" });
	network.clock.run(120_000); // consent goes the same way
	expect(connected()).toBe(true);
	expect(ours.agent.localCandidates.filter(({ type }) => type === "prflx")).toEqual([]);
});

test("where UDP works nothing is connected", () => {
	const { network, ours, connected } = world({ delay: 50 });
	expect(network.clock.run(5000, connected)).toBe(true);
	network.clock.run(60_000);
	expect([ours.byTcp, ours.agent.selectedPair!.base]).toEqual([[], "4"]);
});

test("TCP is tried 250 ms after UDP; at once where there is no other way", () => {
	const { network, ours } = world({ udp: false });
	network.clock.run(1000);
	expect(ours.byTcp[0]).toBe(250);
	const alone = new IceAgent({ controlling: true, crypto: seededCrypto(3), now: 0 });
	alone.addLocalCandidate({ type: "host", address: camera, port: 9, base: active4!, tcpType: "active" });
	alone.setRemoteParameters({ ufrag: "them", password: "a-password-of-theirs-and-long" });
	alone.addRemoteCandidate("candidate:2 1 tcp 1518214911 198.51.100.1 5000 typ host tcptype passive");
	alone.handleTimeout(0);
	expect(alone.pollTransmit()).toMatchObject({ address: server, port: 5000, local: active4 });
});

test("a restart goes the same way", () => {
	const { network, ours, theirs, connected, start } = world({ udp: false });
	network.clock.run(5000, connected);
	for (const { agent } of [ours, theirs]) agent.restart(network.now);
	start();
	network.clock.run(10_000);
	expect(connected()).toBe(true);
	expect(ours.agent.selectedPair!.base).toBe(active4);
});

test("the line and the priority are RFC 6544's", () => {
	const { ours } = world();
	const [, tcp] = ours.agent.localCandidates as [Candidate, Candidate];
	expect(formatCandidate(tcp)).toBe(`candidate:2 1 tcp ${tcp.priority} ${camera} 9 typ host tcptype active`);
	expect([tcp.priority >>> 24, (tcp.priority >>> 8) & 0xe000]).toEqual([90, 6 * 8192]);
});

test.each([
	["passive", "passive", true],
	["who is active connects by itself", "active", false],
	["both at once (so): neither is told of, nor answered", "so", false],
	["of an unknown kind", "other", false],
])("of a peer's candidates by TCP, %s", (_, tcpType, isUsed) => {
	const line = `candidate:2 1 TCP 1518214911 198.51.100.1 5000 typ host tcptype ${tcpType}`;
	expect(parseCandidate(line) !== undefined).toBe(isUsed);
});

test("by UDP it has no kind, and without a kind it is none by TCP", () => {
	expect(parseCandidate("candidate:2 1 tcp 1518214911 198.51.100.1 5000 typ host")).toBeUndefined();
	expect(parseCandidate("candidate:2 1 udp 1518214911 198.51.100.1 5000 typ host tcptype passive")).toBeUndefined();
});

test("of a stranger's 500 passive candidates four are connected to, and names are not looked up without use", () => {
	const { ours, network } = world({ udp: false });
	const { counters } = ours.agent.statistics;
	for (let i = 0; i < 500; i++)
		ours.agent.addRemoteCandidate(`candidate:2 1 tcp 15 203.0.113.1 ${1000 + i} typ host tcptype passive`);
	network.clock.run(5000);
	expect(ours.agent.remoteCandidates.filter(({ tcpType }) => tcpType === "passive")).toHaveLength(4);
	expect(ours.agent.statistics.counters.overflow - counters.overflow).toBe(497);
	const unable = new IceAgent({ controlling: true, crypto: seededCrypto(3), now: 0 });
	unable.addLocalCandidate({ type: "host", address: camera, port: 5000 });
	unable.addRemoteCandidate("candidate:2 1 tcp 15 a.local 1000 typ host tcptype passive");
	expect([unable.pollEvent(), unable.statistics.counters.ignoredCandidates]).toEqual([undefined, 1]);
});

test("200 seeds of loss up to 20 %, delay up to 200 ms, UDP to nowhere for one of two: it connects", () => {
	for (let seed = 1; seed <= 200; seed++) {
		const { network, connected } = world({ seed, udp: seed % 2 === 0, delay: 20 * (seed % 11) });
		network.loss = (0.2 * (seed % 7)) / 6;
		expect(network.clock.run(10_000, connected)).toBe(true);
	}
});

test("who waits and connects, too, checks a peer that does by a connection of its own alone", () => {
	const agent = new IceAgent({ controlling: true, crypto: seededCrypto(3), now: 0 });
	agent.addLocalCandidate({ type: "host", address: camera, port: 9, base: active4!, tcpType: "active" });
	agent.addLocalCandidate({ type: "host", address: camera, port: 5000, base: passive4!, tcpType: "passive" });
	agent.setRemoteParameters({ ufrag: "them", password: "a-password-of-theirs-and-long" });
	agent.addRemoteCandidate("candidate:2 1 tcp 1518214911 198.51.100.1 5000 typ host tcptype passive");
	agent.addRemoteCandidate("candidate:2 1 tcp 1518214911 198.51.100.1 9 typ host tcptype active");
	agent.handleTimeout(0);
	expect(agent.statistics.pairs.map(({ local, remote }) => [local.tcpType, remote.tcpType])).toEqual([
		["active", "passive"],
	]);
});
