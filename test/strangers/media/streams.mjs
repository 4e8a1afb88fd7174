// SPDX-License-Identifier: Apache-2.0
// Streams, headers and RTCP that lie, whatever their payloads are.
// @ts-check
import { randomBytes, randomInt } from "node:crypto";
import { anySsrc, one, ours, oursAudio, rtp, some, times } from "./packets.mjs";
import { payloadTypes } from "./sender.mjs";

/** @typedef {import("./sender.mjs").Sender} Sender */
/** @typedef {(sender: Sender, turn: number) => void} Make */

/** @param {number} type @param {number} count @param {Buffer} body @param {number} [words] that it says it has */
function rtcp(type, count, body, words = Math.ceil(body.length / 4)) {
	const packet = Buffer.alloc(4 + Math.ceil(body.length / 4) * 4);
	packet[0] = 0x80 | count;
	packet[1] = type;
	packet.writeUInt16BE(words & 0xffff, 2);
	body.copy(packet, 4);
	return packet;
}

/** @param {...number} values */
function words(...values) {
	const buffer = Buffer.alloc(values.length * 4);
	values.forEach((value, i) => buffer.writeUInt32BE(value >>> 0, i * 4));
	return buffer;
}

/** A compound of any kinds, whose first is a report as receivers want it. @param {Sender} sender */
function compound(sender) {
	const targets = [...sender.theirs, ours, oursAudio, anySsrc(), 0, 0xffffffff];
	const parts = [rtcp(201, 0, words(one(targets)))];
	times(randomInt(1, 8), () => {
		const kind = one([200, 201, 202, 203, 204, 205, 206, 207, 192, 255]);
		const body = Buffer.concat([words(one(targets), one(targets)), some(200)]);
		parts.push(rtcp(kind, randomInt(0, 32), body, randomInt(0, 6) ? undefined : randomInt(0, 65536)));
	});
	return Buffer.concat(parts);
}

/** @param {Sender} sender */
function lies(sender) {
	for (const ssrc of [...sender.theirs, ours, anySsrc()]) {
		const block = [ssrc, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff];
		sender.say(
			Buffer.concat([rtcp(201, 1, words(ours, ...block)), rtcp(202, 1, Buffer.from([...words(ours), 1, 255]))]),
		);
		sender.say(rtcp(200, 1, words(ours, 0xffffffff, 0, 0x80000000, 0xffffffff, 0xffffffff, ...block)));
		sender.say(
			Buffer.concat([
				rtcp(201, 0, words(ours)),
				rtcp(206, 15, Buffer.concat([words(ours, 0), Buffer.from("REMB"), Buffer.from([255, 255, 255, 255])])),
			]),
		);
		sender.say(Buffer.concat([rtcp(201, 0, words(ours)), rtcp(206, 4, words(ours, 0, ...Array(60).fill(ssrc)))]));
		sender.say(
			Buffer.concat([rtcp(201, 0, words(ours)), rtcp(205, 1, words(ours, ssrc, ...Array(200).fill(0xffff)))]),
		);
		sender.say(Buffer.concat([rtcp(201, 0, words(ours)), rtcp(207, 0, Buffer.concat([words(ours), some(300)]))]));
		sender.say(
			Buffer.concat([rtcp(201, 0, words(ours)), rtcp(205, 15, Buffer.concat([words(ours, ssrc), some(300)]))]),
		);
	}
}

/** @type {readonly [string, Make][]} */
export const streams = [
	[
		"the device's own SSRCs",
		(sender) => times(10, () => sender.theirs.forEach((ssrc) => rtp(sender, { ssrc }, some(100)))),
	],
	[
		"one SSRC of both sections in turn",
		(sender) =>
			times(20, (i) =>
				rtp(
					sender,
					{
						ssrc: ours + 7,
						mid: sender.mids[i % 2 ? "audio" : "video"] ?? "",
						...(i % 2 ? { payloadType: payloadTypes.opus } : {}),
					},
					some(100),
				),
			),
	],
	[
		"numbers and times that jump",
		(sender, turn) =>
			times(20, (i) =>
				rtp(
					sender,
					{ ssrc: ours + 100 + (turn % 3), sequence: (turn * 20 + i) * 997, timestamp: anySsrc() },
					some(800),
				),
			),
	],
	["payload types that were not agreed", (sender) => times(64, (i) => rtp(sender, { payloadType: i * 2 }, some(40)))],
	[
		"retransmissions of nothing",
		(sender) =>
			times(20, () =>
				rtp(
					sender,
					{ payloadType: payloadTypes.rtx, ssrc: one([ours + 1, anySsrc()]) },
					some(4 + randomInt(0, 600)),
				),
			),
	],
	[
		"padding alone, as long as it says or not",
		(sender) =>
			times(30, (i) =>
				rtp(
					sender,
					{ first: 0xa0, ...(i % 2 ? { payloadType: payloadTypes.opus, ssrc: oursAudio } : {}) },
					Buffer.concat([Buffer.alloc(randomInt(0, 255)), Buffer.from([randomInt(0, 256)])]),
				),
			),
	],
	[
		"header extensions of every length",
		(sender, turn) =>
			times(20, (i) => {
				const size = 4 * ((turn * 20 + i) % 280);
				const extension = Buffer.concat([Buffer.alloc(4), randomBytes(size)]);
				extension.writeUInt16BE(one([0xbede, 0x1000, 0x100f, 0xbedf, 0]));
				extension.writeUInt16BE((size / 4 + (randomInt(0, 5) ? 0 : one([1, -1, 65535]))) & 0xffff, 2);
				rtp(sender, { extension }, some(60));
			}),
	],
	[
		"contributing sources, and other versions",
		(sender) => times(30, () => rtp(sender, { first: randomInt(0, 256) }, some(100))),
	],
	[
		"nothing, or one byte",
		(sender) =>
			times(20, (i) =>
				rtp(sender, i % 4 < 2 ? {} : { payloadType: payloadTypes.opus, ssrc: oursAudio }, some(i % 2)),
			),
	],
	["compounds of every kind", (sender) => times(10, () => sender.say(compound(sender)))],
	["reports, requests and feedback that lie", (sender) => lies(sender)],
	[
		"good-byes for everybody",
		(sender) => {
			const all = [...sender.theirs, ours, oursAudio, anySsrc()];
			sender.say(Buffer.concat([rtcp(201, 0, words(ours)), rtcp(203, all.length, words(...all))]));
			sender.say(
				Buffer.concat([
					rtcp(201, 0, words(ours)),
					rtcp(203, 31, words(...Array.from({ length: 31 }, anySsrc))),
				]),
			);
		},
	],
	// The last, for a peer may have 16 at once, and these are not forgotten for 30 s.
	["SSRCs, each once", (sender) => times(30, () => rtp(sender, { ssrc: anySsrc() }, some(100)))],
	[
		"SSRCs, each once, of a section",
		(sender) =>
			times(30, (i) =>
				rtp(sender, { ssrc: anySsrc(), mid: sender.mids[i % 2 ? "audio" : "video"] ?? "" }, some(100)),
			),
	],
	[
		"SSRCs of sections that there are not",
		(sender) =>
			times(30, () => rtp(sender, { ssrc: anySsrc(), mid: some(15).toString("hex").slice(0, 16) }, some(100))),
	],
];
