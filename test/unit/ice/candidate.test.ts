// SPDX-License-Identifier: Apache-2.0
import { formatCandidate, IceAgent, parseCandidate } from "webrtc/ice";
import { addressBytes, canonicalAddress, formatAddress } from "webrtc/ice/address";
import { candidatePriority, type Candidate } from "webrtc/ice/candidate";
import { comparePairs } from "webrtc/ice/pair";
import * as crypto from "../crypto";

describe("addresses have one text", () => {
	test.each([
		["192.0.2.1", "192.0.2.1"],
		["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
		["2001:db8:0:1:0:0:0:1", "2001:db8:0:1::1"],
		["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
		["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
		["0:0:0:0:0:0:0:0", "::"],
		["2001:db8:0:0:1:1:1:1", "2001:db8::1:1:1:1"],
		["2001:0:0:1:1:0:0:1", "2001::1:1:0:0:1"],
		["1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"],
		["1::", "1::"],
		["::FFFF:192.0.2.1", "192.0.2.1"],
		["::ffff:c000:201", "192.0.2.1"],
		["::ff00:c000:201", "::ff00:c000:201"],
		["::ff:c000:201", "::ff:c000:201"],
		["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
		["FE80::1%eth0", "fe80::1%eth0"],
	])("%s", (text, canonical) => {
		expect(canonicalAddress(text)).toBe(canonical);
		const bytes = addressBytes(text) as Uint8Array;
		expect(formatAddress(bytes, 0, bytes.length)).toBe(canonical.split("%")[0]);
	});

	test.each(["", "1.2.3", "1.2.3.256", "01.2.3.4", "1.2.3.4.5", " 1.2.3.4", "::1::", ":::", "1:2", "12345::", "g::"])(
		"%j is none",
		(text) => expect(canonicalAddress(text)).toBeUndefined(),
	);
	test.each(["1:2:3:4:5:6:7::8:9", "1:2:3:4:5:6:7:8:9", "1.2.3.4::", "::1.2.3", ":1:2:3:4:5:6:7"])(
		"%j is none",
		(text) => expect(canonicalAddress(text)).toBeUndefined(),
	);
});

describe("candidate lines", () => {
	test("Chromium's", () => {
		const line =
			"candidate:2999745851 1 udp 2122260223 192.168.56.1 44323 typ host generation 0 ufrag ZHh5 network-id 1 network-cost 10";
		expect(parseCandidate(line)).toEqual({
			foundation: "2999745851",
			priority: 2122260223,
			address: "192.168.56.1",
			port: 44323,
			type: "host",
			ufrag: "ZHh5",
		});
		expect(parseCandidate(`a=${line}\r\n`)).toEqual(parseCandidate(line));
	});

	test("Firefox's server-reflexive one, and an mDNS name", () => {
		expect(
			parseCandidate("candidate:1 1 UDP 1685987327 203.0.113.5 4000 typ srflx raddr 0.0.0.0 rport 0"),
		).toMatchObject({ type: "srflx", relatedAddress: "0.0.0.0", relatedPort: 0 });
		expect(
			parseCandidate("candidate:1 1 udp 2113937151 1F4712DB-EA17-4BCF-A596-105139DFD8BF.local 54596 typ host"),
		).toMatchObject({ address: "1f4712db-ea17-4bcf-a596-105139dfd8bf.local" });
	});

	test.each([
		"candidate:1 1 tcp 1518214911 192.0.2.1 9 typ host tcptype active",
		"candidate:1 2 udp 2122260222 192.0.2.1 4000 typ host",
		"candidate:1 1 udp 2122260222 192.0.2.1 4000 typ carrierpigeon",
		"candidate:1 1 udp 2122260222 example.com 4000 typ host",
	])("of no use: %s", (line) => expect(parseCandidate(line)).toBeUndefined());

	test.each([
		"",
		"candidate:",
		"candidate:1 1 udp 1 192.0.2.1 4000",
		"candidate:1 1 udp 1 192.0.2.1 4000 type host",
		"candidate:1 1 udp 1 192.0.2.1 65536 typ host",
		"candidate:1 1 udp 1 192.0.2.1 0 typ host",
		"candidate:1 1 udp -1 192.0.2.1 4000 typ host",
		"candidate:1 1 udp 99999999999 192.0.2.1 4000 typ host",
		"candidate:1 0x1 udp 1 192.0.2.1 4000 typ host",
		"candidate:1 1 udp 1 fe80::1::2 4000 typ host",
		`candidate:1 1 udp 1 ${"a".repeat(250)}.local 4000 typ host`,
		"candidate:1 1 udp 1 192.0.2.1 4000 typ host generation",
		"candidate:1 1 udp 1 192.0.2.1 4000 typ srflx raddr 1.2.3.4 rport x",
		"candidate:with-dash 1 udp 1 192.0.2.1 4000 typ host",
		`candidate:${"1".repeat(33)} 1 udp 1 192.0.2.1 4000 typ host`,
		`candidate:1 1 udp 1 192.0.2.1 4000 typ host ${"x 1 ".repeat(300)}`,
	])("malformed: %s", (line) =>
		expect(() => parseCandidate(line)).toThrow(expect.objectContaining({ code: "ice/bad-candidate" })),
	);

	test("are written as they are read", () => {
		const agent = new IceAgent({ controlling: true, crypto, now: 0 });
		const host = agent.addLocalCandidate({ type: "host", address: "192.0.2.1", port: 4000 }) as Candidate;
		expect(formatCandidate(host)).toBe("candidate:1 1 udp 2130706431 192.0.2.1 4000 typ host");
		const reflexive = { type: "srflx", address: "203.0.113.5", port: 5000, base: "4" } as const;
		const related = { relatedAddress: "192.0.2.1", relatedPort: 4000 };
		const srflx = agent.addLocalCandidate({ ...reflexive, ...related }) as Candidate;
		expect(formatCandidate(srflx, "abcd")).toBe(
			"candidate:2 1 udp 1694433279 203.0.113.5 5000 typ srflx raddr 192.0.2.1 rport 4000 ufrag abcd",
		);
		expect(parseCandidate(formatCandidate(srflx, "abcd"))).toMatchObject({
			...related,
			type: "srflx",
			ufrag: "abcd",
		});
	});
});

describe("local candidates", () => {
	const agent = () => new IceAgent({ controlling: true, crypto, now: 0 });

	test("bad ones are refused by the option's name", () => {
		expect(() => agent().addLocalCandidate({ type: "host", address: "localhost", port: 1 })).toThrow(/^address/);
		expect(() => agent().addLocalCandidate({ type: "host", address: "::1", port: 1, family: 4 })).toThrow(
			/^family/,
		);
		expect(() => agent().addLocalCandidate({ type: "host", address: "::1", port: 0 })).toThrow(/^port/);
		expect(() => agent().addLocalCandidate({ type: "host", address: "::1", port: 1, preference: 65536 })).toThrow(
			/^preference/,
		);
	});

	test("useless ones are left out, and there are at most 16", () => {
		const full = agent();
		expect(full.addLocalCandidate({ type: "host", address: "fe80::1%eth0", port: 1 })).toBeUndefined();
		for (let i = 0; i < 20; i++) full.addLocalCandidate({ type: "host", address: `10.0.0.${i}`, port: 1 });
		full.addLocalCandidate({ type: "host", address: "10.0.0.0", port: 1 });
		expect(full.localCandidates).toHaveLength(16);
		const priorities = full.localCandidates.map(({ priority }) => priority);
		expect(priorities).toEqual([...priorities].sort((x, y) => y - x));
	});

	test("credentials are long enough, random, and checked", () => {
		expect(agent().localUfrag).toMatch(/^[A-Za-z0-9+/]{8}$/);
		expect(agent().localPassword).toMatch(/^[A-Za-z0-9+/]{24}$/);
		expect(agent().localPassword).not.toBe(agent().localPassword);
		const options = { controlling: true, crypto, now: 0 };
		expect(() => new IceAgent({ ...options, ufrag: "abc", password: "x".repeat(22) })).toThrow(/^ufrag/);
		expect(() => new IceAgent({ ...options, ufrag: "abcd", password: "x y".repeat(10) })).toThrow(/^password/);
		expect(() => agent().setRemoteParameters({ ufrag: "abcd", password: "short" })).toThrow(/^password/);
	});
});

test("pair priorities are RFC 8445's 64 bits", () => {
	const formula = (g: bigint, d: bigint) => (1n << 32n) * (g < d ? g : d) + 2n * (g > d ? g : d) + (g > d ? 1n : 0n);
	const priorities = [0, 1, 100, candidatePriority("host", 65535), candidatePriority("srflx", 0), 0xffffffff];
	const pairs = priorities.flatMap((local) =>
		priorities.map((remote) => ({ local: { priority: local }, remote: { priority: remote } })),
	) as Parameters<typeof comparePairs>[0][];
	for (const x of pairs) {
		for (const y of pairs) {
			for (const controlling of [true, false]) {
				const value = ({ local, remote }: typeof x) =>
					controlling
						? formula(BigInt(local.priority), BigInt(remote.priority))
						: formula(BigInt(remote.priority), BigInt(local.priority));
				const difference = value(y) - value(x);
				const expected = difference > 0n ? 1 : difference < 0n ? -1 : 0;
				expect(Math.sign(comparePairs(x, y, controlling)) || 0).toBe(expected);
			}
		}
	}
});
