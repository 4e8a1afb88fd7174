// SPDX-License-Identifier: Apache-2.0
// Against the published test suite of Signature Version 4, the KVS JavaScript SDK's vectors, and AWS's own signer.
import { Sha256 } from "@aws-crypto/sha256-js";
import { HttpRequest } from "@smithy/protocol-http";
import { SignatureV4 } from "@smithy/signature-v4";
import fc from "../seeded";
import { createHash } from "node:crypto";
import { Credentials } from "webrtc/aws/credentials";
import { escapeURI, formatAmzDate, signHeaders, signQuery, type Pairs, type SigningOptions } from "webrtc/aws/sigv4";
import { firstEdition, host, inexpressible, inexpressibleVectors, sessionTokens, vectors, type Vector } from "./suite";
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
const credentials = { accessKeyId: suite.credentials.accessKeyId, secretAccessKey: suite.credentials.secretAccessKey };
const optionsOf = (name: string): SigningOptions => {
	return { ...suite, credentials: new Credentials({ ...credentials, sessionToken: sessionTokens[name] }) };
};

describe("the published suite", () => {
	const inHeaders = (vector: Vector): Map<string, string> => {
		const { name, method, path, query, headers, body } = vector;
		// Its C edition sends the hash along where there is a body.
		const digest = createHash("sha256").update(body).digest("hex");
		const hash: Pairs = body && vector.inQuery ? [["x-amz-content-sha256", digest]] : [];
		const all: Pairs = [["Host", host], ...headers, ...hash];
		return new Map(signHeaders({ method, path, query, headers: all, body }, optionsOf(name)));
	};
	const inQuery = ({ name, method, path, query, headers, body }: Vector): URLSearchParams => {
		const request = { method, path, query, headers: [["Host", host] as const, ...headers], body };
		return new URLSearchParams(signQuery(request, 3600, optionsOf(name)));
	};
	const scope = "AKIDEXAMPLE/20150830/us-east-1/service/aws4_request";
	const namesOf = ({ headers }: Vector, ...more: string[]) =>
		[...new Set(["host", ...headers.map(([name]) => name.toLowerCase()), ...more])].sort().join(";");
	const cases = (list: Vector[]) => list.map((vector) => [vector.name, vector] as const);

	test.each([...cases(vectors), ...cases(firstEdition)])("%s, in headers", (name, vector) => {
		const added = inHeaders(vector);
		const token = sessionTokens[name];
		expect(added.get("x-amz-date")).toBe("20150830T123600Z");
		expect(added.get("x-amz-security-token")).toBe(token);
		const more = ["x-amz-date"];
		if (token !== undefined) more.push("x-amz-security-token");
		if (vector.body && vector.inQuery) more.push("x-amz-content-sha256");
		expect(added.get("authorization")).toBe(
			`AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=${namesOf(vector, ...more)}, Signature=${vector.inHeaders}`,
		);
	});

	test.each(cases(vectors))("%s, in the query", (name, vector) => {
		const query = inQuery(vector);
		expect(Object.fromEntries(query)).toEqual({
			...Object.fromEntries(vector.query),
			"X-Amz-Algorithm": "AWS4-HMAC-SHA256",
			"X-Amz-Credential": scope,
			"X-Amz-Date": "20150830T123600Z",
			"X-Amz-Expires": "3600",
			"X-Amz-SignedHeaders": namesOf(vector),
			...(sessionTokens[name] === undefined ? {} : { "X-Amz-Security-Token": sessionTokens[name] }),
			"X-Amz-Signature": vector.inQuery,
		});
	});

	// When the signer learns one of them, it belongs above.
	test.each(cases(inexpressibleVectors))("%s cannot be expressed", (name, vector) => {
		expect(inexpressible[name]).toBeDefined();
		expect(inHeaders(vector).get("authorization")).not.toContain(vector.inHeaders);
		expect(inQuery(vector).get("X-Amz-Signature")).not.toBe(vector.inQuery);
	});

	test("is whole", () => {
		expect(vectors.length + inexpressibleVectors.length).toBe(38);
		expect(firstEdition).toHaveLength(5);
		expect(new Set([...vectors, ...inexpressibleVectors].map(({ name }) => name)).size).toBe(38);
	});
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
