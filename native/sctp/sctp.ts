// SPDX-License-Identifier: Apache-2.0
import type Dtls from "webrtc/native/dtls";
import type Path from "webrtc/native/transport/path";

/** What a stream's messages are worth: `value` has no meaning, is milliseconds, or a number of retransmissions. */
export const reliable = 0;
export const lifetime = 1;
export const retransmits = 2;

/** The protocol identifier of DCEP (RFC 8832 section 8.1). */
export const dcep = 50;

/** `send` found the queue full. */
export const full = -1;
/** `send` found the message longer than allowed. */
export const tooLong = -2;

export interface SctpOptions {
	path: Path;
	dtls: Dtls;
	/** Of both sides. Default 5000. */
	port?: number | undefined;
	/** In each direction, 1 to 65535; each takes 104 bytes (68 with 32 bits) once connected. Default 1024. */
	streams?: number | undefined;
	/** Bytes that the peer may send ahead, and that are sent and not acknowledged: 4 KB to 16 MB. Default 256 KB. */
	window?: number | undefined;
	/** Bytes that wait to be sent, of all streams; each message counts for 64 more. Default 1 MB. */
	sendQueue?: number | undefined;
	/** Bytes that wait to be read, likewise; then the peer waits. Default 256 KB. */
	receiveQueue?: number | undefined;
	/** Bytes of a message of the peer's. Default 256 KB. */
	maxMessageSize?: number | undefined;
	/** There are events to read. */
	onEvent(this: Sctp): void;
}

export interface SctpEvent {
	/**
	 * "up": `stream` is how many there are. "down": it has ended, and `stream` is 1 when all that was sent is with the other side,
	 * else 0. "message". "reset": the peer sends no more on the stream.
	 * "closed": both directions of it are over, it may be used anew. "sent": `size` bytes wait no longer. "overlong": a
	 * message was longer than allowed, or found no room in the heap, and is dropped.
	 */
	type: "up" | "down" | "message" | "reset" | "closed" | "sent" | "overlong";
	stream: number;
	/** Bytes. */
	size: number;
	/** Of a message: a string for text, but for chunks, which are bytes always. */
	data?: string | ArrayBuffer;
	/** The payload protocol identifier of a message (RFC 8831 section 8). */
	protocol?: number;
	/** Of a message that comes in chunks (at most 16 KB): whether it is the first, or the last. */
	first?: boolean;
	last?: boolean;
}

export interface SctpStatistics {
	messagesSent: number;
	messagesReceived: number;
	bytesSent: number;
	bytesReceived: number;
	packetsSent: number;
	packetsReceived: number;
	/** Given up before they were sent. */
	messagesExpired: number;
	/** Of no use: an unknown protocol identifier, or no memory. */
	dropped: number;
	/** Bytes. */
	congestionWindow: number;
	/** Bytes: the peer's. */
	receiverWindow: number;
	/** Bytes of a packet of SCTP. */
	mtu: number;
	/** Chunks. */
	unacknowledged: number;
	/** Milliseconds, smoothed. */
	roundTripTime: number;
	/** In each direction; 0 before it is up. */
	streams: number;
}

/**
 * SCTP with one peer over DTLS (RFC 8261, RFC 8831), by usrsctp. Packets, timers and queues are the transport's thread's;
 * messages and what happens to streams come as events.
 */
export default class Sctp extends (Native("xs_rtc_sctp_destructor") as unknown as new () => object) {
	/** @throws TypeError or RangeError naming the option; Error with code "peer/out-of-resources" */
	constructor(options: SctpOptions) {
		super();
		native("xs_rtc_sctp").call(this, options);
	}

	/** Begins once DTLS is connected. @throws Error when it has begun before */
	start(remotePort: number): void {
		native("xs_rtc_sctp_start").call(this, remotePort);
	}

	/** The association goes on over another one of DTLS; the former one is still open. */
	setDtls(dtls: Dtls): void {
		native("xs_rtc_sctp_setDtls").call(this, dtls);
	}

	/** @throws RangeError for a stream that is in use, or that there is not; Error with code "peer/out-of-resources" */
	open(stream: number, unordered: boolean, policy: number, value: number): void {
		native("xs_rtc_sctp_open").call(this, stream, unordered, policy, value);
	}

	/** Whether messages of the stream come in chunks, as they arrive, rather than whole. */
	setChunks(stream: number, chunks: boolean): void {
		native("xs_rtc_sctp_setChunks").call(this, stream, chunks);
	}

	/** The peer knows of the channel: what is unordered may be so from now on (RFC 8832 section 6). */
	acknowledge(stream: number): void {
		native("xs_rtc_sctp_acknowledge").call(this, stream);
	}

	/**
	 * Queues a message: text for a string, else bytes.
	 * @returns its bytes, or `full`, or `tooLong` when there are more than `maximum`; nothing is sent then
	 * @throws Error for a stream that is not open, or with code "peer/out-of-resources"
	 */
	send(stream: number, data: string | ArrayBufferLike | ArrayBufferView, maximum: number): number {
		return native("xs_rtc_sctp_send").call(this, stream, data, maximum);
	}

	/** Queues a message of DCEP. @returns as `send` */
	control(stream: number, data: ArrayBufferLike | ArrayBufferView): number {
		return native("xs_rtc_sctp_control").call(this, stream, data);
	}

	/**
	 * When what waits has been sent, the stream ends, and "closed" comes when the peer has ended it, too, or after 30 s. Of streams
	 * that were not opened 128 are closed at once; others are left as they are.
	 */
	closeStream(stream: number): void {
		native("xs_rtc_sctp_closeStream").call(this, stream);
	}

	/** Whether the stream is open, or is closed and not over. */
	isUsed(stream: number): boolean {
		return native("xs_rtc_sctp_isUsed").call(this, stream);
	}

	/**
	 * Ends it in order: nothing more can be sent, and "down" comes to both sides when what waits has been sent and acknowledged,
	 * after 30 s at most. Can be called again without effect.
	 */
	shutdown(): void {
		native("xs_rtc_sctp_shutdown").call(this);
	}

	/** The oldest event; undefined when there is none. */
	read(): SctpEvent | undefined {
		return native("xs_rtc_sctp_read").call(this);
	}

	statistics(): SctpStatistics {
		return native("xs_rtc_sctp_statistics").call(this);
	}

	/** Ends it at once, and tells the peer while DTLS is open. Can be called again without effect; any other use throws. */
	close(): void {
		native("xs_rtc_sctp_close").call(this);
	}
}
