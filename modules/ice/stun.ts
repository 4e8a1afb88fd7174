// SPDX-License-Identifier: Apache-2.0
// STUN messages (RFC 8489): read in place, written into a buffer that is used again. Both classes are made once and
// serve any number of messages, so that a message costs an XS heap next to nothing.
import { addressBytes, formatAddress } from "webrtc/ice/address";

/** What STUN needs of cryptography: on a device "webrtc/native/crypto". */
export interface StunCrypto {
	hmacSHA1(key: ArrayBuffer | Uint8Array, data: ArrayBuffer | Uint8Array): ArrayBuffer;
	/** CRC-32 (ISO-HDLC), unsigned. */
	crc32(data: ArrayBuffer | Uint8Array): number;
	/** Cryptographically secure. */
	randomBytes(count: number): ArrayBuffer;
	/** In constant time. */
	equal(a: ArrayBuffer | Uint8Array, b: ArrayBuffer | Uint8Array): boolean;
}

/** What long-term credentials need besides. */
export interface LongTermCrypto extends StunCrypto {
	hmacSHA256(key: ArrayBuffer | Uint8Array, data: ArrayBuffer | Uint8Array): ArrayBuffer;
	sha256(data: ArrayBuffer | Uint8Array): ArrayBuffer;
	md5(data: ArrayBuffer | Uint8Array): ArrayBuffer;
}

// RFC 8489 section 5: a message type is a method and a class.
export const bindingRequest = 0x0001;
export const bindingIndication = 0x0011;
export const bindingSuccess = 0x0101;
export const bindingError = 0x0111;

// Attributes: RFC 8489 section 18.3, RFC 8445 section 16.1. Those below 0x8000 must be understood.
export const attributeMappedAddress = 0x0001;
export const attributeUsername = 0x0006;
export const attributeIntegrity = 0x0008;
export const attributeErrorCode = 0x0009;
export const attributeUnknown = 0x000a;
export const attributeXorMappedAddress = 0x0020;
export const attributePriority = 0x0024;
export const attributeUseCandidate = 0x0025;
export const attributeFingerprint = 0x8028;
export const attributeIceControlled = 0x8029;
export const attributeIceControlling = 0x802a;

// Of long-term credentials (RFC 8489 section 18.3) and of TURN (RFC 8656 section 18).
export const attributeChannelNumber = 0x000c;
export const attributeLifetime = 0x000d;
export const attributeXorPeerAddress = 0x0012;
export const attributeRealm = 0x0014;
export const attributeNonce = 0x0015;
export const attributeXorRelayedAddress = 0x0016;
export const attributeRequestedFamily = 0x0017;
export const attributeRequestedTransport = 0x0019;
export const attributeIntegritySHA256 = 0x001c;
export const attributePasswordAlgorithm = 0x001d;
export const attributePasswordAlgorithms = 0x8002;
export const attributeAlternateServer = 0x8023;

/** RFC 8489 section 5: the header. */
export const stunHeaderSize = 20;
export const transactionIdSize = 12;
/** RFC 8445 section 7.3.1.1. */
export const roleConflict = 487;
/** RFC 8489 section 6.3.1. */
export const unknownAttribute = 420;
/** RFC 8489 section 14.8 and RFC 8656 section 19. */
export const tryAlternate = 300;
export const unauthorized = 401;
export const allocationMismatch = 437;
export const staleNonce = 438;

const transactionIdOffset = 8;
const integritySize = 20;
const integritySHA256Size = 32;
const fingerprintXor = 0x5354554e;
const magicCookie = [0x21, 0x12, 0xa4, 0x42];
// Two ufrags of 256 and a colon (RFC 8839 section 5.4): a little more than RFC 8489 section 14.3 allows others.
const largestUsername = 513;
// Of all messages that ICE and TURN know, none has more than 12.
const mostAttributes = 32;
// Understood, or known to RFC 8489 and without meaning here: MAPPED-ADDRESS, REALM, NONCE, MESSAGE-INTEGRITY-SHA256,
// PASSWORD-ALGORITHM, USERHASH.
const understood = [
	attributeUsername,
	attributeIntegrity,
	attributeErrorCode,
	attributeUnknown,
	attributeXorMappedAddress,
	attributePriority,
	attributeUseCandidate,
	0x0001,
	0x0014,
	0x0015,
	0x001c,
	0x001d,
	0x001e,
];

/** One received message, read where it lies: valid as long as the bytes given to `decode` stay. */
export class StunReader {
	/** The bytes of the message. */
	data: Uint8Array = new Uint8Array(0);
	/** Method and class, e.g. `bindingRequest`. */
	type = 0;
	#types: number[] = []; // of the attributes
	#offsets: number[] = []; // of their values
	#unknown: number[] = [];

	/**
	 * Takes a datagram. Attributes after MESSAGE-INTEGRITY are passed over, except FINGERPRINT (RFC 8489 section 14.5);
	 * of several with one type the first counts (section 14).
	 * @returns whether it is a well-formed STUN message
	 */
	decode(data: Uint8Array): boolean {
		this.data = data;
		this.#types.length = this.#offsets.length = 0;
		this.#unknown.length = 0;
		if (!isStun(data)) return false;
		this.type = read16(data, 0);
		let sealed = false;
		for (let at = stunHeaderSize; at < data.length;) {
			if (at + 4 > data.length) return false;
			const type = read16(data, at);
			const size = read16(data, at + 2);
			const end = at + 4 + ((size + 3) & ~3);
			if (end > data.length || !isSized(type, size)) return false;
			if (type === attributeFingerprint && end !== data.length) return false;
			if ((!sealed || type === attributeFingerprint) && !this.add(type, at + 4)) return false;
			sealed ||= type === attributeIntegrity || type === attributeIntegritySHA256;
			at = end;
		}
		return true;
	}

	private add(type: number, offset: number): boolean {
		if (this.#types.includes(type)) return true;
		if (this.#types.length >= mostAttributes) return false;
		this.#types.push(type);
		this.#offsets.push(offset);
		if (type < 0x8000 && !understood.includes(type)) this.#unknown.push(type);
		return true;
	}

	/** Where an attribute's value begins, or 0. Its size is in the two bytes before. */
	offsetOf(type: number): number {
		return this.#offsets[this.#types.indexOf(type)] ?? 0;
	}

	/** A 32-bit attribute, unsigned; undefined when it is not there. */
	uint32(type: number): number | undefined {
		const offset = this.offsetOf(type);
		return offset ? read32(this.data, offset) : undefined;
	}

	/** An attribute's value, where it lies; undefined when it is not there. */
	bytes(type: number): Uint8Array | undefined {
		const offset = this.offsetOf(type);
		return offset ? this.data.subarray(offset, offset + read16(this.data, offset - 2)) : undefined;
	}

	/** Attributes that must be understood (RFC 8489 section 14) and are not. Valid until the next `decode`. */
	get unknown(): readonly number[] {
		return this.#unknown;
	}

	/** A copy of the transaction id. */
	get transactionId(): Uint8Array {
		return this.data.slice(transactionIdOffset, transactionIdOffset + transactionIdSize);
	}

	hasTransactionId(id: Uint8Array): boolean {
		return matches(this.data, transactionIdOffset, id);
	}

	/** Whether USERNAME begins with these bytes. */
	usernameBegins(prefix: Uint8Array): boolean {
		const offset = this.offsetOf(attributeUsername);
		return offset > 0 && read16(this.data, offset - 2) >= prefix.length && matches(this.data, offset, prefix);
	}

	/** ERROR-CODE (RFC 8489 section 14.8), 300 to 699; 0 when it is not there or none of these. */
	get errorCode(): number {
		const offset = this.offsetOf(attributeErrorCode);
		if (!offset) return 0;
		const hundreds = this.data[offset + 2]! & 7;
		const rest = this.data[offset + 3]!;
		return hundreds < 3 || hundreds > 6 || rest > 99 ? 0 : hundreds * 100 + rest;
	}

	/** XOR-MAPPED-ADDRESS (RFC 8489 section 14.2), or undefined. */
	get mappedAddress(): { address: string; port: number } | undefined {
		return this.xorAddress(attributeXorMappedAddress);
	}

	/** An address that is XORed as that one; undefined when it is not there. */
	xorAddress(type: number): { address: string; port: number } | undefined {
		return this.address(type, true);
	}

	/** An address as it is: ALTERNATE-SERVER's (section 14.15). */
	plainAddress(type: number): { address: string; port: number } | undefined {
		return this.address(type, false);
	}

	private address(type: number, isXored: boolean): { address: string; port: number } | undefined {
		const { data } = this;
		const offset = this.offsetOf(type);
		if (!offset || read16(data, offset - 2) < 8) return undefined;
		const family = data[offset + 1]!;
		const size = read16(data, offset - 2) - 4;
		if (!((family === 1 && size === 4) || (family === 2 && size === 16))) return undefined;
		const bytes = data.slice(offset + 4, offset + 4 + size);
		// The cookie and the transaction id follow each other in the header, as in the mask.
		const port = read16(data, offset + 2);
		if (isXored) for (let i = 0; i < size; i++) bytes[i]! ^= data[4 + i]!;
		return { address: formatAddress(bytes, 0, size), port: isXored ? port ^ read16(data, 4) : port };
	}

	/**
	 * Whether FINGERPRINT is right or absent, and MESSAGE-INTEGRITY is there and right.
	 * The message's length is changed for the moment of the check, and restored.
	 */
	verify(key: ArrayBuffer | Uint8Array, crypto: StunCrypto): boolean {
		const integrity = this.offsetOf(attributeIntegrity);
		return integrity > 0 && this.check(integrity, integritySize, (data) => crypto.hmacSHA1(key, data), crypto);
	}

	/** The same, with MESSAGE-INTEGRITY-SHA256 in its full length (section 14.6). */
	verifySHA256(key: ArrayBuffer | Uint8Array, crypto: LongTermCrypto): boolean {
		const integrity = this.offsetOf(attributeIntegritySHA256);
		if (!integrity || read16(this.data, integrity - 2) !== integritySHA256Size) return false;
		return this.check(integrity, integritySHA256Size, (data) => crypto.hmacSHA256(key, data), crypto);
	}

	private check(
		integrity: number,
		size: number,
		hmac: (data: Uint8Array) => ArrayBuffer,
		crypto: StunCrypto,
	): boolean {
		const { data } = this;
		const fingerprint = this.offsetOf(attributeFingerprint);
		if (fingerprint) {
			const crc = (crypto.crc32(data.subarray(0, fingerprint - 4)) ^ fingerprintXor) >>> 0;
			if (crc !== read32(data, fingerprint)) return false;
		}
		const length = read16(data, 2);
		write16(data, 2, integrity + size - stunHeaderSize);
		const code = hmac(data.subarray(0, integrity - 4));
		write16(data, 2, length);
		return crypto.equal(code, data.subarray(integrity, integrity + size));
	}
}

/** Writes messages into one buffer. Each message is valid until the next `begin`. */
export class StunWriter {
	#data: Uint8Array;
	#size = 0;

	/** @param capacity of the buffer, in bytes: the largest message */
	constructor(capacity: number) {
		this.#data = new Uint8Array(capacity);
	}

	begin(type: number, transactionId: Uint8Array): void {
		const data = this.#data;
		write16(data, 0, type);
		data.set(magicCookie, 4);
		data.set(transactionId, transactionIdOffset);
		this.#size = stunHeaderSize;
	}

	/** Room for an attribute's value, its header written and its padding zeroed. Returns the value's offset. */
	private attribute(type: number, size: number): number {
		const data = this.#data;
		const at = this.#size;
		const end = at + 4 + ((size + 3) & ~3);
		if (end > data.length) throw new RangeError("STUN message: too large");
		write16(data, at, type);
		write16(data, at + 2, size);
		data.fill(0, at + 4 + size, end);
		this.#size = end;
		return at + 4;
	}

	bytes(type: number, value: Uint8Array): void {
		this.#data.set(value, this.attribute(type, value.length));
	}

	flag(type: number): void {
		this.attribute(type, 0);
	}

	uint32(type: number, value: number): void {
		write32(this.#data, this.attribute(type, 4), value);
	}

	/** @param address an IP address; a zone is left out */
	xorMappedAddress(address: string, port: number): void {
		this.xorAddress(attributeXorMappedAddress, address, port);
	}

	/** @param address an IP address; a zone is left out */
	xorAddress(type: number, address: string, port: number): void {
		const bytes = addressBytes(address);
		if (!bytes) throw new RangeError("address: not an IP address");
		const data = this.#data;
		const at = this.attribute(type, 4 + bytes.length);
		write16(data, at, bytes.length === 4 ? 1 : 2);
		write16(data, at + 2, port ^ read16(data, 4));
		for (let i = 0; i < bytes.length; i++) data[at + 4 + i] = bytes[i]! ^ data[4 + i]!;
	}

	/** Without a reason phrase: nobody reads it. */
	errorCode(code: number): void {
		const at = this.attribute(attributeErrorCode, 4);
		write16(this.#data, at, 0);
		write16(this.#data, at + 2, (Math.floor(code / 100) << 8) | (code % 100));
	}

	/** UNKNOWN-ATTRIBUTES, RFC 8489 section 14.10. */
	unknownAttributes(types: readonly number[]): void {
		const at = this.attribute(attributeUnknown, 2 * types.length);
		for (let i = 0; i < types.length; i++) write16(this.#data, at + 2 * i, types[i] as number);
	}

	/** MESSAGE-INTEGRITY over all that was written so far. */
	integrity(key: ArrayBuffer | Uint8Array, crypto: StunCrypto): void {
		const covered = this.#size;
		const at = this.attribute(attributeIntegrity, integritySize);
		write16(this.#data, 2, this.#size - stunHeaderSize);
		this.#data.set(new Uint8Array(crypto.hmacSHA1(key, this.#data.subarray(0, covered))), at);
	}

	/** MESSAGE-INTEGRITY-SHA256 (RFC 8489 section 14.6) over all that was written so far. */
	integritySHA256(key: ArrayBuffer | Uint8Array, crypto: LongTermCrypto): void {
		const covered = this.#size;
		const at = this.attribute(attributeIntegritySHA256, integritySHA256Size);
		write16(this.#data, 2, this.#size - stunHeaderSize);
		this.#data.set(new Uint8Array(crypto.hmacSHA256(key, this.#data.subarray(0, covered))), at);
	}

	/** FINGERPRINT, always the last attribute. */
	fingerprint(crypto: StunCrypto): void {
		const covered = this.#size;
		const at = this.attribute(attributeFingerprint, 4);
		write16(this.#data, 2, this.#size - stunHeaderSize);
		write32(this.#data, at, (crypto.crc32(this.#data.subarray(0, covered)) ^ fingerprintXor) >>> 0);
	}

	/** The message. */
	end(): Uint8Array {
		write16(this.#data, 2, this.#size - stunHeaderSize);
		return this.#data.subarray(0, this.#size);
	}
}

// All of a message of ICE but USERNAME: the largest is an error 420 with as many unknown attributes as the reader takes.
const baseCapacity = 160;

/** A reader and a writer, for as many agents, or clients of servers, as there are: each message is done with before the next. */
export class StunMessages {
	readonly reader = new StunReader();
	readonly writer: StunWriter;

	/** @param capacity in bytes: the largest message that is written. Default: an agent's */
	constructor(capacity = baseCapacity + largestUsername) {
		this.writer = new StunWriter(capacity);
	}
}

function isStun(data: Uint8Array): boolean {
	return (
		data.length >= stunHeaderSize &&
		data[0]! < 4 &&
		read16(data, 2) === data.length - stunHeaderSize &&
		(data.length & 3) === 0 &&
		data[4]! === magicCookie[0] &&
		data[5]! === magicCookie[1] &&
		data[6]! === magicCookie[2] &&
		data[7]! === magicCookie[3]
	);
}

/** Whether a value of this size can be one of this attribute. */
function isSized(type: number, size: number): boolean {
	switch (type) {
		case attributeUsername:
			return size <= largestUsername;
		case attributeIntegrity:
			return size === integritySize;
		case attributeErrorCode:
			return size >= 4;
		case attributeXorMappedAddress:
			return size === 8 || size === 20;
		case attributePriority:
		case attributeLifetime:
		case attributeFingerprint:
			return size === 4;
		case attributeUseCandidate:
			return size === 0;
		case attributeIceControlled:
		case attributeIceControlling:
			return size === 8;
		default:
			return true;
	}
}

function matches(data: Uint8Array, offset: number, bytes: Uint8Array): boolean {
	for (let i = 0; i < bytes.length; i++) if (data[offset + i] !== bytes[i]) return false;
	return true;
}

function read16(data: Uint8Array, offset: number): number {
	return (data[offset]! << 8) | data[offset + 1]!;
}

function read32(data: Uint8Array, offset: number): number {
	return ((read16(data, offset) << 16) | read16(data, offset + 2)) >>> 0;
}

function write16(data: Uint8Array, offset: number, value: number): void {
	data[offset] = value >> 8;
	data[offset + 1] = value;
}

function write32(data: Uint8Array, offset: number, value: number): void {
	write16(data, offset, value >>> 16);
	write16(data, offset + 2, value & 0xffff);
}
