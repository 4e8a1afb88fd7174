// SPDX-License-Identifier: Apache-2.0
// After RTCPeerConnection-createDataChannel, -ondatachannel, RTCDataChannel-id, -send, -bufferedAmount, -binaryType, -close,
// -iceRestart, and RTCSctpTransport-constructor, -maxChannels, -maxMessageSize.
import type RTCPeerConnection from "webrtc/peer";
import type { RTCDataChannel, RTCDataChannelInit } from "webrtc/peer";
import { advance, begin, end, listen, make, negotiate, settle, thrown } from "./helpers";

beforeEach(begin);
afterEach(end);

/** Two that are connected, and the ends of a channel. */
async function connected(init: RTCDataChannelInit = {}) {
	const [one, other] = [make({ data: {} }), make({ data: {} })];
	const ours = one.createDataChannel("test", init);
	let theirs: RTCDataChannel | undefined;
	other.ondatachannel = ({ channel }) => (theirs = channel);
	await negotiate(one, other);
	await advance(300);
	return { one, other, ours, theirs: theirs! };
}

const attributes = ({
	label,
	ordered,
	maxPacketLifeTime,
	maxRetransmits,
	protocol,
	negotiated,
	id,
}: RTCDataChannel) => ({
	label,
	ordered,
	maxPacketLifeTime,
	maxRetransmits,
	protocol,
	negotiated,
	id,
});

describe("createDataChannel", () => {
	const create =
		(init?: object, label = "") =>
		() =>
			make({ data: {} }).createDataChannel(label, init);

	test("without options has the defaults", () => {
		const channel = create()();
		const defaults = { label: "", ordered: true, maxPacketLifeTime: null, maxRetransmits: null, protocol: "" };
		expect(attributes(channel)).toEqual({ ...defaults, negotiated: false, id: null });
		expect([channel.readyState, channel.bufferedAmount, channel.bufferedAmountLowThreshold]).toEqual([
			"connecting",
			0,
			0,
		]);
	});

	test("takes each option by itself", () => {
		expect(create({ ordered: false })().ordered).toBe(false);
		expect(create({ ordered: undefined })().ordered).toBe(true);
		expect(create({ maxPacketLifeTime: 0 })().maxPacketLifeTime).toBe(0);
		expect(create({ maxRetransmits: 0 })().maxRetransmits).toBe(0);
		expect(create({ maxRetransmits: null })().maxRetransmits).toBe(null);
		expect(create({ protocol: "foo" })().protocol).toBe("foo");
		expect(create({ negotiated: true, id: 3 })().id).toBe(3);
		expect(create({ id: 7 })().id).toBe(null); // only with negotiated
		expect(create({ negotiated: false, id: 42 })().id).toBe(null);
	});

	test.each(["", "bar", "null", "läbel"])("takes the label %j as it is", (label) => {
		expect(create({}, label)().label).toBe(label);
	});

	test("refuses what is out of range", () => {
		for (const key of ["maxPacketLifeTime", "maxRetransmits"])
			for (const value of [-1, 65536]) expect(thrown(create({ [key]: value }))).toBe("TypeError");
		expect(thrown(create({ maxPacketLifeTime: 0, maxRetransmits: 0 }))).toBe("TypeError");
		expect(thrown(create({ negotiated: true }))).toBe("TypeError");
		for (const id of [-1, 65535, 65536]) expect(thrown(create({ negotiated: true, id }))).toBe("TypeError");
		expect(create({ negotiated: true, id: 65534 })().id).toBe(65534);
	});

	test("measures label and protocol in bytes", () => {
		const largest = "ã".repeat(32767);
		expect(create({}, `${largest}x`)().label.length).toBe(32768);
		expect(thrown(create({}, `${largest}xx`))).toBe("TypeError");
		expect(thrown(create({ protocol: `${largest}xx` }))).toBe("TypeError");
	});

	test("refuses an id that is in use, and a connection that is closed", () => {
		const pc = make({ data: {} });
		pc.createDataChannel("a", { negotiated: true, id: 1 });
		expect(thrown(() => pc.createDataChannel("b", { negotiated: true, id: 1 }))).toBe("OperationError");
		pc.close();
		expect(thrown(() => pc.createDataChannel("c"))).toBe("InvalidStateError");
	});

	test("fires negotiationneeded for the first one only", async () => {
		const pc = make({ data: {} });
		const heard = listen(pc, "negotiationneeded");
		pc.createDataChannel("a");
		pc.createDataChannel("b");
		await settle();
		expect(heard).toEqual(["negotiationneeded"]);
	});
});

describe("ondatachannel", () => {
	test("has the channel's attributes, and it is open", async () => {
		const init = { ordered: false, maxRetransmits: 1, protocol: "custom" };
		const [one, other] = [make({ data: {} }), make({ data: {} })];
		const ours = one.createDataChannel("test", init);
		let state = "";
		let theirs: RTCDataChannel | undefined;
		other.ondatachannel = ({ channel }) => {
			state = channel.readyState;
			theirs = channel;
		};
		await negotiate(one, other);
		await advance(300);
		expect(state).toBe("open");
		expect(attributes(theirs!)).toEqual(attributes(ours));
	});

	test("does not come for one that is negotiated, which opens by itself", async () => {
		const [one, other] = [make({ data: {} }), make({ data: {} })];
		const heard = listen(other, "datachannel");
		const ends = [one, other].map((pc) => pc.createDataChannel("test", { negotiated: true, id: 42 }));
		await negotiate(one, other);
		await advance(300);
		expect([heard.length, ...ends.map(({ readyState }) => readyState)]).toEqual([0, "open", "open"]);
	});

	test("is not followed by open where it is closed at once, and is where that comes a moment later", async () => {
		for (const isLater of [false, true]) {
			const [one, other] = [make({ data: {} }), make({ data: {} })];
			const heard: string[] = [];
			other.ondatachannel = ({ channel }) => {
				for (const type of ["open", "close"] as const) channel.addEventListener(type, () => heard.push(type));
				if (isLater) channel.addEventListener("open", () => channel.close());
				else channel.close();
			};
			one.createDataChannel("test");
			await negotiate(one, other);
			await advance(300);
			expect(heard).toEqual(isLater ? ["open", "close"] : ["close"]);
		}
	});
});

describe("id", () => {
	test("is even at DTLS's client and odd at its server, whichever offers", async () => {
		const { one, other, ours } = await connected();
		const back = other.createDataChannel("back");
		await advance(100);
		const isClient = one.localDescription!.sdp.includes("a=setup:active");
		expect([ours.id! % 2, back.id! % 2]).toEqual(isClient ? [0, 1] : [1, 0]);
	});

	test("is another for each, and leaves out those of negotiated ones", async () => {
		const { one, ours } = await connected();
		one.createDataChannel("taken", { negotiated: true, id: ours.id! + 2 });
		const next = one.createDataChannel("next");
		expect(next.id).toBe(ours.id! + 4);
	});

	test("beyond the transport's maximum is refused once that is known", async () => {
		const { one } = await connected();
		const id = one.sctp!.maxChannels!;
		expect(thrown(() => one.createDataChannel("x", { negotiated: true, id }))).toBe("OperationError");
	});
});

describe("send", () => {
	test("throws before it is open, and when it is closed", async () => {
		const pc = make({ data: {} });
		const channel = pc.createDataChannel("x");
		for (const data of ["", new ArrayBuffer(1)]) expect(thrown(() => channel.send(data))).toBe("InvalidStateError");
		channel.close();
		expect(thrown(() => channel.send("x"))).toBe("InvalidStateError");
	});

	test.each(["", "hello", "世界你好", "line\n\ufeff"])("carries the text %j", async (text) => {
		const { ours, theirs } = await connected();
		const came: unknown[] = [];
		theirs.onmessage = ({ data }) => came.push(data);
		ours.send(text);
		await advance(50);
		expect(came).toEqual([text]);
	});

	test("carries buffers and views, of these what they show", async () => {
		const { ours, theirs } = await connected();
		const came: number[][] = [];
		theirs.onmessage = ({ data }) => came.push([...new Uint8Array(data as ArrayBuffer)]);
		const bytes = new Uint8Array([72, 101, 108, 108, 111]);
		ours.send(bytes.buffer);
		ours.send(bytes.subarray(1, 3));
		ours.send(new DataView(bytes.buffer, 4));
		ours.send(new ArrayBuffer(0));
		await advance(50);
		expect(came).toEqual([[72, 101, 108, 108, 111], [101, 108], [111], []]);
	});

	test("takes as much as maxMessageSize, and throws TypeError beyond", async () => {
		const { one, ours } = await connected();
		const largest = one.sctp!.maxMessageSize;
		expect(thrown(() => ours.send(new Uint8Array(largest + 1)))).toBe("TypeError");
		ours.send(new Uint8Array(largest));
	});
});

describe("bufferedAmount", () => {
	test("counts bytes at once, of UTF-8 too, and falls in later tasks", async () => {
		const { ours } = await connected();
		ours.send("世界");
		ours.send(new Uint8Array(10));
		expect(ours.bufferedAmount).toBe(16);
		await advance(50);
		expect(ours.bufferedAmount).toBe(0);
	});

	test("bufferedamountlow comes when it falls to the threshold, once", async () => {
		const { ours } = await connected();
		const heard = listen(ours, "bufferedamountlow");
		ours.bufferedAmountLowThreshold = 5;
		ours.send("abcdef");
		await advance(50);
		expect(heard.length).toBe(1);
		ours.send("abc"); // never above
		await advance(50);
		expect(heard.length).toBe(1);
	});

	test("is not reset by close", async () => {
		const { ours } = await connected();
		ours.send("abc");
		ours.close();
		expect(ours.bufferedAmount).toBe(3);
	});
});

test("binaryType: what is no such type is ignored, and blob is not supported", async () => {
	const { ours } = await connected();
	expect(ours.binaryType).toBe("arraybuffer");
	ours.binaryType = "nonsense";
	expect(ours.binaryType).toBe("arraybuffer");
	expect(thrown(() => (ours.binaryType = "blob"))).toBe("NotSupportedError");
});

describe("close", () => {
	const types = ["closing", "close", "error"];

	test("tells the caller of close, the other side of closing and close", async () => {
		const { ours, theirs } = await connected();
		const [here, there] = [listen(ours, ...types), listen(theirs, ...types)];
		ours.close();
		expect(ours.readyState).toBe("closing");
		await advance(200);
		expect([here, there]).toEqual([["close"], ["closing", "close"]]);
		expect([ours.readyState, theirs.readyState]).toEqual(["closed", "closed"]);
	});

	test("comes after what was sent", async () => {
		const { ours, theirs } = await connected();
		const heard = listen(theirs, "message", ...types);
		for (let i = 0; i < 10; i++) ours.send(new Uint8Array(1000));
		ours.close();
		await advance(500);
		expect(heard).toEqual([...Array.from({ length: 10 }, () => "message"), "closing", "close"]);
	});

	test("of the connection tells the other side's channels of an error and close, and its own of nothing", async () => {
		const { one, ours, theirs } = await connected();
		const [here, there] = [listen(ours, ...types), listen(theirs, ...types)];
		one.close();
		await advance(500);
		expect([ours.readyState, theirs.readyState]).toEqual(["closed", "closed"]);
		expect([here, there]).toEqual([[], ["error", "close"]]);
	});

	test("of the connection says nothing of a channel that is closed already", async () => {
		const { one, ours, theirs } = await connected();
		ours.close();
		await advance(200);
		const there = listen(theirs, ...types);
		one.close();
		await advance(500);
		expect(there).toEqual([]);
	});
});

test("a channel survives a restart of ICE", async () => {
	const { one, other, ours, theirs } = await connected();
	one.restartIce();
	await negotiate(one, other);
	await advance(2000);
	const came: unknown[] = [];
	theirs.onmessage = ({ data }) => came.push(data);
	ours.send("still here");
	await advance(100);
	expect([came, ours.readyState]).toEqual([["still here"], "open"]);
});

describe("RTCSctpTransport", () => {
	test("is null before an answer, and connecting, then connected", async () => {
		const [one, other] = [make({ data: {} }), make({ data: {} })];
		one.createDataChannel("test");
		expect(one.sctp).toBe(null);
		await one.setLocalDescription();
		expect(one.sctp).toBe(null);
		await negotiate(one, other);
		const before: [string, number | null] = [one.sctp!.state, one.sctp!.maxChannels];
		const heard = listen(one.sctp!, "statechange");
		await advance(300);
		expect(before).toEqual(["connecting", null]);
		expect([one.sctp!.state, one.sctp!.maxChannels, heard]).toEqual(["connected", 1024, ["statechange"]]);
	});

	test("is the same object for all channels, and closes with the connection", async () => {
		const { one, other } = await connected();
		const { sctp } = one;
		one.createDataChannel("another");
		await negotiate(one, other);
		expect(one.sctp).toBe(sctp);
		one.close();
		expect(sctp!.state).toBe("closed");
	});

	async function sizeFor(line: string): Promise<number> {
		const [one, other] = [make({ data: {} }), make({ data: {} })];
		one.createDataChannel("test");
		await one.setLocalDescription();
		await other.setRemoteDescription(one.localDescription!);
		await other.setLocalDescription();
		const { type, sdp } = other.localDescription!;
		await one.setRemoteDescription({ type, sdp: sdp.replace(/a=max-message-size:\d+\r\n/, line) });
		return one.sctp!.maxMessageSize;
	}

	test("maxMessageSize is what the peer takes: 65,536 where it does not say, no more than this side can queue", async () => {
		expect(await sizeFor("")).toBe(65536);
		expect(await sizeFor("a=max-message-size:1\r\n")).toBe(1);
		expect(await sizeFor("a=max-message-size:0\r\n")).toBe(1048576 - 64);
	});

	test("maxMessageSize is another with another answer", async () => {
		const { one, other } = await connected();
		const pass = async (from: RTCPeerConnection, to: RTCPeerConnection, size: number) => {
			const { type, sdp } = from.localDescription!;
			await to.setRemoteDescription({
				type,
				sdp: sdp.replace(/a=max-message-size:\d+/, `a=max-message-size:${size}`),
			});
		};
		await one.setLocalDescription(await one.createOffer());
		await other.setRemoteDescription(one.localDescription!);
		await other.setLocalDescription();
		await pass(other, one, 1000);
		expect(one.sctp!.maxMessageSize).toBe(1000);
	});
});
