// SPDX-License-Identifier: Apache-2.0
// The example's signaling over MQTT, and with it the simulator's client: what the checks of conformance do not ask for.
import type WebRTCError from "webrtc/error";
import type { SignalingMessage, SignalingState } from "webrtc/signaling";
import MQTTSignaling, { type MQTTSignalingOptions } from "../../../examples/mqtt-camera/signaling";
import { advance, pendingTimers, resetClock } from "../fakes/moddable/clock";
import Broker from "./broker";

let broker: Broker;
let signaling: MQTTSignaling;
let messages: SignalingMessage[];
let states: SignalingState[];
let errors: WebRTCError[];

async function start(options: Partial<MQTTSignalingOptions> = {}, time = 100): Promise<void> {
	signaling = new MQTTSignaling({
		topic: "porch",
		host: "broker.example",
		client: broker.client,
		random: () => 0.5,
		...options,
	});
	signaling.connect("master", {
		onMessage: (message) => messages.push(message),
		onStateChange: (state) => states.push(state),
		onError: (error) => errors.push(error),
		onIceServers: () => undefined,
	});
	await advance(time);
}

beforeEach(() => {
	resetClock();
	broker = new Broker();
	[messages, states, errors] = [[], [], []];
});
afterEach(async () => {
	signaling.close();
	await advance(1000);
	expect(broker.clients.size).toBe(0);
	expect(pendingTimers()).toBe(0);
});

test("it says that it is there, and the broker says when it is not", async () => {
	await start({ user: "porch", password: "secret" });
	expect(broker.ports).toEqual([1883]);
	expect(broker.connects[0]).toMatch(/porch\/state.*offline.*porch.*secret/s);
	expect(broker.subscriptions).toEqual(["porch/to/+"]);
	signaling.close();
	await advance(100);
	expect(broker.published).toEqual([
		{ topic: "porch/state", text: "online", retain: true },
		{ topic: "porch/state", text: "offline", retain: true },
	]);
	expect(states).toEqual(["connecting", "connected"]);
	expect(errors).toEqual([]);
});

test("what is longer than a device's buffer leaves in parts, and others after it", async () => {
	await start();
	const sdp = `v=0\r\n${"a=x\r\n".repeat(1500)}`;
	signaling.send({ type: "answer", peerId: "ann", sdp });
	signaling.send({ type: "bye", peerId: "bob" });
	await advance(1000);
	const [, answer, bye] = broker.published;
	expect(answer).toEqual({ topic: "porch/from/ann", text: JSON.stringify({ type: "answer", sdp }), retain: false });
	expect(bye).toMatchObject({ topic: "porch/from/bob", text: '{"type":"bye"}' });
});

test("after a cut it subscribes again, says what waited, within a bound, and that it is there", async () => {
	await start();
	broker.isDown = true;
	broker.socket!.fail("reset by peer");
	for (let i = 0; i < 40; i++) signaling.send({ type: "custom", peerId: "ann", kind: "say", data: String(i) });
	await advance(5000);
	broker.isDown = false;
	await advance(30_000);
	expect(broker.subscriptions).toEqual(["porch/to/+", "porch/to/+"]);
	expect(states.slice(1)).toEqual(["connected", "connecting", "connected"]);
	expect(errors.filter(({ code }) => code === "signaling/queue-full")).toHaveLength(8);
	const said = broker.published.flatMap(({ topic, text }) =>
		topic === "porch/from/ann" ? [JSON.parse(text).text] : [],
	);
	expect(said.at(0)).toBe("8");
	expect(said.at(-1)).toBe("39");
	expect(broker.published.at(-1)).toMatchObject({ topic: "porch/state", text: "online" });
});

test("a broker that refuses, and one that falls silent, are told and tried again", async () => {
	broker.returnCode = 5;
	await start();
	expect(errors[0]!.message).toMatch(
		/^MQTT: the broker: the broker refuses, with code 5; the next attempt is in 1 s$/,
	);
	broker.returnCode = 0;
	await advance(10_000);
	expect(signaling.state).toBe("connected");
	broker.answersPings = false;
	await advance(90_000);
	expect(errors.at(-1)!.message).toContain("does not answer any more");
	expect(states.filter((state) => state === "connected").length).toBeGreaterThan(1);
});

test("a message of quality 1 is acknowledged, and told once", async () => {
	await start();
	const socket = broker.socket!;
	const packets: number[] = [];
	const take = broker.take.bind(broker);
	broker.take = (from, data) => {
		packets.push(data[0]! >> 4);
		take(from, data);
	};
	broker.tell("porch/to/ann", '{"type":"bye"}', 1);
	await advance(100);
	expect(messages).toEqual([{ type: "bye", peerId: "ann" }]);
	expect(packets).toEqual([4]);
	expect(socket.isClosed).toBe(false);
});

test("names that are too long, none, or would write lines of their own in a log, are no viewer's", async () => {
	await start();
	const offer = JSON.stringify({ type: "offer", sdp: "v=0\r\n" });
	broker.tell("porch/to/", offer);
	broker.tell(`porch/to/${"x".repeat(65)}`, offer);
	broker.tell(`porch/to/${"x".repeat(64)}`, offer);
	broker.tell("porch/to/ann\npeerConnected", offer);
	await advance(100);
	expect(messages.map(({ peerId }) => peerId.length)).toEqual([64]);
	expect(errors.map(({ code }) => code)).toEqual(Array(3).fill("signaling/bad-message"));
});

test.each([
	["a length that never ends", [0x30, 0xff, 0xff, 0xff, 0xff, 0xff]],
	["a topic that is longer than its message", [0x30, 4, 0, 9, 1, 2]],
	["a message without a topic", [0x30, 2, 0, 0]],
	["a control packet that is too long", [0x90, 0xff, 0x7f]],
	["a topic that is too long, before all of it has come", [0x30, 0xff, 0x7f, 4, 1, 0x61]],
	[
		"a broker that has much to be acknowledged, and takes none of it",
		Array.from({ length: 600 }, () => [0x34, 9, 0, 5, 0x70, 0x2f, 0x74, 0x6f, 0x2f, 0, 1]).flat(),
	],
])("%s ends the connection, and another is made", async (_what, bytes) => {
	await start();
	broker.socket!.tell(Uint8Array.from(bytes));
	await advance(100);
	expect(errors).toHaveLength(1);
	expect(errors[0]!.code).toBe("signaling/connection-failed");
	await advance(5000);
	expect(signaling.state).toBe("connected");
});

test("mistakes are thrown with the option's name", async () => {
	await start();
	expect(() => new MQTTSignaling({ topic: "a/#", host: "h" })).toThrow(/^topic: /);
	const viewer = new MQTTSignaling({ topic: "a", host: "h" });
	expect(() => viewer.connect("viewer", {} as never)).toThrow(/^role: /);
});
