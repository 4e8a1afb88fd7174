// SPDX-License-Identifier: Apache-2.0
// The STUN and TURN servers that a media server names (RFC 9725 section 4.6, RFC 8288).
import type { IceServer } from "webrtc/signaling";
import { consistsOf, isVisible } from "webrtc/text";

const maximumServers = 8;
const maximumURLs = 16; // of one
const maximumParameters = 8;
const schemes: readonly string[] = Object.freeze(["stun", "stuns", "turn", "turns"]);

/** The servers of a Link field; what is not one is left out. URLs with the same credentials are one server. */
export default function parseLinks(field: string): IceServer[] {
	const servers: IceServer[] = [];
	let rest = field;
	while (servers.length < maximumServers) {
		const begin = rest.indexOf("<");
		const end = rest.indexOf(">", begin);
		if (begin < 0 || end < 0) break;
		const url = rest.slice(begin + 1, end);
		const { parameters, after } = parseParameters(rest, end + 1);
		rest = rest.slice(after);
		if (isOfIce(parameters.get("rel")) && isIceURL(url)) add(servers, url, parameters);
	}
	return servers;
}

/** Relations are several, in any case (RFC 8288 section 3.3). */
function isOfIce(relations: string | undefined): boolean {
	return relations !== undefined && relations.toLowerCase().split(" ").includes("ice-server");
}

function isIceURL(url: string): boolean {
	const scheme = url.slice(0, url.indexOf(":"));
	return url.length <= 256 && schemes.includes(scheme) && consistsOf(url.slice(scheme.length + 1), isVisible);
}

function add(servers: IceServer[], url: string, parameters: ReadonlyMap<string, string>): void {
	const username = parameters.get("username");
	const credential = parameters.get("credential");
	const same = servers.find((one) => one.username === username && one.credential === credential);
	if (same && same.urls.length < maximumURLs) (same.urls as string[]).push(url);
	else if (same) return;
	else if (username === undefined || credential === undefined) servers.push({ urls: [url] });
	else servers.push({ urls: [url], username, credential });
}

/**
 * `; name=token; name="quoted \" text"; name`, up to a comma or the end. A text without its closing mark was cut: then there
 * are none.
 */
function parseParameters(text: string, from: number): { parameters: Map<string, string>; after: number } {
	const parameters = new Map<string, string>();
	let at = from;
	while (at < text.length && parameters.size < maximumParameters) {
		while (text[at] === " " || text[at] === ";") at++;
		if (text[at] === ",") return { parameters, after: at + 1 };
		const nameEnd = endOf(text, at, "=;,");
		const name = text.slice(at, nameEnd).trim().toLowerCase();
		at = nameEnd;
		if (text[at] !== "=") continue;
		const isQuoted = text[at + 1] === '"';
		const { value, after } = isQuoted ? parseQuoted(text, at + 2) : parseToken(text, at + 1);
		if (isQuoted && text[after - 1] !== '"') return { parameters: new Map(), after: text.length };
		parameters.set(name, value);
		at = after;
	}
	return { parameters, after: at };
}

/** Up to the closing mark, or the end. */
function parseQuoted(text: string, from: number): { value: string; after: number } {
	let value = "";
	let at = from;
	for (; at < text.length && text[at] !== '"'; at++) {
		if (text[at] === "\\") at++;
		value += text[at] ?? "";
	}
	return { value, after: at + 1 };
}

function parseToken(text: string, from: number): { value: string; after: number } {
	const end = endOf(text, from, ";,");
	return { value: text.slice(from, end).trim(), after: end };
}

/** Where one of the characters stands first, or the end. */
function endOf(text: string, from: number, characters: string): number {
	let at = from;
	while (at < text.length && !characters.includes(text.charAt(at))) at++;
	return at;
}
