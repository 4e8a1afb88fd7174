// SPDX-License-Identifier: Apache-2.0
// W3C RTCPeerConnection over the native segments, with everything bundled on one transport (RFC 9143, "max-bundle").
import WebRTCError from "webrtc/error";
import type { MediaCapture } from "webrtc/media";
import { randomBytes } from "webrtc/native/crypto";
import Certificate from "webrtc/native/dtls/certificate";
import Description from "webrtc/peer/description";
import EventTarget, { type PeerEvent } from "webrtc/peer/events";
import Network from "webrtc/peer/network";
import collectStats, { type RTCStatsReport } from "webrtc/peer/stats";
import RTCRtpTransceiver, { checkDirection, type RTCRtpTransceiverDirection } from "webrtc/peer/transceiver";
import PeerTransport, { type RTCIceConnectionState } from "webrtc/peer/transport";
import * as sdp from "webrtc/sdp";
import type { CandidateInit, IceServer } from "webrtc/signaling";

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

export interface RTCSessionDescriptionInit {
	type: "offer" | "answer";
	sdp: string;
}

export type RTCSignalingState = "stable" | "have-local-offer" | "have-remote-offer" | "closed";
export type RTCPeerConnectionState = "new" | "connecting" | "connected" | "disconnected" | "failed" | "closed";
export type RTCIceGatheringState = "new" | "gathering" | "complete";

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

/** An answer to the pending offer. It is good for as long as what went into it stays the same. */
interface Draft {
	readonly answer: Description;
	readonly source: string;
}

interface Descriptions {
	local?: Description;
	remote?: Description;
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
	#transceivers: RTCRtpTransceiver[] = [];
	#signalingState: RTCSignalingState = "stable";
	#connectionState: RTCPeerConnectionState = "new";
	#iceConnectionState: RTCIceConnectionState = "new";
	#iceGatheringState: RTCIceGatheringState = "new";
	#pending: Descriptions = {};
	#current: Descriptions = {};
	#draft: Draft | undefined;
	#sessionId: string;
	#sessionVersion = 0;
	#cname: string;
	#rejectedKinds: string[] = [];
	#error: WebRTCError | undefined;

	constructor(configuration: RTCConfiguration = {}) {
		super();
		this.#configuration = { ...configuration };
		this.#ownNetwork = !configuration.network;
		this.#network = configuration.network ?? new Network();
		const certificate = configuration.certificates?.[0];
		this.#ownCertificate = !certificate;
		this.#certificate = certificate ?? new Certificate();
		this.#sessionId = String(new DataView(randomBytes(8)).getBigUint64(0) >> 1n); // RFC 9429 section 5.2.1
		this.#cname = hexadecimal(randomBytes(8)); // RFC 7022 section 4.2
	}

	get signalingState(): RTCSignalingState {
		return this.#signalingState;
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
		const remote = this.#pending.remote ?? this.#current.remote;
		return remote ? sdp.remoteTransport(remote.parsed).trickle : null;
	}

	get localDescription(): RTCSessionDescriptionInit | null {
		return describe(this.#pending.local ?? this.#current.local);
	}

	get remoteDescription(): RTCSessionDescriptionInit | null {
		return describe(this.#pending.remote ?? this.#current.remote);
	}

	/** Beyond W3C: the peer has proved to be there, by a connectivity check or an answer to one. */
	get heard(): boolean {
		return this.#transport?.agent.heard ?? false;
	}

	/** Why connectionState is "failed". */
	get error(): WebRTCError | undefined {
		return this.#error;
	}

	/** The kinds of media in the newest remote offer for which there is nothing in common. */
	get rejectedKinds(): readonly string[] {
		return this.#rejectedKinds;
	}

	/** Resolves when the local description holds all local candidates. */
	get gatheringComplete(): Promise<void> {
		if (this.#iceGatheringState === "complete" || this.#signalingState === "closed") return Promise.resolve();
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
		const transceiver = new RTCRtpTransceiver(kind, track, direction);
		this.#transceivers.push(transceiver);
		return transceiver;
	}

	getTransceivers(): RTCRtpTransceiver[] {
		return [...this.#transceivers];
	}

	async createOffer(): Promise<RTCSessionDescriptionInit> {
		return describe(this.#makeOffer())!;
	}

	async createAnswer(): Promise<RTCSessionDescriptionInit> {
		return describe(this.#makeAnswer())!;
	}

	/**
	 * Without a description: makes the offer or answer that is due. A description must be one that this connection made.
	 */
	async setLocalDescription(description?: { type?: "offer" | "answer"; sdp?: string }): Promise<void> {
		this.#checkOpen("setLocalDescription");
		const type = description?.type ?? (this.#signalingState === "have-remote-offer" ? "answer" : "offer");
		if (type === "offer") {
			if (this.#signalingState !== "stable" && this.#signalingState !== "have-local-offer")
				throw this.#wrongState("setLocalDescription(offer)");
			this.#pending.local = this.#makeOffer();
			this.#setSignalingState("have-local-offer");
		} else {
			const local = this.#makeAnswer();
			const remote = this.#pending.remote!;
			this.#current = { local, remote };
			this.#pending = {};
			this.#draft = undefined;
			this.#setSignalingState("stable");
			this.#apply("answerer");
		}
		this.#gather();
		this.#releaseDescriptions();
	}

	/** @throws WebRTCError "sdp/…" for a description that cannot be used; the connection stays as it was */
	async setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
		this.#checkOpen("setRemoteDescription");
		const { type, sdp: text } = description;
		if (type !== "offer" && type !== "answer") throw new TypeError('type: "offer" or "answer"');
		if (this.#signalingState !== (type === "offer" ? "stable" : "have-local-offer"))
			throw this.#wrongState(`setRemoteDescription(${type})`);
		const remote = new Description(type, text, this.#configuration.limits);
		if (type === "offer") {
			const parameters = sdp.remoteTransport(remote.parsed);
			const mids = this.#transceivers.map(({ mid }) => mid);
			this.#pending.remote = remote;
			try {
				this.#associate(remote.parsed);
				this.#draft = undefined;
				this.#makeAnswer(); // what has nothing in common fails here, before any state has changed
			} catch (error) {
				this.#pending.remote = undefined;
				this.#transceivers.length = mids.length;
				this.#transceivers.forEach((transceiver, index) => (transceiver.mid = mids[index]!));
				throw error;
			}
			this.#openTransport(parameters.iceLite).setRemote(parameters);
			this.#setSignalingState("have-remote-offer");
		} else {
			const local = this.#pending.local!;
			sdp.validateAnswer(local.parsed, remote.parsed);
			const parameters = sdp.remoteTransport(remote.parsed, local.parsed);
			this.#current = { local, remote };
			this.#pending = {};
			this.#openTransport(parameters.iceLite).setRemote(parameters);
			this.#setSignalingState("stable");
			this.#apply("offerer");
			this.#releaseDescriptions();
		}
	}

	/** @throws WebRTCError "ice/bad-candidate" for one that cannot be parsed */
	async addIceCandidate(init: CandidateInit | null = null): Promise<void> {
		this.#checkOpen("addIceCandidate");
		if (!this.remoteDescription) throw this.#wrongState("addIceCandidate");
		const transport = this.#transport!;
		const ufrag = init?.usernameFragment;
		if (ufrag && ufrag !== transport.remoteUfrag) return; // of an earlier generation
		transport.addRemoteCandidate(init?.candidate ?? "");
	}

	/** The statistics that W3C webrtc-stats names, by id. */
	async getStats(): Promise<RTCStatsReport> {
		return collectStats(this.#transport, this.#transceivers);
	}

	/** Ends it and gives everything back; fires no event. Can be called again without effect. */
	close(): void {
		if (this.#signalingState === "closed") return;
		this.#signalingState = "closed";
		this.#connectionState = "closed";
		this.#iceConnectionState = "closed";
		for (const transceiver of this.#transceivers) transceiver.sender.stop();
		this.#transport?.close();
		if (this.#ownNetwork) this.#network.close();
		if (this.#ownCertificate) this.#certificate.close();
	}

	#makeOffer(): Description {
		this.#checkOpen("createOffer");
		this.#openTransport(false, true);
		for (const transceiver of this.#transceivers) transceiver.mid ??= this.#freeMid();
		const parsed = sdp.createOffer({
			sessionId: this.#sessionId,
			sessionVersion: ++this.#sessionVersion,
			media: this.#transceivers.map((transceiver) => this.#localMedia(transceiver)),
			transport: this.#transportParameters("actpass"),
			current: this.#current.local?.parsed,
		});
		return new Description("offer", parsed);
	}

	#makeAnswer(): Description {
		this.#checkOpen("createAnswer");
		const remote = this.#pending.remote;
		if (!remote) throw this.#wrongState("createAnswer");
		const transport = this.#transport ?? this.#openTransport(sdp.remoteTransport(remote.parsed).iceLite);
		const source = [transport.agent.localUfrag, ...this.#transceivers.map(({ direction }) => direction)].join();
		if (this.#draft?.source === source) return this.#draft.answer;
		const parsed = sdp.createAnswer({
			sessionId: this.#sessionId,
			sessionVersion: ++this.#sessionVersion,
			remote: remote.parsed,
			media: this.#transceivers.filter(({ mid }) => mid !== null).map((one) => this.#localMedia(one)),
			transport: this.#transportParameters("active"),
		});
		this.#rejectedKinds = parsed.media.filter(({ port }) => port === 0).map(({ kind }) => kind);
		const answer = new Description("answer", parsed);
		this.#draft = { answer, source };
		return answer;
	}

	/** Gives each section of a remote offer its transceiver (RFC 9429 section 5.10, and see the class's comment). */
	#associate(remote: sdp.SessionDescription): void {
		for (const section of remote.media) {
			const { kind, mid = "" } = section;
			if (kind !== "audio" && kind !== "video") continue;
			if (this.#transceivers.some((transceiver) => transceiver.mid === mid)) continue;
			let transceiver = this.#transceivers.find((candidate) => candidate.mid === null && candidate.kind === kind);
			if (!transceiver) {
				transceiver = new RTCRtpTransceiver(kind, null, "inactive");
				this.#transceivers.push(transceiver);
			}
			transceiver.mid = mid;
		}
	}

	#localMedia(transceiver: RTCRtpTransceiver): sdp.LocalMedia {
		const { kind, mid, direction, sender } = transceiver;
		return {
			kind,
			mid: mid || undefined,
			direction,
			codecs: sender.track?.codecs ?? (kind === "video" ? [sdp.h264] : [sdp.opus, sdp.pcmu, sdp.pcma]),
			extensions: [sdp.midExtension],
			msid: { stream: this.#cname, track: `${kind}-${mid}` },
			ssrc: sender.ssrc,
			cname: this.#cname,
		};
	}

	#transportParameters(setup: "actpass" | "active"): sdp.TransportParameters {
		const { agent } = this.#transport!;
		return {
			iceUfrag: agent.localUfrag,
			icePwd: agent.localPassword,
			fingerprint: { algorithm: "sha-256", value: this.#certificate.fingerprint },
			setup,
			candidates: this.#transport!.localCandidates,
			endOfCandidates: true,
		};
	}

	#openTransport(remoteLite: boolean, offering = false): PeerTransport {
		this.#transport ??= new PeerTransport({
			network: this.#network,
			certificate: this.#certificate,
			// RFC 8445 section 6.1.1: the offerer controls, unless only one of the two is a full agent.
			controlling: offering || remoteLite,
			maximumCandidates: this.#configuration.limits?.sessionCandidates,
			onStateChange: () => this.#onTransportState(),
		});
		return this.#transport;
	}

	/** Offer and answer are both there: the transport and the senders do what was negotiated. */
	#apply(role: "offerer" | "answerer"): void {
		const { local, remote } = this.#current as Required<Descriptions>;
		const transport = this.#transport!;
		const { fingerprints } = sdp.remoteTransport(remote.parsed, local.parsed);
		transport.startDtls(sdp.dtlsRole(local.parsed, remote.parsed), fingerprints);
		for (const media of sdp.negotiated(local.parsed, remote.parsed, role)) {
			const transceiver = this.#transceivers.find(({ mid }) => mid === media.mid);
			transceiver?.apply(media, transport.srtp, this.#cname);
		}
	}

	/** Negotiation is over: what was agreed stands in the transport and the transceivers. */
	#releaseDescriptions(): void {
		this.#current.local?.release();
		this.#current.remote?.release();
	}

	/** Host candidates are known at once and stand in the description; they are reported for those who trickle. */
	#gather(): void {
		if (this.#iceGatheringState === "complete") return;
		this.#setGatheringState("gathering");
		const { agent, localCandidates } = this.#transport!;
		const description = this.#pending.local ?? this.#current.local;
		const sdpMid = description?.parsed.media[0]?.mid ?? null;
		for (const candidate of localCandidates) {
			this.dispatch({
				type: "icecandidate",
				candidate: { candidate, sdpMid, sdpMLineIndex: 0, usernameFragment: agent.localUfrag },
			});
		}
		this.#setGatheringState("complete");
		this.dispatch({ type: "icecandidate", candidate: null });
	}

	#onTransportState(): void {
		const transport = this.#transport;
		if (!transport || this.#signalingState === "closed") return;
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

	#setSignalingState(state: RTCSignalingState): void {
		if (state === this.#signalingState) return;
		this.#signalingState = state;
		this.dispatch({ type: "signalingstatechange" });
	}

	#setGatheringState(state: RTCIceGatheringState): void {
		this.#iceGatheringState = state;
		this.dispatch({ type: "icegatheringstatechange" });
	}

	#freeMid(): string {
		let number = 0;
		while (this.#transceivers.some(({ mid }) => mid === String(number))) number++;
		return String(number);
	}

	#checkOpen(method: string): void {
		if (this.#signalingState === "closed")
			throw new WebRTCError("peer/closed", `${method}: the connection is closed`);
	}

	#wrongState(method: string): WebRTCError {
		return new WebRTCError("peer/invalid-state", `${method} in the state "${this.#signalingState}"`);
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
