// SPDX-License-Identifier: Apache-2.0
// What the camera deems the way to a viewer to carry, and what it makes of it, for the plots of his page: he alone knows the
// session's name, which cannot be guessed.
import type RTCPeerConnection from "webrtc/peer";

/** Of W3C's candidate-pair and outbound-rtp. */
interface Sending {
	type: string;
	kind?: string;
	availableOutgoingBitrate?: number;
	targetBitrate?: number;
	qualityLimitationReason?: string;
	retransmittedPacketsSent?: number;
}

/**
 * As JSON: "available", bit/s that the way carries, and "target", bit/s of the encoder for all viewers; either is absent while
 * it is not known. "reason", why it is no more, as W3C's qualityLimitationReason. "repeated", packets sent again so far.
 */
export default async function estimate(connection: RTCPeerConnection): Promise<string> {
	let available, target, reason, repeated;
	for (const stat of (await connection.getStats()).values()) {
		const sending = stat as Sending;
		available ??= sending.availableOutgoingBitrate;
		if (sending.type !== "outbound-rtp" || sending.kind !== "video") continue;
		target = sending.targetBitrate;
		reason = sending.qualityLimitationReason;
		repeated = sending.retransmittedPacketsSent;
	}
	return JSON.stringify({ available, target, reason, repeated });
}
