// SPDX-License-Identifier: Apache-2.0
// The peer's candidates on their way to the agent: filtered, and names looked up.
import { contain, type Guarded } from "webrtc/error/guard";
import { parseCandidate, type IceAgent, type ParsedCandidate } from "webrtc/ice";
import type { CandidateFilter } from "webrtc/peer/configuration";
import type Network from "webrtc/peer/network";
import type { NamesUser } from "webrtc/peer/names";

/** Whose peer's they are. */
export interface RemotesOwner extends Guarded {
	readonly agent: IceAgent;
	readonly network: Network;
	/** The agent has something to do. */
	pump(): void;
}

export default class Remotes implements NamesUser {
	#owner: RemotesOwner;
	#filter: CandidateFilter | undefined;
	#named: ParsedCandidate[] | undefined; // whose names are looked up

	constructor(owner: RemotesOwner, filter: CandidateFilter | undefined) {
		this.#owner = owner;
		this.#filter = filter;
	}

	private allows(candidate: ParsedCandidate): boolean {
		return this.#filter?.(candidate, "remote") ?? true;
	}

	/**
	 * @param line "candidate:…"; "" when there are no more
	 * @throws WebRTCError "ice/bad-candidate"
	 */
	add(line: string): void {
		if (!line) return this.#owner.agent.endOfRemoteCandidates();
		const parsed = this.#filter ? parseCandidate(line) : undefined;
		if (!parsed || this.allows(parsed)) this.#owner.agent.addRemoteCandidate(line);
	}

	/** All of a description; those that are bad are left out. */
	addAll({ candidates, endOfCandidates }: { candidates: readonly string[]; endOfCandidates: boolean }): void {
		for (const candidate of candidates) {
			try {
				this.add(candidate);
			} catch (error) {
				trace(`webrtc: a candidate of the remote is left out: ${(error as Error).message}\n`);
			}
		}
		if (endOfCandidates) this.add("");
	}

	/** It has a name in place of an address. */
	lookUp(candidate: ParsedCandidate): void {
		(this.#named ??= []).push(candidate);
		this.#owner.network.names.resolve(candidate.address, this);
	}

	onName(name: string, addresses: readonly string[]): void {
		if (!this.#named) return;
		try {
			const named = this.#named.filter(({ address }) => address === name);
			this.#named = this.#named.filter(({ address }) => address !== name);
			if (!this.#named.length) this.#named = undefined;
			for (const candidate of named) {
				for (const address of addresses) {
					const found = { ...candidate, address };
					if (this.allows(found)) this.#owner.agent.addRemoteCandidate(found);
				}
			}
			if (addresses.length) this.#owner.pump();
		} catch (cause) {
			contain(this.#owner, cause);
		}
	}

	/** No name is looked up any more. Can be called again without effect. */
	close(): void {
		if (this.#named) this.#owner.network.names.leave(this);
		this.#named = undefined;
	}
}
