// SPDX-License-Identifier: Apache-2.0
import * as sdp from "webrtc/sdp";

export type DescriptionType = "offer" | "pranswer" | "answer";

/**
 * A session description. Its parsed form, which takes more than a hundred slots, is there only while it is used; its
 * text, up to 12 KB of the peer's choice, is kept outside of the machine's heap.
 */
export default class Description {
	readonly type: DescriptionType;
	#text: string | undefined;
	#kept: SharedArrayBuffer | undefined;
	#parsed: sdp.SessionDescription | undefined;
	#limits: Partial<sdp.SdpLimits> | undefined;

	/** @throws WebRTCError "sdp/…" when it is given text, and that is malformed or beyond the limits */
	constructor(type: DescriptionType, from: string | sdp.SessionDescription, limits?: Partial<sdp.SdpLimits>) {
		this.type = type;
		this.#limits = limits;
		if (typeof from === "string") this.#text = from;
		this.#parsed = typeof from === "string" ? sdp.parse(from, limits) : from;
	}

	get text(): string {
		if (this.#kept) return String.fromArrayBuffer(this.#kept);
		this.#text ??= sdp.write(this.parsed);
		return this.#text;
	}

	get parsed(): sdp.SessionDescription {
		this.#parsed ??= sdp.parse(this.text, this.#limits);
		return this.#parsed;
	}

	/** Whether the text is this description's, maybe of another time: candidates are put in as they are found. */
	isOf(text: string): boolean {
		return text === this.text || withoutCandidates(text) === withoutCandidates(this.text);
	}

	/** The same description, as a pranswer becomes the answer. */
	as(type: DescriptionType): Description {
		return type === this.type ? this : new Description(type, this.parsed, this.#limits);
	}

	/** Changes the parsed form; the text follows. */
	edit(change: (parsed: sdp.SessionDescription) => void): void {
		change(this.parsed);
		this.#text = this.#kept = undefined;
	}

	/** Gives the memory of the machine back. */
	release(): void {
		this.#kept ??= share(this.text);
		this.#text = this.#parsed = undefined;
	}
}

function withoutCandidates(text: string): string {
	const isCandidate = (line: string) => line.startsWith("a=candidate:") || line.startsWith("a=end-of-candidates");
	return text
		.split("\n")
		.filter((line) => !isCandidate(line))
		.join("\n");
}

/** The memory of a SharedArrayBuffer is the platform's, not of the heap that `creation` sizes. */
function share(text: string): SharedArrayBuffer {
	const bytes = new Uint8Array(ArrayBuffer.fromString(text));
	const shared = new SharedArrayBuffer(bytes.length);
	new Uint8Array(shared).set(bytes);
	return shared;
}
