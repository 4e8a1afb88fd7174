// SPDX-License-Identifier: Apache-2.0
// Absolute URLs of http, https, ws and wss (RFC 3986), and what is relative to them.
import { consistsOf, isAlphanumeric, isAmong, isDigit, isVisible } from "webrtc/text";

export interface URLParts {
	/** https or wss. */
	secure: boolean;
	/** In lower case; a name or an IPv4 address. */
	host: string;
	port: number;
	/** Begins with "/"; with the query, if there is one. */
	path: string;
}

const longest = 2048; // characters

/**
 * Takes an absolute http, https, ws or wss URL apart.
 * @param what the option that it is, for the error
 * @throws TypeError for anything else: also for user names, fragments and IPv6 addresses
 */
export function parseURL(text: unknown, what = "url"): URLParts {
	const parts = typeof text === "string" && text.length <= longest ? split(text) : undefined;
	if (!parts) throw new TypeError(`${what}: an absolute URL such as https://host or https://host:8443`);
	const { scheme, host, path } = parts;
	const secure = scheme === "https" || scheme === "wss";
	const port = parts.port === undefined ? (secure ? 443 : 80) : Number(parts.port);
	if (port < 1 || port > 65535) throw new TypeError(`${what}: a port from 1 to 65535`);
	return { secure, host: host.toLowerCase(), port, path };
}

/**
 * What a reference, such as that of a Location field, means at a URL (RFC 3986 section 5.2).
 * @throws TypeError
 */
export function resolveURL(base: URLParts, reference: string): URLParts {
	if (hasScheme(reference)) return parseURL(reference, "location");
	if (reference.startsWith("//")) return parseURL(`${base.secure ? "https" : "http"}:${reference}`, "location");
	const hash = reference.indexOf("#");
	const text = hash < 0 ? reference : reference.slice(0, hash);
	const path = reference.startsWith("/") ? text : merged(base.path, text);
	if (path.length > longest || !consistsOf(path, isOfPath)) throw new TypeError("location: not a URL");
	return { ...base, path: withoutDots(path) };
}

/** "https://host:8443", without a port that goes without saying: an origin (RFC 6454 section 6.2). */
export function originOf({ secure, host, port }: URLParts): string {
	const usual = secure ? 443 : 80;
	return `${secure ? "https" : "http"}://${host}${port === usual ? "" : `:${port}`}`;
}

interface Split {
	scheme: string;
	host: string;
	/** Digits. */
	port: string | undefined;
	path: string;
}

/** undefined when a part is missing or has characters that it may not have. */
function split(text: string): Split | undefined {
	const begin = text.indexOf("://") + 3;
	const slash = text.indexOf("/", begin);
	const query = text.indexOf("?", begin);
	const end = Math.min(slash < 0 ? text.length : slash, query < 0 ? text.length : query);
	const [host = "", port, more] = text.slice(begin, end).split(":", 3);
	const rest = text.slice(end);
	const path = rest.startsWith("/") ? rest : `/${rest}`;
	const scheme = text.slice(0, Math.max(0, begin - 3));
	const isURL =
		begin > 3 &&
		schemes.includes(scheme) &&
		consistsOf(host, isOfHost, 1, 253) &&
		(port === undefined || consistsOf(port, isDigit, 1, 5)) &&
		more === undefined &&
		consistsOf(path, isOfPath);
	return isURL ? { scheme, host, port, path } : undefined;
}

function hasScheme(reference: string): boolean {
	const colon = reference.indexOf(":");
	return colon > 0 && consistsOf(reference.slice(0, colon), isOfScheme);
}

/** RFC 3986 section 5.2.3 */
function merged(base: string, reference: string): string {
	const query = base.indexOf("?");
	const path = query < 0 ? base : base.slice(0, query);
	if (reference === "") return base;
	if (reference.startsWith("?")) return `${path}${reference}`;
	return `${path.slice(0, path.lastIndexOf("/") + 1)}${reference}`;
}

/** RFC 3986 section 5.2.4 */
function withoutDots(text: string): string {
	const query = text.indexOf("?");
	const path = query < 0 ? text : text.slice(0, query);
	if (!path.includes("/.")) return text;
	const kept: string[] = [];
	const segments = path.slice(1).split("/", longest);
	for (let i = 0; i < segments.length; i++) {
		const segment = segments[i]!;
		const isLast = i === segments.length - 1;
		if (segment === "..") kept.pop();
		else if (segment !== ".") kept.push(segment);
		if (isLast && (segment === "." || segment === "..")) kept.push("");
	}
	return `/${kept.join("/")}${query < 0 ? "" : text.slice(query)}`;
}

const schemes: readonly string[] = Object.freeze(["https", "http", "wss", "ws"]);
const isOfHost = (code: number) => isAlphanumeric(code) || isAmong(code, ".-");
const isOfScheme = (code: number) => isAlphanumeric(code) || isAmong(code, "+-.");
const isOfPath = (code: number) => isVisible(code) && !isAmong(code, '"#<>\\^`{|}');
