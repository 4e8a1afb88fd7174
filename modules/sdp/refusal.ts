// SPDX-License-Identifier: Apache-2.0
// Why a section of an offer is not taken, in words that help whoever made the offer.
import { recordOf, type CodecCapability } from "webrtc/codec";
import { formatDistance, isUsablePayloadType } from "webrtc/sdp/codecs";
import type { Codec, MediaSection } from "webrtc/sdp/types";

/** Why a section is not taken. */
export interface Refusal {
	kind: string;
	code: "sdp/no-common-codec" | "sdp/unsupported";
	message: string;
	/** This side's own wish, hence no failure. */
	wanted?: boolean;
}

export function unsupported(offered: MediaSection, reason: string): Refusal {
	return { kind: offered.kind, code: "sdp/unsupported", message: `${offered.kind}: ${reason}` };
}

export function noCommonCodec(offered: MediaSection, ours: readonly CodecCapability[]): Refusal {
	const { kind, codecs } = offered;
	return {
		kind,
		code: "sdp/no-common-codec",
		message: `${kind}: ${misnumbered(codecs, ours) ?? noMatch(codecs, ours)}`,
	};
}

/** A codec that is here, under a number that it may not have. */
function misnumbered(codecs: readonly Codec[], ours: readonly CodecCapability[]): string | undefined {
	const isHere = (codec: Codec) => ours.some((capability) => formatDistance(capability, codec) !== undefined);
	const codec = codecs.find((one) => !isUsablePayloadType(one.payloadType) && isHere(one));
	return (
		codec &&
		`the offer has ${codec.name} as payload type ${codec.payloadType}, which looks like RTCP on the same port (RFC 5761 section 4)`
	);
}

function noMatch(codecs: readonly Codec[], ours: readonly CodecCapability[]): string {
	const wanted = ours.map(({ name }) => name.toLowerCase());
	const isNamed = codecs.some(({ name }) => wanted.includes(name.toLowerCase()));
	const [theirs, here] = difference(codecs, ours);
	return `the offer has ${theirs}; here there is ${here}${isNamed ? "" : hint(wanted)}`;
}

type Named = Pick<Codec, "name" | "clockRate" | "parameters"> & { channels?: number };

/** What two lists have that do not match, with what tells codecs of one name apart where there are some. */
export function difference(theirs: readonly Named[], ours: readonly Named[]): [string, string] {
	const wanted = ours.map(({ name }) => name.toLowerCase());
	const sameName = theirs.filter(({ name }) => wanted.includes(name.toLowerCase()));
	if (sameName.length) return [list(sameName.map(format)), list(ours.map(format))];
	return [list(theirs.map(({ name }) => name)), list(ours.map(({ name }) => name))];
}

function hint(wanted: readonly string[]): string {
	for (const name of wanted) {
		const text = recordOf(name)?.hint;
		if (text) return `. ${text}`;
	}
	return "";
}

/** What tells two codecs of one name apart: "H264 (packetization-mode 1, constrained-baseline)", "opus/48000/2". */
function format(codec: Named): string {
	const { name, clockRate, channels = 1, parameters } = codec;
	const description = recordOf(name)?.describe?.(parameters);
	return description ? `${name} (${description})` : `${name}/${clockRate}${channels > 1 ? `/${channels}` : ""}`;
}

/** Without what is there twice, and short: the remote chose the names. */
function list(names: readonly string[]): string {
	const distinct: string[] = [];
	for (const name of names) if (!distinct.includes(name)) distinct.push(name);
	return distinct.slice(0, 12).join(", ").slice(0, 240) || "no codec";
}
