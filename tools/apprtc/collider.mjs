// SPDX-License-Identifier: Apache-2.0
// The collider: passes messages between the two WebSockets of a room, and keeps them while one of them is away.
// @ts-check

const places = 2;
const registerTime = 10_000; // ms from the connection to its registration
const maximumMessages = 1024;

/** @typedef {{ socket: import("ws").WebSocket | undefined, waiting: string[], timer: NodeJS.Timeout | undefined }} Client */

export default class Collider {
	/** @type {Map<string, Map<string, Client>>} */
	#rooms = new Map();
	/** Milliseconds that a place is kept for who was cut off. */
	#grace;
	#onGone;
	#log;

	/**
	 * @param {number} grace
	 * @param {(room: string, client: string) => void} onGone whose place was given up
	 * @param {(text: string) => void} log
	 */
	constructor(grace, onGone, log) {
		this.#grace = grace;
		this.#onGone = onGone;
		this.#log = log;
	}

	get state() {
		return Object.fromEntries([...this.#rooms].map(([name, clients]) => [name, [...clients.keys()]]));
	}

	/** @param {import("ws").WebSocket} socket */
	accept(socket) {
		/** @type {{ room: string, client: string } | undefined} */
		let place;
		const timer = setTimeout(() => socket.close(), registerTime);
		const refuse = (/** @type {string} */ error) => {
			this.#log(`collider: ${error}`);
			socket.send(JSON.stringify({ msg: "", error }));
			socket.close();
		};
		socket.on("error", () => {});
		socket.on("message", (data) => {
			let message;
			try {
				message = JSON.parse(String(data));
			} catch {
				return refuse("Invalid message");
			}
			const { cmd, roomid, clientid, msg } = message ?? {};
			if (cmd === "register") {
				if (place) return refuse("Duplicated register request");
				if (!roomid || !clientid) return refuse("Invalid register request: missing 'roomid' or 'clientid'");
				const error = this.#register(String(roomid), String(clientid), socket);
				if (error) return refuse(error);
				clearTimeout(timer);
				place = { room: String(roomid), client: String(clientid) };
			} else if (cmd === "send") {
				if (!place) return refuse("Client not registered");
				if (!msg) return refuse("Invalid send request: missing 'msg'");
				this.send(place.room, place.client, String(msg));
			} else socket.send(JSON.stringify({ msg: "", error: "Invalid message: unexpected 'cmd'" }));
		});
		socket.on("close", () => {
			clearTimeout(timer);
			if (place) this.#lost(place.room, place.client, socket);
		});
	}

	/**
	 * From one client of a room to the other, or kept for it.
	 * @param {string} room
	 * @param {string} from
	 * @param {string} msg
	 * @returns {boolean} whether there was room for it
	 */
	send(room, from, msg) {
		const clients = this.#room(room);
		for (const [id, client] of clients) {
			if (id !== from && client.socket) {
				client.socket.send(JSON.stringify({ msg, error: "" }));
				return true;
			}
		}
		const sender = this.#client(clients, from);
		if (!sender || sender.waiting.length >= maximumMessages) return false;
		sender.waiting.push(msg);
		return true;
	}

	/** @param {string} room @param {string} client */
	remove(room, client) {
		const clients = this.#rooms.get(room);
		const entry = clients?.get(client);
		if (!clients || !entry) return;
		clearTimeout(entry.timer);
		clients.delete(client);
		entry.socket?.close();
		if (!clients.size) this.#rooms.delete(room);
	}

	close() {
		for (const clients of this.#rooms.values())
			for (const { socket, timer } of clients.values()) {
				clearTimeout(timer);
				socket?.terminate();
			}
		this.#rooms.clear();
	}

	/** @param {string} name */
	#room(name) {
		let clients = this.#rooms.get(name);
		if (!clients) this.#rooms.set(name, (clients = new Map()));
		return clients;
	}

	/** @param {Map<string, Client>} clients @param {string} id */
	#client(clients, id) {
		let client = clients.get(id);
		if (client || clients.size >= places) return client;
		client = { socket: undefined, waiting: [], timer: undefined };
		clients.set(id, client);
		return client;
	}

	/**
	 * @param {string} room
	 * @param {string} id
	 * @param {import("ws").WebSocket} socket
	 * @returns {string | undefined} why not
	 */
	#register(room, id, socket) {
		const clients = this.#room(room);
		const client = this.#client(clients, id);
		if (!client) return "Max room capacity reached";
		if (client.socket) return "Duplicated registration";
		clearTimeout(client.timer);
		client.socket = socket;
		// What the other has said meanwhile.
		for (const [other, { waiting }] of clients)
			if (other !== id) for (const msg of waiting.splice(0)) socket.send(JSON.stringify({ msg, error: "" }));
		return undefined;
	}

	/** @param {string} room @param {string} id @param {import("ws").WebSocket} socket */
	#lost(room, id, socket) {
		const client = this.#rooms.get(room)?.get(id);
		if (!client || client.socket !== socket) return;
		client.socket = undefined;
		client.timer = setTimeout(() => {
			this.remove(room, id);
			this.#onGone(room, id);
		}, this.#grace);
	}
}
