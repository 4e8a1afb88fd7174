// SPDX-License-Identifier: Apache-2.0
// The STUN and TURN servers of a network's connections: each is asked once for all of them, and what it gives is shared.
// An allocation belongs to a server and to credentials: with new ones another is made, while the old one serves on.
import Timer from "timer";
import { contain } from "webrtc/error/guard";
import { canonicalAddress, familyOf } from "webrtc/ice/address";
import type { Challenge } from "webrtc/ice/credentials";
import ReflexiveClient from "webrtc/ice/reflexive";
import { StunMessages } from "webrtc/ice/stun";
import { turnCapacity, type TurnEvent } from "webrtc/ice/turn";
import { parseServerUri, type ServerUri } from "webrtc/ice/uri";
import * as crypto from "webrtc/native/crypto";
import Resolver from "webrtc/native/transport/resolver";
import type Network from "webrtc/peer/network";
import type { StunHandler } from "webrtc/peer/network";
import { inSuccession, preferenceOf, single, type SingleServer } from "webrtc/peer/order";
import Relayed from "webrtc/peer/relayed";
import {
	candidateOf,
	makeServer,
	statusOf,
	whyNot,
	type Server,
	type ServerStatus,
	type ServersUser,
} from "webrtc/peer/server";
import type { IceServer } from "webrtc/signaling";

// Bounds of a network: what a signaling server can make a device hold.
const maximumServers = 24;
const maximumRelays = 4; // at once: a socket and an allocation each
const longestText = 1024;
const mostAttempts = 3;
const retryAfter = 60_000;
const mappedFor = 15_000; // ms for which an answer is used again

export default class Servers implements StunHandler {
	readonly remoteCandidates = 0;
	readonly #network: Network;
	#reflexive: ReflexiveClient | undefined; // once there is a STUN server
	#messages: StunMessages | undefined; // once there is a TURN server
	readonly #challenges = new Map<string, Challenge>();
	#owner: number;
	#servers: Server[] = [];
	#mappedAt = new Map<string, number>();
	#timer: Timer | undefined;
	#deadline = Infinity;
	#closed = false;

	constructor(network: Network) {
		this.#network = network;
		this.#owner = network.join(this);
	}

	/**
	 * Asks all of them for this user: each answers by a candidate, and then "settled".
	 * @param former the server in use, where these are of a later configuration: the one that is most like it is asked first,
	 * and its candidate has the higher priority, so that a peer which controls goes over to it
	 * @returns their keys, in the order of asking
	 */
	use(user: ServersUser, iceServers: readonly IceServer[], former?: string): string[] {
		const before = this.#servers.find(({ key }) => key === former);
		const all = before ? inSuccession(iceServers, before.url) : single(iceServers);
		const keys: string[] = [];
		let least = before ? before.preference + 1 : 0;
		for (const server of all) {
			const key = this.join(user, server, Math.max(least, preferenceOf(server.url, keys.length)));
			if (key === undefined) continue;
			if (!keys.includes(key)) keys.push(key);
			least = 0;
		}
		this.pump();
		return keys;
	}

	/**
	 * What nobody uses any more is given back, but for the servers of `keep`.
	 * @returns the bases of the relays that the user has left
	 */
	leave(user: ServersUser, keep: readonly string[] = []): string[] {
		const left: string[] = [];
		for (const server of this.#servers) {
			const index = keep.includes(server.key) ? -1 : server.users.indexOf(user);
			if (index >= 0) server.users.splice(index, 1);
			if (index >= 0 && server.relayed) left.push(String(server.relayed.number));
			if (!server.users.length) this.end(server);
		}
		this.#servers = this.#servers.filter(({ users }) => users.length);
		this.pump();
		return left;
	}

	/** What was sent, or is to be, to a peer behind a relay. */
	permit(number: number, address: string): void {
		this.byNumber(number)?.permit(address);
	}

	/** Media goes to a peer behind a relay from now on. */
	bind(number: number, address: string, port: number): void {
		this.byNumber(number)?.bind(address, port);
	}

	/** The relay of the first of these servers that has one, unless one before it may get one yet. */
	firstRelay(keys: readonly string[]): number | undefined {
		for (const key of keys) {
			const server = this.#servers.find((one) => one.key === key);
			if (server?.uri.scheme !== "turn" || server.state === "failed") continue;
			return server.state === "ready" ? server.relayed?.number : undefined;
		}
		return undefined;
	}

	/** The server that a relay is of. */
	keyOf(number: number): string | undefined {
		return this.#servers.find(({ relayed }) => relayed?.number === number)?.key;
	}

	statusOf(user: ServersUser): ServerStatus[] {
		return this.#servers.filter(({ users }) => users.includes(user)).map(statusOf);
	}

	handleStun(data: Uint8Array, address: string, port: number): void {
		try {
			this.#reflexive?.handleMessage(data, { address, port });
			this.pump();
		} catch (cause) {
			contain(this, cause);
		}
	}

	/** A relay's socket is bound to the address that has gone, and what a STUN server said is of that: they are asked anew. */
	onNetworkChange(gone: readonly string[]): void {
		try {
			for (const server of this.#servers.slice()) {
				const [address] = server.addresses;
				const isLost = !address || gone.some((one) => familyOf(one) === familyOf(address));
				if (server.state !== "resolving" && (isLost || server.state !== "ready")) this.renew(server);
			}
			this.pump();
		} catch (cause) {
			contain(this, cause);
		}
	}

	private renew(server: Server): void {
		this.drop(server);
		server.mapped = undefined;
		server.attempts = 0;
		server.retryAt = Infinity;
		server.state = "waiting";
		for (const user of server.users.slice()) user.onServerAsked(server.key);
	}

	/** What nobody is to blame for is traced. */
	onException(): void {}

	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		for (const server of this.#servers) this.end(server);
		this.#servers = [];
		this.#network.leave(this.#owner);
		if (this.#timer !== undefined) Timer.clear(this.#timer);
		this.#timer = undefined;
	}

	// What a Relayed tells: see RelayedOwner.
	onRelayed(relayed: Relayed, event: TurnEvent): void {
		const server = this.#servers.find((one) => one.relayed === relayed);
		if (!server) return;
		if (event.type === "allocated") {
			server.state = "ready";
			server.attempts = 0;
			server.error = undefined;
			if (relayed.challenge) this.keepChallenge(server, relayed.challenge);
			for (const user of server.users.slice()) this.give(server, user);
		} else if (event.type === "redirected") this.redirect(server, event.server);
		else if (event.type === "failed") this.lose(server, event.code, event.error.message);
		else return;
		this.begin(); // there may be room for another
		this.schedule();
	}

	onDeadline(): void {
		this.schedule();
	}

	private byNumber(number: number): Relayed | undefined {
		return this.#servers.find(({ relayed }) => relayed?.number === number)?.relayed;
	}

	private join(user: ServersUser, one: SingleServer, preference: number): string | undefined {
		const { url, username, credential } = one;
		const uri = parseServerUri(url);
		if (uri.scheme === "stun" && user.relayOnly) return undefined;
		const key = uri.scheme === "stun" ? url : `${url} ${username} ${credential}`;
		if (key.length > longestText) return undefined;
		let server = this.#servers.find((one) => one.key === key);
		if (!server) {
			if (this.#servers.length >= maximumServers) return undefined;
			server = this.add(key, one, uri, preference);
		}
		if (!server.users.includes(user)) server.users.push(user);
		user.onServerAsked(key);
		const isStale = uri.scheme === "stun" && this.#network.now > (this.#mappedAt.get(key) ?? -Infinity) + mappedFor;
		if (server.state === "ready" && isStale) this.ask(server);
		else if (server.state === "ready" || server.state === "failed") this.give(server, user);
		return key;
	}

	private add(key: string, one: SingleServer, uri: ServerUri, preference: number): Server {
		const server = makeServer(key, one, uri, preference);
		this.#servers.push(server);
		return server;
	}

	/** What the server has, to one user. */
	private give(server: Server, user: ServersUser): void {
		const candidate = candidateOf(server, user.relayOnly, this.#network);
		if (candidate) user.onServerCandidate(server.key, candidate);
		user.onServerSettled(server.key);
	}

	/** Begins what waits, in the order of the configuration, as far as there is room. */
	private begin(): void {
		let relays = 0;
		for (const { uri, state } of this.#servers)
			if (uri.scheme === "turn" && state !== "failed" && state !== "waiting") relays++;
		for (const server of this.#servers.slice()) {
			if (server.state !== "waiting") continue;
			if (server.uri.scheme === "turn" && relays >= maximumRelays) continue;
			const reason = whyNot(server.uri);
			if (reason) {
				this.lose(server, 0, reason);
				continue;
			}
			if (server.uri.scheme === "turn") relays++;
			this.resolve(server);
		}
	}

	private resolve(server: Server): void {
		const { host } = server.uri;
		const literal = canonicalAddress(host);
		server.state = "resolving";
		if (literal !== undefined) return this.resolved(server, [literal]);
		try {
			server.resolver = new Resolver({
				host,
				onResolved: (addresses) => {
					try {
						this.resolved(server, addresses);
						this.pump();
					} catch (cause) {
						contain(this, cause);
					}
				},
			});
		} catch {
			this.lose(server, 0, "Its name cannot be looked up now.");
		}
	}

	private resolved(server: Server, addresses: string[]): void {
		server.resolver?.close();
		server.resolver = undefined;
		server.addresses = addresses.filter((address) => this.#network.hasFamily(familyOf(address)));
		if (server.addresses.length) this.ask(server);
		else
			this.lose(
				server,
				0,
				addresses.length ? "This host has no address of its family." : "Its name is not known.",
			);
	}

	private ask(server: Server): void {
		const address = server.addresses[0]!;
		const { port, username, credential, key } = server;
		server.state = "asking";
		if (server.uri.scheme === "stun") {
			this.#reflexive ??= new ReflexiveClient(crypto);
			return this.#reflexive.ask(key, address, port, this.#network.now);
		}
		try {
			server.relayed = new Relayed({
				network: this.#network,
				address,
				port,
				transport: server.uri.transport,
				serverName: server.uri.secure ? server.uri.host : undefined,
				username,
				credential,
				challenge: this.#challenges.get(`${address} ${port}`),
				messages: (this.#messages ??= new StunMessages(turnCapacity)),
				family: familyOf(address),
				owner: this,
			});
		} catch (error) {
			this.lose(server, 0, (error as Error).message);
		}
	}

	private keepChallenge({ addresses, port }: Server, challenge: Challenge): void {
		this.#challenges.set(`${addresses[0]} ${port}`, challenge);
		for (const oldest of this.#challenges.keys()) {
			if (this.#challenges.size <= maximumRelays) break;
			this.#challenges.delete(oldest);
		}
	}

	/** Error 300 (RFC 8489 section 10): another server of the same kind, by the same credentials. */
	private redirect(server: Server, { address, port }: { address: string; port: number }): void {
		this.drop(server);
		const isNew = address !== server.addresses[0] || port !== server.port;
		if (!isNew || ++server.attempts > mostAttempts || !this.#network.hasFamily(familyOf(address)))
			return this.lose(server, 300, "It sends elsewhere, and elsewhere again (300).");
		server.addresses = [address];
		server.port = port;
		this.ask(server);
	}

	private lose(server: Server, code: number, reason: string): void {
		const wasReady = server.state === "ready";
		this.drop(server);
		// On a socket of a former allocation coturn answers 437 for a while: by another one it does not.
		if (code === 437 && ++server.attempts < mostAttempts) return this.ask(server);
		server.state = "failed";
		server.error = reason;
		server.retryAt = wasReady || code === 486 || code === 508 ? this.#network.now + retryAfter : Infinity;
		for (const user of server.users.slice()) user.onServerSettled(server.key);
	}

	private drop(server: Server): void {
		const { relayed } = server;
		if (!relayed) return;
		const base = String(relayed.number);
		server.relayed = undefined;
		relayed.close();
		for (const user of server.users.slice()) user.onServerLost(base);
	}

	private end(server: Server): void {
		server.resolver?.close();
		server.resolver = undefined;
		server.relayed?.close();
		server.relayed = undefined;
		this.#mappedAt.delete(server.key);
	}

	private pump(): void {
		if (this.#closed) return;
		const { now } = this.#network;
		for (const server of this.#servers.slice()) {
			const { relayed } = server;
			if (relayed && now >= relayed.deadline) relayed.pump();
			if (now < server.retryAt) continue;
			server.retryAt = Infinity;
			server.state = "waiting";
		}
		this.begin();
		this.pumpReflexive(now);
		this.schedule();
	}

	private pumpReflexive(now: number): void {
		const client = this.#reflexive;
		if (!client) return;
		client.handleTimeout(now);
		for (let event = client.pollEvent(); event; event = client.pollEvent()) {
			const { key } = event;
			const server = this.#servers.find((one) => one.key === key);
			if (!server || server.state !== "asking") continue;
			if (event.type === "mapped") {
				server.state = "ready";
				server.mapped = { address: event.address, port: event.port };
				this.#mappedAt.set(key, now);
				for (const user of server.users.slice()) this.give(server, user);
			} else this.lose(server, event.code, event.code ? `It refuses (${event.code}).` : "It does not answer.");
		}
		for (let out = client.pollTransmit(); out; out = client.pollTransmit())
			this.#network.send(out.data, out.address, out.port, 0, this.#owner);
	}

	private schedule(): void {
		if (this.#closed) return;
		let deadline = this.#reflexive?.deadline ?? Infinity;
		for (const { relayed, retryAt } of this.#servers)
			deadline = Math.min(deadline, retryAt, relayed?.deadline ?? Infinity);
		if (deadline === this.#deadline && (this.#timer !== undefined || deadline === Infinity)) return;
		if (this.#timer !== undefined) Timer.clear(this.#timer);
		this.#timer = undefined;
		this.#deadline = deadline;
		if (deadline === Infinity) return;
		this.#timer = Timer.set(
			() => {
				try {
					this.#timer = undefined;
					this.pump();
				} catch (cause) {
					contain(this, cause);
				}
			},
			Math.max(0, Math.ceil(deadline - this.#network.now)),
		);
	}
}
