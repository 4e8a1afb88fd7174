// SPDX-License-Identifier: Apache-2.0
import Timer from "timer";
import type { WebRTCAppEvent } from "webrtc/app/events";
import PeerData, { type DataOptions } from "webrtc/app/data";
import type { AppLimits } from "webrtc/app/limits";
import Origin from "webrtc/app/origin";
import { rejectionOf } from "webrtc/app/refusal";
import { descriptionOf, parametersOf } from "webrtc/app/restart";
import { addTransceivers, restoreCaptures, type SessionMedia } from "webrtc/app/transceivers";
import WebRTCError from "webrtc/error";
import { contain } from "webrtc/error/guard";
import fromNative from "webrtc/error/native";
import RTCPeerConnection, { type RTCConfiguration, type RTCPeerConnectionIceEvent } from "webrtc/peer";
import { checkIceServers } from "webrtc/peer/configuration";
import type { PeerEvent } from "webrtc/peer/events";
import type { CandidateInit, IceDescription, IceServer, SignalingMessage } from "webrtc/signaling";

export interface SessionOptions extends SessionMedia {
	peerId: string;
	configuration: RTCConfiguration;
	/** Whether candidates may follow the description. */
	trickle: boolean;
	/** Whether their end is told where it is not in the description. */
	endOfCandidates: boolean;
	/** Whether the signaling carries another offer in a session. */
	reoffers: boolean;
	/** The peer's, where it is known. */
	remoteAddress?: string | undefined;
	limits: Readonly<AppLimits>;
	/** What is done with data channels; without it there are none. */
	data?: DataOptions | undefined;
	owner: SessionOwner;
}

/** What an application is to its sessions. */
export interface SessionOwner {
	/** Milliseconds that only grow. */
	now(): number;
	/** Runs the work on a description when it is its turn and there is memory. @throws (rejects) "app/busy" */
	takeTurn(step: () => Promise<void>): Promise<void>;
	/** Whether ICE servers may be named yet: see RTCConfiguration. */
	readonly awaitsIceServers: boolean | undefined;
	/** There is memory for a description to wait. */
	readonly hasRoomForAnother: boolean;
	send(message: SignalingMessage): void;
	onEvent(event: WebRTCAppEvent): void;
	/** The session is over, and its peer connection closed. */
	onEnd(session: Session): void;
}

const none: readonly never[] = Object.freeze([]);
// Checks with the credentials that both sides have find a changed network again in a round trip, where they can at all.
const patience = 1500; // ms
const maximumSteps = 4; // what a peer says, and waits
const renewEvery = 10_000; // ms between two restarts that are not answered

/** One peer: its connection, and the talk with it by way of the signaling. */
// Methods are `private` by TypeScript: in XS a #method takes a slot of each instance.
export default class Session {
	readonly peerId: string;
	readonly connection: RTCPeerConnection;
	readonly remoteAddress: string | undefined;
	readonly startedAt: number;
	/** For statistics; see SessionTimes. */
	describedAt: number | undefined;
	gatheredAt: number | undefined;
	reachedAt: number | undefined;
	connectedAt: number | undefined;
	declare readonly data?: PeerData; // no field where there are no channels
	#options: Omit<SessionOptions, "configuration">;
	#queue: Promise<void> = Promise.resolve();
	#steps = 0; // that wait or are under way
	#offerWaits = false;
	#commonServers: IceServer[];
	#ownServers: readonly IceServer[] = none;
	#origin: Origin | undefined;
	#hasEnded = false; // its candidates, as far as the peer has been told
	#streaming = false;
	#ended = false;
	#candidates: CandidateInit[] | undefined; // of the peer, that wait for what goes before them
	#wasConnected = false;
	#firstCheck: Timer | undefined;
	#renewal: Timer | undefined;

	constructor({ configuration, ...options }: SessionOptions) {
		this.#options = options;
		this.peerId = options.peerId;
		this.remoteAddress = options.remoteAddress;
		this.startedAt = options.owner.now();
		this.#commonServers = configuration.iceServers ?? [];
		const connection = new RTCPeerConnection(configuration);
		this.connection = connection;
		connection.addEventListener("connectionstatechange", this);
		connection.addEventListener("icecandidate", this);
		connection.addEventListener("selectedcandidatepairchange", this);
		try {
			addTransceivers(connection, options);
			if (options.data) this.data = new PeerData(this.peerId, connection, options.data);
		} catch (error) {
			connection.close();
			throw error;
		}
	}

	/** Of the connection. */
	handleEvent(event: PeerEvent | RTCPeerConnectionIceEvent): void {
		if (event.type === "selectedcandidatepairchange") {
			this.reachedAt ??= this.#options.owner.now();
			this.event({ type: "candidatePairChanged" });
		} else if (!("candidate" in event)) this.onConnectionState();
		else if (event.candidate) this.sendCandidate(event.candidate);
		else {
			this.gatheredAt ??= this.#options.owner.now();
			this.endCandidates();
			this.event({ type: "iceGatheringComplete" });
		}
	}

	/** Of pictures, where it sends any; else of sound. */
	get firstFrameAt(): number | undefined {
		const senders = this.connection.getSenders();
		const sender = senders.find(({ kind, activity }) => kind === "video" && activity) ?? senders[0];
		const age = sender?.activity?.statistics.firstFrameAge;
		return age === undefined ? undefined : this.#options.owner.now() - Math.round(age * 1000);
	}

	/** It has never been connected, nor so far that DTLS was through: a peer's nomination may come much later. */
	get isConnecting(): boolean {
		return !this.#wasConnected && !this.connection.secured;
	}

	/** Whether an offer goes on with this session: the peer may have begun another since. */
	isContinuedBy(sdp: string): boolean {
		return this.#origin === undefined || this.#origin.isContinuedBy(new Origin(sdp));
	}

	/** Takes an offer, the first or a later one, and answers it; turns it down when that cannot be done. */
	receiveOffer(sdp: string, correlationId: string | undefined): void {
		const { captures, receives, players, trickle } = this.#options;
		if (this.isFull) return this.reject(tooMuch(), correlationId);
		this.#origin = new Origin(sdp);
		this.awaitCheck();
		this.enqueue(async () => {
			try {
				await this.#options.owner.takeTurn(async () => {
					if (this.#ended) return;
					if (this.describedAt !== undefined) restoreCaptures(this.connection, this.#options);
					const answer = await this.connection.acceptOffer(sdp, {
						// A viewer that asks for video and cannot have it is told so, rather than left with a black picture.
						required: captures.some(({ kind }) => kind === "video") ? "video" : undefined,
						receive: receives || players.length > 0,
						complete: !trickle,
					});
					this.sendDescription("answer", answer.sdp, correlationId);
				});
				this.awaitCheck();
			} catch (error) {
				this.reject(error, correlationId);
			}
		});
	}

	/** Makes an offer to the peer; one that waits to be made is as good. */
	sendOffer(): void {
		if (this.#offerWaits) return;
		this.#offerWaits = true;
		this.enqueue(async () => {
			this.#offerWaits = false;
			try {
				await this.connection.setLocalDescription();
				if (!this.#options.trickle) await this.connection.gatheringComplete;
				this.sendDescription("offer", this.connection.localDescription?.sdp, undefined);
			} catch (error) {
				this.fail(toWebRTCError(error));
			}
		});
	}

	/** This host's network has changed. */
	onNetworkChange(): void {
		this.renewIn(patience);
	}

	/**
	 * Renews ICE by an offer where there is no path by then, and the signaling carries one; again and again, until there is one
	 * or the peer's consent has ended.
	 */
	private renewIn(time: number): void {
		if (!this.#options.reoffers || !this.#wasConnected || this.#ended) return;
		this.stopRenewal();
		this.#renewal = Timer.set(() => {
			try {
				this.#renewal = undefined;
				const { connection } = this;
				if (connection.connectionState === "connected" && !connection.searching) return;
				connection.restartIce();
				this.sendOffer();
				this.renewIn(renewEvery);
			} catch (cause) {
				contain(this, cause);
			}
		}, time);
	}

	private stopRenewal(): void {
		if (this.#renewal !== undefined) Timer.clear(this.#renewal);
		this.#renewal = undefined;
	}

	receiveAnswer(sdp: string): void {
		if (this.isFull) return this.event({ type: "error", error: tooMuch() });
		this.#origin = new Origin(sdp);
		this.enqueue(async () => {
			try {
				await this.#options.owner.takeTurn(() => this.connection.setRemoteDescription({ type: "answer", sdp }));
			} catch (error) {
				this.fail(toWebRTCError(error));
			}
		});
	}

	/** A bad candidate is reported and otherwise ignored: the others may do. So is one too many. */
	receiveCandidate(candidate: CandidateInit): void {
		const waiting = (this.#candidates ??= []);
		if (waiting.length >= this.#options.limits.sessionCandidates) return;
		this.awaitCheck();
		if (waiting.push(candidate) === 1) this.enqueue(() => this.addCandidates());
	}

	private async addCandidates(): Promise<void> {
		for (let next = this.#candidates?.shift(); next && !this.#ended; next = this.#candidates?.shift()) {
			try {
				await this.connection.addIceCandidate(next);
			} catch (error) {
				this.event({ type: "error", error: toWebRTCError(error) });
			}
		}
		this.#candidates = undefined;
	}

	/** Takes new ICE credentials of the peer, and answers with ours; where it cannot, all stays as it is. */
	receiveRestart(ice: IceDescription, correlationId: string | undefined): void {
		const { peerId } = this;
		const refuse = (error: WebRTCError) => {
			const { message } = error;
			this.send({ type: "reject", peerId, rejection: { reason: "failed", message }, correlationId });
			this.event({ type: "error", error });
		};
		if (this.isFull) return refuse(tooMuch());
		this.enqueue(async () => {
			try {
				const ours = this.connection.restartRemoteIce(parametersOf(ice));
				if (!ours) throw new WebRTCError("peer/invalid-state", "These ICE credentials are in use already.");
				this.send({ type: "restart", peerId, ice: descriptionOf(ours), correlationId });
			} catch (error) {
				refuse(toWebRTCError(error));
			}
		});
	}

	/** Those that all sessions have, anew. */
	setIceServers(iceServers: IceServer[]): void {
		this.#commonServers = iceServers;
		if (this.#ended) return;
		const servers = [...iceServers, ...this.#ownServers];
		const { awaitsIceServers } = this.#options.owner;
		const configuration = { ...this.connection.getConfiguration(), iceServers: servers, awaitsIceServers };
		this.connection.setConfiguration(configuration);
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
		Timer.clear(this.#firstCheck);
		this.stopRenewal();
		this.#candidates = undefined;
		if (tell) this.send({ type: "bye", peerId: this.peerId });
		this.data?.close();
		this.connection.close();
		if (this.#streaming) this.#options.owner.onEvent({ type: "streamingStopped", peerId: this.peerId });
		this.#options.owner.onEvent({ type: "peerDisconnected", peerId: this.peerId });
		this.#options.owner.onEnd(this);
	}

	/** One description at a time, and the peer's candidates after the description that they belong to. */
	private enqueue(step: () => Promise<void>): void {
		this.#steps++;
		this.#queue = this.#queue.then(() => this.run(step));
	}

	private async run(step: () => Promise<void>): Promise<void> {
		try {
			if (!this.#ended) await step();
		} catch (cause) {
			contain(this, cause);
		}
		this.#steps--;
	}

	/** No peer has so much to say before the first of it is looked at. */
	private get isFull(): boolean {
		return this.#steps >= maximumSteps || (this.#steps > 0 && !this.#options.owner.hasRoomForAnother);
	}

	/** A fault of this SDK: it ends this session, and no other. */
	onException(error: WebRTCError): void {
		this.fail(error);
	}

	/** A peer that has offered, and does not even check whether it can reach us, does not hold a place for long. */
	private awaitCheck(): void {
		if (this.#wasConnected || this.#ended) return;
		Timer.clear(this.#firstCheck);
		const { firstCheck } = this.#options.limits;
		this.#firstCheck = Timer.set(() => {
			try {
				if (!this.#wasConnected && !this.connection.heard) this.fail(unheard(firstCheck));
			} catch (cause) {
				contain(this, cause);
			}
		}, firstCheck);
	}

	private sendDescription(
		type: "offer" | "answer",
		sdp: string | undefined,
		correlationId: string | undefined,
	): void {
		if (this.#ended || !sdp) return;
		this.#options.owner.send({ type, peerId: this.peerId, sdp, correlationId }); // without it there is no session
		this.describedAt ??= this.#options.owner.now();
		this.#hasEnded = sdp.includes("\na=end-of-candidates");
		this.event({ type: type === "offer" ? "sentOffer" : "sentAnswer" });
	}

	private sendCandidate(candidate: CandidateInit): void {
		if (!this.#options.trickle) return; // they are in the description
		this.send({ type: "candidate", peerId: this.peerId, candidate });
		this.event({ type: "sentIceCandidate" });
	}

	/** RFC 8838 section 13. */
	private endCandidates(): void {
		const { trickle, endOfCandidates } = this.#options;
		if (!trickle || !endOfCandidates || this.#hasEnded || this.describedAt === undefined) return;
		this.#hasEnded = true;
		this.send({ type: "candidate", peerId: this.peerId, candidate: { candidate: "" } });
	}

	private onConnectionState(): void {
		switch (this.connection.connectionState) {
			case "connecting":
				this.event({ type: "peerConnecting" });
				break;
			case "connected":
				this.#wasConnected = true;
				this.connectedAt ??= this.#options.owner.now();
				Timer.clear(this.#firstCheck);
				this.#firstCheck = undefined;
				this.event({ type: "peerConnected" });
				if (!this.#streaming && this.#options.captures.length) {
					this.#streaming = true;
					this.event({ type: "streamingStarted" });
				}
				break;
			case "disconnected":
				if (this.#renewal === undefined) this.renewIn(0);
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
		this.send({ type: "reject", peerId: this.peerId, rejection: rejectionOf(reported), correlationId });
		// What could not be looked at has changed nothing: a session that is under way goes on.
		if (reported.code === "app/busy" && this.#wasConnected) this.event({ type: "error", error: reported });
		else this.fail(reported);
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

function tooMuch(): WebRTCError {
	return new WebRTCError("app/busy", "The peer says too much at once.");
}

function unheard(time: number): WebRTCError {
	return new WebRTCError("ice/failed", `No connectivity check has come in ${time / 1000} s.`);
}

function toWebRTCError(error: unknown): WebRTCError {
	return fromNative(error, "peer/invalid-state");
}
