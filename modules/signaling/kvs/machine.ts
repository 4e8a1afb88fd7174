// SPDX-License-Identifier: Apache-2.0
// The life of a KVS signaling client, Sans-I/O: responses, messages and the time come in; actions and the next deadline
// go out.
//
//   new ─▶ describe ─▶ create ─▶ describeStorage ─▶ endpoint ─▶ connect ─▶ connected ─▶ (failed, closed)
//              ▲                                                                │
//              └──────────────────────────── waiting ◀──────────────────────────┘
//
// A step is left out when what it would tell is known (`Knowledge`). Whatever goes wrong takes away the knowledge that
// it has proved stale; after a back-off the machine goes on with the first step that is missing. An open connection
// serves on meanwhile: before the service ends it (GO_AWAY, 1 h), the machine runs through the steps for its successor.
import { parseURL } from "webrtc/aws/url";
import WebRTCError from "webrtc/error";
import type { IceServer, SignalingMessage, SignalingState } from "webrtc/signaling";
import Background from "webrtc/signaling/kvs/background";
import Calls, { type Done } from "webrtc/signaling/kvs/calls";
import Exchange from "webrtc/signaling/kvs/exchange";
import { patience, type Failure } from "webrtc/signaling/kvs/failure";
import { printable } from "webrtc/device/json";
import Link from "webrtc/websocket/link";
import { maximumMessage } from "webrtc/signaling/kvs/messages";
import * as requests from "webrtc/signaling/kvs/requests";
import Backoff from "webrtc/device/backoff";
import type { Action, Closing, Knowledge, MachineOptions, Outcome, Statistics } from "webrtc/signaling/kvs/types";

export type MachineState =
	| "new"
	| "describe"
	| "create"
	| "describeStorage"
	| "endpoint"
	| "connect"
	| "connected"
	| "waiting"
	| "failed"
	| "closed";

const retryRenewal = 60_000; // ms: the service gives a minute from GO_AWAY to the end
const crowd = 1_000; // ms: over which those come back whom the service has sent away together
const goingAway = 1001; // RFC 6455 section 7.4.1

export default class Machine {
	#options: MachineOptions;
	#state: MachineState = "new";
	#deadline = Infinity;
	#knowledge: Knowledge;
	#remembered: string;
	#told: SignalingState = "new";
	#actions: Action[] = [];
	#calls: Calls;
	#link: Link | undefined;
	#opening = 0; // the id of a link to be
	#old: { id: number; until: number } | undefined;
	#lastLink = 0;
	#answers: boolean | undefined; // whether the service answers pings
	#clockTried = false;
	#backoff: Backoff;
	#background: Background;
	#exchange: Exchange;
	readonly statistics: Statistics = {
		connections: 0,
		messagesReceived: 0,
		messagesSent: 0,
		messagesRepeated: 0,
		messagesDropped: 0,
		badMessages: 0,
	};

	constructor(options: MachineOptions) {
		const { timeouts, random, channelARN } = options;
		const emit = (action: Action) => void this.#actions.push(action);
		const knowledge = () => this.#knowledge;
		this.#options = options;
		this.#knowledge = { ...options.knowledge, ...(channelARN === undefined ? {} : { arn: channelARN }) };
		this.#remembered = JSON.stringify(this.#knowledge);
		this.#backoff = new Backoff(timeouts.backoff, timeouts.maximumBackoff, random);
		this.#calls = new Calls(timeouts.credentials + timeouts.request, emit);
		this.#exchange = new Exchange(options, this.statistics, emit);
		this.#background = new Background(options, {
			get knowledge() {
				return knowledge();
			},
			calls: this.#calls,
			emit,
			learn: (failure) => void this.learn(failure),
			learnStorage: (body) => this.learnStorage(body),
			renew: (now) => this.renew(true, now),
		});
	}

	get state(): MachineState {
		return this.#state;
	}

	get iceServers(): readonly IceServer[] {
		return this.#background.iceServers;
	}

	needsIceServers(now: number): boolean {
		return this.#background.needsIceServers(now);
	}

	/** Messages that wait, or that may have to be repeated. */
	get queueLength(): number {
		return this.#exchange.outbox.length;
	}

	/** What is to be done next; call until there is nothing, after each of the other calls. */
	nextAction(): Action | undefined {
		return this.#actions.shift();
	}

	/** When `handleTimeout` is due. */
	get deadline(): number {
		if (this.isOver) return Infinity;
		const outbox = this.#exchange.outbox;
		const general = Math.min(this.#deadline, this.#calls.deadline, this.#old?.until ?? Infinity, outbox.expiry);
		const link = this.#link;
		if (!link) return general;
		return Math.min(general, link.deadline, this.#background.deadline, link.busy ? Infinity : outbox.deadline);
	}

	start(now: number): void {
		this.tell("connecting");
		const servers = this.iceServers;
		if (servers.length) this.#actions.push({ type: "iceServers", servers: [...servers] });
		this.advance(now);
	}

	/** @throws WebRTCError "signaling/message-too-large" */
	send(message: SignalingMessage, now: number): void {
		this.#exchange.send(message, now);
		if (message.type === "bye" || message.type === "reject") this.#background.ended(message.peerId, now);
		this.#exchange.pump(this.#link, now);
	}

	refreshIceServers(now: number): void {
		this.#background.refreshIceServers(now);
	}

	close(): void {
		if (!this.isOver) this.end("closed", "disconnected");
		this.#state = "closed";
	}

	/* What the driver reports */

	handleResponse(id: number, outcome: Outcome, now: number): void {
		if (this.#calls.handleResponse(id, outcome, now)) this.#clockTried = false;
	}

	/** A WebSocket is open: it takes over. The one before is still read for a while. */
	handleOpen(id: number, now: number): void {
		if (id !== this.#opening || this.isOver) return;
		const { timeouts, random } = this.#options;
		const before = this.#link;
		this.#opening = 0;
		this.#link = new Link(id, now, timeouts, this.#answers, random);
		if (before) {
			this.dropOld();
			this.#old = { id: before.id, until: now + timeouts.drain };
		}
		this.statistics.connections++;
		this.setState("connected", Infinity);
		this.tell("connected");
		this.remember();
		this.#background.start(now);
		this.handleTimeout(now);
	}

	/** A whole text message. */
	handleMessage(id: number, bytes: Uint8Array, now: number): void {
		if (this.isOver) return;
		if (id === this.#link?.id) this.#link.heard();
		const incoming = this.#exchange.receive(bytes, this.iceServers, now);
		if (incoming?.kind === "message" && incoming.message.type === "offer")
			this.#background.offered(incoming.message.peerId, now);
		else if (incoming?.kind === "reconnectIceServer") this.#background.refreshIceServers(now);
		else if (incoming?.kind === "goAway" && id === this.#link?.id) this.renew(true, now);
	}

	/** A message of so many bytes was skipped. */
	handleTooLong(size: number): void {
		this.statistics.badMessages++;
		const text = `KVS: a message of ${size} bytes was skipped; ${maximumMessage} are taken`;
		this.report(new WebRTCError("signaling/bad-message", text));
	}

	handlePong(id: number, payload: number, now: number): void {
		this.#answers = true;
		this.#exchange.outbox.confirm(id, payload, now);
		if (id !== this.#link?.id) return;
		this.#link.answers = true;
		this.#link.heard();
	}

	/** The text of the last "write" has left. */
	handleWritten(id: number, now: number): void {
		if (id !== this.#link?.id) return;
		this.#link.busy = false;
		this.#exchange.written(this.#link);
		this.handleTimeout(now);
	}

	/** A WebSocket has ended, or could not be opened. */
	handleClose(id: number, closing: Closing, now: number): void {
		if (this.isOver) return;
		if (id === this.#opening) this.openingFailed(closing, now);
		else if (id === this.#link?.id) this.linkEnded(closing, now);
		else if (id === this.#old?.id) {
			this.#old = undefined;
			this.#exchange.requeue(id);
			this.#exchange.pump(this.#link, now);
		}
	}

	handleTimeout(now: number): void {
		if (this.isOver) return;
		if (now >= this.#deadline) this.stateTimeout(now);
		this.#calls.handleTimeout(now);
		if (this.#old && now >= this.#old.until) this.dropOld();
		if (this.#link) this.serveLink(this.#link, now);
		this.#exchange.pump(this.#link, now);
	}

	/* The steps */

	/** @param isStorageKnown storage may be enabled at any time: where it is not, it is asked for with each connection */
	private advance(
		now: number,
		isStorageKnown = !this.#options.useMediaStorage || this.#knowledge.storage === true,
	): void {
		const { arn, endpoints } = this.#knowledge;
		if (!arn) this.describe(now);
		else if (!isStorageKnown) this.describeStorage(arn, now);
		else if (!endpoints) this.getEndpoint(arn, now);
		else this.connect(arn, endpoints.wss, now);
	}

	private describe(now: number): void {
		const { channelName, create } = this.#options;
		this.#actions.push({ type: "progress", step: "describe" });
		const body = JSON.stringify({ ChannelName: channelName });
		this.ask("describe", "describeSignalingChannel", body, now, (failure, text, later) => {
			if (failure?.kind === "channel" && create) return this.create(later);
			if (failure?.kind === "channel" && !this.wasConnected) return this.fail(failure.error);
			if (failure) return this.recover(failure, later);
			const info = requests.parseChannelInfo(text);
			if (info.status !== "ACTIVE" && info.status !== "UPDATING") return this.waitForChannel(info.status, later);
			this.#knowledge.arn = info.arn;
			this.advance(later);
		});
	}

	/** It is being made or deleted: that takes seconds. */
	private waitForChannel(status: string, now: number): void {
		const text = `KVS: the channel is ${printable(status) || "without a status"}; it is waited for`;
		this.wait(now, new WebRTCError("signaling/service-failed", text));
	}

	private create(now: number): void {
		const { channelName, create } = this.#options;
		const body = requests.createBody(channelName!, create);
		this.ask("create", "createSignalingChannel", body, now, (failure, text, later) => {
			if (failure) return this.recover(failure, later);
			this.#knowledge.arn = requests.parseCreated(text);
			this.advance(later);
		});
	}

	private describeStorage(arn: string, now: number): void {
		const body = JSON.stringify({ ChannelARN: arn });
		this.ask("describeStorage", "describeMediaStorageConfiguration", body, now, (failure, text, later) => {
			// Refused for good, it must not keep peers away; whether the channel is there the next call tells.
			if (failure && ["channel", "denied", "request"].includes(failure.kind)) this.report(failure.error);
			else if (failure) return this.recover(failure, later);
			else this.learnStorage(text);
			this.advance(later, true);
		});
	}

	private learnStorage(body: string): void {
		const { enabled } = requests.parseMediaStorage(body);
		this.#knowledge.storage = enabled || undefined;
		if (enabled && !this.#knowledge.endpoints?.webrtc) this.#knowledge.endpoints = undefined;
		if (enabled) return;
		const message = "KVS: the channel's media storage is not enabled; peers connect directly";
		this.report(new WebRTCError("signaling/rejected", message));
	}

	private getEndpoint(arn: string, now: number): void {
		const { role, control } = this.#options;
		this.#actions.push({ type: "progress", step: "getEndpoint" });
		const body = requests.endpointBody(arn, role, this.#knowledge.storage === true);
		this.ask("endpoint", "getSignalingChannelEndpoint", body, now, (failure, text, later) => {
			if (failure) return this.recover(failure, later);
			this.#knowledge.endpoints = requests.parseEndpoints(text, !control.secure);
			this.advance(later, true);
		});
	}

	private connect(arn: string, wss: string, now: number): void {
		const { clientId, timeouts } = this.#options;
		this.setState("connect", now + timeouts.credentials + timeouts.connect);
		this.#opening = ++this.#lastLink;
		const query: [string, string][] = [["X-Amz-ChannelARN", arn]];
		if (clientId !== undefined) query.push(["X-Amz-ClientId", clientId]);
		this.#actions.push({ type: "open", link: this.#opening, url: parseURL(wss), query });
	}

	/* Recovery */

	private recover(failure: Failure, now: number): void {
		const isClock = failure.kind === "clock" && !this.#clockTried;
		const delay = isClock ? 0 : patience(failure) + this.#backoff.next();
		if (!this.learn(failure, delay)) return;
		if (!isClock) return this.setState("waiting", now + delay);
		this.#clockTried = true;
		this.advance(now);
	}

	/** Reports a failure, and gives up what it has proved wrong. Returns whether there is hope. */
	private learn({ kind, error }: Failure, delay = 0): boolean {
		const { channelARN } = this.#options;
		if (kind === "channel" && channelARN !== undefined && !this.wasConnected) {
			this.fail(error);
			return false;
		}
		this.report(error, delay);
		if (kind === "credentials") this.#actions.push({ type: "invalidateCredentials" });
		else if (kind === "channel") this.#knowledge = channelARN === undefined ? {} : { arn: channelARN };
		this.remember();
		return true;
	}

	/** Tries again after the back-off. @param error what is told of it, if anything */
	private wait(now: number, error?: WebRTCError): void {
		const delay = this.#backoff.next();
		if (error) this.report(error, delay);
		this.setState("waiting", now + delay);
	}

	private openingFailed({ reason, credentials }: Closing, now: number): void {
		this.#opening = 0;
		if (!this.#link) this.tellLost();
		if (credentials) return this.recover({ kind: "credentials", error: credentials }, now);
		// A refused WebSocket does not say why: the call that asks for the endpoint does.
		this.#knowledge.endpoints = undefined;
		const text = `KVS: the WebSocket cannot be opened: ${reason}`;
		this.wait(now, new WebRTCError("signaling/connection-failed", text));
	}

	private linkEnded({ code, reason }: Closing, now: number): void {
		const link = this.#link!;
		this.#link = undefined;
		this.#exchange.requeue(link.id);
		this.#background.suspend(now);
		if (!this.#opening) this.tellLost();
		const wasStable = this.judgeLink(link, now);
		const text = `KVS: the WebSocket ended: ${reason || `code ${code ?? 1006}`}`;
		const error = code === goingAway ? undefined : new WebRTCError("signaling/connection-failed", text);
		if (this.#state !== "connected") {
			if (error) this.report(error);
			return; // its successor is on the way
		}
		if (!this.#options.remember) this.#knowledge = { arn: this.#options.channelARN };
		if (!error && wasStable) this.setState("waiting", now + crowd * this.#options.random());
		else this.wait(now, error);
	}

	/** A connection that has lasted ends the series of failures. */
	private judgeLink(link: Link, now: number): boolean {
		const isStable = now - link.openedAt >= this.#options.timeouts.stable;
		if (isStable) this.#backoff.reset();
		return isStable;
	}

	/** Makes a successor while the connection serves on. */
	private renew(forgetEndpoints: boolean, now: number): void {
		const link = this.#link;
		link?.renewLater(now + retryRenewal);
		if (this.#state !== "connected" || !link) return; // it is under way
		const wasStable = this.judgeLink(link, now);
		if (forgetEndpoints) this.#knowledge.endpoints = undefined;
		if (wasStable) this.advance(now);
		else this.wait(now);
	}

	private fail(error: WebRTCError): void {
		this.report(error);
		this.#knowledge = {};
		this.remember();
		this.end("failed", "failed");
	}

	/* Timers */

	private stateTimeout(now: number): void {
		if (this.#state !== "connect") return this.advance(now); // it was waiting
		this.#actions.push({ type: "drop", link: this.#opening });
		this.openingFailed({ reason: "no answer in time" }, now);
	}

	private serveLink(link: Link, now: number): void {
		if (link.isDead(now)) {
			this.#answers ??= false; // or this connection was dead from the start: a pong on the next will tell
			this.#actions.push({ type: "drop", link: link.id });
			return this.linkEnded({ reason: "it does not answer any more" }, now);
		}
		if (link.isOld(now)) this.renew(false, now);
		this.#background.handleTimeout(now);
		const ping = link.takePing(now);
		if (ping !== undefined) this.#actions.push({ type: "ping", link: link.id, payload: ping });
	}

	/* Tools */

	/** A call to the control plane that is the state's. */
	private ask(state: MachineState, call: requests.CallName, body: string, now: number, done: Done): void {
		this.setState(state, Infinity);
		this.#calls.start(call, this.#options.control, body, now, done);
	}

	private dropOld(): void {
		if (!this.#old) return;
		this.#actions.push({ type: "drop", link: this.#old.id });
		this.#exchange.requeue(this.#old.id);
		this.#old = undefined;
	}

	private end(state: "failed" | "closed", told: SignalingState): void {
		this.dropOld();
		this.#calls.cancelAll();
		for (const link of [this.#opening, this.#link?.id ?? 0]) if (link) this.#actions.push({ type: "drop", link });
		this.#opening = 0;
		this.#link = undefined;
		this.setState(state, Infinity);
		this.tell(told);
	}

	/** A channel that is missing from the start is a mistake in the configuration; one that was there may come back. */
	private get wasConnected(): boolean {
		return this.statistics.connections > 0;
	}

	private get isOver(): boolean {
		return this.#state === "failed" || this.#state === "closed";
	}

	private setState(state: MachineState, deadline: number): void {
		this.#state = state;
		this.#deadline = deadline;
	}

	private tell(state: SignalingState): void {
		if (state === this.#told) return;
		this.#told = state;
		this.#actions.push({ type: "state", state });
	}

	private tellLost(): void {
		if (this.#told === "connected") this.tell("disconnected");
		this.tell("connecting");
	}

	/** @param delay milliseconds until the next attempt, which the person who reads it waits for; 0: there is none */
	private report(error: WebRTCError, delay = 0): void {
		const text = `${error.message}; the next attempt is in ${Math.ceil(delay / 1000)} s`;
		this.#actions.push({ type: "error", error: delay ? new WebRTCError(error.code, text, error.cause) : error });
	}

	/** Lets the cache know of what is new. */
	private remember(): void {
		const text = JSON.stringify(this.#knowledge);
		if (!this.#options.remember || text === this.#remembered) return;
		this.#remembered = text;
		const { arn, endpoints } = this.#knowledge;
		this.#actions.push({ type: "remember", knowledge: arn && endpoints ? { ...this.#knowledge } : undefined });
	}
}
