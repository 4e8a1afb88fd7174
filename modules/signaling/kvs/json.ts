// SPDX-License-Identifier: Apache-2.0
// JSON from outside, on an engine that runs out of stack or of property names for good.

const maximumDepth = 6;
const quote = 0x22;
const backslash = 0x5c;
/** The SDK's typings know the first parameter only. */
const decode = String.fromArrayBuffer as (buffer: ArrayBufferLike, offset: number, size: number) => string;

/**
 * Parses bytes of JSON that are an object. Of its properties, at any depth, only those named are kept on XS: each new
 * name that a program meets stays in the machine, and there are 32 K of them at most.
 * @throws SyntaxError, or TypeError for bytes that are not UTF-8
 */
export function parseObject(bytes: Uint8Array, keys: readonly string[]): Record<string, unknown> {
	checkDepth(bytes);
	const text = decode(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	// An array as second argument is an extension of XS; elsewhere it has no effect.
	const value: unknown = JSON.parse(text, keys as never);
	if (!isObject(value)) throw new SyntaxError("not an object");
	return value;
}

export function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A string of 1 to `longest` characters, or undefined. */
export function textOf(value: unknown, longest: number): string | undefined {
	return typeof value === "string" && value.length > 0 && value.length <= longest ? value : undefined;
}

/** What others say, fit for a log: no control characters that would fake lines or colours. */
export function printable(text: string): string {
	return text.replace(/[^ -~]/g, "?");
}

/** JSON.parse recurses in C: what is nested deeply would overflow a device's stack. */
function checkDepth(bytes: Uint8Array): void {
	let depth = 0;
	for (let i = 0; i < bytes.length; i++) {
		const byte = bytes[i]!;
		if (byte === quote) {
			i = endOfString(bytes, i + 1);
		} else if (byte === 0x7b || byte === 0x5b) {
			if (++depth > maximumDepth) throw new SyntaxError("nested too deeply");
		} else if (byte === 0x7d || byte === 0x5d) {
			depth--;
		}
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
