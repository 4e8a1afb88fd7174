// SPDX-License-Identifier: Apache-2.0
// UDP among the fakes of one test: every transport is a host of its own, a datagram takes a millisecond.
import { schedule } from "../moddable/clock";

export interface InterfaceAddress {
	address: string;
	family: 4 | 6;
	interface: string;
	loopback: boolean;
}

export type Datagram = Uint8Array | { dtls: string; fingerprint: string; data?: unknown };
interface Receiver {
	receive(data: Datagram): void;
}

const hosts = new Map<string, Transport>();
let hostNumber = 0;
let open = 0;
let silent = false;
let delay = 1;
let source: (from: string, to: string, data: Datagram) => string = (from) => from;

/** Transports and paths that are open: none may be left at the end of a test. */
export const openNatives = () => open;
/** Loses everything from now on. */
export const setSilence = (value: boolean) => (silent = value);
/** How long a datagram is under way, in ms. */
export const setDelay = (value: number) => (delay = value);
/** Tells the source that a datagram bears: by default the true one, as there is no forgery. */
export const setForgery = (forge: (from: string, to: string, data: Datagram) => string = (from) => from) => {
	source = forge;
};
export function countNative(change: 1 | -1): void {
	open += change;
}

export default class Transport {
	/** Those that exist now, for tests to look into. */
	static get open(): Transport[] {
		return [...hosts.values()];
	}

	/** Who plays the rest of the network: what goes by a relay, and what goes to an address that no transport has. */
	static outside:
		| {
				byRelay(relay: number, data: Uint8Array, to: { address: string; port: number }): void;
				receive(data: Datagram, from: string, fromPort: number, to: { address: string; port: number }): void;
		  }
		| undefined;

	readonly localPort: number;
	/** No connection is ever made to it. */
	readonly tcpPort: number;
	/** See move(). */
	address: string;
	readonly paths = new Map<string, Receiver>();
	#options: { onReadable(this: Transport): void };
	/** How many ufrags there is room for. */
	capacity = 32;
	#ufrags = new Map<string, number>();
	#asked = new Map<string, number>(); // transactions
	#queue: { data: Uint8Array; address: string; port: number; relay?: number; owner: number }[] = [];
	#closed = false;

	constructor(options: { port?: number; tcpPort?: number; address?: string; onReadable(this: Transport): void }) {
		if (options.port === 1)
			throw Object.assign(new Error("port 1 is in use"), { code: "transport/address-in-use" });
		this.#options = options;
		this.localPort = options.port || 40000;
		this.tcpPort = options.tcpPort === undefined ? 0 : options.tcpPort || this.localPort;
		this.address = `192.0.2.${++hostNumber % 250}`;
		hosts.set(this.address, this);
		countNative(1);
	}

	hasFamily(family: 4 | 6): boolean {
		return family === 4;
	}

	interfaces(loopback: boolean): InterfaceAddress[] {
		return loopback || !this.address
			? []
			: [{ address: this.address, family: 4, interface: "eth0", loopback: false }];
	}

	/** The host has another address from now on; "": none. What is sent to the former one is lost. */
	move(address = `192.0.2.${++hostNumber % 250}`): void {
		hosts.delete(this.address);
		this.address = address;
		if (address) hosts.set(address, this);
	}

	addUfrag(ufrag: string, owner: number): void {
		if (this.#ufrags.size >= this.capacity) throw new RangeError("no room for another ufrag");
		this.#ufrags.set(ufrag, owner);
	}

	removeUfrag(ufrag: string): void {
		this.#ufrags.delete(ufrag);
	}

	/** Those for which STUN is let in. */
	get ufrags(): string[] {
		return [...this.#ufrags.keys()];
	}

	/** As the native does: whose ufrag a request's USERNAME begins with, or who asked for a response. */
	#ownerOf(data: Uint8Array): number | undefined {
		const isRequest = ((data[0]! << 8) | data[1]!) === 0x0001;
		if (!isRequest) return this.#asked.get(transactionOf(data));
		for (let at = 20; at + 4 <= data.length;) {
			const type = (data[at]! << 8) | data[at + 1]!;
			const length = (data[at + 2]! << 8) | data[at + 3]!;
			const value = Buffer.from(data.subarray(at + 4, at + 4 + length)).toString();
			if (type === 0x0006) return this.#ufrags.get(value.split(":")[0]!);
			at += 4 + length + (-length & 3);
		}
		return undefined;
	}

	read(
		buffer: Uint8Array,
	): { size: number; address: string; port: number; relay: number; owner: number } | undefined {
		const message = this.#queue.shift();
		if (!message) return undefined;
		buffer.set(message.data);
		const { data, address, port, relay = 0, owner } = message;
		return { size: data.length, address, port, relay, owner };
	}

	write(data: Uint8Array, address: string, port: number, relay: number, owner: number): void {
		if ((data[0]! & 1) === 0 && (data[1]! & 16) === 0) this.#expect(transactionOf(data), owner);
		if (relay) return Transport.outside?.byRelay(relay, data.slice(), { address, port });
		this.sendDatagram(data.slice(), address, port);
	}

	/** STUN that came by another way than a datagram between these hosts. */
	bring(data: Uint8Array, address: string, port: number, owner: number): void {
		if (this.#closed) return;
		this.#queue.push({ data, address, port, owner });
		this.#options.onReadable.call(this);
	}

	/** A peer's STUN, that a relay has brought. */
	bringRelayed(data: Uint8Array, address: string, port: number, relay: number): void {
		const owner = this.#ownerOf(data);
		if (owner === undefined || this.#closed) return;
		this.#queue.push({ data, address, port, relay, owner });
		this.#options.onReadable.call(this);
	}

	#expect(transaction: string, owner: number): void {
		this.#asked.set(transaction, owner);
		if (this.#asked.size > 128) this.#asked.delete([...this.#asked.keys()][0]!);
	}

	sendDatagram(data: Datagram, address: string, port: number): void {
		if (this.#closed) throw new SyntaxError("closed");
		if (!this.address) return;
		const from = source(this.address, address, data);
		if (silent) return;
		schedule(() => {
			const host = hosts.get(address);
			if (host) host.deliver(data, port, from, this.localPort);
			else Transport.outside?.receive(data, from, this.localPort, { address, port });
		}, delay);
	}

	deliver(data: Datagram, port: number, address: string, fromPort: number): void {
		if (this.#closed || port !== this.localPort) return;
		if (data instanceof Uint8Array) {
			const owner = this.#ownerOf(data);
			if (owner === undefined) return;
			this.#queue.push({ data, address, port: fromPort, owner });
			this.#options.onReadable.call(this);
		} else this.paths.get(`${address}:${fromPort}`)?.receive(data);
	}

	statistics(): object {
		return {};
	}

	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		hosts.delete(this.address);
		countNative(-1);
	}
}

function transactionOf(data: Uint8Array): string {
	return Buffer.from(data.subarray(8, 20)).toString("hex");
}
