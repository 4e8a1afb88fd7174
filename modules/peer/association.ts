// SPDX-License-Identifier: Apache-2.0
// Which transceiver is which media section (RFC 9429 section 5.10).
import type { MediaKind, Negotiable } from "webrtc/peer/negotiable";
import * as sdp from "webrtc/sdp";

/** The transceivers of the sections of a description, by place; undefined: of another kind than audio and video. */
export interface Association<T> {
	readonly places: readonly (T | undefined)[];
	/** Those that were made for it. */
	readonly made: readonly T[];
}

/**
 * Gives each section of a remote offer its transceiver: the one that had it, else the first free one that can serve it, else
 * a new one. As one that addTrack has made, one of addTransceiver is taken, too: a device has its tracks before it has
 * peers. Nothing is changed.
 *
 * @param midOf the name of a transceiver's section before this offer
 */
export default function associate<T extends Negotiable>(
	offer: sdp.SessionDescription,
	transceivers: readonly T[],
	midOf: (transceiver: T) => string | null,
	local: (transceiver: T, mid: string) => sdp.LocalMedia,
	make: (kind: MediaKind) => T,
): Association<T> {
	const made: T[] = [];
	const taken: T[] = [];
	const places = offer.media.map((section) => {
		const { kind, mid = "" } = section;
		if (kind !== "audio" && kind !== "video") return undefined;
		let transceiver = transceivers.find((one) => midOf(one) === mid && one.kind === kind);
		if (transceiver || !sdp.isLive(section)) return transceiver;
		transceiver = transceivers.find(
			(one) => midOf(one) === null && !taken.includes(one) && suits(one, section, local(one, mid)),
		);
		if (!transceiver) made.push((transceiver = make(kind)));
		taken.push(transceiver);
		return transceiver;
	});
	return { places, made };
}

/** A section that does not suit does not use a transceiver up: another may come that does. */
function suits(transceiver: Negotiable, section: sdp.MediaSection, local: sdp.LocalMedia): boolean {
	if (transceiver.kind !== section.kind || transceiver.stopping) return false;
	const wanted = transceiver.hasTrack ? sdp.receives(section.direction) : sdp.sends(section.direction);
	return wanted && !sdp.refusalOf(section, local);
}
