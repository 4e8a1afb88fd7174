// SPDX-License-Identifier: Apache-2.0
// Rooms over WebSockets: node server.mjs [port]. Who joins gets a name; a message goes to whom it names in `to`.
// @ts-check
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const longest = 32 * 1024; // bytes of a message
const most = 50; // in a room
const iceServers = JSON.parse(process.env.ICE_SERVERS ?? "[]");

/** @typedef {{ id: string, role: string, socket: import("ws").WebSocket }} Member */
/** @type {Map<string, Map<string, Member>>} */
const rooms = new Map();

const server = createServer((request, response) => {
	if (request.url !== "/") return response.writeHead(404).end();
	response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
	response.end(readFileSync(new URL("page.html", import.meta.url)));
});

/** @param {Member | undefined} member @param {object} message */
const tell = (member, message) => member?.socket.send(JSON.stringify(message));

new WebSocketServer({ server, maxPayload: longest }).on("connection", (socket) => {
	/** @type {Map<string, Member> | undefined} */
	let room;
	const self = { id: randomUUID(), role: "viewer", socket };
	socket.on("error", () => {});
	socket.on("message", (data) => {
		let message;
		try {
			message = JSON.parse(String(data));
		} catch {
			return socket.close(1003, "JSON, please");
		}
		if (message.type === "join" && !room && typeof message.room === "string") {
			room = rooms.get(message.room) ?? new Map();
			if (room.size >= most) return socket.close(1013, "The room is full");
			rooms.set(message.room, room);
			self.role = message.role === "master" ? "master" : "viewer";
			room.set(self.id, self);
			tell(self, { type: "joined", id: self.id, iceServers });
			// Each camera makes an offer to each viewer.
			for (const other of room.values()) {
				if (self.role === "master" && other.role === "viewer") tell(self, { type: "wanted", from: other.id });
				if (self.role === "viewer" && other.role === "master") tell(other, { type: "wanted", from: self.id });
			}
		} else if (room) {
			const { to, ...rest } = message;
			tell(room.get(to), { ...rest, from: self.id });
		}
	});
	socket.on("close", () => {
		if (!room?.delete(self.id)) return;
		// A camera that was cut off comes back under another name; a viewer that is gone leaves a place.
		if (self.role === "viewer") for (const other of room.values()) tell(other, { type: "bye", from: self.id });
		for (const [name, { size }] of rooms) if (!size) rooms.delete(name);
	});
});

server.listen(Number(process.argv[2] ?? 8090), () => {
	const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
	console.log(`Open http://localhost:${port}/`);
});
