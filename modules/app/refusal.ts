// SPDX-License-Identifier: Apache-2.0
// Why a peer is turned down, and when it may try again.
import type WebRTCError from "webrtc/error";
import type { Rejection } from "webrtc/signaling";

/** Seconds after which one is to try again that was turned down for want of memory. */
export const busyRetryAfter = 5;
/** Seconds after which one is to try again that found all places taken. */
export const fullRetryAfter = 10;

/** For a peer that gets no session. */
export function reasonForNoPlace({ code }: WebRTCError): Rejection["reason"] {
	if (code === "app/too-many-sessions") return "too-many-sessions";
	return code === "app/busy" ? "busy" : "failed";
}

/** For a peer whose offer cannot be taken. */
export function rejectionOf({ code, message }: WebRTCError): Rejection {
	if (code === "app/busy") return { reason: "busy", message, retryAfter: busyRetryAfter };
	if (code === "sdp/no-common-codec") return { reason: "no-common-codec", message };
	return { reason: code.startsWith("sdp/") ? "bad-offer" : "failed", message };
}
