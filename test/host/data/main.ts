// SPDX-License-Identifier: Apache-2.0
// Data channels on the XS engine, at a board's heaps: two connections of one process, over DTLS and SCTP on loopback.
import Timer from "timer";
import { randomBytes } from "webrtc/native/crypto";
import RTCPeerConnection, {
	type ChunkEvent,
	type MessageEvent,
	type RTCDataChannel,
	type RTCSctpTransport,
} from "webrtc/peer";

function assert(condition: unknown, what: string): asserts condition {
	if (!condition) throw new Error(`failed: ${what}`);
}

function hex(data: ArrayBuffer): string {
	return Array.from(new Uint8Array(data), (byte) => (256 + byte).toString(16).slice(1)).join("");
}

const data = Object.freeze({ streams: 64, sendQueue: 524288, receiveQueue: 65536, window: 65536 });

interface Target {
	addEventListener(type: string, listener: (event: unknown) => void): void;
}

function once<T>(target: RTCPeerConnection | RTCDataChannel | RTCSctpTransport, type: string): Promise<T> {
	return new Promise((resolve) =>
		(target as unknown as Target).addEventListener(type, (event) => resolve(event as T)),
	);
}

/** The next message. */
async function message(channel: RTCDataChannel): Promise<string | ArrayBuffer> {
	const { data } = await new Promise<MessageEvent>((resolve) => (channel.onmessage = resolve));
	return data;
}

async function textsArrive(from: RTCDataChannel, to: RTCDataChannel): Promise<void> {
	const texts = ["", "hello", "ä€😀", "\0", "a\0b\0", "x".repeat(1199), "y".repeat(16384)];
	for (const text of texts) {
		const arriving = message(to);
		from.send(text);
		const got = await arriving;
		assert(got === text, `text of ${text.length}: ${typeof got === "string" ? got.length : "bytes"}`);
	}
	// A half of a pair is no character: U+FFFD, or what the engine makes of it, but text.
	const arriving = message(to);
	from.send("a\ud800b");
	const got = (await arriving) as string;
	assert(got.startsWith("a") && got.endsWith("b"), "half of a surrogate pair");
	trace("texts\n");
}

async function bytesArrive(from: RTCDataChannel, to: RTCDataChannel): Promise<void> {
	for (const size of [0, 1, 1000, 1024]) {
		const bytes = randomBytes(size);
		const arriving = message(to);
		from.send(bytes);
		const got = await arriving;
		assert(got instanceof ArrayBuffer && hex(got) === hex(bytes), `bytes of ${size}`);
	}
	const arriving = message(to);
	from.send(new Uint16Array([1, 2, 3]).subarray(1));
	assert(hex((await arriving) as ArrayBuffer) === "02000300", "a view");
	trace("bytes\n");
}

/** 256 KB do not fit in the heap: they go in pieces, and come in chunks. */
async function chunksArrive(from: RTCDataChannel, to: RTCDataChannel): Promise<void> {
	to.chunked = true;
	const piece = new Uint8Array(randomBytes(1024));
	const part = new Uint8Array(32768);
	for (let i = 0; i < 32; i++) part.set(piece, i * 1024);
	let size = 0;
	let isEqual = true;
	const arriving = new Promise<void>((resolve) => {
		to.addEventListener("chunk", ({ data, first, last }: ChunkEvent) => {
			const bytes = new Uint8Array(data);
			isEqual &&= first === (size === 0);
			for (let i = 0; i < bytes.length; i += 97) isEqual &&= bytes[i] === piece[(size + i) % 1024];
			size += bytes.length;
			if (last) resolve();
		});
	});
	from.send(part);
	await arriving;
	assert(size === 32768 && isEqual, `chunks: ${size}`);
	to.chunked = false;
	trace("chunks\n");
}

/** What does not fit in the heap ends its channel, and nothing else. */
async function tooLargeForTheHeap(a: RTCPeerConnection, b: RTCPeerConnection): Promise<void> {
	const [from, to] = await open(a, b, "large");
	const part = new Uint8Array(40_000);
	const failing = once(to, "error");
	const ending = once(from, "close");
	b.sctp!.paused = true;
	from.send(part);
	const filler: ArrayBuffer[] = [];
	Timer.set(() => {
		for (let i = 0; i < 8; i++) filler.push(new ArrayBuffer(8192));
		b.sctp!.paused = false;
	}, 200);
	await failing;
	filler.length = 0;
	await ending;
	trace("too large\n");
}

async function open(a: RTCPeerConnection, b: RTCPeerConnection, label: string) {
	const channel = a.createDataChannel(label);
	const { channel: other } = await once<{ channel: RTCDataChannel }>(b, "datachannel");
	if (channel.readyState !== "open") await once(channel, "open");
	return [channel, other] as const;
}

async function channelsClose(a: RTCPeerConnection, b: RTCPeerConnection): Promise<void> {
	for (let i = 0; i < 20; i++) {
		const [mine, other] = await open(a, b, `number ${i}`);
		assert(other.label === `number ${i}`, "label");
		const [one, two] = i % 2 ? [mine, other] : [other, mine];
		const closed = [once(one, "close"), once(two, "close"), once(two, "closing")];
		one.send("last");
		one.close();
		await Promise.all(closed);
	}
	trace("closes\n");
}

/** Handlers that send and close as they like end their own channel at most. */
async function handlersMisbehave(a: RTCPeerConnection, b: RTCPeerConnection): Promise<void> {
	const deeds: ((channel: RTCDataChannel) => void)[] = [
		(channel) => {
			try {
				channel.send("more");
			} catch {
				assert(channel.readyState !== "open", "it can be sent by");
			}
		},
		(channel) => channel.close(),
	];
	for (const deed of deeds) {
		const [mine, other] = await open(a, b, "misbehaving");
		const closed = [once(mine, "close"), once(other, "close")];
		let count = 0;
		for (const channel of [mine, other])
			for (const type of ["message", "closing", "close", "error"] as const)
				channel.addEventListener(type, () => {
					if (++count < 8) deed(channel);
				});
		mine.send("x");
		other.close();
		await Promise.all(closed);
		assert(count >= 3, `handlers were called ${count} times`);
	}
	const [mine, other] = await open(a, b, "last");
	const arriving = message(other);
	mine.send("still here");
	assert((await arriving) === "still here", "the connection goes on");
	mine.close();
	await once(mine, "close");
	trace("misbehaved\n");
}

/** The connection closes within an event of a channel's, while the other side sends or has closed it. */
async function closesWithinEvents(): Promise<void> {
	for (const type of ["message", "closing", "close"] as const) {
		const { a, b, channel, other } = await connect();
		const closed = once(other, type).then(() => undefined);
		other.addEventListener(type, () => b.close());
		const ended = once(channel, "close");
		for (let i = 0; i < 5; i++) channel.send(new ArrayBuffer(5000));
		if (type !== "message") channel.close();
		await Promise.all([closed, ended]);
		assert(other.readyState === "closed", `closed within ${type}`);
		a.close();
	}
	trace("closed within events\n");
}

async function connect() {
	const a = new RTCPeerConnection({ data });
	const b = new RTCPeerConnection({ data });
	const channel = a.createDataChannel("first", { protocol: "p" });
	const arriving = once<{ channel: RTCDataChannel }>(b, "datachannel");
	await a.setLocalDescription();
	await b.setRemoteDescription(a.localDescription!);
	await b.setLocalDescription();
	await a.setRemoteDescription(b.localDescription!);
	const { channel: other } = await arriving;
	if (channel.readyState !== "open") await once(channel, "open");
	return { a, b, channel, other };
}

/** In order: what is under way comes, and nobody hears of an error. */
async function shutsDown(): Promise<void> {
	const { a, b, channel, other } = await connect();
	let came = 0;
	other.onmessage = ({ data }) => (came += (data as ArrayBuffer).byteLength);
	channel.onerror = other.onerror = () => assert(false, "no error");
	const ending = [once(channel, "close"), once(other, "close"), ...[a, b].map((pc) => once(pc.sctp!, "statechange"))];
	for (let i = 0; i < 20; i++) channel.send(new ArrayBuffer(10_000));
	a.sctp!.shutdown();
	await Promise.all(ending);
	assert(came === 200_000, `before the end: ${came} bytes`);
	assert(a.sctp!.state === "closed" && b.sctp!.state === "closed", "the association");
	a.close();
	b.close();
	trace("shut down\n");
}

async function test(): Promise<void> {
	const { a, b, channel, other } = await connect();
	assert(other.label === "first" && other.protocol === "p" && other.ordered, "parameters");
	await textsArrive(channel, other);
	await textsArrive(other, channel);
	await bytesArrive(channel, other);
	await bytesArrive(other, channel);
	await chunksArrive(other, channel);
	await channelsClose(a, b);
	await handlersMisbehave(a, b);
	await tooLargeForTheHeap(a, b);
	const stats = [...(await a.getStats()).values()].find(({ type }) => type === "sctp-transport");
	assert((stats?.["congestionWindow"] as number) > 1000 && (stats?.["mtu"] as number) > 1000, "stats");
	const ending = once(other, "close");
	a.close();
	await ending;
	assert(channel.readyState === "closed" && other.readyState === "closed", "closed");
	b.close();
	await closesWithinEvents();
	await shutsDown();
	trace("done\n");
}

export default function () {
	const watchdog = Timer.set(() => {
		trace("failed: it takes too long\n");
		globalThis.simulator?.exit(1);
	}, 30_000);
	test().then(
		() => {
			Timer.clear(watchdog);
			globalThis.simulator?.exit(0);
		},
		(error: Error) => {
			trace(`${error.stack ?? error.message}\n`);
			globalThis.simulator?.exit(1);
		},
	);
}
