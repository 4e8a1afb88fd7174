// SPDX-License-Identifier: Apache-2.0
// A signaling of one's own: rooms on a WebSocket server, in which everybody has a name and talks JSON.
import { isObject, parseObject, textOf } from "webrtc/device/json";
import WebRTCError from "webrtc/error";
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
import { consistsOf, isVisible } from "webrtc/text";
import KeptWebSocket, { type KeptClients } from "webrtc/websocket/kept";

export interface RoomOptions extends KeptClients {
	/** "wss://rooms.example/" */
	server: string;
	room: string;
}

/** What a message may have: of all else nothing is kept. */
const keys = [
	"type",
	"from",
	"sdp",
	"candidate",
	"sdpMid",
	"sdpMLineIndex",
	"text",
	"iceServers",
	"urls",
	"username",
	"credential",
] as const;

export default class RoomSignaling implements SignalingClient {
	readonly name = "rooms";
	readonly capabilities: SignalingCapabilities = { trickle: true, reoffer: true, custom: true };
	iceServers: IceServer[] = [];
	#url: URLParts;
	#room: string;
	#socket: KeptWebSocket;
	#state: SignalingState = "new";
	#role: SignalingRole = "master";
	#handler: SignalingHandler | undefined;

	constructor({ server, room, ...clients }: RoomOptions) {
		this.#url = parseURL(server, "server");
		this.#room = room;
		this.#socket = new KeptWebSocket({
			...clients,
			name: "rooms",
			random: Math.random,
			onOpen: () => this.join(),
			onText: (text) => this.receive(text),
			onLost: (error) => {
				this.#handler?.onError(error);
				this.setState("connecting");
			},
			onError: (error) => this.#handler?.onError(error),
		});
	}

	get state(): SignalingState {
		return this.#state;
	}

	connect(role: SignalingRole, handler: SignalingHandler): void {
		if (this.#state !== "new") throw new WebRTCError("signaling/closed", "rooms: connect can be called once");
		this.#role = role;
		this.#handler = handler;
		this.setState("connecting");
		this.#socket.open(this.#url);
	}

	send(message: SignalingMessage): void {
		if (!this.#handler) throw new WebRTCError("signaling/closed", "rooms: closed");
		const { type, peerId: to } = message;
		if (type === "offer" || type === "answer") this.say({ to, type, sdp: message.sdp });
		else if (type === "candidate") this.say({ to, type, ...message.candidate });
		else if (type === "custom") this.say({ to, type: "say", text: message.data });
		else if (type === "bye" || type === "reject") this.say({ to, type: "bye" });
	}

	refreshIceServers(): void {}

	close(): void {
		this.#socket.close();
		this.#handler = undefined;
		this.#state = "disconnected";
	}

	/** Each connection begins with it. */
	private join(): void {
		this.#socket.sendFirst(JSON.stringify({ type: "join", room: this.#room, role: this.#role }));
	}

	private say(message: object): void {
		this.#socket.send(JSON.stringify(message));
	}

	/** Whatever a stranger may have sent: what makes no sense is told, and changes nothing. */
	private receive(text: string): void {
		try {
			const message = parseObject(new Uint8Array(ArrayBuffer.fromString(text)), keys);
			if (message.type === "joined") return this.joined(message.iceServers);
			const peerId = textOf(message.from, 64);
			// It shows in logs: one with the end of a line could write lines of its own there.
			if (peerId === undefined || !consistsOf(peerId, isVisible))
				throw new SyntaxError("a name that makes no sense");
			this.#handler?.onMessage(toMessage(message, peerId));
		} catch (cause) {
			const reason = cause instanceof Error ? cause.message : "";
			this.#handler?.onError(new WebRTCError("signaling/bad-message", `rooms: ${reason}`, cause));
		}
	}

	private joined(servers: unknown): void {
		if (Array.isArray(servers)) {
			this.iceServers = servers.filter(isObject) as unknown[] as IceServer[]; // the app checks them
			this.#handler?.onIceServers(this.iceServers);
		}
		this.setState("connected");
	}

	private setState(state: SignalingState): void {
		if (state === this.#state) return;
		this.#state = state;
		this.#handler?.onStateChange(state);
	}
}

/** @throws SyntaxError */
function toMessage(message: { [Key in (typeof keys)[number]]?: unknown }, peerId: string): SignalingMessage {
	const { type, sdp, candidate, sdpMid, sdpMLineIndex, text } = message;
	if (type === "wanted") return { type: "offer-request", peerId };
	if (type === "bye") return { type, peerId };
	if ((type === "offer" || type === "answer") && typeof sdp === "string" && sdp.length <= 12_288)
		return { type, peerId, sdp };
	if (type === "say" && typeof text === "string") return { type: "custom", peerId, kind: "say", data: text };
	if (type !== "candidate" || typeof candidate !== "string") throw new SyntaxError("a message that makes no sense");
	const index = typeof sdpMLineIndex === "number" ? sdpMLineIndex : null;
	return { type, peerId, candidate: { candidate, sdpMid: textOf(sdpMid, 64) ?? null, sdpMLineIndex: index } };
}
