// SPDX-License-Identifier: Apache-2.0
// Payloads of pictures that no encoder has made.
// @ts-check
import { randomBytes, randomInt } from "node:crypto";
import { fragments, parameters, picture } from "./h264.mjs";
import { frame, one, rtp, some, times } from "./packets.mjs";

/** @typedef {import("./sender.mjs").Sender} Sender */
/** @typedef {(sender: Sender, turn: number) => void} Make */

/** @type {readonly [string, Make][]} */
const h264 = [
	["good pictures", (sender, turn) => frame(sender, [picture(20, 15, turn)])],
	[
		"fragments that begin and do not end",
		(sender) => times(20, () => rtp(sender, {}, Buffer.concat([Buffer.from([0x7c, 0x85]), some(900)]))),
	],
	[
		"fragments that never began",
		(sender) =>
			times(20, (i) =>
				rtp(
					sender,
					{ marker: i % 5 === 0 },
					Buffer.concat([Buffer.from([0x7c, one([0x05, 0x45, 0xc5, 0x41])]), some(900)]),
				),
			),
	],
	[
		"aggregates whose lengths lie",
		(sender) =>
			times(20, () =>
				rtp(
					sender,
					{ marker: true },
					Buffer.concat([
						Buffer.from([0x78, 0, one([0, 1, 2, 5, 255])]),
						Buffer.from([one([0x67, 0x68, 0x65, 0x78, 0x7c])]),
						some(300),
					]),
				),
			),
	],
	["pictures of 16000 x 16000", (sender, turn) => frame(sender, [picture(1000, 1000, turn)])],
	["pictures of 4096 x 2304", (sender, turn) => frame(sender, [picture(256, 144, turn)])],
	[
		"another size with each picture",
		(sender, turn) => frame(sender, [picture(randomInt(1, 256), randomInt(1, 144), turn)]),
	],
	[
		"narrow and wide pictures",
		(sender, turn) => frame(sender, [turn % 2 ? picture(4095, 1, turn) : picture(1, 4095, turn)]),
	],
	[
		"slices of noise behind good parameters",
		(sender) => frame(sender, [parameters(20, 15), Buffer.concat([Buffer.from([0x65]), randomBytes(900)])]),
	],
	["good starts, then noise", (sender, turn) => frame(sender, [Buffer.concat([picture(20, 15, turn), some(900)])])],
	["frames larger than there is room for", (sender) => frame(sender, fragments(400, 1000))],
	[
		"parameters of noise",
		(sender) =>
			frame(sender, [
				Buffer.concat([Buffer.from([0x67]), some(400)]),
				Buffer.concat([Buffer.from([0x68]), some(400)]),
				Buffer.concat([Buffer.from([0x65]), some(400)]),
			]),
	],
	["any units", (sender) => times(20, (i) => rtp(sender, { marker: i % 3 === 0 }, some(600)))],
];

/** RFC 7741 section 4.2, RFC 6386 section 9.1. @param {number} width @param {number} height @param {Buffer} rest */
function vp8Key(width, height, rest) {
	const head = Buffer.from([0x10, 0x10, 0x02, 0, 0x9d, 0x01, 0x2a, 0, 0, 0, 0]);
	head.writeUInt16LE(width & 0xffff, 7);
	head.writeUInt16LE(height & 0xffff, 9);
	return Buffer.concat([head, rest]);
}

/** @type {readonly [string, Make][]} */
const vp8 = [
	["pictures of 16383 x 16383", (sender) => frame(sender, [vp8Key(0x3fff, 0x3fff, randomBytes(900))])],
	["pictures of 4096 x 2304", (sender) => frame(sender, [vp8Key(4096, 2304, randomBytes(900))])],
	[
		"another size with each picture",
		(sender) => frame(sender, [vp8Key(randomInt(0, 65536), randomInt(0, 65536), randomBytes(900))]),
	],
	["small pictures of noise", (sender) => frame(sender, [vp8Key(320, 240, randomBytes(900))])],
	[
		"descriptors of any kind",
		(sender) =>
			times(20, () =>
				rtp(
					sender,
					{ marker: true },
					Buffer.concat([Buffer.from([randomInt(0, 256), randomInt(0, 256)]), some(300)]),
				),
			),
	],
	[
		"a key frame, then noise",
		(sender) => {
			frame(sender, [vp8Key(320, 240, randomBytes(900))]);
			times(5, () => frame(sender, [Buffer.concat([Buffer.from([0x10, 0x11]), some(900)])]));
		},
	],
];

const unit = (/** @type {number} */ type, /** @type {Buffer} */ rest) =>
	Buffer.concat([Buffer.from([type << 1, 1]), rest]);
/** @type {readonly [string, Make][]} */
const h265 = [
	[
		"parameters and slices of noise",
		(sender) =>
			frame(sender, [
				unit(32, some(60)),
				unit(33, some(90)),
				unit(34, some(40)),
				unit(19, Buffer.concat([Buffer.from([0x80]), some(800)])),
			]),
	],
	[
		"aggregates and fragments of noise",
		(sender) => times(20, (i) => rtp(sender, { marker: i % 3 === 0 }, unit(i % 2 ? 48 : 49, some(600)))),
	],
	["any units", (sender) => times(20, (i) => rtp(sender, { marker: i % 3 === 0 }, some(600)))],
];

export const pictures = Object.freeze({ H264: h264, VP8: vp8, H265: h265 });
