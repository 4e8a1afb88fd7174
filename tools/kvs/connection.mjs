// SPDX-License-Identifier: Apache-2.0
// One WebSocket of a master or a viewer: its life, its limits, what it sends and is sent.
// @ts-check
import { randomBytes } from "node:crypto";

/** @typedef {{ connection: number, idle: number, grace: number, keepAlive: number }} Durations milliseconds */
/** @typedef {{ messageType: string, messagePayload?: string, senderClientId?: string, statusResponse?: object }} Message */

export const goingAway = 1001;

export default class Connection {
	id = randomBytes(8).toString("base64url");
	opened = Date.now();
	lastActive = Date.now();
	received = 0;
	sent = 0;
	/** The client believes that it is connected, and so do we; nothing gets through. */
	halfDead = false;
	/** @type {NodeJS.Timeout[]} */
	#timers = [];
	/** What must be done in order, faults and all. @type {Promise<void> | undefined} */
	#busy;
	#socket;
	#faults;
	#durations;

	/**
	 * @param {import("ws").WebSocket} socket
	 * @param {{ channel: import("./channels.mjs").Channel, role: "MASTER" | "VIEWER", clientId?: string }} owner
	 * @param {Durations} durations
	 * @param {import("./faults.mjs").default} faults
	 */
	constructor(socket, { channel, role, clientId }, durations, faults) {
		this.#socket = socket;
		this.#faults = faults;
		this.#durations = durations;
		this.channel = channel;
		this.role = role;
		this.clientId = clientId;
		socket.on("ping", () => this.#touch());
		socket.on("pong", () => this.#touch());
		// Framing errors: ws closes the connection, "close" follows.
		socket.on("error", () => {});
		socket.on("close", () => this.#timers.forEach(clearTimeout));
		this.#startTimers();
	}

	get open() {
		return this.#socket.readyState === this.#socket.OPEN;
	}

	get event() {
		return { channel: this.channel.name, role: this.role, clientId: this.clientId };
	}

	/** For logs. */
	get name() {
		return this.role === "MASTER" ? "master" : `viewer ${this.clientId}`;
	}

	/** For the control API. */
	get state() {
		const { id, opened, lastActive, received, sent, halfDead } = this;
		return { id, ...this.event, opened, lastActive, received, sent, halfDead };
	}

	#startTimers() {
		const { connection, idle, grace, keepAlive } = this.#durations;
		const checkIdle = () => {
			const left = this.lastActive + idle - Date.now();
			if (left <= 0) return this.do("idle");
			this.#timers[2] = setTimeout(checkIdle, left);
		};
		this.#timers = [
			setTimeout(() => this.do("goAway"), Math.max(0, connection - grace)),
			setTimeout(() => this.do("expire"), connection),
			setTimeout(checkIdle, idle),
			...(keepAlive ? [setInterval(() => this.do("empty"), keepAlive)] : []),
		];
	}

	#touch() {
		this.lastActive = Date.now();
	}

	/**
	 * @param {(text: string) => void} onMessage
	 * @param {() => void} onClose
	 */
	listen(onMessage, onClose) {
		this.#socket.on("message", (data, isBinary) => {
			this.#touch();
			this.received++;
			if (!isBinary) this.#disturbed("message", String(data), () => onMessage(String(data)));
		});
		this.#socket.on("close", onClose);
		void this.#faults.disturb(
			{ on: "connected", ...this.event },
			this.#verbs(() => {}),
		);
	}

	/** @param {Message | Record<string, unknown>} message */
	send(message) {
		const text = JSON.stringify(message);
		this.#disturbed("deliver", text, () => this.sendText(text));
	}

	/** @param {string} text as it is */
	sendText(text) {
		if (this.halfDead || !this.open) return;
		this.sent++;
		this.#socket.send(text);
	}

	/**
	 * Runs an action after those before it, unless a fault takes its place.
	 * @param {"message" | "deliver"} on
	 * @param {string} text
	 * @param {() => void} action
	 */
	#disturbed(on, text, action) {
		const start = () => this.#faults.disturb({ on, action: actionOf(text), ...this.event }, this.#verbs(action));
		if (!this.#busy) {
			const result = start();
			if (result === false) return action();
			this.#follow(result.then((dealt) => dealt || action()));
		} else {
			this.#follow(this.#busy.then(start).then((dealt) => dealt || action()));
		}
	}

	/** @param {Promise<unknown>} work */
	#follow(work) {
		const busy = work.then(() => {
			if (this.#busy === busy) this.#busy = undefined;
		});
		this.#busy = busy;
	}

	/** @param {() => void} action @returns {import("./faults.mjs").Verbs} */
	#verbs(action) {
		const names = ["close", "reset", "halfDead", "goAway", "reconnectIceServer", "empty", "send", "idle", "expire"];
		return {
			...Object.fromEntries(names.map((name) => [name, (fault) => this.do(name, fault)])),
			drop: () => {},
			pass: action,
			duplicate: () => {
				action();
				action();
			},
		};
	}

	/**
	 * What can happen to a connection, by the clock or on demand.
	 * @param {string} verb
	 * @param {{ code?: number, text?: string }} [parameters]
	 * @returns {boolean} whether there is such a verb
	 */
	do(verb, { code = 1006, text = "" } = {}) {
		const { grace } = this.#durations;
		const handlers = /** @type {Record<string, () => void>} */ ({
			goAway: () => {
				this.send({ messageType: "GO_AWAY" });
				this.#timers.push(setTimeout(() => this.do("expire"), grace));
			},
			reconnectIceServer: () => this.send({ messageType: "RECONNECT_ICE_SERVER" }),
			expire: () => this.close(goingAway, "Going away"),
			idle: () => this.close(goingAway, "Idle for too long"),
			close: () => (code === 1006 ? this.reset() : this.close(code, "On demand")),
			reset: () => this.reset(),
			halfDead: () => this.#makeHalfDead(),
			empty: () => this.sendText(""),
			send: () => this.sendText(text),
		});
		if (!Object.hasOwn(handlers, verb)) return false;
		handlers[verb]();
		return true;
	}

	/** @param {number} code @param {string} reason */
	close(code, reason) {
		if (this.halfDead) this.reset();
		else this.#socket.close(code, reason);
	}

	/** Cuts the TCP connection. */
	reset() {
		this.#socket.terminate();
	}

	#makeHalfDead() {
		this.halfDead = true;
		this.#socket.pause(); // no more pongs
	}
}

/** @param {string} text of a message either way */
function actionOf(text) {
	return /"(?:action|messageType)"\s*:\s*"([A-Z_]+)"/.exec(text)?.[1];
}
