// SPDX-License-Identifier: Apache-2.0
import type WebRTCError from "webrtc/error";

/** What an application hears of, in the order in which a session usually brings them. */
export type WebRTCAppEventType =
	| "initialized"
	| "deinitializing"
	| "signalingConnecting"
	| "signalingConnected"
	| "signalingDisconnected"
	| "signalingDescribe"
	| "signalingGetEndpoint"
	| "signalingGetIce"
	| "peerConnectionRequested"
	| "receivedOffer"
	| "sentOffer"
	| "sentAnswer"
	| "receivedIceCandidate"
	| "sentIceCandidate"
	| "iceGatheringComplete"
	| "peerConnecting"
	| "peerConnected"
	| "streamingStarted"
	| "streamingStopped"
	| "peerDisconnected"
	| "peerConnectionFailed"
	| "signalingError"
	| "error";

export interface WebRTCAppEvent {
	type: WebRTCAppEventType;
	/** The full id of the peer that it is about. */
	peerId?: string;
	/** What went wrong, in the events that tell of a failure. */
	error?: WebRTCError;
}
