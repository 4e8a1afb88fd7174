// SPDX-License-Identifier: Apache-2.0
// The account's access keys: one that stays, and temporary ones with a session token.
// @ts-check
import { randomBytes } from "node:crypto";
import ServiceError from "./errors.mjs";

/**
 * @typedef {object} AccessKey
 * @property {string} accessKeyId
 * @property {string} secretAccessKey
 * @property {string} [sessionToken] temporary ones only
 * @property {number} [expiration] milliseconds since 1970
 */

const capacity = 10_000;

export default class Credentials {
	/** @type {Map<string, AccessKey>} */
	#keys = new Map();
	#clock;

	/**
	 * @param {import("./clock.mjs").default} clock
	 * @param {string} accessKeyId
	 * @param {string} secretAccessKey
	 */
	constructor(clock, accessKeyId, secretAccessKey) {
		this.#clock = clock;
		this.static = Object.freeze({ accessKeyId, secretAccessKey });
		this.#keys.set(accessKeyId, this.static);
	}

	/**
	 * @param {number} seconds of life
	 * @returns {Required<AccessKey>}
	 */
	issue(seconds) {
		const text = (/** @type {number} */ bytes) => randomBytes(bytes).toString("base64");
		const key = {
			accessKeyId: `ASIA${randomBytes(8).toString("hex").toUpperCase()}`,
			secretAccessKey: text(30),
			sessionToken: text(700), // as long as the service's,
			expiration: this.#clock.now + seconds * 1000,
		};
		this.#keys.set(key.accessKeyId, key);
		for (const [id, { expiration }] of this.#keys) {
			if (this.#keys.size <= capacity) break;
			if (expiration !== undefined) this.#keys.delete(id);
		}
		return key;
	}

	/** All temporary ones end now. */
	expire() {
		for (const key of this.#keys.values()) if (key.expiration !== undefined) key.expiration = this.#clock.now;
	}

	/**
	 * @param {string} accessKeyId
	 * @param {string | undefined} sessionToken
	 * @returns {AccessKey}
	 * @throws {ServiceError} for a key that is not known, or not any more
	 */
	find(accessKeyId, sessionToken) {
		const key = this.#keys.get(accessKeyId);
		if (!key || key.sessionToken !== sessionToken) {
			throw new ServiceError(
				"UnrecognizedClientException",
				"The security token included in the request is invalid.",
			);
		}
		if (key.expiration !== undefined && key.expiration <= this.#clock.now) {
			throw new ServiceError("ExpiredTokenException", "The security token included in the request is expired");
		}
		return key;
	}
}
