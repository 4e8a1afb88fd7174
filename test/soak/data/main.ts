// SPDX-License-Identifier: Apache-2.0
// Two connections of one machine, again and again: they connect, send each other messages whose digests are compared, and close:
// a channel first, or the connection at once, with data under way or without. What is held is told after each.
import Timer from "timer";
import { randomBytes, sha256 } from "webrtc/native/crypto";
import { collect, measure, memory } from "webrtc/native/port";
import RTCPeerConnection, { type RTCDataChannel, type RTCDataChannelInit } from "webrtc/peer";

const data = Object.freeze({
	streams: 64,
	sendQueue: 262_144,
	receiveQueue: 65_536,
	window: 65_536,
	maxMessageSize: 65_536,
});
const kinds: readonly RTCDataChannelInit[] = Object.freeze([
	{},
	{ ordered: false },
	{ negotiated: true, id: 7 },
	{ ordered: false, maxRetransmits: 10 },
	{ maxPacketLifeTime: 5000 },
]);
const messages = 10; // in each direction
let waiting: ((line: string) => void) | undefined;

function assert(condition: unknown, what: string): asserts condition {
	if (!condition) throw new Error(`failed: ${what}`);
}

const digest = (bytes: ArrayBuffer): string => Array.from(new Uint8Array(sha256(bytes))).join();

/** Sends messages, and waits until each has come as it was. */
async function transfer(from: RTCDataChannel, to: RTCDataChannel): Promise<void> {
	const sent: string[] = [];
	let count = 0;
	const arrived = new Promise<void>((resolve, reject) => {
		to.onmessage = ({ data: bytes }) => {
			const place = sent.indexOf(digest(bytes as ArrayBuffer));
			if (place < 0 || (to.ordered && place !== 0)) return reject(new Error("failed: a message is another"));
			sent.splice(place, 1);
			if (++count === messages) resolve();
		};
	});
	for (let i = 0; i < messages; i++) {
		const piece = new Uint8Array(randomBytes(1024));
		const message = new Uint8Array(1 + ((i * 733) % 4000));
		for (let k = 0; k < message.length; k += 1024) message.set(piece.subarray(0, message.length - k), k);
		sent.push(digest(message.buffer));
		from.send(message);
	}
	await arrived;
	to.onmessage = null;
}

const opened = (channel: RTCDataChannel) =>
	new Promise<void>((resolve) => (channel.readyState === "open" ? resolve() : (channel.onopen = () => resolve())));
const closed = (channel: RTCDataChannel) => new Promise<void>((resolve) => (channel.onclose = () => resolve()));

async function cycle(number: number): Promise<void> {
	const [a, b] = [new RTCPeerConnection({ data }), new RTCPeerConnection({ data })];
	const init = kinds[number % kinds.length]!;
	const mine = a.createDataChannel("soak", init);
	const coming: Promise<RTCDataChannel> = init.negotiated
		? Promise.resolve(b.createDataChannel("soak", init))
		: new Promise((resolve) => (b.ondatachannel = ({ channel }) => resolve(channel)));
	await a.setLocalDescription();
	await b.setRemoteDescription(a.localDescription!);
	await b.setLocalDescription();
	await a.setRemoteDescription(b.localDescription!);
	const other = await coming;
	await Promise.all([opened(mine), opened(other)]);
	await Promise.all([transfer(mine, other), transfer(other, mine)]);
	const [one, two] = number % 2 ? [mine, other] : [other, mine];
	if (number % 3 === 0) for (let i = 0; i < 4; i++) one.send(new ArrayBuffer(10_000)); // under way at the end
	if (number % 4 < 2) {
		const ends = [closed(one), closed(two)];
		one.close();
		await Promise.all(ends);
	}
	for (const pc of number % 2 ? [a, b] : [b, a]) pc.close();
}

const turn = () => new Promise<void>((resolve) => Timer.set(() => resolve(), 50));

async function run(): Promise<void> {
	for (let number = 0; ; number++) {
		const count = await new Promise<string>((resolve) => (waiting = resolve));
		for (let i = 0; i < Number(count); i++) await cycle(number + i);
		number += Number(count) - 1;
		await turn(); // what follows a close
		const full = measure();
		const free = collect();
		assert(free.slots >= full.slots, "a collection gives back");
		trace(`held: slots ${-free.slots}, chunks ${-free.chunks}, heap ${memory().heap}\n`);
	}
}

export default function main(): void {
	globalThis.simulator?.onLine((line) => waiting?.(line));
	run().catch((error: Error) => {
		trace(`${error.stack ?? error.message}\n`);
		globalThis.simulator?.exit(1);
	});
	trace("ready\n");
}
