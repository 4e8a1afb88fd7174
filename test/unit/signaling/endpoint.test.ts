// SPDX-License-Identifier: Apache-2.0
import type { HTTPRequest, HTTPResponse } from "webrtc/http";
import type { SignalingMessage } from "webrtc/signaling";
import WHEPEndpoint from "webrtc/signaling/whep/endpoint";

let endpoint: WHEPEndpoint;
let messages: SignalingMessage[];
let ids: number;

beforeEach(() => {
	messages = [];
	ids = 0;
	endpoint = new WHEPEndpoint({
		path: "/whep",
		maximumPending: 2,
		links: '<stun:192.0.2.1>; rel="ice-server"',
		makeId: () => `id${++ids}`,
		onMessage: (message) => messages.push(message),
	});
});

function request(
	method: string,
	path: string,
	body = "",
	type = "",
	headers: Record<string, string> = {},
): HTTPResponse | undefined {
	let response: HTTPResponse | undefined;
	const mine: typeof late = (late = {});
	const all = new Map(Object.entries({ ...(type ? { "content-type": type } : {}), ...headers }));
	const incoming: HTTPRequest = { method, path, query: "", headers: all, body };
	expect(endpoint.owns(path)).toBe(true);
	endpoint.handle(incoming, (answer) => {
		expect(response).toBeUndefined();
		response = mine.response = answer;
	});
	return response;
}

let late: { response?: HTTPResponse } = {}; // of the newest request
const sdp = "application/sdp";
const fragment = "application/trickle-ice-sdpfrag";

function open(): { location: string; etag: string } {
	request("POST", "/whep", "v=0\r\na=ice-ufrag:abcd\r\nm=video", sdp);
	const { peerId } = messages.at(-1)!;
	endpoint.send({ type: "answer", peerId, sdp: "v=0\r\nanswer" });
	const { location, etag } = late.response!.headers!;
	return { location: `/${location}`, etag: etag! };
}

test("an offer is answered with 201, where the session lives, and the answer", () => {
	expect(request("POST", "/whep", "v=0\r\noffer", "application/sdp; charset=utf-8")).toBeUndefined();
	expect(messages).toEqual([{ type: "offer", peerId: "id1", sdp: "v=0\r\noffer" }]);
	endpoint.send({ type: "answer", peerId: "id1", sdp: "v=0\r\nanswer" });
	expect(late.response).toMatchObject({
		status: 201,
		body: "v=0\r\nanswer",
		headers: {
			"content-type": sdp,
			location: "whep/id1", // relative to the endpoint, under whatever prefix a proxy shows it
			etag: '"id2"',
			"accept-patch": fragment,
			link: '<stun:192.0.2.1>; rel="ice-server"',
		},
	});
	expect(endpoint.sessions).toBe(1);
});

test.each([
	["too-many-sessions", 503],
	["bad-offer", 400],
	["no-common-codec", 406],
	["failed", 500],
] as const)("an offer that is turned down as %s gets %i", (reason, status) => {
	request("POST", "/whep", "v=0\r\noffer", sdp);
	endpoint.send({ type: "reject", peerId: "id1", rejection: { reason, message: "No.", retryAfter: 7 } });
	expect(late.response).toMatchObject({ status, body: "No.\n", headers: { "retry-after": "7" } });
	endpoint.send({ type: "bye", peerId: "id1" });
	expect(endpoint.sessions).toBe(0);
});

test("what is not an offer is refused before the application hears of it", () => {
	expect(request("POST", "/whep", "v=0\r\n", "text/plain")).toMatchObject({ status: 415 });
	expect(request("POST", "/whep", "v=0\r\n")).toMatchObject({ status: 415 });
	expect(request("POST", "/whep", "hello", sdp)).toMatchObject({ status: 400 });
	expect(request("POST", "/whep", "v=0" + "x".repeat(20_000), sdp)).toMatchObject({ status: 413 });
	expect(request("PUT", "/whep")).toMatchObject({ status: 405, headers: { allow: "GET, HEAD, POST, OPTIONS" } });
	expect(messages).toEqual([]);
});

test("offers that wait for their answer are bounded", () => {
	for (let count = 0; count < 2; count++) request("POST", "/whep", "v=0\r\n", sdp);
	expect(request("POST", "/whep", "v=0\r\n", sdp)).toMatchObject({ status: 503, headers: { "retry-after": "1" } });
	expect(messages).toHaveLength(2);
});

test("candidates come by PATCH, with their section and generation", () => {
	const { location, etag } = open();
	const body = [
		"a=ice-ufrag:abcd",
		"a=ice-pwd:0123456789012345678901",
		"m=video 9 UDP/TLS/RTP/SAVPF 0",
		"a=mid:0",
		"a=candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host",
		"a=end-of-candidates",
		"",
	].join("\r\n");
	expect(request("PATCH", location, body, fragment, { "if-match": etag })).toMatchObject({ status: 204 });
	expect(messages.slice(1)).toEqual([
		{
			type: "candidate",
			peerId: "id1",
			candidate: {
				candidate: "candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host",
				sdpMid: "0",
				usernameFragment: "abcd",
			},
		},
		{ type: "candidate", peerId: "id1", candidate: { candidate: "", sdpMid: "0", usernameFragment: "abcd" } },
	]);
});

test("other PATCHes have their own refusals", () => {
	const { location } = open();
	expect(request("PATCH", location, "", "text/plain")).toMatchObject({ status: 415 });
	expect(request("PATCH", location, "", fragment, { "if-match": '"old"' })).toMatchObject({ status: 412 });
	expect(request("PATCH", location, "m=\r\n", fragment)).toMatchObject({ status: 400 });
	expect(request("PATCH", "/whep/unknown", "", fragment)).toMatchObject({ status: 404 });
	expect(messages).toHaveLength(1);
});

test("DELETE ends the session once", () => {
	const { location } = open();
	expect(request("DELETE", location)).toMatchObject({ status: 200 });
	expect(messages.at(-1)).toEqual({ type: "bye", peerId: "id1" });
	expect(request("DELETE", location)).toMatchObject({ status: 404 });
	expect(endpoint.sessions).toBe(0);
});

test("browsers of other pages may ask what is allowed", () => {
	expect(request("OPTIONS", "/whep")).toMatchObject({
		status: 204,
		headers: {
			allow: "GET, HEAD, POST, OPTIONS",
			"access-control-allow-methods": "POST, PATCH, DELETE, OPTIONS",
			"access-control-allow-headers": "content-type, if-match, authorization",
			"access-control-max-age": "600",
			"accept-post": sdp,
		},
	});
	expect(request("OPTIONS", "/whep/anything")).toMatchObject({
		status: 204,
		headers: { allow: "GET, HEAD, PATCH, DELETE, OPTIONS", "accept-patch": fragment },
	});
});

test("closing turns waiting offers away", () => {
	request("POST", "/whep", "v=0\r\n", sdp);
	endpoint.close();
	expect(late.response).toMatchObject({ status: 503 });
	expect(endpoint.owns("/whepper")).toBe(false);
});

test("a session that ended for the application is gone", () => {
	const { location } = open();
	endpoint.send({ type: "bye", peerId: "id1" });
	expect(request("DELETE", location)).toMatchObject({ status: 404 });
	expect(messages).toHaveLength(1);
	request("POST", "/whep", "v=0\r\n", sdp);
	endpoint.send({ type: "bye", peerId: "id3" });
	expect(late.response).toMatchObject({ status: 500 });
	endpoint.send({ type: "answer", peerId: "id3", sdp: "v=0\r\n" });
	expect(endpoint.sessions).toBe(0);
});

test("an offer bears the address of who made it", () => {
	const headers = new Map([["content-type", sdp]]);
	const offer = { method: "POST", path: "/whep", query: "", headers, body: "v=0\r\n", remoteAddress: "192.0.2.7" };
	endpoint.handle(offer, () => {});
	expect(messages.at(-1)).toMatchObject({ type: "offer", remoteAddress: "192.0.2.7" });
});

const patch = (ufrag: string, pwd = "0123456789012345678901") =>
	[`a=ice-ufrag:${ufrag}`, `a=ice-pwd:${pwd}`, "m=video 9 UDP/TLS/RTP/SAVPF 0", "a=mid:0", `a=${host}`, ""].join(
		"\r\n",
	);
const host = "candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host";
const ice = {
	ufrag: "ours",
	pwd: "abcdefghijklmnopqrstuv",
	candidates: [
		{ candidate: "candidate:2 1 udp 2130706431 192.0.2.9 6000 typ host", sdpMid: "0" },
		{ candidate: "", sdpMid: "0" },
	],
};

test.each([
	["the ETag", (etag: string) => etag],
	["any", () => "*"],
	["any in quotes, as Janus's clients", () => '"*"'],
	["a list", (etag: string) => `"old", ${etag}`],
	["a weak one, as a proxy that compresses makes it", (etag: string) => `W/${etag}`],
	["a list of weak ones", (etag: string) => `W/"old",W/${etag}`],
	["none, as players that never learn it", () => undefined],
])("If-Match: %s lets a candidate in, which restarts nothing", (_, field) => {
	const { location, etag } = open();
	const value = field(etag);
	const headers: Record<string, string> = value === undefined ? {} : { "if-match": value };
	expect(request("PATCH", location, patch("abcd"), fragment, headers)).toMatchObject({ status: 204 });
	expect(messages.at(-1)).toMatchObject({ type: "candidate", candidate: { candidate: host } });
});

test.each([['"old"'], ['W/"old"'], ["id2"], ['"id2'], [""], ['"old", "older"']])("If-Match: %s does not", (value) => {
	const { location } = open();
	expect(request("PATCH", location, patch("abcd"), fragment, { "if-match": value })).toMatchObject({ status: 412 });
	expect(messages).toHaveLength(1);
});

test("new credentials restart ICE; the answer has ours, and a new ETag", () => {
	const { location, etag } = open();
	expect(request("PATCH", location, patch("new1"), fragment, { "if-match": "*" })).toBeUndefined();
	expect(messages.at(-1)).toEqual({
		type: "restart",
		peerId: "id1",
		ice: {
			ufrag: "new1",
			pwd: "0123456789012345678901",
			candidates: [{ candidate: host, sdpMid: "0", usernameFragment: "new1" }],
		},
	});
	endpoint.send({ type: "restart", peerId: "id1", ice });
	expect(late.response).toMatchObject({ status: 200, headers: { "content-type": fragment, etag: '"id3"' } });
	expect((late.response!.body as string).split("\r\n")).toEqual([
		"a=ice-ufrag:ours",
		"a=ice-pwd:abcdefghijklmnopqrstuv",
		"a=candidate:2 1 udp 2130706431 192.0.2.9 6000 typ host",
		"a=end-of-candidates",
		"",
	]);
	expect(request("PATCH", location, patch("new1"), fragment, { "if-match": etag })).toMatchObject({ status: 412 });
	expect(request("PATCH", location, patch("new1"), fragment, { "if-match": '"id3"' })).toMatchObject({ status: 204 });
	// A candidate of the generation before comes late: it is no wish to go back.
	expect(request("PATCH", location, patch("abcd"), fragment, { "if-match": "*" })).toMatchObject({ status: 412 });
});

test("a restart that fails leaves the session as it was", () => {
	const { location, etag } = open();
	request("PATCH", location, patch("new1"), fragment);
	endpoint.send({ type: "reject", peerId: "id1", rejection: { reason: "failed", message: "No." } });
	expect(late.response).toMatchObject({ status: 422, body: "No.\n" });
	expect(request("PATCH", location, patch("abcd"), fragment, { "if-match": etag })).toMatchObject({ status: 204 });
	expect(request("PATCH", location, "a=ice-ufrag:new2\r\n", fragment)).toMatchObject({ status: 400 });
});

test("of restarts at once the last one counts", () => {
	const { location } = open();
	request("PATCH", location, patch("new1"), fragment);
	const first = late;
	request("PATCH", location, patch("new2"), fragment);
	expect(first.response).toMatchObject({ status: 409 });
	endpoint.send({ type: "restart", peerId: "id1", ice });
	expect(late.response).toMatchObject({ status: 200 });
	expect(request("PATCH", location, patch("new2"), fragment)).toMatchObject({ status: 204 });
});

test.each([
	["ends for the application", () => endpoint.send({ type: "bye", peerId: "id1" }), 500],
	["is deleted", () => void request("DELETE", "/whep/id1"), 500],
	["closes with all others", () => endpoint.close(), 503],
])("a session that %s while it restarts answers", (_, end, status) => {
	const { location } = open();
	request("PATCH", location, patch("new1"), fragment);
	const waiting = late;
	end();
	expect(waiting.response).toMatchObject({ status });
});

test.each(["GET", "HEAD"])(
	"%s tells that this is an endpoint, and that a session is there, and nothing more",
	(method) => {
		const found = request(method, "/whep");
		expect(found).toMatchObject({ status: 200, headers: { "content-type": sdp, "accept-post": sdp } });
		expect(found).not.toHaveProperty("body");
		const { location, etag } = open();
		expect(request(method, location)).toMatchObject({ status: 204, headers: { etag } });
		expect(request(method, "/whep/unknown")).toMatchObject({ status: 404 });
		expect(request("PUT", location)).toMatchObject({ status: 405 });
	},
);
