// SPDX-License-Identifier: Apache-2.0
// Chromium's offer of a viewer: what a camera has to read, and may have to keep, of a real one.
// @ts-check
import { readFileSync } from "node:fs";

const fixture = readFileSync(new URL("../unit/sdp/fixtures/chromium-gathered.sdp", import.meta.url), "utf8");
const sections = fixture.split(/\r?\n/).join("\r\n");

/**
 * Chromium's codecs, header extensions and attributes with the ICE parameters, the fingerprint and the candidates of
 * another offer, which has the same mids.
 * @param {string} offer @returns {string}
 */
export function asChromium(offer) {
	const attribute = (/** @type {string} */ name) => {
		const line = new RegExp(`^a=${name}:.*$`, "m").exec(offer)?.[0].trim();
		if (!line) throw new Error(`chromium: no ${name} in\n${offer}`);
		return line;
	};
	const own = ["ice-ufrag", "ice-pwd", "fingerprint"].map(attribute);
	const candidates = [...new Set(offer.match(/^a=candidate:.*$/gm)?.map((line) => line.trim()))];
	const lines = [];
	for (const line of sections.split("\r\n")) {
		if (/^a=candidate:/.test(line)) continue;
		const name = /^a=([\w-]+):/.exec(line)?.[1] ?? "";
		lines.push(own.find((other) => other.startsWith(`a=${name}:`)) ?? line);
		if (/^a=rtcp:/.test(line)) lines.push(...candidates);
	}
	return lines.join("\r\n");
}
