// SPDX-License-Identifier: Apache-2.0
// Datagrams at the device's UDP port: STUN of a session of the stranger's own, rightly signed and full of nonsense, and
// what else may come there (RFC 7983).
// @ts-check
import { randomBytes } from "node:crypto";
import { times } from "../offer.mjs";
import { attribute, check, compose, tlv, type, word } from "../stun.mjs";

/** @typedef {import("../stranger.mjs").Session} Session */

const sign = (/** @type {Session} */ session, /** @type {number} */ kind, /** @type {Buffer[]} */ attributes) =>
	compose(kind, attributes, { password: session.device.pwd });
const username = (/** @type {Session} */ { own, device }) =>
	tlv(attribute.username, Buffer.from(`${device.ufrag}:${own.ufrag}`));

/** Each makes one datagram; the number counts them. @type {[string, (session: Session, number: number) => Buffer][]} */
const datagrams = [
	["a check", (session) => check(session)],
	["a check that nominates", (session) => check(session, [tlv(attribute.useCandidate)])],
	["the same check again", (session) => (session.first ??= check(session))],
	[
		"a check in the other role",
		(session) =>
			sign(session, type.request, [
				username(session),
				tlv(attribute.priority, word(1)),
				tlv(attribute.controlled, randomBytes(8)),
			]),
	],
	["a check in both roles", (session) => check(session, [tlv(attribute.controlled, randomBytes(8))])],
	[
		"a check of no role",
		(session) => sign(session, type.request, [username(session), tlv(attribute.priority, word(1))]),
	],
	["a check without priority", (session) => sign(session, type.request, [username(session)])],
	[
		"priorities at their ends",
		(session, number) => check(session, [tlv(attribute.priority, word(number % 2 ? 0xffffffff : 0))]),
	],
	[
		"30 unknown attributes",
		(session) =>
			check(
				session,
				times(30, (i) => tlv(0x7f00 + i)),
			),
	],
	[
		"250 unknown attributes",
		(session) =>
			check(
				session,
				times(250, (i) => tlv(0x4000 + i)),
			),
	],
	[
		"attributes that may be passed over",
		(session) =>
			check(
				session,
				times(200, (i) => tlv(0xc000 + i)),
			),
	],
	[
		"usernames",
		(session) =>
			check(
				session,
				times(40, () => username(session)),
			),
	],
	[
		"a long username",
		({ device }) =>
			compose(type.request, [tlv(attribute.username, Buffer.from(`${device.ufrag}:${"u".repeat(900)}`))], {
				password: device.pwd,
			}),
	],
	[
		"a username of the device's ufrag alone",
		({ device }) =>
			compose(type.request, [tlv(attribute.username, Buffer.from(device.ufrag))], { password: device.pwd }),
	],
	["a wrong password", (session) => compose(type.request, [username(session)], { password: "wrong" })],
	["no integrity", (session) => compose(type.request, [username(session), tlv(attribute.priority, word(1))])],
	[
		"no fingerprint",
		(session) => compose(type.request, [username(session)], { password: session.device.pwd, fingerprint: false }),
	],
	["a wrong fingerprint", (session) => flip(check(session), -1)],
	["an integrity that is wrong by a bit", (session) => flip(check(session), -12)],
	[
		"an attribute longer than the message",
		(session) => sign(session, type.request, [username(session), tlv(0x8001, Buffer.alloc(4), 5000)]),
	],
	["a length beyond the datagram", (session) => resize(check(session), 0xfffc)],
	["a length of no multiple of four", (session) => resize(check(session), 41)],
	["no body", (session) => resize(check(session).subarray(0, 20), 0)],
	["half", (session) => check(session).subarray(0, 37)],
	["1,400 bytes", (session) => check(session, [tlv(0x8001, Buffer.alloc(1280))])],
	[
		"a success nobody waits for",
		({ device }) =>
			compose(type.success, [tlv(attribute.xorMappedAddress, Buffer.from("000121120000", "hex"))], {
				password: device.pwd,
			}),
	],
	[
		"an error nobody waits for",
		({ device }) => compose(type.error, [tlv(attribute.errorCode, word(487 << 0))], { password: device.pwd }),
	],
	["an indication", ({ device }) => compose(type.indication, [], { password: device.pwd })],
	[
		"TURN's methods",
		(session, number) =>
			sign(session, [0x0003, 0x0004, 0x0008, 0x0009, 0x0016, 0x0017][number % 6] ?? 3, [username(session)]),
	],
	["ChannelData", () => Buffer.concat([Buffer.from("4000ffff", "hex"), randomBytes(600)])],
	["a ClientHello", (_, number) => clientHello(number)],
	["a ClientHello in pieces that overlap", (_, number) => clientHello(number, { fragment: 7 })],
	["a HelloRequest", (_, number) => record(22, Buffer.from("000000000000000000000000", "hex"), number)],
	[
		"a fragment past its message's end",
		(_, number) => record(22, Buffer.from("020000100000000000ffff00".padEnd(80, "a"), "hex"), number),
	],
	["fatal alerts", (_, number) => record(21, Buffer.from("0228", "hex"), number)],
	["close_notify in the clear", (_, number) => record(21, Buffer.from("0100", "hex"), number)],
	["application data", (_, number) => record(23, randomBytes(300), number)],
	[
		"a record longer than the datagram",
		() => Buffer.concat([Buffer.from("16fefd0000000000000000ffff", "hex"), randomBytes(90)]),
	],
	["200 empty records", () => Buffer.concat(times(100, () => Buffer.from("16fefd00000000000000000000", "hex")))],
	["RTP", (_, number) => rtp(0x80, 96, number)],
	["RTP of ever new sources", (_, number) => rtp(0x80, 96, number, randomBytes(4))],
	[
		"RTP with a long extension",
		() => Buffer.concat([Buffer.from("9060000100000001000000010000ffff", "hex"), randomBytes(64)]),
	],
	["RTCP", (_, number) => Buffer.concat([Buffer.from("81ce0002", "hex"), word(number), word(1), randomBytes(14)])],
	["an empty datagram", () => Buffer.alloc(0)],
	["a byte", (_, number) => Buffer.from([number & 255])],
	["65,000 bytes", () => Buffer.alloc(65_000, 0x80)],
	["bytes at random", (_, number) => randomBytes(1 + ((number * 37) % 1400))],
];

/** What somebody else sends with a viewer's address. @type {readonly [string, (session: Session, number: number) => Buffer][]} */
export const spoofs = datagrams;

/** STUN with the right password. @type {readonly [string, (session: Session, number: number) => Buffer][]} */
export const signed = datagrams.slice(
	0,
	datagrams.findIndex(([name]) => name === "a wrong password"),
);

const each = 100; // datagrams of a shape at a time
const places = 8; // sockets they come from

/** @type {import("../shapes.mjs").Shape[]} */
export default [
	...datagrams.map(([name, make]) => shape(name, make, places)),
	// Each of a port of its own: a candidate of the peer's each (RFC 8445 section 7.3.1.3).
	shape("checks from ever new ports", (session) => check(session), each),
	shape(
		"checks that nominate, from ever new ports",
		(session) => check(session, [tlv(attribute.useCandidate)]),
		each,
	),
];

/** @param {string} name @param {(session: Session, number: number) => Buffer} make @param {number} from ports @returns {import("../shapes.mjs").Shape} */
function shape(name, make, from) {
	return {
		name: `UDP: ${name}`,
		async attempt(stranger) {
			const session = await stranger.enter();
			const port = session?.port ?? stranger.lastPort;
			if (!port) return 0;
			const known = session ?? { path: "", etag: "", own: nobody, device: nobody, port };
			const sockets = await Promise.all(times(from, () => stranger.socket()));
			for (let number = 0; number < each; number++)
				sockets[number % from]?.send(make(known, number), port, stranger.target.host);
			await new Promise((resolve) => setTimeout(resolve, 20));
			return session ? 201 : 0;
		},
	};
}

const nobody = Object.freeze({ ufrag: "nobodyxx", pwd: "p".repeat(24) });

/** @param {Buffer} data @param {number} index from the end */
function flip(data, index) {
	const position = data.length + index;
	data.writeUInt8(data.readUInt8(position) ^ 1, position);
	return data;
}

/** @param {Buffer} data @param {number} length */
function resize(data, length) {
	data.writeUInt16BE(length, 2);
	return data;
}

/** A record in the clear (RFC 6347 section 4.1). @param {number} kind @param {Buffer} body @param {number} number */
function record(kind, body, number) {
	const head = Buffer.from("16fefd000000000000000000 00".replaceAll(" ", ""), "hex");
	head.writeUInt8(kind, 0);
	head.writeUInt32BE(number, 7);
	head.writeUInt16BE(body.length, 11);
	return Buffer.concat([head, body]);
}

/** @param {number} number @param {{ fragment?: number }} [options] */
function clientHello(number, { fragment = 0 } = {}) {
	const body = Buffer.concat([
		Buffer.from("fefd", "hex"),
		randomBytes(32),
		Buffer.from("00000002c02b0100", "hex"),
		randomBytes(number % 60),
	]);
	const size = fragment ? Math.min(body.length, 20) : body.length;
	const head = Buffer.alloc(12);
	head.writeUInt8(1, 0);
	head.writeUIntBE(body.length, 1, 3);
	head.writeUInt16BE(0, 4);
	head.writeUIntBE(fragment && number % 2 ? fragment : 0, 6, 3);
	head.writeUIntBE(size, 9, 3);
	return record(22, Buffer.concat([head, body.subarray(0, size)]), number);
}

/** @param {number} first @param {number} payloadType @param {number} sequence @param {Buffer} [ssrc] */
function rtp(first, payloadType, sequence, ssrc = word(7)) {
	const head = Buffer.alloc(8);
	head.writeUInt8(first, 0);
	head.writeUInt8(payloadType, 1);
	head.writeUInt16BE(sequence & 0xffff, 2);
	return Buffer.concat([head, ssrc, randomBytes(200)]);
}
