// SPDX-License-Identifier: Apache-2.0
// A candidate pair (RFC 8445 section 6.1.2): what is sent from `local.base` to `remote`.
import type { Candidate } from "webrtc/ice/candidate";
import type Generation from "webrtc/ice/generation";
import type { PairState, PairStatistics, SelectedPair } from "webrtc/ice/types";

export default class Pair {
	/** Another one of its base takes its place when it goes. */
	local: Candidate;
	readonly remote: Candidate;
	/** Whose credentials its checks carry. */
	readonly generation: Generation;
	state: PairState = "waiting";
	/** The selected one, or one that was and is still alive. */
	nominated = false;
	/** Controlled: the peer has nominated it; it is selected as soon as it is valid (RFC 8445 section 7.3.1.5). */
	nominee = false;
	/** `local` as the peer sees it, when that is another candidate: the valid pair's (section 7.2.5.3.2). */
	mapped: Candidate | undefined;
	requestsSent = 0;
	requestsReceived = 0;
	responsesSent = 0;
	responsesReceived = 0;
	/** What the last answer was, where it ended a check: an error's code, or one of those below; 0: there was none. */
	failure = 0;
	/** Milliseconds; negative: not measured, but no longer than that. */
	roundTrip = -Infinity;
	totalRoundTrip = 0;

	constructor(local: Candidate, remote: Candidate, generation: Generation) {
		this.local = local;
		this.remote = remote;
		this.generation = generation;
	}

	/** So long after the first transmission of a request, and after its last: which one it was that arrived is not told. */
	answered(longest: number, shortest: number): void {
		if (longest === shortest) {
			this.roundTrip = longest;
			this.totalRoundTrip += longest;
		} else if (this.roundTrip < 0) {
			this.roundTrip = Math.max(this.roundTrip, -longest);
		}
	}

	get view(): SelectedPair {
		return {
			local: this.mapped ?? this.local,
			remote: this.remote,
			base: this.local.base,
			roundTrip: this.roundTrip,
		};
	}

	statistics(selected: boolean): PairStatistics {
		const { remote, state, nominated, requestsSent, requestsReceived, responsesSent, responsesReceived } = this;
		return {
			local: this.mapped ?? this.local,
			remote,
			state,
			nominated,
			selected,
			requestsSent,
			requestsReceived,
			responsesSent,
			responsesReceived,
			failure: this.failure,
			currentRoundTripTime: this.roundTrip < 0 ? undefined : this.roundTrip / 1000,
			totalRoundTripTime: this.totalRoundTrip / 1000,
		};
	}
}

/**
 * Orders by pair priority, the best first (RFC 8445 section 6.1.2.3): 2^32 * min(G, D) + 2 * max(G, D) + (G > D). Its 64
 * bits are too many for a number, but the difference of two has the right sign: the first part is rounded only where
 * the others are too small to matter.
 */
export function comparePairs(a: Pair, b: Pair, controlling: boolean): number {
	const aG = controlling ? a.local.priority : a.remote.priority;
	const aD = controlling ? a.remote.priority : a.local.priority;
	const bG = controlling ? b.local.priority : b.remote.priority;
	const bD = controlling ? b.remote.priority : b.local.priority;
	return (
		0x100000000 * (Math.min(bG, bD) - Math.min(aG, aD)) +
		2 * (Math.max(bG, bD) - Math.max(aG, aD)) +
		Number(bG > bD) -
		Number(aG > aD)
	);
}
