// SPDX-License-Identifier: Apache-2.0
// Tokens and passwords, and how often they may be guessed.
import type { HTTPRequestHead } from "webrtc/http";
import Attempts from "webrtc/http/attempts";
import Authorization from "webrtc/http/authorization";

const token = "0123456789abcdef-._~+/==";
const password = "grüße: an alle";
const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;

function head(authorization?: string, remoteAddress = "192.0.2.1"): HTTPRequestHead {
	const headers = new Map(authorization === undefined ? [] : [["authorization", authorization]]);
	return { method: "POST", path: "/whep", query: "", headers, remoteAddress };
}

test("without a secret everybody may pass", () => {
	const authorization = new Authorization({});
	expect(authorization.isOpen).toBe(true);
	expect(authorization.refusal(head(), 0)).toBeUndefined();
});

test.each([
	["the token", `Bearer ${token}`, undefined],
	["the token, its scheme in other letters", `bEARER  ${token}`, undefined],
	["the password of nobody", basic(`:${password}`), undefined],
	["the password of anybody", basic(`admin:${password}`), undefined],
	["nothing", undefined, 401],
	["an empty field", "", 401],
	["the scheme alone", "Bearer", 401],
	["an empty token", "Bearer ", 401],
	["a beginning of the token", `Bearer ${token.slice(0, -1)}`, 401],
	["more than the token", `Bearer ${token}x`, 401],
	["the token as a password", basic(`:${token}`), 401],
	["the password as a token", `Bearer ${password}`, 401],
	["the password without a colon", basic(password.replace(":", "")), 401],
	["a user named as the password", basic(`${password}:`), 401],
	["base64 that is none", "Basic %%%", 401],
	["bytes that are not UTF-8", `Basic ${Buffer.from([0x3a, 0xff]).toString("base64")}`, 401],
	["another scheme", `Digest ${token}`, 401],
	["something endless", `Bearer ${"x".repeat(4000)}`, 401],
	["an endless password", basic(`:${"x".repeat(3000)}`), 401],
])("who gives %s", (_, given, status) => {
	const refusal = new Authorization({ token, password }).refusal(head(given), 0);
	expect(refusal?.status).toBe(status);
	if (refusal)
		expect(refusal.headers!["www-authenticate"]).toBe(
			'Bearer realm="camera", Basic realm="camera", charset="UTF-8"',
		);
});

test("only what there is is asked for and taken", () => {
	const tokenOnly = new Authorization({ token });
	expect(tokenOnly.refusal(head(), 0)!.headers!["www-authenticate"]).toBe('Bearer realm="camera"');
	expect(tokenOnly.refusal(head("Basic Og=="), 0)!.status).toBe(401);
	const passwordOnly = new Authorization({ password });
	expect(passwordOnly.refusal(head(), 0)!.headers!["www-authenticate"]).toBe('Basic realm="camera", charset="UTF-8"');
	expect(passwordOnly.refusal(head("Bearer "), 0)!.status).toBe(401);
});

test.each([
	[{ token: "short" }, "token: 16 to 256 characters"],
	[{ token: "0123456789abcde\n" }, "token: letters, digits and -._~+/ only"],
	[{ token: "0123456789abcdeü" }, "token: letters, digits and -._~+/ only"],
	[{ password: "1234567" }, "password: 8 to 256 characters"],
])("a secret that cannot be one is told at once, and not repeated", (secrets, message) => {
	expect(() => new Authorization(secrets)).toThrow(message);
});

test("five wrong ones of an address, then one every twelve seconds; a missing one is no guess", () => {
	const authorization = new Authorization({ token });
	const statusOf = (given: string | undefined, now: number, address?: string) =>
		authorization.refusal(head(given, address), now)?.status;
	for (let i = 0; i < 20; i++) expect(statusOf(undefined, 0)).toBe(401);
	for (let i = 0; i < 5; i++) expect(statusOf("Bearer wrong", 0)).toBe(401);
	expect(authorization.refusal(head("Bearer wrong"), 0)).toMatchObject({
		status: 429,
		headers: { "retry-after": "12" },
	});
	expect(statusOf(`Bearer ${token}`, 0)).toBe(429); // or it would be a guess
	expect(statusOf(undefined, 0)).toBe(401);
	expect(statusOf(`Bearer ${token}`, 0, "192.0.2.2")).toBeUndefined();
	expect(statusOf("Bearer wrong", 11_999)).toBe(429);
	expect(statusOf("Bearer wrong", 12_000)).toBe(401);
	expect(statusOf("Bearer wrong", 12_001)).toBe(429);
	expect(statusOf(`Bearer ${token}`, 24_000)).toBeUndefined();
});

test("guesses from many addresses are bounded in sum, and keep out nobody who was let in before", () => {
	const attempts = new Attempts();
	attempts.succeed("192.0.2.1");
	let guesses = 0;
	for (let i = 0; i < 1000; i++) {
		const address = `198.51.100.${i % 250}`;
		if (attempts.wait(address, 0)) continue;
		attempts.fail(address, 0);
		guesses += 1;
	}
	expect(guesses).toBe(40);
	expect(attempts.wait("203.0.113.1", 0)).toBe(2);
	expect(attempts.wait("192.0.2.1", 0)).toBe(0);
	expect(attempts.wait("203.0.113.1", 2000)).toBe(0);
	for (let i = 0; i < 8; i++) attempts.succeed(`192.0.2.${i + 10}`); // eight are remembered
	expect(attempts.wait("192.0.2.1", 0)).toBeGreaterThan(0);
});
