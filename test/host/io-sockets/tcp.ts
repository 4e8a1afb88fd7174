// SPDX-License-Identifier: Apache-2.0
import Listener from "embedded:io/socket/listener";
import TCP from "embedded:io/socket/tcp";
import { assert, assertEqual, Deferred, delay, pattern, text, thrown } from "test/cases";

const MEGABYTE = 1 << 20;
const PERIOD = 4093; // a prime: no buffer's size divides it

/** The megabyte's bytes: a pattern that repeats. */
function makeSlice(): (offset: number, size: number) => Uint8Array {
	const bytes = new Uint8Array(PERIOD + 6000);
	for (let offset = 0; offset < bytes.length; offset += PERIOD)
		bytes.set(pattern(PERIOD).subarray(0, bytes.length - offset), offset);
	return (offset, size) => bytes.subarray(offset % PERIOD, (offset % PERIOD) + size);
}
const slice = makeSlice();

/** Accepts one connection at a time. */
class Acceptor {
	listener: Listener;
	#next = new Deferred<TCP>();
	constructor(address: string) {
		this.listener = new Listener({ address, onReadable: () => this.#next.resolve(this.listener.read()!) });
	}
	async accept(): Promise<TCP> {
		const socket = await this.#next.promise;
		this.#next = new Deferred();
		return socket;
	}
}

interface Flow {
	/** Received so far, all of it the pattern. */
	received: number;
	sent: number;
	refusals: number;
	finished: Deferred;
}

/** Sends `size` patterned bytes and expects as many. It reads late at times, so that the peer meets full buffers. */
function flow(size: number): Flow & { callbacks: object } {
	const self: Flow = { received: 0, sent: 0, refusals: 0, finished: new Deferred() };
	let turns = 0;
	const done = () => {
		if (self.received === size && self.sent === size) self.finished.resolve();
	};
	const read = (socket: TCP, count?: number) => {
		const data = socket.read(count) as ArrayBuffer | undefined;
		if (!data) return; // another call was faster
		const bytes = new Uint8Array(data);
		const expected = slice(self.received, bytes.length);
		// Each byte would take long; a shift or a gap shows in any.
		for (let i = 0; i < bytes.length; i += 97)
			if (bytes[i] !== expected[i]) self.finished.reject(new Error("bytes changed"));
		self.received += bytes.length;
		done();
	};
	const callbacks = {
		onReadable(this: TCP, count: number) {
			if (++turns % 5) return read(this, count);
			read(this, Math.ceil(count / 2));
			void delay(2).then(() => self.received < size && read(this));
		},
		onWritable(this: TCP, count: number) {
			while (count && self.sent < size) {
				const part = Math.min(count, size - self.sent, 1000);
				const left = this.write(slice(self.sent, part)) as number;
				assertEqual(left, count - part, "room after a write");
				self.sent += part;
				count = left;
			}
			if (!count) {
				assert(thrown(() => this.write(new Uint8Array(1))).includes("would block"), "a full buffer refuses");
				self.refusals++;
			}
			done();
		},
		onError(this: TCP, error?: Error) {
			self.finished.reject(error ?? new Error("closed"));
		},
	};
	return Object.assign(self, { callbacks });
}

async function exchange(address: string): Promise<void> {
	const acceptor = new Acceptor(address);
	const near = flow(MEGABYTE);
	const far = flow(MEGABYTE);
	const client = new TCP({ address, port: acceptor.listener.port, ...near.callbacks });
	const from = await acceptor.accept();
	assertEqual(from.remoteAddress, address, "remote address");
	const server = new TCP({ from, ...far.callbacks });
	assert(typeof server.remotePort === "number" && server.remotePort > 0, "remote port");
	await Promise.all([near.finished.promise, far.finished.promise]);
	assert(near.refusals > 10, "the buffer was full at times");
	client.close();
	server.close();
	acceptor.listener.close();
}

async function pair(callbacks: object): Promise<{ client: TCP; server: TCP; listener: Listener }> {
	const acceptor = new Acceptor("127.0.0.1");
	const connected = new Deferred();
	const client = new TCP({
		address: "127.0.0.1",
		port: acceptor.listener.port,
		onWritable: () => connected.resolve(),
	});
	const from = await acceptor.accept();
	const server = new TCP({ from, ...callbacks });
	await connected.promise;
	return { client, server, listener: acceptor.listener };
}

async function lastBytesArrive(): Promise<void> {
	const ended = new Deferred<Error | undefined>();
	let received = 0;
	const { client, server, listener } = await pair({
		onReadable(this: TCP) {
			received += (this.read() as ArrayBuffer).byteLength;
		},
		onError: (error?: Error) => ended.resolve(error),
	});
	client.write(pattern(5000));
	client.close();
	assertEqual(await ended.promise, undefined, "the end of an orderly connection");
	assertEqual(received, 5000, "bytes written before close");
	server.close();
	listener.close();
}

async function endWaitsForReader(): Promise<void> {
	let ended = false;
	const readable = new Deferred();
	const { client, server, listener } = await pair({
		onReadable: () => readable.resolve(),
		onError: () => (ended = true),
	});
	client.write(ArrayBuffer.fromString("abc"));
	client.close();
	await readable.promise;
	await delay(30);
	assert(!ended, "onError must wait for the reader");
	assertEqual(text(server.read(2)), "ab", "first bytes");
	assert(thrown(() => server.read(5)).includes("invalid"), "more than there is");
	server.format = "number";
	assertEqual(server.read(), 99, "format number");
	assertEqual(server.read(), undefined, "nothing left");
	await delay(30);
	assert(ended, "onError after the last byte");
	server.close();
	listener.close();
}

/** Whoever has closed its half may be gone: that shows when it is written to. */
async function goneIsTold(): Promise<void> {
	const ends: (Error | undefined)[] = [];
	const [ended, failed] = [new Deferred(), new Deferred()];
	const { client, server, listener } = await pair({
		onError(error?: Error) {
			ends.push(error);
			(error ? failed : ended).resolve();
		},
	});
	client.close();
	await ended.promise;
	server.write(new Uint8Array(100)); // answered by a reset
	await delay(30);
	server.write(new Uint8Array(100));
	await failed.promise;
	await delay(30);
	assertEqual(ends.length, 2, "an end and a failure");
	assertEqual(server.write(new Uint8Array(100)), 0, "what is written then goes nowhere");
	server.close();
	listener.close();
}

async function handOver(): Promise<void> {
	const { client, server, listener } = await pair({});
	client.write(ArrayBuffer.fromString("hello"));
	await delay(20);
	const readable = new Deferred<number>();
	const writable = new Deferred();
	const next = new TCP({
		from: server,
		target: "a target",
		onReadable: (count) => readable.resolve(count),
		onWritable: () => writable.resolve(),
	});
	assertEqual(await readable.promise, 5, "unread bytes move along");
	await writable.promise;
	assertEqual(next.target, "a target", "target");
	const into = new Uint8Array(3);
	assertEqual(next.read(into), 3, "read into a buffer");
	assertEqual(text(into.buffer as ArrayBuffer), "hel", "its bytes");
	server.close(); // closed already
	thrown(() => server.read());
	thrown(() => new TCP({ from: server }));
	next.close();
	next.close();
	thrown(() => next.write(new Uint8Array(1)));
	thrown(() => next.format);
	client.close();
	listener.close();
}

async function closeInCallback(): Promise<void> {
	const closed = new Deferred();
	const { client, listener } = await pair({
		onReadable(this: TCP) {
			this.close();
			closed.resolve();
		},
		onError: () => closed.reject(new Error("told after close")),
	});
	client.write(new Uint8Array(100));
	client.close();
	await closed.promise;
	await delay(20);
	listener.close();
}

async function refused(): Promise<void> {
	const listener = new Listener({ address: "127.0.0.1" });
	const { port } = listener;
	listener.close();
	listener.close();
	thrown(() => listener.port);
	const failed = new Deferred<Error | undefined>();
	new TCP({
		address: "127.0.0.1",
		port,
		onError(error) {
			this.close();
			failed.resolve(error);
		},
	});
	const error = await failed.promise;
	assert(error instanceof Error && /refused/i.test(error.message), `reason: ${error}`);
}

function badOptions(): void {
	thrown(() => new TCP({ address: "localhost", port: 1 }));
	thrown(() => new TCP({ address: "127.0.0.1", port: 65536 }));
	thrown(() => new TCP({ address: "127.0.0.1" } as never));
	thrown(() => new TCP({ address: "127.0.0.1", port: 1, onReadable: 1 } as never));
	thrown(() => new TCP({ address: "127.0.0.1", port: 1, format: "string" } as never));
	thrown(() => new TCP({ from: {} } as never));
	thrown(() => new Listener({ port: -1 }));
	thrown(() => new Listener({ format: "buffer" } as never));
	const first = new Listener({});
	assert(thrown(() => new Listener({ port: first.port })).includes("in use"), "a port in use");
	first.close();
}

export default {
	"TCP: 1 MB both ways over IPv4": () => exchange("127.0.0.1"),
	"TCP: 1 MB both ways over IPv6": () => exchange("::1"),
	"TCP: bytes written before close arrive": lastBytesArrive,
	"TCP: the end is told after the last byte": endWaitsForReader,
	"TCP: a client that has gone is told when it is written to": goneIsTold,
	"TCP: a connection moves to another object": handOver,
	"TCP: close in a callback": closeInCallback,
	"TCP: connection refused": refused,
	"TCP: bad options": badOptions,
};
