// SPDX-License-Identifier: Apache-2.0
// Offers of a viewer, of which each part can be made larger than anybody needs.
// @ts-check
import { randomBytes } from "node:crypto";

/** Characters of RFC 8839's ice-char. @param {number} length */
const iceCharacters = (length) => randomBytes(length).toString("base64").replace(/[+/=]/g, "x").slice(0, length);

/** @returns {{ ufrag: string, pwd: string }} */
export const randomCredentials = () => ({ ufrag: iceCharacters(8), pwd: iceCharacters(24) });

/** @template T @param {number} count @param {(index: number) => T} make @returns {T[]} */
export const times = (count, make) => Array.from({ length: count }, (_, index) => make(index));

/** A line of SDP; no two have the same address and port. @param {number} index */
export const candidate = (index) =>
	`a=candidate:${index} 1 udp ${2_000_000_000 + index} 10.${index >> 8}.${index & 255}.9 ${40_000 + index} typ host`;

/**
 * @typedef {object} OfferParts
 * @property {{ ufrag: string, pwd: string }} [own]
 * @property {string[]} [session] lines at session level, after the usual ones
 * @property {string[]} [video] lines of the video section
 * @property {string} [formats] payload types of the video section
 * @property {string} [direction]
 * @property {string[][]} [sections] further ones, after audio and video
 * @property {string} [group] the mids of the bundle
 */

/** @param {OfferParts} [parts] @returns {string} */
export function composeOffer(parts = {}) {
	const { own = randomCredentials(), session = [], video = [], sections = [] } = parts;
	const { formats = "108", direction = "recvonly", group = "0 1" } = parts;
	const transport = (/** @type {string} */ mid) => [
		"c=IN IP4 0.0.0.0",
		`a=mid:${mid}`,
		`a=${direction}`,
		"a=rtcp-mux",
		`a=ice-ufrag:${own.ufrag}`,
		`a=ice-pwd:${own.pwd}`,
		`a=fingerprint:sha-256 ${times(32, (index) => (index + 16).toString(16).toUpperCase()).join(":")}`,
		"a=setup:actpass",
	];
	const lines = [
		"v=0",
		"o=- 4611731400430051336 2 IN IP4 127.0.0.1",
		"s=-",
		"t=0 0",
		...(group ? [`a=group:BUNDLE ${group}`] : []),
		"a=ice-options:trickle",
		...session,
		`m=video 9 UDP/TLS/RTP/SAVPF ${formats}`,
		...transport("0"),
		"a=rtpmap:108 H264/90000",
		"a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
		...video,
		"m=audio 9 UDP/TLS/RTP/SAVPF 111",
		...transport("1"),
		"a=rtpmap:111 opus/48000/2",
		...sections.flat(),
	];
	return `${lines.join("\r\n")}\r\n`;
}
