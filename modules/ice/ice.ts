// SPDX-License-Identifier: Apache-2.0
// ICE (RFC 8445), with trickle (RFC 8838) and consent freshness (RFC 7675).
export { IceAgent } from "webrtc/ice/agent";
export { formatCandidate, parseCandidate } from "webrtc/ice/candidate";
export type { Candidate, CandidateType, ParsedCandidate } from "webrtc/ice/candidate";
export { IceGatherer } from "webrtc/ice/gatherer";
export type { IceGathererEvent, IceGatheringState } from "webrtc/ice/gatherer";
export { checkCredentials, makeCredentials } from "webrtc/ice/generation";
export { StunMessages, type StunCrypto } from "webrtc/ice/stun";
export type {
	IceAgentOptions,
	IceCounters,
	IceEvent,
	IceState,
	IceStatistics,
	IceTimeouts,
	IceTransmit,
	LocalCandidateOptions,
	PairState,
	PairStatistics,
	RemoteParameters,
	SelectedPair,
} from "webrtc/ice/types";
