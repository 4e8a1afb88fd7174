// SPDX-License-Identifier: Apache-2.0
// JSON (RFC 8259) as the payload of a KVS viewer's message: what parses to more than it seems, and what does not parse.
// @ts-check
import { composeOffer, times } from "../offer.mjs";

const most = 7500; // bytes: the service takes 10,000 characters of base64
const quoted = (/** @type {string} */ text) => JSON.stringify(text);

/** As many values as there is room for. @param {(index: number) => string} value */
function list(value) {
	const values = [];
	for (let index = 0, size = 20; ; index++) {
		const next = value(index);
		size += next.length + 1;
		if (size > most) return values.join(",");
		values.push(next);
	}
}

/** @type {[string, () => string | Buffer][]} */
const payloads = [
	["empty arrays", () => `{"sdp":[${list(() => "[]")}]}`],
	["empty objects", () => `{"sdp":[${list(() => "{}")}]}`],
	["empty strings", () => `{"sdp":[${list(() => '""')}]}`],
	["strings of one letter", () => `{"sdp":[${list(() => '"a"')}]}`],
	["numbers", () => `{"sdp":[${list((i) => String(i % 10))}]}`],
	["numbers with fractions", () => `{"sdp":[${list(() => "1e-7")}]}`],
	["nulls", () => `{"sdp":[${list(() => "null")}]}`],
	["names", () => `{${list((i) => `"a${i}":1`)}}`],
	["one name again and again", () => `{${list(() => '"sdp":1')}}`],
	["names that are known", () => `{"sdp":[${list(() => '{"sdp":{}}')}]}`],
	["arrays in arrays", () => `{"sdp":${"[".repeat(3000)}${"]".repeat(3000)}}`],
	["objects in objects", () => `${'{"sdp":'.repeat(900)}1${"}".repeat(900)}`],
	["a number of 7,000 digits", () => `{"sdp":${"9".repeat(7000)}}`],
	["a string of 7,000 characters", () => `{"type":"offer","sdp":${quoted("v".repeat(7000))}}`],
	["an SDP of line ends", () => `{"type":"offer","sdp":${quoted(`v=0\r\n${"\r\n".repeat(1500)}`)}}`],
	["escapes", () => `{"type":"offer","sdp":"v=0${"\\u0000".repeat(1100)}"}`],
	["half escapes", () => `{"type":"offer","sdp":"v=0${"\\u".repeat(2000)}"}`],
	["lone surrogates", () => `{"type":"offer","sdp":"v=0${"\\ud800".repeat(1100)}"}`],
	["__proto__", () => '{"__proto__":{"sdp":"v=0"},"constructor":{"prototype":{"x":1}}}'],
	["no object", () => "[]"],
	["nothing", () => " "],
	["white space", () => `${" ".repeat(7000)}{}`],
	["half an object", () => '{"type":"offer","sdp":"v=0'],
	["two objects", () => "{}{}"],
	["bytes that are no UTF-8", () => Buffer.alloc(7000, 0xfe)],
	["a candidate of 5,000 characters", () => `{"candidate":${quoted(`candidate:${"1 ".repeat(2500)}`)},"sdpMid":"0"}`],
	[
		"an offer with 32 sections",
		() => {
			const sections = times(30, (i) => [
				"m=video 9 UDP/TLS/RTP/SAVPF 96",
				`a=mid:s${i}`,
				"a=rtpmap:96 H264/90000",
			]);
			return JSON.stringify({ type: "offer", sdp: composeOffer({ sections }) });
		},
	],
];

/** @type {readonly { name: string, payload(): Buffer }[]} */
export default payloads.map(([name, payload]) => ({ name: `JSON: ${name}`, payload: () => Buffer.from(payload()) }));
