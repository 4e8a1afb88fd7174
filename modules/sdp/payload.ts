// SPDX-License-Identifier: Apache-2.0
// The codecs of one section, while its lines come in: rtpmap, fmtp, rtcp-fb. It spares the heap: an offer has dozens of
// codecs, and most of them have the same feedback.
import { canonicalName, recordOf } from "webrtc/codec";
import { head, integer, limits, malformed, tail, token } from "webrtc/sdp/text";
import type { Codec } from "webrtc/sdp/types";

// The kinds of feedback that are kept; others would be dropped when answering anyway.
const feedbackKinds: readonly string[] = Object.freeze([
	...["goog-remb", "transport-cc", "nack", "nack pli", "ccm fir", "ccm tmmbr"],
]);
/** Those that another side may prefer to what this SDK has. */
const videoNames: readonly string[] = Object.freeze(["rtx", "VP9", "AV1"]);
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

export class CodecReader {
	readonly #types: readonly number[];
	/** The most codecs that are kept. */
	room: number;
	readonly #codecs: Codec[] = [];
	// Of each codec; numbers in arrays of their own cost no slots, and are found at once.
	readonly #kept: number[] = [];
	readonly #ranks: Rank[] = [];
	readonly #feedback: number[] = [];
	#feedbackForAll = 0;
	#last = -1;
	#lastText = ""; // its payload type

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
		return this.#codecs.length;
	}

	/** `a=rtpmap` (RFC 8866 section 6.6): "111 opus/48000/2". */
	rtpmap(value: string, line: number): void {
		const encoding = tail(value, " ").trim();
		const name = canonicalName(token(head(encoding, "/"), line, "the name of the codec"));
		const codec = this.#codecs[this.find(value, line, rankOf(name))];
		if (codec) setEncoding(codec, name, tail(encoding, "/"), line);
	}

	/** `a=fmtp` (RFC 8866 section 6.15). */
	fmtp(value: string, line: number): void {
		const codec = this.#codecs[this.find(value, line, Rank.none)];
		const parameters = tail(value, " ").trim();
		if (codec && parameters.length <= limits.parameters) codec.parameters = parameters;
	}

	/** `a=rtcp-fb` (RFC 4585 section 4.2). */
	feedback(value: string, line: number): void {
		const kind = tail(value, " ");
		let place = feedbackKinds.indexOf(kind);
		if (place < 0) place = feedbackKinds.indexOf(kind.trim());
		if (place < 0) return;
		const isForAll = value.startsWith("* ");
		const index = isForAll ? -1 : this.find(value, line, Rank.none);
		if (isForAll) this.#feedbackForAll |= 1 << place;
		else if (index >= 0) this.#feedback[index]! |= 1 << place;
	}

	/**
	 * The codecs of which the name is known, in the order of their types.
	 *
	 * @param hasStatic whether PCMU and PCMA go by their static payload types (RFC 3551 section 6)
	 */
	finish(sets: FeedbackSets, hasStatic: boolean): Codec[] {
		if (hasStatic) {
			this.addStatic(0, "PCMU");
			this.addStatic(8, "PCMA");
		}
		const codecs: Codec[] = [];
		for (const payloadType of this.#types) {
			const index = this.#kept.indexOf(payloadType);
			const codec = this.#codecs[index];
			if (!codec || codec.name === "") continue;
			codec.feedback = sets.get(this.#feedback[index]! | this.#feedbackForAll);
			codecs.push(codec);
		}
		return codecs;
	}

	private addStatic(payloadType: number, name: string): void {
		if (!this.#types.includes(payloadType)) return;
		const codec = this.#codecs[this.place(payloadType, Rank.own)];
		if (codec?.name === "") setEncoding(codec, name, "8000", 0);
	}

	/** The place of the codec that a line speaks of; -1 where the section does not have that type, or there is no room. */
	private find(value: string, line: number, rank: Rank): number {
		const text = head(value, " ");
		// Lines of one codec usually follow one another.
		if (text === this.#lastText && this.#ranks[this.#last]! >= rank) return this.#last;
		const payloadType = integer(text, maximumPayloadType, line, "the payload type");
		if (!this.#types.includes(payloadType)) return -1;
		this.#lastText = text;
		return (this.#last = this.place(payloadType, rank));
	}

	private place(payloadType: number, rank: Rank): number {
		let index = this.#kept.indexOf(payloadType);
		if (index >= 0) {
			this.#ranks[index] = Math.max(this.#ranks[index]!, rank);
			return index;
		}
		index = this.#codecs.length;
		// Without room the last one of those that are worth less goes.
		if (index >= this.room) for (index--; index >= 0 && this.#ranks[index]! >= rank;) index--;
		if (index < 0) return -1;
		this.#codecs[index] = newCodec(payloadType);
		this.#kept[index] = payloadType;
		this.#ranks[index] = rank;
		this.#feedback[index] = 0;
		return index;
	}
}

function newCodec(payloadType: number): Codec {
	return { payloadType, name: "", clockRate: 0, channels: 1, parameters: "", feedback: noFeedback };
}

function rankOf(name: string): Rank {
	if (recordOf(name)) return Rank.own;
	return videoNames.includes(name) ? Rank.known : Rank.none;
}

/** `rate`: "48000/2" of "opus/48000/2". */
function setEncoding(codec: Codec, name: string, rate: string, line: number): void {
	const clockRate = integer(head(rate, "/"), maximumClockRate, line, "the clock rate");
	const channels = rate.includes("/") ? integer(tail(rate, "/"), 255, line, "the number of channels") : 1;
	if (clockRate === 0 || channels === 0) malformed(line, "the codec is not name/rate/channels");
	codec.name = name;
	codec.clockRate = clockRate;
	codec.channels = channels;
}
