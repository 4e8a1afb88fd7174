// SPDX-License-Identifier: Apache-2.0
// Messages of multicast DNS (RFC 6762 section 18, RFC 1035 section 4): what asking and answering have of them in common.

export const headerSize = 12;
export const typeA = 1;
export const typeAAAA = 28;
export const classIn = 1;
/** Of a question: an answer to this port alone will do (section 5.4); of a record: it is all there is (section 10.2). */
export const topBit = 0x8000;
/** Of names and records in one message that are looked at. */
export const maximumQuestions = 16;
export const maximumRecords = 64;
export const longestName = 255; // bytes: RFC 1035 section 2.3.4
export const longestLabel = 63;

/** A name of at most so many bytes, as RFC 1035 section 3.1 has it. */
export function encodeName(name: string): Uint8Array {
	const data = new Uint8Array(name.length + 2);
	let at = 0;
	for (const label of name.split(".")) {
		data[at++] = label.length;
		for (let i = 0; i < label.length; i++) data[at++] = label.charCodeAt(i);
	}
	return data;
}

/** Where a name's bytes end; behind the data: nowhere. */
export function skipName(data: Uint8Array, at: number): number {
	for (;;) {
		const length = at < data.length ? byteAt(data, at) : Infinity;
		if (length === 0) return at + 1;
		if (length >= 0xc0) return at + 2;
		if (length > longestLabel) return Infinity;
		at += 1 + length;
	}
}

/** In lower case; undefined for one that is too long, or goes in circles. */
export function readName(data: Uint8Array, at: number): string | undefined {
	let name = "";
	let earliest = at; // a pointer leads backwards (RFC 1035 section 4.1.4), so there is an end
	for (;;) {
		if (at >= data.length) return undefined;
		const length = byteAt(data, at);
		if (length === 0) return name.toLowerCase();
		if (length >= 0xc0) {
			if (at + 1 >= data.length) return undefined;
			at = uint16(data, at) & 0x3fff;
			if (at >= earliest) return undefined;
			earliest = at;
			continue;
		}
		if (length > longestLabel || at + 1 + length > data.length) return undefined;
		if (name.length + 1 + length >= longestName) return undefined;
		if (name) name += ".";
		for (let i = 1; i <= length; i++) name += String.fromCharCode(byteAt(data, at + i));
		at += 1 + length;
	}
}

function byteAt(data: Uint8Array, at: number): number {
	return data[at] as number;
}

export function uint16(data: Uint8Array, at: number): number {
	return (byteAt(data, at) << 8) | byteAt(data, at + 1);
}

export function uint32(data: Uint8Array, at: number): number {
	return uint16(data, at) * 0x10000 + uint16(data, at + 2);
}
