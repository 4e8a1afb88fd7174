// SPDX-License-Identifier: Apache-2.0
// One data channel: what is easily forgotten of it.
import { makeOpen } from "webrtc/peer/dcep";
import { advance } from "../fakes/moddable/clock";
import Sctp from "../fakes/native/sctp";
import { listen, open, pair } from "./channels";
import { begin, end, negotiate } from "./helpers";

beforeEach(begin);
afterEach(end);

const parameters = { label: "l", protocol: "", ordered: true, maxPacketLifeTime: null, maxRetransmits: null };

/** The association of who offers, and of who answers. */
const associations = () => [...Sctp.open].reverse() as [Sctp, Sctp];

test("an OPEN on the stream of a negotiated one is of no interest", async () => {
	const [a, b] = pair();
	const ours = a.createDataChannel("n", { negotiated: true, id: 6 });
	b.createDataChannel("n", { negotiated: true, id: 6 });
	await negotiate(a, b);
	await advance(200);
	const log = listen(ours);
	const bytes = makeOpen(parameters);
	for (const it of associations())
		it.inject({ type: "message", stream: 6, size: bytes.length, protocol: 50, data: bytes.slice().buffer });
	await advance(100);
	expect([log, ours.readyState]).toEqual([[], "open"]);
});

test("what came by a stream that has ended is not the next channel's", async () => {
	const [a, b] = pair();
	await open(a, b);
	const theirs = b.createDataChannel("n", { negotiated: true, id: 6 });
	await advance(50);
	theirs.send("of the first");
	theirs.close();
	await advance(300);
	expect(theirs.readyState).toBe("closed");
	const [ours, again] = [a, b].map((pc) => pc.createDataChannel("n", { negotiated: true, id: 6 }));
	const log = listen(ours!);
	await advance(50);
	again!.send("of the second");
	await advance(50);
	expect(log).toEqual(["open", "message of the second"]);
});

test.each([
	[1, ["close"]],
	[0, ["error OperationError", "close"]],
])("the association's end is an error unless it was in order: %i", async (isInOrder, expected) => {
	const [a, b] = pair();
	const [ours] = await open(a, b);
	const log = listen(ours);
	for (const it of associations()) it.inject({ type: "down", stream: isInOrder, size: 0 });
	await advance(100);
	expect(log).toEqual(expected);
	const stats = [...(await a.getStats()).values()];
	expect(stats.find(({ type }) => type === "peer-connection")).toMatchObject({ dataChannelsClosed: 1 });
});

test("one that closes before it has opened, as the association ends, is told so once", async () => {
	const [a, b] = pair();
	const [ours] = await open(a, b);
	const log = listen(ours);
	const early = listen(a.createDataChannel("early"));
	a.createDataChannel("closed").close();
	for (const it of associations()) it.inject({ type: "down", stream: 1, size: 0 });
	await advance(100);
	expect([log, early]).toEqual([["close"], ["open", "close"]]);
	const closing = a.createDataChannel("closing");
	const told = listen(closing);
	closing.close();
	await advance(100);
	expect(told).toEqual(["close"]);
});

test("the association ends in order when the last channel has, and not before", async () => {
	const shutdown = jest.spyOn(Sctp.prototype, "shutdown");
	const [a, b] = pair();
	const [ours] = await open(a, b);
	Sctp.isStuck = true;
	ours.send("waits");
	a.sctp!.shutdown();
	await advance(50);
	expect(shutdown).not.toHaveBeenCalled();
	Sctp.isStuck = false;
	await advance(200);
	expect([shutdown.mock.calls.length > 0, ours.readyState]).toEqual([true, "closed"]);
	shutdown.mockRestore();
});

test("those that never opened count neither as opened nor as closed", async () => {
	const [a, b] = pair({ streams: 8 });
	await open(a, b);
	a.createDataChannel("closed before it opens").close();
	await advance(100);
	const stats = [...(await a.getStats()).values()];
	expect(stats.find(({ type }) => type === "peer-connection")).toMatchObject({
		dataChannelsOpened: 1,
		dataChannelsClosed: 0,
	});
});

test("those that were open count as closed once, whoever has closed them", async () => {
	const [a, b] = pair();
	const [ours] = await open(a, b);
	ours.close();
	ours.close();
	await advance(100);
	for (const pc of [a, b]) {
		const stats = [...(await pc.getStats()).values()];
		expect(stats.find(({ type }) => type === "peer-connection")).toMatchObject({
			dataChannelsOpened: 1,
			dataChannelsClosed: 1,
		});
	}
});

test("an association that has ended is not begun anew by another offer", async () => {
	const [a, b] = pair();
	await open(a, b);
	for (const it of associations()) it.inject({ type: "down", stream: 0, size: 0 });
	await advance(50);
	await negotiate(a, b);
	await advance(200);
	expect([Sctp.open.size, a.sctp!.state, b.sctp!.state]).toEqual([0, "closed", "closed"]);
});

test("many messages leave others their turn", async () => {
	const [a, b] = pair();
	const [ours, theirs] = await open(a, b);
	let count = 0;
	theirs.onmessage = () => count++;
	b.sctp!.paused = true;
	for (let i = 0; i < 300; i++) ours.send("x");
	await advance(50);
	b.sctp!.paused = false;
	expect(count).toBe(64);
	await advance(50);
	expect(count).toBe(300);
});

test("one that is to come in chunks does so from its first message", async () => {
	const [a, b] = pair();
	const ours = a.createDataChannel("n", { negotiated: true, id: 6 });
	ours.chunked = true;
	b.createDataChannel("n", { negotiated: true, id: 6 });
	await negotiate(a, b);
	await advance(200);
	expect([...Sctp.open].map((it) => it.streams.get(6)!.chunks).sort()).toEqual([false, true]);
});

test("the side that is told of a channel knows that the other one knows it: it may send out of order", async () => {
	const [a, b] = pair();
	const [ours] = await open(a, b, "u", { ordered: false });
	expect([...Sctp.open].map((it) => it.streams.get(ours.id!)!.acknowledged)).toEqual([true, true]);
});

test("the threshold is an unsigned long", async () => {
	const [a] = pair();
	const channel = a.createDataChannel("c");
	channel.bufferedAmountLowThreshold = -1;
	expect(channel.bufferedAmountLowThreshold).toBe(4294967295);
	await advance(1);
});

test("closing again does nothing", async () => {
	const [a, b] = pair();
	const [ours] = await open(a, b);
	const log = listen(ours);
	const closeStream = jest.spyOn(Sctp.prototype, "closeStream");
	Sctp.isStuck = true;
	for (let i = 0; i < 3; i++) ours.close();
	await advance(50);
	expect([closeStream.mock.calls.length, ours.readyState]).toEqual([1, "closing"]);
	Sctp.isStuck = false;
	await advance(300);
	ours.close();
	expect(log).toEqual(["close"]);
	closeStream.mockRestore();
});

describe("a peer opens a channel by an id that is this side's to give, and does not answer the refusal", () => {
	async function refused() {
		const [a, b] = pair();
		const [first] = await open(a, b);
		const [victim] = associations();
		const hear = (stream: number, protocol: number, data: ArrayBuffer) =>
			victim.inject({ type: "message", stream, size: data.byteLength, protocol, data });
		const openBy = (stream: number) => hear(stream, 50, makeOpen(parameters).slice().buffer);
		const counted = { datachannel: 0 };
		a.ondatachannel = () => counted.datachannel++;
		b.sctp!.paused = true;
		return { a, b, id: first.id!, first, hear, openBy, counted };
	}

	test("this side's next channels take others", async () => {
		const { a, b, id, first, openBy, counted } = await refused();
		openBy(id + 2);
		openBy(id + 4);
		await advance(50);
		const next = a.createDataChannel("next");
		const later = a.createDataChannel("later");
		await advance(50);
		expect([next.id, later.id]).toEqual([id + 6, id + 8]);
		expect([first, next, later].map(({ readyState }) => readyState)).toEqual(["open", "open", "open"]);
		b.sctp!.paused = false;
		await advance(200);
		expect([a.createDataChannel("last").id, counted.datachannel]).toEqual([id + 2, 0]); // that is over
	});

	test("a channel that has this id already, or must have it, opens when that is over", async () => {
		const { a, b, id, openBy } = await refused();
		openBy(id + 2);
		openBy(id + 20);
		const next = a.createDataChannel("next"); // before anybody has read of that
		await advance(50);
		const negotiated = a.createDataChannel("negotiated", { negotiated: true, id: id + 20 });
		const logs = [listen(next), listen(negotiated)];
		await advance(50);
		expect([next.id, logs]).toEqual([id + 2, [[], []]]);
		b.sctp!.paused = false;
		await advance(200);
		expect(logs).toEqual([["open"], ["open"]]);
		expect([next.readyState, negotiated.readyState]).toEqual(["open", "open"]);
	});

	test("what it has sent by it is not the next channel's", async () => {
		const { a, b, id, hear, openBy } = await refused();
		hear(id + 2, 53, new ArrayBuffer(1));
		openBy(id + 2);
		for (let i = 0; i < 40; i++) hear(id + 2, 53, new ArrayBuffer(2));
		await advance(50);
		b.sctp!.paused = false;
		await advance(200);
		const next = a.createDataChannel("next");
		const log = listen(next);
		await advance(200);
		expect([next.id, log]).toEqual([id + 2, ["open"]]);
	});
});
