// SPDX-License-Identifier: Apache-2.0
// KVS has no message that turns an offer down. SDP has a way, which every viewer understands: an answer in which all
// media is rejected, with port 0 (RFC 3264 section 6). A browser then stops its transceivers, and ends their tracks.
import { eachLine } from "webrtc/sdp/text";
import type { Rejection } from "webrtc/signaling";

const maximumOffers = 16;
const maximumSections = 16;

/** The offers that may still be turned down: of each only what the answer must repeat. */
export default class Rejections {
	#offers = new Map<string, string>();

	/** An offer has come. */
	add(peerId: string, sdp: string): void {
		this.#offers.delete(peerId);
		if (this.#offers.size >= maximumOffers) this.#offers.delete(this.#offers.keys().next().value!);
		this.#offers.set(peerId, sectionsOf(sdp));
	}

	/** It has been decided about. */
	delete(peerId: string): void {
		this.#offers.delete(peerId);
	}

	/** The answer that turns a peer's offer down; undefined when there is none to answer. */
	take(peerId: string, { reason }: Rejection): string | undefined {
		const sections = this.#offers.get(peerId);
		this.#offers.delete(peerId);
		if (!sections) return undefined;
		// The name of the session tells a person who looks.
		return `v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=${reason}\r\nt=0 0\r\n${sections}`;
	}
}

/** The media sections with port 0 and no content, in the offer's order (RFC 8829 section 5.3.1). */
function sectionsOf(sdp: string): string {
	let text = "";
	let count = 0;
	eachLine(sdp, (line) => {
		if (!line.startsWith("m=") && !line.startsWith("a=mid:")) return false;
		const media = /^m=([\w-]{1,32}) \d{1,5}(?:\/\d+)? ([\w/]{1,64}) (\S{1,32})/.exec(line);
		if (media) {
			if (++count > maximumSections) return true;
			text += `m=${media[1]} 0 ${media[2]} ${media[3]}\r\nc=IN IP4 0.0.0.0\r\na=inactive\r\n`;
		} else if (count && /^a=mid:[\w!#$%&'*+.^`{|}~-]{1,64}$/.test(line)) {
			text += `${line}\r\n`;
		}
		return false;
	});
	return text;
}
