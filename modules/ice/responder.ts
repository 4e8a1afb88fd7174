// SPDX-License-Identifier: Apache-2.0
// Answers the local network's questions for names that stand in candidates in place of this host's addresses (RFC 8828
// section 4, draft-ietf-mmusic-mdns-ice-candidates section 3.1; RFC 6762). Sans-I/O. A name is random, so that nobody is
// asked whether it is taken.
import { addressBytes, familyOf } from "webrtc/ice/address";
import { mdnsGroup } from "webrtc/ice/mdns";
import {
	classIn,
	encodeName,
	headerSize,
	maximumQuestions,
	maximumRecords,
	readName,
	skipName,
	topBit,
	typeA,
	typeAAAA,
	uint16,
	uint32,
} from "webrtc/ice/mdnsmessage";

/** What is to be sent, and where to. */
export interface MdnsTransmit {
	readonly data: Uint8Array;
	readonly address: string;
	readonly port: number;
}

/** What was dropped, and why. */
export interface ResponderCounters {
	/** No well-formed question. */
	malformed: number;
	/** Answers beyond the rate, or that wait already. */
	overflow: number;
}

interface Name {
	readonly name: string;
	readonly address: string;
	readonly data: Uint8Array; // the address
	users: number;
	/** How often it is still to be told of unasked, and when (section 8.3). */
	announcements: number;
	announceAt: number;
	/** When all have been told. */
	toldAt: number;
	/** Somebody has. */
	isTold: boolean;
}

/** Where questions come from. */
interface Asker {
	readonly address: string;
	readonly port: number;
}

/** Addresses that have names at once. */
export const maximumPublished = 16;
const life = 120; // seconds, of a host's name: section 10
const lifeForLegacy = 10; // seconds: section 6.7
const announcements = 2;
const announceEvery = 1000; // ms
const tellEvery = 1000; // ms between two answers to all for one name: section 6
const rate = 20; // answers a second, and as many at once
const maximumOut = 8;
const maximumAnswers = 8; // of one message
const typeNsec = 47;
const any = 255;

export default class MdnsResponder {
	readonly counters: ResponderCounters = { malformed: 0, overflow: 0 };
	readonly #random: (size: number) => ArrayBuffer;
	#names: Name[] = [];
	#out: MdnsTransmit[] = [];
	#tokens = rate;
	#tokensAt = 0;

	/** @param random gives random bytes */
	constructor(random: (size: number) => ArrayBuffer) {
		this.#random = random;
	}

	/** Whether there is a name, or a goodbye to be sent. */
	get isBusy(): boolean {
		return this.#names.length > 0 || this.#out.length > 0;
	}

	/**
	 * The name of an address, for one user more. All who use it have the same.
	 * @returns undefined when there are too many
	 */
	publish(address: string, now: number): string | undefined {
		const known = this.#names.find((one) => one.address === address);
		if (known) {
			known.users++;
			return known.name;
		}
		const data = addressBytes(address);
		if (!data || this.#names.length >= maximumPublished) return undefined;
		const name = `${uuid(new Uint8Array(this.#random(16)))}.local`;
		// Not at once: for a second after that no question of all could be answered, and there is one under way.
		const times = { announcements, announceAt: now + announceEvery, toldAt: -Infinity, isTold: false };
		this.#names.push({ name, address, data, users: 1, ...times });
		return name;
	}

	/** For one user less; after the last one the network is told that the name is gone (section 10.1). */
	withdraw(address: string): void {
		const known = this.#names.find((one) => one.address === address);
		if (!known || --known.users > 0) return;
		this.#names = this.#names.filter((one) => one !== known);
		if (known.isTold) this.send(write([known], 0), mdnsGroup);
	}

	/** Takes a message that came to port 5353, if it is a question. */
	handleMessage(data: Uint8Array, from: Asker, now: number): void {
		const asked = this.#names.length ? this.read(data) : none;
		if (!asked) this.counters.malformed++;
		if (!asked?.names.length) return;
		if (from.port !== mdnsGroup.port) {
			const echo = { id: uint16(data, 0), name: asked.names[0]!.name, type: asked.type };
			this.answer(asked.names, write(asked.names, lifeForLegacy, echo), from, now);
		} else if (asked.isForOne) this.answer(asked.names, write(asked.names, life), from, now);
		else {
			const due = asked.names.filter(({ toldAt }) => now - toldAt >= tellEvery);
			if (due.length && this.answer(due, write(due, life), mdnsGroup, now))
				for (const one of due) one.toldAt = now;
		}
	}

	/** @returns the names that are asked for, and that the asker does not know; undefined for what is no question */
	private read(data: Uint8Array): { names: Name[]; type: number; isForOne: boolean } | undefined {
		if (data.length < headerSize || (uint16(data, 2) & 0xf800) !== 0) return undefined;
		const [questions, records] = [uint16(data, 4), uint16(data, 6)];
		if (questions > maximumQuestions || records > maximumRecords) return undefined;
		const asked: Name[] = [];
		let at = headerSize;
		let isForOne = questions > 0;
		let first = 0;
		for (let i = 0; i < questions; i++) {
			const start = at;
			at = skipName(data, at) + 4;
			if (at > data.length) return undefined;
			const [type, kind] = [uint16(data, at - 4), uint16(data, at - 2)];
			if ((kind & ~topBit) !== classIn && (kind & ~topBit) !== any) continue;
			if (type !== typeA && type !== typeAAAA && type !== any) continue;
			const name = readName(data, start);
			const known = this.#names.find((one) => one.name === name);
			if (!known) continue;
			isForOne &&= (kind & topBit) !== 0;
			first ||= type;
			if (!asked.includes(known) && asked.length < maximumAnswers) asked.push(known);
		}
		const names = asked.length ? this.withoutKnown(asked, data, at, records) : asked;
		return names && { names, type: first, isForOne };
	}

	/** Section 7.1: what the question tells as known, with at least half of its life left, is not told again. */
	private withoutKnown(asked: Name[], data: Uint8Array, at: number, records: number): Name[] | undefined {
		let left = asked;
		for (let i = 0; i < records; i++) {
			const start = at;
			at = skipName(data, at) + 10;
			if (at > data.length) return undefined;
			const size = uint16(data, at - 2);
			if (at + size > data.length) return undefined;
			const [type, seconds, place] = [uint16(data, at - 10), uint32(data, at - 6), at];
			at += size;
			if (seconds < life / 2) continue;
			const name = readName(data, start);
			const isSame = (one: Name) =>
				one.name === name &&
				typeOf(one) === type &&
				one.data.length === size &&
				one.data.every((byte, j) => byte === data[place + j]);
			left = left.filter((one) => !isSame(one));
		}
		return left;
	}

	private answer(names: readonly Name[], data: Uint8Array, to: Asker, now: number): boolean {
		this.#tokens = Math.min(rate, this.#tokens + ((now - this.#tokensAt) * rate) / 1000);
		this.#tokensAt = now;
		if (this.#tokens < 1) {
			this.counters.overflow++;
			return false;
		}
		this.#tokens--;
		for (const one of names) one.isTold = true;
		return this.send(data, to);
	}

	private send(data: Uint8Array, { address, port }: Asker): boolean {
		if (this.#out.length >= maximumOut) {
			this.counters.overflow++;
			return false;
		}
		this.#out.push({ data, address, port });
		return true;
	}

	/** Tells of names that nobody has asked for yet. */
	handleTimeout(now: number): void {
		const due = this.#names
			.filter((one) => one.announcements > 0 && now >= one.announceAt)
			.slice(0, maximumAnswers);
		if (!due.length || !this.send(write(due, life), mdnsGroup)) return;
		for (const one of due) {
			one.announcements--;
			one.announceAt = now + announceEvery;
			one.toldAt = now;
			one.isTold = true;
		}
	}

	get deadline(): number {
		let deadline = Infinity;
		for (const { announcements: left, announceAt } of this.#names)
			if (left > 0) deadline = Math.min(deadline, announceAt);
		return deadline;
	}

	/** What is to be sent from port 5353; undefined: nothing. */
	pollTransmit(): MdnsTransmit | undefined {
		return this.#out.shift();
	}

	/** All names go. */
	close(): void {
		const told = this.#names.filter(({ isTold }) => isTold);
		this.#names = [];
		for (let i = 0; i < told.length; i += maximumAnswers)
			this.send(write(told.slice(i, i + maximumAnswers), 0), mdnsGroup);
	}
}

const none = Object.freeze({ names: [] as readonly Name[], type: 0, isForOne: false });

function typeOf({ data }: Name): number {
	return data.length === 4 ? typeA : typeAAAA;
}

/** RFC 9562 section 5.4. */
function uuid(bytes: Uint8Array): string {
	bytes[6] = (bytes[6]! & 0x0f) | 0x40;
	bytes[8] = (bytes[8]! & 0x3f) | 0x80;
	let text = "";
	for (let i = 0; i < 16; i++) {
		if (i === 4 || i === 6 || i === 8 || i === 10) text += "-";
		text += bytes[i]!.toString(16).padStart(2, "0");
	}
	return text;
}

/**
 * A response.
 * @param seconds that the records live; 0: they are gone
 * @param echo of a question by a resolver that knows of DNS alone (section 6.7): it is repeated, and records are as its are
 */
function write(names: readonly Name[], seconds: number, echo?: { id: number; name: string; type: number }): Uint8Array {
	const bytes: number[] = [];
	const put16 = (...values: number[]) => {
		for (const value of values) bytes.push(value >> 8, value & 255);
	};
	const kind = echo ? classIn : classIn | topBit;
	const denied = seconds ? names : []; // that there is an address of the other kind: section 6.1
	put16(echo?.id ?? 0, 0x8400, echo ? 1 : 0, names.length, 0, denied.length);
	if (echo) {
		bytes.push(...encodeName(echo.name));
		put16(echo.type, classIn);
	}
	const places: number[] = [];
	for (const one of names) {
		places.push(bytes.length);
		bytes.push(...encodeName(one.name));
		put16(typeOf(one), kind, 0, seconds, one.data.length);
		bytes.push(...one.data);
	}
	denied.forEach((one, i) => {
		const pointer = 0xc000 | places[i]!;
		const map = familyOf(one.address) === 4 ? [0x40] : [0, 0, 0, 0x08];
		put16(pointer, typeNsec, kind, 0, seconds, 4 + map.length, pointer);
		bytes.push(0, map.length, ...map);
	});
	return Uint8Array.from(bytes);
}
