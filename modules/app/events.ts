// SPDX-License-Identifier: Apache-2.0
import type WebRTCError from "webrtc/error";
import type { PictureQuality } from "webrtc/media";
import type { SignalingMessage, SignalingSide } from "webrtc/signaling";

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
	| "signalingJoin"
	| "signalingJoined"
	| "offerRequested"
	| "receivedMessage"
	| "peerConnectionRequested"
	| "receivedOffer"
	| "sentOffer"
	| "sentAnswer"
	| "receivedIceCandidate"
	| "sentIceCandidate"
	| "iceGatheringComplete"
	| "peerConnecting"
	| "peerConnected"
	| "candidatePairChanged"
	| "streamingStarted"
	| "streamingStopped"
	| "qualityChanged"
	| "networkChanged"
	| "peerDisconnected"
	| "peerConnectionFailed"
	| "signalingError"
	| "error";

/** What an application hears of. */
export interface WebRTCAppEvent {
	type: WebRTCAppEventType;
	/** The full id of the peer that it is about. */
	peerId?: string;
	/** Who makes the offer, in "signalingJoined". */
	side?: SignalingSide;
	/** What came, in "receivedMessage". */
	message?: Extract<SignalingMessage, { type: "custom" }>;
	/** What pictures are like from now on, in "qualityChanged": for all peers, whose ways have come to carry less or more. */
	quality?: PictureQuality;
	/** What went wrong, in the events that tell of a failure. */
	error?: WebRTCError;
}
