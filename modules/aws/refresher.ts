// SPDX-License-Identifier: Apache-2.0
// Temporary credentials that are renewed in time: one fetch at once for all who ask, before they expire, and not at the
// same moment on all devices of a fleet.
import type { Credentials } from "webrtc/aws/credentials";

export interface RefreshOptions {
	/** 0 to 1, uniform. Default Math.random. */
	random?(): number;
}

/** Earliest part of the lifetime at which to renew, and the part over which devices spread. */
const earliest = 0.8;
const spread = 0.15;
/** No later than this before the end: ms. */
const margin = 10_000;
/** With credentials that still hold, a renewal that failed is tried again after this: ms. */
const retryDelay = 30_000;

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
		if (current && now < this.#renewAt) return current;
		try {
			return await (this.#pending ??= this.#renew(now));
		} catch (error) {
			if (!current || current !== this.#current || now >= (current.expiration ?? Infinity) - margin) throw error;
			this.#renewAt = now + retryDelay;
			return current;
		}
	}

	invalidate(): void {
		this.#current = undefined;
	}

	async #renew(now: number): Promise<Credentials> {
		try {
			const fresh = await this.#fetch(now);
			this.#current = fresh;
			const lifetime = (fresh.expiration ?? Infinity) - now;
			const part = earliest + spread * this.#random();
			this.#renewAt = lifetime === Infinity ? Infinity : now + Math.min(lifetime * part, lifetime - margin);
			return fresh;
		} finally {
			this.#pending = undefined;
		}
	}
}
