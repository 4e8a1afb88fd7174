// SPDX-License-Identifier: Apache-2.0
// A device as a whole: its media, its signaling, and a session for each peer.
import EarlyCandidates from "webrtc/app/early";
import type { WebRTCAppEvent } from "webrtc/app/events";
import IceServers from "webrtc/app/iceservers";
import { completeLimits, type AppLimits } from "webrtc/app/limits";
import { isLogLevel, lineOf, type LogLevel } from "webrtc/app/log";
import Memory from "webrtc/app/memory";
import Metrics from "webrtc/app/metrics";
import { checkOptions, type WebRTCAppOptions } from "webrtc/app/options";
import { connectingFrom, sessionToEnd } from "webrtc/app/places";
import Session, { busyRetryAfter, type SessionOwner } from "webrtc/app/session";
import Turns from "webrtc/app/turns";
import Clock from "webrtc/device/clock";
import WebRTCError from "webrtc/error";
import { contain } from "webrtc/error/guard";
import fromNative from "webrtc/error/native";
import type { AudioCapture, VideoCapture } from "webrtc/media";
import type Certificate from "webrtc/native/dtls/certificate";
import type { ChannelData } from "webrtc/peer";
import loadCertificate from "webrtc/peer/identity";
import Network from "webrtc/peer/network";
import type { RTCStatsReport } from "webrtc/peer/stats";
import type { IceServer, SignalingMessage, SignalingRole, SignalingState } from "webrtc/signaling";

export type { DataOptions } from "webrtc/app/data";
export type { LogLevel } from "webrtc/app/log";
export type { WebRTCAppOptions } from "webrtc/app/options";
export { NoSessions } from "webrtc/app/sessions";
export type { RemoteSessions, RemoteSessionsOwner } from "webrtc/app/sessions";
export type { WebRTCAppEvent, WebRTCAppEventType } from "webrtc/app/events";
export type { AppLimits } from "webrtc/app/limits";

type Offer = Extract<SignalingMessage, { sdp: string }>;

const earlyLifetime = 20_000; // ms that candidates wait for their offer
const maximumListeners = 16;
const fullRetryAfter = 10; // s, for a viewer that is turned away
// Of the memory that the work on a description needs:
const partForSession = 1.4; // with what the session itself keeps
const partForCandidate = 0.25;
const progressEvents = Object.freeze({
	describe: "signalingDescribe",
	getEndpoint: "signalingGetEndpoint",
	getIceServers: "signalingGetIce",
	join: "signalingJoin",
} as const);

/** A WebRTC device: construct it with its parts, run() it, terminate() it. Any number of them live in one process. */
export default class WebRTCApp {
	#options: WebRTCAppOptions;
	#role: SignalingRole;
	#maximumSessions: number;
	#sessions = new Map<string, Session>();
	#owner: SessionOwner = {
		now: () => this.#clock.now,
		takeTurn: (step) => this.#turns.take(step),
		send: (message) => this.send(message),
		onEvent: (event) => this.event(event),
		onEnd: ({ peerId }) => this.#sessions.delete(peerId),
	};
	#early = new EarlyCandidates(earlyLifetime);
	#iceServers: IceServers;
	#listeners: ((event: WebRTCAppEvent) => void)[] | undefined;
	#logLevel: LogLevel;
	#metrics = new Metrics();
	#clock = new Clock();
	#network: Network | undefined;
	#certificate: Certificate | undefined;
	#limits: Readonly<AppLimits>;
	#memory: Memory;
	#turns: Turns;
	#state: "new" | "running" | "terminated" = "new";

	/** @throws TypeError or RangeError that names the option; WebRTCError for a bad ICE server */
	constructor(options: WebRTCAppOptions) {
		const { role = "master", maximumSessions = 5, iceServers = [], turn = true, logLevel = "silent" } = options;
		checkOptions(options);
		this.#options = options;
		this.#role = role;
		this.#maximumSessions = maximumSessions;
		this.#limits = completeLimits(options.limits);
		const { freeSlots, freeChunks, waitingDescriptions } = this.#limits;
		this.#memory = new Memory({ slots: freeSlots, chunks: freeChunks });
		this.#turns = new Turns(waitingDescriptions, this.#memory);
		this.#iceServers = new IceServers(iceServers, turn);
		this.#logLevel = logLevel;
		this.event({ type: "initialized" });
	}

	get role(): SignalingRole {
		return this.#role;
	}

	/** The full ids of the peers that have a session. */
	get peers(): string[] {
		return [...(this.#options.sessions?.peers ?? this.#sessions.keys())];
	}

	/** What is written to the log; takes effect at once. */
	get logLevel(): LogLevel {
		return this.#logLevel;
	}

	/** @throws TypeError for what is no level */
	set logLevel(level: LogLevel) {
		if (!isLogLevel(level)) throw new TypeError('logLevel: "silent", "error", "info", "debug"');
		this.#logLevel = level;
	}

	/**
	 * Hears of everything from now on, beside `onEvent` and the listeners before it.
	 * @throws RangeError for the 17th
	 */
	addListener(listener: (event: WebRTCAppEvent) => void): void {
		this.#listeners ??= [];
		if (this.#listeners.includes(listener)) return;
		if (this.#listeners.length >= maximumListeners)
			throw new RangeError(`addListener: ${maximumListeners} at most`);
		this.#listeners.push(listener);
	}

	/** Without effect for one that was not added. */
	removeListener(listener: (event: WebRTCAppEvent) => void): void {
		this.#listeners = this.#listeners?.filter((each) => each !== listener);
	}

	/** The STUN and TURN servers in use: the app's own, then those that the signaling has brought. */
	get iceServers(): readonly IceServer[] {
		return this.#iceServers.list;
	}

	/**
	 * One server of them, for those that ask for them one by one, as a bridge does.
	 * @param index from 0
	 * @returns undefined behind the last
	 */
	iceServer(index: number): { server: IceServer; haveMore: boolean } | undefined {
		const { list } = this.#iceServers;
		const server = list[index];
		return server && { server, haveMore: index + 1 < list.length };
	}

	/** Whether the signaling issues servers for a time, and has none that hold. It asks for them by itself. */
	get isIceRefreshNeeded(): boolean {
		return this.#options.signaling.iceRefreshNeeded ?? false;
	}

	/** Asks the signaling for new servers, where it issues them for a time. They come later. */
	refreshIceServers(): void {
		this.checkRunning();
		this.#options.signaling.refreshIceServers();
	}

	/**
	 * Other servers of the app's own, for sessions to come and those that run.
	 * @throws TypeError or WebRTCError "ice/bad-server"; those before stay then
	 */
	updateIceServers(servers: readonly IceServer[]): void {
		this.#iceServers.setOwn(servers);
		this.passIceServers();
	}

	/** What was measured of the signaling and the sessions: entries of the types "signaling" and "session-timing". */
	getStats(): RTCStatsReport {
		return this.#metrics.report(this.#options.signaling, this.#sessions);
	}

	/** This host's addresses, IPv6 in brackets: for an "open it at" line. Empty before run(). */
	get addresses(): string[] {
		const addresses = this.#network?.addresses ?? [];
		const usable = addresses.filter(({ address }) => !address.startsWith("fe80:"));
		return usable.map(({ address, family }) => (family === 6 ? `[${address}]` : address));
	}

	/** The connection with a peer, for its statistics; undefined when there is none. */
	connection(peerId: string): Session["connection"] | undefined {
		return this.#sessions.get(peerId)?.connection;
	}

	/**
	 * Sends to a peer by its first open data channel of that label.
	 * @throws WebRTCError "app/unknown-peer", "data/failed" when no such channel is open, "data/full" when too much waits;
	 * TypeError for a message that is too long
	 */
	sendData(peerId: string, label: string, data: ChannelData): void {
		const session = this.#sessions.get(peerId);
		if (!session) throw new WebRTCError("app/unknown-peer", `sendData: there is no session with "${peerId}"`);
		if (!session.data)
			throw new WebRTCError("data/failed", "sendData: there are no data channels by configuration");
		session.data.send(label, data);
	}

	/** Opens the media and the network, and connects the signaling.
	 *
	 * A camera or microphone that is missing is an "error" event: the device serves what it has, and tries again with
	 * the next viewer.
	 * @returns a promise that resolves when the signaling is connected
	 * @throws WebRTCError when the signaling fails for good, or no UDP port can be opened; TypeError when the signaling does
	 * not have the role. The app is terminated then.
	 */
	async run(): Promise<void> {
		if (this.#state !== "new") throw new WebRTCError("peer/invalid-state", "run: already called");
		this.#state = "running";
		try {
			this.#metrics.start(this.#clock.now);
			if (this.#options.sessions) {
				this.#options.sessions.open({
					send: (message) => this.send(message),
					onEvent: (event) => this.event(event),
				});
				this.passIceServers();
				return await this.connect();
			}
			const { allCandidates: maximumCandidates } = this.#limits;
			this.#network = new Network({ port: this.#options.port, maximumCandidates });
			this.#certificate = this.#options.certificate ?? loadCertificate();
			this.openCaptures();
			await this.connect();
		} catch (error) {
			this.terminate();
			throw error;
		}
	}

	/** Resolves when the signaling is connected for the first time. */
	private connect(): Promise<void> {
		return new Promise((resolve, reject) => {
			let settled = false;
			let failure: WebRTCError | undefined;
			this.#options.signaling.connect(this.#role, {
				addresses: () => this.#network?.hostAddresses ?? [],
				onMessage: (message) => this.onMessage(message),
				onError: (error) => {
					failure = error;
					this.event({ type: "signalingError", error });
				},
				onIceServers: (servers) => this.setIceServers(servers),
				onSide: (side) => this.event({ type: "signalingJoined", side }),
				onProgress: (step) => this.event({ type: progressEvents[step] }),
				onStateChange: (state) => {
					this.onSignalingState(state);
					if (settled || (state !== "connected" && state !== "failed")) return;
					settled = true;
					if (state === "connected") resolve();
					else
						queueFailure(() => reject(failure ?? new WebRTCError("signaling/connection-failed", "failed")));
				},
			});
		});
	}

	/**
	 * As a viewer: makes an offer to the master, which asks for its video and audio. As a master: makes an offer to a peer,
	 * or a new one to a known peer.
	 */
	triggerOffer(peerId: string): void {
		this.checkRunning();
		if (this.#options.sessions) this.#options.sessions.offer(peerId);
		else this.makeOffer(peerId);
	}

	/** @throws WebRTCError "app/too-many-sessions" */
	private makeOffer(peerId: string): void {
		let session = this.#sessions.get(peerId);
		if (!session) {
			if (this.#sessions.size >= this.#maximumSessions)
				throw new WebRTCError(
					"app/too-many-sessions",
					`triggerOffer: ${this.#maximumSessions} sessions are there`,
				);
			session = this.addSession(peerId);
		}
		session.sendOffer();
	}

	/** Sends a message past the sessions, as a bridge does. */
	sendMessage(message: SignalingMessage): void {
		this.checkRunning();
		this.send(message);
	}

	/**
	 * Renews the ICE of a session, by an offer: its ways through the network are found anew, and media goes on meanwhile.
	 * @throws WebRTCError "app/unknown-peer"; "peer/not-supported" where the signaling has no way to carry it
	 */
	restartIce(peerId: string): void {
		this.checkRunning();
		if (!this.#options.signaling.capabilities.reoffer)
			throw new WebRTCError("peer/not-supported", "restartIce: the signaling carries one offer in a session");
		const session = this.#sessions.get(peerId);
		if (!session) throw new WebRTCError("app/unknown-peer", `restartIce: no session with ${peerId}`);
		session.connection.restartIce();
		session.sendOffer();
	}

	/** Ends the session with a peer. */
	disconnect(peerId: string): void {
		if (this.#options.sessions) return this.#options.sessions.end(peerId);
		const session = this.#sessions.get(peerId);
		if (!session) throw new WebRTCError("app/unknown-peer", `disconnect: no session with ${peerId}`);
		session.end(true);
	}

	/** Ends all sessions, the signaling and the media, and gives everything back. Can be called again without effect. */
	terminate(): void {
		if (this.#state === "terminated") return;
		this.event({ type: "deinitializing" });
		this.#state = "terminated";
		for (const session of [...this.#sessions.values()]) session.end(true);
		this.#options.sessions?.close();
		this.#early.clear();
		this.#options.signaling.close();
		this.#options.videoCapture?.close();
		this.#options.audioCapture?.close();
		this.#options.videoPlayer?.close();
		this.#options.audioPlayer?.close();
		this.#network?.close();
		this.#network = undefined;
		if (!this.#options.certificate) this.#certificate?.close();
		this.#certificate = undefined;
	}

	/** A fault with a message ends the session of its peer, and nothing else. */
	private onMessage(message: SignalingMessage): void {
		try {
			this.receive(message);
		} catch (cause) {
			contain({ onException: (error) => this.onFault(message.peerId, error) }, cause);
		}
	}

	private onFault(peerId: string, error: WebRTCError): void {
		this.event({ type: "error", peerId, error });
		this.#sessions.get(peerId)?.end(true);
	}

	private receive(incoming: SignalingMessage): void {
		if (this.#state !== "running") return;
		this.#metrics.received();
		const message = this.intercept(incoming, "incoming");
		if (!message) return;
		if (this.#options.sessions && message.type !== "custom") return this.#options.sessions.receive(message);
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
				this.event({ type: "receivedIceCandidate", peerId });
				if (!this.#memory.hasRoom(partForCandidate)) break; // the peer's own checks may do
				if (session) session.receiveCandidate(message.candidate);
				else this.#early.add(peerId, message.candidate, this.#clock.now);
				break;
			case "restart":
				if (session) session.receiveRestart(message.ice, message.correlationId);
				else this.unknownPeer("ICE restart", peerId);
				break;
			case "offer-request":
				this.event({ type: "offerRequested", peerId });
				this.makeOffer(peerId);
				break;
			case "custom":
				this.event({ type: "receivedMessage", peerId, message });
				break;
			case "bye":
			case "reject":
				session?.end(false);
				break;
		}
	}

	private receiveOffer({ peerId, sdp, correlationId, iceServers, remoteAddress }: Offer): void {
		this.event({ type: "receivedOffer", peerId });
		let session = this.#sessions.get(peerId);
		if (session && !session.isContinuedBy(sdp)) {
			session.end(false); // nobody is there any more to be told; a "bye" would end the new one
			session = undefined;
		}
		if (!session) {
			this.event({ type: "peerConnectionRequested", peerId });
			try {
				this.makePlace(remoteAddress);
				session = this.addSession(peerId, remoteAddress);
			} catch (error) {
				this.turnDown(peerId, correlationId, error);
				return;
			}
		}
		if (iceServers) session.addIceServers(iceServers);
		session.receiveOffer(sdp, correlationId);
		for (const candidate of this.#early.take(peerId, this.#clock.now)) session.receiveCandidate(candidate);
	}

	/** @throws WebRTCError "app/too-many-sessions" or "app/busy" */
	private makePlace(remoteAddress: string | undefined): void {
		const { now } = this.#clock;
		if (remoteAddress !== undefined) {
			const isMany = connectingFrom(this.#sessions.values(), remoteAddress) >= this.#limits.connectingPerAddress;
			const oldest = isMany ? sessionToEnd(this.#sessions.values(), now, remoteAddress) : undefined;
			if (isMany && !oldest)
				throw new WebRTCError("app/too-many-sessions", "Too many viewers of your address connect at once.");
			if (oldest) this.displace(oldest);
		}
		if (this.#sessions.size >= this.#maximumSessions) {
			const oldest = sessionToEnd(this.#sessions.values(), now);
			if (!oldest)
				throw new WebRTCError("app/too-many-sessions", `All ${this.#maximumSessions} places are taken.`);
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
		this.event({ type: "peerConnectionFailed", peerId: session.peerId, error });
		session.end(true);
	}

	private turnDown(peerId: string, correlationId: string | undefined, cause: unknown): void {
		const error = fromNative(cause, "peer/out-of-resources");
		const { code, message } = error;
		const reason = code === "app/too-many-sessions" ? "too-many-sessions" : code === "app/busy" ? "busy" : "failed";
		const retryAfter = reason === "busy" ? busyRetryAfter : fullRetryAfter;
		this.send({ type: "reject", peerId, correlationId, rejection: { reason, message, retryAfter } });
		this.#early.take(peerId, this.#clock.now);
		this.event({ type: "error", peerId, error });
	}

	private addSession(peerId: string, remoteAddress?: string): Session {
		const network = this.#network!;
		const session = new Session({
			peerId,
			remoteAddress,
			limits: this.#limits,
			configuration: {
				network,
				certificates: [this.#certificate!],
				iceServers: this.#iceServers.list,
				iceTransportPolicy: this.#options.iceTransportPolicy,
				limits: this.#limits,
				data: this.#options.data ?? false,
			},
			data: this.#options.data,
			trickle: this.#options.trickle !== false && this.#options.signaling.capabilities.trickle,
			captures: this.openCaptures(),
			receives: this.#options.receive ?? this.#role === "viewer",
			media: this.#options.media ?? "audio-video",
			codecs: this.#options.codecs,
			owner: this.#owner,
		});
		this.#sessions.set(peerId, session);
		return session;
	}

	/** Those that can be opened. */
	private openCaptures(): (VideoCapture | AudioCapture)[] {
		const opened: (VideoCapture | AudioCapture)[] = [];
		const failures: WebRTCError[] = [];
		for (const capture of [this.#options.videoCapture, this.#options.audioCapture]) {
			if (!capture || !(this.#options.media ?? capture.kind).includes(capture.kind)) continue;
			capture.onError = (error) => this.event({ type: "error", error });
			try {
				capture.open();
				opened.push(capture);
			} catch (cause) {
				failures.push(fromNative(cause, "media/device-failed"));
			}
		}
		for (const error of joined(failures)) this.event({ type: "error", error });
		return opened;
	}

	private onSignalingState(state: SignalingState): void {
		this.#metrics.signalingChanged(state, this.#clock.now);
		if (state === "connecting") this.event({ type: "signalingConnecting" });
		else if (state === "connected") this.event({ type: "signalingConnected" });
		else if (state === "disconnected" || state === "failed") this.event({ type: "signalingDisconnected" });
	}

	/** Sessions in progress get them too: the answer never waited for them. */
	private setIceServers(servers: IceServer[]): void {
		try {
			this.#iceServers.setBrought(servers);
		} catch (cause) {
			this.event({ type: "signalingError", error: fromNative(cause, "ice/bad-server") });
			return;
		}
		this.passIceServers();
	}

	private passIceServers(): void {
		const { list } = this.#iceServers;
		this.#options.sessions?.setIceServers(list);
		for (const session of this.#sessions.values()) session.setIceServers(list);
	}

	private send(outgoing: SignalingMessage): void {
		const message = this.intercept(outgoing, "outgoing");
		if (!message) return;
		this.#options.signaling.send(message);
		this.#metrics.sent();
	}

	private intercept(message: SignalingMessage, direction: "incoming" | "outgoing"): SignalingMessage | undefined {
		return this.#options.intercept ? this.#options.intercept(message, direction) : message;
	}

	private unknownPeer(what: string, peerId: string): void {
		const error = new WebRTCError("app/unknown-peer", `an ${what} came from a peer without a session`);
		this.event({ type: "error", peerId, error });
	}

	private checkRunning(): void {
		if (this.#state !== "running") throw new WebRTCError("peer/invalid-state", "the app is not running");
	}

	private event(event: WebRTCAppEvent): void {
		const line = lineOf(event, this.#logLevel);
		if (line !== undefined) trace(line);
		this.hear(this.#options.onEvent, event);
		for (const listener of this.#listeners ?? none) this.hear(listener, event);
	}

	private hear(listener: ((event: WebRTCAppEvent) => void) | undefined, event: WebRTCAppEvent): void {
		try {
			listener?.call(this.#options, event);
		} catch (error) {
			trace(`exception in a listener: ${error instanceof Error ? (error.stack ?? error.message) : error}\n`);
		}
	}
}

const none: readonly never[] = Object.freeze([]);

/** After the error that goes with the state has arrived. */
function queueFailure(reject: () => void): void {
	void Promise.resolve().then(reject);
}

/** A file that cannot be read fails for its picture and for its sound: that is told once. */
function joined(failures: WebRTCError[]): WebRTCError[] {
	const [video, audio] = failures;
	const text = video?.message.slice("video: ".length);
	if (!video || video.code !== audio?.code || audio.message !== `audio: ${text}`) return failures;
	return [new WebRTCError(video.code, `video and audio: ${text}`, video.cause)];
}
