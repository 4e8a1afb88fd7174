// SPDX-License-Identifier: Apache-2.0
// W3C RTCSctpTransport: the association that all data channels of a connection share.
import EventTarget, { type PeerEvent } from "webrtc/peer/events";

/** Of the association (W3C webrtc section 6.1.1). */
export type RTCSctpTransportState = "connecting" | "connected" | "closed";

/** Who reads what comes, and has the association. */
export interface SctpOwner {
	resume(): void;
	shutdown(): void;
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
	#owner: SctpOwner;

	constructor(owner: SctpOwner, maxMessageSize: number) {
		super();
		this.#owner = owner;
		this.maxMessageSize = maxMessageSize;
	}

	/** While true, nothing is read of any channel, and when what may wait is there, the peer waits. Not W3C's. */
	get paused(): boolean {
		return this.#paused;
	}

	set paused(paused: boolean) {
		const resumes = this.#paused && !paused;
		this.#paused = Boolean(paused);
		if (resumes) this.#owner.resume();
	}

	/**
	 * Ends the association in order: all channels are closed, each when what waits has been sent, and when both sides' are, so is
	 * the association (RFC 9260 section 9.2). A peer that does not play along is waited for a minute at most. Can be called
	 * again without effect. Not W3C's: closing the connection aborts the association, and loses what is under way.
	 */
	shutdown(): void {
		this.#owner.shutdown();
	}
}
