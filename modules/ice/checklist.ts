// SPDX-License-Identifier: Apache-2.0
// The pairs of the current generation, the best first (RFC 8445 section 6.1.2), and the triggered-check queue.
import { isLoopback } from "webrtc/ice/address";
import { candidateFamily, type Candidate } from "webrtc/ice/candidate";
import type Generation from "webrtc/ice/generation";
import Pair, { comparePairs } from "webrtc/ice/pair";
import { maximumPairs } from "webrtc/ice/types";

export default class Checklist {
	pairs: Pair[] = [];
	/** Checks that requests or role conflicts have caused, the oldest first (RFC 8445 section 6.1.4.1). */
	#triggered: Pair[] = [];

	/**
	 * Pairs two candidates if they can be: by UDP, or from who is active by TCP to who is passive (whose own checks follow the
	 * peer's), of one family, both or none of this host alone (a peer must not make this host
	 * probe its own services), and no pair for the same base and remote yet: with one base it would be the same check
	 * (section 6.1.2.4).
	 */
	combine(local: Candidate, remote: Candidate, generation: Generation, controlling: boolean): void {
		if (local.tcpType === "passive" || remote.tcpType === "active") return;
		if (!local.tcpType !== !remote.tcpType) return;
		if (candidateFamily(local) !== candidateFamily(remote)) return;
		if (isLoopback(local.address) !== isLoopback(remote.address)) return;
		if (local.type !== "prflx" && !this.find(local.base, remote)) this.add(local, remote, generation, controlling);
	}

	/** @returns undefined when there are too many, and this one is the least */
	add(local: Candidate, remote: Candidate, generation: Generation, controlling: boolean): Pair | undefined {
		const pair = new Pair(local, remote, generation);
		this.pairs.push(pair);
		this.sort(controlling);
		if (this.pairs.length <= maximumPairs) return pair;
		// RFC 8445 section 6.1.2.5: the least go; those that have been sent to stay.
		for (let i = this.pairs.length - 1; i >= 0; i--) {
			const least = this.pairs[i] as Pair;
			if (least !== pair && least.state !== "waiting" && least.state !== "failed") continue;
			this.remove(least);
			return least === pair ? undefined : pair;
		}
		return undefined;
	}

	/** Priorities depend on the role, and on what is learned of candidates. */
	sort(controlling: boolean): void {
		this.pairs.sort((a, b) => comparePairs(a, b, controlling));
	}

	find(base: string, remote: Candidate): Pair | undefined {
		for (const pair of this.pairs) if (pair.remote === remote && pair.local.base === base) return pair;
		return undefined;
	}

	/** Puts a pair into the triggered-check queue. */
	trigger(pair: Pair): void {
		pair.state = "waiting";
		if (!this.#triggered.includes(pair)) this.#triggered.push(pair);
	}

	nextTriggered(): Pair | undefined {
		return this.#triggered.shift();
	}

	/* By index, here and below: on XS an iteration takes slots, and these run with each message. */

	/** @param withTcp whether those by TCP count */
	nextWaiting(withTcp: boolean): Pair | undefined {
		const { pairs } = this;
		for (let i = 0, { length } = pairs; i < length; i++) {
			const pair = pairs[i]!;
			if (pair.state === "waiting" && (withTcp || !pair.local.tcpType)) return pair;
		}
		return undefined;
	}

	/** Whether a pair by UDP may yet do. */
	get hasHopeByUdp(): boolean {
		const { pairs } = this;
		for (let i = 0; i < pairs.length; i++)
			if (!pairs[i]!.local.tcpType && pairs[i]!.state !== "failed") return true;
		return false;
	}

	bestValid(): Pair | undefined {
		for (const pair of this.pairs) if (pair.state === "succeeded") return pair;
		return undefined;
	}

	/** Whether a better pair than this one may still become valid. */
	hasHopeAbove(pair: Pair): boolean {
		for (const better of this.pairs) {
			if (better === pair) return false;
			if (better.state === "waiting" || better.state === "in-progress") return true;
		}
		return false;
	}

	get hasFailed(): boolean {
		const { pairs } = this;
		for (let i = 0; i < pairs.length; i++) if (pairs[i]!.state !== "failed") return false;
		return pairs.length > 0;
	}

	removeBase(base: string): void {
		this.pairs = this.pairs.filter(({ local }) => local.base !== base);
		this.#triggered = this.#triggered.filter(({ local }) => local.base !== base);
	}

	removeRemote(remote: Candidate): void {
		this.pairs = this.pairs.filter((pair) => pair.remote !== remote);
		this.#triggered = this.#triggered.filter((pair) => pair.remote !== remote);
	}

	/** A pair is selected: of the others, only the valid ones and those that `isChecked` stay (RFC 8445 section 8.1.2). */
	settle(isChecked: (pair: Pair) => boolean): void {
		this.#triggered.length = 0;
		this.pairs = this.pairs.filter((pair) => pair.state === "succeeded" || isChecked(pair));
	}

	private remove(pair: Pair): void {
		this.pairs = this.pairs.filter((other) => other !== pair);
		this.#triggered = this.#triggered.filter((other) => other !== pair);
	}

	clear(): void {
		this.pairs = [];
		this.#triggered = [];
	}
}
