// SPDX-License-Identifier: Apache-2.0
// Key frames of H.264 of any size, by hand: parameters, and a slice whose first macroblock is grey (H.264 section 7.3).
// @ts-check
import { randomBytes } from "node:crypto";

class Bits {
	/** @type {number[]} */
	bits = [];

	/** @param {number} count @param {number} value */
	u(count, value) {
		for (let i = count - 1; i >= 0; i--) this.bits.push((value >>> i) & 1);
		return this;
	}

	/** Exp-Golomb. @param {...number} values */
	ue(...values) {
		for (const value of values) {
			const size = 31 - Math.clz32(value + 1);
			this.u(size, 0).u(size + 1, value + 1);
		}
		return this;
	}

	/** A NAL unit: its first byte, what was written, and what keeps start codes out of it. @param {number} first @param {Buffer} [rest] */
	nal(first, rest = Buffer.alloc(0)) {
		this.u(1, 1);
		while (this.bits.length % 8) this.bits.push(0);
		const plain = [];
		for (let i = 0; i < this.bits.length; i += 8) plain.push(parseInt(this.bits.slice(i, i + 8).join(""), 2));
		plain.push(...rest);
		/** @type {number[]} */
		const bytes = [first];
		let zeros = 0;
		for (const byte of plain) {
			if (zeros >= 2 && byte <= 3) zeros = bytes.push(3) * 0;
			bytes.push(byte);
			zeros = byte ? 0 : zeros + 1;
		}
		return Buffer.from(bytes);
	}
}

/** @param {number} width of the picture in macroblocks @param {number} height */
function sets(width, height) {
	const sps = new Bits()
		.u(8, 66)
		.u(8, 0xc0)
		.u(8, 52)
		.ue(0, 0, 2, 1)
		.u(1, 0)
		.ue(width - 1, height - 1)
		.u(4, 0b1100);
	const pps = new Bits().ue(0, 0).u(2, 0).ue(0, 0, 0).u(3, 0).ue(0, 0, 0).u(3, 0);
	return [sps.nal(0x67), pps.nal(0x68)];
}

/** RFC 6184 section 5.7.1. @param {readonly Buffer[]} units */
function aggregate(units) {
	const lengths = units.map(({ length }) => Buffer.from([length >> 8, length & 255]));
	return Buffer.concat([
		Buffer.from([0x78]),
		...units.flatMap((nal, i) => [/** @type {Buffer} */ (lengths[i]), nal]),
	]);
}

/** @param {number} width in macroblocks @param {number} height */
export function parameters(width, height) {
	return aggregate(sets(width, height));
}

/** @param {number} width in macroblocks @param {number} height @param {number} turn */
export function picture(width, height, turn) {
	const slice = new Bits()
		.ue(0, 7, 0)
		.u(4, 0)
		.ue(turn & 1)
		.u(2, 0)
		.ue(0)
		.ue(25);
	while (slice.bits.length % 8) slice.bits.push(0);
	for (let i = 0; i < 384; i++) slice.u(8, 128);
	return aggregate([...sets(width, height), slice.nal(0x65)]);
}

/** A key frame in fragments. @param {number} count @param {number} size bytes of each */
export function fragments(count, size) {
	const middle = Array.from({ length: count }, (_, i) =>
		Buffer.concat([Buffer.from([0x7c, 0x05 | (i ? 0 : 0x80) | (i === count - 1 ? 0x40 : 0)]), randomBytes(size)]),
	);
	return [parameters(20, 15), ...middle];
}
