// SPDX-License-Identifier: Apache-2.0
// The process's UDP port, shared by any number of peer connections, and the STUN that passes through it.
import Timer from "timer";
import Clock from "webrtc/device/clock";
import WebRTCError from "webrtc/error";
import { contain } from "webrtc/error/guard";
import fromNative from "webrtc/error/native";
import { StunMessages } from "webrtc/ice";
import { prepare } from "webrtc/native/srtp";
import Transport, { type InterfaceAddress, type TransportStatistics } from "webrtc/native/transport";
import Path from "webrtc/native/transport/path";
import Relay, { type RelayOptions } from "webrtc/native/transport/relay";
import Names from "webrtc/peer/names";
import Servers from "webrtc/peer/servers";

export interface NetworkOptions {
	/** UDP port, the same for IPv4 and IPv6; 0, the default, takes any. */
	port?: number | undefined;
	/** The address to bind; default: all. */
	address?: string | undefined;
	/**
	 * A TCP port to which peers may connect where their network lets no UDP through (RFC 6544): candidates tell of it. 0:
	 * the number of the UDP port where it is free, else any. Default: there is none.
	 */
	tcpPort?: number | undefined;
	/**
	 * Whether this side connects by TCP to peers that wait for it, as servers do and browsers never; 4 at once. Default:
	 * false.
	 */
	tcpActive?: boolean | undefined;
	/**
	 * Which of this host's addresses peers may learn of and send to, by the interface's name: a VPN's may be of no use.
	 * Default: all.
	 */
	interfaceFilter?: ((name: string, address: string) => boolean) | undefined;
	/** Heard of when this host's addresses are others than they were: within a second, while there are connections. */
	onChange?: (() => void) | undefined;
	/** Remote candidates that all connections together keep, beside the first 4 of each. Default 64. */
	maximumCandidates?: number | undefined;
	/**
	 * Whether there is memory to keep something more for a peer, a candidate or a channel; asked for each datagram that brings
	 * one. Never throws. Default: there is.
	 * @param isEssential without it, the peer may not be reached
	 */
	mayGrow?: ((isEssential: boolean) => boolean) | undefined;
}

/** What takes the STUN of one peer, or of one server. */
export interface StunHandler {
	/** This host's addresses are others than they were. Never throws. @param gone those that are no more */
	onNetworkChange?(gone: readonly string[]): void;
	/** The remote candidates that it keeps. */
	readonly remoteCandidates: number;
	/**
	 * Takes a message with one of its ufrags, or an answer to one of its requests. Never throws.
	 * @param relay 0: it came by the local socket; else the number of the relay that the sender is behind
	 */
	handleStun(data: Uint8Array, address: string, port: number, relay: number): void;
}

const largestStun = 1280; // RTC_STUN_SIZE
const owners = 65535; // numbers of handlers
const lookEvery = 1000; // ms between two looks at this host's addresses

/** @throws WebRTCError "transport/address-in-use" or "transport/failed" from its constructor */
export default class Network {
	/** For the agents of all peers. */
	readonly messages = new StunMessages();
	#transport: Transport | undefined;
	#handlers = new Map<number, StunHandler>();
	#lastOwner = 0;
	#buffer = new Uint8Array(largestStun);
	#clock = new Clock();
	#servers: Servers | undefined;
	#names: Names | undefined;
	#maximumCandidates: number;
	/** Whether this side connects to peers by TCP. */
	readonly tcpActive: boolean;
	#unsent = 0;
	#options: Pick<NetworkOptions, "interfaceFilter" | "mayGrow" | "onChange">;
	#known: string[] = []; // this host's addresses
	#watch: Timer | undefined;

	constructor({
		port = 0,
		address,
		tcpPort,
		tcpActive = false,
		maximumCandidates = 64,
		...options
	}: NetworkOptions = {}) {
		this.tcpActive = tcpActive;
		this.#maximumCandidates = maximumCandidates;
		this.#options = options;
		prepare();
		try {
			this.#transport = new Transport({
				port,
				address,
				tcpPort,
				tcpActive,
				onReadable: () => {
					try {
						this.read();
					} catch (cause) {
						contain(this, cause);
					}
				},
			});
		} catch (cause) {
			throw fromNative(cause, "transport/failed");
		}
	}

	/** Monotonic milliseconds: the time of every protocol here. */
	get now(): number {
		return this.#clock.now;
	}

	get localPort(): number {
		return this.open().localPort;
	}

	/** To which peers may connect; 0: none. */
	get tcpPort(): number {
		return this.open().tcpPort;
	}

	/** This host's addresses that a peer may reach; loopback only where there is nothing else. */
	get addresses(): InterfaceAddress[] {
		const transport = this.open();
		let addresses = transport.interfaces(false);
		if (!addresses.length) addresses = transport.interfaces(true);
		const { interfaceFilter } = this.#options;
		return addresses.filter(
			({ family, interface: name, address }) =>
				transport.hasFamily(family) && (!interfaceFilter || interfaceFilter(name, address)),
		);
	}

	/** All IP addresses of this host, loopback too: what a request to the device itself can name. */
	get hostAddresses(): string[] {
		return this.open()
			.interfaces(true)
			.map(({ address }) => address);
	}

	/** @returns the number by which the handler sends, and hears of what is its own */
	join(handler: StunHandler): number {
		do this.#lastOwner = (this.#lastOwner % owners) + 1;
		while (this.#handlers.has(this.#lastOwner));
		this.#handlers.set(this.#lastOwner, handler);
		if (this.#watch === undefined && this.#transport) this.watch();
		return this.#lastOwner;
	}

	/**
	 * No host tells of each change in time: an address that is taken away on a chip may be told of two minutes later. So
	 * they are looked at, which costs 20 slots a time, and only while there is somebody to tell.
	 */
	private watch(): void {
		this.#known = this.addresses.map(({ address }) => address);
		this.#watch = Timer.repeat(() => {
			try {
				this.look();
			} catch (cause) {
				contain(this, cause);
			}
		}, lookEvery);
	}

	private look(): void {
		const before = this.#known;
		const now = this.addresses.map(({ address }) => address);
		const gone = before.filter((address) => !now.includes(address));
		if (!gone.length && now.length === before.length) return;
		this.#known = now;
		for (const handler of [...this.#handlers.values()]) handler.onNetworkChange?.(gone);
		this.#options.onChange?.();
	}

	/** Without effect when it is not there. */
	leave(owner: number): void {
		this.#handlers.delete(owner);
		if (!this.#handlers.size) this.unwatch();
	}

	private unwatch(): void {
		if (this.#watch !== undefined) Timer.clear(this.#watch);
		this.#watch = undefined;
	}

	/** STUN for this ufrag reaches the handler of this number from now on. */
	add(ufrag: string, owner: number): void {
		try {
			this.open().addUfrag(ufrag, owner);
		} catch (cause) {
			throw new WebRTCError("peer/out-of-resources", "The network serves no more peers.", cause);
		}
	}

	/** Without effect when it is not there. */
	remove(ufrag: string): void {
		this.#transport?.removeUfrag(ufrag);
	}

	hasFamily(family: 4 | 6): boolean {
		return this.open().hasFamily(family);
	}

	/** Names of the local network in candidates. */
	get names(): Names {
		return (this.#names ??= new Names(() => this.now));
	}

	/** STUN and TURN servers, which the connections share. */
	get servers(): Servers {
		return (this.#servers ??= new Servers(this));
	}

	/** @throws WebRTCError "transport/failed" */
	createRelay(options: RelayOptions): Relay {
		try {
			return new Relay(this.open(), options);
		} catch (cause) {
			throw fromNative(cause, "transport/failed");
		}
	}

	createPath(): Path {
		return new Path(this.open());
	}

	/** Whether the connections may keep another remote candidate. @param isGuaranteed it is one of a peer's first */
	mayKeep(isGuaranteed: boolean): boolean {
		if (!this.mayGrow(isGuaranteed)) return false;
		if (isGuaranteed) return true;
		let count = 0;
		for (const { remoteCandidates } of this.#handlers.values()) count += remoteCandidates;
		return count < this.#maximumCandidates;
	}

	/** Whether there is memory to keep something more for a peer. */
	mayGrow(isEssential: boolean): boolean {
		return this.#options.mayGrow?.(isEssential) ?? true;
	}

	/** Datagrams that could not be sent. */
	get unsent(): number {
		return this.#unsent;
	}

	/**
	 * Datagrams that cannot be sent are lost, as on any network: to an address that is none, or without an interface.
	 * @param relay 0: by the local socket; else the number of a relay
	 * @param owner who hears of the answers
	 */
	send(data: Uint8Array, address: string, port: number, relay: number, owner: number): void {
		try {
			if (relay) this.#servers?.permit(relay, address);
			this.#transport?.write(data, address, port, relay, owner);
		} catch {
			this.#unsent++;
		}
	}

	/** What no peer was to blame for is traced, and the next message is read. */
	onException(): void {}

	/** Of the port. */
	statistics(): TransportStatistics {
		return this.open().statistics();
	}

	/** Gives the port back; peer connections that are left fail. Can be called again without effect. */
	close(): void {
		this.unwatch();
		this.#names?.close();
		this.#names = undefined;
		this.#servers?.close();
		this.#servers = undefined;
		this.#transport?.close();
		this.#transport = undefined;
		this.#handlers.clear();
	}

	private open(): Transport {
		if (!this.#transport) throw new WebRTCError("peer/closed", "The network is closed.");
		return this.#transport;
	}

	private read(): void {
		for (;;) {
			const message = this.#transport?.read(this.#buffer);
			if (!message) return;
			const { size, address, port, relay, owner } = message;
			this.#handlers.get(owner)?.handleStun(this.#buffer.subarray(0, size), address, port, relay);
		}
	}
}
