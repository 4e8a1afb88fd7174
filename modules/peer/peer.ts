// SPDX-License-Identifier: Apache-2.0
// W3C RTCPeerConnection: surface, events and states. Descriptions are negotiation.ts's, the way of packets transport.ts's;
// everything is bundled on one transport (RFC 9143, "max-bundle").
import WebRTCError from "webrtc/error";
import type { IceGatheringState } from "webrtc/ice";
import type { MediaCapture } from "webrtc/media";
import { randomBytes } from "webrtc/native/crypto";
import Certificate from "webrtc/native/dtls/certificate";
import type Description from "webrtc/peer/description";
import type { DescriptionType } from "webrtc/peer/description";
import EventTarget, { type PeerEvent } from "webrtc/peer/events";
import type { Effects, MediaKind } from "webrtc/peer/negotiable";
import { checkIce, type IceParameters } from "webrtc/peer/ice";
import Negotiation, { type RTCSignalingState } from "webrtc/peer/negotiation";
import Network from "webrtc/peer/network";
import Operations from "webrtc/peer/operations";
import collectStats, { type RTCStatsReport } from "webrtc/peer/stats";
import Tasks from "webrtc/peer/tasks";
import RTCRtpTransceiver, { checkDirection, type RTCRtpTransceiverDirection } from "webrtc/peer/transceiver";
import PeerTransport, { type RTCIceConnectionState } from "webrtc/peer/transport";
import * as sdp from "webrtc/sdp";
import type { CandidateInit, IceServer } from "webrtc/signaling";

export type { RTCSignalingState } from "webrtc/peer/negotiation";
export type { IceParameters } from "webrtc/peer/ice";
export type { RTCIceConnectionState } from "webrtc/peer/transport";
export type { RTCRtpTransceiverDirection } from "webrtc/peer/transceiver";
export type { RTCStats, RTCStatsReport } from "webrtc/peer/stats";

export interface RTCConfiguration {
	iceServers?: IceServer[];
	/** One of them is used. Default: a new one for this connection. */
	certificates?: Certificate[];
	/** The UDP port to share with other connections. Default: one of its own. */
	network?: Network;
	/** What the peer's descriptions may hold, and how many candidates it may signal. Default: what suits a board. */
	limits?: PeerLimits;
}

export type PeerLimits = Partial<sdp.SdpLimits> & { sessionCandidates?: number };

export type RTCSdpType = DescriptionType | "rollback";

export interface RTCSessionDescriptionInit {
	type: RTCSdpType;
	sdp: string;
}

export type RTCPeerConnectionState = "new" | "connecting" | "connected" | "disconnected" | "failed" | "closed";
export type RTCIceGatheringState = IceGatheringState;

export interface CandidateEvent extends PeerEvent {
	/** null: there are no more. */
	readonly candidate: CandidateInit | null;
}

export interface PeerConnectionEvents {
	connectionstatechange: PeerEvent;
	iceconnectionstatechange: PeerEvent;
	icegatheringstatechange: PeerEvent;
	signalingstatechange: PeerEvent;
	icecandidate: CandidateEvent;
}

/**
 * One peer. Differences from W3C, all for small machines:
 * - A track is a capture of this SDK, which encodes once for all connections that it is added to.
 * - A transceiver made by addTransceiver takes the matching media section of a remote offer.
 * - Everything is bundled; a media section outside the bundle is rejected.
 * - The peer's closing (DTLS close_notify) closes this connection, with a last connectionstatechange.
 */
export default class RTCPeerConnection extends EventTarget<PeerConnectionEvents> {
	onconnectionstatechange: ((event: PeerEvent) => void) | null = null;
	oniceconnectionstatechange: ((event: PeerEvent) => void) | null = null;
	onicegatheringstatechange: ((event: PeerEvent) => void) | null = null;
	onsignalingstatechange: ((event: PeerEvent) => void) | null = null;
	onicecandidate: ((event: CandidateEvent) => void) | null = null;

	#configuration: RTCConfiguration;
	#network: Network;
	#ownNetwork: boolean;
	#certificate: Certificate;
	#ownCertificate: boolean;
	#transport: PeerTransport | undefined;
	#negotiation: Negotiation<RTCRtpTransceiver>;
	#operations = new Operations(() => {});
	#tasks = new Tasks();
	#connectionState: RTCPeerConnectionState = "new";
	#iceConnectionState: RTCIceConnectionState = "new";
	#iceGatheringState: RTCIceGatheringState = "new";
	#cname: string;
	#error: WebRTCError | undefined;

	constructor(configuration: RTCConfiguration = {}) {
		super();
		this.#configuration = { ...configuration };
		this.#ownNetwork = !configuration.network;
		this.#network = configuration.network ?? new Network();
		const certificate = configuration.certificates?.[0];
		this.#ownCertificate = !certificate;
		this.#certificate = certificate ?? new Certificate();
		this.#cname = hexadecimal(randomBytes(8)); // RFC 7022 section 4.2
		this.#negotiation = new Negotiation({
			sessionId: String(new DataView(randomBytes(8)).getBigUint64(0) >> 1n), // RFC 9429 section 5.2.1
			cname: this.#cname,
			limits: configuration.limits,
			make: (kind) => this.#makeTransceiver(kind, null, "inactive"),
		});
	}

	get signalingState(): RTCSignalingState {
		return this.#negotiation.state;
	}

	get connectionState(): RTCPeerConnectionState {
		return this.#connectionState;
	}

	get iceConnectionState(): RTCIceConnectionState {
		return this.#iceConnectionState;
	}

	get iceGatheringState(): RTCIceGatheringState {
		return this.#iceGatheringState;
	}

	get canTrickleIceCandidates(): boolean | null {
		const { remote, local } = this.#negotiation;
		if (!remote) return null;
		return (
			sdp
				.taggedSection(remote.parsed, remote.type === "offer" ? undefined : local?.parsed)
				?.iceOptions.includes("trickle") ?? false
		);
	}

	/** The pending one, if there is one, else the current one. With the candidates that are known by now. */
	get localDescription(): RTCSessionDescriptionInit | null {
		return describe(this.#negotiation.local);
	}

	get remoteDescription(): RTCSessionDescriptionInit | null {
		return describe(this.#negotiation.remote);
	}

	get currentLocalDescription(): RTCSessionDescriptionInit | null {
		return describe(this.#negotiation.currentLocal);
	}

	get currentRemoteDescription(): RTCSessionDescriptionInit | null {
		return describe(this.#negotiation.currentRemote);
	}

	get pendingLocalDescription(): RTCSessionDescriptionInit | null {
		return describe(this.#negotiation.pendingLocal);
	}

	get pendingRemoteDescription(): RTCSessionDescriptionInit | null {
		return describe(this.#negotiation.pendingRemote);
	}

	/** Beyond W3C: the peer has proved to be there, by a connectivity check or an answer to one. */
	get heard(): boolean {
		return this.#transport?.agent.heard ?? false;
	}

	/** Why connectionState is "failed". */
	get error(): WebRTCError | undefined {
		return this.#error;
	}

	/** Why live sections of the newest remote offer are not taken. */
	get refusals(): readonly sdp.Refusal[] {
		return this.#negotiation.refusals;
	}

	/** Resolves when the local description holds all local candidates. */
	get gatheringComplete(): Promise<void> {
		if (this.#transport?.gatherer.state === "complete" || this.signalingState === "closed")
			return Promise.resolve();
		return new Promise((resolve) => {
			const listener = () => {
				if (this.#iceGatheringState !== "complete") return;
				this.removeEventListener("icegatheringstatechange", listener);
				resolve();
			};
			this.addEventListener("icegatheringstatechange", listener);
		});
	}

	getConfiguration(): RTCConfiguration {
		return { ...this.#configuration };
	}

	/** New ICE servers are used from the next gathering on. Certificates and the network cannot change. */
	setConfiguration(configuration: RTCConfiguration): void {
		this.#checkOpen("setConfiguration");
		const { iceServers } = configuration;
		this.#configuration = { ...this.#configuration, iceServers };
	}

	/**
	 * Adds a media section.
	 * @param trackOrKind a capture to send, or the kind of media
	 * @throws TypeError for anything else
	 */
	addTransceiver(
		trackOrKind: MediaCapture | "audio" | "video",
		init: { direction?: RTCRtpTransceiverDirection } = {},
	): RTCRtpTransceiver {
		this.#checkOpen("addTransceiver");
		const track = typeof trackOrKind === "string" ? null : trackOrKind;
		const kind = track ? track.kind : trackOrKind;
		if (kind !== "audio" && kind !== "video") throw new TypeError('trackOrKind: a capture, "audio" or "video"');
		const direction = checkDirection(init.direction ?? (track ? "sendonly" : "recvonly"));
		const transceiver = this.#makeTransceiver(kind, track, direction);
		this.#negotiation.add(transceiver);
		return transceiver;
	}

	getTransceivers(): RTCRtpTransceiver[] {
		return [...this.#negotiation.transceivers];
	}

	/** What an offer would be now; nothing changes by it. */
	createOffer(): Promise<RTCSessionDescriptionInit> {
		return this.#run("createOffer", () => describe(this.#negotiation.createOffer(this.#offering().local))!);
	}

	createAnswer(): Promise<RTCSessionDescriptionInit> {
		return this.#run("createAnswer", () => describe(this.#negotiation.createAnswer(this.#openTransport().local))!);
	}

	/**
	 * Puts a description of this side in force. Candidates are told of after the promise has resolved.
	 * @param description what createOffer or createAnswer gave last; without it, or without `sdp`, one is made
	 * @throws WebRTCError "peer/invalid-state", "peer/invalid-modification" for another than was made
	 */
	setLocalDescription(description: { type?: RTCSdpType; sdp?: string } = {}): Promise<void> {
		return this.#run("setLocalDescription", () => {
			const type = description.type ?? this.#negotiation.due;
			if (type === "rollback") this.#rollback("local");
			else this.#setLocal(type, description.sdp || undefined);
		});
	}

	/** @throws WebRTCError "sdp/…" for a description that cannot be used; the connection stays as it was */
	setRemoteDescription(description: { type: RTCSdpType; sdp?: string }): Promise<void> {
		return this.#run("setRemoteDescription", () => {
			const { type, sdp: text = "" } = description;
			if (type === "rollback") this.#rollback("remote");
			else this.#setRemote(type, text);
		});
	}

	/**
	 * Takes an offer and answers it, in one step.
	 * @param options.required the kind of media without which a first offer is not worth an answer
	 * @param options.complete whether to wait until the answer holds all local candidates
	 * @returns the answer
	 * @throws WebRTCError as setRemoteDescription; nothing has changed then
	 */
	async acceptOffer(
		text: string,
		{ required, complete = false }: { required?: MediaKind; complete?: boolean } = {},
	): Promise<RTCSessionDescriptionInit> {
		await this.#run("acceptOffer", () => {
			this.#setRemote("offer", text, required);
			this.#setLocal("answer", undefined);
		});
		if (complete) await this.gatheringComplete;
		const answer = this.localDescription;
		if (!answer) throw new WebRTCError("peer/closed", "acceptOffer: the connection is closed");
		return answer;
	}

	/** @throws WebRTCError "ice/bad-candidate" for one that cannot be parsed */
	addIceCandidate(init: CandidateInit | null = null): Promise<void> {
		return this.#run("addIceCandidate", () => {
			const transport = this.#transport;
			if (!this.#negotiation.remote || !transport)
				throw new WebRTCError("peer/invalid-state", "addIceCandidate: there is no remote description");
			const ufrag = init?.usernameFragment;
			if (ufrag && ufrag !== transport.remoteUfrag) return; // of an earlier generation
			transport.addRemoteCandidate(init?.candidate ?? "");
		});
	}

	/** The next offer has new ICE credentials. Media goes on over the path that there is until there is another. */
	restartIce(): void {
		this.#checkOpen("restartIce");
		this.#negotiation.needed.restartIce();
	}

	/**
	 * The remote has new ICE credentials without a new offer, as a PATCH of WHEP brings them (RFC 9725 section 4.3.2): ICE
	 * restarts, while media goes on over the path that there is.
	 * @returns this side's new ones; undefined when the remote's are those that are known already
	 * @throws WebRTCError "peer/invalid-state" without a session or during a negotiation, "sdp/malformed" for bad credentials
	 */
	restartRemoteIce(remote: IceParameters): IceParameters | undefined {
		this.#checkOpen("restartRemoteIce");
		const transport = this.#transport;
		checkIce(remote);
		if (!transport || this.signalingState !== "stable" || !this.#negotiation.remote)
			throw new WebRTCError("peer/invalid-state", `restartRemoteIce in the state "${this.signalingState}"`);
		if (!transport.restartRemote(remote)) return undefined;
		const { iceUfrag, icePwd, candidates, endOfCandidates } = transport.local;
		this.#negotiation.replaceIce(remote, { iceUfrag, icePwd, candidates });
		transport.gatherer.gather();
		this.#pollGatherer();
		this.#negotiation.release();
		return { iceUfrag, icePwd, candidates, endOfCandidates };
	}

	/** The statistics that W3C webrtc-stats names, by id. */
	async getStats(): Promise<RTCStatsReport> {
		return collectStats(this.#transport, this.#negotiation.transceivers);
	}

	/** Ends it and gives everything back; fires no event. Can be called again without effect. */
	close(): void {
		if (this.signalingState === "closed") return;
		this.#connectionState = "closed";
		this.#iceConnectionState = "closed";
		for (const transceiver of this.#negotiation.transceivers) transceiver.sender.stop();
		this.#negotiation.close();
		this.#tasks.clear();
		this.#transport?.close();
		if (this.#ownNetwork) this.#network.close();
		if (this.#ownCertificate) this.#certificate.close();
	}

	/** One operation after the other; a closed connection takes none. */
	#run<T>(method: string, operation: () => T): Promise<T> {
		return this.#operations.run(() => {
			this.#checkOpen(method);
			return operation();
		});
	}

	#makeTransceiver(
		kind: MediaKind,
		track: MediaCapture | null,
		direction: RTCRtpTransceiverDirection,
	): RTCRtpTransceiver {
		return new RTCRtpTransceiver(kind, {
			track,
			direction,
			stream: this.#cname,
			onChange: () => this.#negotiation.changed(),
		});
	}

	#openTransport(): PeerTransport {
		this.#transport ??= new PeerTransport({
			network: this.#network,
			certificate: this.#certificate,
			maximumCandidates: this.#configuration.limits?.sessionCandidates,
			onStateChange: () => this.#onTransportState(),
		});
		return this.#transport;
	}

	#offering(): PeerTransport {
		const transport = this.#openTransport();
		if (this.#negotiation.needed.restarts) transport.prepareRestart();
		return transport;
	}

	#setLocal(type: DescriptionType, text: string | undefined): void {
		const transport = type === "offer" ? this.#offering() : this.#openTransport();
		const state = this.signalingState;
		const effects = this.#negotiation.setLocal(type, text, transport.local);
		if (type === "offer") transport.restart();
		transport.gatherer.gather();
		this.#pollGatherer();
		this.#carryOut(effects, state);
	}

	#setRemote(type: DescriptionType, text: string, required?: MediaKind): void {
		const state = this.signalingState;
		const plan = this.#negotiation.planRemote(type, text, required);
		this.#openTransport();
		this.#carryOut(this.#negotiation.commit(plan), state);
	}

	#rollback(side: "local" | "remote"): void {
		const state = this.signalingState;
		this.#carryOut(this.#negotiation.rollback(side), state);
	}

	/** What a description has come to: the transport and the transceivers do it, then it is told of. */
	#carryOut(effects: Effects<RTCRtpTransceiver>, before: RTCSignalingState): void {
		const { remote, controlling, agreement } = effects;
		const transport = this.#transport;
		if (transport && controlling !== undefined) transport.agent.setControlling(controlling);
		if (remote) transport?.setRemote(remote, agreement !== undefined);
		if (this.signalingState !== before) this.dispatch({ type: "signalingstatechange" });
		if (!transport || !agreement || this.signalingState === "closed") return;
		transport.startDtls(agreement.dtlsRole, agreement.fingerprints);
		for (const { transceiver, media } of agreement.sections) transceiver.apply(media, transport.srtp, this.#cname);
		this.#negotiation.release();
	}

	/** What it has found stands in the local description at once, and is told of when the promise has been heard of. */
	#pollGatherer(): void {
		const { gatherer } = this.#transport!;
		const { local } = this.#negotiation;
		for (let event = gatherer.pollEvent(); event; event = gatherer.pollEvent()) {
			const told = event;
			if (told.type === "statechange") this.#tasks.post(() => this.#setGatheringState(told.state));
			else if (local) {
				const { candidate, ufrag: usernameFragment } = told;
				const { mid: sdpMid, index: sdpMLineIndex } = this.#negotiation.addLocalCandidate(candidate);
				const init = { candidate, sdpMid, sdpMLineIndex, usernameFragment };
				this.#tasks.post(() => this.dispatch({ type: "icecandidate", candidate: init }));
			}
		}
		if (gatherer.isDone) this.#negotiation.endLocalCandidates();
	}

	#onTransportState(): void {
		const transport = this.#transport;
		if (!transport || this.signalingState === "closed") return;
		const { iceState, dtlsState } = transport;
		if (iceState !== this.#iceConnectionState) {
			this.#iceConnectionState = iceState;
			this.dispatch({ type: "iceconnectionstatechange" });
		}
		if (dtlsState === "closed") {
			this.close();
			this.dispatch({ type: "connectionstatechange" });
			return;
		}
		const state = connectionStateOf(iceState, dtlsState);
		if (state === this.#connectionState) return;
		this.#connectionState = state;
		if (state === "failed") this.#error = transport.error;
		this.dispatch({ type: "connectionstatechange" });
	}

	#setGatheringState(state: RTCIceGatheringState): void {
		this.#iceGatheringState = state;
		this.dispatch({ type: "icegatheringstatechange" });
		if (state === "complete") this.dispatch({ type: "icecandidate", candidate: null });
	}

	#checkOpen(method: string): void {
		if (this.signalingState === "closed")
			throw new WebRTCError("peer/closed", `${method}: the connection is closed`);
	}
}

/** W3C webrtc section 4.4.2, with one transport. */
function connectionStateOf(ice: RTCIceConnectionState, dtls: string): RTCPeerConnectionState {
	if (ice === "failed" || dtls === "failed") return "failed";
	if (ice === "disconnected") return "disconnected";
	if ((ice === "connected" || ice === "completed") && dtls === "connected") return "connected";
	return ice === "new" && dtls === "new" ? "new" : "connecting";
}

function describe(description: Description | undefined): RTCSessionDescriptionInit | null {
	return description ? { type: description.type, sdp: description.text } : null;
}

function hexadecimal(bytes: ArrayBuffer): string {
	let text = "";
	for (const byte of new Uint8Array(bytes)) text += byte.toString(16).padStart(2, "0");
	return text;
}
