// SPDX-License-Identifier: Apache-2.0
// Offers that come while there is no memory for them, of peers that do not come again when they are turned down.
import Timer from "timer";
import type WebRTCError from "webrtc/error";
import guard from "webrtc/error/guard";
import type { SignalingMessage } from "webrtc/signaling";

export type Offer = Extract<SignalingMessage, { sdp: string }>;

export interface WaitingOwner {
	/** Milliseconds that only grow. */
	now(): number;
	/**
	 * Gives an offer its session, or turns it down.
	 * @param isLast it waits no longer: it is turned down where there is no place
	 * @returns whether it did; false: there is no memory for it yet
	 */
	admit(offer: Offer, isLast: boolean): boolean;
	onException(error: WebRTCError): void;
}

interface Entry {
	offer: Offer;
	until: number;
}

const longest = 15_000; // ms that one waits: browsers' pages have more patience
const interval = 250; // ms between two looks at the memory
const maximumOffers = 4;
const maximumText = 24_576; // characters of them all

export default class WaitingOffers {
	#owner: WaitingOwner;
	#entries: Entry[] = [];
	#timer: Timer | undefined;

	constructor(owner: WaitingOwner) {
		this.#owner = owner;
	}

	/** Admits an offer at once, if none waits and there is memory; else keeps it. One that finds no room here waits no longer. */
	take(offer: Offer): void {
		const owner = this.#owner;
		this.forget(offer.peerId);
		if (!this.#entries.length && owner.admit(offer, false)) return;
		let text = offer.sdp.length;
		for (const { offer: other } of this.#entries) text += other.sdp.length;
		if (this.#entries.length >= maximumOffers || text > maximumText) owner.admit(offer, true);
		else {
			this.#entries.push({ offer, until: owner.now() + longest });
			this.#timer ??= Timer.repeat(
				guard(owner, () => this.next()),
				interval,
			);
		}
	}

	/** There may be memory: those that came first are admitted first. */
	next(): void {
		while (this.#entries.length) {
			const entry = this.#entries.shift()!;
			if (this.#owner.admit(entry.offer, this.#owner.now() >= entry.until)) continue;
			this.#entries.unshift(entry);
			return;
		}
		this.stop();
	}

	/** Who has gone, or has made another offer. */
	forget(peerId: string): void {
		const index = this.#entries.findIndex(({ offer }) => offer.peerId === peerId);
		if (index >= 0) this.#entries.splice(index, 1);
		if (!this.#entries.length) this.stop();
	}

	close(): void {
		this.#entries = [];
		this.stop();
	}

	private stop(): void {
		if (this.#timer !== undefined) Timer.clear(this.#timer);
		this.#timer = undefined;
	}
}
