// SPDX-License-Identifier: Apache-2.0
// Asks the local network for the addresses of names that end in ".local" (RFC 6762), as browsers have them in place of their
// own (RFC 8828 section 4). Sans-I/O, and asking only: from a port of its own, so that the answer comes to that port
// alone (section 6.7), and nobody has to join the group.
import { formatAddress } from "webrtc/ice/address";
import {
	classIn,
	encodeName,
	headerSize,
	longestLabel,
	longestName,
	maximumQuestions,
	maximumRecords,
	readName,
	skipName,
	typeA,
	typeAAAA,
	uint16,
	uint32,
} from "webrtc/ice/mdnsmessage";

/** Where queries go. */
export const mdnsGroup = Object.freeze({ address: "224.0.0.251", port: 5353 });

/** A name's address, or that nobody has said one in time. */
export type MdnsEvent =
	{ type: "resolved"; name: string; addresses: readonly string[] } | { type: "failed"; name: string };

/** What was dropped, and why. */
export interface MdnsCounters {
	/** No well-formed response. */
	malformed: number;
	/** Names that nobody here has asked for. */
	unasked: number;
	/** Names that there was no room for. */
	overflow: number;
}

interface Query {
	readonly name: string;
	readonly since: number;
	sent: number;
	pending: boolean;
}

interface Known {
	readonly name: string;
	readonly addresses: readonly string[];
	readonly until: number;
}

/** Names that are asked for at once. */
export const maximumNames = 16;
const maximumKnown = 16;
const maximumAddresses = 4; // of a name
const times = Object.freeze([0, 1000, 3000]); // ms: section 5.2
const patience = 5000;
const longestLife = 120_000; // ms for which an answer is used again: section 10

export default class MdnsResolver {
	readonly counters: MdnsCounters = { malformed: 0, unasked: 0, overflow: 0 };
	readonly #random: (size: number) => ArrayBuffer;
	readonly #events: MdnsEvent[] = [];
	#queries: Query[] = [];
	#known: Known[] = [];

	/** @param random gives random bytes */
	constructor(random: (size: number) => ArrayBuffer) {
		this.#random = random;
	}

	/** Whether anything is asked for. */
	get isBusy(): boolean {
		return this.#queries.length > 0;
	}

	/** An event follows for each name, or at once for one that is known or that there is no room for. */
	ask(name: string, now: number): void {
		const wanted = name.toLowerCase();
		const known = this.#known.find((one) => one.name === wanted && now < one.until);
		if (known) this.#events.push({ type: "resolved", name: wanted, addresses: known.addresses });
		else if (!this.#queries.some((one) => one.name === wanted)) this.begin(wanted, now);
	}

	/** The others are not asked for any more, and no event follows for them. */
	retain(isWanted: (name: string) => boolean): void {
		this.#queries = this.#queries.filter(({ name }) => isWanted(name));
	}

	private begin(name: string, now: number): void {
		if (this.#queries.length >= maximumNames || !isName(name)) {
			this.counters.overflow++;
			this.#events.push({ type: "failed", name });
			return;
		}
		this.#queries.push({ name, since: now, sent: 0, pending: true });
	}

	/** Takes what came to the port that queries leave from. @param port the sender's */
	handleMessage(data: Uint8Array, port: number, now: number): void {
		const found = port === mdnsGroup.port ? readAnswers(data) : undefined;
		if (!found) {
			this.counters.malformed++;
			return;
		}
		for (const [name, { addresses, life }] of found) this.take(name, addresses, life, now);
	}

	private take(name: string, addresses: readonly string[], life: number, now: number): void {
		if (!this.#queries.some((one) => one.name === name)) {
			this.counters.unasked++;
			return;
		}
		this.#queries = this.#queries.filter((one) => one.name !== name);
		if (this.#known.length >= maximumKnown) this.#known.shift();
		this.#known.push({ name, addresses, until: now + Math.min(life, longestLife) });
		this.#events.push({ type: "resolved", name, addresses });
	}

	handleTimeout(now: number): void {
		for (const query of this.#queries) {
			if (now >= query.since + patience) this.#events.push({ type: "failed", name: query.name });
			else if (now >= query.since + (times[query.sent] ?? Infinity)) query.pending = true;
		}
		this.#queries = this.#queries.filter(({ since }) => now < since + patience);
	}

	get deadline(): number {
		let deadline = Infinity;
		for (const { since, sent, pending } of this.#queries)
			deadline = Math.min(deadline, pending ? 0 : since + (times[sent] ?? patience));
		return deadline;
	}

	pollEvent(): MdnsEvent | undefined {
		return this.#events.shift();
	}

	/** The next query, to go to `mdnsGroup`; undefined: there is none. */
	pollTransmit(): Uint8Array | undefined {
		const query = this.#queries.find(({ pending }) => pending);
		if (!query) return undefined;
		query.pending = false;
		query.sent++;
		return writeQuery(query.name, new Uint8Array(this.#random(2)));
	}
}

function isName(name: string): boolean {
	const labels = name.split(".", 129);
	return name.length < longestName - 1 && labels.every(({ length }) => length > 0 && length <= longestLabel);
}

/** Asks for both kinds of address; the answer may come to this port alone (section 5.4). */
function writeQuery(name: string, id: Uint8Array): Uint8Array {
	const encoded = encodeName(name);
	const data = new Uint8Array(headerSize + encoded.length + 4 + 6);
	data.set(id);
	data[5] = 2; // questions
	data.set(encoded, headerSize);
	data.set([0, typeA, 0x80, classIn, 0xc0, headerSize, 0, typeAAAA, 0x80, classIn], headerSize + encoded.length);
	return data;
}

type Answers = Map<string, { addresses: string[]; life: number }>;

/** @returns undefined for what is no response, or goes on behind its end */
function readAnswers(data: Uint8Array): Answers | undefined {
	if (data.length < headerSize || (uint16(data, 2) & 0xf80f) !== 0x8000) return undefined;
	const questions = uint16(data, 4);
	const records = uint16(data, 6) + uint16(data, 8) + uint16(data, 10);
	if (questions > maximumQuestions || records > maximumRecords) return undefined;
	const found: Answers = new Map();
	let at = headerSize;
	for (let i = 0; i < questions; i++) {
		at = skipName(data, at) + 4;
		if (at > data.length) return undefined;
	}
	for (let i = 0; i < records; i++) {
		const start = at;
		at = skipName(data, at) + 10;
		if (at > data.length) return undefined;
		const [type, life, size] = [uint16(data, at - 10), uint32(data, at - 6), uint16(data, at - 2)];
		if (at + size > data.length) return undefined;
		const isAddress = (type === typeA && size === 4) || (type === typeAAAA && size === 16);
		if (isAddress && (uint16(data, at - 8) & 0x7fff) === classIn && life > 0)
			add(found, data, start, at, size, life);
		at += size;
	}
	return found;
}

function add(found: Answers, data: Uint8Array, start: number, at: number, size: number, seconds: number): void {
	const name = readName(data, start);
	if (name === undefined) return;
	const life = seconds * 1000;
	const one = found.get(name) ?? { addresses: [], life };
	if (one.addresses.length < maximumAddresses) one.addresses.push(formatAddress(data, at, size));
	one.life = Math.min(one.life, life);
	found.set(name, one);
}
