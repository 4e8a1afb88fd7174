// SPDX-License-Identifier: Apache-2.0
// Media sections: made empty, rejected, or filled with what this side does; and what can be asked of them.
import { isCandidate, isToken } from "webrtc/sdp/text";
import { consistsOf, isPrintable } from "webrtc/text";
import type {
	Codec,
	Direction,
	HeaderExtension,
	LocalMedia,
	MediaSection,
	Msid,
	SessionDescription,
	TransportParameters,
} from "webrtc/sdp/types";

/** Whether a protocol of an `m=` line carries RTP. */
export function isRtp(protocol: string): boolean {
	return protocol.includes("RTP/");
}

/** A section without any attributes. */
export function newSection(kind: string, protocol: string): MediaSection {
	return {
		kind,
		port: 9,
		protocol,
		payloadTypes: [],
		formats: "",
		direction: "sendrecv",
		bundleOnly: false,
		rtcpMux: false,
		rtcpReducedSize: false,
		iceOptions: [],
		fingerprints: [],
		candidates: [],
		endOfCandidates: false,
		codecs: [],
		extensions: [],
		sources: [],
		sourceGroups: [],
		rids: [],
	};
}

/** More candidates may come later (RFC 8838); all descriptions of this side say so. */
export const trickle: readonly string[] = Object.freeze(["trickle"]);

/** A section that is rejected or ended (RFC 3264 section 6, RFC 9429 section 5.3.1): its place is kept, its port is 0. */
export function rejectedSection(like: MediaSection): MediaSection {
	const section = newSection(like.kind, like.protocol);
	section.port = 0;
	section.mid = like.mid;
	section.payloadTypes = like.payloadTypes.slice(0, 1); // there must be one; which, has no meaning
	section.formats = like.formats;
	section.codecs = like.codecs.filter(({ payloadType }) => payloadType === section.payloadTypes[0]).map(writable);
	if (like.sctpPort !== undefined) section.sctpPort = like.sctpPort;
	section.direction = "inactive";
	return section;
}

/** A peer's codec as this side may write it: its parameters are the peer's own text, and may have what no line may have. */
function writable(codec: Codec): Codec {
	return consistsOf(codec.parameters, isPrintable, 0) ? codec : { ...codec, parameters: "" };
}

/**
 * What some look for in a section that is refused, though it has no meaning there: GStreamer 1.22 for the fingerprint and
 * the ufrag, aiortc 1.4 for both credentials and rtcp-mux; and werift 0.22 for the format, which rejectedSection() keeps.
 */
export function setRefusedTransport(section: MediaSection, transport: TransportParameters): void {
	section.iceUfrag = transport.iceUfrag;
	section.icePwd = transport.icePwd;
	section.fingerprints = [transport.fingerprint];
	section.setup = transport.setup;
	section.rtcpMux = isRtp(section.protocol);
}

/** Gives a section this side's ICE and DTLS. Candidates stand in the first section of a bundle alone. */
export function setTransport(section: MediaSection, transport: TransportParameters, first: boolean): void {
	section.iceUfrag = transport.iceUfrag;
	section.icePwd = transport.icePwd;
	section.iceOptions = trickle;
	section.fingerprints = [transport.fingerprint];
	section.setup = transport.setup;
	section.rtcpMux = isRtp(section.protocol);
	if (!first) return;
	section.candidates = transport.candidates.slice();
	section.endOfCandidates = transport.endOfCandidates;
}

/** New ICE credentials, and the candidates that go with them, in all sections that have some. */
export function replaceIce(
	{ media }: SessionDescription,
	{ iceUfrag, icePwd, candidates = [] }: { iceUfrag: string; icePwd: string; candidates?: readonly string[] },
): void {
	for (const section of media) {
		if (section.iceUfrag === undefined) continue;
		section.iceUfrag = iceUfrag;
		section.icePwd = icePwd;
		if (section.candidates.length > 0) section.candidates = candidates.slice();
		section.endOfCandidates = false;
	}
}

/** Gives a section this side's codecs, extensions and direction, and what is sent its stream and source. */
export function setMedia(
	section: MediaSection,
	media: LocalMedia,
	direction: Direction,
	codecs: Codec[],
	extensions: readonly HeaderExtension[],
): void {
	section.codecs = codecs;
	section.payloadTypes = codecs.map((codec) => codec.payloadType);
	section.extensions = extensions;
	section.direction = direction;
	if (!sends(direction)) return;
	section.msid = media.msid;
	const { ssrc, rtxSsrc, cname, msid } = media;
	if (ssrc === undefined) return;
	section.sources = [{ ssrc, cname, msid }];
	if (rtxSsrc === undefined || !codecs.some(({ name }) => name === "rtx")) return;
	section.sources.push({ ssrc: rtxSsrc, cname, msid });
	section.sourceGroups = [{ semantics: "FID", ssrcs: [ssrc, rtxSsrc] }]; // RFC 4588 section 8.4
}

/** The port of SCTP, which is not a port of the network's: there is one association. */
export const sctpPort = 5000;

/** What is sent over DTLS as data channels (RFC 8841); of the former form, "DTLS/SCTP" with a=sctpmap, nothing is taken. */
export function isData({ kind, protocol, formats }: MediaSection): boolean {
	const isSctp = protocol === "UDP/DTLS/SCTP" || protocol === "TCP/DTLS/SCTP";
	return kind === "application" && isSctp && formats === "webrtc-datachannel";
}

/** Gives a section for data what this side says of it. */
export function setData(section: MediaSection, { maxMessageSize }: LocalMedia): void {
	section.formats = "webrtc-datachannel";
	section.sctpPort = sctpPort;
	if (maxMessageSize !== undefined) section.maxMessageSize = maxMessageSize;
}

/** @throws TypeError or RangeError with the name of what would not make a legal line, or what two sections may not share */
export function checkLocal(media: readonly LocalMedia[], transport: TransportParameters): void {
	checkText("iceUfrag", transport.iceUfrag);
	checkText("icePwd", transport.icePwd);
	checkText("fingerprint.algorithm", transport.fingerprint.algorithm);
	checkText("fingerprint.value", transport.fingerprint.value);
	transport.candidates.forEach(checkCandidate);
	const sent: LocalMedia[] = [];
	for (const local of media) {
		const { mid, cname, msid, ssrc } = local;
		if (mid !== undefined) checkText("mid", mid);
		if (cname !== undefined) checkText("cname", cname);
		if (msid) checkText("msid.stream", msid.stream);
		if (msid && msid.track !== "") checkText("msid.track", msid.track);
		if (ssrc !== undefined && !isSsrc(ssrc)) throw new RangeError(`ssrc: ${ssrc}`);
		if (local.stopped || !sends(local.direction)) continue;
		for (const other of sent) checkDistinct(local, other);
		sent.push(local);
	}
}

/** A bundle is one RTP session (RFC 9143 section 9.2); Chromium takes no track in two sections. */
function checkDistinct(a: LocalMedia, b: LocalMedia): void {
	if (a.ssrc !== undefined && a.ssrc === b.ssrc) throw new RangeError(`ssrc: ${a.ssrc} is in two sections`);
	if (a.msid && b.msid && a.msid.stream === b.msid.stream && a.msid.track === b.msid.track) {
		throw new TypeError(`msid: "${a.msid.stream} ${a.msid.track}" is in two sections`);
	}
}

function isSsrc(value: number): boolean {
	return Number.isInteger(value) && value >= 0 && value <= 0xffffffff;
}

/** @throws TypeError */
export function checkCandidate(text: string): void {
	if (!isCandidate(text)) throw new TypeError(`candidates: "${text}"`);
}

function checkText(name: string, text: string): void {
	if (!isToken(text)) throw new TypeError(`${name}: "${text}" may only have visible ASCII characters, 1 to 256`);
}

/** Whether a section is part of the session: neither rejected nor ended. */
export function isLive(section: MediaSection): boolean {
	return section.port !== 0 || section.bundleOnly;
}

/** The stream and track of what a section sends; older stacks write it beside the source alone. */
export function msidOf({ msid, sources }: MediaSection): Msid | undefined {
	return msid ?? sources.find((source) => source.msid)?.msid;
}

/** The mids of each BUNDLE group that has any. */
export function bundles(description: SessionDescription): readonly (readonly string[])[] {
	const groups = description.groups.filter(({ semantics, mids }) => semantics === "BUNDLE" && mids.length > 0);
	return groups.map(({ mids }) => mids);
}

/** The places of the sections of each transport: of each BUNDLE group (RFC 9143), and each section that is in none. */
export function transports(description: SessionDescription): number[][] {
	const { media } = description;
	const lists: number[][] = [];
	const grouped: number[] = [];
	for (const mids of bundles(description)) {
		const places = mids.map((mid) => media.findIndex((section) => section.mid === mid));
		lists.push(places.filter((place) => place >= 0 && !grouped.includes(place)));
		grouped.push(...places);
	}
	for (let place = 0; place < media.length; place++) if (!grouped.includes(place)) lists.push([place]);
	return lists;
}

/** Whether a direction has this side send. */
export function sends(direction: Direction): boolean {
	return direction === "sendrecv" || direction === "sendonly";
}

/** Whether a direction has this side receive. */
export function receives(direction: Direction): boolean {
	return direction === "sendrecv" || direction === "recvonly";
}

/** The direction as the other side sees it (RFC 3264 section 6.1). */
export function reverse(direction: Direction): Direction {
	return toDirection(receives(direction), sends(direction));
}

/** What both want (RFC 9429 section 5.3.1). */
export function intersect(a: Direction, b: Direction): Direction {
	return toDirection(sends(a) && sends(b), receives(a) && receives(b));
}

function toDirection(send: boolean, receive: boolean): Direction {
	if (send) return receive ? "sendrecv" : "sendonly";
	return receive ? "recvonly" : "inactive";
}
