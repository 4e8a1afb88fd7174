// SPDX-License-Identifier: Apache-2.0
// AWS Signature Version 4: in the headers of a request, or in the query of a URL. Pure: the time and the hash come in.
import type { Credentials } from "webrtc/aws/credentials";

type Bytes = ArrayBuffer | Uint8Array | DataView;

/** What signing needs of a cryptographic library. */
export interface Hash {
	sha256(data: Bytes): ArrayBuffer;
	hmacSHA256(key: Bytes, data: Bytes): ArrayBuffer;
}

/** With what, for what and when a request is signed. */
export interface SigningOptions {
	credentials: Credentials;
	/** "eu-west-1" */
	region: string;
	/** "kinesisvideo" */
	service: string;
	/** Milliseconds since 1970, by the service's clock. */
	time: number;
	hash: Hash;
}

export type Pairs = readonly (readonly [name: string, value: string])[];

/** What of a request is signed. */
export interface SignableRequest {
	method: string;
	/** As it travels, with its escapes. Default "/". */
	path?: string;
	/** Names and values without escapes. */
	query?: Pairs;
	/** All of these are signed; `host` must be among them, as it will be sent. */
	headers: Pairs;
	body?: Bytes | string;
}

const algorithm = "AWS4-HMAC-SHA256";
const terminator = "aws4_request";

/**
 * Signs a request in its headers.
 * @returns the header fields to add: x-amz-date, authorization and, with temporary credentials, x-amz-security-token
 */
export function signHeaders(request: SignableRequest, options: SigningOptions): [name: string, value: string][] {
	const { credentials, time, hash } = options;
	const date = formatAmzDate(time);
	const added: [string, string][] = [["x-amz-date", date]];
	if (credentials.sessionToken !== undefined) added.push(["x-amz-security-token", credentials.sessionToken]);
	const payloadHash = toHex(hash.sha256(toBytes(request.body ?? "")));
	const headers = canonicalHeaders([...request.headers, ...added]);
	const query = canonicalQuery(request.query ?? []);
	const signature = sign(request, query, headers, payloadHash, date, options);
	const credential = `${credentials.accessKeyId}/${scopeOf(date, options)}`;
	const authorization = `${algorithm} Credential=${credential}, SignedHeaders=${headers.names}, Signature=${signature}`;
	return [...added, ["authorization", authorization]];
}

/**
 * Signs a URL, to be used until it expires.
 * @param expires seconds, 1 to 604 800
 * @returns the query, canonical and with the signature
 * @throws RangeError for another lifetime
 */
export function signQuery(request: SignableRequest, expires: number, options: SigningOptions): string {
	if (!(expires >= 1 && expires <= 604_800)) throw new RangeError("expires: 1 to 604800 s");
	const { credentials, time, hash } = options;
	const date = formatAmzDate(time);
	const headers = canonicalHeaders(request.headers);
	const pairs: [string, string][] = [
		["X-Amz-Algorithm", algorithm],
		["X-Amz-Credential", `${credentials.accessKeyId}/${scopeOf(date, options)}`],
		["X-Amz-Date", date],
		["X-Amz-Expires", String(Math.floor(expires))],
		["X-Amz-SignedHeaders", headers.names],
	];
	if (credentials.sessionToken !== undefined) pairs.push(["X-Amz-Security-Token", credentials.sessionToken]);
	const query = canonicalQuery([...(request.query ?? []), ...pairs]);
	const payloadHash = toHex(hash.sha256(toBytes(request.body ?? "")));
	const signature = sign(request, query, headers, payloadHash, date, options);
	return `${query}&X-Amz-Signature=${signature}`;
}

/** 20150830T123600Z */
export function formatAmzDate(time: number): string {
	return `${new Date(time).toISOString().slice(0, 19).replaceAll("-", "").replaceAll(":", "")}Z`;
}

/** The reserved characters that encodeURIComponent leaves as they are. */
const unescaped = Object.freeze([
	["!", "%21"],
	["'", "%27"],
	["(", "%28"],
	[")", "%29"],
	["*", "%2A"],
] as const);

/** Everything but RFC 3986's unreserved characters in escapes. */
export function escapeURI(text: string): string {
	let escaped = encodeURIComponent(text);
	for (const [character, escape] of unescaped) escaped = escaped.replaceAll(character, escape);
	return escaped;
}

function scopeOf(date: string, { region, service }: SigningOptions): string {
	return `${date.slice(0, 8)}/${region}/${service}/${terminator}`;
}

function sign(
	request: SignableRequest,
	query: string,
	headers: { names: string; lines: string },
	payloadHash: string,
	date: string,
	options: SigningOptions,
): string {
	const { method, path = "/" } = request;
	const canonical = [method, canonicalPath(path), query, headers.lines, headers.names, payloadHash].join("\n");
	const { sha256, hmacSHA256 } = options.hash;
	const digest = toHex(sha256(toBytes(canonical)));
	const text = [algorithm, date, scopeOf(date, options), digest].join("\n");
	let key: Bytes = toBytes(`AWS4${options.credentials.secretAccessKey}`);
	for (const part of [date.slice(0, 8), options.region, options.service, terminator])
		key = hmacSHA256(key, toBytes(part));
	return toHex(hmacSHA256(key, toBytes(text)));
}

/** Without dot segments and empty ones (RFC 3986 section 6.2.2.3), and escaped once more than it travels. */
function canonicalPath(path: string): string {
	const kept: string[] = [];
	for (const segment of path.split("/")) {
		if (segment === "..") kept.pop();
		else if (segment !== "" && segment !== ".") kept.push(escapeURI(segment));
	}
	const trailing = kept.length && path.endsWith("/") ? "/" : "";
	return `/${kept.join("/")}${trailing}`;
}

function canonicalQuery(pairs: Pairs): string {
	return pairs
		.map(([name, value]) => [escapeURI(name), escapeURI(value)] as const)
		.sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
		.map(([name, value]) => `${name}=${value}`)
		.join("&");
}

/** Names in lower case and sorted; values trimmed, spaces in a row as one, those of one name joined by commas. */
function canonicalHeaders(pairs: Pairs): { names: string; lines: string } {
	const fields = new Map<string, string>();
	for (const [name, value] of pairs) {
		const key = name.toLowerCase();
		const text = words(value).join(" ");
		const known = fields.get(key);
		fields.set(key, known === undefined ? text : `${known},${text}`);
	}
	const names = [...fields.keys()].sort(compare);
	return { names: names.join(";"), lines: names.map((name) => `${name}:${fields.get(name)}\n`).join("") };
}

function words(text: string): string[] {
	return text.replaceAll("\t", " ").replaceAll("\r", " ").replaceAll("\n", " ").split(" ").filter(Boolean);
}

/** By code units: as bytes, since both are ASCII. */
function compare(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}

function toBytes(data: Bytes | string): Bytes {
	return typeof data === "string" ? ArrayBuffer.fromString(data) : data;
}

function toHex(buffer: ArrayBuffer): string {
	let text = "";
	for (const byte of new Uint8Array(buffer)) text += byte.toString(16).padStart(2, "0");
	return text;
}
