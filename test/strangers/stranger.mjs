// SPDX-License-Identifier: Apache-2.0
// Somebody in the network who can reach the device's ports, from an address of the loopback range of his own.
// @ts-check
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { composeOffer, randomCredentials } from "./offer.mjs";

const patience = 4000; // ms for an answer

/**
 * @typedef {{ host: string, port: number }} Target
 * @typedef {{ status: number, headers: Map<string, string>, body: string }} Answer status 0: none came
 * @typedef {object} Session what a device has agreed to, and what ICE needs
 * @property {string} path of the session's resource
 * @property {string} etag
 * @property {{ ufrag: string, pwd: string }} own
 * @property {{ ufrag: string, pwd: string }} device
 * @property {number} port the device's UDP port
 * @property {Buffer} [first] a datagram that is sent again
 */

export class Stranger {
	/** The device's UDP port, once it is known. */
	lastPort = 0;
	/** @type {Set<import("node:net").Socket>} */
	#connections = new Set();
	/** @type {import("node:dgram").Socket[]} */
	#sockets = [];
	/** @type {Set<string>} sessions that were made and not ended */
	#sessions = new Set();

	/** @param {Target} target @param {string} [address] where it comes from */
	constructor(target, address = "127.0.0.1") {
		this.target = target;
		this.address = address;
	}

	/**
	 * Sends bytes to the HTTP port.
	 * @param {string | Buffer} bytes
	 * @param {{ stay?: boolean }} [options] `stay`: does not wait for an answer, and keeps the connection until `leave`
	 * @returns {Promise<Answer>}
	 */
	send(bytes, { stay = false } = {}) {
		return new Promise((resolve) => {
			const { host, port } = this.target;
			const socket = connect({ host, port, localAddress: this.address });
			this.#connections.add(socket);
			let received = "";
			const done = () => {
				clearTimeout(timer);
				resolve(parseAnswer(received));
				if (stay) return;
				this.#connections.delete(socket);
				socket.destroy();
			};
			const timer = setTimeout(done, stay ? 50 : patience);
			socket.on("error", done);
			socket.on("close", done);
			socket.on("data", (data) => {
				received += data.toString("latin1");
				if (!stay && isWhole(received)) done();
			});
			socket.write(bytes);
		});
	}

	/** Sends a byte at a time, and gives up when it is shut out. @param {string} text @param {number} pause ms between two */
	async drip(text, pause) {
		const { host, port } = this.target;
		const socket = connect({ host, port, localAddress: this.address });
		this.#connections.add(socket);
		socket.on("error", () => {});
		for (const byte of text) {
			if (socket.destroyed) break;
			socket.write(byte);
			await new Promise((resolve) => setTimeout(resolve, pause));
		}
		socket.destroy();
		this.#connections.delete(socket);
	}

	/**
	 * @param {string} method @param {string} path @param {string | Buffer} [body]
	 * @param {Record<string, string>} [headers]
	 */
	request(method, path, body = "", headers = {}) {
		const bytes = Buffer.from(body);
		const lines = [`${method} ${path} HTTP/1.1`, `host: ${this.target.host}:${this.target.port}`];
		if (bytes.length) lines.push(`content-length: ${bytes.length}`);
		for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
		return this.send(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), bytes]));
	}

	/** @param {string | Buffer} sdp @returns {Promise<Answer>} */
	async offer(sdp) {
		const answer = await this.request("POST", "/whep", sdp, { "content-type": "application/sdp" });
		const location = answer.headers.get("location");
		if (answer.status === 201 && location) this.#sessions.add(new URL(location, this.#base).pathname);
		return answer;
	}

	/**
	 * Gets a place, as any viewer does.
	 * @param {import("./offer.mjs").OfferParts} [parts] of the offer
	 * @returns {Promise<Session | undefined>} undefined: there was none
	 */
	async enter({ own = randomCredentials(), ...parts } = {}) {
		const { status, headers, body } = await this.offer(composeOffer({ own, ...parts }));
		if (status !== 201) return undefined;
		const attribute = (/** @type {string} */ name) => new RegExp(`^a=${name}:(.*)\r$`, "m").exec(body)?.[1] ?? "";
		const port = Number(/^a=candidate:\S+ 1 udp \d+ \S+ (\d+) typ host/im.exec(body)?.[1]);
		this.lastPort = port;
		return {
			path: new URL(headers.get("location") ?? "", this.#base).pathname,
			etag: headers.get("etag") ?? "",
			own,
			device: { ufrag: attribute("ice-ufrag"), pwd: attribute("ice-pwd") },
			port,
		};
	}

	/** @param {Session} session @param {string | Buffer} fragment */
	trickle(session, fragment) {
		return this.request("PATCH", session.path, fragment, { "content-type": "application/trickle-ice-sdpfrag" });
	}

	/** A UDP socket at this address. @returns {Promise<import("node:dgram").Socket>} */
	async socket() {
		const socket = createSocket("udp4");
		socket.on("error", () => {});
		this.#sockets.push(socket);
		await new Promise((resolve) => socket.bind(0, this.address, () => resolve(undefined)));
		return socket;
	}

	/** Goes. Sessions are ended unless it vanishes. @param {{ vanish?: boolean }} [how] */
	async leave({ vanish = false } = {}) {
		for (const socket of this.#connections) socket.destroy();
		for (const socket of this.#sockets.splice(0)) socket.close();
		if (!vanish) await Promise.all([...this.#sessions].map((path) => this.request("DELETE", path)));
		this.#sessions.clear();
		this.#connections.clear();
	}

	get #base() {
		return `http://${this.target.host}:${this.target.port}/whep`;
	}
}

/** @param {string} text @returns {Answer} */
function parseAnswer(text) {
	const end = text.indexOf("\r\n\r\n");
	const [first = "", ...lines] = text.slice(0, end < 0 ? 0 : end).split("\r\n");
	const headers = new Map(
		lines.map((line) => {
			const colon = line.indexOf(":");
			return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
		}),
	);
	return { status: Number(/^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1] ?? 0), headers, body: text.slice(end + 4) };
}

/** @param {string} text */
function isWhole(text) {
	const { status, headers, body } = parseAnswer(text);
	return status > 0 && body.length >= Number(headers.get("content-length") ?? 0);
}
