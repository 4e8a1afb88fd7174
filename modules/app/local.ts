// SPDX-License-Identifier: Apache-2.0
// The application's own sessions: who gets one, and what comes for it.
import openCaptures, { openPlayers, playersOf } from "webrtc/app/captures";
import EarlyCandidates from "webrtc/app/early";
import type { WebRTCAppEvent } from "webrtc/app/events";
import { completeLimits, type AppLimits } from "webrtc/app/limits";
import type { WebRTCAppOptions } from "webrtc/app/options";
import { connectingFrom, sessionToEnd } from "webrtc/app/places";
import { busyRetryAfter, fullRetryAfter, reasonForNoPlace } from "webrtc/app/refusal";
import Session, { type SessionOwner } from "webrtc/app/session";
import type { RemoteSessions, RemoteSessionsOwner } from "webrtc/app/sessions";
import Turns from "webrtc/app/turns";
import WaitingOffers, { type Offer, type WaitingOwner } from "webrtc/app/waiting";
import type Clock from "webrtc/device/clock";
import Memory from "webrtc/device/memory";
import WebRTCError from "webrtc/error";
import fromNative from "webrtc/error/native";
import type Certificate from "webrtc/native/dtls/certificate";
import loadCertificate from "webrtc/peer/identity";
import Network from "webrtc/peer/network";
import type { IceServer, SignalingMessage } from "webrtc/signaling";

const earlyLifetime = 20_000; // ms that candidates wait for their offer
// Of the memory that the work on a description needs:
const partForSession = 1.2; // with the session itself: some 450 slots when the work on its description begins
const partForAnother = 0.5; // a description that waits for the one before it
const partForMore = 0.25; // a candidate, a channel: with what must stay free for work that cannot be turned down
const partForEssential = 0.125; // a peer's first candidates

// Methods are `private` by TypeScript, and this is its sessions' owner itself: see modules/README.md.
export default class LocalSessions implements RemoteSessions, SessionOwner, WaitingOwner {
	#options: WebRTCAppOptions;
	#owner: RemoteSessionsOwner | undefined;
	#clock: Clock;
	#limits: Readonly<AppLimits>;
	#sessions = new Map<string, Session>();
	#early = new EarlyCandidates(earlyLifetime);
	#memory: Memory;
	#turns: Turns;
	#waiting: WaitingOffers | undefined; // where peers do not come again
	#admitted: string | undefined; // the last peer that did not have to wait any more, until its description is done
	#iceServers: IceServer[] = [];
	#network: Network | undefined;
	#certificate: Certificate | undefined;

	/** @throws TypeError or RangeError that names a limit */
	constructor(options: WebRTCAppOptions, clock: Clock) {
		this.#options = options;
		this.#clock = clock;
		this.#limits = completeLimits(options.limits);
		const { freeSlots, freeChunks, waitingDescriptions } = this.#limits;
		this.#memory = new Memory({ slots: freeSlots, chunks: freeChunks }, clock);
		this.#turns = new Turns(waitingDescriptions, this.#memory);
		if (options.signaling.capabilities.waits) this.#waiting = new WaitingOffers(this);
	}

	get peers(): readonly string[] {
		return [...this.#sessions.keys()];
	}

	/** All of them, with the peers' ids. */
	get entries(): Iterable<readonly [string, Session]> {
		return this.#sessions;
	}

	get(peerId: string): Session | undefined {
		return this.#sessions.get(peerId);
	}

	/** The UDP ports of all sessions; undefined before open() and after close(). */
	get network(): Network | undefined {
		return this.#network;
	}

	/** Opens the network and the media. @throws WebRTCError when no UDP port can be opened, or there is no certificate */
	open(owner: RemoteSessionsOwner): void {
		this.#owner = owner;
		const { allCandidates: maximumCandidates } = this.#limits;
		const { port, tcpPort, tcpActive, interfaceFilter } = this.#options;
		this.#network = new Network({
			port,
			tcpPort,
			tcpActive,
			maximumCandidates,
			mayGrow: (isEssential) => this.#memory.hasRoomAtOnce(isEssential ? partForEssential : partForMore),
			interfaceFilter,
			onChange: () => this.onNetworkChange(),
		});
		this.#certificate = this.#options.certificate ?? loadCertificate();
		openCaptures(this.#options, owner);
		openPlayers(this.#options, owner);
	}

	close(): void {
		for (const session of [...this.#sessions.values()]) session.end(true);
		this.#early.clear();
		this.#waiting?.close();
		this.#network?.close();
		this.#network = undefined;
		if (!this.#options.certificate) this.#certificate?.close();
		this.#certificate = undefined;
	}

	private onNetworkChange(): void {
		this.onEvent({ type: "networkChanged" });
		for (const session of [...this.#sessions.values()]) session.onNetworkChange();
	}

	/** Sessions in progress get them too: an answer never waits for them. */
	setIceServers(servers: IceServer[]): void {
		this.#iceServers = servers;
		for (const session of this.#sessions.values()) session.setIceServers(servers);
	}

	/** @throws WebRTCError "app/too-many-sessions" or "app/busy" */
	offer(peerId: string): void {
		let session = this.#sessions.get(peerId);
		if (!session) {
			if (this.#sessions.size >= this.maximum)
				throw new WebRTCError("app/too-many-sessions", `All ${this.maximum} places are taken.`);
			if (!this.#memory.hasRoomAtOnce(partForSession))
				throw new WebRTCError("app/busy", "There is no memory for another session now.");
			session = this.add(peerId);
		}
		session.sendOffer();
	}

	/** The signaling wants an offer, for a peer or of its own: one that cannot be made is turned down as a peer's is. */
	private offerAsked(peerId: string, correlationId: string | undefined): void {
		this.onEvent({ type: "offerRequested", peerId });
		try {
			this.offer(peerId);
		} catch (error) {
			this.turnDown(peerId, correlationId, error);
		}
	}

	/** @throws WebRTCError "app/unknown-peer" */
	end(peerId: string): void {
		const session = this.#sessions.get(peerId);
		if (!session) throw new WebRTCError("app/unknown-peer", `disconnect: no session with ${peerId}`);
		session.end(true);
	}

	receive(message: SignalingMessage): void {
		const { peerId } = message;
		const session = this.#sessions.get(peerId);
		switch (message.type) {
			case "offer":
				this.receiveOffer(message);
				break;
			case "answer":
				if (session) session.receiveAnswer(message.sdp);
				else this.unknownPeer("answer", peerId);
				break;
			case "candidate":
				this.onEvent({ type: "receivedIceCandidate", peerId });
				if (!this.#memory.hasRoomAtOnce(partForMore)) break; // the peer's own checks may do
				if (session) session.receiveCandidate(message.candidate);
				else this.#early.add(peerId, message.candidate, this.now());
				break;
			case "restart":
				if (session) session.receiveRestart(message.ice, message.correlationId);
				else this.unknownPeer("ICE restart", peerId);
				break;
			case "offer-request":
				this.offerAsked(peerId, message.correlationId);
				break;
			case "bye":
			case "reject":
				this.#waiting?.forget(peerId);
				session?.end(false);
				break;
		}
	}

	private receiveOffer(offer: Offer): void {
		const { peerId, sdp } = offer;
		this.onEvent({ type: "receivedOffer", peerId });
		let session = this.#sessions.get(peerId);
		if (session && !session.isContinuedBy(sdp)) {
			session.end(false); // nobody is there any more to be told; a "bye" would end the new one
			session = undefined;
		}
		if (session) return this.begin(session, offer);
		this.onEvent({ type: "peerConnectionRequested", peerId });
		if (this.#waiting) this.#waiting.take(offer);
		else this.admit(offer, true);
	}

	/** Gives an offer a session, or turns it down; false: not yet. */
	admit(offer: Offer, isLast: boolean): boolean {
		const { peerId, remoteAddress, correlationId } = offer;
		if (!isLast && (this.#admitted !== undefined || !this.#memory.hasRoomAtOnce(partForSession))) return false;
		let session: Session;
		try {
			this.makePlace(remoteAddress);
			session = this.add(peerId, remoteAddress);
		} catch (error) {
			this.turnDown(peerId, correlationId, error);
			return true;
		}
		if (this.#waiting) this.#admitted = peerId;
		this.begin(session, offer);
		return true;
	}

	private begin(session: Session, { peerId, sdp, correlationId, iceServers }: Offer): void {
		if (iceServers) session.addIceServers(iceServers);
		session.receiveOffer(sdp, correlationId);
		for (const candidate of this.#early.take(peerId, this.now())) session.receiveCandidate(candidate);
	}

	/** @throws WebRTCError "app/too-many-sessions" or "app/busy" */
	private makePlace(remoteAddress: string | undefined): void {
		const now = this.now();
		if (remoteAddress !== undefined) {
			const isMany = connectingFrom(this.#sessions.values(), remoteAddress) >= this.#limits.connectingPerAddress;
			const oldest = isMany ? sessionToEnd(this.#sessions.values(), now, remoteAddress) : undefined;
			if (isMany && !oldest)
				throw new WebRTCError("app/too-many-sessions", "Too many viewers of your address connect at once.");
			if (oldest) this.displace(oldest);
		}
		if (this.#sessions.size >= this.maximum) {
			const oldest = sessionToEnd(this.#sessions.values(), now);
			if (!oldest) throw new WebRTCError("app/too-many-sessions", `All ${this.maximum} places are taken.`);
			this.displace(oldest);
		}
		while (!this.#memory.hasRoom(partForSession)) {
			const oldest = sessionToEnd(this.#sessions.values(), now);
			if (!oldest) throw new WebRTCError("app/busy", "There is no memory for another viewer now.");
			this.displace(oldest);
		}
	}

	private displace(session: Session): void {
		const error = new WebRTCError("ice/failed", "It was not heard of, and another peer needs its place.");
		this.onEvent({ type: "peerConnectionFailed", peerId: session.peerId, error });
		session.end(true);
	}

	private turnDown(peerId: string, correlationId: string | undefined, cause: unknown): void {
		const error = fromNative(cause, "peer/out-of-resources");
		const reason = reasonForNoPlace(error);
		const retryAfter = reason === "busy" ? busyRetryAfter : fullRetryAfter;
		const rejection = { reason, message: error.message, retryAfter };
		this.send({ type: "reject", peerId, correlationId, rejection });
		this.#early.take(peerId, this.now());
		this.onEvent({ type: "error", peerId, error });
	}

	private add(peerId: string, remoteAddress?: string): Session {
		const {
			signaling,
			iceTransportPolicy,
			data,
			trickle,
			receive,
			role,
			media = "audio-video",
			codecs,
			candidateFilter,
			hostCandidates,
		} = this.#options;
		const session = new Session({
			peerId,
			remoteAddress,
			limits: this.#limits,
			configuration: {
				network: this.#network!,
				certificates: [this.#certificate!],
				iceServers: this.#iceServers,
				awaitsIceServers: this.awaitsIceServers,
				iceTransportPolicy,
				limits: this.#limits,
				candidateFilter,
				hostCandidates,
				data: data ?? false,
			},
			data,
			trickle: trickle !== false && signaling.capabilities.trickle,
			endOfCandidates: signaling.capabilities.endOfCandidates ?? false,
			reoffers: signaling.capabilities.reoffer ?? false,
			captures: openCaptures(this.#options, this.#owner!),
			receives: receive ?? role === "viewer",
			players: playersOf(this.#options),
			media,
			codecs,
			owner: this,
		});
		this.#sessions.set(peerId, session);
		return session;
	}

	private get maximum(): number {
		return this.#options.maximumSessions ?? 5;
	}

	private unknownPeer(what: string, peerId: string): void {
		const error = new WebRTCError("app/unknown-peer", `an ${what} came from a peer without a session`);
		this.onEvent({ type: "error", peerId, error });
	}

	// What a session asks of its owner:

	get awaitsIceServers(): boolean | undefined {
		const { signaling, trickle } = this.#options;
		const { iceServersFollow, iceRefreshNeeded } = signaling;
		// An offer that has all candidates in it cannot wait for what comes with its answer.
		if (iceServersFollow !== undefined) return iceServersFollow && trickle !== false;
		return (iceRefreshNeeded && !this.#iceServers.length) || undefined;
	}

	now(): number {
		return this.#clock.now;
	}
	takeTurn(step: () => Promise<void>): Promise<void> {
		const turn = this.#turns.take(step);
		if (!this.#waiting) return turn;
		return turn.finally(() => {
			this.#admitted = undefined;
			this.#waiting?.next();
		});
	}
	get hasRoomForAnother(): boolean {
		return this.#memory.hasRoomAtOnce(partForAnother);
	}
	send(message: SignalingMessage): void {
		this.#owner?.send(message);
	}
	onEvent(event: WebRTCAppEvent): void {
		this.#owner?.onEvent(event);
	}
	onEnd({ peerId }: Session): void {
		this.#sessions.delete(peerId);
		if (this.#admitted === peerId) this.#admitted = undefined;
	}
	onException(error: WebRTCError): void {
		this.onEvent({ type: "error", error });
	}
}
