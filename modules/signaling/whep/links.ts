// SPDX-License-Identifier: Apache-2.0
// The STUN and TURN servers that a viewer is told of (RFC 9725 section 4.6, RFC 8288).
import type { IceServer } from "webrtc/signaling";

/**
 * The value of the Link field; undefined without servers.
 * @throws TypeError for a server that cannot be written: its URL or credentials have characters that a field has not, or a TURN server has none
 */
export default function linkHeader(servers: readonly IceServer[]): string | undefined {
	const links: string[] = [];
	for (const { urls, username, credential } of servers) {
		let parameters = '; rel="ice-server"';
		if (username !== undefined) parameters += `; username=${quoted(username)}`;
		if (credential !== undefined) parameters += `; credential=${quoted(credential)}; credential-type="password"`;
		const isComplete = username !== undefined && credential !== undefined;
		for (const url of typeof urls === "string" ? [urls] : urls) {
			if (url.startsWith("turn") && !isComplete)
				// browsers would refuse it
				throw new TypeError(`viewerIceServers: "${url}" needs a username and a credential`);
			links.push(`<${checkedUrl(url)}>${parameters}`);
		}
	}
	return links.length ? links.join(", ") : undefined;
}

function checkedUrl(url: string): string {
	const scheme = url.slice(0, url.indexOf(":"));
	if (!["stun", "stuns", "turn", "turns"].includes(scheme) || !isVisible(url) || url.includes(">"))
		throw new TypeError(`viewerIceServers: "${url}" is no URL of a STUN or TURN server`);
	return url;
}

function quoted(text: string): string {
	if (!isVisible(text))
		throw new TypeError("viewerIceServers: username and credential have visible ASCII characters");
	let result = '"';
	for (let i = 0; i < text.length; i++) {
		const character = text.charAt(i);
		result += character === '"' || character === "\\" ? `\\${character}` : character;
	}
	return `${result}"`;
}

function isVisible(text: string): boolean {
	for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < 0x21 || text.charCodeAt(i) > 0x7e) return false;
	return text.length > 0;
}
