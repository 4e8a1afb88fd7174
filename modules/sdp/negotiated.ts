// SPDX-License-Identifier: Apache-2.0
// What an offer and its answer come to.
import WebRTCError from "webrtc/error";
import {
	commonFeedback,
	formatDistance,
	isRtx,
	isUsablePayloadType,
	packetizationMode,
	rtxOf,
} from "webrtc/sdp/codecs";
import { intersect, isData, isLive, isRtp, msidOf, receives, reverse, sends } from "webrtc/sdp/section";
import { difference } from "webrtc/sdp/refusal";
import { malformed } from "webrtc/sdp/text";
import { sharedSections } from "webrtc/sdp/transport";
import type { Codec, Direction, HeaderExtension, MediaSection, Msid, SessionDescription } from "webrtc/sdp/types";

const none: readonly never[] = Object.freeze([]);

/** What is sent: the payload type and the parameters are the remote's. */
export interface NegotiatedCodec {
	payloadType: number;
	name: string;
	/** Hz. */
	clockRate: number;
	channels: number;
	/** What the remote says that it can take: `a=fmtp`, "" for nothing. */
	parameters: string;
	/** Of formats that have one (RFC 6184 section 6.2), else 0. */
	packetizationMode: 0 | 1;
}

/** What the remote may send. */
export interface NegotiatedFormat {
	payloadType: number;
	/** Its name. */
	codec: string;
	/** The payload type of its retransmissions (RFC 4588); absent: they come under its own. */
	rtx?: number;
}

/** One section, as agreed. */
export interface NegotiatedMedia {
	/** "": the only section may have none. */
	mid: string;
	kind: string;
	rejected: boolean;
	/** Of this side. */
	direction: Direction;
	/** The first choice of both; undefined when rejected. */
	codec?: NegotiatedCodec | undefined;
	/** For that codec, of those that both have: "nack", "nack pli", "ccm fir". */
	feedback: readonly string[];
	/** RTCP of reduced size may be sent. */
	rtcpReducedSize: boolean;
	/** Header extensions that this side may send, with ids of 1 to 14. */
	extensions: readonly HeaderExtension[];
	/** The payload type of retransmissions (RFC 4588); undefined: there are none. */
	rtx?: number | undefined;
	/** What the remote may send, by the payload types of this side; none where it does not send. */
	formats: readonly NegotiatedFormat[];
	/** Data only: the remote's port of SCTP, and the bytes of a message that it takes (Infinity: any). */
	data?: { port: number; maxMessageSize: number } | undefined;
	/** Those that the remote announced, without retransmissions. */
	remoteSsrcs: readonly number[];
	remoteMsid?: Msid | undefined;
}

/**
 * What was agreed, section by section.
 *
 * @param local this side's description
 * @param remote the other side's
 * @throws WebRTCError as `validateAnswer`, when the remote is the one that answers
 */
export function negotiated(
	local: SessionDescription,
	remote: SessionDescription,
	weAre: "offerer" | "answerer",
): NegotiatedMedia[] {
	if (weAre === "offerer") validateAnswer(local, remote);
	const answer = weAre === "offerer" ? remote : local;
	const shared = sharedSections(remote, local);
	return local.media.map((section, i) => {
		const theirs = remote.media[i]!;
		return negotiatedSection(section, theirs, answer.media[i]!, !isLive(section) || !shared.includes(theirs));
	});
}

function negotiatedSection(
	local: MediaSection,
	remote: MediaSection,
	answer: MediaSection,
	rejected: boolean,
): NegotiatedMedia {
	// An answer that says more than was offered (libdatachannel's "recvonly" to "inactive") means what was offered.
	const direction = answer === local ? local.direction : intersect(local.direction, reverse(remote.direction));
	const other = answer === local ? remote : local;
	const chosen = rejected
		? undefined
		: answer.codecs.find((codec) => !isRtx(codec) && other.codecs.some((offered) => matches(offered, codec)));
	const theirs = chosen && remote.codecs.find((codec) => codec.payloadType === chosen.payloadType);
	const ours = theirs && local.codecs.find((codec) => formatDistance(codec, theirs) !== undefined);
	return {
		mid: local.mid ?? "",
		kind: local.kind,
		rejected,
		direction: rejected ? "inactive" : direction,
		codec: ours && theirs && toNegotiated(ours.name, theirs),
		feedback: ours && theirs ? commonFeedback(ours.feedback, theirs.feedback) : none,
		rtcpReducedSize: local.rtcpReducedSize && remote.rtcpReducedSize,
		data: rejected || local.kind !== "application" ? undefined : dataOf(remote),
		extensions: rejected ? none : extensionsToSend(answer, answer === local, other.extensions),
		formats: rejected || !receives(direction) ? none : formatsToReceive(local, remote),
		rtx: theirs && retransmission(local, remote, theirs.payloadType),
		remoteSsrcs: rejected ? none : primarySources(remote),
		remoteMsid: rejected || !receives(direction) ? undefined : msidOf(remote),
	};
}

/** The remote may send any codec that both have, and change it at any time (RFC 3264 section 5.1). */
function formatsToReceive(local: MediaSection, remote: MediaSection): NegotiatedMedia["formats"] {
	return local.codecs
		.filter((ours) => !isRtx(ours) && remote.codecs.some((theirs) => matches(ours, theirs)))
		.map(({ payloadType, name }) => {
			const rtx = remote.codecs.some(isRtx) ? rtxOf(local.codecs, payloadType) : undefined;
			return { payloadType, codec: name, ...(rtx && { rtx: rtx.payloadType }) };
		});
}

/** RFC 8841 section 6: without a word, 64 KB; 0 is without end. */
function dataOf({ sctpPort = 5000, maxMessageSize = 65536 }: MediaSection): NegotiatedMedia["data"] {
	return { port: sctpPort, maxMessageSize: maxMessageSize || Infinity };
}

/**
 * The extensions that this side may send: the direction is the answerer's (RFC 8285 section 7). What an answer has that was
 * not offered so, is as good as absent.
 */
function extensionsToSend(
	answer: MediaSection,
	isOurs: boolean,
	offered: readonly HeaderExtension[],
): HeaderExtension[] {
	const extensions: HeaderExtension[] = [];
	for (const { id, uri, direction = "sendrecv" } of answer.extensions) {
		const isOffered = offered.some((other) => other.id === id && other.uri === uri);
		if (isOffered && sends(isOurs ? direction : reverse(direction))) extensions.push({ id, uri });
	}
	return extensions;
}

const withoutRtx = (codecs: readonly Codec[]) => codecs.filter((codec) => !isRtx(codec));

/** The payload type of a codec's retransmissions, where both have them (RFC 4588 section 8.1). */
function retransmission(local: MediaSection, remote: MediaSection, payloadType: number): number | undefined {
	const theirs = rtxOf(remote.codecs, payloadType);
	return theirs && local.codecs.some((codec) => isRtx(codec) && codec.payloadType === theirs.payloadType)
		? theirs.payloadType
		: undefined;
}

function toNegotiated(name: string, codec: Codec): NegotiatedCodec {
	const { payloadType, clockRate, channels, parameters } = codec;
	const mode = packetizationMode({ name, parameters }) === 1 ? 1 : 0;
	return { payloadType, name, clockRate, channels, parameters, packetizationMode: mode };
}

/** Of a FID group the first is the source, the others its retransmissions (RFC 4588 section 8.4). */
function primarySources(section: MediaSection): readonly number[] {
	if (!section.sources.length) return none;
	const repairs: number[] = [];
	for (const { semantics, ssrcs } of section.sourceGroups) {
		if (semantics === "FID") repairs.push(...ssrcs.slice(1));
	}
	return section.sources.map((source) => source.ssrc).filter((ssrc) => !repairs.includes(ssrc));
}

/**
 * Checks that an answer fits the offer (RFC 3264 section 6, RFC 9429 section 5.11). Of one that splits the bundle, the
 * sections of the transport that connects count; the others are taken as refused.
 *
 * @throws WebRTCError "sdp/malformed" when it breaks the rules, "sdp/unsupported" when it wants a port for RTCP
 */
export function validateAnswer(offer: SessionDescription, answer: SessionDescription): void {
	const count = offer.media.length;
	if (answer.media.length !== count)
		malformed(0, `the answer has ${answer.media.length} sections, the offer ${count}`);
	const shared = sharedSections(answer, offer);
	answer.media.forEach((section, i) => {
		const offered = offer.media[i]!;
		if (section.kind !== offered.kind) malformed(0, `section ${i}: the answer is of another kind than the offer`);
		if (section.mid !== undefined && section.mid !== offered.mid)
			malformed(0, `section ${i}: the mid is not that of the offer`);
		// Some answer a section that was offered as ended as if it were none (libdatachannel, aiortc): it has ended all the same.
		if (!isLive(section) || !isLive(offered) || !shared.includes(section)) return;
		// What holds for the bundle may stand in its first section alone (RFC 9143 section 7.1.3).
		if (isRtp(section.protocol) && !shared.some(({ rtcpMux }) => rtcpMux))
			throw new WebRTCError("sdp/unsupported", `section ${i}: RTCP is not on the same port`);
		if (section.kind === "application") validateData(section, i);
		else validateMedia(offered, section, i);
		validateSetup(offered, section, i);
	});
}

function validateMedia(offered: MediaSection, section: MediaSection, i: number): void {
	// The answer may list more than was offered (RFC 3264 section 6.1): one is enough, and the first of those is used.
	const common = section.codecs.find(
		(codec) => !isRtx(codec) && offered.codecs.some((other) => matches(other, codec)),
	);
	if (!common) {
		const [theirs, ours] = difference(withoutRtx(section.codecs), withoutRtx(offered.codecs));
		malformed(0, `section ${i} (${section.kind}): the answer has ${theirs}; offered was ${ours}`);
	}
	if (!isUsablePayloadType(common.payloadType)) malformed(0, `section ${i}: a payload type that RTCP uses`);
}

function validateData(section: MediaSection, i: number): void {
	if (!isData(section) || !section.sctpPort) malformed(0, `section ${i}: no data channels, or no sctp-port`);
}

function matches(a: Codec, b: Codec): boolean {
	return formatDistance(a, b) !== undefined;
}

/** RFC 8842 section 5.3. */
function validateSetup(offered: MediaSection, section: MediaSection, i: number): void {
	const { setup } = section;
	if (setup === "actpass" || setup === offered.setup)
		malformed(0, `section ${i}: setup:${setup} does not answer setup:${offered.setup}`);
}
