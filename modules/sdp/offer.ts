// SPDX-License-Identifier: Apache-2.0
// The first offer and those that follow (RFC 9429 section 5.2): sections keep their places, codecs and extensions their numbers.
import { recordOf, type CodecCapability } from "webrtc/codec";
import { formatDistance, isUsablePayloadType, newRtx, rtxOf } from "webrtc/sdp/codecs";
import {
	checkLocal,
	isLive,
	newSection,
	rejectedSection,
	setData,
	setMedia,
	setRefusedTransport,
	setTransport,
} from "webrtc/sdp/section";
import { newSession } from "webrtc/sdp/session";
import type {
	Codec,
	HeaderExtension,
	LocalMedia,
	MediaSection,
	SessionDescription,
	TransportParameters,
} from "webrtc/sdp/types";

/** What an offer is made of. */
export interface OfferOptions {
	/** Digits, at most 20; the same for the life of a peer connection. */
	sessionId: string;
	/** One more than that of the last description of this side that was different. */
	sessionVersion: number;
	/**
	 * What each section does. One with the mid of a section of `current` stays in its place; others become new sections,
	 * in the order given: first in places whose section has ended, then after the last. Those of `current` that are not
	 * here end.
	 */
	media: readonly LocalMedia[];
	transport: TransportParameters;
	/** The description of this side that is in force, an offer or an answer. */
	current?: SessionDescription | undefined;
}

/**
 * Writes an offer: one bundle, RTCP on the same port, trickle.
 *
 * @throws TypeError or RangeError with the name of the option that is wrong
 */
export function createOffer(options: OfferOptions): SessionDescription {
	const { media, transport, current } = options;
	checkLocal(media, transport);
	const offer = newSession(options, transport);
	const places = assignPlaces(media, current);
	const mids = new Mids(media, current);
	const numbers = new Numbers(current);
	const bundled: string[] = [];
	for (let i = 0; i < places.length; i++) {
		const local = places[i];
		if (!local || local.stopped) {
			const ended = rejectedSection(current!.media[i]!);
			setRefusedTransport(ended, transport);
			offer.media.push(ended);
			continue;
		}
		const isMedia = local.kind !== "application";
		const section = newSection(local.kind, isMedia ? "UDP/TLS/RTP/SAVPF" : "UDP/DTLS/SCTP");
		section.mid = local.mid ?? mids.next();
		setTransport(section, transport, bundled.length === 0);
		if (isMedia) {
			section.rtcpReducedSize = true;
			setMedia(section, local, local.direction, numbers.codecs(local), numbers.extensions(local.extensions));
		} else setData(section, local);
		bundled.push(section.mid);
		offer.media.push(section);
	}
	if (bundled.length > 0) offer.groups.push({ semantics: "BUNDLE", mids: bundled });
	return offer;
}

/** RFC 9429 section 5.2.2: known sections keep their places, new ones take over those that have ended. */
function assignPlaces(
	media: readonly LocalMedia[],
	current: SessionDescription | undefined,
): (LocalMedia | undefined)[] {
	const sections = current?.media ?? [];
	const places: (LocalMedia | undefined)[] = sections.map((section) =>
		media.find((local) => local.mid !== undefined && local.mid === section.mid && local.kind === section.kind),
	);
	// Firefox lets audio and video take each other's place, but not that of data channels.
	const isFree = (section: MediaSection, i: number, kind: string) =>
		!isLive(section) &&
		(section.kind === "application") === (kind === "application") &&
		(!places[i] || places[i].stopped === true);
	for (const local of media) {
		if (local.stopped || places.includes(local)) continue;
		const free = sections.findIndex((section, i) => isFree(section, i, local.kind));
		if (free >= 0) places[free] = local;
		else places.push(local);
	}
	return places;
}

/** Mids that are not in use: "0", "1", … */
class Mids {
	readonly #taken: string[] = [];
	#last = -1;

	constructor(media: readonly LocalMedia[], current: SessionDescription | undefined) {
		for (const { mid } of media) if (mid !== undefined) this.#taken.push(mid);
		for (const { mid } of current?.media ?? []) if (mid !== undefined) this.#taken.push(mid);
	}

	next(): string {
		do this.#last++;
		while (this.#taken.includes(String(this.#last)));
		return String(this.#last);
	}
}

/**
 * Payload types and ids of extensions. In a bundle one number has one meaning (RFC 9143 section 9.1), and it keeps it
 * from one offer to the next (RFC 9429 section 5.2.2).
 */
class Numbers {
	readonly #codecs: Codec[] = [];
	readonly #extensions: HeaderExtension[] = [];

	constructor(current: SessionDescription | undefined) {
		for (const { codecs, extensions } of current?.media ?? []) {
			for (const codec of codecs) if (isUsablePayloadType(codec.payloadType)) this.#codecs.push(codec);
			this.#extensions.push(...extensions);
		}
	}

	codecs({ kind, codecs, rtxSsrc }: LocalMedia): Codec[] {
		if (codecs.length === 0) throw new RangeError("codecs: none");
		const all = codecs.map((capability) => {
			if (capability.kind !== kind) throw new RangeError(`codecs: ${capability.name} in a section of ${kind}`);
			return this.codec(capability);
		});
		// Of the codec that is preferred, whose packets are most likely to be lost.
		const [first] = all;
		if (rtxSsrc !== undefined && first?.feedback.includes("nack")) all.push(this.rtx(first));
		return all;
	}

	private rtx(of: Codec): Codec {
		const known = rtxOf(this.#codecs, of.payloadType);
		const codec = newRtx(known?.payloadType ?? this.freePayloadType("rtx"), of);
		if (!known) this.#codecs.push(codec);
		return codec;
	}

	private codec(capability: CodecCapability): Codec {
		const { name, clockRate, channels = 1, parameters, feedback } = capability;
		const codec = { payloadType: 0, name, clockRate, channels, parameters, feedback };
		const known = this.#codecs.find((entry) => formatDistance(codec, entry) === 0);
		codec.payloadType = known?.payloadType ?? this.freePayloadType(name);
		if (!known) this.#codecs.push(codec);
		return codec;
	}

	private freePayloadType(name: string): number {
		const usual = recordOf(name)?.payloadType ?? 96;
		if (!this.isTaken(usual)) return usual;
		for (let payloadType = 96; payloadType <= 127; payloadType++)
			if (!this.isTaken(payloadType)) return payloadType;
		for (let payloadType = 35; payloadType <= 63; payloadType++) if (!this.isTaken(payloadType)) return payloadType;
		throw new RangeError("codecs: too many");
	}

	private isTaken(payloadType: number): boolean {
		return this.#codecs.some((entry) => entry.payloadType === payloadType);
	}

	/** Ids of one byte (RFC 8285 section 4.2): 1 to 14. */
	extensions(uris: readonly string[]): HeaderExtension[] {
		return uris.map((uri) => {
			const known = this.#extensions.find((extension) => extension.uri === uri);
			if (known) return { id: known.id, uri };
			let id = 1;
			while (this.#extensions.some((extension) => extension.id === id)) id++;
			if (id > 14) throw new RangeError("extensions: more than 14");
			const extension = { id, uri };
			this.#extensions.push(extension);
			return extension;
		});
	}
}
