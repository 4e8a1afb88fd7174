// SPDX-License-Identifier: Apache-2.0
import type Srtp from "webrtc/native/srtp";

/** Counters of all streams of a session. */
export interface RtpSessionStatistics {
	/** RTP that came in, and how much of it was for nobody. */
	packetsReceived: number;
	unrouted: number;
	/** Bit/s that the receiver deems possible for all streams together (REMB); 0 while it has not said. */
	receiverBitrate: number;
	/** Bit/s that the way carries, by this side's estimate; 0 while it is not known. */
	availableBitrate: number;
	/** Bit/s that the way to here carries, where that is estimated and told (REMB); 0 else, and while it is not known. */
	incomingBitrate: number;
	/** Bit/s at which packets may leave. */
	pacing: number;
	/** Bytes that wait for it. */
	queuedBytes: number;
	/** Transport-wide feedback packets. */
	feedbackReceived: number;
	/** How often the estimate was lowered because the delay grew, and how often more was tried. */
	overuses: number;
	probes: number;
	/** Of the newest quarter of a second, 0 … 1. */
	loss: number;
	byes: number;
	/** RTCP that was not understood: compound packets that are not well-formed, and packets of unknown types. */
	malformedRtcp: number;
	unknownRtcp: number;
}

/**
 * What is kept for retransmissions and for smoothing large frames, for the whole device and all its peers: sessions that
 * are made from now on have it.
 *
 * @param bytes 16,384 … 16,777,216, rounded down to a power of two; 0: nothing, so that lost packets stay lost. Default
 * 262,144
 * @param milliseconds 0 … 10,000 for which a packet can be sent again. Default 1,000
 * @throws RangeError
 */
export function configureRetransmission(this: void, bytes: number, milliseconds: number): void {
	native("xs_rtc_rtp_configure").call(this, bytes, milliseconds);
}

/**
 * The RTP session of one peer: packets, reports and feedback of all its streams. Senders are made with it.
 *
 * @throws Error with code "peer/out-of-resources"
 */
export class RtpSession extends (Native("xs_rtc_rtp_session_destructor") as unknown as new () => object) {
	/** @param srtp what protects and sends its packets; it is the only user */
	constructor(srtp: Srtp) {
		super();
		native("xs_rtc_rtp_session").call(this, srtp);
	}

	/** @throws SyntaxError when closed */
	statistics(): RtpSessionStatistics {
		return native("xs_rtc_rtp_session_statistics").call(this);
	}

	/** Sends and hears nothing any more. Its senders are closed before, so that they can say BYE. May be called again. */
	close(): void {
		native("xs_rtc_rtp_session_close").call(this);
	}
}

export interface RtpSenderOptions {
	/** The peer's; it has room for eight senders. */
	session: RtpSession;
	/** The name of a codec; frames of another are dropped. */
	codec: string;
	/** 0 … 127, but not RTCP's 64 … 95 (RFC 5761 section 4). */
	payloadType: number;
	/** 1 … 2^32 - 1. */
	ssrc: number;
	/** At most 31 bytes (RFC 7022); the same for all tracks that play together. */
	cname: string;
	/**
	 * H.264: 0 sends single NAL units only, 1 also STAP-A and FU-A (RFC 6184 section 6.2). Default 0. With 0, a frame
	 * with a NAL unit that is larger than a packet is dropped: give the encoder a `maximumNalSize`.
	 */
	packetizationMode?: 0 | 1;
	/** Header extension id of sdes:mid, 1 … 14 (RFC 8843 section 15); absent: packets have no MID. */
	midId?: number | undefined;
	/** At most 15 bytes. Packets bear it until the receiver has reported that some arrived. */
	mid?: string | undefined;
	/** Header extension ids of transport-wide-cc, abs-send-time, playout-delay and abs-capture-time, as midId. */
	transportSequenceId?: number | undefined;
	sendTimeId?: number | undefined;
	playoutDelayId?: number | undefined;
	captureTimeId?: number | undefined;
	/** The SSRC and payload type of retransmissions (RFC 4588); absent: they bear the stream's own numbers. */
	rtxSsrc?: number | undefined;
	rtxPayloadType?: number | undefined;
	/** Bytes of an RTP packet before protection, 200 … 1,180. Default 1,180. */
	maximumPacketSize?: number;
}

/** Counters since the start, by their names in W3C's outbound-rtp and remote-inbound-rtp where those have them. */
export interface RtpSenderStatistics {
	packetsSent: number;
	/** Of payload. */
	bytesSent: number;
	headerBytesSent: number;
	framesSent: number;
	keyFramesSent: number;
	/** Came before the keys or the first key frame, or were not sendable. */
	framesDropped: number;
	pliCount: number;
	firCount: number;
	nackCount: number;
	/** Report blocks about this stream. */
	reportsReceived: number;
	/** Of the newest report; duplicates can make it negative. */
	packetsLost: number;
	/** 0 … 1, between the newest two reports. */
	fractionLost: number;
	/** Seconds. */
	jitter: number;
	/** Seconds; 0 before the first measurement. */
	roundTripTime: number;
	totalRoundTripTime: number;
	roundTripTimeMeasurements: number;
	retransmittedPacketsSent: number;
	retransmittedBytesSent: number;
	/** Frames that were not sent because the way is too narrow; framesDropped has them, too. */
	congested: number;
	/** Seconds since the first frame was sent; absent before. */
	firstFrameAge?: number;
}

/**
 * RTP of one outgoing track to one peer: a sink that cuts frames into packets on the source's thread. It reports to the
 * receiver, and passes its requests for key frames to the source. Video begins with a key frame; before the session has
 * its keys, frames are dropped.
 *
 * @throws TypeError, RangeError naming the option; Error when the session has no room
 */
export default class RtpSender extends (Native("xs_rtc_rtp_sender_destructor") as unknown as new () => object) {
	constructor(options: RtpSenderOptions) {
		super();
		native("xs_rtc_rtp_sender").call(this, options);
	}
	/**
	 * Sends another codec, payload type or MID from the next frame on, without a gap in the sequence numbers. It must not
	 * be connected to a source of another codec yet.
	 * @throws TypeError, RangeError naming the option; SyntaxError when closed
	 */
	change(options: Omit<RtpSenderOptions, "session">): void {
		native("xs_rtc_rtp_sender_change").call(this, options);
	}
	/** @throws SyntaxError when closed */
	statistics(): RtpSenderStatistics {
		return native("xs_rtc_rtp_sender_statistics").call(this);
	}
	/** Disconnects it from its source and sends BYE. May be called again. */
	close(): void {
		native("xs_rtc_rtp_sender_close").call(this);
	}
}

export interface RtpReceiverOptions {
	/** The peer's. */
	session: RtpSession;
	/** What may come, eight at most, of one kind. Codecs by name; `rtx`: the payload type of a codec's retransmissions (RFC 4588). */
	formats: readonly { payloadType: number; codec: string; rtx?: number }[];
	/** SSRCs that the remote has announced; the first four count. */
	sources?: readonly number[];
	/** Under which this side reports: 1 … 2^32 - 1. */
	ssrc: number;
	/** At most 31 bytes (RFC 7022). */
	cname: string;
	/** Header extension id of sdes:mid, 1 … 14; absent: packets are told by SSRC and payload type. */
	midId?: number;
	mid?: string;
	/** Header extension id of transport-wide sequence numbers, 1 … 14, whose arrival the sender is told; absent: it is not. */
	transportSequenceId?: number;
	/**
	 * The sender is told what the way carries (REMB), at most each 100 ms; for one that has no transport-wide feedback. Default: it
	 * is not.
	 */
	remb?: boolean;
	/** Header extension id of abs-send-time, 1 … 14, by which that is known better. */
	sendTimeId?: number;
	/** Pictures: the sender hears generic NACK, PLI (RFC 4585), and FIR (RFC 5104), which is sent where it hears no PLI. Default: it does not. */
	nack?: boolean;
	pli?: boolean;
	fir?: boolean;
	/** Feedback may go without a report before it (RFC 5506). Default false. */
	reducedSize?: boolean;
	/** Packets begin to come, or the sender has said BYE. */
	onActive?: (this: RtpReceiver, active: boolean) => void;
}

/** Counters since the start, by their names in W3C's inbound-rtp and remote-outbound-rtp where those have them. */
export interface RtpReceiverStatistics {
	/** The remote's; 0: nothing came yet. */
	ssrc: number;
	/** Of the newest packet. */
	payloadType: number;
	packetsReceived: number;
	/** Of payload. */
	bytesReceived: number;
	headerBytesReceived: number;
	/** Of another SSRC, of an unknown payload type, far from the others, or for want of memory. */
	packetsDiscarded: number;
	/** Duplicates can make it negative. */
	packetsLost: number;
	/** Seconds. */
	jitter: number;
	/** Milliseconds since the newest packet. */
	silence: number;
	reportsSent: number;
	/** Of the sender; what follows is from the newest. */
	reportsReceived: number;
	remotePackets: number;
	remoteBytes: number;
	/** Milliseconds since 1970, by the sender's clock. */
	remoteTime: number;
	/** By RTX, of the packets and bytes above. */
	retransmittedPacketsReceived: number;
	retransmittedBytesReceived: number;
	/** Of pictures; absent for sound. */
	pictures?: RtpPictureStatistics;
}

/** Counters of pictures, while they have somewhere to go. */
export interface RtpPictureStatistics {
	/** Whole ones, that were given out. */
	framesReceived: number;
	keyFramesReceived: number;
	/** Damaged, too large, or of no use without one before them. */
	framesDropped: number;
	/** How often one was lost for good, so that a key frame was waited for. */
	framesLost: number;
	/** Packets that were sent. */
	nackCount: number;
	pliCount: number;
	firCount: number;
}

/**
 * How many bytes of packets of pictures may wait at each receiver that is made from now on. Its frames take three times as much, on a
 * chip three quarters of it.
 *
 * @param bytes 8,192 … 4,194,304. Default 524,288, on a chip 26,112: with sound, a peer takes less than 100 KB there
 * @throws RangeError
 */
export function configureReception(this: void, bytes: number): void {
	native("xs_rtc_rtp_configureReception").call(this, bytes);
}

/**
 * RTP of one incoming track of one peer: a source of packets of sound, or of whole frames of pictures, from a key frame on. It
 * reports to the sender what came, asks for what is missing, and for a key frame where one is lost for good. One SSRC at a time is
 * heard.
 *
 * @throws TypeError, RangeError naming the option; Error with code "peer/out-of-resources" when the section has one already
 */
export class RtpReceiver extends (Native("xs_rtc_rtp_receiver_destructor") as unknown as new () => object) {
	constructor(options: RtpReceiverOptions) {
		super();
		native("xs_rtc_rtp_receiver").call(this, options);
	}
	/**
	 * Other formats from now on, of the same kind.
	 * @throws TypeError, RangeError naming the option; SyntaxError when closed
	 */
	change(options: Omit<RtpReceiverOptions, "session" | "onActive">): void {
		native("xs_rtc_rtp_receiver_change").call(this, options);
	}
	/**
	 * Feeds `sink`, any object of a native class that takes such packets (16 at most).
	 *
	 * @throws TypeError when it is none, or is connected already
	 */
	connect(sink: object): void {
		native("xs_rtc_rtp_receiver_connect").call(this, sink);
	}
	/** Feeds it no longer; nothing happens when it was not connected. */
	disconnect(sink: object): void {
		native("xs_rtc_rtp_receiver_disconnect").call(this, sink);
	}
	/** @throws SyntaxError when closed */
	statistics(): RtpReceiverStatistics {
		return native("xs_rtc_rtp_receiver_statistics").call(this);
	}
	/** Disconnects its sinks and says BYE. May be called again. */
	close(): void {
		native("xs_rtc_rtp_receiver_close").call(this);
	}
}
