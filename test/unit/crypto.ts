// SPDX-License-Identifier: Apache-2.0
// What "webrtc/native/crypto" gives on a device, by Node.js; and with seeded randomness, for tests that repeat exactly.
import { createHash, createHmac, randomBytes as nodeRandomBytes, timingSafeEqual } from "node:crypto";
import { crc32 as nodeCrc32 } from "node:zlib";
import { Random } from "./clock";

type Bytes = ArrayBuffer | Uint8Array | DataView;

function view(bytes: Bytes): Uint8Array {
	return bytes instanceof ArrayBuffer
		? new Uint8Array(bytes)
		: new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function own(bytes: Uint8Array): ArrayBuffer {
	return new Uint8Array(bytes).buffer;
}

export function hmacSHA1(key: Bytes, data: Bytes): ArrayBuffer {
	return own(createHmac("sha1", view(key)).update(view(data)).digest());
}

export function hmacSHA256(key: Bytes, data: Bytes): ArrayBuffer {
	return own(createHmac("sha256", view(key)).update(view(data)).digest());
}

export function sha256(data: Bytes): ArrayBuffer {
	return own(createHash("sha256").update(view(data)).digest());
}

export function md5(data: Bytes): ArrayBuffer {
	return own(createHash("md5").update(view(data)).digest());
}

export function crc32(data: Bytes): number {
	return nodeCrc32 ? nodeCrc32(view(data)) : crc32ByHand(view(data));
}

export function equal(a: Bytes, b: Bytes): boolean {
	return a.byteLength === b.byteLength && timingSafeEqual(view(a), view(b));
}

export function randomBytes(count: number): ArrayBuffer {
	return own(nodeRandomBytes(count));
}

/** The same functions, with randomness that a seed decides. */
export function seededCrypto(seed: number) {
	const random = new Random(seed);
	return {
		hmacSHA1,
		hmacSHA256,
		sha256,
		md5,
		crc32,
		equal,
		randomBytes(count: number): ArrayBuffer {
			return Uint8Array.from({ length: count }, () => random.integer(256)).buffer;
		},
	};
}

// Node.js has zlib.crc32 since 20.15 and 22.2.
function crc32ByHand(bytes: Uint8Array): number {
	let crc = 0xffffffff;
	for (const byte of bytes) {
		crc ^= byte;
		for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
	}
	return ~crc >>> 0;
}
