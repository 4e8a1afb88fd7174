// SPDX-License-Identifier: Apache-2.0
// TLSSocket of native/tls, with servers that are slow, cut, huge, silent or gone.
import TCP from "embedded:io/socket/tcp";
import config from "mc/config";
import { memory } from "webrtc/native/port";
import TLSSocket, { type TLSSocketOptions } from "webrtc/native/tls/socket";
import { assert, assertEqual, Deferred, delay, runCases, text, thrown } from "test/cases";

const certificate = String(config.ca);

/** A client that sends one line when it is connected, and keeps the beginning of what comes. */
class Client {
	text = "";
	wrong: number | undefined; // the first byte that is not of the pattern

	ended = new Deferred<Error | undefined>();
	opened = new Deferred();
	size = 0;
	ends = 0;
	socket: TLSSocket;
	constructor(port: string, line: string, options: Partial<TLSSocketOptions> = {}) {
		let isOpen = false;
		const client = this;
		this.socket = new TLSSocket({
			address: "127.0.0.1",
			port: Number(config[port]),
			host: "localhost",
			secure: { certificate },
			onReadable() {
				client.take(this);
			},
			onWritable() {
				if (isOpen) return;
				isOpen = true;
				if (line) this.write(ArrayBuffer.fromString(`${line}\n`));
				client.opened.resolve();
			},
			onError(error) {
				client.ends++;
				client.ended.resolve(error);
			},
			...options,
		});
	}
	take(socket: TLSSocket): void {
		const bytes = socket.read();
		if (!(bytes instanceof ArrayBuffer)) throw new Error("nothing to read");
		if (this.size < 100 && bytes.byteLength < 100) this.text += text(bytes);
		for (const byte of new Uint8Array(bytes)) {
			if (byte !== ((this.size * 31 + (this.size >> 8)) & 0xff)) this.wrong ??= this.size;
			this.size++;
		}
	}
	async until(size: number): Promise<void> {
		while (this.size < size) await delay(5);
	}
	close(): void {
		this.socket.close();
	}
}

async function largeRecords(): Promise<void> {
	const client = new Client("main", "large");
	await client.until(300_000);
	assertEqual(client.wrong, undefined, "bytes as they were sent");
	client.close();
}

/** Nobody reads for a while, then a few bytes at a time, in each of the ways. */
async function slowReader(): Promise<void> {
	const client = new Client("main", "large", { onReadable: () => {} });
	const { socket } = client;
	await client.opened.promise;
	await delay(300);
	let at = 0;
	const into = new Uint8Array(7);
	while (at < 300_000) {
		const first = socket.read(1);
		if (first === undefined) {
			await delay(1);
			continue;
		}
		assert(first instanceof ArrayBuffer && first.byteLength === 1, "a byte");
		assertEqual(new Uint8Array(first)[0], (at * 31 + (at >> 8)) & 0xff, `byte ${at}`);
		at++;
		const count = socket.read(into);
		if (typeof count === "number") at += count;
		socket.format = "number";
		if (socket.read() !== undefined) at++;
		socket.format = "buffer";
		const rest = socket.read();
		if (rest instanceof ArrayBuffer) at += rest.byteLength;
	}
	assertEqual(at, 300_000, "bytes");
	assertEqual(socket.read(5), undefined, "nothing");
	client.close();
	thrown(() => socket.read());
	client.close();
}

async function slowHandshake(): Promise<void> {
	const client = new Client("slow", "echo");
	await client.opened.promise;
	client.socket.write(ArrayBuffer.fromString("still here"));
	await client.until(10);
	assertEqual(client.text, "still here", "echo");
	client.close();
}

/** At each place of the handshake, and after it. */
async function cut(): Promise<void> {
	const control = new TCP({ address: "127.0.0.1", port: Number(config.control), onWritable() {} } as never);
	await delay(100);
	for (let after = 0; after < 2600; after += 61) {
		control.write(ArrayBuffer.fromString(String(after)));
		await delay(10);
		const client = new Client("cut", "large");
		const error = await client.ended.promise;
		assert(error instanceof Error && error.message.length > 5, `after ${after}: ${error?.message}`);
		await delay(1);
		assertEqual(client.ends, 1, "told once");
		client.close();
	}
	control.close();
}

async function goodBye(): Promise<void> {
	const client = new Client("main", "bye");
	assertEqual(await client.ended.promise, undefined, "no error");
	assertEqual(client.text, "good-bye", "what came before");
	assert(client.socket.write(ArrayBuffer.fromString("more")) > 0, "what is written still leaves");
	await delay(50);
	assertEqual(client.ends, 1, "told once");
	client.close();
}

/** The end is told when all was read, however late. */
async function lateReader(): Promise<void> {
	const client = new Client("main", "bye", { onReadable: () => {} });
	await client.opened.promise;
	await delay(200);
	assertEqual(client.ends, 0, "not yet");
	assertEqual(text(client.socket.read() as ArrayBuffer), "good-bye", "bytes");
	assertEqual(await client.ended.promise, undefined, "the end");
	client.close();
}

async function reset(): Promise<void> {
	const client = new Client("main", "reset");
	await client.ended.promise;
	assertEqual(client.text, "x", "what came before");
	await delay(20);
	assertEqual(client.ends, 1, "told once");
	client.close();
}

async function backPressure(): Promise<void> {
	let sent = 0;
	const chunk = new Uint8Array(1000);
	const client = new Client("main", "count", {
		onWritable(count) {
			if (!sent) {
				this.write(ArrayBuffer.fromString("count\n"));
				sent = 1;
				return;
			}
			while (count >= chunk.length && sent < 200_000) {
				count = this.write(chunk);
				sent += chunk.length;
			}
		},
	});
	while (!sent) await delay(5);
	await delay(300);
	const { socket } = client;
	for (let i = 0; i < 8; i++) assert(socket.write(new Uint8Array(0)) >= 0, "nothing");
	assert(/would block/.test(thrown(() => socket.write(new Uint8Array(5000)))), "larger than the queue");
	await client.until(3);
	assertEqual(client.text, "all", "what the server says when it has all");
	client.close();
}

async function protocols(): Promise<void> {
	for (const [names, expected] of [
		["http/1.1", "http/1.1"],
		[["none", "two"], "two"],
		[undefined, "false"],
	] as const) {
		const secure = { certificate, ...(names && { applicationLayerProtocolNegotiation: names }) };
		const client = new Client("main", "alpn", { secure });
		await client.until(3);
		assertEqual(client.text, expected, "ALPN");
		client.close();
	}
}

async function refusals(): Promise<void> {
	for (const [port, options, reason] of [
		["main", { secure: {} }, /nobody whom/],
		["main", { secure: { certificate, serverName: "example.org" } }, /another name/],
		["main", { host: "127.0.0.1" }, /another name/],
		["old", {}, /TLS/],
		["control", { address: "127.0.0.1", port: 9 }, /refused/],
	] as const) {
		const client = new Client(port, "echo", options as Partial<TLSSocketOptions>);
		const error = await client.ended.promise;
		assert(error && reason.test(error.message), `${port}: ${error?.message}`);
		assertEqual(client.socket.write(new Uint8Array(1)), 0, "nothing can be written");
		client.close();
	}
}

function badOptions(): void {
	const base = { address: "127.0.0.1", port: 1, host: "localhost" };
	const make = (more: object) => () => new TLSSocket({ ...base, ...more } as TLSSocketOptions);
	for (const more of [
		{ address: "localhost" },
		{ address: undefined },
		{ port: 0 },
		{ port: 70_000 },
		{ host: "x".repeat(300) },
		{ onReadable: 1 },
		{ format: "text" },
		{ secure: { certificate: "nonsense" } },
		{ secure: { certificate: ["-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] } },
		{ secure: { certificate: 5 } },
		{ secure: { clientCertificates: [certificate] } },
		{ secure: { clientCertificates: [certificate], clientKey: "y" } },
		{ secure: { applicationLayerProtocolNegotiation: "a,b,c,d,e" } },
		{ secure: { applicationLayerProtocolNegotiation: "x".repeat(60) } },
		{ secure: { serverName: "x".repeat(300) } },
	])
		assert(/TypeError|RangeError/.test(thrown(make(more))), `${JSON.stringify(more)}: ${thrown(make(more))}`);
	thrown(() => (TLSSocket.prototype.read as () => void).call({}));
	thrown(() => new TLSSocket(undefined as never));
}

async function tooMany(): Promise<void> {
	const clients = Array.from({ length: 8 }, () => new Client("main", "echo"));
	assert(/transport|connection/.test(thrown(() => new Client("main", "echo"))), "the ninth");
	for (const client of clients) {
		await client.opened.promise;
		client.socket.write(ArrayBuffer.fromString("x"));
		await client.until(1);
		client.close();
	}
	const again = new Client("main", "echo");
	await again.opened.promise;
	again.close();
}

/** A server that never says anything: others are served meanwhile. */
async function silence(): Promise<void> {
	const silent = [new Client("silent", "echo"), new Client("silent", "echo")];
	const client = new Client("main", "echo");
	await client.opened.promise;
	for (const each of [...silent, client]) each.close();
}

async function closedAtAnyMoment(): Promise<void> {
	for (let wait = 0; wait < 60; wait += 2) {
		const client = new Client("main", "large");
		if (wait) await delay(wait);
		client.close();
		assertEqual(client.ends, 0, "nothing is told");
	}
	for (const name of ["onWritable", "onReadable", "onError"] as const) {
		const closed = new Deferred();
		const client = new Client("main", "bye", {
			[name](this: TLSSocket) {
				if (name === "onError") client.ends = 1;
				this.close();
				closed.resolve();
			},
			...(name === "onReadable" && {
				onWritable() {
					this.write(ArrayBuffer.fromString("bye\n"));
				},
			}),
		} as Partial<TLSSocketOptions>);
		await closed.promise;
	}
}

/** A callback that throws is reported, and the machine goes on. */
async function exceptions(): Promise<void> {
	const client = new Client("main", "bye", {
		onReadable() {
			this.read();
			throw new Error("meant");
		},
	});
	assertEqual(await client.ended.promise, undefined, "the end is told all the same");
	client.close();
}

async function cycles(): Promise<void> {
	const used: number[] = [];
	for (let i = 0; i < 45; i++) {
		const client = new Client("main", "echo");
		await client.opened.promise;
		client.socket.write(ArrayBuffer.fromString("hello"));
		await client.until(5);
		client.close();
		if (i % 15 !== 14) continue;
		await delay(300); // threads end by themselves
		used.push(memory().heap);
	}
	const growth = used[2]! - used[1]!;
	trace(`after 15, 30 and 45 connections: ${used.join(", ")} bytes\n`);
	assert(growth < 2048, `${growth} bytes more`);
}

export default function main(): void {
	void runCases({
		"records of 16 KB": largeRecords,
		"a slow reader": slowReader,
		"a slow handshake": slowHandshake,
		"cut at each place": cut,
		"a good-bye": goodBye,
		"a good-bye, and a late reader": lateReader,
		"a reset": reset,
		"back-pressure": backPressure,
		ALPN: protocols,
		refusals,
		"bad options": badOptions,
		"eight at once": tooMany,
		"silent servers": silence,
		"closed at any moment": closedAtAnyMoment,
		"exceptions of callbacks": exceptions,
		"cycles give back what they take": cycles,
	});
}
