// SPDX-License-Identifier: Apache-2.0
// W3C RTCPeerConnection: the surface. Events and states are connection.ts's, descriptions negotiation.ts's, packets
// transport.ts's. Everything is bundled on one transport (RFC 9143, "max-bundle").
import Timer from "timer";
import WebRTCError from "webrtc/error";
import guard from "webrtc/error/guard";
import type { Candidate, CandidateType } from "webrtc/ice";
import type { MediaCapture } from "webrtc/media";
import Certificate from "webrtc/native/dtls/certificate";
import { checkConfiguration, checkUnchanged, type RTCConfiguration } from "webrtc/peer/configuration";
import Connection, {
	type ConnectionEvent,
	type RTCIceGatheringState,
	type RTCPeerConnectionState,
} from "webrtc/peer/connection";
import type RTCDataChannel from "webrtc/peer/datachannel";
import type { RTCDataChannelInit } from "webrtc/peer/datachannel";
import type RTCSctpTransport from "webrtc/peer/sctp";
import type Description from "webrtc/peer/description";
import type { DescriptionType } from "webrtc/peer/description";
import EventTarget, { type PeerEvent } from "webrtc/peer/events";
import type { IceParameters } from "webrtc/peer/ice";
import type { MediaKind } from "webrtc/peer/negotiable";
import type { RTCSignalingState } from "webrtc/peer/negotiation";
import type RTCRtpReceiver from "webrtc/peer/receiver";
import RTCRtpSender, { checkTrack, type StreamLike } from "webrtc/peer/sender";
import collectStats, { type RTCStatsReport } from "webrtc/peer/stats";
import RTCRtpTransceiver, { checkDirection } from "webrtc/peer/transceiver";
import type { RTCIceConnectionState } from "webrtc/peer/transport";
import { receives, sends, taggedSection, type Direction, type Refusal } from "webrtc/sdp";
import type { CandidateInit } from "webrtc/signaling";

export type { PeerLimits, RTCConfiguration } from "webrtc/peer/configuration";
export type { RTCIceGatheringState, RTCPeerConnectionState } from "webrtc/peer/connection";
export { smallData } from "webrtc/peer/channels";
export type { DataLimits } from "webrtc/peer/channels";
export { default as RTCDataChannel } from "webrtc/peer/datachannel";
export type {
	ChannelData,
	ChunkEvent,
	MessageEvent,
	RTCDataChannelInit,
	RTCDataChannelState,
	RTCErrorEvent,
} from "webrtc/peer/datachannel";
export { default as RTCSctpTransport } from "webrtc/peer/sctp";
export type { IceParameters } from "webrtc/peer/ice";
export type { RTCSignalingState } from "webrtc/peer/negotiation";
export { default as RTCRtpReceiver } from "webrtc/peer/receiver";
export { default as RTCRtpSender } from "webrtc/peer/sender";
export type { RTCRtpSendParameters, StreamLike } from "webrtc/peer/sender";
export type { RTCRtpCapabilities, RTCRtpCodec } from "webrtc/peer/preferences";
export type { RTCStats, RTCStatsReport } from "webrtc/peer/stats";
export { default as RTCRtpTransceiver } from "webrtc/peer/transceiver";
export type { RTCRtpTransceiverDirection } from "webrtc/peer/transceiver";
export type { RTCIceConnectionState } from "webrtc/peer/transport";

const gatheringPatience = 2_000; // ms

/** W3C webrtc section 4.6.1. */
export type RTCSdpType = DescriptionType | "rollback";

/** W3C webrtc section 4.6.2. */
export interface RTCSessionDescriptionInit {
	type: RTCSdpType;
	sdp: string;
}

interface AcceptOptions {
	required?: MediaKind | undefined;
	receive?: boolean | undefined;
	complete?: boolean | undefined;
}

/** As much of W3C's RTCIceCandidate as tells which way data goes. */
export interface RTCIceCandidatePair {
	readonly local: { type: CandidateType; address: string; port: number; protocol: "udp" | "tcp" };
	readonly remote: { type: CandidateType; address: string; port: number; protocol: "udp" | "tcp" };
}

type EventOf<Type> = PeerEvent & Extract<ConnectionEvent, { type: Type }>;

/** `candidate` is null: there are no more. */
export type RTCPeerConnectionIceEvent = EventOf<"icecandidate">;
/** The peer has opened a channel, which is open within the event. */
export type RTCDataChannelEvent = EventOf<"datachannel">;
/** The remote sends, or is about to. */
export type RTCTrackEvent = EventOf<"track">;

/** The events of a connection, by name. */
export interface PeerConnectionEvents {
	connectionstatechange: PeerEvent;
	iceconnectionstatechange: PeerEvent;
	icegatheringstatechange: PeerEvent;
	signalingstatechange: PeerEvent;
	negotiationneeded: PeerEvent;
	icecandidate: RTCPeerConnectionIceEvent;
	track: RTCTrackEvent;
	datachannel: RTCDataChannelEvent;
	/** Data goes by another pair from now on: see `selectedCandidatePair`. W3C's of RTCIceTransport. */
	selectedcandidatepairchange: PeerEvent;
}

/**
 * One peer, as W3C webrtc describes it. README.md in this folder tells what is left out, and what is otherwise.
 *
 * Errors are WebRTCErrors: their `name` is the DOMException's, their `code` tells more.
 */
export default class RTCPeerConnection extends EventTarget<PeerConnectionEvents> {
	onconnectionstatechange: ((event: PeerEvent) => void) | null = null;
	oniceconnectionstatechange: ((event: PeerEvent) => void) | null = null;
	onicegatheringstatechange: ((event: PeerEvent) => void) | null = null;
	onsignalingstatechange: ((event: PeerEvent) => void) | null = null;
	onnegotiationneeded: ((event: PeerEvent) => void) | null = null;
	onicecandidate: ((event: RTCPeerConnectionIceEvent) => void) | null = null;
	ontrack: ((event: RTCTrackEvent) => void) | null = null;
	ondatachannel: ((event: RTCDataChannelEvent) => void) | null = null;
	onselectedcandidatepairchange: ((event: PeerEvent) => void) | null = null;

	#configuration: RTCConfiguration;
	#connection: Connection;

	/**
	 * @throws TypeError naming the member; WebRTCError "ice/bad-server" (SyntaxError), "peer/invalid-access"
	 * (InvalidAccessError), "peer/not-supported" (NotSupportedError), "transport/…" when there is no UDP port
	 */
	constructor(configuration: RTCConfiguration = {}) {
		super();
		checkConfiguration(configuration);
		this.#configuration = { ...configuration };
		this.#connection = new Connection(this, configuration);
	}

	/**
	 * A certificate for `certificates`. It is the caller's: close() gives it back.
	 * @param algorithm ECDSA over P-256
	 * @throws WebRTCError "peer/not-supported" for another
	 */
	static generateCertificate(algorithm: string | { name: string; namedCurve?: string }): Promise<Certificate> {
		return new Promise((resolve) => {
			const { name, namedCurve } =
				typeof algorithm === "string" ? { name: algorithm, namedCurve: "P-256" } : algorithm;
			if (name.toUpperCase() !== "ECDSA" || namedCurve !== "P-256")
				throw new WebRTCError("peer/not-supported", "algorithm: ECDSA over P-256");
			resolve(new Certificate());
		});
	}

	get signalingState(): RTCSignalingState {
		return this.#connection.signalingState;
	}

	get connectionState(): RTCPeerConnectionState {
		return this.#connection.connectionState;
	}

	get iceConnectionState(): RTCIceConnectionState {
		return this.#connection.iceConnectionState;
	}

	get iceGatheringState(): RTCIceGatheringState {
		return this.#connection.iceGatheringState;
	}

	/** Whether the remote takes candidates after its description; null: there is none yet. */
	get canTrickleIceCandidates(): boolean | null {
		const { remote, local } = this.#connection.negotiation;
		if (!remote) return null;
		const section = taggedSection(remote.parsed, remote.type === "offer" ? undefined : local?.parsed);
		const trickles = section?.iceOptions.includes("trickle") ?? false;
		this.#connection.negotiation.release();
		return trickles;
	}

	/** The pending one, if there is one, else the current one; with the candidates that are known by now. */
	get localDescription(): RTCSessionDescriptionInit | null {
		return describe(this.#connection.negotiation.local);
	}

	get remoteDescription(): RTCSessionDescriptionInit | null {
		return describe(this.#connection.negotiation.remote);
	}

	get currentLocalDescription(): RTCSessionDescriptionInit | null {
		return describe(this.#connection.negotiation.currentLocal);
	}

	get currentRemoteDescription(): RTCSessionDescriptionInit | null {
		return describe(this.#connection.negotiation.currentRemote);
	}

	get pendingLocalDescription(): RTCSessionDescriptionInit | null {
		return describe(this.#connection.negotiation.pendingLocal);
	}

	get pendingRemoteDescription(): RTCSessionDescriptionInit | null {
		return describe(this.#connection.negotiation.pendingRemote);
	}

	/** The association of the data channels; null: none is agreed on. */
	get sctp(): RTCSctpTransport | null {
		return this.#connection.channels?.transport ?? null;
	}

	/** Where data goes; null before there is a path. W3C's of RTCIceTransport. */
	get selectedCandidatePair(): RTCIceCandidatePair | null {
		const pair = this.#connection.transport?.agent.selectedPair;
		return pair ? { local: describeCandidate(pair.local), remote: describeCandidate(pair.remote) } : null;
	}

	/** This host's network has changed, and no path was found again since. Not W3C's. */
	get searching(): boolean {
		return this.#connection.transport?.agent.seeking ?? false;
	}

	/** The peer has proved to be there, by a connectivity check or an answer to one. Not W3C's. */
	get heard(): boolean {
		return this.#connection.transport?.agent.heard ?? false;
	}

	/** DTLS is through; the state may still be "connecting", for want of the peer's nomination. Not W3C's. */
	get secured(): boolean {
		return this.#connection.transport?.dtlsState === "connected";
	}

	/** Why connectionState is "failed". Not W3C's. */
	get error(): WebRTCError | undefined {
		return this.#connection.error;
	}

	/** Why live sections of the newest remote offer are not taken. Not W3C's. */
	get refusals(): readonly Refusal[] {
		return this.#connection.negotiation.refusals;
	}

	/**
	 * Resolves when the local description holds all local candidates, or after 2 s: a server that has not answered by then
	 * holds up nobody. Its relay is used all the same, for the peer learns of it by a check. Not W3C's.
	 */
	get gatheringComplete(): Promise<void> {
		if (this.isGathered) return Promise.resolve();
		return new Promise((resolve) => {
			const done = () => {
				Timer.clear(timer);
				this.removeEventListener("icegatheringstatechange", listener);
				resolve();
			};
			const listener = () => {
				if (this.isGathered) done();
			};
			const timer = Timer.set(guard(this.#connection, done), gatheringPatience);
			this.addEventListener("icegatheringstatechange", listener);
		});
	}

	getConfiguration(): RTCConfiguration {
		return {
			iceServers: [],
			iceTransportPolicy: "all",
			bundlePolicy: "balanced",
			rtcpMuxPolicy: "require",
			certificates: [],
			iceCandidatePoolSize: 0,
			...this.#configuration,
		};
	}

	/**
	 * New ICE servers are used at once as long as there is no path, otherwise from the next gathering on.
	 * @throws as the constructor; WebRTCError "peer/invalid-modification" for what cannot change: certificates, bundlePolicy,
	 * network, and iceCandidatePoolSize once there is a description
	 */
	setConfiguration(configuration: RTCConfiguration): void {
		this.#connection.checkOpen("setConfiguration");
		checkConfiguration(configuration);
		checkUnchanged(this.#configuration, configuration, this.localDescription !== null);
		const { certificates, network, limits, data, candidateFilter } = this.#configuration;
		this.#configuration = { ...configuration, certificates, network, limits, data, candidateFilter };
		this.#connection.useServers(configuration);
	}

	/**
	 * Sends a track, by a transceiver that is there and has none, or by a new one, which would receive as well.
	 * @param streams it belongs to the first of these; default: all tracks of this connection play together
	 * @throws TypeError for what is no track; WebRTCError "peer/invalid-access" for one that is sent already
	 */
	addTrack(track: MediaCapture, ...streams: StreamLike[]): RTCRtpSender {
		this.#connection.checkOpen("addTrack");
		const kind = checkTrack(track);
		const transceivers = this.live();
		if (transceivers.some(({ sender }) => sender.track === track))
			throw new WebRTCError("peer/invalid-access", "addTrack: the track is there already");
		const isFree = (one: RTCRtpTransceiver) => one.kind === kind && !one.hasTrack && !one.sender.hasSent;
		let transceiver = transceivers.find(isFree);
		if (transceiver) {
			transceiver.sender.takeTrack(track);
			transceiver.direction = receives(transceiver.direction as Direction) ? "sendrecv" : "sendonly";
		} else {
			transceiver = new RTCRtpTransceiver(this.#connection, kind, track, "sendrecv");
			this.#connection.negotiation.add(transceiver);
		}
		transceiver.sender.setStreams(...streams);
		return transceiver.sender;
	}

	/**
	 * Sends it no more. The transceiver stays.
	 * @throws WebRTCError "peer/invalid-access" for a sender of another connection
	 */
	removeTrack(sender: RTCRtpSender): void {
		this.#connection.checkOpen("removeTrack");
		const transceiver = this.#connection.negotiation.transceivers.find((one) => one.sender === sender);
		if (!transceiver) {
			if (sender instanceof RTCRtpSender && sender.hasSent) return; // its transceiver has ended
			throw new WebRTCError("peer/invalid-access", "removeTrack: the sender is not of this connection");
		}
		if (!sender.track || transceiver.stopping) return;
		sender.takeTrack(null);
		const direction = transceiver.direction as Direction;
		if (sends(direction)) transceiver.direction = receives(direction) ? "recvonly" : "inactive";
		this.#connection.changed();
	}

	/**
	 * Adds a media section.
	 * @param trackOrKind a capture to send, or the kind of media
	 * @param init.direction default: "sendonly" with a track, for a capture is no player; else "recvonly"
	 * @throws TypeError for anything else
	 */
	addTransceiver(
		trackOrKind: MediaCapture | "audio" | "video",
		init: { direction?: Direction; streams?: readonly StreamLike[] } = {},
	): RTCRtpTransceiver {
		this.#connection.checkOpen("addTransceiver");
		const track = typeof trackOrKind === "string" ? null : trackOrKind;
		const kind = track ? checkTrack(track) : (trackOrKind as MediaKind);
		if (kind !== "audio" && kind !== "video") throw new TypeError('trackOrKind: a capture, "audio" or "video"');
		const direction = checkDirection(
			init.direction === undefined ? (track ? "sendonly" : "recvonly") : init.direction,
		);
		const transceiver = new RTCRtpTransceiver(this.#connection, kind, track, direction);
		if (init.streams) transceiver.sender.setStreams(...init.streams);
		this.#connection.negotiation.add(transceiver);
		this.#connection.changed();
		return transceiver;
	}

	/** Those that have not ended. */
	getTransceivers(): RTCRtpTransceiver[] {
		return [...this.#connection.negotiation.transceivers];
	}

	getSenders(): RTCRtpSender[] {
		return this.live().map(({ sender }) => sender);
	}

	getReceivers(): RTCRtpReceiver[] {
		return this.live().map(({ receiver }) => receiver);
	}

	/**
	 * Makes a data channel, which opens when the connection is there.
	 * @param label at most 65,535 bytes of UTF-8, as init.protocol
	 * @throws TypeError for parameters that do not go together, or are out of range; WebRTCError "peer/closed"
	 * (InvalidStateError), "data/in-use" for an id that is, "data/full" when there are too many (OperationError)
	 */
	createDataChannel(label: string, init: RTCDataChannelInit = {}): RTCDataChannel {
		this.#connection.checkOpen("createDataChannel");
		return this.#connection.openChannels().create(String(label), init);
	}

	/** What an offer would be now; nothing changes by it. */
	createOffer(): Promise<RTCSessionDescriptionInit> {
		return this.#connection.chain("createOffer", () => describe(this.#connection.createOffer())!);
	}

	/** @throws WebRTCError "peer/invalid-state" without an offer of the remote */
	createAnswer(): Promise<RTCSessionDescriptionInit> {
		return this.#connection.chain("createAnswer", () => describe(this.#connection.createAnswer())!);
	}

	/**
	 * Puts a description of this side in force. Candidates are told of after the promise has resolved.
	 * @param description what createOffer or createAnswer gave last; without it, or without `sdp`, one is made. "rollback"
	 * takes a pending offer back.
	 * @throws WebRTCError "peer/invalid-state", "peer/invalid-modification" for another than was made
	 */
	setLocalDescription(description: { type?: RTCSdpType; sdp?: string } | null = {}): Promise<void> {
		return this.#connection.chain("setLocalDescription", () => {
			const type = checkType(description?.type ?? this.#connection.negotiation.due);
			if (type === "rollback") this.#connection.rollback("local");
			else this.#connection.setLocal(type, description?.sdp || undefined);
		});
	}

	/**
	 * Puts a description of the remote in force. Its offer takes the place of one of this side that is pending.
	 * @throws WebRTCError "sdp/…" for a description that cannot be used, "peer/invalid-state"; the connection stays as it was
	 */
	setRemoteDescription(description: { type: RTCSdpType; sdp?: string }): Promise<void> {
		return this.#connection.chain("setRemoteDescription", () => {
			const type = checkType(description.type);
			if (type === "rollback") this.#connection.rollback("remote");
			else this.#connection.setRemote(type, description.sdp ?? "");
		});
	}

	/**
	 * Takes an offer and answers it, in one step. Not W3C's.
	 * @param options.required the kind of media without which a first offer is not worth an answer
	 * @param options.receive whether sections are taken for which there is no track here, to receive what the remote sends
	 * @param options.complete whether to wait until the answer holds all local candidates
	 * @returns the answer
	 * @throws WebRTCError as setRemoteDescription; nothing has changed then
	 */
	acceptOffer(
		sdp: string,
		{ required, receive = true, complete = false }: AcceptOptions = {},
	): Promise<RTCSessionDescriptionInit> {
		return this.#connection.chain("acceptOffer", () => {
			this.#connection.setRemote("offer", sdp, required);
			if (!receive) for (const one of this.live()) if (!one.hasTrack) one.direction = "inactive";
			this.#connection.setLocal("answer");
			return complete && !this.isGathered ? this.gatheringComplete.then(() => this.answer()) : this.answer();
		});
	}

	/**
	 * Adds a candidate of the remote; null, or one with an empty `candidate`: there are no more. One of another generation
	 * than the remote description's is ignored.
	 * @throws WebRTCError "ice/bad-candidate" for one that cannot be parsed, "peer/invalid-state" without a description
	 */
	addIceCandidate(candidate: CandidateInit | null = null): Promise<void> {
		return this.#connection.chain("addIceCandidate", () => this.#connection.addCandidate(candidate));
	}

	/** The next offer has new ICE credentials. Media goes on over the path that there is until there is another. */
	restartIce(): void {
		this.#connection.checkOpen("restartIce");
		this.#connection.restartIce();
	}

	/**
	 * The remote has new ICE credentials without a new offer, as a PATCH of WHEP brings them (RFC 9725 section 4.3.2): ICE
	 * restarts, while media goes on over the path that there is. Not W3C's.
	 * @returns this side's new ones; undefined when the remote's are those that are known already
	 * @throws WebRTCError "peer/invalid-state" without a session or during a negotiation, "sdp/malformed" for bad credentials
	 */
	restartRemoteIce(remote: IceParameters): IceParameters | undefined {
		this.#connection.checkOpen("restartRemoteIce");
		return this.#connection.restartRemoteIce(remote);
	}

	/** The statistics that W3C webrtc-stats names, by id. */
	async getStats(): Promise<RTCStatsReport> {
		const { transport, negotiation, channels, rtpStatistics } = this.#connection;
		return collectStats(transport, negotiation.transceivers, channels, rtpStatistics);
	}

	/**
	 * Tells in words, on one screen, which candidates there are, what each server answered, which pairs were tried and what
	 * came of them, and why there is no path. It holds the addresses of both sides, and no secret. After close() little is
	 * left of it. Not W3C's.
	 */
	explain(): string {
		return this.#connection.explain();
	}

	/** Ends it and gives everything back; fires no event. Can be called again without effect. */
	close(): void {
		this.#connection.close();
	}

	private get isGathered(): boolean {
		return this.signalingState === "closed" || this.#connection.transport?.gatherer.state === "complete";
	}

	private answer(): RTCSessionDescriptionInit {
		const answer = this.localDescription;
		if (!answer) throw new WebRTCError("peer/closed", "acceptOffer: the connection is closed");
		return answer;
	}

	private live(): RTCRtpTransceiver[] {
		return this.#connection.negotiation.transceivers.filter(({ stopping }) => !stopping);
	}
}

function describeCandidate({ type, address, port, tcpType }: Candidate): RTCIceCandidatePair["local"] {
	return { type, address, port, protocol: tcpType ? "tcp" : "udp" };
}

function describe(description: Description | undefined): RTCSessionDescriptionInit | null {
	return description ? { type: description.type, sdp: description.text } : null;
}

/** @throws TypeError */
function checkType(type: unknown): RTCSdpType {
	if (type === "offer" || type === "answer" || type === "pranswer" || type === "rollback") return type;
	throw new TypeError('type: "offer", "answer", "pranswer" or "rollback"');
}
