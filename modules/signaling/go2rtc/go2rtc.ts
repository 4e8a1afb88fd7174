// SPDX-License-Identifier: Apache-2.0
// go2rtc's small WebSocket format: offers, answers and candidates as {type, value}.
import { parseObject, printable, textOf } from "webrtc/device/json";
import WebRTCError, { type WebRTCErrorCode } from "webrtc/error";
import { parseURL, type URLParts } from "webrtc/http/url";
import type {
	IceServer,
	SignalingCapabilities,
	SignalingClient,
	SignalingHandler,
	SignalingMessage,
	SignalingRole,
	SignalingState,
} from "webrtc/signaling";
import KeptWebSocket, { type KeptClients, type KeptTimeouts } from "webrtc/websocket/kept";

/** Where go2rtc is, and which of its streams is meant. */
export interface Go2rtcSignalingOptions extends KeptClients {
	/**
	 * "ws://192.0.2.1:1984/api/ws?dst=porch" publishes into its stream "porch", as a master; "…?src=porch" plays it, as a
	 * viewer.
	 */
	url: string;
	/** Of the WebSocket. */
	timeouts?: Partial<KeptTimeouts> | undefined;
	/** 0 to 1, uniform. Default Math.random. */
	random?(): number;
}

/** The one peer. */
export const serverId = "go2rtc";

const capabilities: SignalingCapabilities = Object.freeze({ trickle: true });
const keys = Object.freeze(["type", "value"] as const);
const maximumSdp = 12_288;
const maximumCandidate = 1_024;

/**
 * Publishes to go2rtc, or plays from it; Home Assistant has one in it. A session belongs to its WebSocket: when that is cut,
 * another is made.
 */
export default class Go2rtcSignaling implements SignalingClient {
	readonly name = "go2rtc";
	readonly capabilities = capabilities;
	readonly iceServers: readonly IceServer[] = [];
	#url: URLParts;
	#role: SignalingRole;
	#socket: KeptWebSocket;
	#state: SignalingState = "new";
	#handler: SignalingHandler | undefined;
	#hasSession = false;

	/** @throws TypeError that names the option */
	constructor({ url, wss, ws, timeouts, random = Math.random }: Go2rtcSignalingOptions) {
		this.#url = parseURL(url, "url");
		const query = this.#url.path.slice(this.#url.path.indexOf("?") + 1).split("&");
		const publishes = query.some((each) => each.startsWith("dst="));
		if (!publishes && !query.some((each) => each.startsWith("src=")))
			throw new TypeError("url: it names a stream, by ?dst= or ?src=");
		this.#role = publishes ? "master" : "viewer";
		this.#socket = new KeptWebSocket({
			name: "go2rtc",
			wss,
			ws,
			timeouts,
			random,
			onOpen: () => this.onOpen(),
			onText: (text) => this.onText(text),
			onLost: (error) => this.onLost(error),
			onError: (error) => this.#handler?.onError(error),
		});
	}

	get state(): SignalingState {
		return this.#state;
	}

	connect(role: SignalingRole, handler: SignalingHandler): void {
		if (role !== this.#role) throw new TypeError(`role: this URL is for a ${this.#role}`);
		if (this.#state !== "new") throw failure("closed", "connect can be called once");
		this.#handler = handler;
		this.setState("connecting");
		this.#socket.open(this.#url);
	}

	send(message: SignalingMessage): void {
		if (!this.#handler) throw failure("closed", "not connected");
		// What is of a session that has ended with its WebSocket is of no use to the next.
		if (!this.#socket.isOpen) return;
		if (message.type === "offer") this.say("webrtc/offer", message.sdp);
		else if (message.type === "candidate") this.say("webrtc/candidate", message.candidate.candidate);
		else if ((message.type === "bye" || message.type === "reject") && message.peerId === serverId) this.again();
	}

	/** It issues none. */
	refreshIceServers(): void {}

	close(): void {
		this.#socket.close();
		this.#handler = undefined;
		this.#state = "disconnected";
	}

	private say(type: string, value: string): void {
		this.#hasSession = true;
		this.#socket.send(JSON.stringify({ type, value }));
	}

	/** The session has ended here: a WebSocket has one. */
	private again(): void {
		this.#hasSession = false;
		this.#socket.reopen();
		this.setState("disconnected");
		this.setState("connecting");
	}

	private onOpen(): void {
		this.setState("connected");
		this.#handler?.onMessage({ type: "offer-request", peerId: serverId });
	}

	private onLost(error: WebRTCError): void {
		this.#handler?.onError(error);
		this.setState("disconnected");
		this.setState("connecting");
		this.endSession();
	}

	private endSession(): void {
		this.#socket.forget();
		if (!this.#hasSession) return;
		this.#hasSession = false;
		this.#handler?.onMessage({ type: "bye", peerId: serverId });
	}

	private onText(text: string): void {
		try {
			const { type, value } = parseObject(new Uint8Array(ArrayBuffer.fromString(text)), keys);
			if (type === "webrtc/answer") this.answered(value);
			else if (type === "webrtc/candidate") this.candidate(value);
			else if (type === "error") this.refused(textOf(value, 512) ?? "");
		} catch (cause) {
			const reason = cause instanceof Error ? cause.message : "";
			this.#handler?.onError(failure("bad-message", `a bad message: ${reason}`, cause));
		}
	}

	private answered(value: unknown): void {
		const sdp = textOf(value, maximumSdp);
		if (sdp === undefined || !sdp.startsWith("v=0")) throw new SyntaxError("no SDP in the answer");
		this.#handler?.onMessage({ type: "answer", peerId: serverId, sdp });
	}

	/** It says no section: all are bundled. */
	private candidate(value: unknown): void {
		if (typeof value !== "string" || value.length > maximumCandidate) throw new SyntaxError("no candidate");
		const candidate = { candidate: value, sdpMid: null, sdpMLineIndex: 0 };
		this.#handler?.onMessage({ type: "candidate", peerId: serverId, candidate });
	}

	/** There is no such stream, or no codec that fits: it may be there later. */
	private refused(reason: string): void {
		this.#handler?.onError(failure("rejected", `it says: ${printable(reason)}`));
		this.endSession();
		this.again();
	}

	private setState(state: SignalingState): void {
		if (state === this.#state) return;
		this.#state = state;
		this.#handler?.onStateChange(state);
	}
}

function failure(code: string, text: string, cause?: unknown): WebRTCError {
	return new WebRTCError(`signaling/${code}` as WebRTCErrorCode, `go2rtc: ${text}`, cause);
}
