// SPDX-License-Identifier: Apache-2.0
// What the negotiation knows of a transceiver, and what it has a connection do: plain records, without natives.
import type { CodecCapability } from "webrtc/codec";
import type { Direction, Fingerprint, Msid, NegotiatedMedia, RemoteTransport, TransportParameters } from "webrtc/sdp";

export type MediaKind = "audio" | "video";

/** One media section's worth of wishes. Its owner changes them; `mid` and `agreed` are the negotiation's. */
export interface Negotiable {
	readonly kind: MediaKind;
	/** The name of its media section; null: it has none yet. */
	mid: string | null;
	/** What the current descriptions say of it, for the negotiation alone; "": nothing. */
	agreed: string;
	/** What is wanted; the negotiation is told of changes by `changed()`. */
	readonly direction: Direction | "stopped";
	/** It shall end: its section is rejected, or its port becomes 0. */
	readonly stopping: boolean;
	/** Whether there is a track to send: only sections that the remote would receive are for it. */
	readonly hasTrack: boolean;
	/** In order of preference. */
	readonly codecs: readonly CodecCapability[];
	readonly msid: Msid;
	readonly ssrc: number;
	/** Of retransmissions; undefined: there are none. */
	readonly rtxSsrc?: number | undefined;
}

/** What is wanted of the section of the data channels, of which there is one at most. */
export interface DataWishes {
	/** There are channels: an offer has the section. */
	readonly isWanted: boolean;
	/** The remote's is taken. */
	readonly isAccepted: boolean;
	/** Bytes of a message that may come. */
	readonly maxMessageSize: number;
}

/** This side's ICE and certificate, as they are when a description is made. */
export type LocalTransport = Omit<TransportParameters, "setup">;

/** A media section of a remote description, and the transceiver that it belongs to. */
export interface Incoming<T> {
	transceiver: T;
	/** Whether the remote wants to send: what ontrack is about. */
	sends: boolean;
	msid?: Msid | undefined;
}

/** What offer and answer have come to. */
export interface Agreement<T> {
	dtlsRole: "client" | "server";
	/** One at least; the remote's certificate must match one (RFC 8122 section 5). */
	fingerprints: readonly Fingerprint[];
	sections: { transceiver: T; media: NegotiatedMedia }[];
	/** Of data channels; undefined: there is no section of theirs, or not any more. */
	data: NegotiatedMedia["data"];
	/** The remote's transport may begin anew: see Continuation.isMoved. */
	isMoved: boolean;
}

/** What is to be carried out because a description is in force. */
export interface Effects<T> {
	/** The remote's ICE: to be set, unless it is what is set already. */
	remote?: RemoteTransport | undefined;
	/** The ICE role at the start (RFC 8445 section 6.1.1); undefined: no change. */
	controlling?: boolean | undefined;
	agreement?: Agreement<T> | undefined;
	/** The answer to this offer may come later than what it does: see Agreement.isMoved. */
	mayMove?: boolean;
	incoming: readonly Incoming<T>[];
	/** Transceivers whose sections have ended: they are forgotten here. */
	ended: readonly T[];
	/** Transceivers that a rollback has taken away. */
	withdrawn: readonly T[];
}
