// SPDX-License-Identifier: Apache-2.0
// The transport's classes on the XS engine: two of them speak STUN to each other over loopback.
import Timer from "timer";
import { memory } from "webrtc/native/port";
import Transport from "webrtc/native/transport";
import Path from "webrtc/native/transport/path";

function assert(condition: unknown, what: string): asserts condition {
	if (!condition) throw new Error(`failed: ${what}`);
}

function assertThrows(type: new (...args: never[]) => Error, text: string, action: () => unknown): void {
	try {
		action();
	} catch (error) {
		const given = String(error);
		assert(error instanceof type && given.includes(text), `${type.name} with "${text}", got ${given}`);
		return;
	}
	throw new Error(`failed: ${text}: nothing thrown`);
}

/** A Binding request or response without attributes but USERNAME (RFC 8489 section 5). */
function message(type: number, id: number, username: string): Uint8Array {
	const name = new Uint8Array(ArrayBuffer.fromString(username));
	const padded = (name.length + 3) & ~3;
	const data = new Uint8Array(24 + padded);
	const view = new DataView(data.buffer);
	view.setUint16(0, type);
	view.setUint16(2, 4 + padded);
	view.setUint32(4, 0x2112a442);
	view.setUint32(16, id);
	view.setUint16(20, 0x0006);
	view.setUint16(22, name.length);
	data.set(name, 24);
	return data;
}

const burst = 50;
/** Where nothing can be sent: a zone of IPv6 may have ended since a datagram came from there. */
const nowhere: readonly [string, number][] = [
	["127.0.0.1", 0],
	["127.0.0.1", 65536],
	["127.0.0.1", NaN],
	["0.0.0.0", 9],
	["224.0.0.1", 9],
	["255.255.255.255", 9],
	["fe80::1%gone0", 9],
	["example.org", 9],
	["1".repeat(100), 9],
	["", 9],
];
const buffer = new Uint8Array(1280);
let near: Transport;
let far: Transport;
let requests = 0;
let calls = 0;
let responses = 0;
let watchdog: Timer;
let throwing = true;

function optionsAreChecked(): void {
	const onReadable = () => {};
	assertThrows(TypeError, "onReadable", () => new Transport({} as never));
	assertThrows(TypeError, "onReadable", () => new Transport({ onReadable: 1 } as never));
	assertThrows(TypeError, "port", () => new Transport({ port: "1", onReadable } as never));
	assertThrows(RangeError, "port", () => new Transport({ port: 65536, onReadable }));
	assertThrows(RangeError, "port", () => new Transport({ port: 1.5, onReadable }));
	assertThrows(RangeError, "tcpPort", () => new Transport({ tcpPort: -1, onReadable }));
	assertThrows(TypeError, "address", () => new Transport({ address: "nowhere", onReadable }));
	assertThrows(RangeError, "address", () => new Transport({ address: "1".repeat(100), onReadable }));
	assertThrows(TypeError, "options", () => new Transport(undefined as never));
	for (const [port, address, code] of [
		[near.localPort, undefined, "transport/address-in-use"],
		[0, "192.0.2.1", "transport/failed"],
	] as const) {
		try {
			new Transport({ port, address, onReadable });
			throw new Error("failed: opened");
		} catch (error) {
			assert((error as { code?: string }).code === code, `${code}, got ${String(error)}`);
		}
	}
}

function receive(this: Transport): void {
	calls++;
	assert(this === near, "this");
	if (throwing) {
		throwing = false;
		throw new Error("as the test means it to"); // is reported, and ends there
	}
	for (;;) {
		const received = this.read(buffer);
		if (!received) break;
		assert(received.size === 32 && received.port === far.localPort, "message");
		assert(received.address === "127.0.0.1" && buffer[0] === 0 && buffer[1] === 1, "request");
		requests++;
		buffer[0] = 1; // a success response
		this.write(buffer.subarray(0, received.size), received.address, received.port);
	}
}

function answered(this: Transport): void {
	while (this.read(buffer)) responses++;
	if (responses < burst + 1) return;
	const port = this.localPort;
	this.close(); // from within its own callback
	Timer.set(() => finish(port), 0);
}
function pathsAreChecked(): void {
	const path = new Path(near);
	path.accept("127.0.0.1", far.localPort);
	path.select("::1", 9);
	path.select("127.0.0.1", far.localPort);
	assert(path.confirm("127.0.0.1", far.localPort) && path.accept("127.0.0.1", far.localPort), "its own");
	for (const [address, port] of nowhere) {
		assert(
			!path.accept(address, port) && !path.confirm(address, port) && !path.select(address, port),
			"no address",
		);
	}
	const other = new Path(near);
	assert(!other.accept("127.0.0.1", far.localPort) && !other.select("127.0.0.1", far.localPort), "another's");
	path.select("127.0.0.1", far.localPort);
	path.yield();
	assert(other.confirm("127.0.0.1", far.localPort) && !path.select("::", 9), "yielded");
	other.forget();
	path.forget();
	assert(other.accept("127.0.0.1", far.localPort), "free");
	other.close();
	assertThrows(TypeError, "address", () => path.accept(1 as never, 1));
	assertThrows(TypeError, "port", () => path.select("127.0.0.1", "1" as never));
	assertThrows(TypeError, "transport", () => new Path({} as never));
	assertThrows(TypeError, "transport", () => new Path(path as never));
	assertThrows(TypeError, "path", () => Path.prototype.statistics.call({} as never));
	assertThrows(TypeError, "path", () => Path.prototype.statistics.call(near as never));
	assert(path.statistics().packetsSent === 0, "path statistics");
	path.close();
	path.close();
	assertThrows(SyntaxError, "closed", () => path.statistics());
}

function finish(farPort: number): void {
	Timer.clear(watchdog);
	const counted = near.statistics();
	assert(requests === burst + 1 && counted.packetsReceived === burst + 2, "all came");
	assert(counted.stunUnknown === 1 && counted.packetsSent === burst + 1, "counters");
	assert(calls < burst, "posts coalesce");
	assert(memory().heap > 0, "port");
	const left = new Path(near);
	new Path(near); // left to the collector
	near.close();
	near.close();
	assertThrows(SyntaxError, "closed", () => near.localPort);
	assertThrows(SyntaxError, "closed", () => new Path(near));
	left.select("127.0.0.1", 9);
	left.close();
	// The port is free again. This one stays open, and a message for it is under way: the machine's end closes it.
	const last = new Transport({ port: farPort, onReadable() {} });
	last.addUfrag("last");
	last.write(message(1, 1, "last:last"), "127.0.0.1", farPort);
	trace("transport: passed\n");
	globalThis.simulator?.exit(0);
}

export default function main(): void {
	near = new Transport({ onReadable: receive });
	far = new Transport({ address: "127.0.0.1", onReadable: answered });
	assert(near.localPort > 0 && near.hasFamily(4) && !far.hasFamily(6), "sockets");
	assert(
		near.interfaces(true).some(({ address, loopback }) => address === "127.0.0.1" && loopback),
		"interfaces",
	);
	assert(!near.interfaces(false).some(({ loopback }) => loopback), "no loopback");
	optionsAreChecked();
	pathsAreChecked();
	near.addUfrag("near");
	assertThrows(TypeError, "known", () => near.addUfrag("near"));
	assertThrows(TypeError, "ufrag", () => near.addUfrag("a:b"));
	near.removeUfrag("other");
	for (const [address, port] of nowhere) near.write(message(1, 1, "far:near"), address, port);
	near.write(message(1, 1, "far:near"), "fe80::1%4711", 9);
	assert(near.statistics().sendErrors === nowhere.length + 1, "counted");
	assertThrows(TypeError, "address", () => far.write(buffer, 1 as never, 1));
	assertThrows(RangeError, "data", () => far.write(new Uint8Array(1281), "127.0.0.1", near.localPort));
	far.write(message(1, 1, "else:far"), "127.0.0.1", near.localPort);
	// The first is met by an exception, and read with those that follow.
	far.write(message(1, 2, "near:far"), "127.0.0.1", near.localPort);
	Timer.set(() => {
		for (let i = 0; i < burst; i++) far.write(message(1, 3 + i, "near:far"), "127.0.0.1", near.localPort);
	}, 50);
	watchdog = Timer.set(() => {
		throw new Error("failed: no end after 5 s");
	}, 5000);
}
