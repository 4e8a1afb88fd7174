// SPDX-License-Identifier: Apache-2.0
// UDP among the fakes of one test: every transport is a host of its own, a datagram takes a millisecond.
import { schedule } from "../moddable/clock";

export interface InterfaceAddress {
	address: string;
	family: 4 | 6;
	interface: string;
	loopback: boolean;
}

export type Datagram = Uint8Array | { dtls: string; fingerprint: string };
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
	readonly localPort: number;
	readonly address: string;
	readonly paths = new Map<string, Receiver>();
	#options: { onReadable(this: Transport): void };
	#ufrags = new Set<string>();
	#queue: { data: Uint8Array; address: string; port: number }[] = [];
	#closed = false;

	constructor(options: { port?: number; address?: string; onReadable(this: Transport): void }) {
		if (options.port === 1)
			throw Object.assign(new Error("port 1 is in use"), { code: "transport/address-in-use" });
		this.#options = options;
		this.localPort = options.port || 40000;
		this.address = `192.0.2.${++hostNumber % 250}`;
		hosts.set(this.address, this);
		countNative(1);
	}

	hasFamily(family: 4 | 6): boolean {
		return family === 4;
	}

	interfaces(loopback: boolean): InterfaceAddress[] {
		return loopback ? [] : [{ address: this.address, family: 4, interface: "eth0", loopback: false }];
	}

	addUfrag(ufrag: string): void {
		this.#ufrags.add(ufrag);
	}

	removeUfrag(ufrag: string): void {
		this.#ufrags.delete(ufrag);
	}

	get ufrags(): number {
		return this.#ufrags.size;
	}

	read(buffer: Uint8Array): { size: number; address: string; port: number } | undefined {
		const message = this.#queue.shift();
		if (!message) return undefined;
		buffer.set(message.data);
		return { size: message.data.length, address: message.address, port: message.port };
	}

	write(data: Uint8Array, address: string, port: number): void {
		this.sendDatagram(data.slice(), address, port);
	}

	sendDatagram(data: Datagram, address: string, port: number): void {
		if (this.#closed) throw new SyntaxError("closed");
		const from = source(this.address, address, data);
		if (!silent) schedule(() => hosts.get(address)?.deliver(data, port, from, this.localPort), delay);
	}

	deliver(data: Datagram, port: number, address: string, fromPort: number): void {
		if (this.#closed || port !== this.localPort) return;
		if (data instanceof Uint8Array) {
			this.#queue.push({ data, address, port: fromPort });
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
