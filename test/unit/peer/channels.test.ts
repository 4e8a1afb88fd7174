// SPDX-License-Identifier: Apache-2.0
// Data channels over fake natives: what W3C webrtc section 6 says of them, and what strangers try.
import type { RTCDataChannel, RTCDataChannelInit } from "webrtc/peer";
import { makeOpen } from "webrtc/peer/dcep";
import Network from "webrtc/peer/network";
import { advance } from "../fakes/moddable/clock";
import Sctp from "../fakes/native/sctp";
import { openSrtp } from "../fakes/native/srtp";
import { listen, open, pair } from "./channels";
import { begin, camera, end, make, negotiate } from "./helpers";

beforeEach(begin);
afterEach(end);

function changed(bytes: Uint8Array, place: number, value: number): Uint8Array {
	const copy = bytes.slice();
	copy[place] = value;
	return copy;
}

const realControl = Sctp.prototype.control;

function fail(): never {
	throw new Error("no memory");
}

const named = (name: string) => expect.objectContaining({ name }) as Error;

describe("no room for DCEP", () => {
	test("of a channel that the peer cannot be told of the id is free again", async () => {
		const [a, b] = pair();
		await open(a, b);
		const control = jest.spyOn(Sctp.prototype, "control").mockReturnValueOnce(-1);
		const channel = a.createDataChannel("untold");
		const log = listen(channel);
		await advance(200);
		expect(log).toEqual(["error OperationError", "close"]);
		control.mockRestore();
		const again = a.createDataChannel("again");
		await advance(200);
		expect([again.id, again.readyState]).toEqual([channel.id, "open"]);
	});

	test.each([
		["full", () => -1],
		["out of memory", () => fail()],
	])("a channel whose OPEN cannot be answered is refused: %s", async (_name, answer) => {
		const [a, b] = pair();
		await open(a, b);
		const control = jest.spyOn(Sctp.prototype, "control");
		control.mockImplementationOnce(realControl).mockImplementationOnce(answer);
		const heard: unknown[] = [];
		b.ondatachannel = (event) => heard.push(event);
		const channel = a.createDataChannel("unanswered");
		const log = listen(channel);
		await advance(500);
		control.mockRestore();
		expect(heard).toEqual([]);
		expect([log, channel.readyState]).toEqual([["open", "closing", "close"], "closed"]);
	});
});

describe("negotiation", () => {
	test("a connection with channels and no media has neither SRTP nor codecs", async () => {
		const [a, b] = pair();
		const [ours, theirs] = await open(a, b);
		expect(theirs.readyState).toBe("open");
		expect([ours.id! % 2, theirs.id]).toEqual([a.localDescription!.sdp.includes("setup:active") ? 0 : 1, ours.id]);
		const { sdp } = b.localDescription!;
		expect(sdp).toContain("m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n");
		expect(sdp).toContain("a=sctp-port:5000\r\na=max-message-size:262144\r\n");
		expect(sdp).not.toMatch(/rtcp-mux|a=sendrecv|rtpmap/);
		expect([a.connectionState, a.sctp!.state, a.sctp!.maxChannels]).toEqual(["connected", "connected", 1024]);
		expect(openSrtp()).toBe(0);
	});

	test("channels and media share a bundle, whichever comes first", async () => {
		const [a, b] = pair();
		const [ours] = await open(a, b);
		a.addTransceiver(camera(), { direction: "sendonly" });
		await negotiate(a, b);
		await advance(50);
		expect(openSrtp()).toBe(2);
		const again = a.createDataChannel("later");
		await advance(50);
		expect([ours.readyState, again.readyState, a.connectionState]).toEqual(["open", "open", "connected"]);
	});

	test("the section is wanted with the first channel, and no later one", async () => {
		const [a, b] = pair();
		let needed = 0;
		a.onnegotiationneeded = () => needed++;
		a.createDataChannel("first");
		await advance(5);
		await open(a, b);
		a.createDataChannel("second");
		await advance(50);
		expect(needed).toBe(1);
		expect(a.sctp!.maxMessageSize).toBe(262144);
	});

	test("a side that has none by configuration refuses them, and the rest is served", async () => {
		const a = make();
		const b = make({ data: false });
		const channel = a.createDataChannel("c");
		a.addTransceiver(camera(), { direction: "sendonly" });
		await negotiate(a, b);
		await advance(100);
		expect(b.localDescription!.sdp).toContain("m=application 0 ");
		expect([channel.readyState, a.sctp, a.connectionState]).toEqual(["connecting", null, "connected"]);
		expect(() => b.createDataChannel("x")).toThrow(named("NotSupportedError"));
	});

	test("an offer without channels is answered without, and needs none of their memory", async () => {
		const [a, b] = pair();
		a.addTransceiver(camera(), { direction: "sendonly" });
		await negotiate(a, b);
		await advance(100);
		expect([a.sctp, b.sctp, Sctp.open.size]).toEqual([null, null, 0]);
	});
});

describe("opening", () => {
	const parameters: RTCDataChannelInit[] = [
		{},
		{ ordered: false },
		{ maxRetransmits: 0 },
		{ maxRetransmits: 7, ordered: false },
		{ maxPacketLifeTime: 500, protocol: "p" },
		{ maxPacketLifeTime: 65535, ordered: false },
	];
	test.each(parameters)("%j reaches the other side, in band and as negotiated", async (init) => {
		const [a, b] = pair();
		const [ours, theirs] = await open(a, b, "läbel", init);
		const shown = ({ label, protocol, ordered, maxPacketLifeTime, maxRetransmits }: RTCDataChannel) =>
			JSON.stringify({ label, protocol, ordered, maxPacketLifeTime, maxRetransmits });
		expect(shown(theirs)).toBe(shown(ours));
		expect([ours.negotiated, theirs.negotiated]).toEqual([false, false]);
		const both = [a, b].map((pc) => pc.createDataChannel("n", { ...init, negotiated: true, id: 42 }));
		const logs = both.map((channel) => listen(channel));
		await advance(50);
		both[0]!.send("hello");
		await advance(50);
		expect(logs).toEqual([["open"], ["open", "message hello"]]);
		for (const sctp of Sctp.open) {
			const { options, acknowledged } = sctp.streams.get(42)!;
			expect(acknowledged).toBe(true);
			expect(options.unordered).toBe(init.ordered === false);
			expect(options.value).toBe(init.maxRetransmits ?? init.maxPacketLifeTime ?? 0);
			expect(sctp.streams.get(ours.id!)!.options).toEqual(options);
		}
	});

	test("the order of events is W3C's: open within datachannel, then its own event, then messages", async () => {
		const [a, b] = pair();
		const ours = a.createDataChannel("c");
		const log: string[] = [];
		ours.onopen = () => ours.send("first");
		b.ondatachannel = ({ channel }) => {
			log.push(`datachannel ${channel.readyState}`);
			channel.send("at once");
			void Promise.resolve().then(() => listen(channel, log)); // a little later, yet in time
		};
		listen(ours, log);
		await negotiate(a, b);
		await advance(200);
		expect(log.slice().sort()).toEqual(["datachannel open", "message at once", "message first", "open", "open"]);
		const theirs = log.filter((one) => one !== "message at once").slice(-3);
		expect(theirs).toEqual(["datachannel open", "open", "message first"]);
	});

	test("one that is closed within datachannel does not open", async () => {
		const [a, b] = pair();
		const log: string[] = [];
		b.ondatachannel = ({ channel }) => {
			listen(channel, log);
			channel.close();
		};
		const ours = a.createDataChannel("c");
		const other = listen(ours);
		await negotiate(a, b);
		await advance(200);
		expect(log).toEqual(["close"]);
		expect(other).toEqual(["open", "closing", "close"]);
	});

	describe("a negotiated channel that comes later", () => {
		const sixteen = Array.from({ length: 16 }, (_, i) => `message ${i}`);

		/** Messages of these sizes are sent before the other side has the channel. */
		async function late(sizes: number[], init: RTCDataChannelInit = {}) {
			const [a, b] = pair();
			await open(a, b);
			const [nine, eleven] = [9, 11].map((id) => a.createDataChannel("n", { ...init, negotiated: true, id }));
			await advance(20);
			eleven!.send("another");
			sizes.forEach((size, i) => nine!.send(String(i).padEnd(size)));
			await advance(20);
			const logs = [11, 9].map((id) => listen(b.createDataChannel("n", { ...init, negotiated: true, id })));
			await advance(20);
			const trimmed = logs.map((log) => log.map((line) => line.trim()));
			return { a, b, nine: trimmed[1]!, eleven: trimmed[0]!, sender: nine! };
		}

		const tiny = (count: number) => new Array<number>(count).fill(0);

		test("has what was sent before it", async () => {
			const { a, b, nine, eleven } = await late(tiny(15));
			expect(nine).toEqual(["open", ...sixteen.slice(0, 15)]);
			expect(eleven).toEqual(["open", "message another"]);
			// There is room again.
			const ours = a.createDataChannel("n", { negotiated: true, id: 13 });
			await advance(20);
			ours.send(new Uint8Array(16384));
			await advance(20);
			const theirs = b.createDataChannel("n", { negotiated: true, id: 13 });
			await advance(20);
			expect(theirs.counted.bytesReceived).toBe(16384);
		});

		test.each([
			["messages", tiny(17), 16],
			["bytes", [4000, 4000, 4000, 4000, 4000, 1], 4],
		])("fails when that was more than is kept, and hears of nothing behind the gap: %s", async (_, sizes, kept) => {
			const { nine, sender } = await late(sizes);
			expect(nine).toEqual(["open", ...sixteen.slice(0, kept), "error OperationError", "close"]);
			await advance(200);
			expect(sender.readyState).toBe("closed");
		});

		test("fails when so many streams have lost something that it may be one of them", async () => {
			const [a, b] = pair();
			await open(a, b);
			const victim = [...Sctp.open][0]!; // of who answers
			const data = new ArrayBuffer(1);
			for (let stream = 100; stream < 132; stream++)
				victim.inject({ type: "message", stream, size: 1, protocol: 53, data });
			await advance(20);
			const log = listen(b.createDataChannel("n", { negotiated: true, id: 9 }));
			await advance(200);
			expect(log).toEqual(["open", "error OperationError", "close"]);
		});

		test.each([{ maxRetransmits: 0 }, { maxPacketLifeTime: 5000 }])("does without it where %j", async (init) => {
			const { nine } = await late(tiny(40), init);
			expect(nine).toEqual(["open", ...sixteen]);
		});

		test("has nothing to do with what a former one of its id has lost", async () => {
			const [a, b] = pair();
			await open(a, b);
			const init = { negotiated: true, id: 9 };
			const former = a.createDataChannel("n", init);
			await advance(20);
			for (let i = 0; i < 40; i++) former.send("x");
			former.close();
			await advance(200);
			expect(former.readyState).toBe("closed");
			const log = listen(b.createDataChannel("n", init));
			await advance(20);
			expect(log).toEqual(["open"]);
		});
	});

	test("there are as many as may be, and another one when one of them has closed", async () => {
		const [a, b] = pair({ maxChannels: 3 });
		const [ours] = await open(a, b);
		for (let i = 1; i < 3; i++) a.createDataChannel("c");
		expect(() => a.createDataChannel("c")).toThrow(named("OperationError"));
		ours.close();
		expect(() => a.createDataChannel("c")).toThrow(named("OperationError")); // it has not, yet
		await advance(200);
		expect(a.createDataChannel("c").readyState).toBe("connecting");
	});

	test("what does not go together is refused", async () => {
		const [a, b] = pair();
		const create =
			(init: object, label = "x") =>
			() =>
				a.createDataChannel(label, init);
		expect(create({ maxRetransmits: 1, maxPacketLifeTime: 1 })).toThrow(TypeError);
		for (const value of [-1, 65536, NaN, Infinity, "x"]) {
			expect(create({ maxRetransmits: value })).toThrow(TypeError);
			expect(create({ maxPacketLifeTime: value })).toThrow(TypeError);
			expect(create({ negotiated: true, id: value })).toThrow(TypeError);
		}
		expect(create({ negotiated: true })).toThrow(TypeError);
		expect(create({ negotiated: true, id: 65535 })).toThrow(TypeError);
		expect(create({}, "x".repeat(65536))).toThrow(TypeError);
		expect(create({ protocol: "ä".repeat(32768) })).toThrow(TypeError);
		expect(create({ id: 65535 })().id).toBe(null); // it has no meaning without `negotiated`
		create({ negotiated: true, id: 3 })();
		expect(create({ negotiated: true, id: 3 })).toThrow(named("OperationError"));
		await negotiate(a, b);
		await advance(200);
		expect(create({ negotiated: true, id: 1024 })).toThrow(named("OperationError"));
		a.close();
		expect(create({})).toThrow(named("InvalidStateError"));
	});

	test("ids that there are no streams for fail when that is known", async () => {
		const [a, b] = pair({ streams: 8 });
		const log = listen(a.createDataChannel("n", { negotiated: true, id: 7 }));
		const late = a.createDataChannel("n", { negotiated: true, id: 8 });
		const errors = listen(late);
		await negotiate(a, b);
		await advance(200);
		expect([log, errors, late.readyState]).toEqual([["open"], ["error OperationError", "close"], "closed"]);
	});
});

describe("sending", () => {
	test("text, bytes, views and nothing at all", async () => {
		const [a, b] = pair();
		const [ours, theirs] = await open(a, b);
		const log = listen(theirs);
		const bytes = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);
		for (const data of [
			"",
			"ä\0€😀",
			new ArrayBuffer(0),
			bytes,
			bytes.subarray(2, 4),
			new Uint16Array(bytes.buffer, 2, 2),
			new DataView(bytes.buffer, 7),
		])
			ours.send(data);
		ours.send(17 as unknown as string);
		expect(ours.bufferedAmount).toBe(0 + 10 + 0 + 8 + 2 + 4 + 1 + 2);
		await advance(20);
		expect(log).toEqual([
			"message ",
			"message ä\0€😀",
			"message []",
			"message [1,2,3,4,5,6,7,8]",
			"message [3,4]",
			"message [3,4,5,6]",
			"message [8]",
			"message 17",
		]);
		expect(ours.bufferedAmount).toBe(0);
	});

	test("bufferedamountlow comes on crossing the threshold, once", async () => {
		const [a, b] = pair();
		const [ours] = await open(a, b);
		const log: string[] = [];
		ours.onbufferedamountlow = ({ type }) => log.push(type);
		ours.bufferedAmountLowThreshold = 5;
		ours.send("12345");
		await advance(20);
		expect(log).toEqual([]);
		ours.send("123456");
		ours.send("1");
		await advance(20);
		expect(log).toEqual(["bufferedamountlow"]);
	});

	test("bufferedamountlow comes when what waits is as much as the threshold", async () => {
		const [a, b] = pair();
		const [ours] = await open(a, b);
		const heard: number[] = [];
		ours.onbufferedamountlow = () => heard.push(ours.bufferedAmount);
		ours.bufferedAmountLowThreshold = 2;
		Sctp.isStuck = true;
		ours.send("123456");
		for (const size of [3, 1, 1]) for (const it of Sctp.open) it.inject({ type: "sent", stream: ours.id!, size });
		await advance(20);
		expect(heard).toEqual([2]);
		Sctp.isStuck = false;
	});

	test("at the bound it throws, and all goes on", async () => {
		const [a, b] = pair({ sendQueue: 10_000 });
		const [ours, theirs] = await open(a, b);
		const log = listen(theirs);
		ours.send(new Uint8Array(9000));
		const before = ours.bufferedAmount;
		expect(() => ours.send(new Uint8Array(1000))).toThrow(named("OperationError"));
		expect([ours.bufferedAmount, ours.readyState]).toEqual([before, "open"]);
		expect(a.sctp!.maxMessageSize).toBe(10_000 - 64);
		expect(() => ours.send(new Uint8Array(a.sctp!.maxMessageSize + 1))).toThrow(TypeError);
		await advance(20);
		ours.send("on");
		await advance(20);
		expect(log.at(-1)).toBe("message on");
	});

	test("neither before it is open nor after", async () => {
		const [a, b] = pair();
		const ours = a.createDataChannel("c");
		expect(() => ours.send("x")).toThrow(named("InvalidStateError"));
		await negotiate(a, b);
		await advance(200);
		ours.close();
		expect(() => ours.send("x")).toThrow(named("InvalidStateError"));
	});

	test("large messages come in chunks where that is wanted", async () => {
		const [a, b] = pair();
		const [ours, theirs] = await open(a, b);
		const got: string[] = [];
		theirs.chunked = true;
		theirs.addEventListener("chunk", ({ data, first, last, isText }) =>
			got.push(`${data.byteLength} ${first} ${last} ${isText}`),
		);
		ours.send(new Uint8Array(40_000));
		ours.send("short");
		await advance(20);
		expect(got).toEqual([
			"16384 true false false",
			"16384 false false false",
			"7232 false true false",
			"5 true true true",
		]);
		expect(theirs.counted).toMatchObject({ messagesReceived: 2, bytesReceived: 40_005 });
	});

	test("a message that has begun in chunks ends so, though no more of them are wanted", async () => {
		const [a, b] = pair();
		const [ours, theirs] = await open(a, b);
		const log = listen(theirs);
		theirs.chunked = true;
		theirs.addEventListener("chunk", ({ data }) => {
			log.push(`chunk ${data.byteLength}`);
			theirs.chunked = false;
		});
		ours.send(new Uint8Array(20_000));
		ours.send("short");
		await advance(20);
		expect(log).toEqual(["chunk 16384", "chunk 3616", "message short"]);
	});

	test("a transport that is paused reads nothing until it goes on", async () => {
		const [a, b] = pair();
		const [ours, theirs] = await open(a, b);
		const log = listen(theirs);
		b.sctp!.paused = true;
		ours.send("x");
		await advance(50);
		expect(log).toEqual([]);
		b.sctp!.paused = false;
		await advance(0);
		expect(log).toEqual(["message x"]);
	});
});

describe("closing", () => {
	test.each([0, 1])("by side %i: what was sent comes, and the other hears of closing", async (side) => {
		const [a, b] = pair();
		const channels = await open(a, b);
		const [closer, other] = [channels[side]!, channels[1 - side]!];
		const logs = [listen(closer), listen(other)];
		closer.send("last");
		closer.close();
		closer.close();
		expect(closer.readyState).toBe("closing");
		await advance(50);
		expect(logs).toEqual([["close"], ["message last", "closing", "close"]]);
		expect([closer.readyState, other.readyState]).toEqual(["closed", "closed"]);
		const again = a.createDataChannel("again");
		expect(again.id).toBe(closer.id); // it is free
		await advance(50);
		expect(again.readyState).toBe("open");
	});

	test("by both at once", async () => {
		const [a, b] = pair();
		const channels = await open(a, b);
		const logs = channels.map((channel) => listen(channel));
		for (const channel of channels) channel.close();
		await advance(50);
		expect(logs).toEqual([["close"], ["close"]]);
	});

	test("before it has opened", async () => {
		const [a] = pair();
		const channel = a.createDataChannel("c");
		const log = listen(channel);
		channel.close();
		await advance(5);
		expect([log, channel.readyState]).toEqual([["close"], "closed"]);
	});

	test("of the connection: nothing here, an error there, and nothing where it was closed before", async () => {
		const [a, b] = pair();
		const [ours, theirs] = await open(a, b);
		const [second, closed] = await open(a, b, "d");
		second.close();
		await advance(50);
		const logs = [listen(ours), listen(theirs), listen(closed)];
		a.close();
		expect(ours.readyState).toBe("closed");
		await advance(50);
		expect(logs).toEqual([[], ["error OperationError", "close"], []]);
	});

	test("of the connection within any of its events harms nothing", async () => {
		for (const type of ["open", "message", "closing", "close", "error"] as const) {
			const [a, b] = pair();
			const [ours, theirs] = await open(a, b);
			theirs.addEventListener(type, () => b.close());
			ours.send("x");
			ours.close();
			await advance(50);
			a.close();
			b.close();
			await advance(50);
		}
	});
});

describe("shutting down", () => {
	test("what waits comes, both hear of the end without an error, and it is not begun anew", async () => {
		const [a, b] = pair();
		const [ours, theirs] = await open(a, b);
		const logs = [listen(ours), listen(theirs)];
		const states = [a, b].map((pc) => {
			const log: string[] = [];
			pc.sctp!.onstatechange = () => log.push(pc.sctp!.state);
			return log;
		});
		for (const part of ["1", "2", "3"]) ours.send(part);
		a.sctp!.shutdown();
		a.sctp!.shutdown();
		expect([ours.readyState, theirs.readyState, a.sctp!.state]).toEqual(["closing", "open", "connected"]);
		expect(() => ours.send("4")).toThrow(named("InvalidStateError"));
		await advance(200);
		expect(logs).toEqual([["close"], ["message 1", "message 2", "message 3", "closing", "close"]]);
		expect(states).toEqual([["closed"], ["closed"]]);
		expect([ours.readyState, theirs.readyState]).toEqual(["closed", "closed"]);
		expect([a.connectionState, b.connectionState]).toEqual(["connected", "connected"]);
		a.sctp!.shutdown();
	});

	test("a channel that comes meanwhile is refused, or fails, and nothing else happens", async () => {
		const [a, b] = pair();
		const [ours] = await open(a, b);
		const log = listen(ours);
		const early = a.createDataChannel("early"); // to be opened in a task
		Sctp.isStuck = true;
		b.createDataChannel("theirs");
		const heard: string[] = [];
		a.ondatachannel = ({ channel }) => heard.push(channel.label);
		a.sctp!.shutdown();
		const late = a.createDataChannel("late");
		const logs = [listen(early), listen(late)];
		await advance(50);
		Sctp.isStuck = false;
		await advance(200);
		expect(heard).toEqual([]);
		expect(log).toEqual(["close"]);
		expect(logs).toEqual([["close"], ["error OperationError", "close"]]);
		expect(a.connectionState).toBe("connected");
	});
});

describe("a stranger", () => {
	async function stranger() {
		const [a, b] = pair({ maxChannels: 4, labelSize: 100 });
		const [ours, theirs] = await open(a, b);
		const victim = [...Sctp.open][0]!; // of who answers
		const control = (stream: number, bytes: Uint8Array) =>
			victim.inject({ type: "message", stream, size: bytes.length, protocol: 50, data: bytes.slice().buffer });
		return { a, b, ours, theirs, victim, control };
	}
	const parameters = { label: "l", protocol: "", ordered: true, maxPacketLifeTime: null, maxRetransmits: null };

	test("opens more channels than there may be", async () => {
		const { b, theirs, control, victim } = await stranger();
		let count = 0;
		b.ondatachannel = () => count++;
		for (let id = 100; id < 130; id++) control(id, makeOpen(parameters));
		await advance(200);
		expect(count).toBe(3);
		expect(theirs.readyState).toBe("open");
		expect([...victim.streams.values()].filter(({ closing }) => !closing).length).toBe(4);
	});

	test("opens channels while memory is short: those that are open stay, and a later one is welcome", async () => {
		let isEnough = true;
		const network = new Network({ mayGrow: () => isEnough });
		const a = make();
		const b = make({ network });
		const [, theirs] = await open(a, b);
		let count = 0;
		b.ondatachannel = () => count++;
		isEnough = false;
		const refused = a.createDataChannel("refused");
		await advance(500);
		expect([count, theirs.readyState, refused.readyState]).toEqual([0, "open", "closed"]);
		isEnough = true;
		a.createDataChannel("welcome");
		await advance(500);
		expect(count).toBe(1);
		a.close();
		b.close();
		network.close();
	});

	test("sends what is no DCEP", async () => {
		const { b, theirs, control: controlOf } = await stranger();
		const control = (stream: number, bytes: Uint8Array) => controlOf(theirs.id! + 2 * stream, bytes);
		let count = 0;
		b.ondatachannel = () => count++;
		const good = makeOpen({ ...parameters, label: "label", protocol: "protocol" });
		for (let size = 0; size < good.length; size++) control(200 + size, good.subarray(0, size));
		control(300, new Uint8Array([...good, 0]));
		control(301, makeOpen({ ...parameters, label: "x".repeat(101) }));
		control(302, changed(good, 1, 3)); // no such type
		control(303, changed(good, 1, 0x83));
		control(304, changed(good, 12, 0xff)); // no UTF-8
		control(305, new Uint8Array([2, 0]));
		control(306, new Uint8Array([2])); // an ACK of nothing
		for (let type = 4; type < 256; type++) control(310, new Uint8Array([type]));
		await advance(500);
		expect([count, theirs.readyState]).toEqual([0, "open"]);
	});

	test("opens a channel that is about to close: it closes, and nothing else is told of it", async () => {
		const { ours, theirs, control } = await stranger();
		const log = listen(theirs);
		Sctp.isStuck = true;
		theirs.close();
		control(ours.id!, makeOpen(parameters));
		await advance(50);
		Sctp.isStuck = false;
		await advance(200);
		expect(log).toEqual(["close"]);
	});

	test("opens a channel that is there", async () => {
		const { theirs, control } = await stranger();
		const log = listen(theirs);
		control(theirs.id!, makeOpen(parameters));
		await advance(100);
		expect(log).toEqual(["error OperationError", "close"]);
	});

	test("sends to streams that nobody has, and closes them", async () => {
		const { b, victim, theirs } = await stranger();
		for (let i = 0; i < 30; i++) {
			victim.inject({ type: "message", stream: i + 10, size: 1000, protocol: 51, data: "x".repeat(1000) });
			victim.inject({ type: "reset", stream: i + 10, size: 0 });
			victim.inject({ type: "closed", stream: i + 10, size: 0 });
			victim.inject({ type: "sent", stream: i + 10, size: 5 });
			victim.inject({ type: "overlong", stream: i + 10, size: 5 });
		}
		await advance(300);
		expect([b.connectionState, theirs.readyState]).toEqual(["connected", "open"]);
	});

	test("sends a message that is longer than announced: its channel ends", async () => {
		const { theirs, victim } = await stranger();
		const log = listen(theirs);
		victim.inject({ type: "overlong", stream: theirs.id!, size: 0 });
		await advance(100);
		expect(log).toEqual(["error OperationError", "close"]);
	});

	test("says values that are out of range: they count as the largest", async () => {
		const { b, control } = await stranger();
		const heard: (number | null)[] = [];
		b.ondatachannel = ({ channel }) => heard.push(channel.maxRetransmits, channel.maxPacketLifeTime);
		const open = makeOpen({ ...parameters, maxRetransmits: 1 });
		open.set([0xff, 0xff, 0xff, 0xff], 4);
		control(501, open);
		await advance(10);
		expect(heard).toEqual([65535, null]);
	});

	test("opens a channel by an id that is ours to give, or that has not been closed yet", async () => {
		const { b, ours, theirs, control, victim } = await stranger();
		let count = 0;
		b.ondatachannel = () => count++;
		control(theirs.id! + 101, makeOpen(parameters));
		await advance(50);
		victim.closeStream(901); // of one that was refused, say
		control(901, makeOpen(parameters));
		await advance(50);
		expect([count, b.connectionState, ours.readyState]).toEqual([0, "connected", "open"]);
		control(901, makeOpen(parameters)); // it is over now
		await advance(50);
		expect(count).toBe(1);
	});
});

test("getStats tells of channels and their transport", async () => {
	const [a, b] = pair();
	const [ours, theirs] = await open(a, b);
	ours.send("12345");
	await advance(20);
	theirs.send(new Uint8Array(7));
	await advance(20);
	const stats = [...(await a.getStats()).values()];
	expect(stats.find(({ type }) => type === "data-channel")).toMatchObject({
		label: "c",
		protocol: "",
		dataChannelIdentifier: ours.id,
		state: "open",
		messagesSent: 1,
		bytesSent: 5,
		messagesReceived: 1,
		bytesReceived: 7,
	});
	expect(stats.find(({ type }) => type === "sctp-transport")).toMatchObject({ mtu: 1160, congestionWindow: 4380 });
	expect(stats.find(({ type }) => type === "peer-connection")).toMatchObject({
		dataChannelsOpened: 1,
		dataChannelsClosed: 0,
	});
});
