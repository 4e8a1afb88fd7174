// SPDX-License-Identifier: Apache-2.0
// What this device can do, matched with what the remote offers.
import { answerProfileLevelId, impliedProfileLevelId, parseProfileLevelId, profileDistance } from "webrtc/sdp/h264";
import type { Codec, CodecCapability, MediaSection } from "webrtc/sdp/types";

/** What tells two codecs apart. Channels: default 1. */
export type Format = Pick<Codec, "name" | "clockRate" | "parameters"> & { channels?: number };

// Key-frame requests (RFC 4585 section 6.3.1, RFC 5104 section 4.3.1).
const videoFeedback: readonly string[] = Object.freeze(["nack pli", "ccm fir"]);
const noFeedback: readonly string[] = Object.freeze([]);

/** H.264, Constrained Baseline up to level 3.1 (1280×720 at 30 fps), in STAP-A and FU-A as well. */
export const h264: CodecCapability = h264Capability("42e01f", 1, videoFeedback);
/** Opus with in-band error correction, frames of 10 ms and more. */
export const opus: CodecCapability = audioCapability("opus", 48000, 2, "minptime=10;useinbandfec=1");
/** G.711 µ-law. */
export const pcmu: CodecCapability = audioCapability("PCMU", 8000, 1, "");
/** G.711 A-law. */
export const pcma: CodecCapability = audioCapability("PCMA", 8000, 1, "");

/**
 * H.264 of another profile, level, mode or feedback than `h264`.
 *
 * @param profileLevelId three bytes in hexadecimal (RFC 6184 section 8.1)
 * @param mode 0: single NAL units, each smaller than a packet; 1: also STAP-A and FU-A (RFC 6184 section 6.2)
 * @throws RangeError
 */
export function h264Capability(profileLevelId: string, mode: 0 | 1, feedback: readonly string[]): CodecCapability {
	if (!parseProfileLevelId(profileLevelId)) throw new RangeError(`profileLevelId: "${profileLevelId}"`);
	const parameters = `level-asymmetry-allowed=1;packetization-mode=${mode};profile-level-id=${profileLevelId}`;
	return Object.freeze({ kind: "video", name: "H264", clockRate: 90000, parameters, feedback });
}

function audioCapability(
	name: "opus" | "PCMU" | "PCMA",
	clockRate: number,
	channels: number,
	parameters: string,
): CodecCapability {
	return Object.freeze({ kind: "audio", name, clockRate, channels, parameters, feedback: noFeedback });
}

/** A parameter of `a=fmtp`; names are compared without case (RFC 6838 section 4.3). undefined when it is not there. */
export function parameter(parameters: string, name: string): string | undefined {
	const wanted = name.toLowerCase();
	for (const part of parameters.split(";", 64)) {
		const equals = part.indexOf("=");
		if (equals > 0 && part.slice(0, equals).trim().toLowerCase() === wanted) return part.slice(equals + 1).trim();
	}
	return undefined;
}

/** The packetization-mode of H.264, 0 when it does not say (RFC 6184 section 8.1); 0 for other codecs. */
export function packetizationMode(format: Format): number {
	return isH264(format) ? Number(parameter(format.parameters, "packetization-mode") ?? "0") : 0;
}

export function isH264({ name }: Pick<Format, "name">): boolean {
	return name.toLowerCase() === "h264";
}

/**
 * How far two formats are apart: 0 for the same, more for one that can stand for the other, undefined for none of it.
 * H.264 must agree in packetization-mode and profile (RFC 6184 section 8.2.2).
 */
export function formatDistance(ours: Format, theirs: Format): number | undefined {
	if (ours.clockRate !== theirs.clockRate || (ours.channels ?? 1) !== (theirs.channels ?? 1)) return undefined;
	if (ours.name.toLowerCase() !== theirs.name.toLowerCase()) return undefined;
	if (!isH264(ours)) return 0;
	if (packetizationMode(ours) !== packetizationMode(theirs)) return undefined;
	const ourProfile = profileLevel(ours);
	const theirProfile = profileLevel(theirs);
	return ourProfile && theirProfile && profileDistance(ourProfile, theirProfile);
}

/**
 * The codecs of our answer to an offered section, in our order of preference: the remote's payload types, our
 * parameters, the feedback that both have. Empty when there is nothing in common.
 */
export function answerCodecs(capabilities: readonly CodecCapability[], offered: MediaSection): Codec[] {
	const answer: Codec[] = [];
	for (const capability of capabilities) {
		const match = bestMatch(capability, offered, answer);
		if (!match) continue;
		answer.push({
			payloadType: match.payloadType,
			name: capability.name,
			clockRate: match.clockRate,
			channels: match.channels,
			parameters: answerParameters(capability, match),
			feedback: commonFeedback(capability.feedback, match.feedback),
		});
	}
	return answer;
}

function bestMatch(capability: CodecCapability, offered: MediaSection, taken: readonly Codec[]): Codec | undefined {
	let best: Codec | undefined;
	let least = Infinity;
	for (const codec of offered.codecs) {
		const distance = formatDistance(capability, codec);
		if (distance === undefined || distance >= least || !isUsablePayloadType(codec.payloadType)) continue;
		if (taken.some((other) => other.payloadType === codec.payloadType)) continue;
		best = codec;
		least = distance;
	}
	return best;
}

/** With RTCP on the same port, 64 to 95 look like RTCP (RFC 5761 section 4). */
export function isUsablePayloadType(payloadType: number): boolean {
	return payloadType < 64 || payloadType > 95;
}

function answerParameters(capability: CodecCapability, offered: Codec): string {
	const ours = isH264(capability) ? profileLevel(capability) : undefined;
	const theirs = ours && profileLevel(offered);
	if (!ours || !theirs) return capability.parameters;
	const asymmetric = levelsMayDiffer(capability) && levelsMayDiffer(offered);
	const profileLevelId = answerProfileLevelId(ours, theirs, asymmetric);
	const mode = packetizationMode(offered);
	return `${asymmetric ? "level-asymmetry-allowed=1;" : ""}packetization-mode=${mode};profile-level-id=${profileLevelId}`;
}

function profileLevel(codec: Format): ReturnType<typeof parseProfileLevelId> {
	return parseProfileLevelId(parameter(codec.parameters, "profile-level-id") ?? impliedProfileLevelId);
}

function levelsMayDiffer(codec: Format): boolean {
	return parameter(codec.parameters, "level-asymmetry-allowed") === "1";
}

/** The kinds of feedback that both sides have, in our order. */
export function commonFeedback(ours: readonly string[], theirs: readonly string[]): readonly string[] {
	return ours.filter((kind) => theirs.includes(kind));
}
