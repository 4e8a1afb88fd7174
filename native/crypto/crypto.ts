// SPDX-License-Identifier: Apache-2.0

/** What the functions read: bytes, wherever they lie. */
export type Bytes = ArrayBuffer | Uint8Array | DataView;

/** HMAC-SHA-1 (RFC 2104), 20 bytes: STUN's MESSAGE-INTEGRITY (RFC 8489 section 14.5). */
export function hmacSHA1(this: void, key: Bytes, data: Bytes): ArrayBuffer {
	return native("xs_rtc_hmac_sha1").call(this, key, data);
}

/** HMAC-SHA-256 (RFC 2104), 32 bytes. */
export function hmacSHA256(this: void, key: Bytes, data: Bytes): ArrayBuffer {
	return native("xs_rtc_hmac_sha256").call(this, key, data);
}

/** SHA-256, 32 bytes. */
export function sha256(this: void, data: Bytes): ArrayBuffer {
	return native("xs_rtc_sha256").call(this, data);
}

/** MD5, 16 bytes: only for the long-term key of STUN and TURN (RFC 8489 section 9.2.2). */
export function md5(this: void, data: Bytes): ArrayBuffer {
	return native("xs_rtc_md5").call(this, data);
}

/** CRC-32 (ISO-HDLC), unsigned: STUN's FINGERPRINT before its XOR (RFC 8489 section 14.7). */
export function crc32(this: void, data: Bytes): number {
	return native("xs_rtc_crc32").call(this, data);
}

/** Whether the bytes are the same, in a time that does not tell where they differ. Unequal lengths are not equal. */
export function equal(this: void, a: Bytes, b: Bytes): boolean {
	return native("xs_rtc_equal").call(this, a, b);
}

/**
 * Cryptographically secure random bytes.
 * @param count 0 to 1024
 * @throws RangeError for another count
 */
export function randomBytes(this: void, count: number): ArrayBuffer {
	return native("xs_rtc_random_bytes").call(this, count);
}
