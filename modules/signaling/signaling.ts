// SPDX-License-Identifier: Apache-2.0
// What every way of signaling has in common: KVS, AppRTC, WHIP, WHEP, a bridge to a second chip, or one of your own.
import type WebRTCError from "webrtc/error";

/** A master waits for viewers and answers their offers; a viewer makes the offer to one master. */
export type SignalingRole = "master" | "viewer";

/** Which of two peers makes the offer, where the service decides it when they join. */
export type SignalingSide = "initiator" | "callee";

/** What a way of signaling can carry. What is left out counts as false. */
export interface SignalingCapabilities {
	/** Local candidates can follow an offer or answer. If not, they must all be in it. */
	readonly trickle: boolean;
	/** ICE is renewed by credentials alone: messages of the type "restart" come and go. */
	readonly restart?: boolean;
	/** Another offer can follow in a session: to renegotiate it, or to restart ICE. */
	readonly reoffer?: boolean;
	/**
	 * Peers do not come again when they are turned down: where there is no memory for an offer, it waits for it, 15 s at most.
	 */
	readonly waits?: boolean;
	/** Messages of the application's own: those of the type "custom" come and go. */
	readonly custom?: boolean;
	/** The end of local candidates that follow a description is told, by an empty one. */
	readonly endOfCandidates?: boolean;
}

/** The state of the way to the signaling service, not of any peer. */
export type SignalingState = "new" | "connecting" | "connected" | "disconnected" | "failed";

/** A trickled candidate (W3C RTCIceCandidateInit). An empty `candidate` ends the candidates (RFC 8838 section 8.2). */
export interface CandidateInit {
	candidate: string;
	sdpMid?: string | null;
	sdpMLineIndex?: number | null;
	usernameFragment?: string | null;
}

/** A STUN or TURN server (W3C RTCIceServer). */
export interface IceServer {
	urls: string | string[];
	username?: string;
	credential?: string;
}

/** Why a master turns an offer down. Each transport says it in its own words: WHEP by a status, others by a "bye". */
export interface Rejection {
	/** "busy": there is no memory for it now. */
	reason: "too-many-sessions" | "busy" | "bad-offer" | "no-common-codec" | "failed";
	/** For a person. */
	message: string;
	/** Seconds after which to try again. */
	retryAfter?: number;
}

/** What one side of an ICE generation has: its credentials, and the candidates known so far (RFC 8445 section 5.3). */
export interface IceDescription {
	ufrag: string;
	pwd: string;
	candidates: CandidateInit[];
}

/**
 * What travels between two peers. `peerId` names the other one, whichever the direction.
 *
 * An "offer" has the peer's IP address where the signaling is the one that the peer has connected to.
 *
 * A "restart" renews ICE and nothing else (RFC 9725 section 4.3.3): the peer sends its new credentials, and gets a
 * "restart" with ours, or a "reject", after which the session goes on as it was.
 *
 * An "offer-request" asks this device to make the offer: of a peer that answers, or at a service that is published to. One that
 * cannot be made is turned down by "reject".
 *
 * A "custom" message is the application's own: `kind` says what, `data` is text. Neither side of the SDK looks into it.
 */
export type SignalingMessage =
	| {
			type: "offer" | "answer";
			peerId: string;
			sdp: string;
			correlationId?: string | undefined;
			iceServers?: IceServer[] | undefined;
			remoteAddress?: string | undefined;
	  }
	| { type: "candidate"; peerId: string; candidate: CandidateInit; correlationId?: string | undefined }
	| { type: "restart"; peerId: string; ice: IceDescription; correlationId?: string | undefined }
	| { type: "offer-request"; peerId: string; correlationId?: string | undefined }
	| { type: "custom"; peerId: string; kind: string; data: string; correlationId?: string | undefined }
	| { type: "bye"; peerId: string; correlationId?: string | undefined }
	| { type: "reject"; peerId: string; rejection: Rejection; correlationId?: string | undefined };

/**
 * A step on the way to a connection, for those that show it: the channel is looked up, its endpoint, its ICE servers; a
 * room is joined.
 */
export type SignalingProgress = "describe" | "getEndpoint" | "getIceServers" | "join";

/** What a signaling client tells its owner. None of these may throw. */
export interface SignalingHandler {
	/** The IP addresses of this device, loopback too, IPv6 without brackets: for a signaling that peers connect to. */
	addresses?(): readonly string[];
	onMessage(message: SignalingMessage): void;
	onStateChange(state: SignalingState): void;
	/** A failure that the client reports and survives, or the cause of the state "failed". */
	onError(error: WebRTCError): void;
	/** New or refreshed ICE servers, for sessions to come and those that run. */
	onIceServers(servers: IceServer[]): void;
	/** A step begins. Not every way of signaling has steps. */
	onProgress?(step: SignalingProgress): void;
	/** The service has decided who makes the offer. Where that is this device, an "offer-request" follows. */
	onSide?(side: SignalingSide): void;
}

/**
 * A way of signaling. Implement these to bring your own.
 *
 * The life of one is `connect` → messages both ways → `close`. After "failed" or `close` it is not used again.
 */
export interface SignalingClient {
	/** The name for logs and events: "kvs", "whep". */
	readonly name: string;
	readonly capabilities: SignalingCapabilities;
	readonly state: SignalingState;
	/** Makes the connection and keeps it; progress and failures arrive at the handler. Called once. */
	connect(role: SignalingRole, handler: SignalingHandler): void;
	/**
	 * Sends, or queues within a bound while the connection is being remade.
	 * @throws WebRTCError "signaling/closed" after close
	 */
	send(message: SignalingMessage): void;
	/** The ICE servers known now; more may come by `onIceServers`. */
	readonly iceServers: readonly IceServer[];
	/** Whether it issues servers for a time, and has none that hold now. Default: false. */
	readonly iceRefreshNeeded?: boolean;
	/** Whether it is with the answer to an offer that it names servers, or tells by `onIceServers` that there are no others. */
	readonly iceServersFollow?: boolean;
	/** Counters for statistics, by name. */
	readonly statistics?: object;
	/** Asks for new ones where the service issues them for a time; without effect elsewhere. */
	refreshIceServers(): void;
	/** Ends the connection and gives everything back. Can be called again without effect. */
	close(): void;
}
