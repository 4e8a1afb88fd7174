// SPDX-License-Identifier: Apache-2.0
// Payloads of sound that no encoder has made.
// @ts-check
import { randomBytes, randomInt } from "node:crypto";
import { anySsrc, one, oursAudio, rtp, some, times } from "./packets.mjs";
import { payloadTypes } from "./sender.mjs";

/** @typedef {import("./sender.mjs").Sender} Sender */
/** @typedef {(sender: Sender, turn: number) => void} Make */

const opus = { payloadType: payloadTypes.opus, ssrc: oursAudio };
const pcmu = { payloadType: payloadTypes.PCMU, ssrc: oursAudio };
/** @type {readonly [string, Make][]} */
export const sounds = [
	[
		"Opus: each first byte",
		(sender, turn) =>
			times(10, (i) =>
				rtp(
					sender,
					{ ...opus, timestamp: sender.number * 960 },
					Buffer.concat([Buffer.from([(turn * 10 + i) & 255]), some(300)]),
				),
			),
	],
	[
		"Opus: 48 frames, and more than there may be",
		(sender) =>
			times(10, () =>
				rtp(
					sender,
					{ ...opus, timestamp: sender.number * 960 },
					Buffer.concat([
						Buffer.from([randomInt(0, 64) * 4 + 3, one([48, 49, 63, 48 | 0x80, 48 | 0xc0, 0xff, 0])]),
						some(1200),
					]),
				),
			),
	],
	[
		"Opus: large",
		(sender) =>
			times(10, () =>
				rtp(sender, { ...opus, timestamp: sender.number * 960 }, randomBytes(randomInt(1000, 1400))),
			),
	],
	[
		"Opus and PCMU in turn",
		(sender) =>
			times(10, (i) => rtp(sender, { ...(i % 2 ? opus : pcmu), timestamp: sender.number * 160 }, some(200))),
	],
	[
		"PCMU of any length",
		(sender) => times(10, () => rtp(sender, { ...pcmu, timestamp: sender.number * 160 }, some(one([0, 1, 1400])))),
	],
	[
		"sound of any time",
		(sender) =>
			times(10, () =>
				rtp(
					sender,
					{ ...one2(opus, pcmu), timestamp: anySsrc(), sequence: (sender.number += randomInt(0, 2000)) },
					some(200),
				),
			),
	],
];

/** @template T @param {...T} of @returns {T} */
function one2(...of) {
	return /** @type {T} */ (of[randomInt(0, of.length)]);
}
