// SPDX-License-Identifier: Apache-2.0
// A signaling over MQTT. A viewer calls itself by a name of its own, and makes the offer:
//   TOPIC/state     "online" or "offline", retained: whether the camera is there
//   TOPIC/to/NAME   from the viewer NAME to the camera
//   TOPIC/from/NAME from the camera to the viewer NAME
// Each message is an object of JSON, whose `type` is "offer", "answer", "candidate", "say" or "bye".
import Broker, { type BrokerOptions } from "mqtt-camera/broker";
import { parseObject, textOf } from "webrtc/device/json";
import WebRTCError from "webrtc/error";
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

export interface MQTTSignalingOptions extends BrokerOptions {
	/** The first part of all topics: "cameras/porch". */
	topic: string;
}

/** What a message may have: of all else nothing is kept. */
const keys = ["type", "sdp", "candidate", "sdpMid", "sdpMLineIndex", "text"] as const;
const longestName = 64; // characters

/** For a master, whose viewers make the offers. */
export default class MQTTSignaling implements SignalingClient {
	readonly name = "mqtt";
	readonly capabilities: SignalingCapabilities = { trickle: true, custom: true };
	readonly iceServers: IceServer[] = [];
	#topic: string;
	#broker: Broker;
	#state: SignalingState = "new";
	#handler: SignalingHandler | undefined;

	/** @throws TypeError that names the option */
	constructor({ topic, ...options }: MQTTSignalingOptions) {
		if (!topic || topic.length > 128 || topic.includes("#") || topic.includes("+"))
			throw new TypeError('topic: 1 to 128 characters, without "#" and "+"');
		this.#topic = topic;
		this.#broker = new Broker(options, {
			will: { topic: `${topic}/state`, message: "offline" },
			onOpen: () => this.opened(),
			onMessage: (from, bytes) => this.receive(from, bytes),
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
		if (role !== "master") throw new TypeError("role: this is for a master");
		if (this.#state !== "new") throw new WebRTCError("signaling/closed", "mqtt: connect can be called once");
		this.#handler = handler;
		this.setState("connecting");
		this.#broker.open();
	}

	send(message: SignalingMessage): void {
		if (!this.#handler) throw new WebRTCError("signaling/closed", "mqtt: closed");
		const { type, peerId } = message;
		if (type === "offer" || type === "answer") this.say(peerId, { type, sdp: message.sdp });
		else if (type === "candidate") this.say(peerId, { type, ...message.candidate });
		else if (type === "custom") this.say(peerId, { type: "say", text: message.data });
		else if (type === "reject") this.say(peerId, { type: "bye", text: message.rejection.message });
		else if (type === "bye") this.say(peerId, { type });
	}

	refreshIceServers(): void {}

	close(): void {
		if (this.#handler) this.#broker.close(`${this.#topic}/state`, "offline");
		this.#handler = undefined;
		this.#state = "disconnected";
	}

	/** A broker remembers no subscription of who was cut off. */
	private opened(): void {
		this.#broker.subscribe(`${this.#topic}/to/+`);
		this.#broker.publish(`${this.#topic}/state`, "online", true);
		this.setState("connected");
	}

	private say(peerId: string, message: object): void {
		this.#broker.publish(`${this.#topic}/from/${peerId}`, JSON.stringify(message));
	}

	/** Whatever a stranger may have sent: what makes no sense is told, and changes nothing. */
	private receive(topic: string, bytes: Uint8Array): void {
		try {
			const peerId = topic.slice(this.#topic.length + "/to/".length);
			// It shows in logs: one with the end of a line could write lines of its own there.
			if (!consistsOf(peerId, isVisible, 1, longestName)) throw new SyntaxError("a name that makes no sense");
			this.#handler?.onMessage(toMessage(parseObject(bytes, keys), peerId));
		} catch (cause) {
			const reason = cause instanceof Error ? cause.message : "";
			this.#handler?.onError(new WebRTCError("signaling/bad-message", `mqtt: ${reason}`, cause));
		}
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
	if (type === "bye") return { type, peerId };
	if ((type === "offer" || type === "answer") && typeof sdp === "string" && sdp.length <= 12_288)
		return { type, peerId, sdp };
	if (type === "say" && typeof text === "string") return { type: "custom", peerId, kind: "say", data: text };
	if (type !== "candidate" || typeof candidate !== "string") throw new SyntaxError("a message that makes no sense");
	const index = typeof sdpMLineIndex === "number" ? sdpMLineIndex : null;
	return { type, peerId, candidate: { candidate, sdpMid: textOf(sdpMid, 64) ?? null, sdpMLineIndex: index } };
}
