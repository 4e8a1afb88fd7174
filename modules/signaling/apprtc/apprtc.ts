// SPDX-License-Identifier: Apache-2.0
// Signaling by the rooms of AppRTC: two peers in each, joined by HTTP, talking over a "collider" of WebSockets.
import Backoff from "webrtc/device/backoff";
import Clock from "webrtc/device/clock";
import { printable } from "webrtc/device/json";
import WebRTCError from "webrtc/error";
import guard from "webrtc/error/guard";
import { originOf, type URLParts } from "webrtc/http/url";
import type {
	IceServer,
	SignalingCapabilities,
	SignalingClient,
	SignalingHandler,
	SignalingMessage,
	SignalingRole,
	SignalingSide,
	SignalingState,
} from "webrtc/signaling";
import RoomIceServers from "webrtc/signaling/apprtc/iceservers";
import * as messages from "webrtc/signaling/apprtc/messages";
import { randomRoom } from "webrtc/signaling/apprtc/names";
import { checkOptions, checkRoom, type AppRTCSignalingOptions } from "webrtc/signaling/apprtc/options";
import Posts from "webrtc/signaling/apprtc/posts";
import Rooms from "webrtc/signaling/apprtc/rooms";
import KeptWebSocket from "webrtc/websocket/kept";
import Timer from "timer";

export { randomRoom } from "webrtc/signaling/apprtc/names";
export type { AppRTCSignalingOptions } from "webrtc/signaling/apprtc/options";

const capabilities: SignalingCapabilities = Object.freeze({ trickle: true, reoffer: true, custom: true });
const firstBackoff = 1_000; // ms
const lastBackoff = 15_000;
const grace = 10_000; // ms that the collider keeps the place of who was cut off
const waitForOffer = 3_000; // ms: who is told of an end makes the next offer
const renewal = 12 * 3_600_000; // ms: the service forgets rooms after 24 h

/**
 * Two peers meet in a room. The first makes the offer, which waits for the second; `peerId` is the room's name.
 *
 * The connection is kept: only a room that the service refuses for good makes it fail. All else, a full room too, is
 * reported and tried again. A session that is there goes on while the service is away.
 */
export default class AppRTCSignaling implements SignalingClient {
	readonly name = "apprtc";
	readonly capabilities = capabilities;
	#server: URLParts;
	#rooms: Rooms;
	#socket: KeptWebSocket;
	#room: string;
	#state: SignalingState = "new";
	#handler: SignalingHandler | undefined;
	#joined: messages.Joined | undefined;
	#side: SignalingSide | undefined;
	#isReady = false; // the collider was reached since the join
	#hasPeer = false; // there is an answer
	#iceServers: RoomIceServers;
	#posts: Posts;
	#clock = new Clock();
	#timer: Timer | undefined;
	#joinBackoff: Backoff;
	#joinAt = Infinity;
	#renewAt = Infinity;
	#lostAt = Infinity;
	#isLeaving = false;

	/** @throws TypeError that names the option */
	constructor(options: AppRTCSignalingOptions = {}) {
		const { room = randomRoom(), query = "", random = Math.random, wss, ws, timeouts } = options;
		this.#server = checkOptions(options);
		this.#room = room;
		this.#rooms = new Rooms(this.#server, query, options);
		this.#joinBackoff = new Backoff(firstBackoff, lastBackoff, random);
		const onTrouble = (error: WebRTCError, delay?: number) => this.#handler?.onError(this.describe(error, delay));
		const onException = (error: WebRTCError) => this.onException(error);
		this.#posts = new Posts(this.#rooms, this.#joinBackoff, {
			onTrouble,
			onException,
			onForgotten: (error) => this.later(error),
		});
		this.#iceServers = new RoomIceServers(this.#rooms, this.#clock, random, {
			onTrouble,
			onException,
			onAsked: () => this.#handler?.onProgress?.("getIceServers"),
			onServers: (servers) => this.#handler?.onIceServers(servers),
		});
		this.#socket = new KeptWebSocket({
			name: "AppRTC",
			wss,
			ws,
			timeouts,
			random,
			headers: new Map([["origin", originOf(this.#server)]]), // colliders refuse who has none
			maximumMessage: messages.maximumMessage,
			onOpen: () => this.onOpen(),
			onText: (text) => this.onText(text),
			onLost: (error) => this.onLost(error),
			onError: (error) => this.#handler?.onError(error),
		});
	}

	get state(): SignalingState {
		return this.#state;
	}

	get iceServers(): readonly IceServer[] {
		return this.#iceServers.list;
	}

	get iceRefreshNeeded(): boolean {
		return this.#iceServers.areNeeded;
	}

	/** The room that it is in, or wants to be in. */
	get room(): string {
		return this.#room;
	}

	/** The page at which a browser joins the room. */
	get pageURL(): string {
		const { path } = this.#server;
		return `${originOf(this.#server)}${path}${path.endsWith("/") ? "" : "/"}r/${this.#room}`;
	}

	/** Who makes the offer; undefined before the room is joined. */
	get side(): SignalingSide | undefined {
		return this.#side;
	}

	/** Counted since the start; `messagesQueued` is of now. */
	get statistics(): { connections: number; httpConnections: number; httpRequests: number; messagesQueued: number } {
		const { connections: httpConnections, requests: httpRequests } = this.#rooms.statistics;
		const messagesQueued = this.#posts.length + this.#socket.length;
		return { connections: this.#socket.connections, httpConnections, httpRequests, messagesQueued };
	}

	connect(_role: SignalingRole, handler: SignalingHandler): void {
		if (this.#state !== "new") throw new WebRTCError("signaling/closed", "AppRTC: connect can be called once");
		this.#handler = handler;
		this.begin();
	}

	send(message: SignalingMessage): void {
		if (!this.#handler || this.#state === "failed") throw closed();
		const text = messages.composeMessage(message);
		if (message.type === "answer") this.#hasPeer = true;
		if (text === undefined || !this.#joined) return;
		const isOfSession = message.type !== "bye" && message.type !== "reject" && message.type !== "custom";
		// Who waits for the other may be alone: the service keeps what is posted. Else the collider is the shorter way.
		if (isOfSession && this.#side === "initiator") this.#posts.add(text);
		else if (isOfSession || this.#hasPeer || message.type === "reject")
			this.#socket.send(messages.composeSend(text));
		if (message.type === "bye" || message.type === "reject") this.ended();
	}

	refreshIceServers(): void {
		this.#iceServers.refresh();
	}

	/**
	 * Leaves the room, and joins another or the same again.
	 * @param room default: the same
	 * @throws TypeError for a name that a room cannot have; WebRTCError "signaling/closed" when it is not connected
	 */
	join(room: string = this.#room): void {
		checkRoom(room);
		if (!this.#handler || this.#state === "failed") throw closed();
		this.tellPeerGone();
		this.leaveRoom(() => {
			this.#room = room;
			this.begin();
		});
	}

	/** Leaves the room, without an end: `join` brings it back. */
	leave(): void {
		if (!this.#handler || this.#state === "failed") throw closed();
		this.tellPeerGone();
		this.setState("disconnected");
		this.leaveRoom(() => undefined);
	}

	/** Does at once what would be tried later. */
	retry(): void {
		if (!this.#handler || this.#state === "failed") throw closed();
		if (this.#joined) this.rejoin();
		else if (this.#joinAt < Infinity) {
			this.#joinAt = this.#clock.now;
			this.schedule();
		}
	}

	close(): void {
		const joined = this.#joined;
		const isLeaving = this.#isLeaving;
		if (this.#state === "new") this.#state = "disconnected";
		if (!this.#handler) return;
		if (this.#hasPeer && joined) this.#socket.send(messages.composeSend('{"type":"bye"}'));
		if (!isLeaving) this.forget(); // else there is nothing but the leave, which comes to its end
		this.#handler = undefined;
		this.#iceServers.list = [];
		if (this.#state !== "failed") this.#state = "disconnected";
		if (joined) this.#rooms.leave(joined, () => this.#rooms.close());
		else if (!isLeaving) this.#rooms.close();
	}

	/** A fault of this SDK: it ends what was under way, and the room is joined again. */
	onException(error: WebRTCError): void {
		this.#handler?.onError(error);
		if (this.#handler && this.#state !== "failed") this.later(undefined);
	}

	/* The room */

	private begin(): void {
		this.setState("connecting");
		this.joinRoom();
	}

	private joinRoom(): void {
		this.#joinAt = Infinity;
		this.#handler?.onProgress?.("join");
		this.#rooms.join(this.#room, (error, body) => {
			if (error) return this.joinFailed(error);
			try {
				this.onJoined(messages.parseJoined(body, !this.#server.secure));
			} catch (cause) {
				const reason = cause instanceof Error ? cause.message : "";
				this.joinFailed(
					new WebRTCError("signaling/service-failed", `the reply makes no sense: ${reason}`, cause),
				);
			}
		});
	}

	private joinFailed(error: WebRTCError): void {
		// A status that stands for a mistake of ours. That a room is full is a result.
		const isForGood = error.code === "signaling/rejected" && error.message.includes("status");
		if (!isForGood) return this.later(error);
		this.#handler?.onError(this.describe(error));
		this.forget();
		this.setState("failed");
	}

	private onJoined(joined: messages.Joined): void {
		this.#joined = joined;
		this.#isReady = false;
		this.#renewAt = this.#clock.now + renewal;
		this.#side = joined.isInitiator ? "initiator" : "callee";
		this.#socket.open(joined.wss);
		this.#posts.begin(joined);
		this.#iceServers.begin(joined.iceServerURL);
		this.schedule();
	}

	/** Tries again after the back-off. */
	private later(error: WebRTCError | undefined): void {
		this.forget();
		const delay = this.#joinBackoff.next();
		if (error) this.#handler?.onError(this.describe(error, delay));
		this.lost();
		this.#joinAt = this.#clock.now + delay;
		this.schedule();
	}

	/** Gives the place in the room back, in case that the service knows of it still, and takes one anew. */
	private rejoin(): void {
		this.lost();
		this.leaveRoom(() => this.joinRoom());
	}

	private leaveRoom(next: () => void): void {
		const joined = this.#joined;
		this.forget();
		this.#side = undefined;
		if (!joined) return next();
		this.#isLeaving = true;
		this.#rooms.leave(joined, () => {
			this.#isLeaving = false;
			if (this.#handler) next();
			else this.#rooms.close();
		});
	}

	/** All that belongs to the place in the room. */
	private forget(): void {
		this.#rooms.cancel();
		this.#socket.close();
		this.#joined = undefined;
		this.#posts.end();
		this.#iceServers.end();
		this.#isLeaving = false;
		this.#joinAt = this.#renewAt = this.#lostAt = Infinity;
		Timer.clear(this.#timer);
		this.#timer = undefined;
	}

	/* The collider */

	private onOpen(): void {
		const { roomId, clientId } = this.#joined!;
		this.#socket.sendFirst(messages.composeRegister(roomId, clientId)); // it is not acknowledged
		this.#lostAt = Infinity;
		this.#joinBackoff.reset();
		this.setState("connected");
		if (this.#isReady) return;
		this.#isReady = true;
		this.enter(this.#joined!);
	}

	/** What the first in the room has left is taken; where nobody is, an offer is left. */
	private enter(joined: messages.Joined): void {
		this.#handler?.onSide?.(this.#side!);
		const waiting = joined.messages;
		joined.messages = [];
		for (const text of waiting) if (this.#joined === joined) this.receive(text);
		if (this.#side === "initiator" && !this.#hasPeer) this.askForOffer();
	}

	private onLost(error: WebRTCError): void {
		if (this.#lostAt === Infinity) this.#lostAt = this.#clock.now;
		this.#handler?.onError(error);
		this.lost();
		// The collider has given the place away, or was started anew: so may the room be.
		if (this.#joined && this.#clock.now - this.#lostAt >= grace / 2) this.rejoin();
	}

	private onText(text: string): void {
		try {
			const { message, error } = messages.parseEnvelope(text);
			if (error !== undefined) this.refused(error);
			else if (message !== undefined) this.receive(message);
		} catch (cause) {
			this.badMessage(cause);
		}
	}

	/** By the collider, which then closes the connection. */
	private refused(reason: string): void {
		if (reason.includes("Duplicated register request")) return; // it was registered
		const text = `AppRTC: the collider says: ${printable(reason)}`;
		this.later(new WebRTCError("signaling/rejected", text));
	}

	private receive(text: string): void {
		try {
			const message = messages.parseMessage(text, this.#room);
			if (!message) return;
			if (message.type === "offer" || message.type === "answer") {
				this.#hasPeer = true;
				this.#renewAt = Infinity;
			}
			this.#handler?.onMessage(message);
			if (message.type === "bye") this.peerLeft();
		} catch (cause) {
			this.badMessage(cause);
		}
	}

	private badMessage(cause: unknown): void {
		const reason = cause instanceof Error ? cause.message : "";
		this.#handler?.onError(new WebRTCError("signaling/bad-message", `AppRTC: a bad message: ${reason}`, cause));
	}

	/** Who stays makes the next offer. */
	private peerLeft(): void {
		this.#hasPeer = false;
		if (!this.#joined) return;
		this.#renewAt = this.#clock.now + renewal;
		this.#side = "initiator";
		this.#handler?.onSide?.("initiator");
		this.askForOffer();
	}

	private askForOffer(): void {
		this.#handler?.onMessage({ type: "offer-request", peerId: this.#room });
	}

	/** From our side: the other, if it is there, makes an offer now. Else the place is taken anew. */
	private ended(): void {
		this.#hasPeer = false;
		this.#posts.clear();
		this.#side = "callee";
		this.#renewAt = this.#clock.now + waitForOffer;
		this.schedule();
	}

	/** The application's session ends in any case: it may have made an offer to a room that nobody has come to. */
	private tellPeerGone(): void {
		if (this.#hasPeer) this.#socket.send(messages.composeSend('{"type":"bye"}'));
		this.#hasPeer = false;
		this.#handler?.onMessage({ type: "bye", peerId: this.#room });
	}

	/* Time */

	private schedule(): void {
		Timer.clear(this.#timer);
		this.#timer = undefined;
		const deadline = Math.min(this.#joinAt, this.#renewAt);
		if (deadline === Infinity) return;
		this.#timer = Timer.set(
			guard(this, () => this.onTimer()),
			Math.max(0, Math.ceil(deadline - this.#clock.now)),
		);
	}

	private onTimer(): void {
		const { now } = this.#clock;
		this.#timer = undefined;
		if (now >= this.#joinAt) this.joinRoom();
		if (now >= this.#renewAt) this.rejoin();
		else this.schedule();
	}

	/* Tools */

	private describe({ code, message, cause }: WebRTCError, delay = 0): WebRTCError {
		const later = delay ? `; the next attempt is in ${Math.ceil(delay / 1000)} s` : "";
		const text = message.startsWith("AppRTC: ") ? message : `AppRTC: room ${this.#room}: ${message}`;
		return new WebRTCError(code, `${text}${later}`, cause);
	}

	private lost(): void {
		if (this.#state === "connected") this.setState("disconnected");
		this.setState("connecting");
	}

	private setState(state: SignalingState): void {
		if (state === this.#state) return;
		this.#state = state;
		this.#handler?.onStateChange(state);
	}
}

function closed(): WebRTCError {
	return new WebRTCError("signaling/closed", "AppRTC: not connected");
}
