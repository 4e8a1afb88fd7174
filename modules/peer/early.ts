// SPDX-License-Identifier: Apache-2.0
// Messages that come before their channel is made: the peer has made its end of a negotiated one first, and knows of nothing that
// this side waits for (RFC 8831 section 6.5).
import type { SctpEvent } from "webrtc/native/sctp";

const mostEarly = 16; // messages
const largestEarly = 16384; // bytes of those
const none: readonly SctpEvent[] = Object.freeze([]);

export default class EarlyMessages {
	#kept: SctpEvent[] = [];
	#size = 0;
	/** Streams of which a message found no room; when there are as many as messages may be, any may be one. */
	#lost: number[] = [];

	keep(event: SctpEvent): void {
		const { stream, size } = event;
		if (this.#kept.length < mostEarly && this.#size + size <= largestEarly && !this.#lost.includes(stream)) {
			this.#kept.push(event);
			this.#size += size;
		} else if (this.#lost.length < mostEarly && !this.#lost.includes(stream)) this.#lost.push(stream);
	}

	/** A stream's channel is there, or the stream has ended: nothing is kept of it any more. */
	take(stream: number): { messages: readonly SctpEvent[]; isWhole: boolean } {
		const isWhole = !this.#lost.includes(stream) && this.#lost.length < mostEarly;
		if (this.#lost.length) this.#lost = this.#lost.filter((one) => one !== stream);
		const messages = this.#kept.filter((event) => event.stream === stream);
		if (!messages.length) return { messages: none, isWhole };
		this.#kept = this.#kept.filter((event) => event.stream !== stream);
		for (const { size } of messages) this.#size -= size;
		return { messages, isWhole };
	}
}
