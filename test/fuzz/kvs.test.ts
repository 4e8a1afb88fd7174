// SPDX-License-Identifier: Apache-2.0
// What comes from the service and, through it, from any viewer: it is taken or refused, nothing else.
import fc from "../unit/seeded";
import WebRTCError from "webrtc/error";
import { maximumMessage, maximumPayload, composeMessage, parseMessage } from "webrtc/signaling/kvs/messages";
import * as requests from "webrtc/signaling/kvs/requests";
import { checkKnowledge } from "webrtc/signaling/kvs/cache";
import { failureOf } from "webrtc/signaling/kvs/failure";
import Rejections from "webrtc/signaling/kvs/rejection";
import { seeded } from "../unit/kvs/client";

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text));
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64");

/** Parses, and checks what every caller relies on. */
function take(bytes: Uint8Array): boolean {
	try {
		const incoming = parseMessage(bytes, "MASTER");
		if (incoming.kind === "message") {
			const { message } = incoming;
			expect(message.peerId).toMatch(/^[\x21-\x7e]{1,256}$/);
			if (message.type === "candidate") expect(typeof message.candidate.candidate).toBe("string");
			else if (message.type === "offer" || message.type === "answer")
				expect(message.sdp.startsWith("v=0")).toBe(true);
			else throw new Error(message.type);
		}
		return true;
	} catch (error) {
		expect(error).toBeInstanceOf(WebRTCError);
		expect((error as WebRTCError).code).toBe("signaling/bad-message");
		expect((error as WebRTCError).message.length).toBeLessThan(300);
		return false;
	}
}

const sdp = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\n";
const servers = [{ Username: "u", Password: "p", Ttl: 300, Uris: ["turn:a:443?transport=udp"] }];
const seeds = [
	{
		messageType: "SDP_OFFER",
		senderClientId: "v",
		messagePayload: base64({ type: "offer", sdp }),
		IceServerList: servers,
	},
	{ messageType: "SDP_ANSWER", messagePayload: base64({ type: "answer", sdp }) },
	{
		messageType: "ICE_CANDIDATE",
		senderClientId: "v",
		messagePayload: base64({ candidate: "candidate:1", sdpMid: "0", sdpMLineIndex: 0, usernameFragment: "x" }),
	},
	{
		messageType: "STATUS_RESPONSE",
		statusResponse: { correlationId: "1", errorType: "x", statusCode: "400", description: "d" },
	},
	{ messageType: "GO_AWAY" },
	{ messageType: "RECONNECT_ICE_SERVER" },
].map((value) => JSON.stringify(value));

test("the seeds are taken", () => {
	for (const seed of seeds) expect(take(bytesOf(seed))).toBe(true);
});

test("messages with bytes changed, cut and repeated", () => {
	const random = seeded(7);
	const pick = (count: number) => Math.floor(random() * count);
	let taken = 0;
	for (let round = 0; round < 12_000; round++) {
		let bytes = [...bytesOf(seeds[round % seeds.length]!)];
		for (let change = pick(4); change >= 0; change--) {
			const at = pick(bytes.length);
			const kind = pick(4);
			if (kind === 0) bytes[at] = pick(256);
			else if (kind === 1) bytes.splice(at, pick(8));
			else if (kind === 2) bytes.splice(at, 0, ...bytes.slice(pick(bytes.length), pick(bytes.length)));
			else bytes = bytes.slice(0, at);
			if (!bytes.length) break;
		}
		if (take(Uint8Array.from(bytes))) taken++;
	}
	expect(taken).toBeGreaterThan(100);
});

test("any JSON, in the message and in the payload", () => {
	const key = fc.constantFrom(
		"messageType",
		"senderClientId",
		"messagePayload",
		"statusResponse",
		"IceServerList",
		"Uris",
		"sdp",
		"type",
		"candidate",
		"__proto__",
	);
	const value = fc.letrec((tie) => ({
		leaf: fc.oneof(
			fc.jsonValue({ maxDepth: 2 }),
			fc.constantFrom("SDP_OFFER", "SDP_ANSWER", "ICE_CANDIDATE", "STATUS_RESPONSE", sdp),
		),
		node: fc.oneof(
			{ maxDepth: 3 },
			tie("leaf"),
			fc.array(tie("node"), { maxLength: 3 }),
			fc.dictionary(key, tie("node"), { maxKeys: 4 }),
		),
	})).node;
	fc.assert(
		fc.property(value, fc.constantFrom("SDP_OFFER", "SDP_ANSWER", "ICE_CANDIDATE"), (inner, messageType) => {
			take(bytesOf(JSON.stringify(inner)));
			take(bytesOf(JSON.stringify({ messageType, senderClientId: "v", messagePayload: base64(inner ?? null) })));
			take(
				bytesOf(
					JSON.stringify({
						messageType,
						senderClientId: inner,
						messagePayload: base64({ type: "offer", sdp }),
					}),
				),
			);
		}),
		{ numRuns: 2000 },
	);
});

test("any bytes", () => {
	fc.assert(
		fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void take(bytes)),
		{ numRuns: 2000 },
	);
});

test.each(["[", '{"a":', '{"messageType":{"a":['])("nesting without end: %s", (text) => {
	take(bytesOf(text.repeat(Math.floor(maximumMessage / text.length))));
	take(
		bytesOf(`{"messageType":"SDP_OFFER","messagePayload":"${Buffer.from(text.repeat(2000)).toString("base64")}"}`),
	);
});

test("quotes and backslashes without end take no more than a moment", () => {
	const begin = process.cpuUsage();
	for (const text of ['"', '\\"', "\\", '"\\', '","'])
		take(bytesOf(text.repeat(Math.floor(maximumMessage / text.length))));
	const { user, system } = process.cpuUsage(begin); // what it costs, however busy the machine is
	expect((user + system) / 1000).toBeLessThan(500);
});

test("what is composed is understood, and within the limit", () => {
	const text = fc.string({ unit: "binary", maxLength: 2000 }).filter((line) => Buffer.from(line).toString() === line);
	fc.assert(
		fc.property(text, text, (a, b) => {
			const composed = composeMessage({ type: "answer", peerId: "v", sdp: `v=0${a}` }, "v", "1");
			const { action, messagePayload } = JSON.parse(composed);
			expect(action).toBe("SDP_ANSWER");
			expect(messagePayload.length).toBeLessThanOrEqual(maximumPayload);
			const incoming = parseMessage(
				bytesOf(JSON.stringify({ messageType: "SDP_ANSWER", messagePayload })),
				"MASTER",
			);
			expect(incoming).toEqual({
				kind: "message",
				message: { type: "answer", peerId: "MASTER", sdp: `v=0${a}` },
			});
			const rejections = new Rejections();
			rejections.add("v", a + b);
			const answer = rejections.take("v", { reason: "failed", message: "" });
			if (answer !== undefined) expect(answer).toMatch(/^v=0\r\n([a-z]=[^\r\n]*\r\n)+$/);
		}),
	);
});

test("responses of the REST API: taken, or refused by SyntaxError or TypeError", () => {
	const good = [
		'{"ChannelInfo":{"ChannelARN":"arn:aws:kinesisvideo:eu-west-1:1:channel/c/1","ChannelName":"c","ChannelStatus":"ACTIVE","SingleMasterConfiguration":{"MessageTtlSeconds":60}}}',
		'{"ChannelARN":"arn:aws:kinesisvideo:eu-west-1:1:channel/c/1"}',
		'{"ResourceEndpointList":[{"Protocol":"HTTPS","ResourceEndpoint":"https://r"},{"Protocol":"WSS","ResourceEndpoint":"wss://m"}]}',
		'{"IceServerList":[{"Username":"u","Password":"p","Ttl":300,"Uris":["turn:a"]}]}',
		'{"MediaStorageConfiguration":{"Status":"ENABLED","StreamARN":"s"}}',
	];
	const parsers = [
		requests.parseChannelInfo,
		requests.parseCreated,
		(body: string) => requests.parseEndpoints(body, false),
		requests.parseIceConfiguration,
		requests.parseMediaStorage,
		(body: string) => checkKnowledge(JSON.parse(body)),
		(body: string) => void failureOf("x", { status: 400, body, errorType: undefined, clockChanged: false }),
	];
	good.forEach((body, index) => expect(() => parsers[index]!(body)).not.toThrow());
	const random = seeded(9);
	for (let round = 0; round < 5000; round++) {
		const text = good[round % good.length]!;
		const at = Math.floor(random() * text.length);
		const end = at + Math.floor(random() * 12);
		const inserted = ["", "null", "5", "[]", "{}", '"', "x", "-"][Math.floor(random() * 8)]!;
		const body = text.slice(0, at) + inserted + text.slice(end);
		for (const parse of parsers) {
			try {
				parse(body);
			} catch (error) {
				if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
			}
		}
	}
});
