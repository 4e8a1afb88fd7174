// SPDX-License-Identifier: Apache-2.0
import Listener from "embedded:io/socket/listener";
import TCP from "embedded:io/socket/tcp";
import WebSocketClient from "embedded:network/websocket/client";
import { Session } from "client";
import { assert, assertEqual, Deferred, delay, pattern, text, thrown } from "test/cases";

async function texts(): Promise<void> {
	const session = new Session("/echo");
	thrown(() => session.send("too early"));
	const room = await session.opened.promise;
	assert(room > 1000, "room");
	const left = session.send("hello ✓");
	assert(left < room && left > room - 30, "what is left");
	assertEqual(await session.textMessage(), "hello ✓", "text");
	session.send("");
	assertEqual(await session.textMessage(), "", "an empty text");
	for (let i = 0; i < 20; i++) session.send(`message ${i}`);
	for (let i = 0; i < 20; i++) assertEqual(await session.textMessage(), `message ${i}`, "in order");
	session.client.close();
	session.client.close();
	thrown(() => session.send("closed"));
}

async function binaries(): Promise<void> {
	const session = new Session("/echo");
	await session.opened.promise;
	for (const size of [0, 1, 125, 126, 127, 5000]) {
		await delay(5);
		session.client.write(pattern(size));
		const { data, binary } = await session.message();
		assert(binary, "binary");
		assertEqual(data.length, size, "size");
		const expected = pattern(size);
		assert(
			data.every((byte, i) => byte === expected[i]),
			"bytes",
		);
	}
	assert(thrown(() => session.client.write(pattern(6000))).includes("would block"), "too large for the buffer");
	session.client.close();
}

async function fragments(): Promise<void> {
	const session = new Session("/echo");
	await session.opened.promise;
	session.send("one ", { more: true });
	session.client.write(ArrayBuffer.fromString("in between"), { opcode: WebSocketClient.ping });
	session.send("two ", { more: true });
	session.send("three");
	assertEqual(await session.textMessage(), "one two three", "fragments sent");
	session.send("fragmented please");
	assertEqual(await session.textMessage(), "a b c", "fragments received");
	assert(session.controls.includes("10:in between"), "pong to our ping");
	session.client.close();
}

async function large(): Promise<void> {
	const session = new Session("/echo");
	await session.opened.promise;
	session.send("large please");
	const { data, pieces } = await session.message();
	assertEqual(data.length, 20_000, "size");
	assert(pieces > 2, "in pieces");
	const expected = pattern(20_000);
	assert(
		data.every((byte, i) => byte === expected[i]),
		"bytes",
	);
	session.client.close();
}

async function pings(): Promise<void> {
	const session = new Session("/echo");
	await session.opened.promise;
	session.send("ping please");
	assertEqual(await session.textMessage(), "pong: are you there", "our pong, told by the server");
	assertEqual(session.controls.join(), "9:are you there", "the ping");
	session.client.close();
}

async function request(): Promise<void> {
	const session = new Session("/request?a=b", { headers: [["x-test", "yes"]], protocol: "chat" });
	assertEqual(await session.textMessage(), "/request?a=b yes chat", "what the server saw");
	session.client.close();
	thrown(() => new Session("/", { headers: [["x", "a\r\nb"]] }));
	thrown(() => new Session("/a b"));
	thrown(() => new Session("/", { format: "string" }));
}

/** A server's side over a TCP connection of its own; the client's frames are made by hand. */
async function attached(): Promise<void> {
	const server = new Deferred<WebSocketClient>();
	const answers = new Deferred<string>();
	const listener = new Listener({
		address: "127.0.0.1",
		onReadable() {
			const attach = this.read()!;
			server.resolve(
				new WebSocketClient({
					attach,
					onReadable(count, { binary }) {
						assertEqual(`${text(this.read(count))} ${binary}`, "hello false", "unmasked text");
						this.write(ArrayBuffer.fromString("you"), { binary: false });
					},
				}),
			);
		},
	});
	const client = new TCP({
		address: "127.0.0.1",
		port: listener.port,
		onReadable() {
			answers.resolve(new Uint8Array(this.read() as ArrayBuffer).join());
		},
	});
	const session = await server.promise;
	await delay(20);
	const key = [1, 2, 3, 4];
	const masked = [...new Uint8Array(ArrayBuffer.fromString("hello"))].map((byte, i) => byte ^ key[i % 4]!);
	client.write(Uint8Array.from([0x81, 0x85, ...key, ...masked]));
	assertEqual(await answers.promise, "129,3,121,111,117", "an unmasked frame");
	session.close();
	client.close();
	listener.close();
}

async function format(): Promise<void> {
	const session = new Session("/echo");
	await session.opened.promise;
	session.client.format = "number";
	assertEqual(session.client.format, "number", "format");
	thrown(() => (session.client.format = "x" as never));
	assertEqual(session.client.read(), undefined, "nothing to read");
	session.client.close();
}

export default {
	"WebSocket: text": texts,
	"WebSocket: binary of all sizes": binaries,
	"WebSocket: fragments": fragments,
	"WebSocket: a message larger than the buffer": large,
	"WebSocket: ping": pings,
	"WebSocket: what the handshake says": request,
	"WebSocket: a server's side": attached,
	"WebSocket: format": format,
};
