// SPDX-License-Identifier: Apache-2.0
import {
	consistsOf,
	isAlphanumeric,
	isAmong,
	isDigit,
	isLowerCase,
	isPrintable,
	isVisible,
	isWordCharacter,
	type CharacterClass,
} from "webrtc/text";

describe("character classes are those of the regular expressions that they stand for", () => {
	const classes: [string, CharacterClass, RegExp][] = [
		["isDigit", isDigit, /^[0-9]$/],
		["isLowerCase", isLowerCase, /^[a-z]$/],
		["isAlphanumeric", isAlphanumeric, /^[A-Za-z0-9]$/],
		["isWordCharacter", isWordCharacter, /^\w$/],
		["isVisible", isVisible, /^[\x21-\x7e]$/],
		["isPrintable", isPrintable, /^[ -~]$/],
		["isAmong", (code) => isAmong(code, "+/=#_-"), /^[+/=#_-]$/],
	];
	test.each(classes)("%s", (_, isOfClass, pattern) => {
		for (let code = 0; code < 0x300; code++)
			expect([code, isOfClass(code)]).toEqual([code, pattern.test(String.fromCharCode(code))]);
	});
});

describe("consistsOf", () => {
	test("counts from the least to the most", () => {
		expect(["", "1", "12", "123", "1234"].map((text) => consistsOf(text, isDigit, 2, 3))).toEqual([
			false,
			false,
			true,
			true,
			false,
		]);
	});
	test("takes one character or more unless told otherwise", () => {
		expect(consistsOf("", isDigit)).toBe(false);
		expect(consistsOf("", isDigit, 0)).toBe(true);
	});
	test("refuses a foreign character wherever it stands", () => {
		for (const text of ["x12", "1x2", "12x", "12\n", "１２"]) expect(consistsOf(text, isDigit)).toBe(false);
	});
});
