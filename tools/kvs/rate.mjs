// SPDX-License-Identifier: Apache-2.0
// Requests per second, counted over the last second.
// @ts-check
import { limitExceeded } from "./errors.mjs";

const mostKeys = 1000; // then old ones are looked for

export default class RateLimits {
	/** @type {Map<string, number[]>} */
	#times = new Map();

	/** @param {boolean} enforced */
	constructor(enforced) {
		this.enforced = enforced;
	}

	/**
	 * @param {string} key what is limited: an operation, and of what
	 * @param {number} perSecond
	 * @throws {ServiceError} ClientLimitExceededException
	 */
	take(key, perSecond) {
		if (!this.enforced) return;
		const now = performance.now();
		const recent = (this.#times.get(key) ?? []).filter((time) => now - time < 1000);
		if (recent.length >= perSecond) throw limitExceeded(`Rate exceeded: ${perSecond} per second for ${key}`);
		recent.push(now);
		this.#times.set(key, recent);
		if (this.#times.size > mostKeys) this.#forgetOld(now);
	}

	/** @param {number} now */
	#forgetOld(now) {
		for (const [key, times] of this.#times) if (now - (times.at(-1) ?? 0) >= 1000) this.#times.delete(key);
	}
}
