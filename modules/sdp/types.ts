// SPDX-License-Identifier: Apache-2.0
// The session description as a typed model (RFC 8866, RFC 9429). Everything unknown is left out of it.
import type { CodecCapability } from "webrtc/codec";

/** RFC 8866 section 6.7. */
export type Direction = "sendrecv" | "sendonly" | "recvonly" | "inactive";

/** The DTLS role (RFC 8842 section 5.2). */
export type Setup = "actpass" | "active" | "passive";

/** The hash of a certificate (RFC 8122 section 5). */
export interface Fingerprint {
	/** In lower case: "sha-256". */
	algorithm: string;
	/** In upper case: "AB:CD:…". */
	value: string;
}

/** The `o=` line (RFC 8866 section 5.2). The numbers may have 64 bits, hence text. */
export interface Origin {
	username: string;
	sessionId: string;
	sessionVersion: string;
	addressType: string;
	address: string;
}

/** Sections that belong together (RFC 5888, RFC 9143). */
export interface Group {
	/** "BUNDLE", "LS", … */
	semantics: string;
	mids: string[];
}

/** A payload type and what is known of it. */
export interface Codec {
	/** 0 to 127. */
	payloadType: number;
	/** As written, known names in their usual case: "H264", "opus", "rtx", … */
	name: string;
	/** Hz. */
	clockRate: number;
	channels: number;
	/** The format's parameters, as in `a=fmtp`: "packetization-mode=1;profile-level-id=42e01f"; "" when there are none. */
	parameters: string;
	/** RTCP feedback of the kinds that this SDK knows (RFC 4585 section 4.2): "nack", "nack pli", "ccm fir", … */
	feedback: readonly string[];
}

/** An RTP header extension (RFC 8285 section 5). */
export interface HeaderExtension {
	/** 1 to 255, or 4096 to 4351 for one that is only proposed. */
	id: number;
	direction?: Direction;
	uri: string;
}

/** The stream and track that a section carries (RFC 8830). */
export interface Msid {
	/** "-": no stream. */
	stream: string;
	track: string;
}

/** What is said of one source (RFC 5576). */
export interface SourceAttributes {
	ssrc: number;
	cname?: string | undefined;
	msid?: Msid | undefined;
}

/** Sources that belong together (RFC 5576 section 4.2): "FID" is a source and its retransmissions. */
export interface SourceGroup {
	semantics: string;
	ssrcs: number[];
}

/** One `m=` section. What the session says for all sections (RFC 8866 section 6) has been filled in. */
export interface MediaSection {
	/** "audio", "video", "application", or a kind that this SDK rejects. */
	kind: string;
	/** 0: rejected, unless `bundleOnly`. */
	port: number;
	/** "UDP/TLS/RTP/SAVPF", "UDP/DTLS/SCTP", … */
	protocol: string;
	/** Payload types in order of preference; empty when the protocol is not RTP. */
	payloadTypes: number[];
	/** The formats when the protocol is not RTP: "webrtc-datachannel"; "" when it is. */
	formats: string;
	mid?: string | undefined;
	direction: Direction;
	/** The port is 0, yet the section is offered as part of the bundle (RFC 9143 section 6). */
	bundleOnly: boolean;
	rtcpMux: boolean;
	/** RTCP of reduced size (RFC 5506). */
	rtcpReducedSize: boolean;
	iceUfrag?: string | undefined;
	icePwd?: string | undefined;
	iceOptions: readonly string[];
	fingerprints: readonly Fingerprint[];
	setup?: Setup | undefined;
	/** "candidate:…", as in RTCIceCandidate. */
	candidates: string[];
	endOfCandidates: boolean;
	/** In the order of `payloadTypes`. */
	codecs: Codec[];
	extensions: readonly HeaderExtension[];
	msid?: Msid | undefined;
	sources: SourceAttributes[];
	sourceGroups: SourceGroup[];
	/** The values of `a=rid` (RFC 8851): noted, not used. */
	rids: string[];
	/** The value of `a=simulcast` (RFC 8853): noted, not used. */
	simulcast?: string;
	sctpPort?: number;
	/** Bytes (RFC 8841 section 6). */
	maxMessageSize?: number;
}

/** A description, as far as it is understood here. */
export interface SessionDescription {
	origin: Origin;
	groups: Group[];
	/** The value of `a=msid-semantic`, without leading space. */
	msidSemantic?: string;
	iceLite: boolean;
	iceOptions: readonly string[];
	/** One- and two-byte header extensions may be mixed (RFC 8285 section 6). */
	extmapAllowMixed: boolean;
	media: MediaSection[];
}

/** What this device does in one section. */
export interface LocalMedia {
	kind: "audio" | "video" | "application";
	direction: Direction;
	/** The section it belongs to. Without it: a new section of an offer, or the next free section of its kind of an answer. */
	mid?: string | undefined;
	/** In order of preference; none for data. */
	codecs: readonly CodecCapability[];
	/** Data only: bytes of a message that may come (RFC 8841 section 6); 0: any. */
	maxMessageSize?: number | undefined;
	/** URIs of the header extensions that are supported, in order. */
	extensions: readonly string[];
	msid?: Msid | undefined;
	ssrc?: number | undefined;
	/** Of retransmissions (RFC 4588); absent: there are none. */
	rtxSsrc?: number | undefined;
	cname?: string | undefined;
	/** The section is refused, or ended: its port becomes 0. */
	stopped?: boolean | undefined;
}

/** This side's ICE and DTLS. */
export interface TransportParameters {
	iceUfrag: string;
	icePwd: string;
	iceLite?: boolean;
	fingerprint: Fingerprint;
	/** In an offer as it stands; in an answer the wish, which counts only when the offer leaves the choice. */
	setup: Setup;
	/** "candidate:…", those that are known by now. */
	candidates: readonly string[];
	endOfCandidates: boolean;
}
