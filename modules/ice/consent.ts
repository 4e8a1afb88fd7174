// SPDX-License-Identifier: Apache-2.0
// Consent freshness of the selected pair (RFC 7675), and whether the peer seems to be there.
import type { StunCrypto } from "webrtc/ice/stun";
import type { IceTimeouts } from "webrtc/ice/types";

export default class Consent {
	#crypto: StunCrypto;
	#timeouts: Readonly<IceTimeouts>;
	#answeredAt = 0;
	#heardAt = 0;
	/** When the next check is due; Infinity: there is no selected pair. */
	nextCheck = Infinity;

	constructor(crypto: StunCrypto, timeouts: Readonly<IceTimeouts>) {
		this.#crypto = crypto;
		this.#timeouts = timeouts;
	}

	/** A pair is selected; its own check was the first consent. */
	start(now: number): void {
		this.#answeredAt = this.#heardAt = now;
		this.checked(now);
	}

	stop(): void {
		this.nextCheck = Infinity;
	}

	/** A check is sent: the next follows after 0.8 to 1.2 periods (RFC 7675 section 5.1). */
	checked(now: number): void {
		const random = (new Uint8Array(this.#crypto.randomBytes(1))[0] as number) / 255;
		this.nextCheck = now + Math.round(this.#timeouts.consentInterval * (0.8 + 0.4 * random));
	}

	/** A valid response. */
	answered(now: number): void {
		this.#answeredAt = this.#heardAt = now;
	}

	/** An authentic request on the selected pair. */
	heard(now: number): void {
		this.#heardAt = now;
	}

	/** When consent ends. */
	get expiry(): number {
		return this.#answeredAt + this.#timeouts.consentExpiry;
	}

	/**
	 * When the peer counts as away. One lost check is not enough while requests come from there, as they show that one
	 * direction works; two are.
	 */
	get silence(): number {
		const { disconnected } = this.#timeouts;
		return Math.max(
			this.#answeredAt + disconnected,
			Math.min(this.#heardAt + disconnected, this.#answeredAt + 2 * disconnected),
		);
	}
}
