// SPDX-License-Identifier: Apache-2.0
// Who is connected to which channel, and how messages get from one to the other.
// @ts-check
import Connection, { goingAway } from "./connection.mjs";
import ServiceError, { invalid, limitExceeded } from "./errors.mjs";
import { parseMessage } from "./message.mjs";

/** @typedef {import("./channels.mjs").Channel} Channel */
/** @typedef {import("./message.mjs").Sent} Sent */
/** @typedef {{ until: number, kind: string, message: object }} Waiting */
/** @typedef {{ clientId: string, take: (sent: Sent) => void }} Inner a participant within the service, of clientId "AWS_…" */

const longestQueue = 100;
const mostQueues = 1000; // then those that nobody fetched are looked for
const perSecond = /** @type {Record<string, number>} */ ({ SDP_OFFER: 5, SDP_ANSWER: 5, ICE_CANDIDATE: 20 });
const answerTimeout = 10_000;
/** The master's name where viewers have their client ids; none of them can have it. */
export const master = "";

export default class Hub {
	/** Who messages go to, by channel ARN and client id. @type {Map<string, Map<string, Connection>>} */
	#current = new Map();
	/** All sockets, the overwritten ones, too. @type {Set<Connection>} */
	#all = new Set();
	/** @type {Map<string, Waiting[]>} by ARN and recipient */
	#waiting = new Map();
	/** @type {Map<string, Inner>} by ARN and client id */
	#inner = new Map();
	#options;

	/**
	 * @param {object} options
	 * @param {import("./connection.mjs").Durations} options.durations
	 * @param {number} options.timeScale message lifetimes are divided by it
	 * @param {import("./faults.mjs").default} options.faults
	 * @param {import("./rate.mjs").default} options.rates
	 * @param {{ maxViewers: number }} options.limits
	 * @param {(text: string) => void} options.log
	 */
	constructor(options) {
		this.#options = options;
	}

	/** For the control API. */
	get connections() {
		return [...this.#all];
	}

	/**
	 * @param {Channel} channel
	 * @param {string | undefined} clientId undefined: the master
	 * @throws {ServiceError} if there may be no further connection
	 */
	checkLimits(channel, clientId) {
		const { rates, limits } = this.#options;
		rates.take(`${clientId === undefined ? "ConnectAsMaster" : "ConnectAsViewer"} of ${channel.name}`, 3);
		if (clientId === undefined || this.#lookUp(channel, clientId)) return;
		const viewers = [...(this.#current.get(channel.arn)?.keys() ?? [])].filter((id) => id !== master).length;
		if (viewers >= limits.maxViewers) {
			throw limitExceeded(`The channel ${channel.name} has ${viewers} viewers, which is the limit`);
		}
	}

	/**
	 * @param {import("ws").WebSocket} socket
	 * @param {Channel} channel
	 * @param {string | undefined} clientId undefined: the master
	 */
	connect(socket, channel, clientId) {
		const { durations, faults, log } = this.#options;
		const role = clientId === undefined ? "MASTER" : "VIEWER";
		const connection = new Connection(socket, { channel, role, clientId }, durations, faults);
		const id = clientId ?? master;
		const before = this.#lookUp(channel, id);
		const members = this.#current.get(channel.arn) ?? new Map();
		this.#current.set(channel.arn, members.set(id, connection));
		this.#all.add(connection);
		log(`${channel.name}: ${connection.name} connected${before ? ", in place of another connection" : ""}`);
		connection.listen(
			(text) => this.#receive(connection, text),
			() => {
				log(`${channel.name}: ${connection.name} disconnected`);
				this.#all.delete(connection);
				if (members.get(id) === connection) members.delete(id);
				if (!members.size && this.#current.get(channel.arn) === members) this.#current.delete(channel.arn);
			},
		);
		this.#deliverWaiting(channel, id, connection);
	}

	/** @param {Channel} channel @param {string} id */
	#lookUp(channel, id) {
		const connection = this.#current.get(channel.arn)?.get(id);
		return connection?.open ? connection : undefined;
	}

	/** @param {Connection} connection @param {string} text */
	#receive(connection, text) {
		const { log, rates } = this.#options;
		const { channel } = connection;
		const { sent, error, correlationId } = parseMessage(text, connection.role);
		try {
			if (error) throw error;
			if (!sent) return;
			rates.take(`${sent.action} of the connection ${connection.id}`, perSecond[sent.action]);
			log(`${channel.name}: ${connection.name} sent ${sent.action}${sent.to ? ` to ${sent.to}` : ""}`);
			this.#route(connection, sent);
		} catch (failure) {
			if (!(failure instanceof ServiceError)) throw failure;
			log(`${channel.name}: ${connection.name} sent a message that was refused: ${failure.message}`);
			if (failure.type === "Forbidden") return connection.send(gatewayError(connection.id));
			// Whoever does not ask is not told.
			if (correlationId !== undefined) connection.send(statusResponse(correlationId, failure));
		}
	}

	/** @param {Connection} connection @param {Sent} sent */
	#route({ channel, role, clientId }, sent) {
		const inner = this.#inner.get(key(channel, sent.to || (clientId ?? master)));
		if (inner) return inner.take(sent);
		if (role === "MASTER" && !sent.to) throw invalid("recipientClientId is required of a master");
		if (role === "MASTER") this.send(channel, sent.to, sent, undefined);
		else this.send(channel, master, sent, clientId);
	}

	/**
	 * Sends, or keeps for as long as the channel says.
	 * @param {Channel} channel
	 * @param {string} to a viewer's client id; "" for the master
	 * @param {Pick<Sent, "action" | "payload" | "iceServers">} sent
	 * @param {string | undefined} from absent where the master is the sender
	 */
	send(channel, to, { action, payload, iceServers }, from) {
		const message = {
			messagePayload: payload,
			messageType: action,
			...(from !== undefined && { senderClientId: from }),
			...(iceServers && { IceServerList: iceServers }),
		};
		const connection = this.#lookUp(channel, to);
		if (connection) connection.send(message);
		else this.#keep(channel, to, action, message);
	}

	/** @param {Channel} channel @param {string} to @param {string} action @param {{ senderClientId?: string }} message */
	#keep(channel, to, action, message) {
		const now = performance.now();
		const until = now + (channel.messageTtl * 1000) / this.#options.timeScale;
		const queue = (this.#waiting.get(key(channel, to)) ?? []).filter((waiting) => waiting.until > now);
		const kind = `${action} ${message.senderClientId ?? ""}`;
		// A description that was not fetched gives way to the next of the same client; candidates add up.
		const same = action === "ICE_CANDIDATE" ? -1 : queue.findIndex((waiting) => waiting.kind === kind);
		if (same >= 0) queue.splice(same, 1);
		queue.push({ until, kind, message });
		this.#waiting.set(key(channel, to), queue.slice(-longestQueue));
		if (this.#waiting.size > mostQueues) this.#forgetExpired(now);
	}

	/** @param {number} now */
	#forgetExpired(now) {
		for (const [id, queue] of this.#waiting) if (queue.every(({ until }) => until <= now)) this.#waiting.delete(id);
	}

	/** @param {Channel} channel @param {string} id @param {Connection} connection */
	#deliverWaiting(channel, id, connection) {
		const queue = this.#waiting.get(key(channel, id)) ?? [];
		this.#waiting.delete(key(channel, id));
		for (const { until, message } of queue) if (until > performance.now()) connection.send({ ...message });
	}

	/**
	 * Lets something within the service take part in a channel.
	 * @param {Channel} channel
	 * @param {Inner} inner
	 * @returns {() => void} ends it
	 */
	addInner(channel, inner) {
		const id = key(channel, inner.clientId);
		this.#inner.set(id, inner);
		return () => {
			if (this.#inner.get(id) === inner) this.#inner.delete(id);
		};
	}

	/**
	 * Sends an offer to the master, and waits for the answer.
	 * @param {Channel} channel
	 * @param {string} clientId of the sender
	 * @param {string} payload
	 * @returns {Promise<string>} the answer's payload
	 */
	async offerAndWait(channel, clientId, payload) {
		let end = () => {};
		/** @type {NodeJS.Timeout | undefined} */
		let timer;
		try {
			return await new Promise((resolve, reject) => {
				const take = (/** @type {Sent} */ sent) => sent.action === "SDP_ANSWER" && resolve(sent.payload);
				end = this.addInner(channel, { clientId, take });
				const late = new ServiceError("SessionExpiredException", "The master has not answered in time");
				timer = setTimeout(reject, answerTimeout / this.#options.timeScale, late);
				this.send(channel, master, { action: "SDP_OFFER", payload }, clientId);
			});
		} finally {
			end();
			clearTimeout(timer);
		}
	}

	/** @param {Channel} channel it is deleted */
	closeChannel(channel) {
		for (const connection of this.#all) {
			if (connection.channel === channel) connection.close(goingAway, "The channel is deleted");
		}
		for (const id of this.#waiting.keys()) if (id.startsWith(`${channel.arn} `)) this.#waiting.delete(id);
	}

	close() {
		for (const connection of this.#all) connection.reset();
	}
}

/** @param {Channel} channel @param {string} id */
const key = (channel, id) => `${channel.arn} ${id}`;

/** What a gateway before the service says to what it cannot route. @param {string} connectionId */
const gatewayError = (connectionId) => ({ message: "Forbidden", connectionId, requestId: crypto.randomUUID() });

/** @param {string} correlationId @param {ServiceError} error */
const statusResponse = (correlationId, { type, status, message }) => ({
	messageType: "STATUS_RESPONSE",
	statusResponse: { correlationId, errorType: type, statusCode: String(status), description: message.slice(0, 1024) },
});
