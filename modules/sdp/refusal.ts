// SPDX-License-Identifier: Apache-2.0
// Why a section of an offer is not taken, in words that help whoever made the offer.
import { isH264, packetizationMode, parameter } from "webrtc/sdp/codecs";
import { parseProfileLevelId } from "webrtc/sdp/h264";
import type { Codec, CodecCapability, MediaSection } from "webrtc/sdp/types";

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

/** Firefox has H.264 by a plug-in, which it downloads after its first start, and which may be turned off. */
function hint(wanted: readonly string[]): string {
	return wanted.includes("h264") ? ". In Firefox, enable the OpenH264 plug-in (about:addons, Plugins)" : "";
}

/** What tells two codecs of one name apart: "H264 (packetization-mode 1, constrained-baseline)", "opus/48000/2". */
function format(codec: Pick<Codec, "name" | "clockRate" | "parameters"> & { channels?: number }): string {
	if (!isH264(codec))
		return `${codec.name}/${codec.clockRate}${(codec.channels ?? 1) > 1 ? `/${codec.channels}` : ""}`;
	const id = parameter(codec.parameters, "profile-level-id");
	const profile = id === undefined ? "baseline" : (parseProfileLevelId(id)?.profile ?? `profile-level-id ${id}`);
	return `${codec.name} (packetization-mode ${packetizationMode(codec)}, ${profile})`;
}

/** Without what is there twice, and short: the remote chose the names. */
function list(names: readonly string[]): string {
	const distinct: string[] = [];
	for (const name of names) if (!distinct.includes(name)) distinct.push(name);
	return distinct.slice(0, 12).join(", ").slice(0, 240) || "no codec";
}
