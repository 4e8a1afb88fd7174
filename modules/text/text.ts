// SPDX-License-Identifier: Apache-2.0
// Text from outside, judged a character at a time. There are no regular expressions in the SDK: on XS each evaluation of
// a literal compiles it, which costs a device a millisecond or more, and one that was preloaded corrupts the heap.

/** A class of characters: whether one is of it, by its code. */
export type CharacterClass = (code: number) => boolean;

export const isDigit: CharacterClass = (code) => code >= 0x30 && code <= 0x39;
export const isLowerCase: CharacterClass = (code) => code >= 0x61 && code <= 0x7a;
/** A-Z a-z 0-9 */
export const isAlphanumeric: CharacterClass = (code) =>
	isLowerCase(code) || isDigit(code) || (code >= 0x41 && code <= 0x5a);
/** A-Z a-z 0-9 _ */
export const isWordCharacter: CharacterClass = (code) => isAlphanumeric(code) || code === 0x5f;
/** ASCII without controls and space. */
export const isVisible: CharacterClass = (code) => code > 0x20 && code < 0x7f;
/** ASCII without controls. */
export const isPrintable: CharacterClass = (code) => code >= 0x20 && code < 0x7f;

/** Whether a character is one of a few. */
export const isAmong = (code: number, few: string): boolean => few.includes(String.fromCharCode(code));

/** Whether a text has from `minimum` to `maximum` characters, all of one class. */
export function consistsOf(
	text: string,
	isOfClass: CharacterClass,
	minimum = 1,
	maximum = Number.MAX_SAFE_INTEGER,
): boolean {
	const { length } = text;
	if (length < minimum || length > maximum) return false;
	for (let i = 0; i < length; i++) {
		if (!isOfClass(text.charCodeAt(i))) return false;
	}
	return true;
}

/** Whether a text has from `minimum` to `maximum` characters, all of them visible ASCII. */
export function isVisibleText(text: string, minimum: number, maximum: number): boolean {
	const { length } = text;
	if (length < minimum || length > maximum) return false;
	try {
		// What a URI has as it is, is such a character: on XS one call of this costs less than one for each.
		if (encodeURI(text).length === length) return true;
	} catch {
		return false; // half of a surrogate pair
	}
	return consistsOf(text, isVisible);
}

// The SDK's typings know the first parameter only.
const fromArrayBuffer = String.fromArrayBuffer as (buffer: ArrayBufferLike, offset: number, size: number) => string;

/** The text of UTF-8. @throws TypeError for bytes that are not */
export const decodeUTF8 = (bytes: Uint8Array): string =>
	fromArrayBuffer(bytes.buffer, bytes.byteOffset, bytes.byteLength);
