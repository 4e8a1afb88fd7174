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
	const all = new Map(Object.entries({ ...(type ? { "content-type": type } : {}), ...headers }));
	const incoming: HTTPRequest = { method, path, query: "", headers: all, body };
	expect(endpoint.owns(path)).toBe(true);
	endpoint.handle(incoming, (answer) => {
		expect(response).toBeUndefined();
		response = answer;
		Object.assign(late, { response: answer });
	});
	return response;
}

const late: { response?: HTTPResponse } = {};
const sdp = "application/sdp";
const fragment = "application/trickle-ice-sdpfrag";

function open(): { location: string; etag: string } {
	request("POST", "/whep", "v=0\r\noffer", sdp);
	const { peerId } = messages.at(-1)!;
	endpoint.send({ type: "answer", peerId, sdp: "v=0\r\nanswer" });
	return { location: late.response!.headers!.location!, etag: late.response!.headers!.etag! };
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
			location: "/whep/id1",
			etag: '"id2"',
			"access-control-allow-origin": "*",
		},
	});
	expect(late.response!.headers!["access-control-expose-headers"]).toContain("location");
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
	expect(request("GET", "/whep")).toMatchObject({ status: 405, headers: { allow: "POST, OPTIONS" } });
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
	expect(request("PATCH", location, "", fragment, { "if-match": "*" })).toMatchObject({ status: 422 });
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
		headers: { "access-control-allow-methods": "POST, OPTIONS", "accept-post": sdp },
	});
	expect(request("OPTIONS", "/whep/anything")).toMatchObject({
		headers: { "access-control-allow-methods": "PATCH, DELETE, OPTIONS", "accept-patch": fragment },
	});
});

test("closing turns waiting offers away", () => {
	request("POST", "/whep", "v=0\r\n", sdp);
	endpoint.close();
	expect(late.response).toMatchObject({ status: 503 });
	expect(endpoint.owns("/whepper")).toBe(false);
});
