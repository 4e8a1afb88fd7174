// SPDX-License-Identifier: Apache-2.0
import type { HTTPRequest, HTTPResponse } from "webrtc/http";
import page from "webrtc/signaling/whep/page";

function ask(method: string, path: string): HTTPResponse {
	let answer: HTTPResponse | undefined;
	page({ method, path, query: "", headers: new Map(), body: "" } as unknown as HTTPRequest, (response) => {
		answer = response;
	});
	return answer!;
}

test("the page is at /, whole, and of UTF-8", () => {
	const { status, headers, body } = ask("GET", "/");
	expect(status).toBe(200);
	expect(headers).toMatchObject({ "content-type": "text/html; charset=utf-8" });
	expect(body).toMatch(/^<!doctype html>[^]*fetch\("whep"[^]*<\/script>\n$/);
	expect(ask("HEAD", "/").status).toBe(200);
});

test("its script is a module without mistakes of syntax", () => {
	const script = /<script type="module">\n([^]*)<\/script>/.exec(`${ask("GET", "/").body}`)![1]!;
	expect(() => new Function(script)).not.toThrow();
	expect(script).not.toContain("${");
});

test("nothing else is served, and not otherwise", () => {
	expect(ask("GET", "/other").status).toBe(404);
	expect(ask("GET", "/whep2").status).toBe(404);
	expect(ask("POST", "/")).toMatchObject({ status: 405, headers: { allow: "GET, HEAD" } });
});
