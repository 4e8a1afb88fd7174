// SPDX-License-Identifier: Apache-2.0
// The one transport of a bundle: whose ICE and DTLS count, and who begins the handshake.
import WebRTCError from "webrtc/error";
import { bundles, isLive } from "webrtc/sdp/section";
import { malformed } from "webrtc/sdp/text";
import type { Fingerprint, MediaSection, SessionDescription, Setup } from "webrtc/sdp/types";

/** The remote side's ICE and DTLS. */
export interface RemoteTransport {
	/** Of the section the values are from. */
	mid?: string | undefined;
	iceUfrag: string;
	icePwd: string;
	iceLite: boolean;
	/** One at least; a certificate must match one (RFC 8122 section 5). */
	fingerprints: readonly Fingerprint[];
	setup?: Setup | undefined;
	/** "candidate:…" */
	candidates: readonly string[];
	endOfCandidates: boolean;
	/** More candidates may come later (RFC 8838). */
	trickle: boolean;
}

/**
 * The transport of the remote: of the first section of the bundle that is in use (RFC 9143 section 7.2.1), or of the only
 * section. What that section leaves out stands in another of its bundle.
 *
 * @param remote an offer or an answer
 * @param local the other of the two, once there is one: sections that it rejects do not count
 * @throws WebRTCError "sdp/unsupported" without a section or a fingerprint, "sdp/malformed" without ICE credentials
 */
export function remoteTransport(
	remote: SessionDescription,
	local?: Pick<SessionDescription, "media">,
): RemoteTransport {
	const section = taggedSection(remote, local);
	if (!section) throw new WebRTCError("sdp/unsupported", "every section is rejected");
	const members = membersOf(remote, section);
	const ice = section.iceUfrag === undefined ? (members.find(({ iceUfrag }) => iceUfrag) ?? section) : section;
	const dtls = section.fingerprints.length
		? section
		: (members.find(({ fingerprints }) => fingerprints.length) ?? section);
	const { iceUfrag, icePwd } = ice;
	if (iceUfrag === undefined || icePwd === undefined)
		malformed(0, `${section.kind}: ice-ufrag or ice-pwd is missing`);
	if (dtls.fingerprints.length === 0)
		throw new WebRTCError("sdp/unsupported", `${section.kind}: no fingerprint, so no DTLS`);
	return {
		mid: section.mid,
		iceUfrag,
		icePwd,
		iceLite: remote.iceLite,
		fingerprints: dtls.fingerprints,
		setup: dtls.setup,
		candidates: ice.candidates,
		endOfCandidates: ice.endOfCandidates,
		trickle: ice.iceOptions.includes("trickle"),
	};
}

function membersOf(description: SessionDescription, section: MediaSection): MediaSection[] {
	const { mid } = section;
	const mids = mid === undefined ? undefined : bundles(description).find((group) => group.includes(mid));
	if (!mids) return [section];
	return mids.flatMap((one) => description.media.find((other) => other.mid === one) ?? []);
}

/** The section that speaks for the bundle: the first of those in use, in the bundle's order. */
export function taggedSection(
	remote: SessionDescription,
	local?: Pick<SessionDescription, "media">,
): MediaSection | undefined {
	const { media, groups } = remote;
	const isInUse = (place: number) => isLive(media[place]!) && (!local || isLive(local.media[place]!));
	for (let i = 0; i < groups.length; i++) {
		const { semantics, mids } = groups[i]!;
		for (let j = 0; semantics === "BUNDLE" && j < mids.length; j++) {
			for (let place = 0; place < media.length; place++) {
				if (media[place]!.mid === mids[j] && isInUse(place)) return media[place];
			}
		}
	}
	for (let place = 0; place < media.length; place++) if (isInUse(place)) return media[place];
	return undefined;
}

/** The sections in use that share the transport of the one that speaks for the bundle. */
export function sharedSections(
	remote: SessionDescription,
	local: Pick<SessionDescription, "media">,
): readonly MediaSection[] {
	const section = taggedSection(remote, local);
	if (!section) return [];
	return membersOf(remote, section).filter((one) => isLive(one) && isLive(local.media[remote.media.indexOf(one)]!));
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
