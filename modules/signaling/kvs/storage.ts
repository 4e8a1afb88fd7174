// SPDX-License-Identifier: Apache-2.0
// A storage session: the service itself comes as a peer, and records. It is asked to join; then it makes the offer.
import Backoff from "webrtc/device/backoff";
import type { Timeouts } from "webrtc/signaling/kvs/types";

/**
 * idle → joining (the call is under way) → waiting (for the offer) → joined (until the session's hour is over, or its
 * peer has gone) → joining …
 */
export type StoragePhase = "idle" | "joining" | "waiting" | "joined";

// "Too many" by the service's own samples: five in ten minutes. From then on more slowly.
const manyFailures = 5;
const slow = 120_000; // ms

export default class StorageSchedule {
	phase: StoragePhase = "idle";
	/** When the phase ends. */
	due = Infinity;
	/** The peer that the service is. */
	peerId: string | undefined;
	#joinedAt = 0;
	#timeouts: Readonly<Timeouts>;
	#backoff: Backoff;

	constructor(timeouts: Readonly<Timeouts>, backoff: Backoff) {
		this.#timeouts = timeouts;
		this.#backoff = backoff;
	}

	/** A connection is there. A session in progress goes on, its media has a way of its own; and so does the back-off. */
	start(now: number): void {
		if (this.phase === "idle" && this.due === Infinity) this.due = now;
	}

	/** Without a connection there is nobody to make the offer: the next one begins with a join. */
	suspend(now: number): void {
		if (this.phase === "joining" || this.phase === "waiting") this.rejoin(now);
	}

	/** Nothing is stored any more. A session in progress is its peer's affair. */
	stop(): void {
		this.phase = "idle";
		this.due = Infinity;
	}

	/** The call is under way. */
	joining(): void {
		this.phase = "joining";
		this.due = Infinity;
	}

	/** The call has succeeded: the offer comes now, or it came before. */
	accepted(now: number): void {
		if (this.phase !== "joining") return;
		this.phase = "waiting";
		this.due = now + this.#timeouts.storageOffer;
	}

	/** Its offer has come, maybe late. */
	offered(peerId: string, now: number): void {
		if (this.phase === "idle" && this.due === Infinity) return;
		this.phase = "joined";
		this.peerId = peerId;
		this.#joinedAt = now;
		this.due = now + this.#timeouts.storageSession;
	}

	/** The call failed, or no offer came. @param least milliseconds to wait, beside the back-off */
	failed(now: number, least = 0): void {
		const wait = least + this.#backoff.next();
		this.phase = "idle";
		this.due = now + (this.#backoff.attempts > manyFailures ? slow + wait : wait);
	}

	/** A peer has gone. Returns whether it was the session's, and too soon: only one that has lasted is a success. */
	ended(peerId: string, now: number): boolean {
		if (this.phase !== "joined" || peerId !== this.peerId) return false;
		const hasLasted = this.judge(now);
		this.failed(now);
		return !hasLasted;
	}

	/** What is due has come: whether it is a failure (no offer), rather than a join to make. */
	expire(now: number): "join" | "missing" | undefined {
		if (now < this.due) return undefined;
		if (this.phase === "waiting") {
			this.failed(now);
			return "missing";
		}
		if (this.phase === "joined") this.judge(now);
		this.rejoin(now);
		return "join";
	}

	/** A session that has lasted ends the series of failures. */
	private judge(now: number): boolean {
		const hasLasted = now - this.#joinedAt >= this.#timeouts.stable;
		if (hasLasted) this.#backoff.reset();
		return hasLasted;
	}

	private rejoin(now: number): void {
		this.phase = "idle";
		this.due = now;
	}
}
