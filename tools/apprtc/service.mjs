// SPDX-License-Identifier: Apache-2.0
// A local AppRTC: rooms by HTTP, the collider's WebSockets, ICE servers, and a page, on one port.
// @ts-check
import { readFileSync } from "node:fs";
import { createServer as createPlain } from "node:http";
import { createServer as createSecure } from "node:https";
import { WebSocketServer } from "ws";
import Collider from "./collider.mjs";
import Rooms from "./rooms.mjs";

/**
 * @typedef {object} Options
 * @property {number} port 0: any
 * @property {string} [listen] default "127.0.0.1"
 * @property {string} [host] by which clients reach it. Default "localhost"
 * @property {{ cert: string, key: string }} [tls]
 * @property {object[]} [iceServers] default: none
 * @property {number} [grace] ms that the place of who was cut off is kept. Default 10 s
 * @property {(text: string) => void} [log]
 */

const longestBody = 64 * 1024;
const pages = /** @type {Record<string, string>} */ ({ "page.mjs": "text/javascript", "style.css": "text/css" });
const file = (/** @type {string} */ name) => readFileSync(new URL(`page/${name}`, import.meta.url));
const roomName = /^[A-Za-z0-9_-]{1,64}$/;

/** @param {import("node:http").IncomingMessage} request */
async function readBody(request) {
	let text = "";
	for await (const chunk of request.setEncoding("utf8")) {
		text += chunk;
		if (text.length > longestBody) throw new Error("too long");
	}
	return text;
}

export default class LocalAppRTC {
	/** @type {string[]} */
	events = [];
	/** Requests by their first word: "join", "message". @type {Record<string, number>} */
	counts = {};
	#options;
	#rooms = new Rooms();
	#server;
	#collider;
	#sockets = new WebSocketServer({ noServer: true, maxPayload: longestBody, perMessageDeflate: false });

	/** @param {Options} options @returns {Promise<LocalAppRTC>} */
	static async start(options) {
		const service = new LocalAppRTC(options);
		await new Promise((resolve, reject) => {
			service.#server.once("error", reject);
			service.#server.listen(options.port, options.listen ?? "127.0.0.1", () => resolve(undefined));
		});
		return service;
	}

	/** @param {Options} options */
	constructor(options) {
		this.#options = options;
		const log = (/** @type {string} */ text) => this.#log(text);
		// The original's collider tells the rooms by a route that does not exist, so that they stay full.
		this.#collider = new Collider(options.grace ?? 10_000, (room, client) => this.#rooms.leave(room, client), log);
		this.#server = options.tls ? createSecure(options.tls) : createPlain();
		this.#server.on("request", (request, response) => {
			this.#handle(request, response).catch((error) => {
				log(`${request.method} ${request.url}: ${error}`);
				response.destroy();
			});
		});
		this.#server.on("upgrade", (request, socket, head) => {
			socket.on("error", () => socket.destroy());
			// As the original's: a client without an Origin is none of a browser's.
			if (request.url !== "/ws" || !request.headers.origin) return socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
			this.#sockets.handleUpgrade(request, socket, head, (client) => this.#collider.accept(client));
		});
	}

	get port() {
		return /** @type {import("node:net").AddressInfo} */ (this.#server.address()).port;
	}

	get origin() {
		const { tls, host = "localhost" } = this.#options;
		return `${tls ? "https" : "http"}://${host}:${this.port}`;
	}

	/** Who is in which room, as the rooms and the collider have it. */
	get state() {
		return { rooms: this.#rooms.state, collider: this.#collider.state };
	}

	/** Cuts a client off, without a word. @param {string} [room] all of this room; default: all */
	cut(room) {
		for (const client of this.#sockets.clients) if (!room || this.state.collider[room]) client.terminate();
	}

	async close() {
		this.#collider.close();
		for (const client of this.#sockets.clients) client.terminate();
		this.#server.closeAllConnections();
		await new Promise((resolve) => this.#server.close(resolve));
	}

	/** @param {string} text */
	#log(text) {
		this.events.push(text);
		if (this.events.length > 1000) this.events.shift();
		this.#options.log?.(text);
	}

	/** @param {import("node:http").IncomingMessage} request @param {import("node:http").ServerResponse} response */
	async #handle(request, response) {
		const { pathname } = new URL(request.url ?? "/", this.origin);
		const [, what = "", room = "", client = ""] = pathname.split("/");
		const body = await readBody(request);
		const json = (/** @type {object} */ value) => {
			response.writeHead(200, { "content-type": "application/json", "access-control-allow-origin": "*" });
			response.end(JSON.stringify(value));
		};
		const fail = (/** @type {number} */ status) => response.writeHead(status).end();
		this.counts[what] = (this.counts[what] ?? 0) + 1;
		if (request.method === "GET" && what === "")
			return response.writeHead(302, { location: `/r/${newName()}` }).end();
		if (request.method === "GET" && what === "r" && roomName.test(room)) {
			response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
			return response.end(file("index.html"));
		}
		if (request.method === "GET" && what === "page" && Object.hasOwn(pages, room)) {
			response.writeHead(200, { "content-type": pages[room] });
			return response.end(file(room));
		}
		if (request.method === "GET" && what === "state") return json(this.state);
		if (request.method === "POST" && what === "v1alpha") {
			return json({ lifetimeDuration: "43200.000s", iceServers: this.#options.iceServers ?? [] });
		}
		if (request.method === "GET" && what === "params") return json(this.#params("", "", false, []));
		if (what === "") return fail(404);
		if (!roomName.test(room)) return fail(404);
		if (request.method === "POST" && what === "join") return json(this.#join(room));
		if (request.method === "POST" && what === "message") return json({ result: this.#message(room, client, body) });
		if (request.method === "POST" && what === "leave") {
			this.#rooms.leave(room, client);
			this.#log(`leave ${room} ${client}`);
			return response.writeHead(200).end();
		}
		// The collider's own: /ROOM/CLIENT
		if (client || !roomName.test(what)) return fail(404);
		if (request.method === "DELETE") {
			this.#collider.remove(what, room);
			return response.writeHead(200).end();
		}
		if (request.method === "POST") {
			this.#collider.send(what, room, body);
			return response.writeHead(200).end("OK\n");
		}
		return fail(405);
	}

	/** @param {string} room */
	#join(room) {
		const joined = this.#rooms.join(room);
		this.#log(`join ${room}: ${joined.result}`);
		if (joined.result !== "SUCCESS") return { result: joined.result, params: { messages: [] } };
		const { clientId, isInitiator, messages } = joined;
		return { result: "SUCCESS", params: this.#params(room, clientId, isInitiator, messages) };
	}

	/** As the original's, strings that hold JSON and all. @param {string} room @param {string} client @param {boolean} isInitiator @param {string[]} messages */
	#params(room, client, isInitiator, messages) {
		const { origin } = this;
		return {
			...(room ? { room_id: room, client_id: client, is_initiator: String(isInitiator), messages } : {}),
			room_link: `${origin}/r/${room}`,
			wss_url: `${origin.replace("http", "ws")}/ws`,
			wss_post_url: origin,
			ice_server_url: `${origin}/v1alpha/iceconfig?key=none`,
			ice_server_transports: "",
			pc_config: JSON.stringify({ rtcpMuxPolicy: "require", bundlePolicy: "max-bundle", iceServers: [] }),
			pc_constraints: JSON.stringify({ optional: [] }),
			offer_options: "{}",
			media_constraints: JSON.stringify({ audio: true, video: true }),
			is_loopback: "false",
			version_info: "null",
			error_messages: [],
			warning_messages: [],
			header_message: "",
			bypass_join_confirmation: "false",
			include_loopback_js: "",
		};
	}

	/** @param {string} room @param {string} client @param {string} text */
	#message(room, client, text) {
		const result = this.#rooms.post(room, client, text);
		if (result !== "FORWARD") return result;
		return this.#collider.send(room, client, text) ? "SUCCESS" : "ERROR";
	}
}

function newName() {
	return String(Math.floor(Math.random() * 1e9)).padStart(9, "0");
}
