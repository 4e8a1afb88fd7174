// SPDX-License-Identifier: Apache-2.0
import fc from "../unit/seeded";
import { Random } from "../unit/clock";
import { makeOpen, readControl, type ChannelParameters } from "webrtc/peer/dcep";

const budget = 1500; // milliseconds a test
const largest = 300;

/** Whatever is taken is in its bounds, and would be written so. */
function check(message: Uint8Array): boolean {
	const before = message.slice();
	const read = readControl(message.slice().buffer, largest);
	expect(message).toEqual(before);
	if (!read || read === "ack") return false;
	const { label, protocol, maxPacketLifeTime, maxRetransmits } = read;
	expect(Buffer.byteLength(label) + Buffer.byteLength(protocol)).toBeLessThanOrEqual(largest);
	for (const value of [maxPacketLifeTime, maxRetransmits]) {
		expect(value ?? 0).toBeGreaterThanOrEqual(0);
		expect(value ?? 0).toBeLessThanOrEqual(65535);
	}
	expect(maxPacketLifeTime === null || maxRetransmits === null).toBe(true);
	expect(readControl(makeOpen(read).slice().buffer as ArrayBuffer, largest)).toEqual(read);
	return true;
}

const parameters: fc.Arbitrary<ChannelParameters> = fc
	.record({
		label: fc.string({ unit: "binary", maxLength: 40 }),
		protocol: fc.string({ unit: "binary", maxLength: 20 }),
		ordered: fc.boolean(),
		limit: fc.option(fc.record({ isTime: fc.boolean(), value: fc.nat(65535) })),
	})
	.map(({ label, protocol, ordered, limit }) => ({
		label,
		protocol,
		ordered,
		maxPacketLifeTime: limit?.isTime ? limit.value : null,
		maxRetransmits: limit && !limit.isTime ? limit.value : null,
	}));

test("what is written is read", () => {
	const property = fc.property(parameters, (it) => {
		expect(readControl(makeOpen(it).slice().buffer as ArrayBuffer, largest)).toEqual(it);
	});
	fc.assert(property, { interruptAfterTimeLimit: budget, numRuns: 2000 });
});

test("an OPEN that is changed or cut is read within its bounds, or refused", () => {
	const random = new Random(8);
	let taken = 0;
	for (let i = 0; i < 3000; i++) {
		const [it] = fc.sample(parameters, { numRuns: 1, seed: i });
		let message = makeOpen(it!);
		for (let flips = random.integer(4); flips > 0; flips--)
			message[random.integer(random.chance(0.5) ? 12 : message.length)] = random.integer(256);
		if (random.chance(0.3)) message = message.slice(0, random.integer(message.length + 1));
		taken += Number(check(message));
	}
	expect(taken).toBeGreaterThan(0);
});

test("bytes of no form are read, or refused", () => {
	const property = fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
		check(bytes);
		check(new Uint8Array([3, ...bytes]));
	});
	fc.assert(property, { interruptAfterTimeLimit: budget, numRuns: 5000 });
});
