// SPDX-License-Identifier: Apache-2.0
// Why a section of an offer is not taken, in words that help whoever made the offer.
import { recordOf, type CodecCapability } from "webrtc/codec";
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
	const wanted = ours.map(({ name }) => name.toLowerCase());
	const sameName = codecs.filter(({ name }) => wanted.includes(name.toLowerCase()));
	const theirs = list(sameName.length ? sameName.map(format) : codecs.map(({ name }) => name));
	const here = list(sameName.length ? ours.map(format) : ours.map(({ name }) => name));
	const message = `${kind}: the offer has ${theirs}; here there is ${here}${sameName.length ? "" : hint(wanted)}`;
	return { kind, code: "sdp/no-common-codec", message };
}

function hint(wanted: readonly string[]): string {
	for (const name of wanted) {
		const text = recordOf(name)?.hint;
		if (text) return `. ${text}`;
	}
	return "";
}

/** What tells two codecs of one name apart: "H264 (packetization-mode 1, constrained-baseline)", "opus/48000/2". */
function format(codec: Pick<Codec, "name" | "clockRate" | "parameters"> & { channels?: number }): string {
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
