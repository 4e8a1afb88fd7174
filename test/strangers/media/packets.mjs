// SPDX-License-Identifier: Apache-2.0
// RTP packets with any header, sealed by their sender.
// @ts-check
import { randomBytes, randomInt } from "node:crypto";

/**
 * @typedef {import("./sender.mjs").Sender} Sender
 * @typedef {object} Header
 * @property {number} [payloadType]
 * @property {number} [sequence]
 * @property {number} [timestamp]
 * @property {number} [ssrc]
 * @property {boolean} [marker]
 * @property {number} [first] the first byte
 * @property {Buffer} [extension] its words, with its own head
 * @property {string} [mid]
 */

export const ours = 0x51415141;
export const oursAudio = 0x61416141;

/** @param {Sender} sender @param {Header} header @param {Buffer} payload */
export function rtp(sender, header, payload) {
	const {
		payloadType = sender.payloadType,
		sequence = sender.number++,
		timestamp = sender.number * 3000,
		ssrc = ours,
		marker = false,
		mid,
	} = header;
	let { extension = Buffer.alloc(0) } = header;
	if (mid !== undefined && sender.midId) {
		const element = Buffer.from([(sender.midId << 4) | Math.max(0, mid.length - 1), ...Buffer.from(mid)]);
		extension = Buffer.alloc(4 + ((element.length + 3) & ~3));
		extension.writeUInt32BE(0xbede0000 + (extension.length - 4) / 4);
		element.copy(extension, 4);
	}
	const fixed = Buffer.alloc(12);
	fixed[0] = header.first ?? (extension.length ? 0x90 : 0x80);
	fixed[1] = payloadType | (marker ? 0x80 : 0);
	fixed.writeUInt16BE(sequence & 0xffff, 2);
	fixed.writeUInt32BE(timestamp >>> 0, 4);
	fixed.writeUInt32BE(ssrc >>> 0, 8);
	const cycles = header.sequence === undefined ? sequence >>> 16 : 0;
	sender.send(Buffer.concat([fixed, extension, payload]), 12 + extension.length, cycles);
}

export const anySsrc = () => randomInt(1, 0xffffffff);
export const some = (/** @type {number} */ most) => randomBytes(randomInt(0, most + 1));

/** @param {number} count @param {(i: number) => void} run */
export function times(count, run) {
	for (let i = 0; i < count; i++) run(i);
}

/** @param {readonly number[]} of */
export const one = (of) => of[randomInt(0, of.length)] ?? 0;

/** A good picture each turn, as a stream has them. @param {Sender} sender @param {readonly Buffer[]} payloads @param {Header} [header] */
export function frame(sender, payloads, header = {}) {
	const timestamp = sender.number * 3000;
	payloads.forEach((payload, i) => rtp(sender, { timestamp, marker: i === payloads.length - 1, ...header }, payload));
}
