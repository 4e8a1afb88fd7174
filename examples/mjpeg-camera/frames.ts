// SPDX-License-Identifier: Apache-2.0
// Pictures to one viewer, by a channel: what a slow network does not take is left out before it is queued, so that what comes
// is new.
import type { RTCDataChannel } from "webrtc/peer";

/** Before each picture: its number, of all that the camera has made while somebody looked on, in network byte order. */
export const header = 4;

export default class Frames {
	sent = 0;
	/** Left out: there were enough waiting, or it was too large. */
	dropped = 0;
	#channel: RTCDataChannel;
	#most: number;
	/** Bytes of those that may be waiting, the oldest first. */
	#waiting: number[] = [];

	/** @param most pictures that wait to be sent */
	constructor(channel: RTCDataChannel, most: number) {
		this.#channel = channel;
		this.#most = most;
	}

	/** Pictures that wait: `bufferedAmount` falls by each as SCTP takes it, or as its time is over. */
	get waiting(): number {
		let sum = this.#waiting.reduce((total, size) => total + size, 0);
		while (this.#waiting.length && sum - this.#waiting[0]! >= this.#channel.bufferedAmount)
			sum -= this.#waiting.shift()!;
		return this.#waiting.length;
	}

	/** Queues a picture, or leaves it out. */
	send(picture: ArrayBuffer): void {
		if (this.waiting >= this.#most || !this.queue(picture)) this.dropped++;
		else this.sent++;
	}

	private queue(picture: ArrayBuffer): boolean {
		try {
			this.#channel.send(picture);
		} catch {
			return false; // the channel is closing, its queue is full, or the page takes no such long messages
		}
		this.#waiting.push(picture.byteLength);
		return true;
	}
}
