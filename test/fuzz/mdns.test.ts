// SPDX-License-Identifier: Apache-2.0
// Messages of multicast DNS with anything in them: nothing is thrown, and what is told, answered and kept stays bounded.
import MdnsResolver from "webrtc/ice/mdns";
import MdnsResponder from "webrtc/ice/responder";
import { canonicalAddress } from "webrtc/ice/address";
import { Random } from "../unit/clock";
import { randomBytes } from "../unit/crypto";
import { answer, question, record } from "../unit/ice/mdns";

const datagrams = 8000;
const name = "0b1c5d2e.local";

test("mutated and random responses", () => {
	const random = new Random(62);
	const seeds = [
		answer([record(name, "192.0.2.7", 120), record(name, "2001:db8::7", 120)]),
		answer([record(name, "192.0.2.7", 120)], { pointed: true }),
	];
	const resolver = new MdnsResolver(randomBytes);
	let resolved = 0;
	for (let now = 0; now < datagrams; now++) {
		resolver.ask(name, now);
		const seed = seeds[random.integer(seeds.length)]!;
		const size = random.chance(0.3) ? random.integer(seed.length) : seed.length;
		const data = random.chance(0.1) ? new Uint8Array(random.integer(600)) : seed.slice(0, size);
		for (let flips = random.integer(5); flips > 0 && data.length; flips--)
			data[random.integer(data.length)] = random.chance(0.3) ? 0xc0 : random.integer(256);
		resolver.handleMessage(data, 5353, now);
		resolver.handleTimeout(now);
		while (resolver.pollTransmit());
		for (let event = resolver.pollEvent(); event; event = resolver.pollEvent()) {
			expect(event.name).toBe(name);
			if (event.type !== "resolved") continue;
			resolved++;
			expect(event.addresses.length).toBeLessThanOrEqual(4);
			for (const address of event.addresses) expect(canonicalAddress(address)).toBe(address);
		}
	}
	expect(resolved).toBeGreaterThan(100);
	expect(resolver.counters.malformed).toBeGreaterThan(100);
});

test("mutated and random questions", () => {
	const random = new Random(63);
	const responder = new MdnsResponder(randomBytes);
	const own = [responder.publish("192.0.2.7", 0)!, responder.publish("2001:db8::7", 0)!];
	const known = [record(own[0]!, "192.0.2.7", 90), record(own[1]!, "2001:db8::7", 90)];
	const seeds = [
		question(own, { unicast: true, type: 255 }),
		question([own[0]!], { known }),
		question([own[1]!, "other.local"], { type: 28 }),
	];
	let answered = 0;
	for (let now = 0; now < datagrams; now++) {
		const seed = seeds[random.integer(seeds.length)]!;
		const size = random.chance(0.3) ? random.integer(seed.length) : seed.length;
		const data = random.chance(0.1) ? new Uint8Array(random.integer(600)) : seed.slice(0, size);
		for (let flips = random.integer(4); flips > 0 && data.length; flips--)
			data[random.integer(data.length)] = random.chance(0.3) ? 0xc0 : random.integer(256);
		const port = random.chance(0.5) ? 5353 : 40_000;
		responder.handleMessage(data, { address: "192.0.2.99", port }, now);
		responder.handleTimeout(now);
		for (let out = responder.pollTransmit(); out; out = responder.pollTransmit()) {
			answered++;
			expect(out.data.length).toBeLessThan(512);
			expect([port, 5353]).toContain(out.port);
		}
	}
	expect(answered).toBeGreaterThan(20);
	expect(answered).toBeLessThanOrEqual(22 + datagrams / 50);
	expect(responder.counters.malformed).toBeGreaterThan(100);
});
