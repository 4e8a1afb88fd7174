// SPDX-License-Identifier: Apache-2.0
// One peer without W3C's surface: what the negotiation decides is carried out by the transport and the transceivers, and
// told of as events.
import WebRTCError from "webrtc/error";
import type { IceGatheringState } from "webrtc/ice";
import type { VideoCapture } from "webrtc/media";
import { randomBytes } from "webrtc/native/crypto";
import Certificate from "webrtc/native/dtls/certificate";
import { RtpSession, type RtpSessionStatistics } from "webrtc/native/rtp";
import type Sctp from "webrtc/native/sctp";
import type { SctpOptions } from "webrtc/native/sctp";
import Channels, { type ChannelsOwner, type DataLimits } from "webrtc/peer/channels";
import type { RTCConfiguration } from "webrtc/peer/configuration";
import type RTCDataChannel from "webrtc/peer/datachannel";
import type Description from "webrtc/peer/description";
import type { DescriptionType } from "webrtc/peer/description";
import explain from "webrtc/peer/explain";
import { checkIce, type IceParameters } from "webrtc/peer/ice";
import type { DataWishes, Effects, Incoming, MediaKind } from "webrtc/peer/negotiable";
import Negotiation, { type NegotiationOwner, type RTCSignalingState } from "webrtc/peer/negotiation";
import Network from "webrtc/peer/network";
import type { RemoteTrack } from "webrtc/peer/receiver";
import type RTCRtpReceiver from "webrtc/peer/receiver";
import type { StreamLike, TransceiverOwner } from "webrtc/peer/sender";
import Tasks from "webrtc/peer/tasks";
import RTCRtpTransceiver from "webrtc/peer/transceiver";
import PeerTransport, {
	type RTCIceConnectionState,
	type TransportOptions,
	type TransportOwner,
} from "webrtc/peer/transport";
import { receives } from "webrtc/sdp";
import type { CandidateInit, IceServer } from "webrtc/signaling";

/** W3C webrtc section 4.3.3. */
export type RTCPeerConnectionState = "new" | "connecting" | "connected" | "disconnected" | "failed" | "closed";
/** W3C webrtc section 4.3.2. */
export type RTCIceGatheringState = IceGatheringState;

/** What happens to a connection; W3C's events, but for their target. */
export type ConnectionEvent =
	| {
			type:
				| "connectionstatechange"
				| "iceconnectionstatechange"
				| "icegatheringstatechange"
				| "negotiationneeded"
				| "selectedcandidatepairchange"
				| "signalingstatechange";
	  }
	| { type: "icecandidate"; candidate: CandidateInit | null }
	| { type: "datachannel"; channel: RTCDataChannel }
	| {
			type: "track";
			receiver: RTCRtpReceiver;
			track: RemoteTrack;
			streams: readonly StreamLike[];
			transceiver: RTCRtpTransceiver;
	  };

/** Hears of them. It may call back, and close the connection. */
export interface ConnectionOwner {
	dispatchEvent(event: ConnectionEvent): boolean;
	/** Whether it is worth making. */
	hears(type: ConnectionEvent["type"]): boolean;
}

const none: readonly IceServer[] = Object.freeze([]);
const dataOffered: DataWishes = Object.freeze({ isWanted: false, isAccepted: true, maxMessageSize: 262144 });
const dataRefused: DataWishes = Object.freeze({ isWanted: false, isAccepted: false, maxMessageSize: 0 });

export default class Connection
	implements ChannelsOwner, NegotiationOwner<RTCRtpTransceiver>, TransceiverOwner, TransportOwner
{
	readonly negotiation: Negotiation<RTCRtpTransceiver>;
	readonly tasks = new Tasks(this);
	transport: PeerTransport | undefined;
	connectionState: RTCPeerConnectionState = "new";
	iceConnectionState: RTCIceConnectionState = "new";
	iceGatheringState: RTCIceGatheringState = "new";
	/** Why connectionState is "failed". */
	error: WebRTCError | undefined;
	#owner: ConnectionOwner;
	#network: Network;
	#ownNetwork: Network | undefined;
	#certificate: Certificate;
	#ownCertificate: Certificate | undefined;
	#options: TransportOptions;
	#iceServers: readonly IceServer[];
	#session: RtpSession | undefined;
	#data: DataLimits | false;
	/** Made for the first channel, or when the peer has a section for them. */
	channels: Channels | undefined;

	constructor(owner: ConnectionOwner, configuration: RTCConfiguration) {
		this.#owner = owner;
		this.#network = configuration.network ?? (this.#ownNetwork = new Network());
		this.#certificate = configuration.certificates?.[0] ?? (this.#ownCertificate = new Certificate());
		this.#iceServers = configuration.iceServers ?? none;
		this.#options = {
			hidesHost: configuration.iceTransportPolicy === "relay",
			awaitsServers: configuration.awaitsIceServers,
			namesHost: configuration.hostCandidates === "names",
			maximumCandidates: configuration.limits?.sessionCandidates,
			candidateFilter: configuration.candidateFilter,
		};
		this.#data = configuration.data ?? {};
		this.negotiation = new Negotiation({
			sessionId: String(new DataView(randomBytes(8)).getBigUint64(0) >> 1n), // RFC 9429 section 5.2.1
			cname: hexadecimal(randomBytes(8)), // RFC 7022 section 4.2
			limits: configuration.limits,
			owner: this,
		});
	}

	make(kind: MediaKind): RTCRtpTransceiver {
		return new RTCRtpTransceiver(this, kind, null, "recvonly");
	}

	get cname(): string {
		return this.negotiation.cname;
	}

	/** Made for the first sender that has something to send. */
	get session(): RtpSession | undefined {
		const srtp = this.transport?.srtp;
		return (this.#session ??= srtp && new RtpSession(srtp));
	}

	/** What descriptions say of data channels. */
	get data(): DataWishes {
		if (this.channels) return this.channels;
		if (!this.#data) return dataRefused;
		const { maxMessageSize } = this.#data;
		return maxMessageSize === undefined ? dataOffered : { ...dataOffered, maxMessageSize };
	}

	/** @throws WebRTCError "peer/not-supported" where the configuration leaves them out */
	openChannels(): Channels {
		if (!this.#data) throw new WebRTCError("peer/not-supported", "data: there are none by configuration");
		return (this.channels ??= new Channels(this, this.#data));
	}

	mayGrow(): boolean {
		return this.#network.mayGrow(false);
	}

	onDataChannel(channel: RTCDataChannel): void {
		this.#owner.dispatchEvent({ type: "datachannel", channel });
	}

	openSctp(options: Omit<SctpOptions, "path" | "dtls">): Sctp {
		if (!this.transport) throw new WebRTCError("peer/closed", "there is no transport");
		return this.transport.openSctp(options);
	}

	/** Of the RTP session, while there is one. */
	get rtpStatistics(): RtpSessionStatistics | undefined {
		return this.signalingState === "closed" ? undefined : this.#session?.statistics();
	}

	get signalingState(): RTCSignalingState {
		return this.negotiation.state;
	}

	/** As a getter, for it may change in any event. */
	private get isClosed(): boolean {
		return this.negotiation.state === "closed";
	}

	/** @throws WebRTCError "peer/closed" */
	checkOpen(method: string): void {
		if (this.signalingState === "closed")
			throw new WebRTCError("peer/closed", `${method}: the connection is closed`);
	}

	/** One operation after the other; a closed connection takes none. */
	chain<T>(method: string, operation: () => T | Promise<T>): Promise<T> {
		return this.tasks.chain(() => {
			this.checkOpen(method);
			return operation();
		});
	}

	/** Something that is negotiated has changed. */
	changed(): void {
		this.negotiation.changed();
		this.updateNeeded();
	}

	createOffer(): Description {
		return this.negotiation.createOffer(this.offering().local);
	}

	createAnswer(): Description {
		return this.negotiation.createAnswer(this.open().local);
	}

	setLocal(type: DescriptionType, text?: string): void {
		const transport = type === "offer" ? this.offering() : this.open();
		const before = this.signalingState;
		const effects = this.negotiation.setLocal(type, text, transport.local);
		if (type === "offer") transport.restart();
		transport.gather(this.#iceServers);
		this.pollGatherer(transport);
		this.carryOut(effects, before);
	}

	setRemote(type: DescriptionType, text: string, required?: MediaKind): void {
		const before = this.signalingState;
		const plan = this.negotiation.planRemote(type, text, required);
		this.open();
		this.carryOut(this.negotiation.commit(plan), before);
	}

	rollback(side: "local" | "remote"): void {
		const before = this.signalingState;
		const effects = this.negotiation.rollback(side);
		for (const one of this.negotiation.transceivers) {
			const { currentDirection } = one;
			one.isReceiving = !!currentDirection && currentDirection !== "stopped" && receives(currentDirection);
		}
		this.carryOut(effects, before);
	}

	addCandidate(init: CandidateInit | null): void {
		const { transport } = this;
		if (!this.negotiation.remote || !transport)
			throw new WebRTCError("peer/invalid-state", "addIceCandidate: there is no remote description");
		const ufrag = init?.usernameFragment;
		if (ufrag && ufrag !== transport.remoteUfrag) return; // of an earlier generation
		transport.addRemoteCandidate(init?.candidate ?? "");
	}

	/** Before there is a local description there is nothing to restart (W3C webrtc section 4.4.2, restartIce). */
	restartIce(): void {
		if (!this.negotiation.local) return;
		this.negotiation.needed.restartIce();
		this.updateNeeded();
	}

	restartRemoteIce(remote: IceParameters): IceParameters | undefined {
		const { transport, negotiation } = this;
		checkIce(remote);
		if (!transport || negotiation.state !== "stable" || !negotiation.remote)
			throw new WebRTCError("peer/invalid-state", `restartRemoteIce in the state "${negotiation.state}"`);
		if (!transport.restartRemote(remote)) return undefined;
		transport.gather(this.#iceServers);
		const { iceUfrag, icePwd, candidates, endOfCandidates } = transport.local;
		negotiation.replaceIce(remote, { iceUfrag, icePwd, candidates });
		this.pollGatherer(transport);
		negotiation.release();
		return { iceUfrag, icePwd, candidates, endOfCandidates };
	}

	explain(): string {
		const { connectionState: state, error, negotiation, transport } = this;
		const { local, remote } = negotiation;
		return explain({ state, error, hasLocal: !!local, hasRemote: !!remote, transport });
	}

	/** Ends it and gives everything back; tells of nothing. Can be called again without effect. */
	close(): void {
		if (this.signalingState === "closed") return;
		this.connectionState = "closed";
		this.iceConnectionState = "closed";
		this.negotiation.close();
		this.tasks.clear();
		for (const transceiver of this.negotiation.transceivers) transceiver.end();
		this.channels?.close();
		this.#session?.close();
		this.transport?.close();
		this.#ownNetwork?.close();
		this.#ownCertificate?.close();
	}

	/** A fault of this SDK in a task: it ends this peer, and no other. */
	onException(error: WebRTCError): void {
		if (this.transport) return this.transport.onException(error);
		if (this.signalingState === "closed") return;
		this.error ??= error;
		this.connectionState = "failed";
		this.#owner.dispatchEvent({ type: "connectionstatechange" });
	}

	/** Others from now on, where they are of use. */
	useServers({ iceServers, awaitsIceServers }: RTCConfiguration): void {
		this.#iceServers = iceServers ?? none;
		this.#options.awaitsServers = awaitsIceServers;
		this.transport?.useServers(this.#iceServers, awaitsIceServers);
	}

	onPairChange(): void {
		if (this.signalingState !== "closed") this.#owner.dispatchEvent({ type: "selectedcandidatepairchange" });
	}

	/** Browsers ask for a key frame by the former path, for seconds yet. */
	onPathFound(): void {
		for (const { sender } of this.negotiation.transceivers)
			if (sender.track?.kind === "video") (sender.track as VideoCapture).requestKeyFrame();
	}

	onGathered(): void {
		if (this.transport && this.signalingState !== "closed") this.pollGatherer(this.transport);
	}

	onTransportState(): void {
		const { transport } = this;
		if (!transport || this.signalingState === "closed") return;
		const { iceState, dtlsState } = transport;
		if (iceState !== this.iceConnectionState) {
			this.iceConnectionState = iceState;
			this.#owner.dispatchEvent({ type: "iceconnectionstatechange" });
		}
		if (dtlsState === "closed") {
			this.channels?.end(true); // by the peer: whoever has them hears of it
			if (this.isClosed) return;
			this.close();
			this.#owner.dispatchEvent({ type: "connectionstatechange" });
			return;
		}
		const state = connectionStateOf(iceState, dtlsState);
		if (state === this.connectionState || this.connectionState === "closed") return;
		this.connectionState = state;
		if (state === "failed") this.error = transport.error;
		this.#owner.dispatchEvent({ type: "connectionstatechange" });
	}

	private open(): PeerTransport {
		return (this.transport ??= new PeerTransport(this, this.#network, this.#certificate, this.#options));
	}

	/** The transport as an offer has it, with new credentials where they are due. */
	private offering(): PeerTransport {
		const transport = this.open();
		if (this.negotiation.needed.restarts) transport.prepareRestart();
		return transport;
	}

	/** What a description has come to: the transport and the transceivers do it, then it is told of. */
	private carryOut(effects: Effects<RTCRtpTransceiver>, before: RTCSignalingState): void {
		const { remote, controlling, agreement } = effects;
		const { transport } = this;
		if (transport && controlling !== undefined) transport.agent.setControlling(controlling);
		if (effects.mayMove) transport?.expectMove();
		if (agreement?.isMoved) transport?.move(remote);
		if (remote) transport?.setRemote(remote, agreement !== undefined);
		for (const transceiver of effects.withdrawn) transceiver.end();
		for (const transceiver of effects.ended) transceiver.end();
		const tracks = effects.incoming.filter(isNew);
		if (this.signalingState !== before) this.#owner.dispatchEvent({ type: "signalingstatechange" });
		for (const incoming of tracks) this.tellTrack(incoming);
		if (this.isClosed) return;
		if (transport && agreement) {
			const hasMedia = agreement.sections.some(({ media }) => !media.rejected);
			transport.startDtls(agreement.dtlsRole, agreement.fingerprints, hasMedia);
			for (const { transceiver, media } of agreement.sections) transceiver.apply(media);
			const channels = agreement.data ? this.openChannels() : this.channels;
			channels?.agree(agreement.data, agreement.dtlsRole === "client");
		}
		if (this.signalingState !== "stable") return;
		this.negotiation.release();
		this.negotiation.needed.isTold = false;
		this.updateNeeded();
	}

	private tellTrack({ transceiver, msid }: Incoming<RTCRtpTransceiver>): void {
		if (this.signalingState === "closed" || !this.#owner.hears("track")) return;
		const { receiver } = transceiver;
		const streams = msid && msid.stream !== "-" ? [{ id: msid.stream }] : [];
		this.#owner.dispatchEvent({ type: "track", receiver, track: receiver.track, streams, transceiver });
	}

	/** W3C webrtc section 4.7.3. */
	private updateNeeded(): void {
		this.tasks.post(() => {
			const { negotiation } = this;
			if (negotiation.state !== "stable") return; // it comes again when it is
			const isNeeded = negotiation.isNeeded();
			const isNews = isNeeded && !negotiation.needed.isTold;
			negotiation.needed.isTold = isNeeded;
			if (isNews) this.#owner.dispatchEvent({ type: "negotiationneeded" });
		});
	}

	/** What it has found stands in the local description at once, and is told of when the promise has been heard of. */
	private pollGatherer({ gatherer }: PeerTransport): void {
		for (let event = gatherer.pollEvent(); event; event = gatherer.pollEvent()) {
			const told = event;
			if (told.type === "statechange") this.tasks.post(() => this.setGatheringState(told.state));
			else {
				const { candidate, ufrag: usernameFragment } = told;
				const { mid: sdpMid, index: sdpMLineIndex } = this.negotiation.addLocalCandidate(candidate);
				const init = { candidate, sdpMid, sdpMLineIndex, usernameFragment };
				this.tasks.post(() => this.#owner.dispatchEvent({ type: "icecandidate", candidate: init }));
			}
		}
		if (gatherer.isDone) this.negotiation.endLocalCandidates();
	}

	private setGatheringState(state: RTCIceGatheringState): void {
		this.iceGatheringState = state;
		this.#owner.dispatchEvent({ type: "icegatheringstatechange" });
		if (state === "complete") this.#owner.dispatchEvent({ type: "icecandidate", candidate: null });
	}
}

/** Notes whether the remote sends in a section. @returns whether that is to be told of (W3C webrtc section 5.1.1) */
function isNew({ transceiver, sends }: Incoming<RTCRtpTransceiver>): boolean {
	const isFirst = sends && !transceiver.isReceiving && !transceiver.stopping;
	transceiver.isReceiving = sends;
	return isFirst;
}

/** W3C webrtc section 4.4.2, with one transport. */
function connectionStateOf(ice: RTCIceConnectionState, dtls: string): RTCPeerConnectionState {
	if (ice === "failed" || dtls === "failed") return "failed";
	if (ice === "disconnected") return "disconnected";
	if ((ice === "connected" || ice === "completed") && dtls === "connected") return "connected";
	return ice === "new" && dtls === "new" ? "new" : "connecting";
}

function hexadecimal(bytes: ArrayBuffer): string {
	let text = "";
	for (const byte of new Uint8Array(bytes)) text += byte.toString(16).padStart(2, "0");
	return text;
}
