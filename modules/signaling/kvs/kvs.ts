// SPDX-License-Identifier: Apache-2.0
// Signaling by Amazon Kinesis Video Streams: the driver that binds the machine to the network.
import AWSClient from "webrtc/aws/client";
import Clock from "webrtc/device/clock";
import deviceNetwork from "webrtc/device/network";
import WebRTCError from "webrtc/error";
import guard, { contain } from "webrtc/error/guard";
import { hmacSHA256, randomBytes, sha256 } from "webrtc/native/crypto";
import type {
	IceServer,
	SignalingCapabilities,
	SignalingClient,
	SignalingHandler,
	SignalingMessage,
	SignalingRole,
	SignalingState,
} from "webrtc/signaling";
import StoredCache, { checkKnowledge, type KnowledgeCache } from "webrtc/signaling/kvs/cache";
import { controlEndpoint, stunServer } from "webrtc/signaling/kvs/endpoints";
import Machine from "webrtc/signaling/kvs/machine";
import { maximumMessage } from "webrtc/signaling/kvs/messages";
import { checkOptions, providerOf, type KVSSignalingOptions } from "webrtc/signaling/kvs/options";
import { regionOf } from "webrtc/signaling/kvs/requests";
import {
	defaultTimeouts,
	type Action,
	type Closing,
	type Knowledge,
	type Statistics,
	type Timeouts,
} from "webrtc/signaling/kvs/types";
import Socket from "webrtc/websocket";
import Timer from "timer";

export type { KVSSignalingOptions } from "webrtc/signaling/kvs/options";

export { masterId } from "webrtc/signaling/kvs/messages";

const capabilities: SignalingCapabilities = Object.freeze({ trickle: true, reoffer: true, waits: true });
const service = "kinesisvideo";
const urlLifetime = 299; // s that a signed URL holds, as the service's JavaScript SDK has it

/**
 * Signaling by Amazon Kinesis Video Streams, for both roles.
 *
 * The connection is kept for good: it fails only when there is no such channel, and none may be made. All else is
 * reported and tried again. KVS has no message for a "bye", so none is sent: the end of DTLS tells the peer. An offer is
 * turned down by an answer that rejects all media. A viewer's messages come from "MASTER", or from whom it named in its
 * first message.
 */
export default class KVSSignaling implements SignalingClient {
	readonly name = "kvs";
	readonly capabilities = capabilities;
	#options: KVSSignalingOptions & { region: string };
	#timeouts: Readonly<Timeouts>;
	#client: AWSClient;
	#machine: Machine | undefined;
	#handler: SignalingHandler | undefined;
	#state: SignalingState = "new";
	#cache: KnowledgeCache | undefined;
	#clock = new Clock();
	#timer: Timer | undefined;
	#calls = new Map<number, () => void>();
	#sockets = new Map<number, Socket | undefined>(); // undefined: its URL is being signed
	#running = false;

	/** @throws TypeError or RangeError that names the option */
	constructor(options: KVSSignalingOptions) {
		checkOptions(options);
		const region = options.region ?? regionOf(options.channelARN) ?? "";
		this.#options = { ...options, region };
		controlEndpoint(this.#options);
		this.#timeouts = { ...defaultTimeouts, ...options.timeouts };
		const { https, http } = options;
		const credentials = providerOf(options.credentials);
		this.#client = new AWSClient({ https, http, region, service, credentials, hash: { sha256, hmacSHA256 } });
	}

	get state(): SignalingState {
		return this.#state;
	}

	get iceServers(): readonly IceServer[] {
		return this.#machine?.iceServers ?? [];
	}

	get iceRefreshNeeded(): boolean {
		return this.#machine?.needsIceServers(this.#clock.now) ?? true;
	}

	/**
	 * Counted since the start. `connections` are WebSockets, `httpConnections` the REST calls' (each with TLS). Only
	 * `messagesQueued` is of now: messages that wait, or that may have to be repeated.
	 */
	get statistics(): Statistics & { messagesQueued: number; httpConnections: number; httpRequests: number } {
		const { connections: httpConnections, requests: httpRequests } = this.#client.statistics;
		const none: Statistics = {
			connections: 0,
			messagesReceived: 0,
			messagesSent: 0,
			messagesRepeated: 0,
			messagesDropped: 0,
			badMessages: 0,
		};
		const messagesQueued = this.#machine?.queueLength ?? 0;
		return { ...(this.#machine?.statistics ?? none), messagesQueued, httpConnections, httpRequests };
	}

	connect(role: SignalingRole, handler: SignalingHandler): void {
		if (this.#state !== "new") throw new WebRTCError("signaling/closed", "KVS: connect can be called once");
		this.#handler = handler;
		const { channelName, channelARN, clientId, useMediaStorage = false, cache } = this.#options;
		this.#cache = typeof cache === "object" ? cache : cache === "stored" ? this.makeCache(role) : undefined;
		this.#machine = new Machine({
			role,
			channelName,
			channelARN,
			clientId: role === "viewer" ? (clientId ?? makeClientId()) : undefined,
			create: this.createOptions(role),
			control: controlEndpoint(this.#options),
			stunServer: stunServer(this.#options),
			useMediaStorage,
			knowledge: this.readCache(),
			remember: cache !== "none",
			timeouts: this.#timeouts,
			random: Math.random,
		});
		this.#machine.start(this.#clock.now);
		this.run();
	}

	send(message: SignalingMessage): void {
		if (!this.#machine || this.#state === "failed" || !this.#handler)
			throw new WebRTCError("signaling/closed", "KVS: not connected");
		try {
			this.#machine.send(message, this.#clock.now);
		} finally {
			this.run();
		}
	}

	refreshIceServers(): void {
		this.#machine?.refreshIceServers(this.#clock.now);
		this.run();
	}

	close(): void {
		if (this.#state === "new") this.#state = "disconnected";
		this.#machine?.close();
		this.run();
		Timer.clear(this.#timer);
		this.#timer = undefined;
		this.#client.close();
		this.#handler = undefined;
	}

	private createOptions(role: SignalingRole) {
		const { createChannel = role === "master", channelName } = this.#options;
		if (!createChannel || channelName === undefined) return undefined;
		return createChannel === true ? {} : createChannel;
	}

	private makeCache(role: SignalingRole): KnowledgeCache {
		const { region, endpoint = "", channelName, channelARN, useMediaStorage, dualStack, fips } = this.#options;
		const flags = [useMediaStorage, dualStack, fips].map((flag) => (flag ? "1" : "0")).join("");
		const identity = [role, region, endpoint, channelARN ?? channelName, flags].join("|");
		return new StoredCache(identity, sha256, () => this.#client.clock.now);
	}

	private readCache(): Knowledge | undefined {
		try {
			const knowledge = this.#cache?.read();
			return knowledge && checkKnowledge(knowledge);
		} catch {
			return undefined; // it is learned anew
		}
	}

	/** Does what the machine wants, and sets its timer. What comes in meanwhile is done by the same loop. */
	private run(): void {
		if (this.#running || !this.#machine) return;
		this.#running = true;
		try {
			for (let action = this.#machine.nextAction(); action; action = this.#machine.nextAction()) this.try(action);
		} finally {
			this.#running = false;
		}
		Timer.clear(this.#timer);
		this.#timer = undefined;
		const { deadline } = this.#machine;
		if (deadline === Infinity) return;
		const wait = Math.max(0, Math.ceil(deadline - this.#clock.now));
		this.#timer = Timer.set(
			guard(this, () => this.feed((machine, now) => machine.handleTimeout(now))),
			wait,
		);
	}

	/** A fault of this SDK, or of the application: it ends what it comes from, and the client goes on. */
	onException(error: WebRTCError): void {
		this.#handler?.onError(error);
	}

	/** One that fails must not keep the others, and the timer, from their turn. */
	private try(action: Action): void {
		try {
			this.perform(action);
		} catch (cause) {
			contain(this, cause);
		}
	}

	/** Something has come in. */
	private feed(input: (machine: Machine, now: number) => void): void {
		if (!this.#machine || !this.#handler) return;
		try {
			input(this.#machine, this.#clock.now);
		} catch (cause) {
			contain(this, cause);
		}
		this.run();
	}

	private perform(action: Action): void {
		switch (action.type) {
			case "request":
				return this.request(action);
			case "cancel":
				this.#calls.get(action.id)?.();
				this.#calls.delete(action.id);
				return;
			case "open":
				this.#sockets.set(action.link, undefined);
				void this.open(action);
				return;
			case "write":
				return this.#sockets.get(action.link)?.write(action.text);
			case "ping":
				return this.#sockets.get(action.link)?.ping(action.payload);
			case "drop":
				this.#sockets.get(action.link)?.close();
				this.#sockets.delete(action.link);
				return;
			case "invalidateCredentials":
				return this.#client.invalidateCredentials();
			case "remember":
				return this.writeCache(action.knowledge);
			default:
				this.tell(action);
		}
	}

	private tell(action: Action): void {
		const handler = this.#handler;
		if (action.type === "state") {
			this.#state = action.state;
			handler?.onStateChange(action.state);
		} else if (action.type === "progress") handler?.onProgress?.(action.step);
		else if (action.type === "message") handler?.onMessage(action.message);
		else if (action.type === "iceServers") handler?.onIceServers(action.servers);
		else if (action.type === "error") handler?.onError(action.error);
	}

	private request({ id, url, body }: Extract<Action, { type: "request" }>): void {
		const cancel = this.#client.post(url, body, this.#timeouts.request, (error, response) => {
			this.#calls.delete(id);
			const outcome = response ? { response } : { error: error! };
			this.feed((machine, now) => machine.handleResponse(id, outcome, now));
		});
		this.#calls.set(id, cancel);
	}

	private async open({ link, url, query }: Extract<Action, { type: "open" }>): Promise<void> {
		try {
			const signed = await this.#client.presign(url, query, urlLifetime);
			if (!this.#sockets.has(link)) return; // dropped meanwhile
			this.#sockets.set(link, this.makeSocket(link, url, signed));
		} catch (error) {
			const reason = error instanceof Error ? error.message : "the URL cannot be signed";
			const isCredentials = error instanceof WebRTCError && error.code === "aws/credentials";
			this.onEnd(link, isCredentials ? { reason, credentials: error } : { reason });
		}
	}

	private makeSocket(link: number, url: Extract<Action, { type: "open" }>["url"], query: string): Socket {
		const network = deviceNetwork();
		const { wss = network.wss, ws = network.ws } = this.#options;
		const dictionary = url.secure ? wss : ws;
		if (!dictionary) throw new Error(`no ${url.secure ? "wss" : "ws"} client; include its manifest`);
		return new Socket({
			dictionary,
			url: { ...url, path: `${url.path}?${query}` },
			maximumMessage,
			timeout: this.#timeouts.connect,
			onOpen: () => this.feed((machine, now) => machine.handleOpen(link, now)),
			onMessage: (bytes) => this.feed((machine, now) => machine.handleMessage(link, bytes, now)),
			onTooLong: (size) => this.feed((machine) => machine.handleTooLong(size)),
			onPong: (payload) => this.feed((machine, now) => machine.handlePong(link, payload, now)),
			onWritten: () => this.feed((machine, now) => machine.handleWritten(link, now)),
			onEnd: (closing) => this.onEnd(link, closing),
		});
	}

	private onEnd(link: number, closing: Closing): void {
		if (this.#sockets.delete(link)) this.feed((machine, now) => machine.handleClose(link, closing, now));
	}

	private writeCache(knowledge: Knowledge | undefined): void {
		try {
			this.#cache?.write(knowledge);
		} catch {
			// It is learned again after the next start.
		}
	}
}

function makeClientId(): string {
	let id = "viewer-";
	for (const byte of new Uint8Array(randomBytes(8))) id += byte.toString(16).padStart(2, "0");
	return id;
}
