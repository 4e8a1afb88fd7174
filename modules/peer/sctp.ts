// SPDX-License-Identifier: Apache-2.0
// W3C RTCSctpTransport: the association that all data channels of a connection share.
import EventTarget, { type PeerEvent } from "webrtc/peer/events";

/** Of the association (W3C webrtc section 6.1.1). */
export type RTCSctpTransportState = "connecting" | "connected" | "closed";

/** Who reads what comes. */
export interface SctpReader {
	resume(): void;
}

/** The SCTP association of a connection (W3C webrtc section 6.1): `pc.sctp`, once channels are agreed on. */
export default class RTCSctpTransport extends EventTarget<{ statechange: PeerEvent }> {
	onstatechange: ((event: PeerEvent) => void) | null = null;
	/** To be read only, as are the next two. */
	state: RTCSctpTransportState = "connecting";
	/** Bytes of a message that can be sent; Infinity: any that finds room. */
	maxMessageSize: number;
	/** null before it is connected. */
	maxChannels: number | null = null;
	#paused = false;
	#reader: SctpReader;

	constructor(reader: SctpReader, maxMessageSize: number) {
		super();
		this.#reader = reader;
		this.maxMessageSize = maxMessageSize;
	}

	/** While true, nothing is read of any channel, and when what may wait is there, the peer waits. Not W3C's. */
	get paused(): boolean {
		return this.#paused;
	}

	set paused(paused: boolean) {
		const resumes = this.#paused && !paused;
		this.#paused = Boolean(paused);
		if (resumes) this.#reader.resume();
	}
}
