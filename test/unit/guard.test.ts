// SPDX-License-Identifier: Apache-2.0
import WebRTCError from "webrtc/error";
import guard from "webrtc/error/guard";

const throwing = (what: unknown) => () => {
	throw what;
};

test("what a callback throws reaches its owner as a WebRTCError, and nobody else", () => {
	const errors: WebRTCError[] = [];
	const own = new WebRTCError("ice/failed", "own");
	for (const what of [own, new TypeError("a fault"), "text", undefined])
		expect(guard((error) => errors.push(error), throwing(what))()).toBeUndefined();
	expect(errors.map(({ code, message }) => `${code} ${message}`)).toEqual([
		"ice/failed own",
		"internal a fault",
		"internal text",
		"internal undefined",
	]);
	expect(errors[0]).toBe(own);
});

test("an owner that throws as well is contained", () => {
	expect(guard(throwing(new Error("again")), throwing(new Error("first")))()).toBeUndefined();
});

test("this, arguments and the result pass", () => {
	const add = guard(throwing(0), function (this: { base: number }, a: number, b: number) {
		return this.base + a + b;
	});
	expect(add.call({ base: 1 }, 2, 3)).toBe(6);
});
