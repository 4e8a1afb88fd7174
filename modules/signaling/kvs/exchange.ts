// SPDX-License-Identifier: Apache-2.0
// The talk with the peers over whichever connection there is: what comes in is checked and handed on, what goes out is
// put into the service's words.
import WebRTCError from "webrtc/error";
import type { IceServer, SignalingMessage } from "webrtc/signaling";
import { judgeRefusal } from "webrtc/signaling/kvs/failure";
import { printable } from "webrtc/device/json";
import type Link from "webrtc/websocket/link";
import { composeMessage, masterId, parseMessage, storageId, type Incoming } from "webrtc/signaling/kvs/messages";
import Outbox from "webrtc/signaling/kvs/outbox";
import Rejections from "webrtc/signaling/kvs/rejection";
import type { Action, MachineOptions, Statistics } from "webrtc/signaling/kvs/types";

export default class Exchange {
	readonly outbox: Outbox;
	#options: MachineOptions;
	#emit: (action: Action) => void;
	#statistics: Statistics;
	#rejections = new Rejections();
	/** Who does not name itself. For a viewer this is the master, by the name that the application gave it. */
	#nameless: string;
	#prefix: string;
	#sent = 0;

	constructor(options: MachineOptions, statistics: Statistics, emit: (action: Action) => void) {
		this.#options = options;
		this.#nameless = options.role === "master" ? storageId : masterId;
		this.#emit = emit;
		this.#statistics = statistics;
		this.outbox = new Outbox(options.timeouts.message);
		this.#prefix = Math.floor(options.random() * 0x7fffffff).toString(36);
	}

	/**
	 * Takes a message of the service. One that is malformed is counted and reported, and changes nothing.
	 * @param servers our own ICE servers, to stand before those that an offer brings
	 * @param now for what is to be sent again
	 */
	receive(bytes: Uint8Array, servers: readonly IceServer[], now: number): Incoming | undefined {
		let incoming: Incoming;
		try {
			incoming = parseMessage(bytes, this.#nameless);
		} catch (error) {
			this.#statistics.badMessages++;
			this.#emit({ type: "error", error: error as WebRTCError });
			return undefined;
		}
		if (incoming.kind === "empty") return undefined;
		this.#statistics.messagesReceived++;
		if (incoming.kind === "message") this.deliver(incoming.message, servers);
		else if (incoming.kind === "status") this.report(incoming, now);
		return incoming;
	}

	/** @throws WebRTCError "signaling/message-too-large" */
	send(message: SignalingMessage, now: number): void {
		const { peerId } = message;
		if (this.#options.role === "viewer") this.#nameless = peerId;
		switch (message.type) {
			case "offer":
			case "answer":
				this.#rejections.delete(peerId);
				return this.post(message, "description", now);
			case "candidate":
				// The service's SDKs take the end of candidates for a malformed one.
				if (message.candidate.candidate) this.post(message, "candidate", now);
				return;
			case "reject": {
				const sdp = this.#rejections.take(peerId, message.rejection);
				if (sdp) this.post({ type: "answer", peerId, sdp }, "description", now);
				return;
			}
			case "bye": // has no counterpart here: the end of DTLS tells the peer
				this.#rejections.delete(peerId);
		}
	}

	/** Writes what may be written now, if there is a connection. */
	pump(link: Link | undefined, now: number): void {
		this.dropped(this.outbox.expire(now));
		if (!link || link.busy) return;
		const letter = this.outbox.take(link.id, now);
		if (!letter) return;
		link.busy = true;
		this.#statistics.messagesSent++;
		this.#emit({ type: "write", link: link.id, text: letter.text });
	}

	/** The last one has left. Whether it has arrived is worth a ping: what has need not be kept for long. */
	written(link: Link): void {
		if (this.outbox.written(link.id, link.pings)) link.ask();
	}

	/** A connection has ended. */
	requeue(link: number): void {
		this.#statistics.messagesRepeated += this.outbox.requeue(link);
	}

	private post(message: Parameters<typeof composeMessage>[0], kind: "description" | "candidate", now: number): void {
		const correlationId = `${this.#prefix}-${++this.#sent}`;
		const recipient = message.peerId === this.#nameless ? undefined : message.peerId;
		const text = composeMessage(message, recipient, correlationId);
		this.dropped(this.outbox.add(text, kind, message.peerId, correlationId, now));
	}

	private deliver(message: SignalingMessage, servers: readonly IceServer[]): void {
		if (message.type !== "offer") return this.#emit({ type: "message", message });
		this.#rejections.add(message.peerId, message.sdp);
		const { iceServers } = message;
		const all = iceServers && { iceServers: [...servers, ...iceServers] };
		this.#emit({ type: "message", message: { ...message, ...all } });
	}

	/** The service could not do with a message of ours what we wanted. It never says that it could. */
	private report(
		{ correlationId, status, errorType, description }: Extract<Incoming, { kind: "status" }>,
		now: number,
	): void {
		const { isPassing, code } = judgeRefusal(status, errorType);
		if (isPassing && this.outbox.retry(correlationId, now)) this.#statistics.messagesRepeated++;
		const peerId = this.outbox.peerOf(correlationId);
		const about = peerId === undefined ? "a message" : `a message to ${peerId}`;
		const reason = printable(`status ${status} ${errorType} ${description}`.trim());
		const text = `KVS: ${about} was refused: ${reason}`;
		this.#emit({ type: "error", error: new WebRTCError(code, text) });
	}

	private dropped(count: number): void {
		if (!count) return;
		this.#statistics.messagesDropped += count;
		const error = new WebRTCError("signaling/queue-full", `KVS: ${count} message(s) could not be sent in time`);
		this.#emit({ type: "error", error });
	}
}
