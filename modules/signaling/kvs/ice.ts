// SPDX-License-Identifier: Apache-2.0
// When to ask for TURN servers: their credentials hold for five minutes. Nobody waits for them: an answer goes out with
// what is there, and sessions get them when they come.
import Backoff from "webrtc/device/backoff";

const grace = 30_000; // ms before the end of the credentials
const shortest = 10_000; // ms between two requests that were asked for

export default class IceSchedule {
	/** When to send the next request. */
	due = Infinity;
	#backoff: Backoff;
	#random: () => number;
	#expires = 0;
	#askedAt = -Infinity;

	constructor(backoff: Backoff, random: () => number) {
		this.#backoff = backoff;
		this.#random = random;
	}

	/** Requests that failed in a row. */
	get failures(): number {
		return this.#backoff.attempts;
	}

	/** Whether there are none that hold. */
	isNeeded(now: number): boolean {
		return now >= this.#expires;
	}

	/** The first connection, or another: what holds is kept. */
	start(now: number): void {
		if (now >= this.#expires - grace) this.due = Math.min(this.due, now);
	}

	/** New ones are wanted: now, unless that is too often. */
	refresh(now: number): void {
		this.due = Math.min(this.due, Math.max(now, this.#askedAt + shortest));
	}

	/** A request is under way. */
	asked(now: number): void {
		this.#askedAt = now;
		this.due = Infinity;
	}

	/** @param ttl seconds */
	succeed(ttl: number, now: number): void {
		this.#backoff.reset();
		this.#expires = now + ttl * 1000;
		const latest = Math.max(this.#expires - grace, now + (ttl * 1000) / 2);
		this.due = latest - 0.1 * (latest - now) * this.#random();
	}

	/** @param least milliseconds to wait, beside the back-off */
	fail(now: number, least = 0): void {
		this.due = now + Math.max(1000, least + this.#backoff.next());
	}

	stop(): void {
		this.due = Infinity;
	}
}
