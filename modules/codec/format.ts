// SPDX-License-Identifier: Apache-2.0
// What a record tells of a codec: see codec.ts.

/** A codec that this device can send or receive, and how. */
export interface CodecCapability {
	kind: "audio" | "video";
	/** Of one of the records. */
	name: string;
	/** Hz. */
	clockRate: number;
	/** Default 1. Opus is always 2 (RFC 7587 section 7). */
	channels?: number;
	/** As in `a=fmtp`; "" for none. For H.264 the profile and level that this device can decode. */
	parameters: string;
	/** In order: "nack", "nack pli", "ccm fir". */
	feedback: readonly string[];
}

/** All that SDP has to know of a codec. `ours` and `theirs` are parameters, as in `a=fmtp`. */
export interface CodecRecord {
	/** What this device does of it where no track says otherwise. */
	readonly capability: CodecCapability;
	/** The payload type that an offer gives it, where it is free. */
	readonly payloadType: number;
	/**
	 * How far two of its formats are apart: 0 for the same, more for one that can stand for the other, undefined for what
	 * does not fit. Absent: they are all the same.
	 */
	distance?(this: void, ours: string, theirs: string): number | undefined;
	/** The parameters of an answer. Absent: ours. */
	answer?(this: void, ours: string, theirs: string): string;
	/** The packetization-mode that parameters mean. Absent: 0. */
	packetizationMode?(this: void, parameters: string): number;
	/** What tells two of its formats apart, for a person. Absent: rate and channels. */
	describe?(this: void, parameters: string): string;
	/** For a person whose peer has none of it. */
	readonly hint?: string;
}

/**
 * A parameter of `a=fmtp`; undefined when it is not there. Names are compared without case (RFC 6838 section 4.3).
 * @param name in lower case
 */
export function parameter(parameters: string, name: string): string | undefined {
	const folded = parameters.toLowerCase();
	for (let at = folded.indexOf(name); at >= 0; at = folded.indexOf(name, at)) {
		const begin = folded.lastIndexOf(";", at) + 1;
		const semicolon = folded.indexOf(";", at);
		const end = semicolon < 0 ? folded.length : semicolon;
		const equals = folded.indexOf("=", at);
		if (equals >= 0 && equals < end && folded.slice(begin, equals).trim() === name)
			return parameters.slice(equals + 1, end).trim();
		at = end;
	}
	return undefined;
}

/** Of pictures: estimates of bandwidth, lost packets, requests for key frames (RFC 4585 section 6.3.1, RFC 5104 section 4.3.1). */
export const pictureFeedback: readonly string[] = Object.freeze([
	...["goog-remb", "transport-cc", "nack", "nack pli", "ccm fir"],
]);

/** No kind of feedback. */
export const noFeedback: readonly string[] = Object.freeze([]);
