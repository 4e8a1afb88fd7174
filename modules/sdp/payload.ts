// SPDX-License-Identifier: Apache-2.0
// The codecs of one section, while its lines come in: rtpmap, fmtp, rtcp-fb. It spares the heap: an offer has dozens of
// codecs, and most of them have the same feedback.
import { head, integer, intern, limits, malformed, tail, token } from "webrtc/sdp/text";
import type { Codec } from "webrtc/sdp/types";

const codecNames: readonly string[] = Object.freeze([
	..."H264 H265 VP8 VP9 AV1 rtx red ulpfec flexfec-03 opus PCMU PCMA G722 CN telephone-event".split(" "),
]);
// The kinds of feedback that are kept; others would be dropped when answering anyway.
const feedbackKinds: readonly string[] = Object.freeze([
	...["goog-remb", "transport-cc", "nack", "nack pli", "ccm fir", "ccm tmmbr"],
]);
/** Those that this SDK has, in lower case; then those that another side may prefer to them. */
const ownNames: readonly string[] = Object.freeze(["h264", "opus", "pcmu", "pcma"]);
const videoNames: readonly string[] = Object.freeze(["rtx", "VP8", "VP9", "AV1", "H265"]);
const noFeedback: readonly string[] = Object.freeze([]);
const maximumPayloadType = 127;
const maximumClockRate = 1_000_000;

/** Sets of feedback, each of which is one array however many codecs have it. A set is bits, by place in `feedbackKinds`. */
export class FeedbackSets {
	readonly #bits: number[] = [];
	readonly #sets: (readonly string[])[] = [];

	get(bits: number): readonly string[] {
		if (bits === 0) return noFeedback;
		let index = this.#bits.indexOf(bits);
		if (index < 0) {
			index = this.#bits.push(bits) - 1;
			this.#sets.push(feedbackKinds.filter((_, place) => bits & (1 << place)));
		}
		return this.#sets[index]!;
	}
}

/** What is kept where not everything can be: the higher, the longer. */
const enum Rank {
	none,
	known,
	own,
}

interface Entry {
	readonly payloadType: number;
	rank: Rank;
	name: string;
	clockRate: number;
	channels: number;
	parameters: string;
	feedback: number; // bits
}

export class CodecReader {
	readonly #types: readonly number[];
	/** The most codecs that are kept. */
	room: number;
	readonly #entries: Entry[] = [];
	#feedbackForAll = 0;
	#last: Entry | undefined;

	/**
	 * @param payloadTypes in order; lines of others are ignored
	 * @param room the most codecs that are kept; it may become less
	 */
	constructor(payloadTypes: readonly number[], room: number) {
		this.#types = payloadTypes;
		this.room = room;
	}

	/** Those that are there so far. */
	get size(): number {
		return this.#entries.length;
	}

	/** `a=rtpmap` (RFC 8866 section 6.6): "111 opus/48000/2". */
	rtpmap(value: string, line: number): void {
		const encoding = tail(value, " ").trim();
		const name = intern(codecNames, token(head(encoding, "/"), line, "the name of the codec"));
		const entry = this.#find(value, line, rankOf(name));
		if (entry) setEncoding(entry, name, tail(encoding, "/"), line);
	}

	/** `a=fmtp` (RFC 8866 section 6.15). */
	fmtp(value: string, line: number): void {
		const entry = this.#find(value, line, Rank.none);
		const parameters = tail(value, " ").trim();
		if (entry && parameters.length <= limits.parameters) entry.parameters = parameters;
	}

	/** `a=rtcp-fb` (RFC 4585 section 4.2). */
	feedback(value: string, line: number): void {
		const place = feedbackKinds.indexOf(tail(value, " ").trim());
		if (place < 0) return;
		if (value.startsWith("* ")) this.#feedbackForAll |= 1 << place;
		else {
			const entry = this.#find(value, line, Rank.none);
			if (entry) entry.feedback |= 1 << place;
		}
	}

	/**
	 * The codecs of which the name is known, in the order of their types.
	 *
	 * @param hasStatic whether PCMU and PCMA go by their static payload types (RFC 3551 section 6)
	 */
	finish(sets: FeedbackSets, hasStatic: boolean): Codec[] {
		if (hasStatic) {
			this.#addStatic(0, "PCMU");
			this.#addStatic(8, "PCMA");
		}
		const codecs: Codec[] = [];
		for (const payloadType of this.#types) {
			const entry = this.#entries.find((known) => known.payloadType === payloadType);
			if (!entry || entry.name === "") continue;
			const { name, clockRate, channels, parameters } = entry;
			const feedback = sets.get(entry.feedback | this.#feedbackForAll);
			codecs.push({ payloadType, name, clockRate, channels, parameters, feedback });
		}
		return codecs;
	}

	#addStatic(payloadType: number, name: string): void {
		const entry = this.#types.includes(payloadType) ? this.#entry(payloadType, Rank.own) : undefined;
		if (entry?.name === "") setEncoding(entry, name, "8000", 0);
	}

	/** The entry that a line speaks of; undefined where the section does not have that type, or there is no room. */
	#find(value: string, line: number, rank: Rank): Entry | undefined {
		const payloadType = integer(head(value, " "), maximumPayloadType, line, "the payload type");
		// Lines of one codec usually follow one another.
		if (this.#last?.payloadType === payloadType && this.#last.rank >= rank) return this.#last;
		if (!this.#types.includes(payloadType)) return undefined;
		return (this.#last = this.#entry(payloadType, rank));
	}

	#entry(payloadType: number, rank: Rank): Entry | undefined {
		const entries = this.#entries;
		const known = entries.find((entry) => entry.payloadType === payloadType);
		if (known) {
			known.rank = Math.max(known.rank, rank);
			return known;
		}
		const entry = { payloadType, rank, name: "", clockRate: 0, channels: 1, parameters: "", feedback: 0 };
		if (entries.length < this.room) entries.push(entry);
		else {
			let lesser = entries.length - 1;
			while (lesser >= 0 && entries[lesser]!.rank >= rank) lesser--;
			if (lesser < 0) return undefined;
			entries[lesser] = entry;
		}
		return entry;
	}
}

function rankOf(name: string): Rank {
	if (ownNames.includes(name.toLowerCase())) return Rank.own;
	return videoNames.includes(name) ? Rank.known : Rank.none;
}

/** `rate`: "48000/2" of "opus/48000/2". */
function setEncoding(entry: Entry, name: string, rate: string, line: number): void {
	const clockRate = integer(head(rate, "/"), maximumClockRate, line, "the clock rate");
	const channels = rate.includes("/") ? integer(tail(rate, "/"), 255, line, "the number of channels") : 1;
	if (clockRate === 0 || channels === 0) malformed(line, "the codec is not name/rate/channels");
	entry.name = name;
	entry.clockRate = clockRate;
	entry.channels = channels;
}
