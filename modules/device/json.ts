// SPDX-License-Identifier: Apache-2.0
// JSON from outside, on an engine that runs out of slots, of stack or of property names for good. All of it passes here.
import { consistsOf, decodeUTF8, isPrintable } from "webrtc/text";

const maximumDepth = 6;
/** Names and values, all told: the largest that is expected, an offer with eight TURN servers, has some 130. */
const maximumValues = 256;
const quote = 0x22;
const backslash = 0x5c;

/**
 * Parses bytes of JSON that are an object. Of its properties, at any depth, only those named are kept on XS: each new
 * name that a program meets stays in the machine, and there are 32 K of them at most. Of all properties and elements
 * there may be 256, and 6 levels.
 * @throws SyntaxError, or TypeError for bytes that are not UTF-8
 */
export function parseObject<Names extends string>(bytes: Uint8Array, keys: readonly Names[]): Fields<Names> {
	checkSize(bytes);
	const text = decodeUTF8(bytes);
	// An array as second argument is an extension of XS; elsewhere it has no effect.
	const value: unknown = JSON.parse(text, keys as never);
	if (!isObject<Names>(value)) throw new SyntaxError("not an object");
	return value;
}

/** An object from outside, of which these properties are looked at. */
export type Fields<Names extends string> = { readonly [Name in Names]?: unknown };

export function isObject<Names extends string>(value: unknown): value is Fields<Names> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A string of 1 to `longest` characters, or undefined. */
export function textOf(value: unknown, longest: number): string | undefined {
	return typeof value === "string" && value.length > 0 && value.length <= longest ? value : undefined;
}

/** What others say, fit for a log: no control characters that would fake lines or colours. */
export function printable(text: string): string {
	if (consistsOf(text, isPrintable, 0)) return text;
	return Array.from(text, (character) => (consistsOf(character, isPrintable) ? character : "?")).join("");
}

/**
 * JSON.parse recurses in C, so that what is nested deeply would overflow a device's stack; and each value is a slot or
 * several, so that a message of many short ones would fill its heap. This counts them without making any.
 */
function checkSize(bytes: Uint8Array): void {
	let depth = 0;
	let values = 0;
	let isWord = false; // within a number, or true, false or null
	for (let i = 0; i < bytes.length; i++) {
		const byte = bytes[i]!;
		const wasWord = isWord;
		isWord = false;
		if (byte === quote) {
			values++;
			i = endOfString(bytes, i + 1);
		} else if (byte === 0x7b || byte === 0x5b) {
			values++;
			if (++depth > maximumDepth) throw new SyntaxError("nested too deeply");
		} else if (byte === 0x7d || byte === 0x5d) {
			depth--;
		} else if (byte > 0x20 && byte !== 0x2c && byte !== 0x3a) {
			isWord = true;
			if (!wasWord) values++;
		}
		if (values > maximumValues) throw new SyntaxError("too many values");
	}
}

/** The index of the closing quote. */
function endOfString(bytes: Uint8Array, from: number): number {
	for (;;) {
		const end = bytes.indexOf(quote, from);
		if (end < 0) throw new SyntaxError("unterminated string");
		let escapes = 0;
		while (bytes[end - 1 - escapes] === backslash && end - 1 - escapes >= from) escapes++;
		if (escapes % 2 === 0) return end;
		from = end + 1;
	}
}
