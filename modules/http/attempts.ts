// SPDX-License-Identifier: Apache-2.0
// How often secrets may be guessed: a few times from one address, somewhat more from all together. No I/O, no clock.

interface Record {
	/** Guesses left; grows with time up to `burst`. */
	left: number;
	/** ms */
	at: number;
}

const perAddress = Object.freeze({ burst: 5, seconds: 12 });
const inSum = Object.freeze({ burst: 40, seconds: 2 });
const maximumRecords = 32;
const maximumFriends = 8;

/**
 * Five wrong secrets from one address at once, then one every 12 s; 40 from all, then one every 2 s. An address that has
 * had the right one is not kept out by the guesses of others: that would be theirs to abuse.
 */
export default class Attempts {
	#records = new Map<string, Record>();
	#sum: Record = { left: inSum.burst, at: 0 };
	#friends: string[] = [];

	/** Seconds until another attempt is heard; 0: now. */
	wait(address: string, now: number): number {
		const own = this.#records.get(address);
		if (own) refill(own, now, perAddress);
		refill(this.#sum, now, inSum);
		if (own && own.left < 1) return secondsTo(own, perAddress);
		if (this.#sum.left < 1 && !this.#friends.includes(address)) return secondsTo(this.#sum, inSum);
		return 0;
	}

	/** The secret was wrong. */
	fail(address: string, now: number): void {
		const own = this.#records.get(address) ?? { left: perAddress.burst, at: now };
		refill(own, now, perAddress);
		refill(this.#sum, now, inSum);
		own.left = Math.max(0, own.left - 1);
		this.#sum.left = Math.max(0, this.#sum.left - 1);
		this.#records.delete(address); // the newest come last
		if (this.#records.size >= maximumRecords) this.forgetOldest();
		this.#records.set(address, own);
	}

	/** The secret was right. */
	succeed(address: string): void {
		if (this.#friends.includes(address)) return;
		this.#friends.push(address);
		if (this.#friends.length > maximumFriends) this.#friends.shift();
	}

	private forgetOldest(): void {
		for (const address of this.#records.keys()) {
			this.#records.delete(address);
			return;
		}
	}
}

function refill(record: Record, now: number, { burst, seconds }: { burst: number; seconds: number }): void {
	record.left = Math.min(burst, record.left + (now - record.at) / (seconds * 1000));
	record.at = now;
}

function secondsTo(record: Record, { seconds }: { seconds: number }): number {
	return Math.ceil((1 - record.left) * seconds);
}
