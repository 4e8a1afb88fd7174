// SPDX-License-Identifier: Apache-2.0
// Against the published test suite of Signature Version 4, the KVS JavaScript SDK's vectors, and AWS's own signer.
import { Sha256 } from "@aws-crypto/sha256-js";
import { HttpRequest } from "@smithy/protocol-http";
import { SignatureV4 } from "@smithy/signature-v4";
import fc from "fast-check";
import { Credentials } from "webrtc/aws/credentials";
import { escapeURI, formatAmzDate, signHeaders, signQuery, type Pairs, type SigningOptions } from "webrtc/aws/sigv4";
import * as hash from "../fakes/native/crypto";

const suite: SigningOptions = {
	credentials: new Credentials({
		accessKeyId: "AKIDEXAMPLE",
		secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
	}),
	region: "us-east-1",
	service: "service",
	time: Date.parse("2015-08-30T12:36:00Z"),
	hash,
};
const unreserved = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const host = ["host", "example.amazonaws.com"] as const;
const vanilla = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
const form = ["Content-Type", "application/x-www-form-urlencoded"] as const;

// name, method, path, query, headers, body, signature
const cases: [string, string, string, Pairs, Pairs, string, string][] = [
	["get-vanilla", "GET", "/", [], [], "", vanilla],
	["get-relative", "GET", "/example/..", [], [], "", vanilla],
	["get-relative-relative", "GET", "/example1/example2/../..", [], [], "", vanilla],
	["get-slash", "GET", "//", [], [], "", vanilla],
	["get-slash-dot-slash", "GET", "/./", [], [], "", vanilla],
	[
		"get-slashes",
		"GET",
		"//example//",
		[],
		[],
		"",
		"9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84",
	],
	[
		"get-slash-pointless-dot",
		"GET",
		"/./example",
		[],
		[],
		"",
		"ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5",
	],
	[
		"get-space",
		"GET",
		"/example space/",
		[],
		[],
		"",
		"652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741",
	],
	["get-utf8", "GET", "/ሴ", [], [], "", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"],
	[
		"get-unreserved",
		"GET",
		`/${unreserved}`,
		[],
		[],
		"",
		"07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
	],
	["get-vanilla-query", "GET", "/", [], [], "", vanilla],
	[
		"get-vanilla-empty-query-key",
		"GET",
		"/",
		[["Param1", "value1"]],
		[],
		"",
		"a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb",
	],
	[
		"get-vanilla-query-order-key-case",
		"GET",
		"/",
		[
			["Param2", "value2"],
			["Param1", "value1"],
		],
		[],
		"",
		"b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
	],
	[
		"get-vanilla-query-order-encoded",
		"GET",
		"/",
		[
			["Param-3", "Value3"],
			["Param", "Value2"],
			["ሴ", "Value1"],
		],
		[],
		"",
		"371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac",
	],
	[
		"get-vanilla-query-unreserved",
		"GET",
		"/",
		[[unreserved, unreserved]],
		[],
		"",
		"9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
	],
	[
		"get-vanilla-utf8-query",
		"GET",
		"/",
		[["ሴ", "bar"]],
		[],
		"",
		"2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
	],
	[
		"get-header-key-duplicate",
		"GET",
		"/",
		[],
		[
			["My-Header1", "value2"],
			["My-Header1", "value2"],
			["My-Header1", "value1"],
		],
		"",
		"c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
	],
	[
		"get-header-value-order",
		"GET",
		"/",
		[],
		[
			["My-Header1", "value4"],
			["My-Header1", "value1"],
			["My-Header1", "value3"],
			["My-Header1", "value2"],
		],
		"",
		"08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01",
	],
	[
		"get-header-value-trim",
		"GET",
		"/",
		[],
		[
			["My-Header1", " value1"],
			["My-Header2", ' "a   b   c"'],
		],
		"",
		"acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
	],
	["post-vanilla", "POST", "/", [], [], "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"],
	[
		"post-vanilla-query",
		"POST",
		"/",
		[["Param1", "value1"]],
		[],
		"",
		"28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
	],
	[
		"post-header-key-sort",
		"POST",
		"/",
		[],
		[["My-Header1", "value1"]],
		"",
		"c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
	],
	[
		"post-x-www-form-urlencoded",
		"POST",
		"/",
		[],
		[form],
		"Param1=value1",
		"ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
	],
];

test.each(cases)("the published suite: %s", (_name, method, path, query, headers, body, signature) => {
	const added = new Map(signHeaders({ method, path, query, headers: [host, ...headers], body }, suite));
	expect(added.get("x-amz-date")).toBe("20150830T123600Z");
	const names = [...new Set(["host", "x-amz-date", ...headers.map(([name]) => name.toLowerCase())])].sort().join(";");
	expect(added.get("authorization")).toBe(
		`AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=${names}, Signature=${signature}`,
	);
});

describe("presigned WebSocket URLs, as the KVS JavaScript SDK signs them", () => {
	const options = (sessionToken?: string): SigningOptions => ({
		credentials: new Credentials({
			accessKeyId: "AKIA4F7WJQR7FMMWMNXI",
			secretAccessKey: "FakeSecretKey",
			sessionToken,
		}),
		region: "us-west-2",
		service: "kinesisvideo",
		time: Date.parse("2019-12-01T00:00:00Z"),
		hash,
	});
	const request = (path: string) => ({
		method: "GET",
		path,
		query: [["X-Amz-TestParam", "test-param-value"]] as Pairs,
		headers: [["host", "kvs.awsamazon.com"]] as Pairs,
	});

	test.each([
		[
			"with a session token",
			"/",
			"FakeSessionToken",
			"fc268038be276315822b4f73eafd28ee3a5632a2a35fdb0a88db9a42b13d6c92",
		],
		["without one", "/", undefined, "be1e78950d956a8a9a1997417099ddbd7455619f3d08c4ad20e1e272179ca695"],
		[
			"with a path",
			"/path/path/path",
			"FakeSessionToken",
			"0bf3df6ca23d8d82f688e8dbfb90d69e74843d40038541b1721c545eef7612a4",
		],
	])("%s", (_name, path, token, signature) => {
		const query = signQuery(request(path), 299, options(token));
		expect(query.endsWith(`&X-Amz-Signature=${signature}`)).toBe(true);
		expect(query).toContain(
			"X-Amz-Credential=AKIA4F7WJQR7FMMWMNXI%2F20191201%2Fus-west-2%2Fkinesisvideo%2Faws4_request",
		);
	});

	test("a lifetime out of bounds is refused", () => {
		for (const expires of [0, 604_801, NaN])
			expect(() => signQuery(request("/"), expires, options())).toThrow("expires");
	});
});

describe("the same as @smithy/signature-v4", () => {
	const word = fc.string({ unit: "grapheme", maxLength: 12 });
	const key = fc.string({ unit: fc.constantFrom(..."ABCdef123/+="), minLength: 1, maxLength: 40 });
	const header = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/);
	const segment = fc.stringMatching(/^[\w.~%()'!*-]{0,8}$/);
	const request = fc.record({
		method: fc.constantFrom("GET", "POST", "PUT", "DELETE"),
		path: fc.array(segment, { maxLength: 4 }).map((parts) => `/${parts.join("/")}`),
		query: fc.dictionary(
			word.filter((text) => !/^(x-amz|__proto__$)/i.test(text)),
			word,
			{ maxKeys: 4, noNullPrototype: true },
		),
		extra: fc.option(header, { nil: undefined }),
		body: word,
		credentials: fc.record({
			accessKeyId: key,
			secretAccessKey: key,
			sessionToken: fc.option(key, { nil: undefined }),
		}),
		region: fc.constantFrom("us-east-1", "eu-west-1", "cn-north-1"),
		time: fc.date({ min: new Date("2015-01-01"), max: new Date("2035-01-01"), noInvalidDate: true }),
	});
	type Drawn = typeof request extends fc.Arbitrary<infer T> ? T : never;

	const theirs = ({ credentials, region }: Drawn) =>
		new SignatureV4({ service: "kinesisvideo", region, credentials, sha256: Sha256, applyChecksum: false });
	const ours = ({ credentials, region, time }: Drawn): SigningOptions => ({
		credentials: new Credentials(credentials),
		region,
		service: "kinesisvideo",
		time: time.getTime(),
		hash,
	});
	const headersOf = ({ extra }: Drawn): [string, string][] => [
		["host", "r-1.kinesisvideo.eu-west-1.amazonaws.com"],
		...(extra === undefined ? [] : ([["x-extra", extra]] as [string, string][])),
	];
	const smithyRequest = (drawn: Drawn) => {
		const { method, path, query, body } = drawn;
		const headers = Object.fromEntries(headersOf(drawn));
		return new HttpRequest({ protocol: "https:", hostname: headers.host, method, path, query, headers, body });
	};

	test("in headers", async () => {
		const property = fc.asyncProperty(request, async (drawn) => {
			const signed = await theirs(drawn).sign(smithyRequest(drawn), { signingDate: drawn.time });
			const { method, path, query, body } = drawn;
			const mine = signHeaders(
				{ method, path, query: Object.entries(query), headers: headersOf(drawn), body },
				ours(drawn),
			);
			expect(Object.fromEntries(mine)).toEqual({
				"x-amz-date": signed.headers["x-amz-date"],
				...(drawn.credentials.sessionToken === undefined
					? {}
					: { "x-amz-security-token": drawn.credentials.sessionToken }),
				authorization: signed.headers["authorization"],
			});
		});
		await fc.assert(property, { numRuns: 300 });
	});

	test("in queries", async () => {
		const property = fc.asyncProperty(request, async (drawn) => {
			// Theirs hoists x- fields into the query; only the host is signed here.
			const plain = { ...drawn, extra: undefined, body: "" };
			const signed = await theirs(plain).presign(smithyRequest({ ...plain, method: "GET" }), {
				signingDate: drawn.time,
				expiresIn: 299,
			});
			const pairs = Object.entries(plain.query);
			const mine = signQuery(
				{ method: "GET", path: plain.path, query: pairs, headers: headersOf(plain) },
				299,
				ours(plain),
			);
			expect(mine.split("X-Amz-Signature=")[1]).toBe(signed.query!["X-Amz-Signature"]);
		});
		await fc.assert(property, { numRuns: 300 });
	});
});

test("dates and escapes", () => {
	expect(formatAmzDate(Date.parse("2026-01-02T03:04:05.678Z"))).toBe("20260102T030405Z");
	expect(escapeURI("a b!'()*/+~é")).toBe("a%20b%21%27%28%29%2A%2F%2B~%C3%A9");
});
