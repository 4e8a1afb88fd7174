// SPDX-License-Identifier: Apache-2.0
// KVS has no message that turns an offer down. SDP has a way, which every viewer understands: an answer in which all
// media is rejected, with port 0 (RFC 3264 section 6). A browser then stops its transceivers, and ends their tracks.
import { eachLine } from "webrtc/sdp/text";
import type { Rejection } from "webrtc/signaling";
import { consistsOf, isAmong, isVisible, isWordCharacter } from "webrtc/text";

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
		if (line.startsWith("m=")) {
			const section = rejected(line.slice(2));
			if (section && ++count > maximumSections) return true;
			text += section;
		} else if (count && line.startsWith(midLine) && consistsOf(line.slice(midLine.length), isOfToken, 1, 64)) {
			text += `${line}\r\n`;
		}
		return false;
	});
	return text;
}

/** @param media what follows "m=" @returns "" for what is malformed */
function rejected(media: string): string {
	const [kind = "", , protocol = "", format = ""] = media.split(" ", 4);
	const isMedia =
		consistsOf(kind, isOfKind, 1, 32) &&
		consistsOf(protocol, isOfProtocol, 1, 64) &&
		consistsOf(format, isVisible, 1, 32);
	return isMedia ? `m=${kind} 0 ${protocol} ${format}\r\nc=IN IP4 0.0.0.0\r\na=inactive\r\n` : "";
}

const midLine = "a=mid:";
const isOfKind = (code: number) => isWordCharacter(code) || isAmong(code, "-");
const isOfProtocol = (code: number) => isWordCharacter(code) || isAmong(code, "/");
/** RFC 8866 section 9 */
const isOfToken = (code: number) => isWordCharacter(code) || isAmong(code, "!#$%&'*+.^`{|}~-");
