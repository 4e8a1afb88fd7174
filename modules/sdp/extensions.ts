// SPDX-License-Identifier: Apache-2.0
// The RTP header extensions that this SDK sends (RFC 8285).
import type { HeaderExtension } from "webrtc/sdp/types";

/** The URI of the extension that carries the mid (RFC 9143 section 15.2). */
export const midExtension = "urn:ietf:params:rtp-hdrext:sdes:mid";
/** Of transport-wide sequence numbers (draft-holmer-rmcat-transport-wide-cc-extensions-01). */
export const transportSequenceExtension = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
/** Of the time of sending: 24 bits, 18 of them behind the point of a second. */
export const sendTimeExtension = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time";
/** Of the least and the most delay until a picture is shown. */
export const playoutDelayExtension = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay";
/** Of the time of capture, as NTP has it. */
export const captureTimeExtension = "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time";

const audio: readonly string[] = Object.freeze([midExtension, transportSequenceExtension, sendTimeExtension]);
const video: readonly string[] = Object.freeze([...audio, playoutDelayExtension, captureTimeExtension]);

/** Those of a section of that kind, in order. */
export function extensionsOf(kind: "audio" | "video"): readonly string[] {
	return kind === "video" ? video : audio;
}

/** Of one that was negotiated; 0: it was not. */
export function idOf(extensions: readonly HeaderExtension[], uri: string): number {
	for (const extension of extensions) if (extension.uri === uri) return extension.id;
	return 0;
}
