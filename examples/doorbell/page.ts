// SPDX-License-Identifier: Apache-2.0
// A page at the other end of a channel: messages of JSON, and a picture in pieces, as the network takes them.
import type { Snapshot } from "webrtc/media";
import type { RTCDataChannel } from "webrtc/peer";

const piece = 1024; // bytes
const ahead = 16_384; // bytes that wait to be sent

export default class PageLink {
	#channel: RTCDataChannel;
	#picture: Snapshot | undefined; // that is being sent
	#sent = 0;

	constructor(channel: RTCDataChannel) {
		this.#channel = channel;
		channel.bufferedAmountLowThreshold = ahead >> 1;
		channel.onbufferedamountlow = () => this.fill();
	}

	/** Without effect where the page does not listen any more, or too much waits. */
	tell(message: object): void {
		this.send(JSON.stringify(message));
	}

	/** Sends it; it must stay until it has left, or hide(). */
	show(ring: number, picture: Snapshot): void {
		if (!this.send(JSON.stringify({ picture: picture.size, ring }))) return;
		this.#picture = picture;
		this.#sent = 0;
		this.fill();
	}

	/** The picture goes: what is left of it is not sent. */
	hide(): void {
		this.#picture = undefined;
	}

	private fill(): void {
		while (this.#picture && this.#channel.bufferedAmount < ahead) {
			const bytes = this.#picture.slice(this.#sent, piece);
			if (!bytes || !this.send(bytes)) return this.hide();
			this.#sent += bytes.byteLength;
		}
	}

	private send(data: string | ArrayBuffer): boolean {
		try {
			this.#channel.send(data);
			return true;
		} catch {
			return false;
		}
	}
}
