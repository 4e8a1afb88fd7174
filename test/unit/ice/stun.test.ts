// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import * as stun from "webrtc/ice/stun";
import { classes, methods } from "../../../node_modules/werift/lib/ice/src/stun/const";
import { Message, parseMessage } from "../../../node_modules/werift/lib/ice/src/stun/message";
import * as crypto from "../crypto";

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex.replace(/\s/g, ""), "hex"));
const text = (value: string) => new Uint8Array(Buffer.from(value));
const hex = (value: Uint8Array) => Buffer.from(value).toString("hex");

// RFC 5769 section 2
const password = text("VOkJxbRl1RmTxUk/WvJxBt");
const id = bytes("b7e7a701bc34d686fa87dfae");
const request = `00010058 2112a442 b7e7a701bc34d686fa87dfae
	80220010 5354554e207465737420636c69656e74 00240004 6e0001ff 80290008 932ff9b151263b36
	00060009 6576746a3a68367659202020 00080014 9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2 80280004 e57a3bcf`;
const responseIPv4 = `0101003c 2112a442 b7e7a701bc34d686fa87dfae 8022000b 7465737420766563746f7220
	00200008 0001a147e112a643 00080014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7 80280004 c07d4c96`;
const responseIPv6 = `01010048 2112a442 b7e7a701bc34d686fa87dfae 8022000b 7465737420766563746f7220
	00200014 0002a1470113a9faa5d3f179bc25f4b5bed2b9d9 00080014 a382954e4be67bf11784c97c8292c275bfe3ed41
	80280004 c8fb0b4c`;
const longTerm = `00010060 2112a442 78ad3433c6ad72c029da412e 00060012 e3839ee38388e383aae38383e382afe382b90000
	0015001c 662f2f3439396b39353464364f4c33346f4c394653547679363473410014000b 6578616d706c652e6f726700
	00080014 f67024656dd64a3e02b8e0712e85c9a28ca89666`;

function decode(data: Uint8Array): stun.StunReader {
	const reader = new stun.StunReader();
	expect(reader.decode(data)).toBe(true);
	return reader;
}

describe("RFC 5769", () => {
	test("2.1: sample request", () => {
		const reader = decode(bytes(request));
		expect(reader.type).toBe(stun.bindingRequest);
		expect(reader.transactionId).toEqual(id);
		expect(reader.uint32(stun.attributePriority)).toBe(0x6e0001ff);
		expect(reader.usernameBegins(text("evtj:"))).toBe(true);
		expect(reader.usernameBegins(text("evtj:h6vY"))).toBe(true);
		expect(reader.usernameBegins(text("evtj:h6vYx"))).toBe(false);
		const at = reader.offsetOf(stun.attributeIceControlled);
		expect(hex(reader.data.slice(at, at + 8))).toBe("932ff9b151263b36");
		expect(reader.offsetOf(stun.attributeIceControlling)).toBe(0);
		expect(reader.unknown).toEqual([]);
		expect(reader.verify(password, crypto)).toBe(true);
		expect(reader.verify(text("another"), crypto)).toBe(false);
		expect(reader.data).toEqual(bytes(request));
	});

	test("2.2: sample IPv4 response", () => {
		const reader = decode(bytes(responseIPv4));
		expect(reader.type).toBe(stun.bindingSuccess);
		expect(reader.mappedAddress).toEqual({ address: "192.0.2.1", port: 32853 });
		expect(reader.verify(password, crypto)).toBe(true);
	});

	test("2.3: sample IPv6 response", () => {
		const reader = decode(bytes(responseIPv6));
		expect(reader.mappedAddress).toEqual({ address: "2001:db8:1234:5678:11:2233:4455:6677", port: 32853 });
		expect(reader.verify(password, crypto)).toBe(true);
	});

	test("2.4: sample request with long-term authentication", () => {
		const reader = decode(bytes(longTerm));
		const key = createHash("md5").update("マトリックス:example.org:TheMatrIX").digest();
		expect(reader.verify(key, crypto)).toBe(true);
		expect(reader.unknown).toEqual([]);
	});

	test("the writer makes the sample responses", () => {
		for (const [sample, address] of [
			[responseIPv4, "192.0.2.1"],
			[responseIPv6, "2001:db8:1234:5678:11:2233:4455:6677"],
		] as const) {
			const writer = new stun.StunWriter(200);
			writer.begin(stun.bindingSuccess, id);
			writer.bytes(0x8022, text("test vector"));
			writer.xorMappedAddress(address, 32853);
			// The sample pads with a blank, the writer with zeros: so the codes over the padding differ.
			const padded = bytes(sample);
			padded[20 + 4 + 11] = 0;
			const integrity = padded.length - 8 - 24;
			expect(hex(writer.end().slice(20))).toBe(hex(padded.slice(20, integrity)));
			writer.integrity(password, crypto);
			writer.fingerprint(crypto);
			const made = writer.end();
			expect(made.length).toBe(padded.length);
			expect(decode(made.slice()).verify(password, crypto)).toBe(true);
		}
	});
});

describe("interoperation with another implementation", () => {
	function write(): stun.StunWriter {
		const writer = new stun.StunWriter(300);
		writer.begin(stun.bindingRequest, id);
		writer.bytes(stun.attributeUsername, text("remote:local"));
		writer.uint32(stun.attributePriority, 0x6effffff);
		writer.bytes(stun.attributeIceControlling, bytes("0102030405060708"));
		writer.flag(stun.attributeUseCandidate);
		writer.integrity(password, crypto);
		writer.fingerprint(crypto);
		return writer;
	}

	test("it reads what we write", () => {
		const message = parseMessage(Buffer.from(write().end()), Buffer.from(password));
		expect(message?.getAttributeValue("USERNAME")).toBe("remote:local");
		expect(message?.getAttributeValue("PRIORITY")).toBe(0x6effffff);
		expect(message?.getAttributeValue("ICE-CONTROLLING")).toBe(0x0102030405060708n);
		expect(message?.attributesKeys).toContain("USE-CANDIDATE");
	});

	test("we read what it writes", () => {
		const message = new Message(methods.BINDING, classes.RESPONSE, Buffer.from(id));
		message.setAttribute("XOR-MAPPED-ADDRESS", ["203.0.113.9", 40000]);
		message.addMessageIntegrity(Buffer.from(password)).addFingerprint();
		const reader = decode(new Uint8Array(message.bytes));
		expect(reader.verify(password, crypto)).toBe(true);
		expect(reader.mappedAddress).toEqual({ address: "203.0.113.9", port: 40000 });
	});
});

describe("strictness", () => {
	const reader = new stun.StunReader();

	test("a truncated message is none, wherever it is cut", () => {
		const whole = bytes(request);
		for (let size = 0; size < whole.length; size++) expect(reader.decode(whole.slice(0, size))).toBe(false);
	});

	test("every flipped bit is noticed, but for one that makes FINGERPRINT another optional attribute", () => {
		const whole = bytes(responseIPv4);
		const fingerprint = whole.length - 8;
		for (let bit = 0; bit < 8 * whole.length; bit++) {
			if (bit >= 8 * fingerprint && bit < 8 * (fingerprint + 2)) continue;
			const changed = whole.slice();
			changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
			expect(reader.decode(changed) && reader.verify(password, crypto)).toBe(false);
		}
	});

	test.each([
		["a cookie of another protocol", "00010000 2112a443 b7e7a701bc34d686fa87dfae"],
		["a wrong length", "00010004 2112a442 b7e7a701bc34d686fa87dfae"],
		["an attribute longer than the message", "00010004 2112a442 b7e7a701bc34d686fa87dfae 80220001"],
		["a PRIORITY of two bytes", "00010008 2112a442 b7e7a701bc34d686fa87dfae 00240002 00010000"],
		["an IPv4 address of five bytes", "0101000c 2112a442 b7e7a701bc34d686fa87dfae 00200005 0001a147 e1000000"],
		["something after FINGERPRINT", "0001000c 2112a442 b7e7a701bc34d686fa87dfae 80280004 00000000 80220000"],
	])("%s is malformed", (_, message) => expect(reader.decode(bytes(message))).toBe(false));

	test("attributes after MESSAGE-INTEGRITY are passed over", () => {
		const writer = new stun.StunWriter(200);
		writer.begin(stun.bindingRequest, id);
		writer.integrity(password, crypto);
		writer.flag(stun.attributeUseCandidate);
		writer.fingerprint(crypto);
		const later = decode(writer.end());
		expect(later.verify(password, crypto)).toBe(true);
		expect(later.offsetOf(stun.attributeUseCandidate)).toBe(0);
	});

	test("attributes that must be understood are told, others not", () => {
		const writer = new stun.StunWriter(200);
		writer.begin(stun.bindingRequest, id);
		writer.flag(0x7777);
		writer.flag(0xc001);
		writer.flag(0x0002);
		expect(decode(writer.end()).unknown).toEqual([0x7777, 0x0002]);
	});

	test("33 attributes are too many", () => {
		const writer = new stun.StunWriter(300);
		writer.begin(stun.bindingRequest, id);
		for (let i = 0; i < 33; i++) writer.flag(0xc000 + i);
		expect(reader.decode(writer.end())).toBe(false);
	});

	test("a message without MESSAGE-INTEGRITY is not verified", () => {
		const writer = new stun.StunWriter(200);
		writer.begin(stun.bindingRequest, id);
		writer.fingerprint(crypto);
		expect(decode(writer.end()).verify(password, crypto)).toBe(false);
	});

	test("error codes are read and written; others than 300 to 699 are none", () => {
		const writer = new stun.StunWriter(200);
		writer.begin(stun.bindingError, id);
		writer.errorCode(487);
		writer.unknownAttributes([1, 0x7fff]);
		const message = writer.end();
		expect(decode(message).errorCode).toBe(487);
		expect(hex(message.slice(28))).toBe("000a000400017fff");
		for (const [hundreds, rest] of [
			[2, 99],
			[7, 0],
			[4, 100],
		] as const) {
			message.set([hundreds, rest], 26);
			expect(decode(message).errorCode).toBe(0);
		}
		message.set([0xfb, 99], 26);
		expect(decode(message).errorCode).toBe(399);
		message.set([6, 99], 26);
		expect(decode(message).errorCode).toBe(699);
	});

	test("the writer does not write beyond its buffer", () => {
		const writer = new stun.StunWriter(30);
		writer.begin(stun.bindingRequest, id);
		writer.uint32(stun.attributePriority, 1);
		expect(() => writer.flag(stun.attributeUseCandidate)).toThrow(RangeError);
	});
});

test("what RFC 8489 has and ICE does not need is known, and the next of each kind is not (section 14)", () => {
	// Some have a length that they must have.
	const unknownOf = (type: number) => {
		const reader = new stun.StunReader();
		const word = (value: number) => value.toString(16).padStart(4, "0");
		const isRead = [0, 4, 8, 20, 32].some((size) =>
			reader.decode(
				bytes(
					`0001 ${word(size + 4)} 2112a442 b7e7a701bc34d686fa87dfae ${word(type)} ${word(size)} ${"00".repeat(size)}`,
				),
			),
		);
		expect(isRead).toBe(true);
		return [...reader.unknown];
	};
	const known = [
		0x0001, 0x0006, 0x0008, 0x0009, 0x000a, 0x0014, 0x0015, 0x001c, 0x001d, 0x001e, 0x0020, 0x0024, 0x0025,
	];
	// MESSAGE-INTEGRITY has a length of its own.
	for (let type = 0; type < 0x30; type++)
		if (type !== 0x0008) expect(unknownOf(type)).toEqual(known.includes(type) ? [] : [type]);
	expect([unknownOf(0x7fff), unknownOf(0x8000)]).toEqual([[0x7fff], []]);
});

test("attributes have the numbers of the registry (RFC 8489 section 18.3, RFC 8656 section 18, RFC 8445 section 20.1)", () => {
	const registry = {
		...{ MappedAddress: 0x0001, Username: 0x0006, Integrity: 0x0008, ErrorCode: 0x0009, Unknown: 0x000a },
		...{ ChannelNumber: 0x000c, Lifetime: 0x000d, XorPeerAddress: 0x0012, Realm: 0x0014, Nonce: 0x0015 },
		...{ XorRelayedAddress: 0x0016, RequestedFamily: 0x0017, RequestedTransport: 0x0019 },
		...{ IntegritySHA256: 0x001c, PasswordAlgorithm: 0x001d, XorMappedAddress: 0x0020, Priority: 0x0024 },
		...{ UseCandidate: 0x0025, PasswordAlgorithms: 0x8002, AlternateServer: 0x8023, Fingerprint: 0x8028 },
		...{ IceControlled: 0x8029, IceControlling: 0x802a },
	};
	const ours = Object.entries(stun).filter(([name]) => name.startsWith("attribute"));
	expect(Object.fromEntries(ours.map(([name, value]) => [name.slice("attribute".length), value]))).toEqual(registry);
});

test("a message without MESSAGE-INTEGRITY-SHA256 is not taken for one that has it", () => {
	expect(decode(bytes(responseIPv4)).verifySHA256(text("key"), crypto)).toBe(false);
});
