// SPDX-License-Identifier: Apache-2.0
import type { CandidateInit } from "webrtc/signaling";

const maximumPeers = 8;
const maximumCandidates = 16; // of a peer
const maximumOfAll = 32;
const longestCandidate = 512; // characters; browsers' have 150

interface Entry {
	expires: number;
	candidates: CandidateInit[];
}

/** Candidates that come before their offer, which some services let happen: kept for a while, within bounds. */
export default class EarlyCandidates {
	#entries = new Map<string, Entry>();
	#lifetime: number;

	/** @param lifetime milliseconds that a peer's candidates are kept after its first */
	constructor(lifetime: number) {
		this.#lifetime = lifetime;
	}

	add(peerId: string, candidate: CandidateInit, now: number): void {
		this.expire(now);
		let entry = this.#entries.get(peerId);
		if (!entry) {
			if (this.#entries.size >= maximumPeers) this.#entries.delete(this.#entries.keys().next().value!);
			entry = { expires: now + this.#lifetime, candidates: [] };
			this.#entries.set(peerId, entry);
		}
		const isTooLong = candidate.candidate.length > longestCandidate;
		if (isTooLong || entry.candidates.length >= maximumCandidates || this.count() >= maximumOfAll) return;
		entry.candidates.push(candidate);
	}

	private count(): number {
		let count = 0;
		for (const { candidates } of this.#entries.values()) count += candidates.length;
		return count;
	}

	/** The candidates of a peer, which are forgotten here. */
	take(peerId: string, now: number): CandidateInit[] {
		this.expire(now);
		const entry = this.#entries.get(peerId);
		this.#entries.delete(peerId);
		return entry?.candidates ?? [];
	}

	clear(): void {
		this.#entries.clear();
	}

	private expire(now: number): void {
		for (const [peerId, { expires }] of this.#entries) if (expires <= now) this.#entries.delete(peerId);
	}
}
