// SPDX-License-Identifier: Apache-2.0
import Transport, { countNative } from "../transport";

export interface RelayOptions {
	address: string;
	port: number;
	owner: number;
	transport?: "udp" | "tcp" | undefined;
	layer?: object | undefined;
	onOpen?(this: Relay): void;
	onError(this: Relay, reason: string): void;
}

let lastNumber = 15;

/** A socket to a server that a test plays. */
export default class Relay {
	static readonly open = new Set<Relay>();
	/** Who plays the servers. */
	static server: ((relay: Relay, data: Uint8Array) => void) | undefined;
	readonly number = ++lastNumber;
	readonly channels = new Map<number, string>();
	readonly written: Uint8Array[] = [];
	readonly options: RelayOptions;
	readonly transport: Transport;

	constructor(transport: Transport, options: RelayOptions) {
		this.transport = transport;
		this.options = options;
		Relay.open.add(this);
		countNative(1);
	}

	bind(channel: number, address: string, port: number): boolean {
		this.channels.set(channel, `${address}:${port}`);
		return true;
	}

	unbind(channel: number): void {
		this.channels.delete(channel);
	}

	write(data: Uint8Array): void {
		this.written.push(data.slice());
		Relay.server?.(this, data.slice());
	}

	statistics(): object {
		return {};
	}

	close(): void {
		if (Relay.open.delete(this)) countNative(-1);
	}
}
