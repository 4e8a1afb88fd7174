// SPDX-License-Identifier: Apache-2.0
// ECMA-419 listeners and TCP sockets of three kinds, as the simulator's and the SDK's behave where they differ.
import { schedule } from "../fakes/moddable/clock";

export interface Kind {
	readonly name: string;
	/** Bytes that a socket takes and holds. */
	readonly buffer: number;
	/** Whether writing goes on after the client has closed its half. */
	readonly halfCloses: boolean;
	/** Whether an error has a reason. */
	readonly tellsWhy: boolean;
}

export const kinds: readonly Kind[] = [
	{ name: "the simulator's sockets", buffer: 5744, halfCloses: true, tellsWhy: true },
	{ name: "the SDK's sockets on Linux", buffer: 1536, halfCloses: true, tellsWhy: false },
	{ name: "the SDK's sockets over lwIP", buffer: 5744, halfCloses: false, tellsWhy: false },
];

interface Callbacks {
	from: Socket;
	onReadable?(this: Socket, count: number): void;
	onWritable?(this: Socket, count: number): void;
	onError?(this: Socket, error?: Error): void;
}

/** The client's end: what it sends, and what it has got. */
export class Client {
	text = "";
	closed = false;
	/** Does not take what the device sends: its buffer fills. */
	stalled = false;
	socket!: Socket;
	constructor(
		readonly kind: Kind,
		readonly address: string,
	) {}

	/** Sends; the device reads at once. */
	send(data: string | Uint8Array): this {
		this.socket.arrive(typeof data === "string" ? new TextEncoder().encode(data) : data);
		return this;
	}
	/** Closes its half. */
	end(): this {
		this.socket.fail(undefined);
		return this;
	}
	/** Is gone. */
	reset(): this {
		this.socket.fail(new Error("connection reset"));
		return this;
	}
	/** Takes what it left before. */
	resume(): this {
		this.stalled = false;
		this.socket.drain();
		return this;
	}
	/** The status of the last response. */
	get status(): number {
		return Number([...this.text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].at(-1)?.[1] ?? 0);
	}
	get body(): string {
		return this.text.slice(this.text.indexOf("\r\n\r\n") + 4);
	}
	header(name: string): string | undefined {
		return new RegExp(`^${name}: (.*)\r$`, "m").exec(this.text)?.[1];
	}
}

export class Socket {
	#client: Client | undefined;
	#callbacks: Partial<Callbacks> = {};
	#in = new Uint8Array(0);
	#out = 0;
	#ended = false;
	#isOver = false;

	constructor(options: Client | Callbacks) {
		if (options instanceof Client) {
			this.#client = options;
			options.socket = this;
			return;
		}
		const { from } = options;
		this.#client = from.client;
		this.#in = from.#in;
		this.#callbacks = options;
		from.#client = undefined;
		this.#client.socket = this;
		schedule(() => this.#begin(), 0);
	}

	get client(): Client {
		if (!this.#client) throw new SyntaxError("closed");
		return this.#client;
	}
	get remoteAddress(): string {
		return this.client.address;
	}
	get isParked(): boolean {
		return !this.#callbacks.onReadable;
	}

	read(count?: number): ArrayBuffer | undefined {
		if (!this.client || !this.#in.length) return undefined;
		const size = count ?? this.#in.length;
		if (size <= 0 || size > this.#in.length) throw new Error("invalid");
		const bytes = this.#in.slice(0, size);
		this.#in = this.#in.slice(size);
		if (this.#ended && !this.#in.length) schedule(() => this.#tellEnd(), 0);
		return bytes.buffer;
	}

	write(data: Uint8Array): number | undefined {
		const { kind } = this.client;
		if (this.#isOver && !kind.halfCloses) return undefined; // silently, as lwIP's
		if (data.byteLength > kind.buffer - this.#out) throw new Error("would block");
		this.#out += data.byteLength;
		this.client.text += new TextDecoder().decode(data);
		if (!this.client.stalled) schedule(() => this.drain(), 0);
		return kind.buffer - this.#out;
	}

	close(): void {
		if (this.#client) this.#client.closed = true;
		this.#client = undefined;
	}

	/* The network */

	arrive(bytes: Uint8Array): void {
		if (!this.#client) return;
		const joined = new Uint8Array(this.#in.length + bytes.length);
		joined.set(this.#in);
		joined.set(bytes, this.#in.length);
		this.#in = joined;
		this.#tellReadable();
	}
	fail(error: Error | undefined): void {
		this.#ended = true;
		this.#error = error;
		if (!this.#in.length) this.#tellEnd();
	}
	drain(): void {
		if (!this.#out || !this.#client || (this.#isOver && !this.#client.kind.halfCloses)) return;
		this.#out = 0;
		this.#callbacks.onWritable?.call(this, this.#client.kind.buffer);
	}

	#error: Error | undefined;

	#begin(): void {
		if (!this.#client) return;
		this.#callbacks.onWritable?.call(this, this.#client.kind.buffer);
		this.#tellReadable();
		if (this.#ended) this.fail(this.#error);
	}
	#tellReadable(): void {
		if (this.#client && this.#in.length) this.#callbacks.onReadable?.call(this, this.#in.length);
	}
	#tellEnd(): void {
		if (!this.#client || this.#isOver) return;
		this.#isOver = true;
		this.#callbacks.onError?.call(this, this.#client.kind.tellsWhy ? this.#error : undefined);
	}
}

/** Makes a listener class, and clients that connect to its newest instance. */
export function makeNetwork(kind: Kind): {
	Listener: new (options: object) => object;
	connect(address?: string): Client;
	/** Those that the service has not closed. */
	open(): number;
} {
	const clients: Client[] = [];
	const waiting: Socket[] = [];
	let onReadable: ((count: number) => void) | undefined;
	class Listener {
		readonly port = 8080;
		constructor(options: { onReadable(this: Listener, count: number): void }) {
			onReadable = (count) => options.onReadable.call(this, count);
		}
		read(): Socket | undefined {
			const socket = waiting.shift();
			// The SDK's makes an object first, which nobody would close.
			if (!socket) throw new Error("read without a connection");
			return socket;
		}
		close(): void {
			onReadable = undefined;
		}
	}
	return {
		Listener: Listener as new (options: object) => object,
		connect(address = "192.0.2.1") {
			const client = new Client(kind, address);
			clients.push(client);
			waiting.push(new Socket(client));
			onReadable?.(waiting.length);
			return client;
		},
		open: () => clients.filter(({ closed }) => !closed).length,
	};
}
