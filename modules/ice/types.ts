// SPDX-License-Identifier: Apache-2.0
// What the agent takes and gives, and its limits.
import type WebRTCError from "webrtc/error";
import type { Candidate, CandidateType, ParsedCandidate, TcpType } from "webrtc/ice/candidate";
import type { StunCrypto, StunMessages } from "webrtc/ice/stun";

/** As RTCIceTransportState, which for one bundled transport is RTCIceConnectionState, too. */
export type IceState = "new" | "checking" | "connected" | "completed" | "disconnected" | "failed" | "closed";

/** RFC 8445 section 6.1.2.6. "frozen" does not occur: with one stream of one component it would only delay. */
export type PairState = "waiting" | "in-progress" | "succeeded" | "failed";

/** Bounds on what a peer can make the agent keep. */
export const maximumLocalCandidates = 16;
/** That the peer signals, by default. */
export const maximumRemoteCandidates = 32;
/** That are learned from its checks, beside those. */
export const maximumLearnedCandidates = 8;
/** That need no room: with any of them a peer can be reached. */
export const guaranteedCandidates = 4;
/** Of those that the peer signals, by TCP: each is a connection, to where the peer says. */
export const maximumTcpCandidates = 4;
export const maximumPairs = 100; // RFC 8445 section 6.1.2.5
export const maximumTransactions = 50;
export const maximumResponses = 16;

/** All in milliseconds, but `transmissions`. */
export interface IceTimeouts {
	/** Ta: between new ordinary checks (RFC 8445 section 14.2). */
	pacing: number;
	/** How long pairs by TCP wait, for a connection each, while those by UDP may yet do. */
	tcp: number;
	/** How many ordinary checks may leave at once before pacing begins: the first ones must not wait. */
	burst: number;
	/**
	 * The first retransmission, before the path's round trip is known. RFC 8445 section 14.3 has 500; browsers have 250
	 * or less, and a check is 100 bytes that `pacing` already spaces.
	 */
	initialRetransmission: number;
	/** Twice the measured round trip, but no less, is the first retransmission of later transactions of a pair. */
	minimumRetransmission: number;
	/** Nor more; and the longest interval to a peer that has been heard from. */
	maximumRetransmission: number;
	/** Rc of RFC 8489 section 6.2.1: how often a request is sent before it fails. */
	transmissions: number;
	/**
	 * How long a pair that works waits for the nomination before it is used without. A peer's checks run on a thread of
	 * their own: it may be still busy with this side's description.
	 */
	early: number;
	/** How long a valid pair waits for a better one before it is nominated. */
	nomination: number;
	/** The same while the selected pair, which has fallen silent, may yet answer. */
	replacement: number;
	/** From the remote's credentials to "failed", when no pair connects. */
	failure: number;
	/** RFC 7675 section 5.1: the basic period of consent checks, varied by 20 %. */
	consentInterval: number;
	/** RFC 7675 section 5.1: without an answer for so long, sending ends. */
	consentExpiry: number;
	/** Without a sign of life for so long: "disconnected". Longer than the longest consent period. */
	disconnected: number;
	/**
	 * A nomination of a lesser pair is a change of mind once the selection is so old. Before that it comes from a peer
	 * that nominates every pair (RFC 5245's aggressive nomination), where the best counts.
	 */
	renomination: number;
}

export const defaultTimeouts: Readonly<IceTimeouts> = Object.freeze({
	pacing: 50,
	tcp: 250,
	burst: 8,
	initialRetransmission: 250,
	minimumRetransmission: 100,
	maximumRetransmission: 500,
	transmissions: 7,
	early: 10,
	nomination: 50,
	replacement: 1_000,
	failure: 30_000,
	consentInterval: 5_000,
	consentExpiry: 30_000,
	disconnected: 7_000,
	renomination: 3_000,
});

/** What an agent is given: its role, its limits, time, randomness. */
export interface IceAgentOptions {
	/** The role at the start (RFC 8445 section 6.1.1): the offerer controls. Conflicts are resolved. */
	controlling: boolean;
	crypto: StunCrypto;
	/** The time, in milliseconds of any clock that only grows. */
	now: number;
	/** Credentials of the first generation; default: random ones. Both or none. */
	ufrag?: string | undefined;
	password?: string | undefined;
	timeouts?: Partial<IceTimeouts> | undefined;
	/** 8 bytes; default: random (RFC 8445 section 16.1). */
	tieBreaker?: Uint8Array | undefined;
	/** What reads and writes messages, for agents to share: each message is done with before the next. Default: its own. */
	messages?: StunMessages | undefined;
	/** Candidates that the remote may signal in one generation. Default 32. */
	maximumCandidates?: number | undefined;
	/** What agents share: whether there is room for one more remote candidate, one of the first 4 of its kind or another. */
	pool?: { mayKeep(isGuaranteed: boolean): boolean } | undefined;
}

/** What has to be known of a local candidate. */
export interface LocalCandidateOptions {
	type: CandidateType;
	address: string;
	port: number;
	/** Only a check: it must be the address's. */
	family?: 4 | 6;
	/** Name of the network interface; kept for the application. */
	interface?: string;
	/** 0 to 65535; default: the earlier a candidate is added, the better. */
	preference?: number;
	/** By TCP (RFC 6544): the peer connects to it, or, from it (its port is 9), this side to the peer. Default: by UDP. */
	tcpType?: TcpType;
	/**
	 * The key of the socket, or relay allocation, that datagrams of this candidate leave by: `local` of the agent's
	 * transmits. Default "4" or "6", the family: one socket each; by TCP one of its own for each family. Candidates with one base make one pair per remote.
	 */
	base?: string;
	/** Of server-reflexive and relayed candidates: where they were learned from (RFC 8839 section 5.1). */
	relatedAddress?: string;
	relatedPort?: number;
}

/** The remote's credentials and what it says of itself (RFC 8839). */
export interface RemoteParameters {
	ufrag: string;
	password: string;
	/** RFC 8445 section 2.5: it sends no checks, and never controls. */
	lite?: boolean;
}

/** A candidate pair as the outside sees it. `local` is as the peer sees it: maybe peer-reflexive. */
export interface SelectedPair {
	readonly local: Candidate;
	readonly remote: Candidate;
	/** What datagrams leave by. */
	readonly base: string;
	/** Milliseconds; negative: not measured, but no longer than that. */
	readonly roundTrip: number;
}

/** What an agent tells its owner. */
export type IceEvent =
	| { type: "statechange"; state: IceState; error?: WebRTCError }
	/**
	 * The first pair that works both ways, when none is selected soon after: data may go to `pair.remote` until one is (RFC
	 * 8445 section 12.1.1), which saves a round trip of nomination. That the peer has sent a check shows that it has this
	 * side's description: before, it would not know what to do with a ClientHello.
	 */
	| { type: "valid"; pair: SelectedPair }
	/** Data goes to `pair.remote` from now on. May come again, with another pair. */
	| { type: "selected"; pair: SelectedPair }
	/** The peer has consented anew (RFC 7675 section 5.1): it is still at `pair.remote`, where data goes. */
	| { type: "consent"; pair: SelectedPair }
	/** Its consent has ended, or ICE has failed: no data may be sent before the next "valid" or "selected". */
	| { type: "deselected" }
	/**
	 * A request with the peer's credentials came from this address: what comes from there may be taken for the peer's if it
	 * is nobody else's. It proves no more: whoever has credentials can forge a source.
	 */
	| { type: "heard"; address: string; port: number; local: string }
	/** The peer has answered a check from this address: it is the peer's. */
	| { type: "validated"; address: string; port: number; local: string }
	/** A peer-reflexive candidate was learned. */
	| { type: "candidate"; candidate: Candidate; remote: boolean }
	/** The remote's candidate has a name (".local") for an address: resolve it, and add it again with the address. */
	| { type: "unresolved"; candidate: ParsedCandidate }
	/** RFC 8445 section 7.3.1.1: both had the same role, and this agent has changed its own. */
	| { type: "roleconflict"; controlling: boolean };

/** One datagram to send. Valid until the next call of the agent. */
export interface IceTransmit {
	data: Uint8Array;
	address: string;
	port: number;
	/** The base of the local candidate: which socket or relay it leaves by. */
	local: string;
}

/** What was dropped, and why. */
export interface IceCounters {
	/** No well-formed STUN message, or one that makes no sense here. */
	malformed: number;
	/** A request for other credentials. */
	unknownUser: number;
	/** Neither answered nor told: an answer to a stranger would make a reflector of this host. */
	badIntegrity: number;
	/** A request by a base that no local candidate has (yet). */
	unknownLocal: number;
	/** A response to nothing. */
	unsolicited: number;
	/** A response from elsewhere than the request went to (RFC 8445 section 7.2.5.2.1). */
	asymmetric: number;
	/** Over one of the bounds above. */
	overflow: number;
	/** Remote candidates of no use: those that connect by TCP themselves, other components, unknown types, other generations. */
	ignoredCandidates: number;
	/** Remote candidates with a name for an address. */
	unresolvedCandidates: number;
}

/** An answer has come from another address, or by another socket, than its request went to. */
export const answeredElsewhere = -1;
/** An answer was the peer's, and made no sense. */
export const answeredBadly = -2;

/** Round trips in seconds, as in W3C's RTCIceCandidatePairStats. */
export interface PairStatistics {
	readonly local: Candidate;
	readonly remote: Candidate;
	readonly state: PairState;
	readonly nominated: boolean;
	readonly selected: boolean;
	readonly requestsSent: number;
	readonly requestsReceived: number;
	readonly responsesSent: number;
	readonly responsesReceived: number;
	/** Why a check has failed: the code of a STUN error, `answeredElsewhere`, `answeredBadly`; 0: no answer has come. */
	readonly failure: number;
	readonly currentRoundTripTime: number | undefined;
	readonly totalRoundTripTime: number;
}

/** What an agent has counted, for getStats. */
export interface IceStatistics {
	readonly pairs: PairStatistics[];
	readonly counters: IceCounters;
}
