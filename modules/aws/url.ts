// SPDX-License-Identifier: Apache-2.0
import { consistsOf, isAlphanumeric, isAmong, isDigit, isWordCharacter } from "webrtc/text";

export interface ServiceURL {
	secure: boolean;
	host: string;
	port: number;
	/** Begins with "/". Without a query: the service's URLs have none. */
	path: string;
}

const longest = 512; // the service's own limit for a resource endpoint

/**
 * Takes an absolute http, https, ws or wss URL apart.
 * @throws TypeError for anything else
 */
export function parseURL(text: unknown, what = "url"): ServiceURL {
	const parts = typeof text === "string" && text.length <= longest ? split(text) : undefined;
	if (!parts) throw new TypeError(`${what}: an absolute URL such as https://host or https://host:8443`);
	const { scheme, host, path } = parts;
	const secure = scheme === "https" || scheme === "wss";
	const port = parts.port === undefined ? (secure ? 443 : 80) : Number(parts.port);
	if (port < 1 || port > 65535) throw new TypeError(`${what}: a port from 1 to 65535`);
	return { secure, host: host.toLowerCase(), port, path: path.endsWith("/") ? path : `${path}/` };
}

interface Parts {
	scheme: string;
	host: string;
	/** Digits. */
	port: string | undefined;
	path: string;
}

/** undefined when a part is missing or has characters that it may not have. */
function split(text: string): Parts | undefined {
	const begin = text.indexOf("://") + 3;
	const slash = text.indexOf("/", begin);
	const end = slash < 0 ? text.length : slash;
	const [host = "", port, more] = text.slice(begin, end).split(":", 3);
	const parts = { scheme: text.slice(0, begin - 3), host, port, path: text.slice(end) };
	const isURL =
		begin > 3 &&
		schemes.includes(parts.scheme) &&
		consistsOf(host, isOfHost, 1, 253) &&
		(port === undefined || consistsOf(port, isDigit, 1, 5)) &&
		more === undefined &&
		consistsOf(parts.path, isOfPath, 0);
	return isURL ? parts : undefined;
}

const schemes: readonly string[] = Object.freeze(["https", "http", "wss", "ws"]);
const isOfHost = (code: number) => isAlphanumeric(code) || isAmong(code, ".-");
const isOfPath = (code: number) => isWordCharacter(code) || isAmong(code, "./%~-");
