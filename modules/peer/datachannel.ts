// SPDX-License-Identifier: Apache-2.0
// W3C RTCDataChannel: the surface. What happens to channels is channels.ts's.
import WebRTCError from "webrtc/error";
import type { ChannelParameters } from "webrtc/peer/dcep";
import EventTarget, { type PeerEvent } from "webrtc/peer/events";

/** Of a channel (W3C webrtc section 6.2): messages can be sent while it is "open". */
export type RTCDataChannelState = "connecting" | "open" | "closing" | "closed";
/** A message to be sent: text, or bytes, which are copied. */
export type ChannelData = string | ArrayBufferLike | ArrayBufferView;

/** What `createDataChannel` takes (W3C webrtc section 6.2). */
export interface RTCDataChannelInit {
	/** Default true. */
	ordered?: boolean | undefined;
	/** Milliseconds, 0 to 65535, in which a message is sent, and sent again. Not with maxRetransmits. */
	maxPacketLifeTime?: number | undefined;
	/** 0 to 65535. */
	maxRetransmits?: number | undefined;
	protocol?: string | undefined;
	/** Both sides make the channel, with the same id; the peer is not told of it. */
	negotiated?: boolean | undefined;
	/** 0 to 65534; only with `negotiated`. */
	id?: number | undefined;
}

/** A whole message has come: text as text, bytes as an ArrayBuffer. */
export interface MessageEvent extends PeerEvent {
	readonly data: string | ArrayBuffer;
}

/** A part of a message, at most 16 KB; not W3C's. */
export interface ChunkEvent extends PeerEvent {
	readonly data: ArrayBuffer;
	/** The message is text, whose characters may be cut by the end of a chunk. */
	readonly isText: boolean;
	readonly first: boolean;
	readonly last: boolean;
}

/** A channel has failed (W3C webrtc section 6.3); its "close" follows. */
export interface RTCErrorEvent extends PeerEvent {
	readonly error: WebRTCError;
}

/** The events of a channel by name. "chunk" comes in place of "message" where `chunked` is set. */
export interface DataChannelEvents {
	open: PeerEvent;
	closing: PeerEvent;
	close: PeerEvent;
	bufferedamountlow: PeerEvent;
	message: MessageEvent;
	chunk: ChunkEvent;
	error: RTCErrorEvent;
}

/** What a channel is to those who own it. */
export interface ChannelOwner {
	/** @returns bytes that wait now @throws as RTCDataChannel.send */
	send(channel: RTCDataChannel, data: ChannelData): number;
	closeChannel(channel: RTCDataChannel): void;
	setChunks(channel: RTCDataChannel): void;
}

/** A channel (W3C webrtc section 6.2). `createDataChannel` makes it, or the peer does. */
export default class RTCDataChannel extends EventTarget<DataChannelEvents> implements ChannelParameters {
	onopen: ((event: PeerEvent) => void) | null = null;
	onclosing: ((event: PeerEvent) => void) | null = null;
	onclose: ((event: PeerEvent) => void) | null = null;
	onbufferedamountlow: ((event: PeerEvent) => void) | null = null;
	onmessage: ((event: MessageEvent) => void) | null = null;
	onerror: ((event: RTCErrorEvent) => void) | null = null;

	readonly label: string;
	readonly protocol: string;
	readonly ordered: boolean;
	readonly maxPacketLifeTime: number | null;
	readonly maxRetransmits: number | null;
	readonly negotiated: boolean;
	/** null: it has none yet. */
	id: number | null;
	/** To be read only, as is the next. */
	readyState: RTCDataChannelState = "connecting";
	/** Bytes that wait to be sent. */
	bufferedAmount = 0;
	/** For getStats. */
	readonly counted = { messagesSent: 0, bytesSent: 0, messagesReceived: 0, bytesReceived: 0 };
	#threshold = 0;
	#chunked = false;
	#owner: ChannelOwner;

	constructor(owner: ChannelOwner, parameters: ChannelParameters, negotiated: boolean, id: number | null) {
		super();
		this.#owner = owner;
		this.label = parameters.label;
		this.protocol = parameters.protocol;
		this.ordered = parameters.ordered;
		this.maxPacketLifeTime = parameters.maxPacketLifeTime;
		this.maxRetransmits = parameters.maxRetransmits;
		this.negotiated = negotiated;
		this.id = id;
	}

	/** Messages are ArrayBuffers; there are no Blobs here, and other values are ignored. */
	get binaryType(): "arraybuffer" {
		return "arraybuffer";
	}

	set binaryType(type: string) {
		if (type === "blob") throw new WebRTCError("peer/not-supported", "binaryType: there are no Blobs here");
	}

	/** Priorities are not told apart. */
	get priority(): "low" {
		return "low";
	}

	/** "bufferedamountlow" comes when bufferedAmount falls to it, or below. */
	get bufferedAmountLowThreshold(): number {
		return this.#threshold;
	}

	set bufferedAmountLowThreshold(bytes: number) {
		this.#threshold = Number(bytes) >>> 0; // Web IDL: unsigned long
	}

	/**
	 * Whether messages come as "chunk" events, of at most 16 KB each and as they arrive, rather than whole: for what the heap
	 * would not hold. Not W3C's.
	 */
	get chunked(): boolean {
		return this.#chunked;
	}

	set chunked(chunked: boolean) {
		this.#chunked = Boolean(chunked);
		this.#owner.setChunks(this);
	}

	/**
	 * Queues a message.
	 * @param data text, or bytes; anything else is turned into text
	 * @throws WebRTCError "peer/invalid-state" (InvalidStateError) unless the channel is open, "data/full" (OperationError) when
	 * what waits is at its bound: the message is not sent, and the channel stays as it is; TypeError for a message that is
	 * longer than the transport's maxMessageSize
	 */
	send(data: ChannelData): void {
		if (this.readyState !== "open")
			throw new WebRTCError("peer/invalid-state", `send: the channel is ${this.readyState}`);
		const size = this.#owner.send(this, data);
		this.bufferedAmount += size;
		this.counted.messagesSent++;
		this.counted.bytesSent += size;
	}

	/** What waits is sent, then it closes. Can be called again without effect. */
	close(): void {
		if (this.readyState === "closing" || this.readyState === "closed") return;
		this.#owner.closeChannel(this);
	}
}
