// SPDX-License-Identifier: Apache-2.0
// An AppRTC of the test's own, in virtual time: rooms, a collider, ICE servers, and what can go wrong with them.
import type { HTTPDictionary } from "webrtc/http/client";
import type { WebSocketDictionary } from "webrtc/websocket";
import { makeHTTPClient, makeWebSocketClient, type FakeWebSocket, type Service } from "../kvs/network";
import type { Reply } from "../kvs/service";
import { schedule } from "../fakes/moddable/clock";

interface Place {
	isInitiator: boolean;
	messages: string[];
	waiting: string[];
	socket?: FakeWebSocket | undefined;
}

const grace = 10_000;
const host = "rooms.example";

export default class AppRTCService implements Service {
	clients = new Set<object>();
	connections: string[] = [];
	sockets: FakeWebSocket[] = [];
	dnsDown = false;
	delay = 10;
	pongs = true;
	rooms = new Map<string, Map<string, Place>>();
	/** All requests: method and path. */
	requests: string[] = [];
	/** What replaces the replies to come, by the first word of the path; the last one for good. */
	script = new Map<string, (Reply | "drop" | "reset")[]>();
	iceServers: object = { iceServers: [{ urls: ["stun:stun.example"] }], lifetimeDuration: "300.000s" };
	#lastId = 10_000_000;
	#places = new Map<FakeWebSocket, { room: string; id: string }>();

	get dictionaries(): { https: HTTPDictionary; wss: WebSocketDictionary; server: string } {
		const parts = { dns: { io: class {} }, socket: { io: class {} } };
		return {
			https: { io: makeHTTPClient(this), ...parts } as unknown as HTTPDictionary,
			wss: { io: makeWebSocketClient(this), ...parts } as unknown as WebSocketDictionary,
			server: `https://${host}`,
		};
	}

	count(word: string): number {
		return this.requests.filter((text) => text.split("/")[1]!.startsWith(word)).length;
	}

	/** The server ends and forgets everything. */
	stop(): void {
		this.rooms.clear();
		for (const socket of [...this.sockets]) socket.reset();
		schedule(() => (this.dnsDown = true), this.delay + 1);
		this.sockets = [];
	}

	handleRequest(_host: string, method: string, path: string, _headers: Map<string, string>, body: Buffer) {
		this.requests.push(`${method} ${path}`);
		const [, word = "", room = "", id = ""] = path.split("?")[0]!.split("/");
		const replies = this.script.get(word);
		if (replies?.length) return replies.length > 1 ? replies.shift()! : replies[0]!;
		const json = (value: object): Reply => ({ status: 200, body: JSON.stringify(value) });
		if (word === "join") return json(this.join(room));
		if (word === "message") return json({ result: this.message(room, id, String(body)) });
		if (word === "leave") {
			this.leave(room, id);
			return { status: 200 };
		}
		if (word === "ice") return json(this.iceServers);
		if (method === "DELETE") {
			const place = this.rooms.get(word)?.get(room);
			if (place) place.socket = undefined;
			return { status: 200 };
		}
		return { status: 404 };
	}

	join(room: string): object {
		const places = this.rooms.get(room) ?? new Map<string, Place>();
		this.rooms.set(room, places);
		if (places.size >= 2) return { result: "FULL", params: { messages: [] } };
		const [other] = places.values();
		const id = String(this.#lastId++);
		places.set(id, { isInitiator: !other, messages: [], waiting: [] });
		return {
			result: "SUCCESS",
			params: {
				client_id: id,
				room_id: room,
				is_initiator: String(!other),
				messages: other?.messages.splice(0) ?? [],
				wss_url: `wss://${host}/ws`,
				wss_post_url: `https://${host}`,
				ice_server_url: `https://${host}/ice?key=1`,
				pc_config: '{"iceServers":[]}',
			},
		};
	}

	message(room: string, id: string, text: string): string {
		const places = this.rooms.get(room);
		if (!places) return "UNKNOWN_ROOM";
		const place = places.get(id);
		if (!place) return "UNKNOWN_CLIENT";
		if (places.size < 2) place.messages.push(text);
		else this.pass(room, id, text);
		return "SUCCESS";
	}

	leave(room: string, id: string): void {
		const places = this.rooms.get(room);
		places?.delete(id);
		for (const place of places?.values() ?? []) Object.assign(place, { isInitiator: true, messages: [] });
		if (!places?.size) this.rooms.delete(room);
	}

	/** From one of a room to the other, or kept for it. */
	pass(room: string, from: string, msg: string): void {
		const places = this.rooms.get(room);
		for (const [id, place] of places ?? [])
			if (id !== from && place.socket && !place.socket.gone)
				return place.socket.sendToClient(JSON.stringify({ msg, error: "" }));
		places?.get(from)?.waiting.push(msg);
	}

	accept(socket: FakeWebSocket): boolean {
		this.sockets.push(socket);
		return true;
	}

	receive(from: FakeWebSocket, text: string): void {
		const { cmd, roomid, clientid, msg } = JSON.parse(text) as Record<string, string>;
		if (cmd === "send") {
			const place = this.#places.get(from);
			if (place) this.pass(place.room, place.id, msg!);
			return;
		}
		const place = this.rooms.get(roomid!)?.get(clientid!);
		if (!place) return; // the original makes a room of its own then
		place.socket = from;
		this.#places.set(from, { room: roomid!, id: clientid! });
		for (const [id, other] of this.rooms.get(roomid!)!)
			if (id !== clientid)
				for (const waiting of other.waiting.splice(0))
					from.sendToClient(JSON.stringify({ msg: waiting, error: "" }));
		const check = () => {
			if (!from.gone) schedule(check, grace);
			else if (place.socket === from) this.leave(roomid!, clientid!);
		};
		schedule(check, grace);
	}
}
