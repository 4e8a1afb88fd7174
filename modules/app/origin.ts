// SPDX-License-Identifier: Apache-2.0

/**
 * Which of a peer's connections a description comes from. A peer that starts anew under its old name (a page that was
 * loaded again, a storage session that follows another) does not continue the session that it had.
 */
export default class Origin {
	#fingerprints: string;
	#session: string;
	#ufrag: string;

	constructor(sdp: string) {
		const fingerprints = new Set(sdp.toLowerCase().match(/^a=fingerprint:.*$/gm)); // one for each media section
		this.#fingerprints = bounded([...fingerprints].sort().join());
		this.#session = bounded(/^o=\S+ \S+/m.exec(sdp)?.[0]);
		this.#ufrag = bounded(/^a=ice-ufrag:.*$/m.exec(sdp)?.[0]);
	}

	/**
	 * Whether another is of the same connection. A connection has one certificate for life, which may serve others, too. The
	 * session's id is for life as well (RFC 8866 section 5.2), but some do not keep to that: unless ICE starts anew along
	 * with it, it is the same connection.
	 */
	isContinuedBy(other: Origin): boolean {
		if (this.#fingerprints !== other.#fingerprints) return false;
		return this.#session === other.#session || this.#ufrag === other.#ufrag;
	}
}

const longest = 512; // characters: three fingerprints of SHA-256, or a username fragment with room to spare

/** The peer chooses the text, and it is kept for as long as the session. */
function bounded(text = ""): string {
	return text.slice(0, longest);
}
