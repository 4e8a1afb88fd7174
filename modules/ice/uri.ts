// SPDX-License-Identifier: Apache-2.0
// The URIs of STUN and TURN servers (RFC 7064, RFC 7065).

export interface ServerUri {
	readonly scheme: "stun" | "turn";
	/** By TLS: "stuns" or "turns". */
	readonly secure: boolean;
	/** A name, or an IP address without brackets. */
	readonly host: string;
	readonly port: number;
	readonly transport: "udp" | "tcp";
}

const defaultPort = 3478;
const defaultSecurePort = 5349;

/** Reads what `checkIceServers` has let pass: scheme:host[:port][?transport=udp|tcp]. */
export function parseServerUri(uri: string): ServerUri {
	const colon = uri.indexOf(":");
	const name = uri.slice(0, colon).toLowerCase();
	const secure = name.endsWith("s");
	const [address = "", query] = uri.slice(colon + 1).split("?", 2);
	const bracket = address.startsWith("[") ? address.indexOf("]") + 1 : 0;
	const end = address.indexOf(":", bracket);
	const host = end < 0 ? address : address.slice(0, end);
	const transport = query === undefined ? (secure ? "tcp" : "udp") : query.endsWith("tcp") ? "tcp" : "udp";
	return {
		scheme: name.startsWith("turn") ? "turn" : "stun",
		secure,
		host: bracket ? host.slice(1, -1) : host,
		port: end < 0 ? (secure ? defaultSecurePort : defaultPort) : Number(address.slice(end + 1)),
		transport,
	};
}
