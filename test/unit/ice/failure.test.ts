// SPDX-License-Identifier: Apache-2.0
// What does not connect, and what an attacker may try.
import type { IceAgentOptions } from "webrtc/ice";
import { StunReader, StunWriter, bindingError, bindingRequest, bindingSuccess, type StunCrypto } from "webrtc/ice/stun";
import { Random } from "../clock";
import * as crypto from "../crypto";
import { VirtualNetwork, type Endpoint } from "../network";
import { connected, introduce, pair, Peer } from "./peer";

const stranger = { address: "203.0.113.66", port: 666 };
const key = (password: string) => new Uint8Array(Buffer.from(password));

interface Forgery {
	username?: string;
	password?: string;
	type?: number;
	id?: Uint8Array;
	extra?: (writer: StunWriter) => void;
}

function forge({ username, password, type = bindingRequest, id = new Uint8Array(12), extra }: Forgery): Uint8Array {
	const writer = new StunWriter(300);
	writer.begin(type, id);
	if (username) writer.bytes(0x0006, key(username));
	extra?.(writer);
	if (password) writer.integrity(key(password), crypto as StunCrypto);
	writer.fingerprint(crypto as StunCrypto);
	return writer.end();
}

describe("failure", () => {
	test("a wrong password: nothing is answered, both fail", () => {
		const network = new VirtualNetwork({ delay: 10 });
		const [a, b] = pair(network);
		introduce(a, b);
		const [c, d] = pair(network, 7, { addresses: ["10.1.0.1"] }, { addresses: ["10.1.0.2"] });
		c.agent.setRemoteParameters({ ufrag: d.agent.localUfrag, password: "x".repeat(24) });
		d.agent.setRemoteParameters({ ufrag: c.agent.localUfrag, password: "y".repeat(24) });
		c.learnCandidates(d);
		d.learnCandidates(c);
		c.pump();
		d.pump();
		network.clock.run(25_000);
		expect([c.agent.state, d.agent.state]).toEqual(["failed", "failed"]);
		expect(c.sent).toBe(7);
		expect(c.agent.statistics.counters.badIntegrity).toBe(7);
		expect(c.events.some(({ type }) => type === "heard" || type === "validated")).toBe(false);
		expect(c.events.at(-1)).toMatchObject({ error: { code: "ice/failed" } });
	});

	test("an unreachable peer: failed when all checks have, or at 30 s when candidates may follow", () => {
		for (const end of [true, false]) {
			const network = new VirtualNetwork({ delay: 10 });
			const [a, b] = pair(network);
			network.up = false;
			a.learnParameters(b);
			a.learnCandidates(b, end);
			a.pump();
			expect(network.clock.run(60_000, () => a.agent.state === "failed")).toBe(true);
			expect(network.now).toBe(end ? 19_750 : 30_000);
			expect(a.sent).toBe(7);
			expect(a.agent.deadline).toBeUndefined();
		}
	});

	test("no candidates at all: failed at 30 s", () => {
		const network = new VirtualNetwork();
		const [a, b] = pair(network);
		a.learnParameters(b);
		a.agent.endOfRemoteCandidates();
		a.pump();
		network.clock.run(29_999);
		expect(a.agent.state).toBe("new");
		network.clock.run(30_000);
		expect(a.states).toEqual(["failed"]);
	});

	test("checks are paced: eight at once, then one each 50 ms", () => {
		const network = new VirtualNetwork();
		const [a, b] = pair(network);
		a.learnParameters(b);
		for (let i = 0; i < 12; i++) a.agent.addRemoteCandidate(`candidate:1 1 udp ${100 - i} 10.2.0.${i} 9 typ host`);
		a.pump();
		expect(a.sent).toBe(8);
		network.clock.run(49);
		expect(a.sent).toBe(8);
		network.clock.run(100);
		expect(a.sent).toBe(10);
	});

	const distant = (count: number) =>
		Array.from({ length: count }, (_, i) => `candidate:1 1 udp ${1000 - i} 10.2.0.${i} 9 typ host`);

	test("those that are being checked stay when better ones take the others' place", () => {
		const network = new VirtualNetwork();
		const addresses = Array.from({ length: 10 }, (_, i) => `10.0.1.${i}`);
		const [a, b] = pair(network, 1, { addresses });
		a.learnParameters(b);
		for (const line of distant(10)) a.agent.addRemoteCandidate(line);
		a.pump();
		const username = `${a.agent.localUfrag}:${b.agent.localUfrag}`;
		const request = forge({ username, password: a.agent.localPassword });
		for (const local of addresses) a.receive(request.slice(), { address: "10.2.0.9", port: 9 }, local);
		const least = () => a.agent.statistics.pairs.filter(({ remote }) => remote.address === "10.2.0.9");
		expect(least().map(({ state }) => state)).toEqual(new Array(10).fill("in-progress"));
		a.agent.addRemoteCandidate("candidate:1 1 udp 5000 10.2.1.1 9 typ host");
		expect(a.agent.statistics.pairs).toHaveLength(100);
		expect(a.agent.statistics.pairs.filter(({ remote }) => remote.address === "10.2.1.1")).toHaveLength(10);
		expect(least()).toHaveLength(10);
	});

	test("time in which nothing was to be checked adds nothing to what leaves at once", () => {
		const network = new VirtualNetwork();
		const [a, b] = pair(network);
		a.learnParameters(b);
		a.agent.addRemoteCandidate("candidate:1 1 udp 2000 10.2.1.1 9 typ host");
		a.pump();
		network.clock.run(10_000);
		const { sent } = a;
		for (const line of distant(30)) a.agent.addRemoteCandidate(line);
		a.pump();
		expect(a.sent - sent).toBe(8);
	});

	test("checks that the peer's cause are not paced, but there are fifty at once at most", () => {
		const network = new VirtualNetwork();
		const [a, b] = pair(network, 1, { maximumCandidates: 64 });
		a.learnParameters(b);
		for (const line of distant(60)) a.agent.addRemoteCandidate(line);
		const username = `${a.agent.localUfrag}:${b.agent.localUfrag}`;
		const request = forge({ username, password: a.agent.localPassword });
		const checked = () => a.agent.statistics.pairs.filter(({ requestsSent }) => requestsSent > 0).length;
		for (let i = 0; i < 60; i++) a.receive(request.slice(), { address: `10.2.0.${i}`, port: 9 }, "10.0.0.1");
		expect([checked(), a.agent.statistics.pairs.length]).toEqual([50, 60]);
		network.clock.run(29_000);
		expect(checked()).toBe(60); // the others have their turn
	});

	test("a lesser pair is nominated when the best does not answer in 50 ms", () => {
		const network = new VirtualNetwork({ delay: 2 });
		const [a, b] = pair(network, 1, {}, { addresses: ["10.0.0.2", "10.0.0.3"] });
		network.filter = (_data, from, to) => from.address !== "10.0.0.2" && to.address !== "10.0.0.2";
		introduce(a, b);
		expect(network.clock.run(1000, connected(a, b))).toBe(true);
		expect(network.now).toBe(4 + 50 + 4);
		expect(a.pair).toBe("10.0.0.1:5000 10.0.0.3:5000");
		expect(a.pair).toBe(b.mirrored);
	});
});

test("an answer by another socket than the request went by is none (RFC 8445 section 7.2.5.2.1)", () => {
	const network = new VirtualNetwork({ delay: 10 });
	const [a, b] = pair(network, 1, { addresses: ["10.0.0.1", "10.0.0.3"] });
	network.bind({ address: "10.0.0.1", port: 5000 }, (data, from) => a.receive(data, from, "10.0.0.3"));
	network.filter = (data, from) => from.address !== "10.0.0.3" && (from.address !== "10.0.0.2" || data[0] === 1);
	introduce(a, b);
	network.clock.run(1000);
	expect([a.isConnected, a.agent.statistics.counters.asymmetric]).toEqual([false, 1]);
});

describe("hostile datagrams", () => {
	function target(options: Partial<IceAgentOptions> = {}) {
		const network = new VirtualNetwork({ delay: 10 });
		const [a, b] = pair(network, 1, options);
		introduce(a, b);
		network.clock.run(1000);
		expect(connected(a, b)()).toBe(true);
		const receive = (data: Uint8Array, from: Endpoint = stranger) => a.receive(data, from, "10.0.0.1");
		return { network, a, b, receive, sent: a.sent, username: `${a.agent.localUfrag}:${b.agent.localUfrag}` };
	}

	test("100,000 random and mutated ones: no answer, no event, nothing kept", () => {
		const { network, a, b, receive, sent, username } = target();
		const random = new Random(1);
		const genuine = forge({ username, password: a.agent.localPassword }).slice();
		const before = JSON.stringify([a.agent.statistics.pairs, a.agent.remoteCandidates]);
		const events = a.events.length;
		const { deadline } = a.agent;
		for (let i = 0; i < 100_000; i++) {
			const data = i & 1 ? genuine.slice() : new Uint8Array(random.integer(200));
			if (i & 1) {
				// Any bit but those of FINGERPRINT's type, which MESSAGE-INTEGRITY does not cover.
				const at = random.integer(data.length - 8);
				data[at] = (data[at] as number) ^ (1 << random.integer(8));
			} else {
				for (let j = 0; j < data.length; j++) data[j] = random.integer(256);
			}
			receive(data);
		}
		expect(a.sent).toBe(sent);
		expect(a.events.length).toBe(events);
		expect(JSON.stringify([a.agent.statistics.pairs, a.agent.remoteCandidates])).toBe(before);
		expect(a.agent.deadline).toBe(deadline);
		network.clock.run(100_000);
		expect(connected(a, b)()).toBe(true);
	});

	test("a wrong ufrag, a missing or wrong code, an unasked response: dropped and counted", () => {
		const { a, receive, sent, username } = target();
		const { localPassword: password } = a.agent;
		expect(receive(forge({ username: "stranger:x", password }))).toBe(false);
		expect(receive(forge({ username: username.slice(0, 7), password }))).toBe(false);
		expect(receive(forge({ username }))).toBe(true);
		expect(receive(forge({ username, password: "wrong" }))).toBe(true);
		expect(receive(forge({ type: bindingSuccess, password }))).toBe(false);
		expect(receive(forge({ type: bindingError, password }))).toBe(false);
		expect(receive(forge({ type: 0x0011, password }))).toBe(false);
		expect(a.sent).toBe(sent);
		expect(a.agent.statistics.counters).toMatchObject({ unknownUser: 2, badIntegrity: 2, unsolicited: 2 });
	});

	test("an authentic request with an unknown attribute gets error 420", () => {
		const { network, a, receive, username } = target();
		const answers: Uint8Array[] = [];
		network.bind(stranger, (data) => answers.push(data));
		receive(forge({ username, password: a.agent.localPassword, extra: (writer) => writer.flag(0x7123) }));
		network.clock.run(network.now + 100);
		const reader = new StunReader();
		expect(reader.decode(answers[0] as Uint8Array)).toBe(true);
		expect(reader.errorCode).toBe(420);
		const at = reader.offsetOf(0x000a);
		expect([...reader.data.slice(at, at + 2)]).toEqual([0x71, 0x23]);
		expect(reader.verify(key(a.agent.localPassword), crypto as StunCrypto)).toBe(true);
	});

	test("a response from elsewhere than the request went to fails the pair", () => {
		const network = new VirtualNetwork({ delay: 10 });
		const [a, b] = pair(network);
		b.sockets.set("10.0.0.2", "10.0.0.7");
		network.filter = (data) => data[0] === 1 || network.now < 5;
		a.learnParameters(b);
		a.learnCandidates(b);
		a.pump();
		network.clock.run(100);
		expect(a.agent.statistics.pairs[0]?.state).toBe("failed");
		expect(a.agent.statistics.counters.asymmetric).toBe(1);
		expect(a.agent.state).toBe("failed");
	});

	test("a forged response does not end a check", () => {
		const network = new VirtualNetwork({ delay: 10 });
		const [a, b] = pair(network);
		const from = { address: "10.0.0.2", port: 5000 };
		network.filter = (data, { address }) => {
			if (address !== "10.0.0.1" || data[0] !== 0) return true;
			const id = data.slice(8, 20);
			const extra = (writer: StunWriter) => writer.xorMappedAddress("10.0.0.1", 5000);
			const forgeries = [
				forge({ type: bindingSuccess, id, password: "wrong", extra }).slice(),
				forge({ type: bindingError, id, extra: (writer) => writer.errorCode(400) }).slice(),
			];
			for (const forgery of forgeries) network.clock.at(network.now, () => a.receive(forgery, from, "10.0.0.1"));
			return true;
		};
		introduce(a, b);
		expect(network.clock.run(1000, connected(a, b))).toBe(true);
		expect(a.agent.statistics.counters.badIntegrity).toBeGreaterThanOrEqual(2);
	});

	test("who knows the credentials can make it keep no more than the bounds", () => {
		const { network, a, b, receive, username } = target();
		const { localPassword: password } = a.agent;
		for (let i = 0; i < 5000; i++) {
			receive(forge({ username, password }), { address: `203.0.${i >> 8}.${i & 255}`, port: 1 });
		}
		expect(a.agent.remoteCandidates).toHaveLength(9); // the peer's own, and 8 that were learned
		expect(a.agent.statistics.pairs.length).toBeLessThanOrEqual(9);
		expect(a.events.filter(({ type }) => type === "heard").length).toBe(9);
		network.clock.run(60_000);
		expect(connected(a, b)()).toBe(true);
	});

	test.each([
		["as the options have it", { maximumCandidates: 5 }, 5],
		["32 by default", {}, 32],
		["only the first where there is no room", { pool: { mayKeep: (isGuaranteed: boolean) => isGuaranteed } }, 4],
	])("candidates that the peer signals are bounded, %s", (_, options, kept) => {
		const { a } = target(options);
		for (let i = 0; i < 60; i++)
			a.agent.addRemoteCandidate(`candidate:1 1 udp 2130706431 198.51.100.${i} 9 typ host`);
		expect(a.agent.remoteCandidates).toHaveLength(kept);
		expect(a.agent.statistics.counters.overflow).toBe(60 - kept + 1); // with that of the peer in `target`
	});

	test("where there is no memory, none are kept, and the path that was found stays", () => {
		let isEnough = true;
		const { network, a, b } = target({ pool: { mayKeep: () => isEnough } });
		isEnough = false;
		const { length } = a.agent.remoteCandidates;
		for (let i = 0; i < 9; i++)
			a.agent.addRemoteCandidate(`candidate:1 1 udp 2130706431 198.51.100.${i} 9 typ host`);
		expect(a.agent.remoteCandidates).toHaveLength(length);
		network.clock.run(60_000);
		expect(connected(a, b)()).toBe(true);
	});

	test("without room for them all, a peer is still found where its checks come from", () => {
		const { a, receive, username } = target({ pool: { mayKeep: (isGuaranteed) => isGuaranteed } });
		for (let i = 0; i < 60; i++)
			a.agent.addRemoteCandidate(`candidate:1 1 udp 2130706431 198.51.100.${i} 9 typ host`);
		receive(forge({ username, password: a.agent.localPassword }), { address: "203.0.113.9", port: 7 });
		expect(a.agent.remoteCandidates.at(-1)).toMatchObject({ address: "203.0.113.9", type: "prflx" });
	});

	test("answers wait in bounded number", () => {
		const { a, username } = target();
		const { localPassword: password } = a.agent;
		for (let i = 0; i < 100; i++) {
			a.agent.handleMessage(forge({ username, password }), { address: "10.0.0.2", port: 5000 }, 1000, "10.0.0.1");
		}
		let count = 0;
		while (a.agent.pollTransmit()) count++;
		expect(count).toBeLessThanOrEqual(17);
		expect(a.agent.statistics.counters.overflow).toBe(84);
	});

	test("a request by a socket that has no candidate is not answered", () => {
		const { a, username } = target();
		const data = forge({ username, password: a.agent.localPassword });
		expect(a.agent.handleMessage(data, stranger, 1000, "another")).toBe(true);
		expect(a.agent.pollTransmit()).toBeUndefined();
		expect(a.agent.statistics.counters.unknownLocal).toBe(1);
	});

	test("a loopback candidate of the remote is not probed", () => {
		const network = new VirtualNetwork();
		const peer = new Peer({ network, seed: 1, controlling: true, addresses: ["10.0.0.1"] });
		peer.agent.setRemoteParameters({ ufrag: "abcd", password: "x".repeat(22) });
		peer.agent.addRemoteCandidate("candidate:1 1 udp 1 127.0.0.1 80 typ host");
		peer.agent.addRemoteCandidate("candidate:1 1 udp 1 ::1 80 typ host");
		peer.pump();
		network.clock.run(1000);
		expect(network.sent).toBe(0);
	});
});
