// SPDX-License-Identifier: Apache-2.0
// The one transport of a bundle: whose ICE and DTLS count, and who begins the handshake.
import WebRTCError from "webrtc/error";
import { bundle, isLive } from "webrtc/sdp/section";
import { malformed } from "webrtc/sdp/text";
import type { Fingerprint, MediaSection, SessionDescription, Setup } from "webrtc/sdp/types";

/** The remote side's ICE and DTLS. */
export interface RemoteTransport {
	/** Of the section the values are from. */
	mid?: string;
	iceUfrag: string;
	icePwd: string;
	iceLite: boolean;
	/** One at least; a certificate must match one (RFC 8122 section 5). */
	fingerprints: readonly Fingerprint[];
	setup?: Setup;
	/** "candidate:…" */
	candidates: readonly string[];
	endOfCandidates: boolean;
	/** More candidates may come later (RFC 8838). */
	trickle: boolean;
}

/**
 * The transport of the remote: of the first section of its bundle (RFC 9143 section 7.2.1), or of the only section.
 *
 * @param remote an offer or an answer
 * @param local the other of the two, once there is one: sections that it rejects do not count
 * @throws WebRTCError "sdp/unsupported" without a section or a fingerprint, "sdp/malformed" without ICE credentials
 */
export function remoteTransport(remote: SessionDescription, local?: SessionDescription): RemoteTransport {
	const section = taggedSection(remote, local);
	if (!section) throw new WebRTCError("sdp/unsupported", "every section is rejected");
	const { mid, iceUfrag, icePwd, fingerprints, setup, candidates, endOfCandidates } = section;
	if (iceUfrag === undefined || icePwd === undefined)
		malformed(0, `${section.kind}: ice-ufrag or ice-pwd is missing`);
	if (fingerprints.length === 0)
		throw new WebRTCError("sdp/unsupported", `${section.kind}: no fingerprint, so no DTLS`);
	const { iceLite } = remote;
	const trickle = section.iceOptions.includes("trickle");
	return { mid, iceUfrag, icePwd, iceLite, fingerprints, setup, candidates, endOfCandidates, trickle };
}

function taggedSection(remote: SessionDescription, local: SessionDescription | undefined): MediaSection | undefined {
	const live = remote.media.filter((section, i) => isLive(section) && (!local || isLive(local.media[i]!)));
	for (const mid of bundle(remote) ?? []) {
		const section = live.find((candidate) => candidate.mid === mid);
		if (section) return section;
	}
	return live[0];
}

/**
 * Who begins the DTLS handshake (RFC 8842 section 5). Answers without `a=setup` are passive (RFC 4145 section 4).
 *
 * @param local this side's description
 * @param remote the other side's
 */
export function dtlsRole(local: SessionDescription, remote: SessionDescription): "client" | "server" {
	const setup = taggedSection(local, remote)?.setup;
	if (setup !== "actpass") return setup === "active" ? "client" : "server";
	return taggedSection(remote, local)?.setup === "active" ? "server" : "client";
}
