// SPDX-License-Identifier: Apache-2.0
// The codecs of one section, while its lines come in: rtpmap, fmtp, rtcp-fb. It spares the heap: an offer has dozens of
// codecs, and most of them have the same feedback.
import { head, integer, intern, malformed, tail, token } from "webrtc/sdp/text";
import type { Codec } from "webrtc/sdp/types";

const codecNames: readonly string[] = Object.freeze([
	..."H264 H265 VP8 VP9 AV1 rtx red ulpfec flexfec-03 opus PCMU PCMA G722 CN telephone-event".split(" "),
]);
// The kinds of feedback that are kept; others would be dropped when answering anyway.
const feedbackKinds: readonly string[] = Object.freeze([
	...["goog-remb", "transport-cc", "nack", "nack pli", "ccm fir", "ccm tmmbr"],
]);
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

export class CodecReader {
	readonly #codecs: Codec[];
	readonly #feedback: number[];
	#feedbackForAll = 0;
	#last = 0;

	/** @param payloadTypes in order; lines of others are ignored */
	constructor(payloadTypes: readonly number[]) {
		this.#codecs = payloadTypes.map(newCodec);
		this.#feedback = payloadTypes.map(() => 0);
	}

	/** `a=rtpmap` (RFC 8866 section 6.6): "111 opus/48000/2". */
	rtpmap(value: string, line: number): void {
		const codec = this.#codecs[this.#find(value, line)];
		if (codec) setEncoding(codec, tail(value, " ").trim(), line);
	}

	/** `a=fmtp` (RFC 8866 section 6.15). */
	fmtp(value: string, line: number): void {
		const codec = this.#codecs[this.#find(value, line)];
		if (codec) codec.parameters = tail(value, " ").trim();
	}

	/** `a=rtcp-fb` (RFC 4585 section 4.2). */
	feedback(value: string, line: number): void {
		const isForAll = value.startsWith("* ");
		const index = isForAll ? -1 : this.#find(value, line);
		const place = feedbackKinds.indexOf(tail(value, " ").trim());
		if (place < 0) return;
		if (isForAll) this.#feedbackForAll |= 1 << place;
		else if (index >= 0) this.#feedback[index]! |= 1 << place;
	}

	/**
	 * The codecs of which the name is known.
	 *
	 * @param hasStatic whether PCMU and PCMA go by their static payload types (RFC 3551 section 6)
	 */
	finish(sets: FeedbackSets, hasStatic: boolean): Codec[] {
		const codecs = this.#codecs;
		for (let i = 0; i < codecs.length; i++) {
			const codec = codecs[i]!;
			codec.feedback = sets.get(this.#feedback[i]! | this.#feedbackForAll);
			if (codec.name !== "" || !hasStatic) continue;
			if (codec.payloadType === 0) setEncoding(codec, "PCMU/8000", 0);
			else if (codec.payloadType === 8) setEncoding(codec, "PCMA/8000", 0);
		}
		return codecs.some(isNameless) ? codecs.filter((codec) => !isNameless(codec)) : codecs;
	}

	/** The place of the codec that a line speaks of, or -1. */
	#find(value: string, line: number): number {
		if (this.#codecs.length === 0) return -1;
		const payloadType = integer(head(value, " "), maximumPayloadType, line, "the payload type");
		// Lines of one codec usually follow one another.
		if (this.#codecs[this.#last]!.payloadType === payloadType) return this.#last;
		for (let i = 0; i < this.#codecs.length; i++) {
			if (this.#codecs[i]!.payloadType === payloadType) return (this.#last = i);
		}
		return -1;
	}
}

function newCodec(payloadType: number): Codec {
	return { payloadType, name: "", clockRate: 0, channels: 1, parameters: "", feedback: noFeedback };
}

function isNameless(codec: Codec): boolean {
	return codec.name === "";
}

/** "opus/48000/2". */
function setEncoding(codec: Codec, value: string, line: number): void {
	const rate = tail(value, "/");
	codec.name = intern(codecNames, token(head(value, "/"), line, "the name of the codec"));
	codec.clockRate = integer(head(rate, "/"), maximumClockRate, line, "the clock rate");
	codec.channels = rate.includes("/") ? integer(tail(rate, "/"), 255, line, "the number of channels") : 1;
	if (codec.clockRate === 0 || codec.channels === 0) malformed(line, "the codec is not name/rate/channels");
}
