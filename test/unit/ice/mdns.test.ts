// SPDX-License-Identifier: Apache-2.0
// Names of the local network (RFC 6762), as browsers put them into candidates.
import MdnsResolver, { maximumNames } from "webrtc/ice/mdns";
import { randomBytes } from "../crypto";
import { answer, record, type Answered } from "./mdns";

const name = "0b1c5d2e-0000-4000-8000-00000000000a.local";
const make = () => new MdnsResolver(randomBytes);
const events = (resolver: MdnsResolver) => {
	const all = [];
	for (let event = resolver.pollEvent(); event; event = resolver.pollEvent()) all.push(event);
	return all;
};
const takes = (resolver: MdnsResolver, records: Answered[], now = 10) =>
	resolver.handleMessage(answer(records), 5353, now);

test("a query asks for both kinds of address, and for an answer to its own port", () => {
	const resolver = make();
	resolver.ask("Ab.local", 0);
	const query = Buffer.from(resolver.pollTransmit()!);
	expect(query.subarray(2).toString("hex")).toBe(
		"00000002000000000000" + "026162056c6f63616c00" + "00018001" + "c00c" + "001c8001",
	);
	expect(resolver.pollTransmit()).toBeUndefined();
});

test("an answer resolves it, and is used again as long as it lives", () => {
	const resolver = make();
	resolver.ask(name, 0);
	takes(resolver, [record(name, "192.0.2.7", 2), record(name.toUpperCase(), "2001:db8::7", 120)]);
	const found = { type: "resolved", name, addresses: ["192.0.2.7", "2001:db8::7"] };
	expect(events(resolver)).toEqual([found]);
	expect(resolver.isBusy).toBe(false);
	resolver.ask(name, 1000);
	expect(events(resolver)).toEqual([found]);
	resolver.ask(name, 3000);
	expect(events(resolver)).toEqual([]);
	expect(resolver.isBusy).toBe(true);
});

test("a life is of 32 bits, of which two minutes count", () => {
	const resolver = make();
	resolver.ask(name, 0);
	takes(resolver, [record(name, "192.0.2.7", 0x10000)]);
	expect(events(resolver)).toHaveLength(1);
	resolver.ask(name, 120_000);
	expect(resolver.isBusy).toBe(false);
	resolver.ask(name, 120_010);
	expect(resolver.isBusy).toBe(true);
});

test("it asks at 0, 1 and 3 s, and gives up at 5", () => {
	const resolver = make();
	resolver.ask(name, 0);
	const asked: number[] = [];
	for (let now = 0; now <= 6000; now += 100) {
		resolver.handleTimeout(now);
		if (resolver.pollTransmit()) asked.push(now);
	}
	expect(asked).toEqual([0, 1000, 3000]);
	expect(events(resolver)).toEqual([{ type: "failed", name }]);
	expect(resolver.deadline).toBe(Infinity);
});

test("what nobody has asked for, and what does not come from a responder's port, changes nothing", () => {
	const resolver = make();
	resolver.ask(name, 0);
	takes(resolver, [record("other.local", "192.0.2.7", 120)]);
	resolver.handleMessage(answer([record(name, "192.0.2.7", 120)]), 5354, 0);
	takes(resolver, [record(name, "192.0.2.7", 0)]); // a goodbye (section 10.1)
	expect(events(resolver)).toEqual([]);
	expect(resolver.counters).toEqual({ malformed: 1, unasked: 1, overflow: 0 });
});

test("names are bounded in number and in length", () => {
	const resolver = make();
	for (let i = 0; i < 100; i++) resolver.ask(`${i}.local`, 0);
	expect(events(resolver)).toHaveLength(100 - maximumNames);
	const other = make();
	for (const bad of [`${"x".repeat(64)}.local`, `${"x.".repeat(130)}local`, ".local", "a..local"]) other.ask(bad, 0);
	expect(events(other).map(({ type }) => type)).toEqual(["failed", "failed", "failed", "failed"]);
	expect(other.isBusy).toBe(false);
});

test("a flood of answers leaves as much as there was", () => {
	const resolver = make();
	for (let i = 0; i < 2000; i++) {
		resolver.ask(`${i}.local`, i);
		takes(
			resolver,
			[
				record(`${i}.local`, "192.0.2.7", 120),
				...Array<Answered>(40).fill(record(`${i}.local`, "192.0.2.8", 120)),
			],
			i,
		);
		expect(events(resolver)[0]).toMatchObject({
			type: "resolved",
			addresses: expect.arrayContaining(["192.0.2.7"]),
		});
	}
	resolver.ask("1.local", 2000); // long forgotten
	expect(resolver.isBusy).toBe(true);
});

test("names with pointers are read; such that lead forwards or in circles are not", () => {
	const resolver = make();
	resolver.ask("a.local", 0);
	const good = answer([record("a.local", "192.0.2.7", 120)], { pointed: true });
	resolver.handleMessage(good, 5353, 0);
	expect(events(resolver)).toHaveLength(1);
	for (const target of [0x0c, 0x3fff, 0x20]) {
		resolver.ask("b.local", 0);
		const bad = answer([record("a.local", "192.0.2.7", 120)], { pointed: true, target });
		resolver.handleMessage(bad, 5353, 0);
		expect(events(resolver)).toEqual([]);
	}
});

test("a response that is cut anywhere harms nothing", () => {
	const whole = answer([record(name, "192.0.2.7", 120), record(name, "2001:db8::7", 120)]);
	for (let size = 0; size < whole.length; size++) {
		const resolver = make();
		resolver.ask(name, 0);
		resolver.handleMessage(whole.slice(0, size), 5353, 0);
		expect(events(resolver)).toEqual([]);
		expect(resolver.counters.malformed).toBe(1);
	}
});
