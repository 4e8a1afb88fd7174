// SPDX-License-Identifier: Apache-2.0
// A TURN client (RFC 8656): one allocation of one server, Sans-I/O. What it gives goes to the server by a socket of the
// allocation's own; data is not its concern (native/transport carries it), but permissions and channels are.
import WebRTCError from "webrtc/error";
import Credentials, { type Challenge } from "webrtc/ice/credentials";
import * as stun from "webrtc/ice/stun";

export interface TurnOptions {
	crypto: stun.LongTermCrypto;
	/** The time, in milliseconds of any clock that only grows. */
	now: number;
	username: string;
	credential: string;
	/** Of the relayed address (RFC 8656 section 18.6). Default 4. */
	family?: 4 | 6 | undefined;
	/** By TCP or TLS: nothing is sent again. */
	reliable?: boolean | undefined;
	/** The server's, from an earlier allocation: saves a round trip. */
	challenge?: Challenge | undefined;
	timeouts?: Partial<TurnTimeouts> | undefined;
	/** What reads and writes messages, of `turnCapacity` at least, for clients to share. Default: its own. */
	messages?: stun.StunMessages | undefined;
}

/** All in milliseconds. */
export interface TurnTimeouts {
	/** Before a request is sent again; doubled each time (RFC 8489 section 6.2.1 has 500). */
	retransmission: number;
	/** From its first sending to a request's failure. */
	request: number;
	/** Between refreshes of a permission, which lives for 300 s (RFC 8656 section 9). */
	permission: number;
	/** Between refreshes of a channel, which lives for 600 s (section 12). */
	channel: number;
	/** Without being used for so long, permissions and channels are let go. */
	unused: number;
	/** Without a message to the server for so long, one is sent that keeps NATs open. */
	keepalive: number;
}

export const turnTimeouts: Readonly<TurnTimeouts> = Object.freeze({
	retransmission: 250,
	request: 39_500,
	permission: 240_000,
	channel: 240_000,
	unused: 120_000,
	keepalive: 20_000,
});

export interface TurnAddress {
	readonly address: string;
	readonly port: number;
}

export type TurnEvent =
	/** Peers reach this side at `relayed`. `mapped` is how the server sees the socket. */
	| { type: "allocated"; relayed: TurnAddress; mapped: TurnAddress | undefined; lifetime: number }
	/** The server's answer to a request for another server (error 300): begin anew with that one. */
	| { type: "redirected"; server: TurnAddress }
	/** Data for the peer may go by this channel. */
	| { type: "bound"; channel: number; address: string; port: number }
	| { type: "unbound"; channel: number }
	/** The server lets nothing through to this address. */
	| { type: "refused"; address: string; code: number }
	/** There is no allocation, or no more. `code` is the server's, 0: it has not answered. */
	| { type: "failed"; code: number; error: WebRTCError };

/** Bounds: what an application's peers can make a client keep. */
export const maximumPermissions = 64;
export const maximumChannels = 32; // RTC_RELAY_CHANNELS

// RFC 8656 section 17: methods; with the class of a request.
const allocate = 0x003;
const refresh = 0x004;
const createPermission = 0x008;
const channelBind = 0x009;
const successClass = 0x100;
const errorClass = 0x110;
const firstChannel = 0x4000;
const lastChannel = 0x4fff;
const lifetime = 600; // seconds that are asked for
const udp = 17;
const badRequest = 400;
const mostStale = 3; // errors 438 in a row
const channelLife = 600_000;
const rest = 300_000; // after which a channel's number or peer may be bound otherwise (section 12)
const retryRefused = 60_000;
/** Bytes of a request: its attributes, and username, realm, nonce, algorithms. */
export const turnCapacity = 160 + 4 * 4 + 508 + 763 + 763 + 64;

interface Request {
	id: Uint8Array;
	readonly method: number;
	readonly peer: Permission | Channel | undefined;
	readonly lifetime: number;
	sentAt: number;
	interval: number;
	due: number;
	pending: boolean;
	stale: number;
	signed: boolean; // with a challenge that is this client's own
}

interface Permission {
	readonly address: string;
	state: "asked" | "granted" | "refused";
	usedAt: number;
	due: number; // to be asked for again
}

interface Channel extends Permission {
	readonly port: number;
	readonly number: number;
	until: number; // the server's end of it
	bound: boolean;
}

export default class TurnClient {
	readonly #options: TurnOptions;
	readonly #timeouts: Readonly<TurnTimeouts>;
	readonly #credentials: Credentials;
	readonly #reader: stun.StunReader;
	readonly #writer: stun.StunWriter;
	readonly #events: TurnEvent[] = [];
	#requests: Request[] = [];
	#permissions: Permission[] = [];
	#channels: Channel[] = [];
	#state: "allocating" | "allocated" | "failed" | "closed" = "allocating";
	#challenged = false; // by this server, of late: another 401 refuses the credentials
	#refreshAt = Infinity;
	#expiry = Infinity;
	#sentAt: number;
	#nextChannel = firstChannel;
	#now: number;
	/** Answers that were none of this server's. */
	forged = 0;
	/** Permissions and channels that there was no room for. */
	overflow = 0;

	constructor(options: TurnOptions) {
		const { crypto, username, credential, challenge, now, timeouts } = options;
		const { reader, writer } = options.messages ?? new stun.StunMessages(turnCapacity);
		this.#options = options;
		this.#reader = reader;
		this.#writer = writer;
		this.#timeouts = timeouts ? { ...turnTimeouts, ...timeouts } : turnTimeouts;
		this.#credentials = new Credentials(crypto, username, credential, challenge);
		this.#now = this.#sentAt = now;
		this.request(allocate, undefined, lifetime);
	}

	get state(): "allocating" | "allocated" | "failed" | "closed" {
		return this.#state;
	}

	/** To be given to the next client of this server. */
	get challenge(): Challenge | undefined {
		return this.#credentials.challenge;
	}

	/** Lets datagrams of this IP address through, from now on and as long as it is used: call it for each use. */
	permit(address: string, now: number): void {
		this.#now = now;
		if (this.ended) return;
		const known = this.#permissions.find((one) => one.address === address);
		if (known) {
			known.usedAt = now;
			return;
		}
		if (this.#permissions.length >= maximumPermissions) {
			this.overflow++;
			return;
		}
		const permission: Permission = { address, state: "asked", usedAt: now, due: Infinity };
		this.#permissions.push(permission);
		if (this.#state === "allocated") this.request(createPermission, permission, 0);
	}

	/** Gives the peer a channel, which permits it as well; call it for each use. */
	bind(address: string, port: number, now: number): void {
		this.#now = now;
		if (this.ended) return;
		const known = this.#channels.find((one) => one.port === port && one.address === address);
		if (known) {
			known.usedAt = now;
			if (known.due === Infinity && !this.isAsked(known)) known.due = now;
			return;
		}
		if (this.#channels.length >= maximumChannels || this.#nextChannel > lastChannel) {
			this.overflow++; // indications carry it
			return;
		}
		const number = this.#nextChannel++;
		const channel: Channel = {
			address,
			port,
			number,
			state: "asked",
			usedAt: now,
			due: Infinity,
			until: 0,
			bound: false,
		};
		this.#channels.push(channel);
		if (this.#state === "allocated") this.request(channelBind, channel, 0);
	}

	/** Takes a message from the server. Its bytes may change during the call. */
	handleMessage(data: Uint8Array, now: number): void {
		this.#now = now;
		if (this.ended || !this.#reader.decode(data)) return;
		const reader = this.#reader;
		const request = this.#requests.find(({ id }) => reader.hasTransactionId(id));
		if (!request) return;
		if (reader.type === (request.method | successClass)) {
			if (!this.#credentials.verify(reader)) this.forged++;
			else this.succeed(request);
		} else if (reader.type === (request.method | errorClass)) this.refuse(request, reader.errorCode);
	}

	/** Does what is due. Calling it early has no effect. */
	handleTimeout(now: number): void {
		this.#now = now;
		if (this.ended) return;
		for (const request of this.#requests.slice()) this.repeat(request);
		if (this.ended || this.#state !== "allocated") return;
		if (now >= this.#expiry) return this.fail(0, "The TURN server has not prolonged the allocation.");
		if (now >= this.#refreshAt) {
			this.#refreshAt = Infinity;
			this.request(refresh, undefined, lifetime);
		}
		this.renewPermissions();
		this.renewChannels();
	}

	get deadline(): number {
		if (this.ended) return Infinity;
		let deadline = Infinity;
		for (const { due, pending } of this.#requests) deadline = Math.min(deadline, pending ? this.#now : due);
		if (this.#state !== "allocated") return deadline;
		deadline = Math.min(deadline, this.#refreshAt, this.#expiry, this.#sentAt + this.#timeouts.keepalive);
		for (const { due } of this.#permissions) deadline = Math.min(deadline, due);
		for (const { due, until, bound } of this.#channels) {
			const end = bound ? until : until ? until + rest : Infinity;
			deadline = Math.min(deadline, due, end);
		}
		return deadline;
	}

	pollEvent(): TurnEvent | undefined {
		return this.#events.shift();
	}

	/** The next message for the server, or undefined. It is valid until the next call. */
	pollTransmit(): Uint8Array | undefined {
		for (const request of this.#requests) {
			if (!request.pending) continue;
			request.pending = false;
			this.#sentAt = this.#now;
			return this.write(request);
		}
		if (this.#state === "closed") this.#requests = [];
		if (this.#state !== "allocated" || this.#now < this.#sentAt + this.#timeouts.keepalive) return undefined;
		this.#sentAt = this.#now;
		this.#writer.begin(stun.bindingIndication, this.newId());
		return this.#writer.end();
	}

	/** Gives the allocation back: the message that `pollTransmit` gives then is the last. */
	close(now: number): void {
		if (this.#state === "closed") return;
		this.#now = now;
		const allocated = this.#state === "allocated";
		this.#requests = [];
		if (allocated) this.request(refresh, undefined, 0);
		this.#state = "closed";
		this.#events.length = 0;
	}

	private get ended(): boolean {
		return this.#state === "failed" || this.#state === "closed";
	}

	private newId(): Uint8Array {
		return new Uint8Array(this.#options.crypto.randomBytes(stun.transactionIdSize));
	}

	private request(method: number, peer: Permission | Channel | undefined, seconds: number): void {
		const { retransmission, request } = this.#timeouts;
		const interval = this.#options.reliable ? request : retransmission;
		this.#requests.push({
			id: this.newId(),
			method,
			peer,
			lifetime: seconds,
			sentAt: this.#now,
			interval,
			due: this.#now + interval,
			pending: true,
			stale: 0,
			signed: false,
		});
	}

	private isAsked(peer: Permission): boolean {
		return this.#requests.some((request) => request.peer === peer);
	}

	private write(request: Request): Uint8Array {
		const { method, peer, id } = request;
		const writer = this.#writer;
		writer.begin(method, id);
		if (method === allocate) {
			writer.uint32(stun.attributeRequestedTransport, udp * 0x1000000);
			if (this.#options.family === 6) writer.uint32(stun.attributeRequestedFamily, 2 * 0x1000000);
		}
		if (method === allocate || method === refresh) writer.uint32(stun.attributeLifetime, request.lifetime);
		if (method === channelBind) writer.uint32(stun.attributeChannelNumber, (peer as Channel).number * 0x10000);
		if (peer) {
			const port = method === channelBind ? (peer as Channel).port : 0;
			writer.xorAddress(stun.attributeXorPeerAddress, peer.address, port);
		}
		request.signed = this.#challenged;
		this.#credentials.sign(writer);
		return writer.end();
	}

	/** RFC 8489 section 6.2.1 */
	private repeat(request: Request): void {
		if (request.due > this.#now) return;
		if (this.#now >= request.sentAt + this.#timeouts.request) {
			this.drop(request);
			this.refused(request, 0);
			return;
		}
		request.interval *= 2;
		request.due = Math.min(this.#now + request.interval, request.sentAt + this.#timeouts.request);
		request.pending = true;
	}

	private drop(request: Request): void {
		this.#requests = this.#requests.filter((one) => one !== request);
	}

	private succeed(request: Request): void {
		this.drop(request);
		const { method, peer } = request;
		if (method === allocate) this.allocated();
		else if (method === refresh) this.prolonged();
		else if (peer) this.granted(peer);
	}

	private allocated(): void {
		const relayed = this.#reader.xorAddress(stun.attributeXorRelayedAddress);
		if (!relayed) return this.fail(400, "The TURN server's answer has no relayed address.");
		const seconds = this.prolonged();
		this.#state = "allocated";
		const mapped = this.#reader.mappedAddress;
		this.#events.push({ type: "allocated", relayed, mapped, lifetime: seconds });
		for (const permission of this.#permissions) this.request(createPermission, permission, 0);
		for (const channel of this.#channels) this.request(channelBind, channel, 0);
	}

	/** A minute before its end, or halfway when it is short. */
	private prolonged(): number {
		const seconds = this.#reader.uint32(stun.attributeLifetime) ?? lifetime;
		const milliseconds = Math.min(seconds, 86_400) * 1000;
		this.#expiry = this.#now + milliseconds;
		this.#refreshAt = this.#expiry - (milliseconds < 120_000 ? milliseconds / 2 : 60_000);
		return seconds;
	}

	private granted(peer: Permission | Channel): void {
		peer.state = "granted";
		if (!isChannel(peer)) {
			peer.due = this.#now + this.#timeouts.permission;
			return;
		}
		peer.due = this.#now + this.#timeouts.channel;
		peer.until = this.#now + channelLife;
		if (peer.bound) return;
		peer.bound = true;
		this.#events.push({ type: "bound", channel: peer.number, address: peer.address, port: peer.port });
	}

	private refuse(request: Request, code: number): void {
		const isSigned = Credentials.isSigned(this.#reader);
		// Nobody else knows the request's id; but what claims to be signed must be.
		if (isSigned && !this.#credentials.verify(this.#reader)) {
			if (code !== stun.staleNonce && code !== stun.unauthorized) {
				this.forged++;
				return;
			}
		}
		if ((code === stun.unauthorized && !request.signed) || code === stun.staleNonce) {
			const challenge = this.#credentials.read(this.#reader);
			if (!challenge) {
				this.forged++;
				return;
			}
			if (request.stale < mostStale && this.#credentials.take(challenge)) return this.again(request);
		}
		this.drop(request);
		if (code === stun.tryAlternate && request.method === allocate) {
			const server = this.#reader.plainAddress(stun.attributeAlternateServer);
			if (server) {
				this.#state = "failed";
				this.#events.push({ type: "redirected", server });
				return;
			}
		}
		this.refused(request, code);
	}

	/** With the new challenge, as a new transaction. */
	private again(request: Request): void {
		this.#challenged = true;
		request.stale++;
		request.id = this.newId();
		request.pending = true;
		request.interval = this.#options.reliable ? this.#timeouts.request : this.#timeouts.retransmission;
		request.due = this.#now + request.interval;
	}

	private refused({ method, peer, lifetime: seconds }: Request, code: number): void {
		// Credentials that have ended serve for nothing any more: whoever waited for a permission would wait in vain.
		const isGone = code === stun.allocationMismatch || code === 441 || code === stun.unauthorized;
		if (method === allocate || (method === refresh && seconds)) {
			// A refresh that was lost may yet be made before the allocation ends.
			if (method === refresh && !isGone) this.#refreshAt = Math.min(this.#expiry, this.#now + 5000);
			else this.fail(code, describe(code));
		} else if (peer && isGone) this.fail(code, describe(code));
		else if (peer) {
			// So coturn speaks of an allocation that it has lost (up to 4.17): it tells who asks for the allocation itself.
			const isAsked = this.#requests.some((request) => request.method === refresh);
			if (code === badRequest && !isAsked) this.#refreshAt = this.#now;
			if (isChannel(peer)) peer.due = Infinity;
			else peer.due = this.#now + retryRefused;
			if (peer.state === "asked") {
				peer.state = "refused";
				this.#events.push({ type: "refused", address: peer.address, code });
			}
		}
	}

	private renewPermissions(): void {
		const now = this.#now;
		this.#permissions = this.#permissions.filter(
			({ due, usedAt }) => due > now || now - usedAt < this.#timeouts.unused,
		);
		for (const permission of this.#permissions) {
			if (permission.due > now) continue;
			permission.due = Infinity;
			this.request(createPermission, permission, 0);
		}
	}

	private renewChannels(): void {
		const now = this.#now;
		for (const channel of this.#channels) {
			if (channel.bound && now >= channel.until) {
				channel.bound = false;
				this.#events.push({ type: "unbound", channel: channel.number });
			}
			if (channel.due > now) continue;
			channel.due = Infinity;
			if (now - channel.usedAt < this.#timeouts.unused) this.request(channelBind, channel, 0);
		}
		this.#channels = this.#channels.filter(({ until }) => !until || now < until + rest);
	}

	/** Ends it for a reason that the driver knows. */
	fail(code: number, message: string): void {
		if (this.ended) return;
		this.#state = "failed";
		this.#requests = [];
		this.#events.push({ type: "failed", code, error: new WebRTCError("ice/turn", message) });
	}
}

function isChannel(peer: Permission | Channel): peer is Channel {
	return "number" in peer;
}

function describe(code: number): string {
	switch (code) {
		case 0:
			return "The TURN server does not answer.";
		case stun.unauthorized:
			return "The TURN server refuses the username or the credential (401).";
		case 403:
			return "The TURN server forbids it (403).";
		case stun.allocationMismatch:
			return "The TURN server knows no such allocation (437).";
		case stun.staleNonce:
			return "The TURN server's nonces are stale whenever they are used (438).";
		case 440:
			return "The TURN server has no addresses of this family (440).";
		case 441:
			return "The TURN server knows the allocation by other credentials (441).";
		case 486:
			return "The TURN server's quota of allocations is reached (486).";
		case 508:
			return "The TURN server has no room for another allocation (508).";
		default:
			return `The TURN server refuses (${code}).`;
	}
}
