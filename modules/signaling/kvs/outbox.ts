// SPDX-License-Identifier: Apache-2.0
// Messages on their way out: kept within bounds while there is no connection, sent no faster than the service allows, and
// kept on until the service has shown a sign of life, so that those can be repeated that a dead connection has swallowed;
// and a little longer, for the service may have failed to pass them on.

export interface Letter {
	text: string;
	kind: "description" | "candidate";
	peerId: string;
	correlationId: string;
	/** When it is of no more use. */
	expires: number;
	/** It must not be written before. */
	from: number;
	/** How often the service has failed to pass it on. */
	failures: number;
	/** The connection that it was written to. */
	link: number;
	/** The last ping that was sent before it was written; the next one's answer confirms it. Infinity: it is not yet. */
	ping: number;
	/** It has arrived; what remains is that the service fails to pass it on. */
	confirmed: boolean;
}

// The service takes 5 descriptions and 20 candidates a second on a connection.
const limits = Object.freeze({ description: 5, candidate: 20 });
const second = 1000; // ms
const refusalTime = 5_000; // ms that a refusal may come after a message has arrived
const maximumFailures = 2;
const maximumLetters = 64;
const maximumSize = 65_536; // characters of those that wait and those that are kept
// Of what has arrived and might be refused as yet: viewers that come together must not leave a board without memory for it.
const maximumConfirmed = 4;
const maximumConfirmedSize = 12_288; // characters
const maximumCorrelations = 16;

export default class Outbox {
	#waiting: Letter[] = [];
	#sent: Letter[] = [];
	#lifetime: number;
	/** When the last ones were sent, as many as the limit. */
	#times: Record<Letter["kind"], number[]> = { description: [], candidate: [] };
	#correlations = new Map<string, string>();
	#size = 0;

	/** @param lifetime milliseconds that a message may wait */
	constructor(lifetime: number) {
		this.#lifetime = lifetime;
	}

	/** Messages that wait, or that may have to be repeated. */
	get length(): number {
		return this.#waiting.length + this.#sent.length;
	}

	/** @returns how many others were dropped for it */
	add(text: string, kind: Letter["kind"], peerId: string, correlationId: string, now: number): number {
		this.#waiting.push({
			text,
			kind,
			peerId,
			correlationId,
			expires: now + this.#lifetime,
			from: 0,
			failures: 0,
			link: 0,
			ping: Infinity,
			confirmed: false,
		});
		this.#size += text.length;
		this.#correlations.set(correlationId, peerId);
		if (this.#correlations.size > maximumCorrelations)
			this.#correlations.delete(this.#correlations.keys().next().value!);
		return this.shrink();
	}

	/** The peer that a message of ours was for. */
	peerOf(correlationId: string): string | undefined {
		return this.#correlations.get(correlationId);
	}

	/** Drops what has waited too long. @returns how many */
	expire(now: number): number {
		const before = this.#waiting.length;
		this.#waiting = this.#waiting.filter((letter) => letter.expires > now || !this.forget(letter));
		const dropped = before - this.#waiting.length;
		this.#sent = this.#sent.filter((letter) => letter.expires > now || !this.forget(letter));
		return dropped;
	}

	/** The next to be written now, if the pace allows it. */
	take(link: number, now: number): Letter | undefined {
		if (this.deadline > now) return undefined;
		const letter = this.#waiting.shift()!;
		const times = this.#times[letter.kind];
		times.push(now);
		if (times.length > limits[letter.kind]) times.shift();
		letter.link = link;
		letter.ping = Infinity;
		this.#sent.push(letter);
		return letter;
	}

	/** The last one has left. @returns whether it is time to ask if it has arrived: a description, or the last of some */
	written(link: number, ping: number): boolean {
		const letter = this.#sent.find((one) => one.link === link && one.ping === Infinity);
		if (!letter) return false;
		letter.ping = ping;
		return letter.kind === "description" || !this.#waiting.length;
	}

	/** When the next may be taken; Infinity when there is none. */
	get deadline(): number {
		const next = this.#waiting[0];
		if (!next) return Infinity;
		const times = this.#times[next.kind];
		return Math.max(next.from, times.length < limits[next.kind] ? 0 : times[0]! + second);
	}

	/** When the next one expires. */
	get expiry(): number {
		return Math.min(this.#waiting[0]?.expires ?? Infinity, this.#sent[0]?.expires ?? Infinity);
	}

	/** A ping was answered: what was written before it has arrived. */
	confirm(link: number, ping: number, now: number): void {
		for (const letter of this.#sent) {
			if (letter.link !== link || letter.ping >= ping || letter.confirmed) continue;
			letter.confirmed = true;
			letter.expires = now + refusalTime;
		}
		this.shed();
	}

	/** Of what has arrived the latest stay. */
	private shed(): void {
		let count = 0;
		let size = 0;
		for (let i = this.#sent.length - 1; i >= 0; i--) {
			const letter = this.#sent[i]!;
			if (!letter.confirmed) continue;
			count++;
			size += letter.text.length;
			if (count > maximumConfirmed || size > maximumConfirmedSize) this.forget(this.#sent.splice(i, 1)[0]!);
		}
	}

	/** A connection has ended: what is not confirmed goes to the next. @returns how many */
	requeue(link: number): number {
		const isLost = (letter: Letter) => letter.link === link && !letter.confirmed;
		const again = this.#sent.filter(isLost);
		this.#sent = this.#sent.filter((letter) => !isLost(letter));
		this.#waiting.unshift(...again);
		return again.length;
	}

	/** The service could not pass a message on: it goes again, after a while. @returns whether it does */
	retry(correlationId: string, now: number): boolean {
		const letter = this.#sent.find((one) => one.correlationId === correlationId);
		if (!letter || letter.failures >= maximumFailures) return false;
		this.#sent = this.#sent.filter((one) => one !== letter);
		letter.from = now + ++letter.failures * second;
		letter.expires = now + this.#lifetime;
		letter.confirmed = false;
		this.#waiting.unshift(letter);
		return true;
	}

	/** Candidates go first, then what is oldest; what is sent before what is not. */
	private shrink(): number {
		let dropped = 0;
		while (this.length > maximumLetters || this.#size > maximumSize) {
			if (this.#sent.length) {
				this.forget(this.#sent.shift()!);
				continue;
			}
			const candidate = this.#waiting.findIndex(({ kind }) => kind === "candidate");
			this.forget(this.#waiting.splice(Math.max(0, candidate), 1)[0]!);
			dropped++;
		}
		return dropped;
	}

	private forget(letter: Letter): true {
		this.#size -= letter.text.length;
		return true;
	}
}
