// SPDX-License-Identifier: Apache-2.0
// G.711 in SDP (RFC 3551 section 4.5.14), by its static payload types.
import { noFeedback, type CodecRecord } from "webrtc/codec/format";

function record(name: string, payloadType: number): CodecRecord {
	const capability = { kind: "audio" as const, name, clockRate: 8000, channels: 1, parameters: "" };
	return Object.freeze({ capability: Object.freeze({ ...capability, feedback: noFeedback }), payloadType });
}

/** µ-law. */
export const pcmu = record("PCMU", 0);
/** A-law. */
export const pcma = record("PCMA", 8);
