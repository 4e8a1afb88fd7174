// SPDX-License-Identifier: Apache-2.0
// The codecs of this SDK. A new one is a file with its record, and its place in the list here.
import type { CodecCapability, CodecRecord } from "webrtc/codec/format";
import { pcma, pcmu } from "webrtc/codec/g711";
import h264 from "webrtc/codec/h264";
import opus from "webrtc/codec/opus";

export { parameter } from "webrtc/codec/format";
export type { CodecCapability, CodecRecord } from "webrtc/codec/format";

const records: readonly CodecRecord[] = Object.freeze([h264, opus, pcmu, pcma]);
const video = Object.freeze(records.map(({ capability }) => capability).filter(({ kind }) => kind === "video"));
const audio = Object.freeze(records.map(({ capability }) => capability).filter(({ kind }) => kind === "audio"));

/** The record of a codec by its name, in any case (RFC 4855 section 3); undefined for one that there is not. */
export function recordOf(name: string): CodecRecord | undefined {
	const wanted = name.toLowerCase();
	for (const record of records) if (record.capability.name.toLowerCase() === wanted) return record;
	return undefined;
}

/** What is done for a kind where no track says otherwise, the preferred one first. */
export function codecsOf(kind: "audio" | "video"): readonly CodecCapability[] {
	return kind === "video" ? video : audio;
}
