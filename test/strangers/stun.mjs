// SPDX-License-Identifier: Apache-2.0
// STUN messages (RFC 8489), right ones and wrong ones.
// @ts-check
import { createHmac, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

const cookie = Buffer.from("2112a442", "hex");
const fingerprintXor = 0x5354554e;

export const type = Object.freeze({ request: 0x0001, indication: 0x0011, success: 0x0101, error: 0x0111 });
export const attribute = Object.freeze({
	username: 0x0006,
	integrity: 0x0008,
	errorCode: 0x0009,
	unknown: 0x000a,
	xorMappedAddress: 0x0020,
	priority: 0x0024,
	useCandidate: 0x0025,
	fingerprint: 0x8028,
	controlled: 0x8029,
	controlling: 0x802a,
});

/** @param {number} value @returns {Buffer} */
export function word(value) {
	const bytes = Buffer.alloc(4);
	bytes.writeUInt32BE(value >>> 0);
	return bytes;
}

/** @param {number} kind @param {Buffer} [value] @param {number} [length] the length that it says it has */
export function tlv(kind, value = Buffer.alloc(0), length = value.length) {
	const head = Buffer.alloc(4);
	head.writeUInt16BE(kind, 0);
	head.writeUInt16BE(length & 0xffff, 2);
	return Buffer.concat([head, value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
}

/** @param {number} kind @param {Buffer} body @param {Buffer} transaction @param {number} size of the body, as it says */
function header(kind, body, transaction, size = body.length) {
	const head = Buffer.alloc(4);
	head.writeUInt16BE(kind, 0);
	head.writeUInt16BE(size & 0xffff, 2);
	return Buffer.concat([head, cookie, transaction, body]);
}

/**
 * A message with MESSAGE-INTEGRITY (with a password) and FINGERPRINT.
 * @param {number} kind
 * @param {Buffer[]} attributes
 * @param {{ password?: string, transaction?: Buffer, fingerprint?: boolean }} [options]
 */
export function compose(kind, attributes, { password, transaction = randomBytes(12), fingerprint = true } = {}) {
	let body = Buffer.concat(attributes);
	if (password !== undefined) {
		const signed = header(kind, body, transaction, body.length + 24);
		body = Buffer.concat([body, tlv(attribute.integrity, createHmac("sha1", password).update(signed).digest())]);
	}
	if (!fingerprint) return header(kind, body, transaction);
	const summed = header(kind, body, transaction, body.length + 8);
	return header(
		kind,
		Buffer.concat([body, tlv(attribute.fingerprint, word(crc32(summed) ^ fingerprintXor))]),
		transaction,
	);
}

/**
 * A check (RFC 8445 section 7.2.2) from a stranger to the device.
 * @param {import("./stranger.mjs").Session} session
 * @param {Buffer[]} [more] attributes
 */
export function check({ own, device }, more = []) {
	const attributes = [
		tlv(attribute.username, Buffer.from(`${device.ufrag}:${own.ufrag}`)),
		tlv(attribute.priority, word(1_845_501_695)),
		tlv(attribute.controlling, randomBytes(8)),
		...more,
	];
	return compose(type.request, attributes, { password: device.pwd });
}
