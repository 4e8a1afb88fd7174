// SPDX-License-Identifier: Apache-2.0
// What this device can do, matched with what the remote offers. What is special to a codec is its record's.
import { isSameName, parameter, recordOf, type CodecCapability } from "webrtc/codec";
import type { Codec, MediaSection } from "webrtc/sdp/types";

/** What tells two codecs apart. Channels: default 1. */
export type Format = Pick<Codec, "name" | "clockRate" | "parameters"> & { channels?: number };

/** The packetization-mode of formats that have one (RFC 6184 section 8.1); 0 for others. */
export function packetizationMode({ name, parameters }: Pick<Format, "name" | "parameters">): number {
	return recordOf(name)?.packetizationMode?.(parameters) ?? 0;
}

/** How far two formats are apart: 0 for the same, more for one that can stand for the other, undefined for none of it. */
export function formatDistance(ours: Format, theirs: Format): number | undefined {
	if (ours.clockRate !== theirs.clockRate || (ours.channels ?? 1) !== (theirs.channels ?? 1)) return undefined;
	if (!isSameName(ours.name, theirs.name)) return undefined;
	const distance = recordOf(ours.name)?.distance;
	return distance ? distance(ours.parameters, theirs.parameters) : 0;
}

/**
 * The codecs of our answer to an offered section, in our order of preference: the remote's payload types, our
 * parameters, the feedback that both have. Empty when there is nothing in common.
 */
export function answerCodecs(capabilities: readonly CodecCapability[], offered: MediaSection): Codec[] {
	const answer: Codec[] = [];
	for (const capability of capabilities) {
		// One form of a codec is enough: the preferred one that is offered.
		if (answer.some(({ name }) => name === capability.name)) continue;
		const match = bestMatch(capability, offered, answer);
		if (!match) continue;
		const { name, parameters } = capability;
		answer.push({
			payloadType: match.payloadType,
			name,
			clockRate: match.clockRate,
			channels: match.channels,
			parameters: recordOf(name)?.answer?.(parameters, match.parameters) ?? parameters,
			feedback: commonFeedback(capability.feedback, match.feedback),
		});
	}
	return answer;
}

function bestMatch(capability: CodecCapability, offered: MediaSection, taken: readonly Codec[]): Codec | undefined {
	let best: Codec | undefined;
	let least = Infinity;
	const { codecs } = offered;
	for (let i = 0; i < codecs.length && least > 0; i++) {
		const codec = codecs[i]!;
		const distance = formatDistance(capability, codec);
		if (distance === undefined || distance >= least || !isUsablePayloadType(codec.payloadType)) continue;
		if (taken.some((other) => other.payloadType === codec.payloadType)) continue;
		best = codec;
		least = distance;
	}
	return best;
}

/** Retransmissions have payload types of their own (RFC 4588 section 8.6). */
export function isRtx({ name }: Pick<Codec, "name">): boolean {
	return isSameName(name, "rtx");
}

/** What retransmits the packets of a payload type. */
export function rtxOf(codecs: readonly Codec[], payloadType: number): Codec | undefined {
	const apt = String(payloadType);
	return codecs.find((codec) => isRtx(codec) && parameter(codec.parameters, "apt") === apt);
}

/** As in an answer: the retransmissions of what is sent first, where they are offered. */
export function answerRtx(codecs: readonly Codec[], offered: MediaSection): Codec[] {
	const [first] = codecs;
	const rtx = first?.feedback.includes("nack") ? rtxOf(offered.codecs, first.payloadType) : undefined;
	if (!rtx || !isUsablePayloadType(rtx.payloadType) || rtx.clockRate !== first!.clockRate) return [];
	return [newRtx(rtx.payloadType, first!)];
}

export function newRtx(payloadType: number, { clockRate, payloadType: apt }: Codec): Codec {
	return { payloadType, name: "rtx", clockRate, channels: 1, parameters: `apt=${apt}`, feedback: noFeedback };
}

const noFeedback: readonly string[] = Object.freeze([]);

/** With RTCP on the same port, 64 to 95 look like RTCP (RFC 5761 section 4). */
export function isUsablePayloadType(payloadType: number): boolean {
	return payloadType < 64 || payloadType > 95;
}

/** The kinds of feedback that both sides have, in our order. */
export function commonFeedback(ours: readonly string[], theirs: readonly string[]): readonly string[] {
	return ours.filter((kind) => theirs.includes(kind));
}
