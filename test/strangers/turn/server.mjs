// SPDX-License-Identifier: Apache-2.0
// A TURN server (RFC 8656) over UDP and TCP that can do what is right, and is told what to do otherwise.
// @ts-check
import { createHash, randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { compose, tlv, word } from "../stun.mjs";

export const method = Object.freeze({ allocate: 3, refresh: 4, permission: 8, bind: 9 });
const kinds = Object.freeze({
	username: 0x0006,
	errorCode: 0x0009,
	lifetime: 0x000d,
	peer: 0x0012,
	data: 0x0013,
	realm: 0x0014,
	nonce: 0x0015,
	relayed: 0x0016,
	mapped: 0x0020,
	alternate: 0x8023,
});

const realm = "test";
const key = createHash("md5").update(`user:${realm}:secret`).digest("latin1");
const cookie = 0x2112a442;

/** @param {string} address @param {number} port @returns {Buffer} */
export function xorAddress(address, port) {
	const bytes = Buffer.alloc(8);
	bytes[1] = 1;
	bytes.writeUInt16BE(port ^ (cookie >>> 16), 2);
	const plain = Buffer.from(address.split(".").map(Number)).readUInt32BE();
	bytes.writeUInt32BE((plain ^ cookie) >>> 0, 4);
	return bytes;
}

/** What came, and how to answer. One of a client and a server. */
export class Client {
	/** @param {Server} server @param {(bytes: Buffer) => void} send @param {() => void} end */
	constructor(server, send, end) {
		this.server = server;
		this.send = send;
		this.end = end;
	}

	/** A response. @param {Buffer} request @param {number} kind @param {Buffer[]} attributes @param {boolean} [signed] */
	answer(request, kind, attributes, signed = true) {
		const transaction = request.subarray(8, 20);
		// A key is bytes: compose() takes it as it is.
		const password = signed ? /** @type {any} */ (Buffer.from(key, "latin1")) : undefined;
		this.send(compose(kind, attributes, { password, transaction, fingerprint: false }));
	}

	/** @param {Buffer} request @param {number} code @param {Buffer[]} [more] @param {boolean} [signed] */
	refuse(request, code, more = [], signed = false) {
		const error = Buffer.from([0, 0, Math.floor(code / 100), code % 100]);
		this.answer(request, methodOf(request) | 0x110, [tlv(kinds.errorCode, error), ...more], signed);
	}

	/** Error 401 or 438, with what is to be used. @param {Buffer} request */
	challenge(request, code = 401, nonce = Buffer.from(randomBytes(8).toString("hex"))) {
		this.refuse(request, code, [tlv(kinds.realm, Buffer.from(realm)), tlv(kinds.nonce, nonce)]);
	}

	/** @param {Buffer} request @param {{ relayed?: Buffer | null, lifetime?: number, signed?: boolean }} [what] */
	grant(request, { relayed = xorAddress("127.0.0.1", 50_000), lifetime = 600, signed = true } = {}) {
		const attributes = [];
		const is = methodOf(request);
		if (is === method.allocate && relayed) attributes.push(tlv(kinds.relayed, relayed));
		if (is === method.allocate) attributes.push(tlv(kinds.mapped, xorAddress("127.0.0.1", 40_000)));
		if (is === method.allocate || is === method.refresh) attributes.push(tlv(kinds.lifetime, word(lifetime)));
		this.answer(request, is | 0x100, attributes, signed);
	}

	/** What is right. @param {Buffer} request @param {Parameters<Client["grant"]>[1]} [what] */
	serve(request, what) {
		if (find(request, kinds.nonce)) this.grant(request, what);
		else this.challenge(request);
	}

	/** @param {string} address @param {number} port @param {Buffer} payload */
	indicate(address, port, payload) {
		this.send(
			compose(0x0017, [tlv(kinds.peer, xorAddress(address, port)), tlv(kinds.data, payload)], {
				fingerprint: false,
			}),
		);
	}

	/** @param {number} number @param {Buffer} payload @param {number} [size] that it says */
	channel(number, payload, size = payload.length) {
		const head = Buffer.alloc(4);
		head.writeUInt16BE(number);
		head.writeUInt16BE(size & 0xffff, 2);
		this.send(Buffer.concat([head, payload]));
	}
}

/** @param {Buffer} message */
export const methodOf = (message) => message.readUInt16BE(0) & 0x0fff & ~0x110;

/** @param {Buffer} message @param {number} kind @returns {Buffer | undefined} */
function find(message, kind) {
	for (let at = 20; at + 4 <= message.length;) {
		const size = message.readUInt16BE(at + 2);
		if (message.readUInt16BE(at) === kind) return message.subarray(at + 4, at + 4 + size);
		at += 4 + ((size + 3) & ~3);
	}
	return undefined;
}

/** An ALTERNATE-SERVER. @param {number} port */
export function alternate(port) {
	const bytes = Buffer.from([0, 1, 0, 0, 127, 0, 0, 1]);
	bytes.writeUInt16BE(port, 2);
	return tlv(kinds.alternate, bytes);
}

export const errorAttributes = Object.freeze({
	realm: tlv(kinds.realm, Buffer.from(realm)),
	/** @param {number} size */
	nonce: (size) => tlv(kinds.nonce, Buffer.alloc(size, "n")),
	/** RFC 8489 section 14.11. @param {number} count */
	algorithms: (count) => tlv(0x8002, Buffer.alloc(4 * count, Buffer.from([0, 77, 0, 0]))),
});

/** What a server does: with each request, and with each new connection. */
/** @typedef {{ request?(client: Client, message: Buffer): void, open?(client: Client): void }} Behaviour */

export class Server {
	/** @type {Behaviour} */
	behaviour = {};
	/** By method, how many requests came. @type {Record<number, number>} */
	requests = {};
	/** @type {Set<import("node:net").Socket>} */
	connections = new Set();
	#udp = createSocket("udp4");
	/** @type {Map<string, Client>} */
	#clients = new Map();
	#tcp = createServer((socket) => this.#connected(socket));

	/** @returns {Promise<Server>} */
	static async start() {
		const server = new Server();
		await new Promise((resolve) => server.#tcp.listen(0, "127.0.0.1", () => resolve(undefined)));
		await new Promise((resolve) => server.#udp.bind(server.port, "127.0.0.1", () => resolve(undefined)));
		server.#udp.on("error", () => {});
		server.#udp.on("message", (data, from) => {
			const name = `${from.address} ${from.port}`;
			let client = server.#clients.get(name);
			if (!client) {
				client = new Client(
					server,
					(bytes) => server.#udp.send(bytes, from.port, from.address),
					() => {},
				);
				server.#clients.set(name, client);
			}
			server.#take(client, data);
		});
		return server;
	}

	get port() {
		return /** @type {import("node:net").AddressInfo} */ (this.#tcp.address()).port;
	}

	/** @param {import("node:net").Socket} socket */
	#connected(socket) {
		this.connections.add(socket);
		socket.on("error", () => {});
		socket.on("close", () => this.connections.delete(socket));
		const client = new Client(
			this,
			(bytes) => void socket.write(bytes),
			() => socket.destroy(),
		);
		let waiting = Buffer.alloc(0);
		socket.on("data", (data) => {
			waiting = Buffer.concat([waiting, data]);
			while (waiting.length >= 4) {
				const size = waiting.readUInt16BE(2);
				const whole = waiting.readUInt16BE(0) < 0x4000 ? 20 + size : 4 + ((size + 3) & ~3);
				if (waiting.length < whole) return;
				this.#take(client, waiting.subarray(0, whole));
				waiting = waiting.subarray(whole);
			}
		});
		this.behaviour.open?.(client);
	}

	/** @param {Client} client @param {Buffer} data */
	#take(client, data) {
		if (data.length < 20 || data.readUInt16BE(0) >= 0x4000 || data.readUInt16BE(0) & 0x110) return;
		const is = methodOf(data);
		this.requests[is] = (this.requests[is] ?? 0) + 1;
		this.behaviour.request?.(client, data);
	}

	close() {
		this.#udp.close();
		this.#tcp.close();
		for (const socket of this.connections) socket.destroy();
	}
}
