// SPDX-License-Identifier: Apache-2.0
// IP addresses as text and as bytes. One address has one text here (RFC 5952), so that addresses can be compared as
// strings, whoever wrote them: the peer's SDP, the socket, or a STUN attribute.

/** "4", "6", or undefined when the text is no IP address. An IPv4-mapped IPv6 address is IPv4. */
export type Family = 4 | 6;

const zeroGroups = ":0:0:0:0:0:0:0:0:";

/**
 * The one text of an address.
 * @returns undefined when `text` is no IP address. An IPv6 zone ("%eth0") stays.
 */
export function canonicalAddress(text: string): string | undefined {
	if (text.indexOf(":") < 0) return parseIPv4(text, new Uint8Array(4), 0) ? text : undefined;
	const percent = text.indexOf("%");
	const bytes = parseIPv6(percent < 0 ? text : text.slice(0, percent));
	if (!bytes) return undefined;
	const canonical = formatAddress(bytes, 0, 16);
	return percent < 0 || canonical.indexOf(":") < 0 ? canonical : canonical + text.slice(percent);
}

/** The family of a canonical address. */
export function familyOf(address: string): Family {
	return address.indexOf(":") < 0 ? 4 : 6;
}

/** 4 or 16 bytes; undefined when `text` is no IP address. A zone is left out. */
export function addressBytes(text: string): Uint8Array | undefined {
	if (text.indexOf(":") < 0) {
		const bytes = new Uint8Array(4);
		return parseIPv4(text, bytes, 0) ? bytes : undefined;
	}
	const percent = text.indexOf("%");
	return parseIPv6(percent < 0 ? text : text.slice(0, percent));
}

/** The canonical text of the 4 or 16 bytes at `offset`. */
export function formatAddress(bytes: Uint8Array, offset: number, size: number): string {
	if (size === 4) return formatIPv4(bytes, offset);
	if (isMapped(bytes, offset)) return formatIPv4(bytes, offset + 12);
	let groups = ":";
	for (let i = offset; i < offset + 16; i += 2) groups += `${((bytes[i]! << 8) | bytes[i + 1]!).toString(16)}:`;
	// Of the longest runs the first is left out, but no single group (RFC 5952 section 4.2).
	for (let run = zeroGroups; run.length >= 5; run = run.slice(2)) {
		const at = groups.indexOf(run);
		if (at >= 0) return `${groups.slice(1, at)}::${groups.slice(at + run.length, -1)}`;
	}
	return groups.slice(1, -1);
}

/** Whether a canonical address is one of this host alone. */
export function isLoopback(address: string): boolean {
	return address.startsWith("127.") || address === "::1";
}

/** Whether a canonical address needs a zone, which no candidate can carry (RFC 4007 section 6). */
export function isLinkLocalIPv6(address: string): boolean {
	return address.startsWith("fe") && "89ab".includes(address.charAt(2) || "-") && address.charAt(4) === ":";
}

function parseIPv4(text: string, bytes: Uint8Array, offset: number): boolean {
	const parts = text.split(".", 5);
	if (parts.length !== 4) return false;
	for (let i = 0; i < 4; i++) {
		const part = parts[i] as string;
		const value = Number(part);
		if (!(value >= 0 && value <= 255) || String(value) !== part) return false; // as nobody else writes it
		bytes[offset + i] = value;
	}
	return true;
}

function parseIPv6(text: string): Uint8Array | undefined {
	const halves = text.split("::", 3);
	if (halves.length > 2) return undefined;
	const head: number[] = [];
	const tail: number[] = [];
	if (!parseGroups(halves[0] as string, head, halves.length === 1)) return undefined;
	if (halves.length === 2 && !parseGroups(halves[1] as string, tail, true)) return undefined;
	const count = head.length + tail.length;
	if (halves.length === 1 ? count !== 16 : count > 14) return undefined;
	const bytes = new Uint8Array(16);
	bytes.set(head);
	bytes.set(tail, 16 - tail.length);
	return bytes;
}

/** Appends the bytes of "a:b:c"; the last group may be a dotted IPv4 address when it ends the address. */
function parseGroups(text: string, bytes: number[], last: boolean): boolean {
	if (text === "") return true;
	const groups = text.split(":", 9);
	for (let i = 0; i < groups.length; i++) {
		const group = groups[i] as string;
		if (last && i === groups.length - 1 && group.indexOf(".") >= 0) {
			const tail = new Uint8Array(4);
			if (!parseIPv4(group, tail, 0)) return false;
			bytes.push(...tail);
		} else {
			const digits = `1${group}`; // with a digit before, the others stay
			if (!group || group.length > 4 || parseInt(digits, 16).toString(16) !== digits.toLowerCase()) return false;
			const value = parseInt(group, 16);
			bytes.push(value >> 8, value & 255);
		}
	}
	return true;
}

function isMapped(bytes: Uint8Array, offset: number): boolean {
	for (let i = 0; i < 10; i++) if (bytes[offset + i] !== 0) return false;
	return bytes[offset + 10] === 255 && bytes[offset + 11] === 255;
}

function formatIPv4(bytes: Uint8Array, offset: number): string {
	return `${bytes[offset]}.${bytes[offset + 1]}.${bytes[offset + 2]}.${bytes[offset + 3]}`;
}
