// SPDX-License-Identifier: Apache-2.0
import UDP from "embedded:io/socket/udp";
import Resolver from "embedded:network/dns/resolver/udp";
import { assert, assertEqual, Deferred, delay, text, thrown } from "test/cases";

/** A port that was free a moment ago: UDP has no getter for it. */
function bound(onReadable: (this: UDP, count: number) => void): { socket: UDP; port: number } {
	for (let port = 40_000 + Math.floor(Math.random() * 20_000); ; port++) {
		try {
			return { socket: new UDP({ port, onReadable }), port };
		} catch {
			// in use
		}
	}
}

async function batch(address: string): Promise<void> {
	const COUNT = 50;
	const seen = new Set<string>();
	const all = new Deferred();
	let largest = 0;
	const { socket, port } = bound(function (count) {
		largest = Math.max(largest, count);
		for (let datagram = this.read(); datagram; datagram = this.read()) {
			assertEqual(datagram.address, address, "sender");
			assert(datagram.port > 0, "sender's port");
			seen.add(text(datagram));
		}
		if (seen.size === COUNT) all.resolve();
	});
	const sender = new UDP({});
	for (let i = 0; i < COUNT; i++) sender.write(ArrayBuffer.fromString(`datagram ${i}`), address, port);
	await all.promise;
	assert(largest > 10, `datagrams come in batches: ${largest}`);
	assertEqual(socket.read(), undefined, "no more");
	socket.close();
	socket.close();
	sender.close();
	thrown(() => sender.write(new ArrayBuffer(1), address, port));
}

async function bounded(): Promise<void> {
	let announced = 0;
	const { socket, port } = bound((count) => (announced = count));
	const sender = new UDP({});
	for (let i = 0; i < 500; i++) sender.write(new ArrayBuffer(100), "127.0.0.1", port);
	await delay(50);
	assertEqual(announced, 64, "datagrams kept");
	let read = 0;
	while (socket.read()) read++;
	assertEqual(read, 64, "datagrams read");
	announced = 0;
	await delay(50);
	assert(announced > 0, "reading makes room");
	socket.close();
	sender.close();
}

function badOptions(): void {
	thrown(() => new UDP({ port: 70_000 }));
	thrown(() => new UDP({ format: "number" } as never));
	const socket = new UDP({});
	thrown(() => socket.add("192.0.2.1")); // no group
	thrown(() => socket.write(new ArrayBuffer(1), "localhost", 9));
	thrown(() => socket.write(new ArrayBuffer(1), "127.0.0.1", 0));
	thrown(() => socket.write("text" as never, "127.0.0.1", 9));
	socket.write(new ArrayBuffer(1), "127.0.0.1", 9); // an ICMP error may come back: of no consequence
	socket.write(new ArrayBuffer(1), "127.0.0.1", 9);
	socket.close();
}

function resolve(host: string): Promise<string> {
	return new Promise((done) => {
		const resolver = new Resolver({ servers: ["192.0.2.1"], socket: { io: UDP } });
		resolver.resolve({
			host,
			onResolved(name, address) {
				assertEqual(name, host, "host");
				this.close();
				done(address);
			},
			onError: (name, error) => done(`${name}: ${error instanceof Error && error.message ? "error" : "silence"}`),
		});
	});
}

async function resolution(): Promise<void> {
	assertEqual(await resolve("192.0.2.7"), "192.0.2.7", "an address");
	assertEqual(await resolve("2001:db8::1"), "2001:db8::1", "an IPv6 address");
	assertEqual(await resolve("localhost"), "127.0.0.1", "localhost");
	assertEqual(await resolve("no.such.host.invalid"), "no.such.host.invalid: error", "an unknown name");
	const resolver = new Resolver({ servers: [], socket: { io: UDP } });
	resolver.resolve({ host: "localhost", onResolved: () => assert(false, "told after close") });
	resolver.close();
	resolver.close();
	thrown(() => resolver.resolve({ host: "localhost", onResolved() {} }));
	await delay(50);
}

export default {
	"UDP: a batch over IPv4": () => batch("127.0.0.1"),
	"UDP: a batch over IPv6": () => batch("::1"),
	"UDP: a bounded number is kept": bounded,
	"UDP: bad options": badOptions,
	"DNS: names and addresses": resolution,
};
