// SPDX-License-Identifier: Apache-2.0
// Requests (RFC 9112): each part larger than there is room for, malformed, unfinished, or said twice.
// @ts-check
import { composeOffer, times } from "../offer.mjs";

const host = "host: 127.0.0.1\r\n";
const sdp = "content-type: application/sdp\r\n";

/** Requests that end. @type {[string, () => string | Buffer][]} */
const whole = [
	["1,000 headers", () => `GET / HTTP/1.1\r\n${host}${times(1000, (i) => `x${i}: ${i}\r\n`).join("")}\r\n`],
	["1,000 headers of one name", () => `GET / HTTP/1.1\r\n${host}${"x: y\r\n".repeat(1000)}\r\n`],
	["empty headers", () => `GET / HTTP/1.1\r\n${host}${"x:\r\n".repeat(900)}\r\n`],
	["a header of 20,000 characters", () => `GET / HTTP/1.1\r\n${host}x: ${"y".repeat(20_000)}\r\n\r\n`],
	["a header's name of 20,000 characters", () => `GET / HTTP/1.1\r\n${host}${"y".repeat(20_000)}: x\r\n\r\n`],
	["a path of 20,000 characters", () => `GET /${"a".repeat(20_000)} HTTP/1.1\r\n${host}\r\n`],
	["a path of many parts", () => `GET ${"/a".repeat(1500)} HTTP/1.1\r\n${host}\r\n`],
	["a method of 5,000 characters", () => `${"A".repeat(5000)} / HTTP/1.1\r\n${host}\r\n`],
	["folded lines", () => `GET / HTTP/1.1\r\n${host}x: a\r\n${" b\r\n".repeat(800)}\r\n`],
	["a line without a colon", () => `GET / HTTP/1.1\r\n${host}nonsense\r\n\r\n`],
	["no host", () => "GET / HTTP/1.1\r\n\r\n"],
	["HTTP/1.0", () => "GET / HTTP/1.0\r\n\r\n"],
	["HTTP/9.9", () => `GET / HTTP/9.9\r\n${host}\r\n`],
	["HTTP/0.9", () => "GET /\r\n"],
	["line feeds alone", () => "GET / HTTP/1.1\nhost: 127.0.0.1\n\n"],
	["NUL characters", () => `GET /\0 HTTP/1.1\r\n${host}\0: \0\r\n\r\n`],
	["characters above ASCII", () => Buffer.from(`GET /é HTTP/1.1\r\n${host}x: é\r\n\r\n`, "latin1")],
	["a negative length", () => `POST /whep HTTP/1.1\r\n${host}${sdp}content-length: -1\r\n\r\nv=0`],
	[
		"a length beyond numbers",
		() => `POST /whep HTTP/1.1\r\n${host}${sdp}content-length: ${"9".repeat(40)}\r\n\r\nv=0`,
	],
	["a length in words", () => `POST /whep HTTP/1.1\r\n${host}${sdp}content-length: ten\r\n\r\nv=0`],
	["a length of NaN in hexadecimal", () => `POST /whep HTTP/1.1\r\n${host}${sdp}content-length: 0x10\r\n\r\nv=0`],
	["two lengths", () => `POST /whep HTTP/1.1\r\n${host}${sdp}content-length: 3\r\ncontent-length: 9000\r\n\r\nv=0`],
	[
		"chunks and a length",
		() => `POST /whep HTTP/1.1\r\n${host}${sdp}content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
	],
	[
		"an unknown coding",
		() => `POST /whep HTTP/1.1\r\n${host}${sdp}transfer-encoding: gzip\r\n\r\n${"z".repeat(9000)}`,
	],
	[
		"chunks of one byte",
		() =>
			`POST /whep HTTP/1.1\r\n${host}${sdp}transfer-encoding: chunked\r\n\r\n${"1\r\nv\r\n".repeat(3000)}0\r\n\r\n`,
	],
	[
		"a chunk's size beyond numbers",
		() => `POST /whep HTTP/1.1\r\n${host}${sdp}transfer-encoding: chunked\r\n\r\n${"f".repeat(64)}\r\nv=0\r\n`,
	],
	[
		"a chunk's negative size",
		() => `POST /whep HTTP/1.1\r\n${host}${sdp}transfer-encoding: chunked\r\n\r\n-5\r\nv=0\r\n0\r\n\r\n`,
	],
	[
		"a chunk's extension without end",
		() =>
			`POST /whep HTTP/1.1\r\n${host}${sdp}transfer-encoding: chunked\r\n\r\n3;${"e".repeat(15_000)}\r\nv=0\r\n0\r\n\r\n`,
	],
	[
		"trailers",
		() =>
			`POST /whep HTTP/1.1\r\n${host}${sdp}transfer-encoding: chunked\r\n\r\n3\r\nv=0\r\n0\r\n${"x: y\r\n".repeat(1500)}\r\n`,
	],
	["bytes of no protocol", () => Buffer.from(times(4000, (i) => (i * 7919) & 255))],
	["a TLS ClientHello", () => Buffer.from("16030100c8010000c40303".padEnd(400, "ab"), "hex")],
	["HTTP/2's preface", () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
	["20 requests at once", () => `GET / HTTP/1.1\r\n${host}\r\n`.repeat(20)],
	[
		"two offers on one connection",
		() => {
			const body = composeOffer();
			return `POST /whep HTTP/1.1\r\n${host}${sdp}content-length: ${body.length}\r\n\r\n${body}`.repeat(2);
		},
	],
	["a session that does not exist", () => `PATCH /whep/${"0".repeat(32)} HTTP/1.1\r\n${host}\r\n`],
	["a way up", () => `GET /../../etc/passwd HTTP/1.1\r\n${host}\r\n`],
	["a percent sign", () => `GET /%zz%00% HTTP/1.1\r\n${host}\r\n`],
	["an upgrade", () => `GET /whep HTTP/1.1\r\n${host}connection: upgrade\r\nupgrade: websocket\r\n\r\n`],
	["Expect", () => `POST /whep HTTP/1.1\r\n${host}${sdp}expect: 100-continue\r\ncontent-length: 3\r\n\r\nv=0`],
];

/** Beginnings, after which nothing comes. @type {[string, () => string][]} */
const unfinished = [
	["nothing", () => ""],
	["half a line", () => "GET"],
	["half a head", () => `GET / HTTP/1.1\r\n${host}x: ${"z".repeat(3000)}`],
	["no body", () => `POST /whep HTTP/1.1\r\n${host}${sdp}content-length: 12288\r\n\r\n`],
	["half a body", () => `POST /whep HTTP/1.1\r\n${host}${sdp}content-length: 12288\r\n\r\n${"v=0\r\n".repeat(1200)}`],
	[
		"half a chunk",
		() => `POST /whep HTTP/1.1\r\n${host}${sdp}transfer-encoding: chunked\r\n\r\n2000\r\n${"c".repeat(4000)}`,
	],
];

/** @type {import("../shapes.mjs").Shape[]} */
export default [
	...whole.map(([name, bytes]) => ({
		name: `HTTP: ${name}`,
		/** @param {import("../stranger.mjs").Stranger} stranger */
		async attempt(stranger) {
			return (await stranger.send(bytes())).status;
		},
	})),
	...unfinished.map(([name, text]) => ({
		name: `HTTP: unfinished: ${name}`,
		/** @param {import("../stranger.mjs").Stranger} stranger */
		async attempt(stranger) {
			await Promise.all(times(5, () => stranger.send(text(), { stay: true })));
			return 0;
		},
	})),
	{
		name: "HTTP: hangs up before the answer",
		async attempt(stranger) {
			const body = composeOffer();
			const text = `POST /whep HTTP/1.1\r\n${host}${sdp}content-length: ${body.length}\r\n\r\n${body}`;
			await Promise.all(times(3, () => stranger.send(text, { stay: true })));
			return 0;
		},
	},
	{
		name: "HTTP: a byte at a time",
		async attempt(stranger) {
			await stranger.drip(`GET / HTTP/1.1\r\n${host}${"x: y\r\n".repeat(30)}`, 5);
			return 0;
		},
	},
];
