// SPDX-License-Identifier: Apache-2.0
// All ways of signaling, run through the checks that any has to pass.
import AppRTCSignaling from "webrtc/signaling/apprtc";
import checkConformance, { type Bench, type BenchMessage } from "webrtc/signaling/conformance";
import Go2rtcSignaling from "webrtc/signaling/go2rtc";
import KVSSignaling from "webrtc/signaling/kvs";
import WHEPSignaling from "webrtc/signaling/whep";
import WHEPClientSignaling from "webrtc/signaling/whep/client";
import OpenAIRealtimeSignaling from "webrtc/signaling/openai";
import WHIPSignaling from "webrtc/signaling/whip";
import type {
	SignalingClient,
	SignalingHandler,
	SignalingMessage,
	SignalingRole,
	SignalingState,
} from "webrtc/signaling";
import RoomSignaling from "../../../examples/custom-signaling/rooms";
import MQTTSignaling from "../../../examples/mqtt-camera/signaling";
import AppRTCService from "../apprtc/service";
import { seeded } from "../kvs/client";
import Service, { messageOf } from "../kvs/service";
import Broker from "../mqtt/broker";
import MediaServer from "../whip/server";
import { kinds, makeNetwork } from "../http/sockets";
import { makeWebSocketClient, type FakeWebSocket, type Service as NetworkService } from "../kvs/network";
import { advance, pendingTimers, resetClock, schedule } from "../fakes/moddable/clock";
import preference from "../fakes/moddable/preference";

const candidateOf = (candidate: string) => ({ candidate, sdpMid: "0", sdpMLineIndex: 0 });

/** What all benches share. */
const common = (service: { clients: Set<object> }) => ({ wait: advance, held: () => service.clients.size });

function kvs(role: SignalingRole): Bench {
	const service = new Service();
	service.limitAge = 1e9; // its timers are not the client's
	service.addChannel("porch");
	const { accessKeyId } = service.issue();
	jest.spyOn(Date, "now").mockImplementation(() => service.now);
	const credentials = {
		get: async () => ({
			...service.issue(),
			accessKeyId,
			secretAccessKey: service.accounts.get(accessKeyId)!.secret,
			sessionToken: service.accounts.get(accessKeyId)!.token,
		}),
	};
	const client = new KVSSignaling({
		...service.dictionaries,
		channelName: "porch",
		region: "eu-west-1",
		clientId: "ann",
		credentials: credentials as never,
	});
	const socket = () =>
		service.sockets.filter((one) => one.role === (role === "master" ? "MASTER" : "VIEWER")).at(-1)!;
	const sender = role === "master" ? "bob" : "";
	const actions: Record<string, string> = { offer: "SDP_OFFER", answer: "SDP_ANSWER", candidate: "ICE_CANDIDATE" };
	const say = (message: BenchMessage): boolean => {
		const action = actions[message.type];
		if (!action) return false;
		const payload = message.type === "candidate" ? candidateOf(message.candidate) : message;
		socket().sendToClient(messageOf(action, payload as never, sender || undefined));
		return true;
	};
	// A viewer makes its offer by itself: nobody asks it to.
	const ask = (owner: SignalingHandler) => owner.onMessage({ type: "offer-request", peerId: "MASTER" });
	let owner: SignalingHandler | undefined;
	return {
		...common(service),
		client: watched(client, (handler) => (owner = handler)),
		role,
		offers: role === "master" ? "peer" : "client",
		arrive: (sdp) => (role === "master" ? say({ type: "offer", sdp }) : ask(owner!)),
		say,
		get heard() {
			return service.received.map(({ payload }) => plain(payload));
		},
		cut: () => socket().reset(),
		babble() {
			for (const text of ["{", '{"messageType":"SDP_OFFER"}', '{"messageType":"?"}', "x".repeat(20_000)])
				socket().sendToClient(text);
		},
		end() {},
	};
}

/** Payloads of KVS and AppRTC as the bench has them. */
function plain(payload: Record<string, unknown>): BenchMessage {
	const { type, sdp, candidate, data } = payload as Record<string, string>;
	if (type === "offer" || type === "answer") return { type, sdp: sdp! };
	if (candidate) return { type: "candidate", candidate };
	return type === "customized" ? { type: "custom", data: data! } : { type: "bye" };
}

/** The same client, whose owner the bench knows. */
function watched(client: SignalingClient, tell: (owner: SignalingHandler) => void): SignalingClient {
	return new Proxy(client, {
		get(target, name) {
			if (name === "connect")
				return (role: SignalingRole, handler: SignalingHandler) => {
					target.connect(role, handler);
					tell(handler);
				};
			const value: unknown = Reflect.get(target, name, target);
			return typeof value === "function" ? value.bind(target) : value;
		},
	});
}

function apprtc(first: "device" | "peer"): Bench {
	const service = new AppRTCService();
	const heard: BenchMessage[] = [];
	const client = new AppRTCSignaling({ ...service.dictionaries, room: "porch", random: seeded(1) });
	let id = "";
	const leave = () => {
		service.leave("porch", id);
		id = "";
	};
	const join = () => {
		const { params } = service.join("porch") as { params: { client_id: string; messages: string[] } };
		id = params.client_id;
		for (const text of params.messages) heard.push(plain(JSON.parse(text)));
		// The peer's end of the collider.
		service.rooms.get("porch")!.get(id)!.socket = {
			gone: false,
			sendToClient(text: string) {
				const message = plain(JSON.parse(JSON.parse(text).msg));
				heard.push(message);
				if (message.type === "bye" && first === "device") leave(); // it has no more to say
			},
		} as never;
	};
	if (first === "peer") join();
	const wire = (message: BenchMessage): object =>
		message.type === "candidate"
			? { type: "candidate", label: 0, id: "0", candidate: message.candidate }
			: message.type === "custom"
				? { type: "customized", data: message.data }
				: message;
	const say = (message: BenchMessage): boolean => {
		service.pass("porch", id, JSON.stringify(wire(message)));
		if (message.type !== "bye") return true;
		leave();
		return true;
	};
	const socket = () => service.sockets.filter(({ gone }) => !gone).at(-1)!;
	return {
		...common(service),
		client,
		role: "master",
		offers: first === "device" ? "client" : "peer",
		arrive(sdp) {
			if (!id) join();
			if (first === "peer") say({ type: "offer", sdp });
		},
		say,
		heard,
		cut: () => socket().reset(),
		babble() {
			for (const text of ["{", '{"msg":"{"}', '{"msg":"{\\"type\\":\\"offer\\"}"}', "x".repeat(20_000)])
				socket().sendToClient(text);
		},
		end() {
			if (id) service.leave("porch", id);
		},
	};
}

function whepServer(): Bench {
	const network = makeNetwork(kinds[0]!);
	const client = new WHEPSignaling({ port: 8080, listener: network.Listener as never });
	const heard: BenchMessage[] = [];
	let last: ReturnType<typeof network.connect> | undefined;
	const request = (method: string, path: string, type: string, body: string) => {
		const length = body ? `content-type: ${type}\r\ncontent-length: ${body.length}\r\n` : "";
		return network.connect().send(`${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1:8080\r\n${length}\r\n${body}`);
	};
	const session = () => `/${last!.header("location")}`;
	return {
		wait: advance,
		client,
		role: "master",
		offers: "peer",
		arrive: (sdp) => void (last = request("POST", "/whep", "application/sdp", sdp)),
		say(message) {
			if (message.type === "bye") request("DELETE", session(), "", "");
			if (message.type !== "candidate") return message.type === "bye";
			const body = `a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\nm=video 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=${message.candidate}\r\n`;
			request("PATCH", session(), "application/trickle-ice-sdpfrag", body);
			return true;
		},
		get heard() {
			if (last?.status === 201 && !heard.some((one) => "sdp" in one && one.sdp === last!.body))
				heard.push({ type: "answer", sdp: last.body });
			return heard;
		},
		babble() {
			request("POST", "/whep", "application/sdp", "nonsense");
			request("PATCH", "/whep/nobody", "application/trickle-ice-sdpfrag", "nonsense");
			network.connect().send("nonsense\r\n\r\n");
		},
		held: () => network.open() + pendingTimers(),
		end() {},
	};
}

type MediaServerOptions = ConstructorParameters<typeof WHIPSignaling>[0];
const whip = (options: MediaServerOptions) => new WHIPSignaling(options);
const whep = (options: MediaServerOptions) => new WHEPClientSignaling(options);
const openai = (options: MediaServerOptions) => new OpenAIRealtimeSignaling({ ...options, key: () => "ek_1" });

function mediaServer(
	role: SignalingRole,
	patch: boolean,
	make: (options: MediaServerOptions) => SignalingClient,
): Bench {
	const server = new MediaServer();
	server.behaviour.patch = patch;
	const client = make({ url: "https://media.example/live/whip", ...server.dictionaries, random: seeded(1) });
	// The server answers as soon as the bench says the answer: until then the offer waits.
	const handle = server.handleRequest.bind(server);
	server.handleRequest = (...parameters) => {
		const [, method] = parameters;
		if (method === "POST") server.answer = answers.shift() ?? server.answer;
		return handle(...parameters);
	};
	const answers: string[] = [];
	return {
		...common(server),
		client: answering(client, answers, role),
		role,
		offers: "client",
		arrive() {},
		// Its answer is there already, with all candidates; its end shows in the media.
		say: ({ type }) => type === "answer",
		get heard(): BenchMessage[] {
			return [
				...server.requests.flatMap(({ method, body }) =>
					method === "POST" ? [{ type: "offer" as const, sdp: body }] : [],
				),
				...server.candidates.map((candidate) => ({ type: "candidate" as const, candidate })),
			];
		},
		end() {},
	};
}

/** A server of WebSockets alone, of which `receive` is told what comes. */
function socketService(receive: NetworkService["receive"]): NetworkService & { wss: never; last(): FakeWebSocket } {
	const service: NetworkService = {
		clients: new Set(),
		connections: [],
		sockets: [],
		dnsDown: false,
		delay: 10,
		pongs: true,
		handleRequest: () => ({ status: 404 }),
		accept: (socket) => service.sockets.push(socket) > 0,
		receive,
	};
	const wss = { io: makeWebSocketClient(service), dns: { io: class {} }, socket: { io: class {} } } as never;
	return Object.assign(service, { wss, last: () => service.sockets.filter(({ gone }) => !gone).at(-1)! });
}

function go2rtc(): Bench {
	const heard: BenchMessage[] = [];
	const service = socketService((_socket, text) => {
		const { type, value } = JSON.parse(text) as Record<string, string>;
		heard.push(type === "webrtc/offer" ? { type: "offer", sdp: value! } : { type: "candidate", candidate: value! });
	});
	const tell = (type: string, value: string) => service.last().sendToClient(JSON.stringify({ type, value }));
	return {
		...common(service),
		client: new Go2rtcSignaling({ url: "wss://go2rtc.example/api/ws?dst=porch", wss: service.wss }),
		role: "master",
		offers: "client",
		arrive() {},
		say(message) {
			if (message.type === "answer") tell("webrtc/answer", message.sdp);
			else if (message.type === "candidate") tell("webrtc/candidate", message.candidate);
			return message.type === "answer" || message.type === "candidate";
		},
		heard,
		babble() {
			for (const text of [
				"{",
				'{"type":"webrtc/answer"}',
				'{"type":"webrtc/candidate","value":5}',
				'{"type":"mse"}',
				"x".repeat(20_000),
			])
				service.last().sendToClient(text);
		},
		end() {},
	};
}

/** The example of a signaling of one's own: the device is asked for an offer to each viewer. */
function rooms(): Bench {
	const heard: BenchMessage[] = [];
	const service = socketService((socket, text) => {
		const { type, ...message } = JSON.parse(text);
		if (type === "join") return socket.sendToClient('{"type":"joined","id":"device","iceServers":[]}');
		heard.push(plain(type === "say" ? { type: "customized", data: message.text } : { type, ...message }));
	});
	const socket = () => service.last();
	const tell = (message: object) => socket().sendToClient(JSON.stringify({ from: "viewer", ...message }));
	return {
		...common(service),
		client: new RoomSignaling({ server: "wss://rooms.example/", room: "porch", wss: service.wss }),
		role: "master",
		offers: "client",
		arrive: () => tell({ type: "wanted" }),
		say(message) {
			if (message.type === "candidate") tell({ type: "candidate", ...candidateOf(message.candidate) });
			else tell(message.type === "custom" ? { type: "say", text: message.data } : message);
			return true;
		},
		heard,
		cut: () => socket().reset(),
		babble() {
			for (const text of ["{", '{"from":"x"}', '{"from":"x","type":"offer"}', "x".repeat(20_000)])
				socket().sendToClient(text);
		},
		end() {},
	};
}

/** The example mqtt-camera: a viewer makes its offer by way of a broker. */
function mqtt(): Bench {
	const broker = new Broker();
	const heard: BenchMessage[] = [];
	broker.onPublish = ({ topic, text }) => {
		if (!topic.startsWith("porch/from/")) return;
		const { type, ...message } = JSON.parse(text);
		heard.push(plain(type === "say" ? { type: "customized", data: message.text } : { type, ...message }));
	};
	const tell = (message: object) => broker.tell("porch/to/ann", JSON.stringify(message));
	return {
		...common(broker),
		client: new MQTTSignaling({ topic: "porch", host: "broker.example", client: broker.client }),
		role: "master",
		offers: "peer",
		arrive: (sdp) => tell({ type: "offer", sdp }),
		say(message) {
			if (message.type === "candidate") tell({ type: "candidate", ...candidateOf(message.candidate) });
			else tell(message.type === "custom" ? { type: "say", text: message.data } : message);
			return true;
		},
		heard,
		cut: () => broker.socket!.fail("reset by peer"),
		babble() {
			for (const text of ["{", '{"type":"offer"}', "x".repeat(20_000)]) broker.tell("porch/to/ann", text);
			broker.tell("porch/to/", '{"type":"bye"}');
			broker.tell(`porch/to/${"x".repeat(65)}`, '{"type":"bye"}');
		},
		end() {},
	};
}

/** Servers answer at once: with the text that the checks answer an offer with. */
function answering(client: SignalingClient, answers: string[], _role: SignalingRole): SignalingClient {
	return new Proxy(client, {
		get(target, name) {
			if (name === "send")
				return (message: SignalingMessage) => {
					if (message.type === "offer")
						answers.push(
							message.sdp
								.replace("an offer", "an answer")
								.replace("- 1 1", "- 2 1")
								.replace("- 3 1", "- 4 1"),
						);
					target.send(message);
				};
			const value: unknown = Reflect.get(target, name, target);
			return typeof value === "function" ? value.bind(target) : value;
		},
	});
}

beforeEach(() => {
	resetClock();
	preference.reset();
});
afterEach(() => {
	jest.restoreAllMocks();
});

describe.each([
	["KVS, as master", () => kvs("master"), 3],
	["KVS, as viewer", () => kvs("viewer"), 2],
	["AppRTC, first in the room", () => apprtc("device"), 1],
	["AppRTC, second in the room", () => apprtc("peer"), 0],
	["WHEP, as server", whepServer, 3],
	["WHIP", () => mediaServer("master", true, whip), 4],
	["WHIP without PATCH", () => mediaServer("master", false, whip), 5],
	["OpenAI's realtime API", () => mediaServer("viewer", false, openai), 5],
	["go2rtc", go2rtc, 5],
	["the example custom-signaling", rooms, 0],
	["the example mqtt-camera", mqtt, 0],
	["WHEP, as client", () => mediaServer("viewer", true, whep), 4],
] as const)("%s", (_name, makeBench, skipped) => {
	test("conforms", async () => {
		const results = await checkConformance(() => {
			resetClock();
			preference.reset();
			return makeBench();
		});
		expect(results.filter(({ error }) => error)).toEqual([]);
		expect(results.filter((result) => result.skipped).length).toBeLessThanOrEqual(skipped + 2);
		expect(results.length).toBeGreaterThan(20);
	});
});

/** What is wrong, and the check that finds it. */
const faults: [string, string, (client: SignalingClient) => Partial<Record<keyof SignalingClient, unknown>>][] = [
	[
		"loses candidates",
		"three candidates arrive",
		(client) => ({ send: (message: SignalingMessage) => message.type !== "candidate" && client.send(message) }),
	],
	[
		"changes an answer",
		"the answer arrives, unchanged",
		(client) => ({
			send: (message: SignalingMessage) =>
				client.send("sdp" in message ? { ...message, sdp: `${message.sdp} ` } : message),
		}),
	],
	[
		"connects twice",
		"a second connect throws",
		(client) => ({
			connect: (role: SignalingRole, handler: SignalingHandler) =>
				client.state === "new" && client.connect(role, handler),
		}),
	],
	[
		"does not stay connected",
		"it is connected",
		(client) => {
			let state: SignalingState | undefined;
			const connect = (role: SignalingRole, handler: SignalingHandler) => {
				client.connect(role, handler);
				schedule(() => handler.onStateChange((state = "connecting")), 500);
			};
			return Object.defineProperty({ connect }, "state", { enumerable: true, get: () => state ?? client.state });
		},
	],
	["does not close", 'its state is "disconnected"', () => ({ close: () => undefined })],
	[
		"does not throw after close",
		'send throws "signaling/closed"',
		(client) => ({ send: (message: SignalingMessage) => client.state === "connected" && client.send(message) }),
	],
	[
		"speaks after close",
		"nothing is told after its end",
		(client) => ({
			connect(role: SignalingRole, handler: SignalingHandler) {
				client.connect(role, handler);
				schedule(() => handler.onError(new Error("late") as never), 5000);
			},
		}),
	],
	[
		"tells a state twice",
		"no state is told twice in a row",
		(client) => ({
			connect(role: SignalingRole, handler: SignalingHandler) {
				client.connect(role, {
					...bound(handler),
					onStateChange: (state) => [state, state].forEach((each) => handler.onStateChange(each)),
				});
			},
		}),
	],
];

const bound = (handler: SignalingHandler): SignalingHandler => ({
	onMessage: (message) => handler.onMessage(message),
	onStateChange: (state) => handler.onStateChange(state),
	onError: (error) => handler.onError(error),
	onIceServers: (servers) => handler.onIceServers(servers),
});

test.each(faults)("a client that %s does not conform", async (_what, found, change) => {
	const results = await checkConformance(() => {
		resetClock();
		const bench = apprtc("peer");
		const changes = change(bench.client);
		const client = new Proxy(bench.client, {
			get(target, name) {
				if (name in changes) return changes[name as keyof SignalingClient];
				const value: unknown = Reflect.get(target, name, target);
				return typeof value === "function" ? value.bind(target) : value;
			},
		});
		return Object.defineProperty(bench, "client", { value: client });
	});
	expect(results.map(({ error }) => error).join("\n")).toContain(found);
});
