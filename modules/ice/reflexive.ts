// SPDX-License-Identifier: Apache-2.0
// Asks STUN servers how they see the local socket (RFC 8445 section 5.1.1.2), Sans-I/O: Binding requests without
// credentials, of which any number may be under way.
import * as stun from "webrtc/ice/stun";

export type ReflexiveEvent =
	| { type: "mapped"; key: string; address: string; port: number }
	/** `code` is the server's; 0: it has not answered. */
	| { type: "failed"; key: string; code: number };

interface Query {
	readonly id: Uint8Array;
	readonly key: string;
	readonly address: string;
	readonly port: number;
	readonly until: number;
	interval: number;
	due: number;
	pending: boolean;
}

export const maximumQueries = 16;
const retransmission = 250; // ms, doubled each time
const patience = 5_000; // a server that answers later is of no use to who waits for a description

export default class ReflexiveClient {
	readonly #crypto: stun.StunCrypto;
	readonly #reader = new stun.StunReader();
	readonly #writer = new stun.StunWriter(stun.stunHeaderSize + 8);
	readonly #events: ReflexiveEvent[] = [];
	#queries: Query[] = [];

	constructor(crypto: stun.StunCrypto) {
		this.#crypto = crypto;
	}

	/** Without effect when the key is being asked for; one too many fails. */
	ask(key: string, address: string, port: number, now: number): void {
		if (this.#queries.some((one) => one.key === key)) return;
		if (this.#queries.length >= maximumQueries) {
			this.#events.push({ type: "failed", key, code: 0 });
			return;
		}
		const id = new Uint8Array(this.#crypto.randomBytes(stun.transactionIdSize));
		const times = { until: now + patience, interval: retransmission, due: now + retransmission };
		this.#queries.push({ id, key, address, port, ...times, pending: true });
	}

	/** Takes an answer; `from` is where it came from. */
	handleMessage(data: Uint8Array, from: { readonly address: string; readonly port: number }): void {
		const reader = this.#reader;
		if (!reader.decode(data)) return;
		const query = this.#queries.find(({ id }) => reader.hasTransactionId(id));
		if (!query || query.port !== from.port || query.address !== from.address) return;
		const mapped = reader.mappedAddress ?? reader.plainAddress(stun.attributeMappedAddress);
		const { key } = query;
		if (reader.type === stun.bindingSuccess && mapped) this.#events.push({ type: "mapped", key, ...mapped });
		else if (reader.type === stun.bindingError) this.#events.push({ type: "failed", key, code: reader.errorCode });
		else return;
		this.#queries = this.#queries.filter((one) => one !== query);
	}

	handleTimeout(now: number): void {
		for (const query of this.#queries) {
			if (now >= query.until) this.#events.push({ type: "failed", key: query.key, code: 0 });
			else if (now >= query.due) {
				query.interval *= 2;
				query.due = Math.min(now + query.interval, query.until);
				query.pending = true;
			}
		}
		this.#queries = this.#queries.filter(({ until }) => now < until);
	}

	get deadline(): number {
		let deadline = Infinity;
		for (const { due, pending } of this.#queries) deadline = Math.min(deadline, pending ? 0 : due);
		return deadline;
	}

	pollEvent(): ReflexiveEvent | undefined {
		return this.#events.shift();
	}

	/** The next request, or undefined. It is valid until the next call. */
	pollTransmit(): { data: Uint8Array; address: string; port: number } | undefined {
		const query = this.#queries.find(({ pending }) => pending);
		if (!query) return undefined;
		query.pending = false;
		this.#writer.begin(stun.bindingRequest, query.id);
		this.#writer.fingerprint(this.#crypto);
		return { data: this.#writer.end(), address: query.address, port: query.port };
	}
}
