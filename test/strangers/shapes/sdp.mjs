// SPDX-License-Identifier: Apache-2.0
// Offers: each list of a description (RFC 8866, RFC 9429) with more than there is room for, each value longer.
// @ts-check
import { candidate, composeOffer, times } from "../offer.mjs";

const largest = 12_288; // bytes of an offer that a device reads

/** As many of a line as an offer holds, or `most`. @param {(index: number) => string} line @param {number} [most] */
function fill(line, most = Infinity) {
	const room = largest - composeOffer().length - 64;
	/** @type {string[]} */
	const lines = [];
	for (let size = 0; lines.length < most;) {
		const next = line(lines.length);
		size += next.length + 2;
		if (size > room) break;
		lines.push(next);
	}
	return lines;
}

const fingerprint = `sha-256 ${"AB:".repeat(31)}AB`;
const section = (/** @type {number} */ index, kind = "video") => [
	`m=${kind} 9 UDP/TLS/RTP/SAVPF 96`,
	`a=mid:s${index}`,
	"a=rtpmap:96 H264/90000",
	"a=recvonly",
];
/** Lines that fill the video section. @type {[string, (index: number) => string][]} */
const videoLines = [
	["extmap", (i) => `a=extmap:${i + 1} urn:x:${i}`],
	["extmap of one id", () => "a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid"],
	["candidate", candidate],
	["candidate of one address", () => candidate(1)],
	["mDNS candidate", (i) => `a=candidate:1 1 udp 2113937151 ${i}a-b.local ${40_000 + i} typ host`],
	["TCP candidate", (i) => `a=candidate:1 1 tcp 1518280447 10.0.0.1 ${i + 1} typ host tcptype active`],
	["IPv6 candidate", (i) => `a=candidate:1 1 udp 2113937151 fe80::${i.toString(16)} 4000 typ host`],
	["rtpmap", (i) => `a=rtpmap:${i % 128} x${i}/90000`],
	["fmtp", (i) => `a=fmtp:${i % 128} a=${i}`],
	["rtcp-fb", (i) => `a=rtcp-fb:108 nack x${i}`],
	["rtcp-fb for all", () => "a=rtcp-fb:* nack pli"],
	["ssrc", (i) => `a=ssrc:${i + 1} cname:a`],
	["ssrc-group", (i) => `a=ssrc-group:FID ${i + 1} ${i + 2}`],
	["rid", (i) => `a=rid:r${i} recv`],
	["fingerprint", () => `a=fingerprint:${fingerprint}`],
	["msid", (i) => `a=msid:s${i} t${i}`],
	["mid", (i) => `a=mid:${i}`],
	["direction", () => "a=sendrecv"],
	["unknown attribute", (i) => `a=x${i}:${i}`],
	["unknown attribute without a value", () => "a=x"],
	["bandwidth", (i) => `b=AS:${i}`],
	["crypto", () => `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${"A".repeat(40)}`],
	["ice-ufrag", (i) => `a=ice-ufrag:abcd${i}`],
	["imageattr", () => "a=imageattr:108 send [x=1,y=1] recv *"],
];

/** Lines that fill the session's head. @type {[string, (index: number) => string][]} */
const sessionLines = [
	["group", (i) => `a=group:LS ${i}`],
	["bundle group", () => "a=group:BUNDLE 0"],
	["session extmap", (i) => `a=extmap:${i + 1} urn:x:${i}`],
	["session attribute", (i) => `a=y${i}`],
	["time", () => "t=0 0"],
	["email", () => "e=a@b"],
];

/** Values of a length. @type {[string, (length: number) => import("../offer.mjs").OfferParts][]} */
const values = [
	["ufrag", (n) => ({ own: { ufrag: "u".repeat(n), pwd: "p".repeat(24) } })],
	["pwd", (n) => ({ own: { ufrag: "uuuuuuuu", pwd: "p".repeat(n) } })],
	["mid in the bundle", (n) => ({ group: `0 1 ${"m".repeat(n)}` })],
	["bundle", (n) => ({ group: `0 1 ${times(n / 3, (i) => i % 90).join(" ")}` })],
	["fmtp's value", (n) => ({ video: [`a=fmtp:108 profile-level-id=42e01f;${"x".repeat(n)}`] })],
	["fmtp's parameters", (n) => ({ video: [`a=fmtp:108 ${"a=1;".repeat(n / 4)}`] })],
	["payload types", (n) => ({ formats: `108 ${times(n / 4, (i) => i % 128).join(" ")}` })],
	["codec's name", (n) => ({ video: [`a=rtpmap:97 ${"c".repeat(n)}/90000`] })],
	["codec's rate", (n) => ({ video: [`a=rtpmap:97 H264/${"9".repeat(n)}`] })],
	["extmap's URI", (n) => ({ video: [`a=extmap:2 urn:${"u".repeat(n)}`] })],
	["candidate", (n) => ({ video: [`${candidate(1)} ${"x y ".repeat(n / 4)}`] })],
	["fingerprint", (n) => ({ video: [`a=fingerprint:sha-256 ${"AB:".repeat(n / 3)}AB`] })],
	["simulcast", (n) => ({ video: [`a=simulcast:recv ${"a;".repeat(n / 2)}`] })],
	["ssrc-group", (n) => ({ video: [`a=ssrc-group:FID ${"1 ".repeat(n / 2)}`] })],
	["msid", (n) => ({ video: [`a=msid:${"s".repeat(n)} t`] })],
	["attribute", (n) => ({ video: [`a=${"a".repeat(n)}`] })],
	["section's protocol", (n) => ({ sections: [[`m=video 9 ${"P".repeat(n)} 96`]] })],
	["section's kind", (n) => ({ sections: [[`m=${"k".repeat(n)} 9 UDP/TLS/RTP/SAVPF 96`]] })],
	["direction", (n) => ({ direction: "x".repeat(n) })],
];

/** Whole texts that are no offers. @type {[string, () => string | Buffer][]} */
const texts = [
	["nothing but line ends", () => `v=0\r\n${"\r\n".repeat(6000)}`],
	["lines ending in LF", () => composeOffer().replace(/\r\n/g, "\n")],
	["lines ending in CR", () => composeOffer().replace(/\r\n/g, "\r")],
	["a line without end", () => `v=0\r\na=${"x".repeat(12_000)}`],
	["equals signs", () => `v=0\r\n${"=\r\n".repeat(3000)}`],
	["NUL characters", () => `v=0\r\n${"\0".repeat(8000)}`],
	["bytes that are no UTF-8", () => Buffer.concat([Buffer.from("v=0\r\n"), Buffer.alloc(8000, 0xff)])],
	["characters of four bytes", () => `v=0\r\ns=${"😀".repeat(2900)}\r\n`],
	["the second half", () => `v=0\r\n${composeOffer().slice(400)}`],
	["the first half", () => composeOffer().slice(0, 400)],
	["sections of one mid", () => composeOffer({ sections: times(60, () => section(0)) })],
	["an audio section 40 times", () => composeOffer({ sections: times(40, (i) => section(i, "audio")) })],
	[
		"data sections",
		() =>
			composeOffer({
				sections: times(60, (i) => [
					`m=application 9 UDP/DTLS/SCTP webrtc-datachannel`,
					`a=mid:d${i}`,
					"a=sctp-port:5000",
				]),
			}),
	],
	["sections with nothing", () => composeOffer({ sections: times(800, () => ["m=a 0 b c"]) })],
	[
		"32 small sections in the bundle",
		() =>
			composeOffer({
				group: `0 1 ${times(30, (i) => `s${i}`).join(" ")}`,
				sections: times(30, (i) => section(i)),
			}),
	],
	["64 candidates", () => composeOffer({ video: times(64, candidate) })],
	["440 extmaps of 15 letters", () => composeOffer({ video: fill((i) => `a=extmap:${(i % 14) + 1} urn:${i}`, 440) })],
	["no bundle", () => composeOffer({ group: "" })],
	["too much", () => `v=0\r\n${"a=x\r\n".repeat(60_000)}`],
];

/** @type {import("../shapes.mjs").Shape[]} */
export default [
	...videoLines.map(([name, line]) => shape(`lines: ${name}`, () => composeOffer({ video: fill(line) }))),
	...sessionLines.map(([name, line]) => shape(`lines: ${name}`, () => composeOffer({ session: fill(line) }))),
	...values.flatMap(([name, parts]) =>
		[257, 4000, 10_000].map((length) => shape(`${length} characters: ${name}`, () => composeOffer(parts(length)))),
	),
	...texts.map(([name, text]) => shape(name, text)),
];

/** @param {string} name @param {() => string | Buffer} text @returns {import("../shapes.mjs").Shape} */
function shape(name, text) {
	return {
		name: `SDP: ${name}`,
		async attempt(stranger) {
			return (await stranger.offer(text())).status;
		},
	};
}
