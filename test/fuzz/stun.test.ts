// SPDX-License-Identifier: Apache-2.0
import fc from "../unit/seeded";
import { parseCandidate } from "webrtc/ice";
import { StunReader, StunWriter, bindingRequest, type StunCrypto } from "webrtc/ice/stun";
import { Random } from "../unit/clock";
import * as crypto from "../unit/crypto";

const budget = 2000; // milliseconds a test
const password = new Uint8Array(Buffer.from("VOkJxbRl1RmTxUk/WvJxBt"));

/** Everything that can be asked of a message. */
function readAll(reader: StunReader): void {
	reader.verify(password, crypto as StunCrypto);
	const mapped = reader.mappedAddress;
	if (mapped) expect(mapped.port).toBeLessThan(65536);
	expect(reader.errorCode).toBeLessThan(700);
	expect(reader.unknown.length).toBeLessThanOrEqual(32);
	expect(reader.transactionId).toHaveLength(12);
	for (let type = 0; type < 0x30; type++) {
		const at = reader.offsetOf(type);
		if (!at) continue;
		const size = ((reader.data[at - 2] as number) << 8) | (reader.data[at - 1] as number);
		expect(at + size).toBeLessThanOrEqual(reader.data.length);
	}
}

function genuine(): Uint8Array {
	const writer = new StunWriter(300);
	writer.begin(bindingRequest, new Uint8Array(12).fill(7));
	writer.bytes(0x0006, new Uint8Array(Buffer.from("local:remote")));
	writer.uint32(0x0024, 0x7effffff);
	writer.bytes(0x802a, new Uint8Array(8).fill(3));
	writer.xorMappedAddress("2001:db8::1", 4000);
	writer.errorCode(487);
	writer.unknownAttributes([1, 2, 3]);
	writer.integrity(password, crypto as StunCrypto);
	writer.fingerprint(crypto as StunCrypto);
	return writer.end().slice();
}

test("a mutated message is read within its bounds, or refused; the bytes stay as they were", () => {
	const reader = new StunReader();
	const random = new Random(20);
	const seed = genuine();
	let accepted = 0;
	for (let i = 0; i < 4000; i++) {
		const data = random.chance(0.5) ? seed.slice() : seed.slice(0, 20 + 4 * random.integer(seed.length / 4 - 4));
		for (let flips = random.integer(4); flips >= 0; flips--)
			data[random.integer(data.length)] = random.integer(256);
		if (random.chance(0.8)) {
			data.set([
				0,
				data[1] as number & 0x11,
				(data.length - 20) >> 8,
				(data.length - 20) & 255,
				0x21,
				0x12,
				0xa4,
				0x42,
			]);
		}
		const copy = data.slice();
		if (!reader.decode(data)) continue;
		accepted++;
		readAll(reader);
		expect(Buffer.compare(data, copy)).toBe(0);
	}
	expect(accepted).toBeGreaterThan(100);
});

test("arbitrary attributes are read within their bounds", () => {
	const reader = new StunReader();
	const attribute = fc.tuple(fc.integer({ min: 0, max: 0xffff }), fc.uint8Array({ maxLength: 40 }));
	const property = fc.property(fc.array(attribute, { maxLength: 40 }), (attributes) => {
		const writer = new StunWriter(2000);
		writer.begin(bindingRequest, new Uint8Array(12));
		for (const [type, value] of attributes) writer.bytes(type, value);
		if (reader.decode(writer.end())) readAll(reader);
	});
	fc.assert(property, { interruptAfterTimeLimit: budget, numRuns: 5000, seed: 1 });
});

test("a candidate line is parsed, of no use, or an ice/bad-candidate", () => {
	const line =
		"candidate:1 1 udp 2122260223 2001:db8::1 44323 typ srflx raddr 10.0.0.1 rport 9 generation 0 ufrag ZHh5";
	const random = new Random(21);
	const alphabet = " :.%0123456789abcdefz\r\n\0é😀-+";
	for (let i = 0; i < 4000; i++) {
		let text = line;
		for (let changes = random.integer(4); changes >= 0; changes--) {
			const at = random.integer(text.length);
			const inserted = alphabet.charAt(random.integer(alphabet.length)).repeat(random.integer(3));
			text = text.slice(0, at) + inserted + text.slice(at + random.integer(4));
		}
		try {
			const candidate = parseCandidate(text);
			if (candidate) expect(candidate.port).toBeGreaterThan(0);
		} catch (error) {
			expect(error).toMatchObject({ code: "ice/bad-candidate" });
		}
	}
});
