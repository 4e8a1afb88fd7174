// SPDX-License-Identifier: Apache-2.0
import * as sdp from "webrtc/sdp";

/**
 * A session description. Its text is kept; its parsed form, which takes more than a hundred slots, is there only while
 * it is used.
 */
export default class Description {
	readonly type: "offer" | "answer";
	readonly text: string;
	#parsed: sdp.SessionDescription | undefined;

	/** @throws WebRTCError "sdp/…" when it is given text alone, and that is malformed */
	constructor(type: "offer" | "answer", from: string | sdp.SessionDescription) {
		this.type = type;
		this.#parsed = typeof from === "string" ? sdp.parse(from) : from;
		this.text = typeof from === "string" ? from : sdp.write(from);
	}

	get parsed(): sdp.SessionDescription {
		this.#parsed ??= sdp.parse(this.text);
		return this.#parsed;
	}

	/** Gives the parsed form back. */
	release(): void {
		this.#parsed = undefined;
	}
}
