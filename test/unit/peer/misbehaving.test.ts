// SPDX-License-Identifier: Apache-2.0
// Applications whose handlers of a data channel's events close, send, throw, or make channels: whatever happened to this one, the
// connection's others go on.
import type RTCPeerConnection from "webrtc/peer";
import type { RTCDataChannel } from "webrtc/peer";
import { advance } from "../fakes/moddable/clock";
import Sctp from "../fakes/native/sctp";
import { listen, open, pair } from "./channels";
import { begin, end } from "./helpers";

beforeEach(begin);
afterEach(end);

const types = ["open", "message", "chunk", "bufferedamountlow", "closing", "close", "error"] as const;

const deeds: Record<string, (channel: RTCDataChannel, pc: RTCPeerConnection) => void> = {
	throws() {
		throw new Error("mine");
	},
	closes: (channel) => channel.close(),
	sends: (channel) => channel.send("more"), // which throws where it is not open
	"makes a channel": (_channel, pc) => void pc.createDataChannel("another"),
	"makes and closes one": (_channel, pc) => pc.createDataChannel("another").close(),
	"asks for chunks": (channel) => (channel.chunked = !channel.chunked),
	pauses: (_channel, pc) => {
		pc.sctp!.paused = true;
		pc.sctp!.paused = false;
	},
};

/** Lives, with all of its events, though `act` does what it likes in each of one type. @returns how often it did */
async function live(type: (typeof types)[number], act: (channel: RTCDataChannel, pc: RTCPeerConnection) => void) {
	const [a, b] = pair();
	const [other, others] = await open(a, b, "other");
	let count = 0;
	const watch = (channel: RTCDataChannel, pc: RTCPeerConnection) => {
		channel.chunked = type === "chunk";
		channel.addEventListener(type, () => {
			if (++count < 5) act(channel, pc);
		});
	};
	b.ondatachannel = ({ channel }) => watch(channel, b);
	const mine = a.createDataChannel("mine");
	watch(mine, a);
	await advance(50);
	if (mine.readyState === "open") mine.send("x");
	await advance(50);
	const [victim] = Sctp.open;
	if (type === "error") victim!.inject({ type: "overlong", stream: mine.id!, size: 0 });
	await advance(50);
	mine.close();
	await advance(200);
	return { a, b, other, others, mine, count };
}

describe.each(types)("in a handler of %s one", (type) => {
	test.each(Object.entries(deeds))("%s", async (_name, act) => {
		const { a, b, other, others, mine, count } = await live(type, act);
		expect(count).toBeGreaterThan(0);
		expect([a.connectionState, b.connectionState, mine.readyState]).toEqual(["connected", "connected", "closed"]);
		const log = listen(others);
		other.send("still");
		await advance(50);
		expect(log).toEqual(["message still"]);
		const [again] = await open(a, b, "again");
		expect(again.readyState).toBe("open");
	});
});

test("whoever closes the connection as one of its channels fails hears nothing of the others", async () => {
	const [a, b] = pair();
	const [first] = await open(a, b);
	const [second] = await open(a, b, "second");
	const [, victim] = Sctp.open;
	first.onerror = () => a.close();
	const log = listen(second);
	victim!.inject({ type: "down", stream: 0, size: 0 });
	await advance(50);
	expect([log, first.readyState, second.readyState]).toEqual([[], "closed", "closed"]);
});

test("whoever closes the connection as the association's state changes hears nothing of its channels", async () => {
	const [a, b] = pair();
	const [first] = await open(a, b);
	const [, victim] = Sctp.open;
	const log = listen(first);
	a.sctp!.onstatechange = () => a.close();
	victim!.inject({ type: "down", stream: 0, size: 0 });
	await advance(50);
	expect(log).toEqual([]);
});

test("an OPEN with labels of 64 KB is refused, and the next one is not", async () => {
	const [a, b] = pair();
	const [ours] = await open(a, b);
	const heard: string[] = [];
	b.ondatachannel = ({ channel }) => heard.push(channel.label);
	const long = "x".repeat(65535);
	const log = listen(a.createDataChannel(long, { protocol: long }));
	a.createDataChannel("short");
	await advance(200);
	expect([heard, log, ours.readyState]).toEqual([["short"], ["open", "closing", "close"], "open"]);
});
