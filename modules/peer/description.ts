// SPDX-License-Identifier: Apache-2.0
import * as sdp from "webrtc/sdp";

/**
 * A session description. Its text is kept, once it was asked for; its parsed form, which takes more than a hundred
 * slots, is there only while it is used.
 */
export default class Description {
	readonly type: "offer" | "answer";
	#text: string | undefined;
	#parsed: sdp.SessionDescription | undefined;

	/** @throws WebRTCError "sdp/…" when it is given text, and that is malformed */
	constructor(type: "offer" | "answer", from: string | sdp.SessionDescription) {
		this.type = type;
		if (typeof from === "string") this.#text = from;
		this.#parsed = typeof from === "string" ? sdp.parse(from) : from;
	}

	get text(): string {
		this.#text ??= sdp.write(this.parsed);
		return this.#text;
	}

	get parsed(): sdp.SessionDescription {
		this.#parsed ??= sdp.parse(this.#text!);
		return this.#parsed;
	}

	/** Gives the parsed form back. */
	release(): void {
		this.#text = this.text;
		this.#parsed = undefined;
	}
}
