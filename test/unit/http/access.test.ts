// SPDX-License-Identifier: Apache-2.0
// Pages of other origins, and of names that lead here by DNS rebinding.
import Access, { type AccessOptions } from "webrtc/http/access";
import type { RequestHead } from "webrtc/http/head";

const addresses = () => ["192.0.2.9", "2001:db8::9", "127.0.0.1", "::1"];

function head(host: string, origin?: string, minor: 0 | 1 = 1): RequestHead {
	const headers = new Map(origin === undefined ? [] : [["origin", origin]]);
	const rest = { length: 0, keepAlive: true, expects: false };
	return { method: "GET", path: "/", query: "", host, minor, headers, ...rest };
}

const statusOf = (options: AccessOptions, request: RequestHead, port = 8080) =>
	new Access({ addresses, ...options }).refusal(request, port)?.status;

test.each([
	["its IPv4 address", "192.0.2.9:8080", undefined],
	["its IPv6 address", "[2001:db8::9]:8080", undefined],
	["localhost", "localhost:8080", undefined],
	["loopback", "127.0.0.1:8080", undefined],
	["another loopback address", "127.5.0.1:8080", undefined],
	["loopback of IPv6", "[::1]:8080", undefined],
	["another name", "evil.example:8080", 421],
	["another name of the right port's look", "evil.example:8080:8080", 421],
	["a name that begins as loopback", "127.0.0.1.evil.example:8080", 421],
	["a name that begins as 127.", "127.evil.example.com:8080", 421],
	["a name that begins as its address", "192.0.2.9.evil.example:8080", 421],
	["a name that ends as localhost", "evil.localhost:8080", 421],
	["another address", "192.0.2.8:8080", 421],
	["another port", "192.0.2.9:8081", 421],
	["no port, where it is not 80", "192.0.2.9", 421],
	["an empty port", "192.0.2.9:", 421],
	["nothing", "", 421],
])("a device that is asked for as %s", (_, host, status) => {
	expect(statusOf({}, head(host))).toBe(status);
});

test("port 80 need not be said", () => {
	expect(statusOf({}, head("192.0.2.9"), 80)).toBeUndefined();
	expect(statusOf({}, head("192.0.2.9:80"), 80)).toBeUndefined();
	expect(statusOf({}, head("192.0.2.9:8080"), 80)).toBe(421);
});

test("HTTP/1.0 may leave out the Host, as no browser does", () => {
	expect(statusOf({}, head("", undefined, 0))).toBeUndefined();
	expect(statusOf({}, head("evil.example", undefined, 0))).toBe(421);
});

test("the owner adds names, with a port or without", () => {
	const hosts = ["Camera.local", "example.org:8443"];
	expect(statusOf({ hosts }, head("camera.local:8080"))).toBeUndefined();
	expect(statusOf({ hosts }, head("camera.local"))).toBeUndefined();
	expect(statusOf({ hosts }, head("camera.local:443"))).toBeUndefined();
	expect(statusOf({ hosts }, head("camera.local:9"))).toBe(421);
	expect(statusOf({ hosts }, head("example.org:8443"))).toBeUndefined();
	expect(statusOf({ hosts }, head("example.org"))).toBe(421);
	expect(statusOf({ hosts: ["*"] }, head("evil.example"))).toBeUndefined();
});

test("without knowing its addresses, a device takes any address for its own, and no name", () => {
	expect(statusOf({ addresses: undefined }, head("198.51.100.1:8080"))).toBeUndefined();
	expect(statusOf({ addresses: undefined }, head("[2001:db8::1]:8080"))).toBeUndefined();
	expect(statusOf({ addresses: undefined }, head("1.2.3.example:8080"))).toBe(421);
	expect(statusOf({ addresses: undefined }, head("1.2.3.256:8080"))).toBe(421);
	expect(statusOf({ addresses: undefined }, head("1.2.3:8080"))).toBe(421);
});

test.each([
	["the page's own", "http://192.0.2.9:8080", undefined],
	["the page's own behind a proxy with TLS that passes the Host on", "https://192.0.2.9:8080", undefined],
	["another port", "http://192.0.2.9:8081", 403],
	["another host", "http://evil.example:8080", 403],
	["a host that ends alike", "http://evil192.0.2.9:8080", 403],
	["a file's or a sandbox's", "null", 403],
	["an empty one", "", 403],
	["another scheme", "ftp://192.0.2.9:8080", 403],
])("an origin that is %s", (_, origin, status) => {
	expect(statusOf({}, head("192.0.2.9:8080", origin))).toBe(status);
});

test("an origin leaves out the standard port", () => {
	expect(statusOf({}, head("192.0.2.9", "http://192.0.2.9"), 80)).toBeUndefined();
	expect(statusOf({}, head("192.0.2.9:80", "http://192.0.2.9"), 80)).toBeUndefined();
	expect(statusOf({ hosts: ["example.org:443"] }, head("example.org:443", "https://example.org"))).toBeUndefined();
});

test("nobody else's page may read a response, unless the owner says so", () => {
	const asked = head("192.0.2.9:8080", "https://example.org");
	const fields = (origins: string[], request: RequestHead | undefined = asked) =>
		new Access({ origins }).responseHeaders(request);
	const exposed = {
		"access-control-expose-headers": "location, etag, link, retry-after, www-authenticate",
	};
	// What is shown without a question, an <img>, is for the device's own pages.
	const own = { "cross-origin-resource-policy": "same-origin" };
	expect(fields([])).toEqual(own);
	expect(fields(["https://example.org"])).toEqual({
		...own,
		"access-control-allow-origin": "https://example.org",
		vary: "origin",
		...exposed,
	});
	expect(fields(["https://example.org:8443", "http://example.org"])).toEqual({ ...own, vary: "origin" });
	expect(fields(["https://example.org"], head("192.0.2.9:8080"))).toEqual({ ...own, vary: "origin" });
	expect(fields(["*"])).toEqual({ "access-control-allow-origin": "*", ...exposed });
	// Before the head has come, nobody knows whose page it is.
	const early = (origins: string[]) => new Access({ origins }).responseHeaders(undefined);
	expect([early([]), early(["https://example.org"])]).toEqual([own, { ...own, vary: "origin" }]);
	expect(early(["*"])).toEqual({ "access-control-allow-origin": "*", ...exposed });
	expect(statusOf({ origins: ["https://example.org"] }, asked)).toBeUndefined();
	expect(statusOf({ origins: ["https://a.b", "http://a"] }, head("192.0.2.9:8080", "https://a.b"))).toBeUndefined();
	expect(statusOf({ origins: ["https://example.org.evil"] }, asked)).toBe(403);
	expect(statusOf({ origins: ["*"] }, asked)).toBeUndefined();
});

test.each([
	["origins", { origins: ["example.org"] }],
	["origins", { origins: ["https://example.org/"] }],
	["origins", { origins: ["https://Example.org"] }],
	["origins", { origins: ["https://"] }],
	["origins", { origins: ["http://"] }],
	["hosts", { hosts: ["http://example.org"] }],
	["hosts", { hosts: [""] }],
	["hosts", { hosts: ["a b"] }],
	["hosts", { hosts: ["user@example.org"] }],
])("what cannot be in %s is told at once", (name, options) => {
	expect(() => new Access(options)).toThrow(new RegExp(`^${name}: `));
});
