// SPDX-License-Identifier: Apache-2.0
// Trickle fragments (RFC 8840) for a session of the stranger's own, which never connects.
// @ts-check
import { candidate, times } from "../offer.mjs";

/** @type {[string, (session: import("../stranger.mjs").Session) => string | Buffer][]} */
const fragments = [
	["60 candidates", (session) => fragment(session, times(60, candidate))],
	["150 candidates", (session) => fragment(session, times(150, candidate))],
	[
		"150 candidates again and again",
		(session) =>
			fragment(
				session,
				times(150, () => candidate(3)),
			),
	],
	[
		"mDNS names",
		(session) =>
			fragment(
				session,
				times(150, (i) => `a=candidate:1 1 udp 2113937151 ${i}.local 5000 typ host`),
			),
	],
	["sections", (session) => `${head(session)}${times(500, (i) => `m=audio 9 RTP/AVP 0\r\na=mid:${i}\r\n`).join("")}`],
	[
		"ends",
		(session) =>
			fragment(
				session,
				times(400, () => "a=end-of-candidates"),
			),
	],
	[
		"unknown lines",
		(session) =>
			fragment(
				session,
				times(900, (i) => `a=x${i}`),
			),
	],
	["a long candidate", (session) => fragment(session, [`${candidate(1)}${" x y".repeat(2500)}`])],
	[
		"other credentials each time",
		() => fragment({ own: { ufrag: `u${Math.random()}`, pwd: "p".repeat(30) } }, [candidate(1)]),
	],
	["a long ufrag", () => fragment({ own: { ufrag: "u".repeat(9000), pwd: "p".repeat(22) } }, [candidate(1)])],
	["half a line", (session) => `${head(session)}m=aud`],
	["nothing", () => "\r\n"],
	["no UTF-8", () => Buffer.alloc(3000, 0xc3)],
	["too much", (session) => fragment(session, times(6000, candidate))],
];

/** @param {{ own: { ufrag: string, pwd: string } }} session */
const head = ({ own }) => `a=ice-ufrag:${own.ufrag}\r\na=ice-pwd:${own.pwd}\r\n`;

/** @param {{ own: { ufrag: string, pwd: string } }} session @param {string[]} lines */
export function fragment(session, lines) {
	return `${head(session)}m=video 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n${lines.join("\r\n")}\r\n`;
}

/** @type {import("../shapes.mjs").Shape[]} */
export default fragments.map(([name, text]) => ({
	name: `fragment: ${name}`,
	async attempt(stranger) {
		const session = await stranger.enter();
		if (!session) return 0;
		let status = 0;
		for (let count = 0; count < 4; count++) ({ status } = await stranger.trickle(session, text(session)));
		return status;
	},
}));
