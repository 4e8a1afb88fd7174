// SPDX-License-Identifier: Apache-2.0
// Temporary credentials that are renewed in time: one fetch at once for all who ask, before they expire, and not at the
// same moment on all devices of a fleet. Nobody waits for a fetch while the old ones hold.
import type { Credentials } from "webrtc/aws/credentials";
import WebRTCError from "webrtc/error";
import guard from "webrtc/error/guard";
import Timer from "timer";

export interface RefreshOptions {
	/** 0 to 1, uniform. Default Math.random. */
	random?(): number;
}

/**
 * Earliest part of the lifetime at which to renew, and the part over which devices spread. What then is left of an hour
 * is longer than clients are silent: the next who asks comes in time to renew them.
 */
const earliest = 0.8;
const spread = 0.1;
/** Up to this before the end they are used: ms. */
const margin = 10_000;
/** With credentials that still hold, a renewal that failed is tried again after this: ms. */
const retryDelay = 30_000;
/** For one fetch: ms. */
const timeLimit = 15_000;

export default class Refresher {
	#fetch: (now: number) => Promise<Credentials>;
	#random: () => number;
	#current: Credentials | undefined;
	#renewAt = 0;
	#pending: Promise<Credentials> | undefined;

	constructor(fetch: (now: number) => Promise<Credentials>, { random = Math.random }: RefreshOptions = {}) {
		this.#fetch = fetch;
		this.#random = random;
	}

	/** Those at hand while they hold; new ones otherwise. @throws (rejects) what the fetch throws */
	async get(now: number): Promise<Credentials> {
		const current = this.#current;
		if (!current || now >= (current.expiration ?? Infinity) - margin) return this.renew(now);
		// Whether that fails matters when these have ended: who then asks is told.
		if (now >= this.#renewAt) this.renew(now).catch(() => undefined);
		return current;
	}

	/** What is being fetched may be the same that was refused, or hang. */
	invalidate(): void {
		this.#current = this.#pending = undefined;
	}

	/** One fetch at a time. */
	private renew(now: number): Promise<Credentials> {
		if (this.#pending) return this.#pending;
		this.#renewAt = now + retryDelay;
		const pending = limited(this.#fetch(now)).then(
			(fresh) => {
				if (this.#pending === pending) this.accept(fresh, now);
				return fresh;
			},
			(error) => {
				if (this.#pending === pending) this.#pending = undefined;
				throw error;
			},
		);
		this.#pending = pending;
		return pending;
	}

	private accept(fresh: Credentials, now: number): void {
		this.#pending = undefined;
		this.#current = fresh;
		const lifetime = (fresh.expiration ?? Infinity) - now;
		const part = earliest + spread * this.#random();
		this.#renewAt = lifetime === Infinity ? Infinity : now + lifetime * part;
	}
}

/** @throws (rejects) WebRTCError "aws/credentials" when it takes too long */
function limited<T>(promise: Promise<T>): Promise<T> {
	return new Promise((resolve, reject) => {
		const error = new WebRTCError("aws/credentials", "no credentials in time");
		const timer = Timer.set(
			guard({ onException: reject }, () => reject(error)),
			timeLimit,
		);
		promise.finally(() => Timer.clear(timer)).then(resolve, reject);
	});
}
