// SPDX-License-Identifier: Apache-2.0
// The parts of a request's head (RFC 9112 sections 2 to 7), without regular expressions: this runs for each line.

/** A request that is not served; the message is the text of the response. */
export class RequestError extends Error {
	readonly status: number;
	constructor(status: number, message: string) {
		super(message);
		this.status = status;
	}
}

export interface RequestHead {
	readonly method: string;
	/** In origin form, without the query; "*" for OPTIONS of the device as a whole. */
	readonly path: string;
	readonly query: string;
	/** Whom the client means, in lower case: the authority of an absolute target, else Host. "" only in HTTP/1.0. */
	readonly host: string;
	/** The minor version: of 1.0 or of 1.1. */
	readonly minor: 0 | 1;
	/** Names in lower case; the values of repeated fields joined with ", ". */
	readonly headers: ReadonlyMap<string, string>;
	/** Bytes of the body; undefined: it comes in chunks. */
	readonly length: number | undefined;
	/** Whether the connection can carry another request afterwards. */
	readonly keepAlive: boolean;
	/** The client waits for a 100 before it sends the body. */
	readonly expects: boolean;
}

export interface RequestLine {
	readonly method: string;
	readonly target: string;
	readonly minor: 0 | 1;
}

const methodLength = 16;
const otherTokenCharacters = "!#$%&'*+-.^_`|~";

/** Whether a byte may stand in a token (RFC 9110 section 5.6.2). */
export function isTokenByte(byte: number): boolean {
	return (
		(byte >= 0x61 && byte <= 0x7a) ||
		(byte >= 0x41 && byte <= 0x5a) ||
		isDigit(byte) ||
		otherTokenCharacters.includes(String.fromCharCode(byte))
	);
}

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;

export function isToken(text: string): boolean {
	for (let i = 0; i < text.length; i++) if (!isTokenByte(text.charCodeAt(i))) return false;
	return text.length > 0;
}

/** @throws RequestError */
export function parseRequestLine(line: string): RequestLine {
	const [method = "", target = "", version = "", more] = line.split(" ", 4);
	const isOne = version.length === 8 && version.startsWith("HTTP/1.") && isDigit(version.charCodeAt(7));
	const minor = !isOne ? undefined : version.endsWith("0") ? 0 : 1; // a later minor version is read as 1.1
	if (more !== undefined || !target || !isToken(method) || method.length > methodLength)
		throw new RequestError(400, "The request line is malformed.");
	if (minor === undefined)
		throw new RequestError(version.startsWith("HTTP/") ? 505 : 400, "HTTP/1.1 and HTTP/1.0 are understood.");
	return { method, target, minor };
}

/**
 * The four forms of a target (RFC 9112 section 3.2). An absolute one names the host; Host does not count then.
 * @throws RequestError
 */
export function parseTarget(
	{ method, target, minor }: RequestLine,
	named: string | undefined,
): Pick<RequestHead, "path" | "query" | "host"> {
	let host = named;
	let rest = target;
	const scheme = target.slice(0, target.indexOf("://") + 3).toLowerCase();
	if (host === undefined && minor === 1) throw new RequestError(400, "There is no Host.");
	if (scheme === "http://" || scheme === "https://") {
		rest = target.slice(scheme.length);
		const end = firstOf(rest, "/?");
		host = rest.slice(0, end);
		rest = rest.slice(end);
		if (!rest.startsWith("/")) rest = `/${rest}`;
	}
	if (!rest.startsWith("/") && !(rest === "*" && method === "OPTIONS"))
		throw new RequestError(400, "The target is malformed.");
	if (rest.includes("#") || !isAscii(rest)) throw new RequestError(400, "The target is malformed.");
	const mark = firstOf(rest, "?");
	return { path: rest.slice(0, mark), query: rest.slice(mark + 1), host: checkedHost(host ?? "") };
}

function isAscii(text: string): boolean {
	for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7e) return false;
	return true;
}

/** Where one of the characters stands first, or the end. */
function firstOf(text: string, characters: string): number {
	let at = 0;
	while (at < text.length && !characters.includes(text.charAt(at))) at++;
	return at;
}

/** @throws RequestError for what cannot be a host and a port */
function checkedHost(host: string): string {
	for (let i = 0; i < host.length; i++) {
		const character = host.charAt(i);
		const code = host.charCodeAt(i);
		if (!isTokenByte(code) && !":[]".includes(character)) throw new RequestError(400, "The Host is malformed.");
	}
	return host.toLowerCase();
}

/**
 * How long the body is (RFC 9112 section 6.3); undefined: it comes in chunks. Where a request tells two lengths, a proxy
 * may have believed the other one: it is refused.
 * @throws RequestError
 */
export function bodyLength(headers: ReadonlyMap<string, string>, minor: number): number | undefined {
	const coding = headers.get("transfer-encoding");
	const length = headers.get("content-length");
	if (coding !== undefined) {
		if (length !== undefined || minor === 0) throw new RequestError(400, "The length of the body is ambiguous.");
		if (coding.toLowerCase() !== "chunked") throw new RequestError(501, "The only transfer coding is chunked.");
		return undefined;
	}
	if (length === undefined) return 0;
	for (let i = 0; i < length.length; i++)
		if (!isDigit(length.charCodeAt(i))) throw new RequestError(400, "The content-length is not a number.");
	if (!length || length.length > 15) throw new RequestError(length ? 413 : 400, "The content-length is no length.");
	return Number(length);
}

/**
 * The size in a chunk's first line; extensions are read over (RFC 9112 section 7.1.1).
 * @throws RequestError
 */
export function chunkSize(line: string): number {
	const digits = line.slice(0, firstOf(line, "; \t"));
	let size = 0;
	for (let i = 0; i < digits.length; i++) {
		const digit = "0123456789abcdef".indexOf(digits.charAt(i).toLowerCase());
		if (digit < 0) throw new RequestError(400, "A chunk's size is malformed.");
		size = size * 16 + digit;
	}
	if (!digits || digits.length > 8) throw new RequestError(400, "A chunk's size is malformed.");
	const rest = line.slice(digits.length).trim();
	if (rest && !rest.startsWith(";")) throw new RequestError(400, "A chunk's size is malformed.");
	return size;
}
