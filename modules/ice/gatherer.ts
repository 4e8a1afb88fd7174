// SPDX-License-Identifier: Apache-2.0
// Gathers the local candidates of an agent (RFC 8445 section 5.1.1), Sans-I/O, and tells of them one generation after
// the other. Host candidates are known at once; what takes a server's answer has its place here.
import type { IceAgent } from "webrtc/ice/agent";
import { formatCandidate, type Candidate } from "webrtc/ice/candidate";
import type { LocalCandidateOptions } from "webrtc/ice/types";

/** As W3C's RTCIceGatheringState. */
export type IceGatheringState = "new" | "gathering" | "complete";

/** What a gatherer has found, or that it is done. */
export type IceGathererEvent =
	| { type: "statechange"; state: IceGatheringState }
	/** As a line of SDP: "candidate:…", and the username fragment that it belongs to. */
	| { type: "candidate"; candidate: string; ufrag: string };

/** Finds the local candidates (RFC 8445 section 5.1). No I/O. */
export class IceGatherer {
	#agent: IceAgent;
	#state: IceGatheringState = "new";
	#events: IceGathererEvent[] = [];

	/** @param hosts this host's addresses and ports; the agent has them from now on */
	constructor(agent: IceAgent, hosts: readonly Omit<LocalCandidateOptions, "type">[]) {
		this.#agent = agent;
		for (const host of hosts) agent.addLocalCandidate({ ...host, type: "host" });
	}

	get state(): IceGatheringState {
		return this.#state;
	}

	/** All that are known by now. */
	get candidates(): string[] {
		return this.#agent.localCandidates.filter(isSignaled).map((candidate) => formatCandidate(candidate));
	}

	/** Whether `candidates` are all that there will be in this generation. */
	get isDone(): boolean {
		return true;
	}

	/** A description is in force: candidates are told of from now on. Without effect when they have been. */
	gather(): void {
		if (this.#state !== "new") return;
		this.setState("gathering");
		const ufrag = this.#agent.localUfrag;
		for (const candidate of this.candidates) this.#events.push({ type: "candidate", candidate, ufrag });
		this.setState("complete");
	}

	/** The agent has new credentials: the next `gather` tells of all candidates again. */
	restart(): void {
		this.#state = "new";
	}

	/** The next event, or undefined. */
	pollEvent(): IceGathererEvent | undefined {
		return this.#events.shift();
	}

	private setState(state: IceGatheringState): void {
		this.#state = state;
		this.#events.push({ type: "statechange", state });
	}
}

/** Not those that only the peer has seen (RFC 8445 section 7.2.5.3.1). */
function isSignaled({ type }: Candidate): boolean {
	return type !== "prflx";
}
