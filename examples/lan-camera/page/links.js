// SPDX-License-Identifier: Apache-2.0
// The STUN and TURN servers of a Link field (RFC 9725 section 4.6, RFC 8288 section 3).

const link = /<([^>]*)>((?:"(?:[^"\\]|\\.)*"|[^",])*)/g;
const parameter = /;\s*([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*))/g;

/** @param {string | null} field @returns {RTCIceServer[]} */
export function iceServers(field) {
	const servers = [];
	for (const [, urls, rest] of (field ?? "").matchAll(link)) {
		const found = {};
		for (const [, name, quoted, plain] of rest.matchAll(parameter))
			found[name.toLowerCase()] ??= quoted?.replace(/\\(.)/g, "$1") ?? plain;
		if (!found.rel?.split(/\s+/).includes("ice-server") || !/^(stun|turn)s?:/.test(urls)) continue;
		const { username, credential } = found;
		const isComplete = username !== undefined && credential !== undefined;
		if (isComplete) servers.push({ urls, username, credential });
		else if (urls.startsWith("stun")) servers.push({ urls }); // a browser takes no other
	}
	return servers;
}
