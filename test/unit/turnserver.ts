// SPDX-License-Identifier: Apache-2.0
// A TURN server of the virtual network (RFC 8656), as strict as coturn, and a STUN server beside it. What coturn does not
// know is here, too: SHA-256, redirection, the end of an allocation at any time.
import Credentials from "webrtc/ice/credentials";
import * as stun from "webrtc/ice/stun";
import { seededCrypto } from "./crypto";
import type { Endpoint, VirtualNetwork } from "./network";

export interface TurnServerOptions {
	address: string;
	port?: number;
	username?: string;
	password?: string;
	/** Names with the same password, whose time has not come yet, or has not gone. */
	also?: string[];
	/** Milliseconds of a nonce, a permission and a channel; seconds of an allocation. */
	nonceLife?: number;
	permissionLife?: number;
	channelLife?: number;
	lifetime?: number;
	/** The list that it offers: 1 is MD5, 2 SHA-256. Default: none, as before RFC 8489. */
	algorithms?: number[];
	/** What Allocate is answered with, while it is not 0. */
	error?: number;
	/** What all that follows is answered with, while it is not 0: the credentials have served. */
	cut?: number;
	alternate?: Endpoint;
	/** Requests for peers are answered by 400. */
	bad?: boolean;
}

interface Allocation {
	client: Endpoint;
	relayed: Endpoint;
	expiry: number;
	permissions: Map<string, number>;
	channels: Map<number, { peer: Endpoint; expiry: number }>;
}

const integrityFree = new Uint8Array(0);

export default class TurnServer {
	readonly endpoint: Endpoint;
	readonly options: Required<Omit<TurnServerOptions, "alternate">> & { alternate: Endpoint | undefined };
	readonly network: VirtualNetwork;
	readonly allocations = new Map<string, Allocation>();
	/** Requests by "method code": "3 401". */
	readonly answers: string[] = [];
	/** Datagrams to peers that came in ChannelData, and in indications. */
	channelData = 0;
	indications = 0;
	#crypto = seededCrypto(99);
	#reader = new stun.StunReader();
	#writer = new stun.StunWriter(2048);
	#nextPort = 49152;

	constructor(network: VirtualNetwork, options: TurnServerOptions) {
		this.network = network;
		this.options = {
			port: 3478,
			username: "user",
			password: "secret",
			also: [],
			nonceLife: 600_000,
			permissionLife: 300_000,
			channelLife: 600_000,
			lifetime: 600,
			algorithms: [],
			error: 0,
			cut: 0,
			alternate: undefined,
			bad: false,
			...options,
		};
		this.endpoint = { address: options.address, port: this.options.port };
		this.start();
	}

	start(): void {
		this.network.bind(this.endpoint, (data, from) => this.#receive(data, from));
	}

	/** It loses all that it knows, and answers no more until `start`. */
	stop(): void {
		this.network.unbind(this.endpoint);
		for (const { relayed } of this.allocations.values()) this.network.unbind(relayed);
		this.allocations.clear();
	}

	#receive(data: Uint8Array, from: Endpoint): void {
		if ((data[0]! & 0xc0) === 0x40) return this.#relayChannel(data, from);
		const reader = this.#reader;
		if (!reader.decode(data)) return;
		if (reader.type === stun.bindingRequest) return this.#reflect(from);
		if (reader.type === 0x0016) return this.#relayIndication(from);
		if ((reader.type & 0x0110) === 0) this.#answer(from);
	}

	#reflect(from: Endpoint): void {
		this.#writer.begin(stun.bindingSuccess, this.#reader.transactionId);
		this.#writer.xorMappedAddress(from.address, from.port);
		this.network.send(this.#writer.end(), this.endpoint, from);
	}

	get #nonce(): string {
		const period = Math.floor(this.network.now / this.options.nonceLife);
		return this.options.algorithms.length ? `obMatJos2AAAB${period}` : `nonce${period}`;
	}

	#algorithms(): Uint8Array | undefined {
		const { algorithms } = this.options;
		return algorithms.length ? Uint8Array.from(algorithms.flatMap((one) => [0, one, 0, 0])) : undefined;
	}

	#credentials(name: string): Credentials {
		return new Credentials(this.#crypto, name, this.options.password, {
			realm: text("test"),
			nonce: text(this.#nonce),
			algorithms: this.#algorithms(),
		});
	}

	#answer(from: Endpoint): void {
		const reader = this.#reader;
		const method = reader.type;
		const nonce = reader.bytes(stun.attributeNonce);
		const name = Buffer.from(reader.bytes(stun.attributeUsername) ?? integrityFree).toString();
		const credentials = this.#credentials(name);
		if (method === 3 && this.options.alternate) return this.#refuse(method, 300, from, undefined);
		if (!nonce) return this.#refuse(method, 401, from, undefined);
		if (Buffer.from(nonce).toString() !== this.#nonce) return this.#refuse(method, 438, from, undefined);
		const { username, also } = this.options;
		if (![username, ...also].includes(name) || !credentials.verify(reader))
			return this.#refuse(method, 401, from, undefined);
		const allocation = this.#allocationOf(from);
		const code = this.#carryOut(method, from, allocation);
		if (code) this.#refuse(method, code, from, credentials);
		else this.#succeed(method, from, credentials);
	}

	#allocationOf(from: Endpoint): Allocation | undefined {
		const known = this.allocations.get(key(from));
		if (!known || known.expiry > this.network.now) return known;
		this.network.unbind(known.relayed);
		this.allocations.delete(key(from));
		return undefined;
	}

	/** @returns 0 or the code of an error */
	#carryOut(method: number, from: Endpoint, allocation: Allocation | undefined): number {
		const reader = this.#reader;
		const { now } = this.network;
		if (method === 3) {
			if (this.options.error) return this.options.error;
			if (!allocation) this.#allocate(from);
			return 0;
		}
		if (!allocation) return method === 4 ? 437 : 400;
		if (this.options.cut) return this.options.cut;
		if (method === 4) {
			const seconds = reader.uint32(stun.attributeLifetime) ?? 600;
			allocation.expiry = now + Math.min(seconds, this.options.lifetime) * 1000;
			return 0;
		}
		const peer = reader.xorAddress(stun.attributeXorPeerAddress);
		if (!peer || this.options.bad) return 400;
		if (peer.address.startsWith("10.66.")) return 403;
		allocation.permissions.set(peer.address, now + this.options.permissionLife);
		if (method !== 9) return 0;
		const number = (reader.uint32(stun.attributeChannelNumber) ?? 0) >>> 16;
		for (const [its, channel] of allocation.channels)
			if (channel.expiry + 300_000 > now && (its === number) !== (key(channel.peer) === key(peer))) return 400;
		allocation.channels.set(number, { peer, expiry: now + this.options.channelLife });
		return 0;
	}

	#allocate(client: Endpoint): void {
		const relayed = { address: this.endpoint.address, port: this.#nextPort++ };
		const expiry = this.network.now + this.options.lifetime * 1000;
		const allocation: Allocation = {
			client: { ...client },
			relayed,
			expiry,
			permissions: new Map(),
			channels: new Map(),
		};
		this.allocations.set(key(client), allocation);
		this.network.bind(relayed, (data, from) => this.#relayBack(allocation, data, from));
	}

	#succeed(method: number, from: Endpoint, credentials: Credentials): void {
		const writer = this.#writer;
		this.answers.push(`${method} 0`);
		writer.begin(method | 0x100, this.#reader.transactionId);
		if (method === 3) {
			const { relayed } = this.allocations.get(key(from))!;
			writer.xorAddress(stun.attributeXorRelayedAddress, relayed.address, relayed.port);
			writer.xorMappedAddress(from.address, from.port);
		}
		if (method === 3 || method === 4) writer.uint32(stun.attributeLifetime, this.options.lifetime);
		sign(writer, credentials);
		this.network.send(writer.end(), this.endpoint, from);
	}

	#refuse(method: number, code: number, from: Endpoint, credentials: Credentials | undefined): void {
		const writer = this.#writer;
		this.answers.push(`${method} ${code}`);
		writer.begin(method | 0x110, this.#reader.transactionId);
		writer.errorCode(code);
		if (code === 300) {
			const { address, port } = this.options.alternate!;
			const bytes = address.split(".").map(Number);
			writer.bytes(stun.attributeAlternateServer, Uint8Array.from([0, 1, port >> 8, port & 255, ...bytes]));
		}
		if (code === 401 || code === 438) {
			writer.bytes(stun.attributeRealm, text("test"));
			writer.bytes(stun.attributeNonce, text(this.#nonce));
			const algorithms = this.#algorithms();
			if (algorithms) writer.bytes(stun.attributePasswordAlgorithms, algorithms);
		}
		if (credentials) sign(writer, credentials);
		this.network.send(writer.end(), this.endpoint, from);
	}

	#relayChannel(data: Uint8Array, from: Endpoint): void {
		const allocation = this.#allocationOf(from);
		const channel = allocation?.channels.get((data[0]! << 8) | data[1]!);
		if (!allocation || !channel || channel.expiry < this.network.now) return;
		this.channelData++;
		const size = (data[2]! << 8) | data[3]!;
		this.#relay(allocation, data.subarray(4, 4 + size), channel.peer);
	}

	#relayIndication(from: Endpoint): void {
		const peer = this.#reader.xorAddress(stun.attributeXorPeerAddress);
		const data = this.#reader.bytes(0x0013);
		const allocation = this.#allocationOf(from);
		if (!peer || !data || !allocation) return;
		this.indications++;
		this.#relay(allocation, data, peer);
	}

	#relay({ permissions, relayed }: Allocation, data: Uint8Array, peer: Endpoint): void {
		if ((permissions.get(peer.address) ?? 0) > this.network.now) this.network.send(data, relayed, peer);
	}

	#relayBack(allocation: Allocation, data: Uint8Array, from: Endpoint): void {
		const { now } = this.network;
		if (allocation.expiry < now || (allocation.permissions.get(from.address) ?? 0) < now) return;
		for (const [number, { peer, expiry }] of allocation.channels) {
			if (key(peer) !== key(from) || expiry < now) continue;
			const header = [number >> 8, number & 255, data.length >> 8, data.length & 255];
			return this.network.send(Uint8Array.from([...header, ...data]), this.endpoint, allocation.client);
		}
		this.#writer.begin(0x0017, new Uint8Array(this.#crypto.randomBytes(12)));
		this.#writer.xorAddress(stun.attributeXorPeerAddress, from.address, from.port);
		this.#writer.bytes(0x0013, data);
		this.network.send(this.#writer.end(), this.endpoint, allocation.client);
	}
}

/** An answer bears the integrity alone (RFC 8489 section 9.2.4). */
function sign(writer: stun.StunWriter, credentials: Credentials): void {
	credentials.signAnswer(writer);
}

function text(value: string): Uint8Array {
	return new Uint8Array(Buffer.from(value));
}

function key({ address, port }: Endpoint): string {
	return `${address} ${port}`;
}

/** A Send indication of data for a peer (IPv4). */
export function wrap(data: Uint8Array, { address, port }: Endpoint): Uint8Array {
	const padded = (data.length + 3) & ~3;
	const out = new Uint8Array(36 + padded);
	const view = new DataView(out.buffer);
	view.setUint16(0, 0x16);
	view.setUint16(2, 16 + padded);
	view.setUint32(4, 0x2112a442);
	view.setUint32(20, 0x00120008);
	view.setUint16(24, 1);
	view.setUint16(26, port ^ 0x2112);
	address.split(".").forEach((byte, i) => (out[28 + i] = Number(byte) ^ out[4 + i]!));
	view.setUint16(32, 0x13);
	view.setUint16(34, data.length);
	out.set(data, 36);
	return out;
}

/** What a Data indication has brought from a peer (IPv4). */
export function unwrap(data: Uint8Array): { peer: Endpoint; payload: Uint8Array } {
	const view = new DataView(data.buffer, data.byteOffset, data.length);
	const address = [0, 1, 2, 3].map((i) => data[28 + i]! ^ data[4 + i]!).join(".");
	return {
		peer: { address, port: view.getUint16(26) ^ 0x2112 },
		payload: data.slice(36, 36 + view.getUint16(34)),
	};
}
