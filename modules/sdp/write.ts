// SPDX-License-Identifier: Apache-2.0
// The typed model to SDP text, in the order of RFC 9429 section 5.2.1.
import { isRtp } from "webrtc/sdp/section";
import type { Codec, HeaderExtension, MediaSection, Msid, SessionDescription } from "webrtc/sdp/types";

/** Writes a description, with CRLF after each line. What was parsed and is written reads the same again. */
export function write(description: SessionDescription): string {
	const { origin } = description;
	const lines = [
		"v=0",
		`o=${origin.username} ${origin.sessionId} ${origin.sessionVersion} IN ${origin.addressType} ${origin.address}`,
		"s=-",
		"t=0 0",
	];
	for (const group of description.groups) lines.push(`a=group:${[group.semantics, ...group.mids].join(" ")}`);
	if (description.iceLite) lines.push("a=ice-lite");
	if (description.iceOptions.length > 0) lines.push(`a=ice-options:${description.iceOptions.join(" ")}`);
	if (description.extmapAllowMixed) lines.push("a=extmap-allow-mixed");
	if (description.msidSemantic !== undefined) lines.push(`a=msid-semantic: ${description.msidSemantic}`);
	const sessionOptions = description.iceOptions.join(" ");
	for (const section of description.media) writeSection(lines, section, sessionOptions);
	lines.push("");
	return lines.join("\r\n");
}

function writeSection(lines: string[], section: MediaSection, sessionOptions: string): void {
	const rtp = isRtp(section.protocol);
	const formats = rtp ? section.payloadTypes.join(" ") : section.formats;
	lines.push(`m=${section.kind} ${section.port} ${section.protocol} ${formats}`, "c=IN IP4 0.0.0.0");
	if (rtp && section.port !== 0) lines.push("a=rtcp:9 IN IP4 0.0.0.0");
	writeTransport(lines, section, sessionOptions);
	if (section.mid !== undefined) lines.push(`a=mid:${section.mid}`);
	if (section.bundleOnly) lines.push("a=bundle-only");
	for (const extension of section.extensions) lines.push(extensionLine(extension));
	if (rtp || section.direction !== "sendrecv") lines.push(`a=${section.direction}`); // data has none (RFC 8841)
	if (section.msid) lines.push(`a=msid:${msidText(section.msid)}`);
	if (section.rtcpMux) lines.push("a=rtcp-mux");
	if (section.rtcpReducedSize) lines.push("a=rtcp-rsize");
	for (const codec of section.codecs) writeCodec(lines, codec);
	for (const rid of section.rids) lines.push(`a=rid:${rid}`);
	if (section.simulcast !== undefined) lines.push(`a=simulcast:${section.simulcast}`);
	writeSources(lines, section);
	if (section.sctpPort !== undefined) lines.push(`a=sctp-port:${section.sctpPort}`);
	if (section.maxMessageSize !== undefined) lines.push(`a=max-message-size:${section.maxMessageSize}`);
}

function writeTransport(lines: string[], section: MediaSection, sessionOptions: string): void {
	for (const candidate of section.candidates) lines.push(`a=${candidate}`);
	if (section.endOfCandidates) lines.push("a=end-of-candidates");
	if (section.iceUfrag !== undefined) lines.push(`a=ice-ufrag:${section.iceUfrag}`);
	if (section.icePwd !== undefined) lines.push(`a=ice-pwd:${section.icePwd}`);
	const options = section.iceOptions.join(" ");
	if (options !== "" && options !== sessionOptions) lines.push(`a=ice-options:${options}`);
	for (const { algorithm, value } of section.fingerprints) lines.push(`a=fingerprint:${algorithm} ${value}`);
	if (section.setup !== undefined) lines.push(`a=setup:${section.setup}`);
}

function writeCodec(lines: string[], codec: Codec): void {
	const channels = codec.channels > 1 ? `/${codec.channels}` : "";
	lines.push(`a=rtpmap:${codec.payloadType} ${codec.name}/${codec.clockRate}${channels}`);
	for (const kind of codec.feedback) lines.push(`a=rtcp-fb:${codec.payloadType} ${kind}`);
	if (codec.parameters !== "") lines.push(`a=fmtp:${codec.payloadType} ${codec.parameters}`);
}

function writeSources(lines: string[], section: MediaSection): void {
	for (const group of section.sourceGroups) lines.push(`a=ssrc-group:${[group.semantics, ...group.ssrcs].join(" ")}`);
	for (const { ssrc, cname, msid } of section.sources) {
		if (cname === undefined && !msid) lines.push(`a=ssrc:${ssrc}`);
		if (cname !== undefined) lines.push(`a=ssrc:${ssrc} cname:${cname}`);
		if (msid) lines.push(`a=ssrc:${ssrc} msid:${msidText(msid)}`);
	}
}

function extensionLine({ id, direction, uri }: HeaderExtension): string {
	return `a=extmap:${id}${direction ? `/${direction}` : ""} ${uri}`;
}

function msidText({ stream, track }: Msid): string {
	return track === "" ? stream : `${stream} ${track}`;
}
