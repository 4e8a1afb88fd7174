// SPDX-License-Identifier: Apache-2.0
// The answer to an offer (RFC 9429 section 5.3): as many sections, in the same order, each taken or rejected.
import WebRTCError from "webrtc/error";
import { answerCodecs } from "webrtc/sdp/codecs";
import {
	bundle,
	checkLocal,
	intersect,
	isLive,
	newSection,
	rejectedSection,
	reverse,
	setMedia,
	setTransport,
} from "webrtc/sdp/section";
import { newSession } from "webrtc/sdp/session";
import { remoteTransport } from "webrtc/sdp/transport";
import type {
	Codec,
	HeaderExtension,
	LocalMedia,
	MediaSection,
	SessionDescription,
	Setup,
	TransportParameters,
} from "webrtc/sdp/types";

export interface AnswerOptions {
	/** The offer. */
	remote: SessionDescription;
	/** Digits, at most 20; the same for the life of a peer connection. */
	sessionId: string;
	/** One more than that of the last description of this side that was different. */
	sessionVersion: number;
	/** For the section of that mid, or else, in order, for sections of that kind. Sections without any are rejected. */
	media: readonly LocalMedia[];
	transport: TransportParameters;
}

/** Why a section of the offer is not taken. */
interface Refusal {
	code: "sdp/no-common-codec" | "sdp/unsupported";
	message: string;
}

// What RFC 9429 section 5.1.2 has an answerer accept; all of them mean UDP/TLS/RTP/SAVPF here.
const mediaProtocols: readonly string[] = Object.freeze([
	...["UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP", "TCP/TLS/RTP/SAVPF", "TCP/TLS/RTP/SAVP"],
	...["RTP/SAVPF", "RTP/SAVP", "RTP/AVPF", "RTP/AVP"],
]);
const largestOneByteId = 14; // RFC 8285 section 4.2

/**
 * Answers an offer. Sections that cannot be taken are rejected.
 *
 * @throws WebRTCError "sdp/no-common-codec" or "sdp/unsupported" when the offer has sections and none can be taken,
 * "sdp/malformed" when it lacks ICE credentials, "sdp/unsupported" when it lacks a fingerprint; TypeError or RangeError
 * with the name of the option that is wrong
 */
export function createAnswer(options: AnswerOptions): SessionDescription {
	const { remote, media, transport } = options;
	checkLocal(media, transport);
	const answer = newSession(options, transport);
	const bundled = bundle(remote);
	const used: LocalMedia[] = [];
	const refusals: Refusal[] = [];
	const accepted: MediaSection[] = [];
	for (const offered of remote.media) {
		const local = findLocal(media, offered, used);
		if (local) used.push(local);
		const isBundled = bundled ? offered.mid !== undefined && bundled.includes(offered.mid) : accepted.length === 0;
		const result = answerSection(offered, local, isBundled);
		if ("code" in result) {
			if (isLive(offered) && !local?.stopped) refusals.push(result);
			answer.media.push(rejectedSection(offered));
		} else {
			accepted.push(result);
			answer.media.push(result);
		}
	}
	if (accepted.length === 0) {
		if (refusals.length > 0) throw refusalError(refusals);
		return answer;
	}
	if (bundled) answer.groups.push({ semantics: "BUNDLE", mids: bundled.filter((mid) => isAccepted(accepted, mid)) });
	const offered = remoteTransport(remote, answer);
	const setup = answerSetup(offered.setup ?? "active", transport.setup);
	for (const section of accepted) setTransport(section, { ...transport, setup }, section.mid === offered.mid);
	return answer;
}

function isAccepted(accepted: readonly MediaSection[], mid: string): boolean {
	return accepted.some((section) => section.mid === mid);
}

function findLocal(
	media: readonly LocalMedia[],
	offered: MediaSection,
	used: readonly LocalMedia[],
): LocalMedia | undefined {
	if (!isLive(offered)) return undefined;
	const byMid = media.find((local) => local.mid !== undefined && local.mid === offered.mid);
	if (byMid) return byMid.kind === offered.kind ? byMid : undefined;
	return media.find((local) => local.mid === undefined && local.kind === offered.kind && !used.includes(local));
}

function answerSection(
	offered: MediaSection,
	local: LocalMedia | undefined,
	isBundled: boolean,
): MediaSection | Refusal {
	if (!local) return unsupported(offered, "there is nothing here for it");
	if (local.stopped) return unsupported(offered, "stopped");
	if (!mediaProtocols.includes(offered.protocol)) return unsupported(offered, "the protocol is not DTLS-SRTP");
	if (!isBundled) return unsupported(offered, "it is not in the bundle, and there is one transport");
	if (!offered.rtcpMux) return unsupported(offered, "RTCP is not on the same port");
	const codecs = answerCodecs(local.codecs, offered);
	if (codecs.length === 0) return noCommonCodec(offered, local);
	const section = newSection(offered.kind, offered.protocol);
	section.mid = offered.mid;
	section.rtcpReducedSize = offered.rtcpReducedSize;
	const direction = intersect(local.direction, reverse(offered.direction));
	setMedia(section, local, direction, codecs, answerExtensions(local.extensions, offered.extensions));
	return section;
}

/** What both have, with the id of the remote (RFC 8285 section 7). Of ids that need two bytes nothing is taken. */
function answerExtensions(ours: readonly string[], offered: readonly HeaderExtension[]): HeaderExtension[] {
	const answer: HeaderExtension[] = [];
	for (const { id, uri, direction } of offered) {
		if (
			id > largestOneByteId ||
			!ours.includes(uri) ||
			answer.some((other) => other.id === id || other.uri === uri)
		)
			continue;
		answer.push(direction ? { id, direction: reverse(direction), uri } : { id, uri });
	}
	return answer;
}

/** RFC 8842 section 5.3. Where the offer leaves the choice this side is the client: a round trip less. */
function answerSetup(offered: Setup, wish: Setup): Setup {
	if (offered === "actpass") return wish === "passive" ? "passive" : "active";
	return offered === "active" ? "passive" : "active";
}

function unsupported(offered: MediaSection, reason: string): Refusal {
	return { code: "sdp/unsupported", message: `${offered.kind}: ${reason}` };
}

function noCommonCodec(offered: MediaSection, local: LocalMedia): Refusal {
	const theirs = names(offered.codecs);
	return {
		code: "sdp/no-common-codec",
		message: `${offered.kind}: the offer has ${theirs}; here there is ${names(local.codecs)}`,
	};
}

function names(codecs: readonly Pick<Codec, "name">[]): string {
	const distinct: string[] = [];
	for (const { name } of codecs) if (!distinct.includes(name)) distinct.push(name);
	return distinct.slice(0, 12).join(", ").slice(0, 120) || "no codec";
}

function refusalError(refusals: readonly Refusal[]): WebRTCError {
	const first = refusals.find((refusal) => refusal.code === "sdp/no-common-codec") ?? refusals[0]!;
	return new WebRTCError(first.code, first.message);
}
