// SPDX-License-Identifier: Apache-2.0
import type { WebRTCAppEvent } from "webrtc/app/events";
import Origin from "webrtc/app/origin";
import WebRTCError from "webrtc/error";
import fromNative from "webrtc/error/native";
import type { AudioCapture, VideoCapture } from "webrtc/media";
import RTCPeerConnection, {
	type IceParameters,
	type RTCConfiguration,
	type RTCPeerConnectionIceEvent,
} from "webrtc/peer";
import { checkIceServers } from "webrtc/peer/configuration";
import type { PeerEvent } from "webrtc/peer/events";
import type { CandidateInit, IceServer, Rejection, SignalingMessage } from "webrtc/signaling";

export interface SessionOptions {
	peerId: string;
	configuration: RTCConfiguration;
	/** Whether candidates may follow the description. */
	trickle: boolean;
	captures: (VideoCapture | AudioCapture)[];
	/** Whether this side asks for the peer's media, as a viewer does. */
	receives: boolean;
	owner: SessionOwner;
}

/** What an application is to its sessions. */
export interface SessionOwner {
	send(message: SignalingMessage): void;
	onEvent(event: WebRTCAppEvent): void;
	/** The session is over, and its peer connection closed. */
	onEnd(session: Session): void;
}

// Methods are `private` by TypeScript, for a #method takes a slot of each session.
/** One peer: its connection, and the talk with it by way of the signaling. */
export default class Session {
	readonly peerId: string;
	readonly connection: RTCPeerConnection;
	#options: SessionOptions;
	#queue: Promise<void> = Promise.resolve();
	#commonServers: IceServer[];
	#ownServers: IceServer[] = [];
	#origin: Origin | undefined;
	#streaming = false;
	#ended = false;

	constructor(options: SessionOptions) {
		this.#options = options;
		this.peerId = options.peerId;
		this.#commonServers = options.configuration.iceServers ?? [];
		const connection = new RTCPeerConnection(options.configuration);
		this.connection = connection;
		connection.addEventListener("connectionstatechange", this);
		connection.addEventListener("icecandidate", this);
		try {
			this.addTransceivers(options);
		} catch (error) {
			connection.close();
			throw error;
		}
	}

	/** Of the connection. */
	handleEvent(event: PeerEvent | RTCPeerConnectionIceEvent): void {
		if (!("candidate" in event)) this.onConnectionState();
		else if (event.candidate) this.sendCandidate(event.candidate);
		else this.event({ type: "iceGatheringComplete" });
	}

	/** Whether an offer goes on with this session: the peer may have begun another since. */
	isContinuedBy(sdp: string): boolean {
		return this.#origin === undefined || this.#origin.isContinuedBy(new Origin(sdp));
	}

	/** Takes an offer, the first or a later one, and answers it; turns it down when that cannot be done. */
	receiveOffer(sdp: string, correlationId: string | undefined): void {
		const { captures, receives, trickle } = this.#options;
		this.#origin = new Origin(sdp);
		this.enqueue(async () => {
			try {
				const answer = await this.connection.acceptOffer(sdp, {
					// A viewer that asks for video and cannot have it is told so, rather than left with a black picture.
					required: captures.some(({ kind }) => kind === "video") ? "video" : undefined,
					receive: receives,
					complete: !trickle,
				});
				this.sendDescription("answer", answer.sdp, correlationId);
			} catch (error) {
				this.reject(error, correlationId);
			}
		});
	}

	/** Makes an offer to the peer. */
	sendOffer(): void {
		this.enqueue(async () => {
			try {
				await this.connection.setLocalDescription();
				if (!this.#options.trickle) await this.connection.gatheringComplete;
				this.sendDescription("offer", this.connection.localDescription?.sdp, undefined);
			} catch (error) {
				this.fail(toWebRTCError(error));
			}
		});
	}

	receiveAnswer(sdp: string): void {
		this.#origin = new Origin(sdp);
		this.enqueue(async () => {
			try {
				await this.connection.setRemoteDescription({ type: "answer", sdp });
			} catch (error) {
				this.fail(toWebRTCError(error));
			}
		});
	}

	/** A bad candidate is reported and otherwise ignored: the others may do. */
	receiveCandidate(candidate: CandidateInit): void {
		this.enqueue(async () => {
			try {
				await this.connection.addIceCandidate(candidate);
			} catch (error) {
				this.event({ type: "error", error: toWebRTCError(error) });
			}
		});
	}

	/**
	 * New ICE credentials of the peer without an offer (RFC 9725 section 4.3.2).
	 * @returns this side's new ones; undefined when they are not new, or the session is over
	 * @throws WebRTCError as RTCPeerConnection's restartRemoteIce
	 */
	restartRemoteIce(remote: IceParameters): IceParameters | undefined {
		return this.#ended ? undefined : this.connection.restartRemoteIce(remote);
	}

	/** Those that all sessions have, anew. */
	setIceServers(iceServers: IceServer[]): void {
		this.#commonServers = iceServers;
		if (this.#ended) return;
		const servers = [...iceServers, ...this.#ownServers];
		this.connection.setConfiguration({ ...this.connection.getConfiguration(), iceServers: servers });
	}

	/** Those that the peer has named for this session; without them it may do as well. */
	addIceServers(iceServers: IceServer[]): void {
		try {
			checkIceServers(iceServers);
		} catch (error) {
			this.event({ type: "error", error: fromNative(error, "ice/bad-server") });
			return;
		}
		this.#ownServers = iceServers;
		this.setIceServers(this.#commonServers);
	}

	/** Ends the session; the peer is told where `tell`. Can be called again without effect. */
	end(tell: boolean): void {
		if (this.#ended) return;
		this.#ended = true;
		if (tell) this.send({ type: "bye", peerId: this.peerId });
		this.connection.close();
		if (this.#streaming) this.#options.owner.onEvent({ type: "streamingStopped", peerId: this.peerId });
		this.#options.owner.onEvent({ type: "peerDisconnected", peerId: this.peerId });
		this.#options.owner.onEnd(this);
	}

	private addTransceivers({ captures, receives }: SessionOptions): void {
		const direction = receives ? "sendrecv" : "sendonly";
		for (const capture of captures) this.connection.addTransceiver(capture, { direction });
		if (!receives) return;
		for (const kind of ["video", "audio"] as const) {
			if (captures.some((capture) => capture.kind === kind)) continue;
			this.connection.addTransceiver(kind, { direction: "recvonly" });
		}
	}

	/** One description at a time, and the peer's candidates after the description that they belong to. */
	private enqueue(step: () => Promise<void>): void {
		this.#queue = this.#queue.then(() => (this.#ended ? undefined : step()));
	}

	private sendDescription(
		type: "offer" | "answer",
		sdp: string | undefined,
		correlationId: string | undefined,
	): void {
		if (this.#ended || !sdp) return;
		this.#options.owner.send({ type, peerId: this.peerId, sdp, correlationId }); // without it there is no session
		this.event({ type: type === "offer" ? "sentOffer" : "sentAnswer" });
	}

	private sendCandidate(candidate: CandidateInit): void {
		if (!this.#options.trickle) return; // they are in the description
		this.send({ type: "candidate", peerId: this.peerId, candidate });
		this.event({ type: "sentIceCandidate" });
	}

	private onConnectionState(): void {
		switch (this.connection.connectionState) {
			case "connecting":
				this.event({ type: "peerConnecting" });
				break;
			case "connected":
				this.event({ type: "peerConnected" });
				if (!this.#streaming && this.#options.captures.length) {
					this.#streaming = true;
					this.event({ type: "streamingStarted" });
				}
				break;
			case "failed":
				this.fail(this.connection.error ?? new WebRTCError("ice/failed", "The connection failed."));
				break;
			case "closed": // the peer has closed it: our own close() dispatches nothing. The signaling does not know yet.
				this.end(true);
				break;
		}
	}

	private reject(error: unknown, correlationId: string | undefined): void {
		const reported = toWebRTCError(error);
		const rejection: Rejection = { reason: reasonOf(reported), message: reported.message };
		this.send({ type: "reject", peerId: this.peerId, rejection, correlationId });
		this.fail(reported);
	}

	private fail(error: WebRTCError): void {
		if (this.#ended) return;
		this.event({ type: "peerConnectionFailed", error });
		this.end(true);
	}

	private send(message: SignalingMessage): void {
		try {
			this.#options.owner.send(message);
		} catch (error) {
			this.event({ type: "signalingError", error: toWebRTCError(error) });
		}
	}

	private event(event: WebRTCAppEvent): void {
		if (!this.#ended) this.#options.owner.onEvent({ ...event, peerId: this.peerId });
	}
}

function reasonOf(error: WebRTCError): Rejection["reason"] {
	if (error.code === "sdp/no-common-codec") return "no-common-codec";
	return error.code.startsWith("sdp/") ? "bad-offer" : "failed";
}

function toWebRTCError(error: unknown): WebRTCError {
	return fromNative(error, "peer/invalid-state");
}
