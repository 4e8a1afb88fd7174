// SPDX-License-Identifier: Apache-2.0
// The rooms of AppRTC: who is in them, and what the first has said before the second came.
// @ts-check
import { randomInt } from "node:crypto";

/** @typedef {{ isInitiator: boolean, messages: string[] }} Client */
/** @typedef {{ clients: Map<string, Client> }} Room */

const places = 2;
const maximumRooms = 1000;
const maximumMessages = 64;

export default class Rooms {
	/** @type {Map<string, Room>} */
	#rooms = new Map();

	/** For tests and the page of states. */
	get state() {
		return Object.fromEntries([...this.#rooms].map(([name, { clients }]) => [name, [...clients.keys()]]));
	}

	/**
	 * @param {string} name
	 * @returns {{ result: "SUCCESS", clientId: string, isInitiator: boolean, messages: string[] } | { result: "FULL" | "ERROR" }}
	 */
	join(name) {
		let room = this.#rooms.get(name);
		if (!room) {
			if (this.#rooms.size >= maximumRooms) return { result: "ERROR" };
			room = { clients: new Map() };
			this.#rooms.set(name, room);
		}
		if (room.clients.size >= places) return { result: "FULL" };
		const clientId = String(randomInt(10_000_000, 100_000_000));
		const [other] = room.clients.values();
		const messages = other?.messages.splice(0) ?? [];
		const isInitiator = !other;
		room.clients.set(clientId, { isInitiator, messages: [] });
		return { result: "SUCCESS", clientId, isInitiator, messages };
	}

	/**
	 * Keeps a message for who comes.
	 * @param {string} name
	 * @param {string} clientId
	 * @param {string} text
	 * @returns {"SUCCESS" | "UNKNOWN_ROOM" | "UNKNOWN_CLIENT" | "ERROR" | "FORWARD"} FORWARD: the other is there
	 */
	post(name, clientId, text) {
		const room = this.#rooms.get(name);
		if (!room) return "UNKNOWN_ROOM";
		const client = room.clients.get(clientId);
		if (!client) return "UNKNOWN_CLIENT";
		if (room.clients.size === places) return "FORWARD";
		if (client.messages.length >= maximumMessages) return "ERROR";
		client.messages.push(text);
		return "SUCCESS";
	}

	/** The other, if there is one, makes the next offer. @param {string} name @param {string} clientId */
	leave(name, clientId) {
		const room = this.#rooms.get(name);
		if (!room?.clients.delete(clientId)) return;
		for (const client of room.clients.values()) Object.assign(client, { isInitiator: true, messages: [] });
		if (!room.clients.size) this.#rooms.delete(name);
	}
}
