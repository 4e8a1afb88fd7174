// SPDX-License-Identifier: Apache-2.0
// The codecs of this SDK. A new one is a file with its record, and its place in the list here.
import type { CodecCapability, CodecRecord } from "webrtc/codec/format";
import { pcma, pcmu } from "webrtc/codec/g711";
import h264 from "webrtc/codec/h264";
import h265 from "webrtc/codec/h265";
import opus from "webrtc/codec/opus";
import vp8 from "webrtc/codec/vp8";

export { parameter } from "webrtc/codec/format";
export type { CodecCapability, CodecRecord } from "webrtc/codec/format";

const records: readonly CodecRecord[] = Object.freeze([h264, vp8, h265, opus, pcmu, pcma]);
const video = Object.freeze(records.map(({ capability }) => capability).filter(({ kind }) => kind === "video"));
const usualVideo = Object.freeze([h264.capability]);
const audio = Object.freeze(records.map(({ capability }) => capability).filter(({ kind }) => kind === "audio"));

// All that descriptions name, as the registry of RTP payload formats has them. Names are the same in any case.
const names: readonly string[] = Object.freeze([
	...records.map(({ capability }) => capability.name),
	..."VP9 AV1 rtx red ulpfec flexfec-03 G722 CN telephone-event".split(" "),
]);
const inLowerCase: readonly string[] = Object.freeze(names.map((name) => name.toLowerCase()));

/** A name as it is registered where it is known here, so that it may be compared as it is (RFC 4855 section 3). */
export function canonicalName(name: string): string {
	let place = names.indexOf(name);
	if (place < 0) place = inLowerCase.indexOf(name.toLowerCase());
	return place < 0 ? name : names[place]!;
}

/** Whether two names are one codec's, in any case. On XS a call of a string's method takes slots: it is the last resort. */
export function isSameName(a: string, b: string): boolean {
	return a === b || ((!names.includes(a) || !names.includes(b)) && a.toLowerCase() === b.toLowerCase());
}

/** The record of a codec by its name, in any case; undefined for one that there is not. */
export function recordOf(name: string): CodecRecord | undefined {
	let place = names.indexOf(name);
	if (place < 0) place = inLowerCase.indexOf(name.toLowerCase());
	return place < 0 ? undefined : records[place];
}

/** All of a kind, the preferred one first. */
export function codecsOf(kind: "audio" | "video"): readonly CodecCapability[] {
	return kind === "video" ? video : audio;
}

/** What is negotiated of a kind where neither a track nor a preference says otherwise: of pictures H.264, which each board has. */
export function usualCodecsOf(kind: "audio" | "video"): readonly CodecCapability[] {
	return kind === "video" ? usualVideo : audio;
}
