// SPDX-License-Identifier: Apache-2.0
// Responses of multicast DNS with anything in them: nothing is thrown, and what is told and kept stays bounded.
import MdnsResolver from "webrtc/ice/mdns";
import { canonicalAddress } from "webrtc/ice/address";
import { Random } from "../unit/clock";
import { randomBytes } from "../unit/crypto";
import { answer, record } from "../unit/ice/mdns";

const budget = 2000; // milliseconds
const name = "0b1c5d2e.local";

test("mutated and random responses", () => {
	const random = new Random(62);
	const seeds = [
		answer([record(name, "192.0.2.7", 120), record(name, "2001:db8::7", 120)]),
		answer([record(name, "192.0.2.7", 120)], { pointed: true }),
	];
	const resolver = new MdnsResolver(randomBytes);
	const end = Date.now() + budget;
	let resolved = 0;
	for (let now = 0; now < 500_000 && Date.now() < end; now++) {
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
