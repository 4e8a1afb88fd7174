// SPDX-License-Identifier: Apache-2.0
import { eachLine } from "webrtc/sdp/text";

/**
 * Which of a peer's connections a description comes from. A peer that starts anew under its old name (a page that was
 * loaded again, a storage session that follows another) does not continue the session that it had.
 */
export default class Origin {
	#fingerprints: string;
	#session: string;
	#ufrag: string;

	constructor(sdp: string) {
		const fingerprints: string[] = []; // one for each media section, and most often the same
		let session = "";
		let ufrag = "";
		eachLine(sdp, (line) => {
			if (line.startsWith("o=")) session ||= line.split(" ", 2).join(" ");
			else if (line.startsWith("a=ice-ufrag:")) ufrag ||= line;
			else if (fingerprints.length < mostFingerprints && line.startsWith("a=fingerprint:")) {
				const fingerprint = bounded(line).toLowerCase();
				if (!fingerprints.includes(fingerprint)) fingerprints.push(fingerprint);
			}
		});
		this.#fingerprints = bounded(fingerprints.sort().join());
		this.#session = bounded(session);
		this.#ufrag = bounded(ufrag);
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

const mostFingerprints = 8;
const longest = 512; // characters: three fingerprints of SHA-256, or a username fragment with room to spare

/** The peer chooses the text, and it is kept for as long as the session. */
function bounded(text: string): string {
	return text.length > longest ? text.slice(0, longest) : text;
}
