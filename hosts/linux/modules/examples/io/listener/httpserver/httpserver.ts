// SPDX-License-Identifier: Apache-2.0
// The simulator's embedded:network/http/server, with the API of the SDK's. Beyond it: persistent connections, limits and
// time-outs, answers to faulty requests: see hosts/linux/modules/README.md.
import type Listener from "embedded:io/socket/listener";
import type { HTTPConnection, HTTPServerOptions } from "embedded:network/http/server";
import type TCP from "embedded:io/socket/tcp";
import type { MessageLimits } from "sim/http/message";
import Channel, { type ChannelHost } from "sim/http/server/channel";
import Connection from "sim/http/server/connection";
import Timer from "timer";

const DEFAULT_TIMEOUT = 20; // seconds
const DEFAULT_CONNECTIONS = 16;
const DEFAULT_BODY = 1 << 20; // bytes
const MAX_HEAD = 4096; // bytes; browsers send some 600
const MAX_FIELDS = 64;
const MAX_HELD = 16384; // bytes of unfinished heads, of all clients together

class HTTPServer implements ChannelHost {
	readonly limits: MessageLimits;
	readonly timeout: number;
	#maximumConnections: number;
	#onConnect: HTTPServerOptions["onConnect"];
	#listener: Listener | undefined;
	#channels = new Set<Channel>();
	#clock: Timer | undefined;

	constructor(options: HTTPServerOptions) {
		this.#onConnect = options.onConnect;
		this.timeout = options.timeout ?? DEFAULT_TIMEOUT;
		this.#maximumConnections = options.maximumConnections ?? DEFAULT_CONNECTIONS;
		this.limits = { head: MAX_HEAD, fields: MAX_FIELDS, body: options.maximumBody ?? DEFAULT_BODY };
		const ListenerClass = options.io as typeof Listener;
		this.#listener = new ListenerClass({
			port: options.port ?? 80,
			...(options.address === undefined ? {} : { address: options.address }),
			onReadable: () => this.accept(),
		});
	}
	close(): void {
		this.#listener?.close();
		this.#listener = undefined;
		for (const channel of [...this.#channels]) channel.close();
	}
	get port(): number {
		if (!this.#listener) throw new Error("closed");
		return this.#listener.port;
	}

	connect(channel: Channel): Connection {
		const connection = new Connection(channel);
		try {
			this.#onConnect.call(this, connection as HTTPConnection);
		} catch (error) {
			trace(`HTTP server: in onConnect: ${error instanceof Error ? (error.stack ?? error) : error}\n`);
			connection.close();
		}
		return connection;
	}
	canHold(): boolean {
		let held = 0;
		for (const channel of this.#channels) held += channel.held;
		return held <= MAX_HELD;
	}
	closed(channel: Channel): void {
		this.#channels.delete(channel);
		if (this.#channels.size) return;
		Timer.clear(this.#clock);
		this.#clock = undefined;
	}

	private accept(): void {
		for (let from = this.#listener?.read(); from; from = this.#listener?.read()) {
			if (this.#channels.size >= this.#maximumConnections && !this.evict()) from.close();
			else this.start(from);
		}
	}
	private start(from: TCP): void {
		const channel = new Channel(this, from);
		if (!channel.isAlive) return;
		this.#channels.add(channel);
		this.#clock ??= Timer.repeat(() => {
			for (const each of [...this.#channels]) each.tick();
		}, 1000);
	}
	/** Room for a new client at the expense of one that has nothing to say at the moment. */
	private evict(): boolean {
		for (const channel of this.#channels) {
			if (!channel.isIdle) continue;
			channel.close();
			return true;
		}
		return false;
	}
}

export default HTTPServer;
