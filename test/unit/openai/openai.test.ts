// SPDX-License-Identifier: Apache-2.0
// A call to OpenAI's realtime API, with a stand-in that answers as its description says: one POST, a key for a while.
import WebRTCApp, { type WebRTCAppEvent } from "webrtc/app";
import type WebRTCError from "webrtc/error";
import { defaultMedia } from "webrtc/media/defaults";
import RTCPeerConnection, { type RTCDataChannel } from "webrtc/peer";
import type { SignalingHandler, SignalingMessage, SignalingState } from "webrtc/signaling";
import OpenAIRealtimeSignaling, { eventsLabel, serverId, type OpenAIRealtimeOptions } from "webrtc/signaling/openai";
import { sdp } from "../kvs/client";
import MediaServer from "../whip/server";
import { advance, pendingTimers, resetClock } from "../fakes/moddable/clock";
import { openNatives } from "../fakes/native/transport";

let server: MediaServer;
let signaling: OpenAIRealtimeSignaling;
let messages: SignalingMessage[];
let states: SignalingState[];
let errors: WebRTCError[];
let keys: number;

const handler: SignalingHandler = {
	onMessage(message) {
		messages.push(message);
		if (message.type === "offer-request")
			signaling.send({ type: "offer", peerId: message.peerId, sdp: sdp("offer") });
	},
	onStateChange: (state) => states.push(state),
	onError: (error) => errors.push(error),
	onIceServers: () => {
		throw new Error("it names none");
	},
};

function make(options: Partial<OpenAIRealtimeOptions> = {}): OpenAIRealtimeSignaling {
	const key = () => `ek_${++keys}`;
	return (signaling = new OpenAIRealtimeSignaling({ key, ...server.dictionaries, random: () => 0.5, ...options }));
}

async function start(options: Partial<OpenAIRealtimeOptions> = {}, time = 1000): Promise<void> {
	make(options).connect("viewer", handler);
	await advance(time);
}

const authorizations = () => server.requests.map(({ headers }) => headers.get("authorization"));

beforeEach(() => {
	resetClock();
	server = new MediaServer();
	server.behaviour.patch = false;
	server.behaviour.link = '<stun:s.example>; rel="ice-server"';
	[messages, states, errors, keys] = [[], [], [], 0];
});
afterEach(async () => {
	signaling.close();
	await advance(70_000);
	expect(server.clients.size).toBe(0);
	expect(pendingTimers()).toBe(0);
});

test("a call is one POST with a key, and an answer", async () => {
	await start();
	expect(server.requests).toHaveLength(1);
	const [{ method, path, headers, body }] = server.requests as [(typeof server.requests)[0]];
	expect([method, path, body]).toEqual(["POST", "/v1/realtime/calls", sdp("offer")]);
	expect(headers.get("content-type")).toBe("application/sdp");
	expect(authorizations()).toEqual(["Bearer ek_1"]);
	expect(server.connections).toEqual(["api.openai.com"]);
	expect(states).toEqual(["connecting", "connected"]);
	expect(messages.map(({ type }) => type)).toEqual(["offer-request", "answer"]);
	expect(signaling.capabilities).toEqual({ trickle: false });
	signaling.send({ type: "candidate", peerId: serverId, candidate: { candidate: "candidate:1" } });
	await advance(100);
	signaling.close();
	await advance(5000);
	expect(server.methods()).toEqual(["POST"]);
	expect(errors).toEqual([]);
});

test("each call has a key of its own, which may take its time", async () => {
	await start({ key: () => new Promise((resolve) => setTimeout(() => resolve(`ek_${++keys}`), 0)) }, 10);
	await new Promise((resolve) => setTimeout(resolve, 20));
	await advance(1000);
	signaling.send({ type: "bye", peerId: serverId });
	await advance(5000);
	await new Promise((resolve) => setTimeout(resolve, 20));
	await advance(1000);
	expect(authorizations()).toEqual(["Bearer ek_1", "Bearer ek_2"]);
	expect(states).toEqual(["connecting", "connected", "disconnected", "connecting", "connected"]);
});

test.each([
	[
		"throws",
		() => {
			throw new Error("the server of ours is away");
		},
	],
	["rejects", () => Promise.reject(new Error("the server of ours is away"))],
	["is nonsense", () => "ek_\r\nx: y"],
	["is nothing", () => undefined as never],
])("a key that %s is told, and asked for again", async (_what, bad) => {
	let first = true;
	const key = () => {
		if (!first) return "ek_good";
		first = false;
		return bad();
	};
	const trace = Object.getOwnPropertyDescriptor(globalThis, "trace")!;
	Object.defineProperty(globalThis, "trace", { configurable: true, value: () => undefined });
	await start({ key }, 5000);
	Object.defineProperty(globalThis, "trace", trace);
	expect(errors).toHaveLength(1);
	expect(errors[0]!.message).not.toContain("ek_");
	expect(authorizations()).toEqual(["Bearer ek_good"]);
	expect(states).toEqual(["connecting", "connected"]);
});

test("a key that is refused is the end; too many calls are not", async () => {
	server.script.set("POST", [
		{ status: 429, headers: { "retry-after": "7" } },
		{ status: 401, body: "expired" },
	]);
	await start({}, 6000);
	expect(errors[0]).toMatchObject({ code: "signaling/throttled" });
	await advance(10_000);
	expect(states).toEqual(["connecting", "failed"]);
	expect(errors[1]!.message).toBe("OPENAI: the server answers with status 401: expired");
	expect(authorizations()).toEqual(["Bearer ek_1", "Bearer ek_2"]);
});

test("what the service says is told in its words, without the key that it repeats", async () => {
	const said = (message: unknown) => JSON.stringify({ error: { message, code: "invalid_api_key" } }, null, 2);
	server.script.set("POST", [
		{ status: 500, body: said(`The key ek_1, yes, ek_1, ${"is no good. ".repeat(40)}`) },
		{ status: 500, body: "{ ek_2" },
		{ status: 401, body: said({}) },
	]);
	await start({}, 40_000);
	expect(errors[0]!.message).toMatch(/status 500: The key \*\*\*, yes, \*\*\*, is no good\. /);
	expect(errors[0]!.message.length).toBeLessThan(280);
	expect(errors[1]!.message).toContain("status 500: { ***; ");
	expect(errors[2]!.message).toMatch(/status 401: \{/);
	expect(errors.map(({ message }) => message).join()).not.toMatch(/ek_\d/);
});

test("closed while a key is awaited, it makes no call", async () => {
	let give!: (key: string) => void;
	await start({ key: () => new Promise((resolve) => (give = resolve)) });
	signaling.close();
	give("ek_late");
	await advance(5000);
	expect(server.requests).toEqual([]);
	expect(messages).toEqual([]);
});

test("a key that comes after its call was given up is not used", async () => {
	const give: ((key: string) => void)[] = [];
	await start({ key: () => new Promise((resolve) => give.push(resolve)) });
	signaling.send({ type: "bye", peerId: serverId });
	await advance(5000);
	expect(give).toHaveLength(2);
	give[0]!("ek_old");
	await advance(1000);
	expect(server.requests).toEqual([]);
	give[1]!("ek_new");
	await advance(1000);
	expect(authorizations()).toEqual(["Bearer ek_new"]);
});

test("mistakes are thrown with the option's name", () => {
	expect(() => make({ key: "ek_1" as never })).toThrow(/^key: /);
	expect(() => make({ url: "nowhere" })).toThrow(/^url/);
	expect(() => make().connect("master", handler)).toThrow(/^role: OPENAI is for a viewer/);
});

/** The service's own peer answers before the offer leaves: the stand-in's network knows no waiting. */
class StandIn extends OpenAIRealtimeSignaling {
	readonly service = new RTCPeerConnection();
	channel: RTCDataChannel | undefined;
	heard: string[] = [];

	override send(message: SignalingMessage): void {
		if (message.type !== "offer") return super.send(message);
		this.service.ondatachannel = ({ channel }) => {
			this.channel = channel;
			channel.onmessage = ({ data }) => this.heard.push(String(data));
		};
		void this.service.acceptOffer(message.sdp, { receive: true, complete: true }).then((answer) => {
			server.answer = answer.sdp;
			super.send(message);
		});
	}
}

test("an assistant: sound both ways in one section, events by a data channel that this side opens", async () => {
	server.behaviour.data = true;
	const standIn = new StandIn({ key: () => "ek_1", ...server.dictionaries });
	signaling = standIn;
	const events: string[] = [];
	const app = new WebRTCApp({
		signaling,
		role: "viewer",
		media: "audio",
		audioCapture: defaultMedia({ video: false }).audioCapture,
		data: {
			control: eventsLabel,
			onMessage: (_peerId, { label }, data) => events.push(`${label}: ${String(data)}`),
		},
		onEvent: ({ type, error }: WebRTCAppEvent) => error && errors.push(error) && events.push(type),
	});
	await Promise.all([app.run(), advance(1000)]);
	const { body } = server.find("POST")!;
	expect(body.match(/^m=\w+/gm)).toEqual(["m=audio", "m=application"]);
	expect(body).toContain("a=sendrecv");
	expect(body).toContain("a=candidate:");
	await advance(1000);
	expect(app.connection(serverId)!.connectionState).toBe("connected");
	app.sendData(serverId, eventsLabel, '{"type":"response.create"}');
	await advance(100);
	expect(standIn.heard).toEqual(['{"type":"response.create"}']);
	standIn.channel!.send('{"type":"response.done"}');
	await advance(100);
	expect(events).toEqual(['oai-events: {"type":"response.done"}']);
	expect(errors).toEqual([]);
	app.terminate();
	standIn.service.close();
	await advance(1000);
	expect(openNatives()).toBe(0);
});
