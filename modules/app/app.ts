// SPDX-License-Identifier: Apache-2.0
// A device as a whole: its media, its signaling, and a session for each peer.
import type { WebRTCAppEvent } from "webrtc/app/events";
import IceServers from "webrtc/app/iceservers";
import Listeners from "webrtc/app/listeners";
import LocalSessions from "webrtc/app/local";
import { isLogLevel, type LogLevel } from "webrtc/app/log";
import Metrics from "webrtc/app/metrics";
import { checkOptions, type WebRTCAppOptions } from "webrtc/app/options";
import type Session from "webrtc/app/session";
import type { RemoteSessions } from "webrtc/app/sessions";
import Clock from "webrtc/device/clock";
import WebRTCError from "webrtc/error";
import { contain } from "webrtc/error/guard";
import fromNative from "webrtc/error/native";
import type { Snapshot, SnapshotOptions } from "webrtc/media";
import Recording, { type RecordingOptions } from "webrtc/media/recording";
import type { ChannelData } from "webrtc/peer";
import type { RTCStatsReport } from "webrtc/peer/stats";
import type { IceServer, SignalingMessage, SignalingRole, SignalingState } from "webrtc/signaling";

export type { DataOptions } from "webrtc/app/data";
export type { LogLevel } from "webrtc/app/log";
export type { WebRTCAppOptions } from "webrtc/app/options";
export { NoSessions } from "webrtc/app/sessions";
export type { RemoteSessions, RemoteSessionsOwner } from "webrtc/app/sessions";
export type { WebRTCAppEvent, WebRTCAppEventType } from "webrtc/app/events";
export type { AppLimits } from "webrtc/app/limits";

const progressEvents = Object.freeze({
	describe: "signalingDescribe",
	getEndpoint: "signalingGetEndpoint",
	getIceServers: "signalingGetIce",
	join: "signalingJoin",
} as const);

const maximumRecordings = 2;

/** A WebRTC device: construct it with its parts, run() it, terminate() it. Any number of them live in one process. */
export default class WebRTCApp {
	#options: WebRTCAppOptions;
	#clock = new Clock();
	#listeners: Listeners;
	#local: LocalSessions | undefined; // unless the sessions live elsewhere
	#iceServers: IceServers;
	#metrics = new Metrics();
	#recordings = new Set<Recording>();
	#state: "new" | "running" | "terminated" = "new";

	/** @throws TypeError or RangeError that names the option; WebRTCError for a bad ICE server */
	constructor(options: WebRTCAppOptions) {
		checkOptions(options);
		const { iceServers = [], turn = true, sessions } = options;
		this.#options = options;
		this.#listeners = new Listeners(options);
		if (!sessions) this.#local = new LocalSessions(options, this.#clock);
		this.#iceServers = new IceServers(iceServers, turn);
		this.event({ type: "initialized" });
	}

	get role(): SignalingRole {
		return this.#options.role ?? "master";
	}

	/** The full ids of the peers that have a session. */
	get peers(): string[] {
		return [...this.sessions.peers];
	}

	/** What is written to the log; takes effect at once. */
	get logLevel(): LogLevel {
		return this.#listeners.logLevel;
	}

	/** @throws TypeError for what is no level */
	set logLevel(level: LogLevel) {
		if (!isLogLevel(level)) throw new TypeError('logLevel: "silent", "error", "info", "debug"');
		this.#listeners.logLevel = level;
	}

	/**
	 * Hears of everything from now on, beside `onEvent` and the listeners before it.
	 * @throws RangeError for the 17th
	 */
	addListener(listener: (event: WebRTCAppEvent) => void): void {
		this.#listeners.add(listener);
	}

	/** Without effect for one that was not added. */
	removeListener(listener: (event: WebRTCAppEvent) => void): void {
		this.#listeners.remove(listener);
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
		return this.#metrics.report(this.#options.signaling, this.#local?.entries ?? []);
	}

	/** This host's addresses, IPv6 in brackets: for an "open it at" line. Empty before run(). */
	get addresses(): string[] {
		const addresses = this.#local?.network?.addresses ?? [];
		const usable = addresses.filter(({ address }) => !address.startsWith("fe80:"));
		return usable.map(({ address, family }) => (family === 6 ? `[${address}]` : address));
	}

	/** The connection with a peer, for its statistics; undefined when there is none. */
	connection(peerId: string): Session["connection"] | undefined {
		return this.#local?.get(peerId)?.connection;
	}

	/**
	 * Why the connection with a peer is as it is, in words: RTCPeerConnection.explain(). Of one that has failed in the event
	 * "peerConnectionFailed", and not after it.
	 * @throws WebRTCError "app/unknown-peer"
	 */
	explain(peerId: string): string {
		const connection = this.connection(peerId);
		if (!connection) throw new WebRTCError("app/unknown-peer", `explain: there is no session with "${peerId}"`);
		return connection.explain();
	}

	/**
	 * Sends to a peer by its first open data channel of that label.
	 * @throws WebRTCError "app/unknown-peer", "data/failed" when no such channel is open, "data/full" when too much waits;
	 * TypeError for a message that is too long
	 */
	sendData(peerId: string, label: string, data: ChannelData): void {
		const session = this.#local?.get(peerId);
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
			this.sessions.open({
				send: (message) => this.send(message),
				onEvent: (event) => this.event(event),
			});
			this.#iceServers.setBrought(this.#options.signaling.iceServers); // those that it knows from the start
			this.passIceServers();
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
			this.#options.signaling.connect(this.role, {
				addresses: () => this.#local?.network?.hostAddresses ?? [],
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
	 * @throws WebRTCError "app/too-many-sessions"; "app/busy" without memory for a session
	 */
	triggerOffer(peerId: string): void {
		this.checkRunning();
		this.sessions.offer(peerId);
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
		const session = this.#local?.get(peerId);
		if (!session) throw new WebRTCError("app/unknown-peer", `restartIce: no session with ${peerId}`);
		session.connection.restartIce();
		session.sendOffer();
	}

	/**
	 * A JPEG picture of the app's video capture, whoever watches. Close it, once it has been read.
	 * @throws RangeError that names the option; rejects with WebRTCError "media/unsupported" where the capture has none, or
	 * "media/device-failed" when none has come in time
	 */
	async snapshot(options?: SnapshotOptions): Promise<Snapshot> {
		this.checkRunning();
		const picture = this.#options.videoCapture?.snapshot?.(options);
		if (!picture) throw new WebRTCError("media/unsupported", "snapshot: there is no video that has pictures");
		return picture;
	}

	/**
	 * Records what the app's captures make, whoever watches, until it is stopped, or the app terminates.
	 * @throws as Recording's constructor; WebRTCError "peer/out-of-resources" for the third at once
	 */
	record(options: RecordingOptions): Recording {
		this.checkRunning();
		if (this.#recordings.size >= maximumRecordings)
			throw new WebRTCError("peer/out-of-resources", `record: ${maximumRecordings} recordings at once`);
		const recording = new Recording(this.#options, options, (ended) => this.#recordings.delete(ended));
		this.#recordings.add(recording);
		return recording;
	}

	/** Ends the session with a peer. @throws WebRTCError "app/unknown-peer" */
	disconnect(peerId: string): void {
		this.sessions.end(peerId);
	}

	/** Ends all sessions, the signaling and the media, and gives everything back. Can be called again without effect. */
	terminate(): void {
		if (this.#state === "terminated") return;
		this.event({ type: "deinitializing" });
		this.#state = "terminated";
		for (const recording of [...this.#recordings]) void recording.stop();
		this.sessions.close();
		this.#options.signaling.close();
		this.#options.videoCapture?.close();
		this.#options.audioCapture?.close();
		this.#options.videoPlayer?.close();
		this.#options.audioPlayer?.close();
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
		this.#local?.get(peerId)?.end(true);
	}

	private receive(incoming: SignalingMessage): void {
		if (this.#state !== "running") return;
		this.#metrics.received();
		const message = this.intercept(incoming, "incoming");
		if (message?.type === "custom") this.event({ type: "receivedMessage", peerId: message.peerId, message });
		else if (message) this.sessions.receive(message);
	}

	private onSignalingState(state: SignalingState): void {
		this.#metrics.signalingChanged(state, this.#clock.now);
		if (state === "connecting") this.event({ type: "signalingConnecting" });
		else if (state === "connected") this.event({ type: "signalingConnected" });
		else if (state === "disconnected" || state === "failed") this.event({ type: "signalingDisconnected" });
	}

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
		if (this.#state === "running") this.sessions.setIceServers(this.#iceServers.list);
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

	private get sessions(): RemoteSessions {
		return this.#options.sessions ?? this.#local!;
	}

	private checkRunning(): void {
		if (this.#state !== "running") throw new WebRTCError("peer/invalid-state", "the app is not running");
	}

	private event(event: WebRTCAppEvent): void {
		this.#listeners.tell(event);
		const { type, peerId } = event;
		if (type === "peerConnectionFailed" && peerId !== undefined && this.logLevel === "debug") this.traceWhy(peerId);
	}

	/** It is there as yet, unless a listener has ended it. */
	private traceWhy(peerId: string): void {
		const text = this.connection(peerId)?.explain();
		if (text) for (const line of text.split("\n")) trace(`webrtc:   ${line}\n`);
	}
}

/** After the error that goes with the state has arrived. */
function queueFailure(reject: () => void): void {
	void Promise.resolve().then(reject);
}
