// SPDX-License-Identifier: Apache-2.0
// The agent's own requests that wait for their responses (RFC 8489 section 6.2.1). A request's bytes are not kept: it is
// written again for each transmission.
import type Pair from "webrtc/ice/pair";
import { transactionIdSize, type StunCrypto, type StunReader } from "webrtc/ice/stun";
import type { IceTimeouts } from "webrtc/ice/types";

export type TransactionKind = "check" | "nomination" | "consent";

// RFC 8489 section 6.2.1, Rm: how many times the first interval to wait after the last transmission.
const lastWait = 16;
// A consent check is sent once (RFC 7675 section 5.1). An answer later than this means nothing.
const consentWait = 10_000;

export class Transaction {
	readonly id: Uint8Array;
	readonly pair: Pair;
	readonly kind: TransactionKind;
	/** The role that the request carries. */
	readonly controlling: boolean;
	readonly firstInterval: number;
	interval: number;
	sentAt: number;
	due: number;
	attempts = 1;
	readonly startedAt: number;
	boosted = false;
	/** To be written and sent. */
	pending = true;

	constructor(
		id: Uint8Array,
		pair: Pair,
		kind: TransactionKind,
		controlling: boolean,
		now: number,
		interval: number,
	) {
		this.id = id;
		this.pair = pair;
		this.kind = kind;
		this.controlling = controlling;
		this.firstInterval = this.interval = interval;
		this.startedAt = this.sentAt = now;
		this.due = now + (kind === "consent" ? consentWait : interval);
	}
}

export class Transactions {
	readonly list: Transaction[] = [];
	#crypto: StunCrypto;
	#timeouts: Readonly<IceTimeouts>;

	constructor(crypto: StunCrypto, timeouts: Readonly<IceTimeouts>) {
		this.#crypto = crypto;
		this.#timeouts = timeouts;
	}

	start(pair: Pair, kind: TransactionKind, controlling: boolean, now: number): Transaction {
		const id = new Uint8Array(this.#crypto.randomBytes(transactionIdSize));
		const transaction = new Transaction(id, pair, kind, controlling, now, this.firstInterval(pair));
		this.list.push(transaction);
		pair.requestsSent++;
		return transaction;
	}

	/** Twice the pair's round trip, or the initial one; more when many wait for answers (RFC 8445 section 14.3). */
	private firstInterval({ roundTrip }: Pair): number {
		const { initialRetransmission, minimumRetransmission, maximumRetransmission, pacing } = this.#timeouts;
		const interval =
			roundTrip < 0
				? initialRetransmission
				: Math.min(Math.max(2 * roundTrip, minimumRetransmission), maximumRetransmission);
		return Math.max(interval, pacing * this.list.length);
	}

	/** The one that a response answers. */
	find(message: StunReader): Transaction | undefined {
		for (const transaction of this.list) if (message.hasTransactionId(transaction.id)) return transaction;
		return undefined;
	}

	/** The check or nomination that is under way for a pair. */
	of(pair: Pair): Transaction | undefined {
		for (const transaction of this.list) {
			if (transaction.pair === pair && transaction.kind !== "consent") return transaction;
		}
		return undefined;
	}

	has(kind: TransactionKind): boolean {
		for (const transaction of this.list) if (transaction.kind === kind) return true;
		return false;
	}

	remove(transaction: Transaction): void {
		const index = this.list.indexOf(transaction);
		if (index >= 0) this.list.splice(index, 1);
	}

	/** Ends all but those that `stays`. */
	cancel(stays: (transaction: Transaction) => boolean): void {
		for (let i = this.list.length - 1; i >= 0; i--) {
			if (!stays(this.list[i] as Transaction)) this.list.splice(i, 1);
		}
	}

	/**
	 * An authentic request has come the other way, so the way is open now (RFC 8445 section 7.3.1.4): the own one, maybe
	 * dropped by the peer's NAT before, is sent again at once, in place of a new triggered check; unless it is so young
	 * that its answer may be under way. Further requests hasten it less.
	 */
	boost(transaction: Transaction, now: number): void {
		const wait = transaction.boosted ? transaction.firstInterval : this.#timeouts.pacing;
		transaction.boosted = true;
		transaction.due = Math.min(transaction.due, Math.max(now, transaction.sentAt + wait));
	}

	/** Sends again what is due. Returns one whose time is over, removed; call until there is none. */
	handleTimeout(now: number): Transaction | undefined {
		for (let i = 0; i < this.list.length; i++) {
			const transaction = this.list[i]!;
			if (transaction.due > now) continue;
			const left = this.#timeouts.transmissions - transaction.attempts;
			if (left <= 0 || transaction.kind === "consent") {
				this.remove(transaction);
				return transaction;
			}
			transaction.attempts++;
			transaction.due = now + this.nextInterval(transaction, left === 1);
			transaction.sentAt = now;
			transaction.pending = true;
			transaction.pair.requestsSent++;
		}
		return undefined;
	}

	/** Doubled each time (RFC 8489 section 6.2.1); but a peer that is known to be there is not left waiting for long. */
	private nextInterval(transaction: Transaction, last: boolean): number {
		const { firstInterval, pair } = transaction;
		transaction.interval *= 2;
		if (pair.remote.heard) {
			const longest = Math.max(firstInterval, this.#timeouts.maximumRetransmission);
			transaction.interval = Math.min(transaction.interval, longest);
			return transaction.interval;
		}
		return last ? lastWait * firstInterval : transaction.interval;
	}

	get deadline(): number {
		let deadline = Infinity;
		for (let i = 0; i < this.list.length; i++) deadline = Math.min(deadline, this.list[i]!.due);
		return deadline;
	}

	/** The oldest that is to be sent. */
	nextPending(): Transaction | undefined {
		for (let i = 0; i < this.list.length; i++) {
			const transaction = this.list[i]!;
			if (!transaction.pending) continue;
			transaction.pending = false;
			return transaction;
		}
		return undefined;
	}
}
