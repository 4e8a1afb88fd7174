// SPDX-License-Identifier: Apache-2.0
// The local Kinesis Video Streams signaling service: its parts, and the endpoints that it listens at.
// @ts-check
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { createServer as createTCPServer } from "node:net";
import { join } from "node:path";
import Authority from "./authority.mjs";
import Channels from "./channels.mjs";
import ServiceClock from "./clock.mjs";
import controlOperations from "./control.mjs";
import Credentials from "./credentials.mjs";
import dataOperations from "./data.mjs";
import Faults from "./faults.mjs";
import Hub from "./hub.mjs";
import handleIoT from "./iot.mjs";
import handleLocal from "./local.mjs";
import RateLimits from "./rate.mjs";
import Rest from "./rest.mjs";
import Verifier from "./sigv4.mjs";
import Sockets from "./sockets.mjs";
import Storage from "./storage.mjs";
import Turn from "./turn.mjs";
import handleViewer from "./viewer.mjs";

/** Each is an origin of its own, as in the service; its port is the first's plus its place here. */
export const endpoints = /** @type {const} */ (["control", "data", "master", "viewer", "storage", "iot"]);
/** @typedef {(typeof endpoints)[number]} EndpointName */
/** @typedef {import("./options.mjs").Options} Options */
/** @typedef {import("node:http").Server} Server */
/** @typedef {import("node:net").Socket} Socket */

const mostEvents = 1000;
const minute = 60_000;

export default class LocalKVS {
	clock = new ServiceClock();
	/** The latest, oldest first. @type {string[]} */
	events = [];
	/** @type {Map<EndpointName, { server: import("node:net").Server, port: number, secure: boolean }>} */
	#servers = new Map();
	/** @type {{ connections: Record<string, number>, requests: Record<string, number> }} */
	#counters = { connections: {}, requests: {} };
	/** @type {Set<Socket>} */
	#tcp = new Set();
	#options;
	#rest;
	#sockets;

	/**
	 * @param {Options} options
	 * @returns {Promise<LocalKVS>} when it listens
	 */
	static async start(options) {
		const authority = await Authority.open(options.ca);
		const pair = await authority.server(options.names);
		const service = new LocalKVS(options, authority);
		try {
			await service.#listen(pair);
			if (options.turn) await service.#startTurn(pair);
		} catch (error) {
			await service.close();
			throw error;
		}
		return service;
	}

	/** @param {Options} options @param {Authority} authority use `start` */
	constructor(options, authority) {
		const { region, timeScale, faults, seed } = options;
		this.#options = options;
		this.authority = authority;
		this.region = region;
		this.roleAlias = options.roleAlias;
		this.log = this.log.bind(this);
		this.count = this.count.bind(this);
		this.credentials = new Credentials(this.clock, options.accessKey, options.secretKey);
		this.verifier = new Verifier(this.clock, this.credentials, region);
		this.channels = new Channels(this.clock, region);
		this.rates = new RateLimits(options.strictLimits);
		this.limits = { maxViewers: options.maxViewers };
		this.turn = new Turn(this.clock, {
			...{ port: options.turnPort, tlsPort: options.tls ? options.turnPort + 1 : undefined },
			...{ uris: options.turnUris, secret: options.turnSecret, host: options.listen },
			...{ life: options.turnSeconds },
		});
		const names = this.#operationNames();
		this.faults = new Faults(this.clock, names, this.log, seed);
		this.hub = new Hub({
			...{ durations: this.#durations(), timeScale, faults: this.faults, rates: this.rates },
			...{ limits: this.limits, log: this.log },
		});
		const loopback = options.listen.startsWith("127.");
		this.storage = new Storage({ hub: this.hub, log: this.log, delay: options.storageDelay, loopback });
		this.#rest = new Rest(this, this.#operations());
		this.#sockets = new Sockets(this);
		this.clock.offset = options.clockOffset * 1000;
		this.faults.add(faults);
		for (const name of options.channels) this.channels.create(name);
	}

	#operations() {
		return { ...controlOperations(this), ...dataOperations(this) };
	}

	#operationNames() {
		return [...Object.keys(this.#operations()), "connectAsMaster", "connectAsViewer", "iotCredentials"];
	}

	/** @returns {import("./connection.mjs").Durations} */
	#durations() {
		const { timeScale, connectionMinutes, idleMinutes, goAway, keepAliveSeconds } = this.#options;
		const scaled = (/** @type {number} */ ms) => ms / timeScale;
		return {
			connection: scaled(connectionMinutes * minute),
			idle: scaled(idleMinutes * minute),
			grace: scaled(goAway ? minute : 0),
			keepAlive: scaled(keepAliveSeconds * 1000),
		};
	}

	/** @param {import("./authority.mjs").Pair} pair */
	async #startTurn({ cert, key }) {
		const { directory } = this.authority;
		writeFileSync(join(directory, "server.pem"), cert);
		writeFileSync(join(directory, "server-key.pem"), key, { mode: 0o600 });
		await this.turn.start(directory);
	}

	/** @param {import("./authority.mjs").Pair} pair */
	async #listen({ cert, key }) {
		const { tls, port, listen } = this.#options;
		for (const [index, name] of endpoints.entries()) {
			// Without TLS there are no client certificates.
			if (name === "iot" && !tls) continue;
			const ca = this.authority.certificate;
			const mutual = name === "iot" ? { ca, requestCert: true, rejectUnauthorized: false } : {};
			// With the authority's own certificate, so that a browser can be told its hash.
			const server = tls ? createSecureServer({ cert: `${cert}\n${ca}`, key, ...mutual }) : createServer();
			server.keepAliveTimeout = minute;
			this.#serve(server, name, tls);
			const front = createTCPServer((socket) => this.#accept(socket, name, server));
			await listenAt(front, port && port + index, listen);
			const address = /** @type {import("node:net").AddressInfo} */ (front.address());
			this.#servers.set(name, { server: front, port: address.port, secure: tls });
		}
	}

	/** @param {Socket} socket @param {EndpointName} name @param {Server} server that is to have it */
	async #accept(socket, name, server) {
		this.#counters.connections[name] = (this.#counters.connections[name] ?? 0) + 1;
		this.#tcp.add(socket);
		socket.on("close", () => this.#tcp.delete(socket));
		socket.on("error", () => socket.destroy());
		const disturbed = this.faults.disturb({ on: "tcp", endpoint: name }, tcpVerbs(socket));
		if (disturbed && (await disturbed)) return;
		server.emit("connection", socket);
	}

	/** @param {Server} server @param {EndpointName} name @param {boolean} secure */
	#serve(server, name, secure) {
		server.on("request", (incoming, outgoing) => {
			if (name === "iot") return handleIoT(this, incoming, outgoing);
			const { url = "" } = incoming;
			if (name === "control") {
				if (url.startsWith("/local/")) return handleLocal(this, incoming, outgoing);
				if (url === "/" || /^\/viewer([/?]|$)/.test(url)) return handleViewer(this, incoming, outgoing);
			}
			if (name === "master" || name === "viewer") return outgoing.writeHead(426, { connection: "close" }).end();
			return this.#rest.handle(incoming, outgoing, name, secure);
		});
		server.on("upgrade", (incoming, socket, head) => {
			if (name !== "master" && name !== "viewer") return socket.destroy();
			return this.#sockets.upgrade(incoming, socket, head, name === "master" ? "MASTER" : "VIEWER");
		});
	}

	/**
	 * @param {EndpointName} name
	 * @param {Partial<import("./control.mjs").Caller>} [caller] who shall use it
	 * @returns {string} empty if there is no such endpoint
	 */
	url(name, { hostname = "localhost" } = {}) {
		const at = this.#servers.get(name);
		if (!at) return "";
		const scheme = (name === "master" || name === "viewer" ? "ws" : "http") + (at.secure ? "s" : "");
		return `${scheme}://${hostname}:${at.port}`;
	}

	/** @param {number} [seconds] */
	issueCredentials(seconds = this.#options.credentialSeconds) {
		return this.credentials.issue(Number(seconds));
	}

	/** For the control API. */
	get state() {
		const urls = Object.fromEntries(endpoints.map((name) => [name, this.url(name)]));
		return {
			region: this.region,
			endpoints: urls,
			clockOffset: this.clock.offset / 1000,
			channels: this.channels.list.map((channel) => ({ ...channel.info, storage: channel.storage })),
			connections: this.hub.connections.map(({ state }) => state),
			storageSessions: this.storage.state,
			counters: this.#counters,
		};
	}

	resetCounters() {
		this.#counters = { connections: {}, requests: {} };
	}

	/** @param {string} operation */
	count(operation) {
		this.#counters.requests[operation] = (this.#counters.requests[operation] ?? 0) + 1;
	}

	/** @param {string} text */
	log(text) {
		const line = `${new Date().toISOString().slice(11, 23)} ${text}`;
		this.events.push(line);
		if (this.events.length > mostEvents) this.events.shift();
		if (this.#options.verbose) console.log(line);
	}

	async close() {
		this.turn.close();
		this.storage.close();
		this.hub.close();
		for (const socket of this.#tcp) socket.destroy();
		await Promise.all(
			[...this.#servers.values()].map(({ server }) => new Promise((resolve) => server.close(resolve))),
		);
	}
}

/** What faults do before there is TLS. @param {Socket} socket @returns {import("./faults.mjs").Verbs} */
const tcpVerbs = (socket) => ({
	drop: () => void socket.resume(),
	reset: () => void socket.resetAndDestroy(),
	// A proxy's answer to whoever did not ask in its language.
	malformed: () => void socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")),
});

/** @param {import("node:net").Server} server @param {number} port @param {string} address */
function listenAt(server, port, address) {
	return /** @type {Promise<void>} */ (
		new Promise((resolve, reject) => {
			server.once("error", (/** @type {NodeJS.ErrnoException} */ error) => {
				const used = `port ${port} of ${address} is in use; choose others with --port`;
				reject(error.code === "EADDRINUSE" ? new Error(used) : error);
			});
			server.listen(port, address, resolve);
		})
	);
}
