// SPDX-License-Identifier: Apache-2.0
// The values of the attributes that matter, one function each: text in, typed value out, or a malformed line.
import { head, integer, intern, isToken, limits, malformed, tail, token } from "webrtc/sdp/text";
import type { Direction, Fingerprint, Group, HeaderExtension, Msid, Setup, SourceGroup } from "webrtc/sdp/types";

const directions: readonly string[] = Object.freeze(["sendrecv", "sendonly", "recvonly", "inactive"]);
const setups: readonly string[] = Object.freeze(["actpass", "active", "passive"]);
const groupSemantics: readonly string[] = Object.freeze(["BUNDLE", "LS", "FID", "SIM", "FEC-FR"]);

/** Header extensions that are of use to one who sends or receives audio and video. */
const extensions: readonly string[] = Object.freeze([
	"urn:ietf:params:rtp-hdrext:sdes:mid",
	"urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
	"urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
	"urn:ietf:params:rtp-hdrext:ssrc-audio-level",
	"urn:ietf:params:rtp-hdrext:toffset",
	"urn:3gpp:video-orientation",
	"http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
	"http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
	"http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time",
	"http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
]);

export function isDirection(text: string): text is Direction {
	return directions.includes(text);
}

/** `a=setup` (RFC 8842 section 5.2). "holdconn" has no use with DTLS, and is as good as absent. */
export function setup(value: string, line: number): Setup {
	if (!setups.includes(value)) malformed(line, "setup must be actpass, active or passive");
	return intern(setups, value) as Setup;
}

/** `a=fingerprint`. */
export function fingerprint(value: string, line: number): Fingerprint {
	const algorithm = token(head(value, " ").toLowerCase(), line, "the algorithm of the fingerprint");
	const hash = tail(value, " ").trim().toUpperCase();
	const size = hashSize(algorithm);
	if (!isHash(hash) || (size !== undefined && hash.length !== size * 3 - 1)) {
		malformed(
			line,
			"the fingerprint must be pairs of hexadecimal digits joined by colons, as many as the hash has",
		);
	}
	return { algorithm, value: hash };
}

/** Bytes of a hash (RFC 8122 section 5); undefined for one that is not known. */
function hashSize(algorithm: string): number | undefined {
	switch (algorithm) {
		case "md5":
			return 16;
		case "sha-1":
			return 20;
		case "sha-224":
			return 28;
		case "sha-256":
			return 32;
		case "sha-384":
			return 48;
		case "sha-512":
			return 64;
		default:
			return undefined;
	}
}

/** @param text in upper case */
function isHash(text: string): boolean {
	if (!text || text.length > limits.token) return false;
	const pairs = text.split(":");
	for (let i = 0; i < pairs.length; i++) if (pairs[i]!.length !== 2) return false;
	const digits = pairs.join("").toLowerCase();
	for (let i = 0; i < digits.length; i += 12) {
		const some = `1${digits.slice(i, i + 12)}`; // with a digit before, the others stay
		if (parseInt(some, 16).toString(16) !== some) return false;
	}
	return true;
}

/** `a=ice-ufrag` and `a=ice-pwd` (RFC 8839 section 5.4): 4 or 22 to 256 characters; some peers use more than ice-chars. */
export function iceCredential(value: string, minimum: number, line: number, what: string): string {
	if (value.length < minimum || !isToken(value) || value.includes(":")) {
		malformed(line, `${what} must be ${minimum} to ${limits.token} characters`);
	}
	return value;
}

/** `a=group` (RFC 5888 section 5). */
export function group(value: string, line: number): Group {
	const mids = value.split(" ", limits.sections + 2);
	const semantics = intern(groupSemantics, token(mids.shift()!, line, "the semantics of the group"));
	if (mids.length > limits.sections) malformed(line, `more than ${limits.sections} mids`);
	const distinct = mids.filter((mid, i) => mid !== "" && mids.indexOf(mid) === i);
	return { semantics, mids: distinct.map((mid) => token(mid, line, "the mid")) };
}

/** `a=msid` (RFC 8830 section 2). The track may be absent. */
export function msid(value: string, line: number): Msid {
	return {
		stream: token(head(value, " "), line, "the stream"),
		track: value.includes(" ") ? token(tail(value, " "), line, "the track") : "",
	};
}

/** `a=extmap` (RFC 8285 section 8). undefined for an extension that this SDK does not know. */
export function extension(value: string, line: number): HeaderExtension | undefined {
	const first = head(value, " ");
	const id = integer(head(first, "/"), 4351, line, "the id of the extension");
	if (id === 0 || (id > 255 && id < 4096)) malformed(line, "the id of the extension is out of range");
	const known = extensions.indexOf(head(tail(value, " ").trim(), " "));
	if (known < 0) return undefined;
	const uri = extensions[known]!;
	if (!first.includes("/")) return { id, uri };
	const direction = tail(first, "/");
	if (!isDirection(direction)) malformed(line, "the direction of the extension is unknown");
	return { id, direction, uri };
}

/** `a=ssrc-group` (RFC 5576 section 4.2). */
export function sourceGroup(value: string, line: number): SourceGroup {
	const ssrcs = value.split(" ", limits.sources + 2);
	const semantics = intern(groupSemantics, token(ssrcs.shift()!, line, "the semantics of the group"));
	if (ssrcs.length > limits.sources) malformed(line, `more than ${limits.sources} sources`);
	return {
		semantics,
		ssrcs: ssrcs.filter((ssrc) => ssrc !== "").map((ssrc) => integer(ssrc, limits.ssrc, line, "the source")),
	};
}
