// SPDX-License-Identifier: Apache-2.0
// One TCP connection of the HTTP server: bytes in and out, patience with its client, one exchange after the other.
import type TCP from "embedded:io/socket/tcp";
import type Connection from "sim/http/server/connection";
import { MessageError, MessageReader, type MessageLimits } from "sim/http/message";
import Outlet from "sim/http/outlet";
import Timer from "timer";

/** What a channel asks of its server. */
export interface ChannelHost {
	readonly limits: MessageLimits;
	/** Seconds that a client may take. */
	readonly timeout: number;
	/** Whether there is memory for the unfinished heads of all clients. */
	canHold(): boolean;
	/** Gives the next exchange to the application. */
	connect(channel: Channel): Connection;
	closed(channel: Channel): void;
}

/** Bytes of a body that buy its sender another second. */
const BYTES_PER_SECOND = 1024;
/** Bytes taken from the socket at once; more wait in its buffer, outside the machine's heap. */
const READ_SIZE = 1024;
/** Seconds and bytes granted to a client to stop sending after it was refused. */
const DRAIN_SECONDS = 2;
const DRAIN_BYTES = 1 << 20;

export default class Channel {
	#host: ChannelHost;
	#parked: TCP | undefined;
	#socket: TCP | undefined;
	#reader: MessageReader;
	#exchange: Connection | undefined;
	#readable = 0;
	#outlet = new Outlet({ write: (bytes) => this.write(bytes) });
	#patience = Infinity;
	#drained: number | undefined;
	#resume: Timer | undefined;
	#pumping = false;

	constructor(host: ChannelHost, from: TCP) {
		this.#host = host;
		this.#parked = from;
		this.#reader = new MessageReader(host.limits);
		this.#exchange = host.connect(this);
	}

	/* For the exchange */

	get reader(): MessageReader {
		return this.#reader;
	}
	get isOpen(): boolean {
		return this.#socket !== undefined;
	}
	get isAlive(): boolean {
		return (this.#socket ?? this.#parked) !== undefined;
	}
	/** Kept alive between two requests. */
	get isIdle(): boolean {
		return this.#socket !== undefined && !this.#exchange && this.#drained === undefined;
	}
	get outlet(): Outlet {
		return this.#outlet;
	}

	/** Starts to read the first request. */
	open(): void {
		const from = this.#parked;
		if (!from) throw new Error("bad state");
		this.#parked = undefined;
		this.#patience = this.#host.timeout;
		const TCPClass = from.constructor as typeof TCP;
		this.#socket = new TCPClass({
			from,
			onReadable: (count) => {
				this.#readable = count;
				this.pump();
			},
			onWritable: (count) => this.onWritable(count),
			onError: (error) => this.onError(error),
		});
	}

	/** Gives the socket to another protocol; the channel is over. */
	detach(): TCP {
		const socket = this.#socket ?? this.#parked;
		if (!socket || this.#outlet.isPending || this.#reader.unread) throw new Error("bad state");
		this.#socket = this.#parked = undefined;
		this.close();
		const TCPClass = socket.constructor as typeof TCP;
		return new TCPClass({ from: socket });
	}

	close(): void {
		Timer.clear(this.#resume);
		this.#resume = this.#exchange = undefined;
		this.#socket?.close();
		this.#parked?.close();
		this.#socket = this.#parked = undefined;
		this.#host.closed(this);
	}

	/** The exchange waits for the application. */
	wait(): void {
		this.#patience = Infinity;
	}
	/** Continues reading once the caller is done. */
	resume(): void {
		if (this.#pumping) return;
		this.#resume ??= Timer.set(() => {
			this.#resume = undefined;
			this.pump();
		});
	}

	/** The exchange is over. Its connection carries another one, or closes when its last bytes have left. */
	finish(keepAlive: boolean): void {
		this.#exchange = undefined;
		if (!keepAlive) return this.drain();
		this.#reader.next();
		this.#patience = this.#host.timeout;
		this.resume();
	}

	/* The server's clock: once a second */

	tick(): void {
		if (--this.#patience > 0) return;
		const exchange = this.#exchange;
		if (!exchange?.expire()) {
			this.close();
			exchange?.lost(new Error("timeout"));
		}
	}

	/* The socket's events */

	private onWritable(count: number): void {
		this.#outlet.setRoom(count);
		if (this.#outlet.isPending) return;
		if (this.#drained === undefined) this.#exchange?.writable();
		else if (this.#reader.complete) this.close();
	}

	private onError(error: Error | undefined): void {
		const exchange = this.#exchange;
		this.close();
		exchange?.lost(error ?? new Error("connection closed"));
	}

	private write(bytes: Uint8Array): number {
		this.#patience = this.#drained === undefined ? this.#host.timeout : DRAIN_SECONDS;
		return this.#socket ? this.#socket.write(bytes) : 0;
	}

	/** Reads and hands on, for as long as there are bytes and somebody wants them. */
	private pump(): void {
		if (this.#pumping || this.#resume) return;
		this.#pumping = true;
		try {
			while (this.#socket && this.step());
		} finally {
			this.#pumping = false;
		}
	}

	private step(): boolean {
		if (this.#drained !== undefined) return this.discard();
		if (!this.#exchange) {
			if (!this.#readable && !this.#reader.unread) return false;
			this.#patience = this.#host.timeout;
			this.#exchange = this.#host.connect(this);
		}
		const exchange = this.#exchange;
		try {
			const progress = exchange.advance();
			return progress === "input" ? this.feed() : progress === "again";
		} catch (error) {
			if (error instanceof MessageError) exchange.refuse(error);
			else exchange.fail(error);
			return true;
		}
	}

	private feed(): boolean {
		if (!this.#readable || !this.#socket) return false;
		const bytes = this.#socket.read(Math.min(this.#readable, READ_SIZE)) as ArrayBuffer | undefined;
		this.#readable -= bytes?.byteLength ?? this.#readable;
		if (!bytes) return false;
		// A head has its seconds from first to last byte; a body earns its own.
		if (this.#exchange?.hasHead) {
			const earned = this.#patience + bytes.byteLength / BYTES_PER_SECOND;
			this.#patience = Math.min(earned, this.#host.timeout);
		}
		this.#reader.feed(bytes);
		if (this.#reader.held > READ_SIZE && !this.#host.canHold())
			this.#exchange?.refuse(new MessageError(503, "busy"));
		return true;
	}
	/** Bytes of an unfinished head. */
	get held(): number {
		return this.#reader.held;
	}

	/** Closing while the client still sends would reset the connection, and take the response with it. */
	private drain(): void {
		const isQuiet = this.#reader.complete && !this.#reader.unread && !this.#readable;
		if (isQuiet && !this.#outlet.isPending) return this.close();
		this.#drained = this.#reader.unread;
		this.#patience = DRAIN_SECONDS;
		this.resume();
	}

	private discard(): boolean {
		if (!this.#readable || !this.#socket) return false;
		this.#drained! += (this.#socket.read() as ArrayBuffer | undefined)?.byteLength ?? 0;
		this.#readable = 0;
		if (this.#drained! > DRAIN_BYTES) this.close();
		return false;
	}
}
