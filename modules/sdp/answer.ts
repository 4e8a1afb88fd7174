// SPDX-License-Identifier: Apache-2.0
// The answer to an offer (RFC 9429 section 5.3): as many sections, in the same order, each taken or rejected.
import WebRTCError from "webrtc/error";
import { answerCodecs, answerRtx } from "webrtc/sdp/codecs";
import { noCommonCodec, unsupported, type Refusal } from "webrtc/sdp/refusal";
import {
	bundles,
	checkLocal,
	intersect,
	isData,
	isLive,
	isRtp,
	newSection,
	rejectedSection,
	reverse,
	sends,
	setData,
	setMedia,
	setRefusedTransport,
	setTransport,
	transports,
} from "webrtc/sdp/section";
import { newSession } from "webrtc/sdp/session";
import { remoteTransport } from "webrtc/sdp/transport";
import type {
	HeaderExtension,
	LocalMedia,
	MediaSection,
	SessionDescription,
	Setup,
	TransportParameters,
} from "webrtc/sdp/types";

/** What an answer is made of. */
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
	/** What `planAnswer` made of the same offer and media; default: it is made. */
	plan?: AnswerPlan;
	/** Whether nothing need be taken: the session is there, and its last section may go (RFC 3264 section 8.2). */
	mayRefuseAll?: boolean;
}

/** Which sections of an offer are taken, and how; without this side's ICE and DTLS yet. */
export interface AnswerPlan {
	/** One for each of the offer. */
	media: MediaSection[];
	/** The mids that are taken, where they stand in a BUNDLE group of the offer. */
	bundle: string[] | undefined;
	/** Why live sections are not taken. */
	refusals: Refusal[];
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
 * @throws WebRTCError "sdp/no-common-codec" or "sdp/unsupported" when the offer has sections and none can be taken (but
 * see `mayRefuseAll`), "sdp/malformed" when it lacks ICE credentials, "sdp/unsupported" when it lacks a fingerprint;
 * TypeError or RangeError with the name of the option that is wrong
 */
export function createAnswer(options: AnswerOptions): SessionDescription {
	const { remote, media, transport } = options;
	checkLocal(media, transport);
	const answer = newSession(options, transport);
	const plan = options.plan ?? planAnswer(remote, assign(remote, media));
	answer.media = plan.media.map((section) => ({ ...section }));
	const accepted = answer.media.filter(isLive);
	const offered = accepted.length ? remoteTransport(remote, answer).setup : undefined;
	const setup = answerSetup(offered ?? "active", transport.setup);
	for (const section of answer.media) if (!isLive(section)) setRefusedTransport(section, { ...transport, setup });
	if (accepted.length === 0) {
		if (!options.mayRefuseAll) checkAccepted(plan);
		return answer;
	}
	if (plan.bundle) answer.groups.push({ semantics: "BUNDLE", mids: plan.bundle });
	const first = accepted.find(({ mid }) => mid === plan.bundle?.[0]) ?? accepted[0];
	for (const section of accepted) setTransport(section, { ...transport, setup }, section === first);
	return answer;
}

/**
 * @param kind what must be taken, if it is offered; default: anything
 * @throws WebRTCError with the reason, when live sections were offered and none is taken
 */
export function checkAccepted({ media, refusals }: AnswerPlan, kind?: string): void {
	if (media.some((section) => isLive(section) && (!kind || section.kind === kind))) return;
	const reasons = kind ? refusals.filter((refusal) => refusal.kind === kind) : refusals;
	const reason = reasons.find(({ code }) => code === "sdp/no-common-codec") ?? reasons[0];
	if (reason) throw new WebRTCError(reason.code, reason.message);
	if (kind) checkAccepted({ media, refusals, bundle: undefined });
}

/**
 * Decides which sections of an offer are taken. All that are must share one transport.
 *
 * @param media what is here for each section of the offer
 */
export function planAnswer(remote: SessionDescription, media: readonly (LocalMedia | undefined)[]): AnswerPlan {
	const results = remote.media.map((offered, i) => answerSection(offered, isLive(offered) ? media[i] : undefined));
	const chosen = chooseTransport(remote, results);
	const plan: AnswerPlan = { media: [], bundle: undefined, refusals: [] };
	remote.media.forEach((offered, i) => {
		const result = chosen.includes(i) || isRefusal(results[i]!) ? results[i]! : otherTransport(remote, offered);
		if (isRefusal(result)) {
			if (isLive(offered) && !result.wanted) plan.refusals.push(result);
			plan.media.push(rejectedSection(offered));
		} else plan.media.push(result);
	});
	const taken = plan.media.filter(isLive).map(({ mid }) => mid);
	const group = bundles(remote).find((mids) => mids.some((mid) => taken.includes(mid)));
	plan.bundle = group?.filter((mid) => taken.includes(mid));
	return plan;
}

/**
 * Why a section of an offer cannot be taken by what is here for it; undefined when it can. Whether it shares the transport
 * of the others is another question.
 */
export function refusalOf(offered: MediaSection, local: LocalMedia): Refusal | undefined {
	const result = answerSection(offered, local);
	return isRefusal(result) ? result : undefined;
}

function isRefusal(result: MediaSection | Refusal): result is Refusal {
	return "code" in result;
}

function assign(remote: SessionDescription, media: readonly LocalMedia[]): (LocalMedia | undefined)[] {
	const used: LocalMedia[] = [];
	return remote.media.map((offered) => {
		const local = findLocal(media, offered, used);
		if (local) used.push(local);
		return local;
	});
}

function findLocal(
	media: readonly LocalMedia[],
	offered: MediaSection,
	used: readonly LocalMedia[],
): LocalMedia | undefined {
	if (!isLive(offered)) return undefined;
	const byMid = media.find((local) => local.mid !== undefined && local.mid === offered.mid);
	if (byMid) return byMid.kind === offered.kind ? byMid : undefined;
	const fits = (local: LocalMedia) => local.mid === undefined && local.kind === offered.kind && !used.includes(local);
	return media.find((local) => fits(local) && !refusalOf(offered, local)) ?? media.find(fits);
}

function answerSection(offered: MediaSection, local: LocalMedia | undefined): MediaSection | Refusal {
	if (!local) return unsupported(offered, "there is nothing here for it");
	if (local.stopped) return { ...unsupported(offered, "stopped"), wanted: true };
	if (local.kind === "application") return answerData(offered, local);
	if (!mediaProtocols.includes(offered.protocol)) return unsupported(offered, "the protocol is not DTLS-SRTP");
	const codecs = answerCodecs(local.codecs, offered);
	if (codecs.length === 0) return noCommonCodec(offered, local.codecs);
	const section = newSection(offered.kind, offered.protocol);
	section.mid = offered.mid;
	section.rtcpReducedSize = offered.rtcpReducedSize;
	const direction = intersect(local.direction, reverse(offered.direction));
	if (local.rtxSsrc !== undefined) codecs.push(...answerRtx(codecs, offered));
	setMedia(section, local, direction, codecs, answerExtensions(local.extensions, offered.extensions));
	return section;
}

function answerData(offered: MediaSection, local: LocalMedia): MediaSection | Refusal {
	if (!isData(offered)) {
		const { protocol, formats } = offered;
		return unsupported(offered, `${protocol} ${formats} is not UDP/DTLS/SCTP webrtc-datachannel (RFC 8841)`);
	}
	if (!offered.sctpPort) return unsupported(offered, "sctp-port is missing, or 0");
	const section = newSection(offered.kind, offered.protocol);
	section.mid = offered.mid;
	setData(section, local);
	return section;
}

/**
 * The places of the sections that are taken together. An offer without BUNDLE, or with several groups, has several
 * transports, of which there is one here: it is the one on which most can be served.
 */
function chooseTransport(remote: SessionDescription, results: (MediaSection | Refusal)[]): number[] {
	let best: number[] = [];
	let most = 0;
	for (const members of transports(remote)) {
		if (!members.some((i) => remote.media[i]!.rtcpMux)) {
			// Of a bundle, the first section says it for all (RFC 9143 section 7.1.3, RFC 8859).
			for (const i of members)
				if (isRtp(remote.media[i]!.protocol)) results[i] = withoutMux(remote.media[i]!, results[i]!);
		}
		let value = 0;
		for (const i of members) value += worth(results[i]!);
		if (value <= most) continue;
		most = value;
		best = members;
	}
	return best;
}

function withoutMux(offered: MediaSection, result: MediaSection | Refusal): Refusal {
	return isRefusal(result) ? result : unsupported(offered, "RTCP is not on the same port");
}

function worth(result: MediaSection | Refusal): number {
	if (isRefusal(result)) return 0;
	if (!sends(result.direction)) return 1;
	return result.kind === "video" ? 100 : 10;
}

function otherTransport(remote: SessionDescription, offered: MediaSection): Refusal {
	const reason = bundles(remote).length ? "it is not in the bundle" : "the offer has no bundle";
	return unsupported(offered, `${reason}, and there is one transport`);
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
