// SPDX-License-Identifier: Apache-2.0
// Storage sessions: the service itself joins a channel, offers to receive, and counts what it would store.
// @ts-check
import { master } from "./hub.mjs";
import { RTCPeerConnection, useH264, useOPUS, usePLI, useNACK } from "werift";

/** @typedef {import("./channels.mjs").Channel} Channel */

const joinTimeout = 60_000;

export default class Storage {
	/** @type {Map<string, Session>} by ARN and participant */
	#sessions = new Map();
	#options;

	/**
	 * @param {{ hub: import("./hub.mjs").default, log: (text: string) => void, delay: number, loopback: boolean }} options
	 * `delay`: milliseconds from the join to the offer
	 */
	constructor(options) {
		this.#options = options;
	}

	/** For the control API. */
	get state() {
		return [...this.#sessions.values()].map((session) => session.state);
	}

	/**
	 * Takes the place of the session that the participant has.
	 * @param {Channel} channel
	 * @param {string | undefined} clientId undefined: the master
	 */
	join(channel, clientId) {
		const key = `${channel.arn} ${clientId ?? ""}`;
		this.#sessions.get(key)?.close("replaced");
		const session = new Session(channel, clientId, this.#options, () => {
			if (this.#sessions.get(key) === session) this.#sessions.delete(key);
		});
		this.#sessions.set(key, session);
	}

	close() {
		for (const session of this.#sessions.values()) session.close("the service ends");
	}
}

class Session {
	status = "waiting";
	reason = "";
	packets = { audio: 0, video: 0 };
	bytes = { audio: 0, video: 0 };
	#closed = false;
	/** @type {NodeJS.Timeout[]} */
	#timers = [];
	/** Until there is an answer. @type {object[] | undefined} */
	#candidates = [];
	#removeInner = () => {};
	#options;
	#onClose;

	/**
	 * @param {Channel} channel
	 * @param {string | undefined} clientId
	 * @param {{ hub: import("./hub.mjs").default, log: (text: string) => void, delay: number, loopback: boolean }} options
	 * @param {() => void} onClose
	 */
	constructor(channel, clientId, options, onClose) {
		this.channel = channel;
		this.clientId = clientId;
		this.#options = options;
		this.#onClose = onClose;
		this.peer = new RTCPeerConnection({
			codecs: {
				video: [useH264({ mimeType: "video/H264", rtcpFeedback: [useNACK(), usePLI()] })],
				audio: [useOPUS({ mimeType: "audio/opus" })],
			},
			bundlePolicy: "max-bundle",
			iceServers: [], // werift would ask one of its own choice
			...(options.loopback && { iceAdditionalHostAddresses: ["127.0.0.1"] }),
		});
		this.#timers.push(setTimeout(() => this.#run(() => this.#offer()), options.delay));
		this.#timers.push(
			setTimeout(() => this.status === "connected" || this.close("no connection in time"), joinTimeout),
		);
	}

	get state() {
		const { status, reason, packets, bytes, clientId } = this;
		const role = clientId === undefined ? "MASTER" : "VIEWER";
		return { channel: this.channel.name, role, clientId, status, reason, packets, bytes };
	}

	/** @param {() => Promise<void>} work */
	#run(work) {
		work().catch((error) => this.close(error instanceof Error ? error.message : String(error)));
	}

	async #offer() {
		const { peer } = this;
		for (const kind of /** @type {const} */ (["video", "audio"])) {
			// A viewer hears what others say; its own picture is not wanted.
			const direction = this.clientId === undefined || kind === "audio" ? "recvonly" : "inactive";
			peer.addTransceiver(kind, { direction });
		}
		peer.onTrack.subscribe((track) => this.#count(track));
		peer.connectionStateChange.subscribe((state) => {
			this.#options.log(`${this.channel.name}: the storage session is ${state}`);
			if (state === "connected") this.status = state;
			else if (state === "failed" || state === "closed") this.close(state);
		});
		peer.onIceCandidate.subscribe((candidate) => {
			if (candidate && !this.#closed) this.#send("ICE_CANDIDATE", candidate.toJSON());
		});
		this.#listen();
		const offer = await peer.createOffer();
		// Trickled: the candidates follow on their own.
		this.#send("SDP_OFFER", { type: "offer", sdp: offer.sdp });
		this.status = "offered";
		await peer.setLocalDescription(offer);
	}

	#listen() {
		// A viewer's messages go to the master, unless something else has that viewer's name; a master's without a
		// recipient go here.
		const clientId = this.clientId ?? master;
		this.#removeInner = this.#options.hub.addInner(this.channel, {
			clientId,
			take: ({ action, payload }) => this.#run(() => this.#receive(action, payload)),
		});
	}

	/** @param {string} action @param {object} value */
	#send(action, value) {
		const payload = Buffer.from(JSON.stringify(value)).toString("base64");
		// It names no sender, to a master either.
		this.#options.hub.send(this.channel, this.clientId ?? master, { action, payload }, undefined);
	}

	/** @param {string} action @param {string} payload */
	async #receive(action, payload) {
		const value = JSON.parse(Buffer.from(payload, "base64").toString());
		if (action === "ICE_CANDIDATE") {
			if (this.#candidates) this.#candidates.push(value);
			else await this.#addCandidate(value);
		} else if (action === "SDP_ANSWER") {
			checkAnswer(value.sdp, this.clientId === undefined);
			await this.peer.setRemoteDescription({ type: "answer", sdp: value.sdp });
			const queued = this.#candidates ?? [];
			this.#candidates = undefined;
			for (const candidate of queued) await this.#addCandidate(candidate);
		}
	}

	/** @param {object} candidate */
	async #addCandidate(candidate) {
		// A candidate of a kind that werift does not know must not end the session.
		await this.peer
			.addIceCandidate(candidate)
			.catch((error) => this.#options.log(`a candidate was not taken: ${error.message}`));
	}

	/** @param {import("werift").MediaStreamTrack} track */
	#count(track) {
		const kind = /** @type {"audio" | "video"} */ (track.kind);
		track.onReceiveRtp.subscribe((packet) => {
			// A recording starts with a whole picture.
			if (kind === "video" && this.packets.video === 0) this.#requestKeyFrame(packet.header.ssrc);
			this.packets[kind]++;
			this.bytes[kind] += packet.payload.length;
		});
	}

	/** @param {number} ssrc */
	#requestKeyFrame(ssrc) {
		const receiver = this.peer.getTransceivers().find(({ kind }) => kind === "video")?.receiver;
		void receiver?.sendRtcpPLI(ssrc);
	}

	/** @param {string} reason */
	close(reason) {
		if (this.#closed) return;
		this.#closed = true;
		this.status = "closed";
		this.reason = reason;
		this.#options.log(`${this.channel.name}: the storage session ends: ${reason}`);
		this.#timers.forEach(clearTimeout);
		this.#removeInner();
		this.#onClose();
		void this.peer.close();
	}
}

/**
 * Only H.264 and Opus are stored, and of a master both.
 * @param {string} sdp
 * @param {boolean} isMaster
 */
function checkAnswer(sdp, isMaster) {
	const media = sdp.split(/^m=/m).slice(1);
	const sends = (/** @type {string} */ kind, /** @type {RegExp} */ codec) =>
		media.some(
			(part) =>
				part.startsWith(kind) &&
				!part.startsWith(`${kind} 0 `) &&
				codec.test(part) &&
				!/^a=(recvonly|inactive)/m.test(part),
		);
	if (!sends("audio", /^a=rtpmap:\d+ opus\//im)) throw new Error("the answer sends no Opus");
	if (isMaster && !sends("video", /^a=rtpmap:\d+ H264\//im)) throw new Error("the answer sends no H.264");
}
