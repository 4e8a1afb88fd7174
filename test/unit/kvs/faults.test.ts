// SPDX-License-Identifier: Apache-2.0
// Each thing that can go wrong, and its own recovery.
import { CallbackCredentials, StaticCredentials } from "webrtc/aws/credentials";
import Client, { sdp, seeded } from "./client";
import Service, { messageOf, type Reply } from "./service";
import { advance, currentTime, resetClock, schedule } from "../fakes/moddable/clock";
import preference from "../fakes/moddable/preference";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

let service: Service;
let deviceOffset: number;
let clients: Client[];

beforeEach(() => {
	resetClock();
	preference.reset();
	deviceOffset = 0;
	clients = [];
	service = new Service();
	service.addChannel("porch");
	jest.spyOn(Math, "random").mockImplementation(seeded(1));
	jest.spyOn(Date, "now").mockImplementation(() => service.now + deviceOffset);
});
afterEach(() => {
	for (const { signaling } of clients) signaling.close();
	jest.restoreAllMocks();
});

async function start(
	options: ConstructorParameters<typeof Client>[1] = {},
	lifetime?: number,
	role: "master" | "viewer" = "master",
): Promise<Client> {
	const client = new Client(service, options, lifetime);
	clients.push(client);
	client.answer = ({ peerId }) => client.signaling.send({ type: "answer", peerId, sdp: sdp(peerId) });
	client.connect(role);
	await advance(second);
	return client;
}

const offer = (id: string) => messageOf("SDP_OFFER", { type: "offer", sdp: sdp(id) }, id);
const answered = () =>
	service.received.filter(({ action }) => action === "SDP_ANSWER").map(({ recipient }) => recipient);
const refused = (type: string, status = 400): Reply => ({ status, headers: { "x-amzn-errortype": type }, body: "{}" });

describe("the connection", () => {
	test("GO_AWAY in the middle of an offer: the successor is there before the old one goes, and the offer is answered", async () => {
		const client = await start();
		await advance(minute);
		const old = service.master("porch")!;
		old.sendToClient(messageOf("GO_AWAY", undefined));
		await advance(100);
		old.sendToClient(offer("early"), 40); // on its way while the successor is made
		await advance(250);
		expect(old.gone).toBe(false);
		old.sendToClient(offer("late"), 40); // the service knows of the successor, but this was under way
		await advance(5 * second);
		expect(old.gone).toBe(true);
		expect(service.master("porch")).not.toBe(old);
		expect(answered().sort()).toEqual(["early", "late"]);
		expect(client.states).toEqual(["connecting", "connected"]);
		expect(client.errors).toEqual([]);
	});

	test("a close with code 1001 is no error, and not all come back at the same moment", async () => {
		const client = await start();
		const times: number[] = [];
		for (let i = 0; i < 20; i++) {
			await advance(minute);
			service.master("porch")!.closeFromService(1001);
			const before = currentTime();
			while (client.signaling.statistics.connections < i + 2) await advance(10);
			times.push(currentTime() - before);
		}
		expect(client.states.slice(0, 5)).toEqual([
			...["connecting", "connected", "disconnected", "connecting", "connected"],
		]);
		expect(client.errors).toEqual([]);
		expect(Math.min(...times)).toBeLessThan(300);
		expect(Math.max(...times)).toBeGreaterThan(800);
		expect(Math.max(...times)).toBeLessThan(1_150);
	});

	test("a service that says 1001 all the time is not stormed", async () => {
		const client = await start();
		for (let i = 0; i < 600; i++) {
			service.master("porch")?.closeFromService(1001);
			await advance(100);
		}
		expect(service.connections.length).toBeLessThan(60);
		await advance(20 * second);
		expect(client.signaling.state).toBe("connected");
	});

	test("is replaced before the service's hour is over", async () => {
		const client = await start();
		await advance(10 * hour);
		expect(client.states).toEqual(["connecting", "connected"]);
		expect(client.signaling.statistics.connections).toBeGreaterThanOrEqual(11);
		expect(client.signaling.statistics.connections).toBeLessThanOrEqual(13);
		expect(client.errors).toEqual([]);
	});

	test("that is dead is found out, and what it swallowed is sent again", async () => {
		const client = await start();
		await advance(minute);
		const dead = service.master("porch")!;
		dead.sendToClient(offer("viewer-1"));
		await advance(11); // it has come, and the answer is on its way
		dead.die();
		await advance(25 * second);
		expect(service.master("porch")).not.toBe(dead);
		expect(answered()).toContain("viewer-1");
		expect(client.codes()).toEqual(["signaling/connection-failed"]);
	});

	test("of a service that answers no pings is taken for dead once", async () => {
		service.pongs = false;
		const client = await start();
		await advance(58 * second);
		expect(client.errors).toEqual([]);
		await advance(5 * hour);
		expect(client.codes()).toEqual(["signaling/connection-failed"]);
		expect(client.signaling.statistics.connections).toBe(7); // one an hour
	});

	test("that is dead before it answers is found out", async () => {
		const { accept } = service;
		let isFirst = true;
		service.accept = (socket, ...rest) => {
			if (isFirst) schedule(() => socket.die(), 15);
			isFirst = false;
			return accept.call(service, socket, ...rest);
		};
		const client = await start();
		const dead = service.master("porch")!;
		expect(client.signaling.state).toBe("connected");
		await advance(minute + second);
		expect(service.master("porch")).not.toBe(dead);
		expect(client.signaling.state).toBe("connected");
		service.master("porch")!.die(); // the service answers: this is noticed sooner
		await advance(25 * second);
		expect(client.signaling.statistics.connections).toBe(3);
	});

	test("to a service that answered former ones is dead without an answer", async () => {
		const client = await start();
		await advance(minute);
		const { accept } = service;
		service.accept = (socket, ...rest) => {
			schedule(() => socket.die(), 15);
			service.accept = accept;
			return accept.call(service, socket, ...rest);
		};
		service.master("porch")!.reset();
		await advance(12 * second);
		expect(client.signaling.statistics.connections).toBe(3);
	});

	test("that breaks takes nothing along that was not confirmed, and repeats nothing that was", async () => {
		const client = await start();
		await advance(minute);
		service.master("porch")!.sendToClient(offer("confirmed"));
		await advance(second);
		service.master("porch")!.reset();
		await advance(5 * second);
		expect(answered()).toEqual(["confirmed"]);
		expect(client.signaling.statistics.messagesRepeated).toBe(0);
	});

	test("what is sent while there is none goes out with the next; what gets too old is reported", async () => {
		const client = await start();
		await advance(minute);
		service.dnsDown = true;
		service.master("porch")!.reset();
		await advance(25 * second);
		client.signaling.send({ type: "answer", peerId: "patient", sdp: sdp("") });
		await advance(10 * second);
		service.dnsDown = false;
		await advance(20 * second);
		expect(answered()).toEqual(["patient"]);
		service.dnsDown = true;
		await advance(30 * second);
		client.signaling.send({ type: "answer", peerId: "impatient", sdp: sdp("") });
		await advance(2 * minute);
		expect(client.codes()).toContain("signaling/queue-full");
		expect(client.signaling.statistics.messagesDropped).toBe(1);
	});

	test("queues within bounds: candidates give way first", async () => {
		const client = await start();
		service.dnsDown = true;
		await advance(30 * second);
		client.signaling.send({ type: "answer", peerId: "v", sdp: sdp("") });
		for (let i = 0; i < 500; i++)
			client.signaling.send({ type: "candidate", peerId: "v", candidate: { candidate: `candidate:${i}` } });
		expect(client.signaling.statistics.messagesDropped).toBe(501 - 64);
		service.dnsDown = false;
		await advance(30 * second);
		expect(answered()).toEqual(["v"]);
		expect(service.received).toHaveLength(64);
	});
});

describe("cut at each state", () => {
	const calls = ["describeSignalingChannel", "getSignalingChannelEndpoint", "v1/get-ice-server-config"];
	const faults: [string, Reply | "drop" | "reset"][] = [
		["no answer", "drop"],
		["a reset", "reset"],
		["status 500", { status: 500, body: "<html>" }],
		["status 503", refused("ServiceUnavailable", 503)],
		["an invalid argument", refused("InvalidArgumentException")],
		["throttling", refused("ThrottlingException")],
		["a limit", refused("ClientLimitExceededException")],
		["a proxy's page", { status: 404, body: "<html>" }],
		["an unknown operation", refused("UnknownOperationException", 404)],
		["an expired token", refused("ExpiredTokenException", 403)],
		["no JSON", { status: 200, body: "<html>" }],
		["an empty object", { status: 200, body: "{}" }],
		["an endless body", { status: 200, body: `{"x":"${"x".repeat(100_000)}"}` }],
		["deep nesting", { status: 200, body: "[".repeat(10_000) }],
		["bytes that are not UTF-8", { status: 200, body: '{"ChannelInfo":"\ud800"}' }],
	];
	const cases = calls.flatMap((call) => faults.map(([name, fault]) => [call, name, fault] as const));

	test.each(cases)("%s: %s", async (call, _name, fault) => {
		let left = 2;
		service.script = (request) => (request.call === call && left-- > 0 ? fault : undefined);
		const client = await start();
		await advance(50 * second);
		expect(client.signaling.state).toBe("connected");
		// One on a kept connection that breaks is sent again without a word.
		expect([1, 2]).toContain(client.errors.length);
		expect(client.servers).toHaveLength(2);
		for (const { message } of client.errors) expect(message).not.toMatch(/secret|token\//);
	});

	test("each failure is told once, with the time of the next attempt", async () => {
		service.script = ({ call }) =>
			call === "describeSignalingChannel" ? refused("ServiceUnavailable", 503) : undefined;
		const client = await start();
		for (let i = 0; i < 6; i++) {
			const attempts = service.calls().length;
			expect(client.errors).toHaveLength(attempts);
			const [, seconds] = /^KVS: .*; the next attempt is in (\d+) s$/.exec(client.errors.at(-1)!.message) ?? [];
			const begin = currentTime();
			while (service.calls().length === attempts) await advance(10);
			const lasted = (currentTime() - begin) / second;
			expect(lasted).toBeLessThanOrEqual(Number(seconds) + 0.1);
			expect(lasted).toBeGreaterThan(Number(seconds) - 2.1); // rounded up, and it had begun
			await advance(second / 10); // its answer
		}
		expect(client.errors.at(-1)!.message).not.toMatch(/in 1 s$/);
	});

	test("what a policy forbids is tried again after a minute, which is told", async () => {
		service.script = () => refused("AccessDeniedException", 403);
		const client = await start();
		expect(client.errors[0]!.message).toMatch(/; the next attempt is in 6[01] s$/);
		await advance(50 * second);
		expect(client.errors).toHaveLength(1);
		await advance(15 * second);
		expect(client.errors).toHaveLength(2);
	});

	test("createSignalingChannel: made by another meanwhile", async () => {
		service.channels.clear();
		service.script = ({ call }) => {
			if (call !== "createSignalingChannel") return undefined;
			service.addChannel("porch");
			return refused("ResourceInUseException");
		};
		const client = await start();
		await advance(5 * second);
		expect(client.signaling.state).toBe("connected");
	});

	test.each(["CREATING", "DELETING", ""])("a channel that is %j is waited for", async (status) => {
		service.channels.get("porch")!.status = status;
		const client = await start();
		expect(client.signaling.state).toBe("connecting");
		service.channels.get("porch")!.status = "ACTIVE";
		await advance(2 * second);
		expect(client.signaling.state).toBe("connected");
		expect(new Set(client.errors.map(({ message }) => message))).toEqual(
			new Set([
				`KVS: the channel is ${status || "without a status"}; it is waited for; the next attempt is in 1 s`,
			]),
		);
	});

	test("the WebSocket: refused, unanswered, and ended at once", async () => {
		const { accept } = service;
		let tries = 0;
		service.accept = (socket, ...rest) => {
			tries++;
			if (tries === 1) return false;
			const accepted = accept.call(service, socket, ...rest);
			if (tries === 2) socket.die();
			if (tries === 3) schedule(() => socket.reset(), 100);
			return accepted;
		};
		const client = await start();
		await advance(40 * second);
		expect(client.signaling.state).toBe("connected");
		expect(tries).toBeGreaterThanOrEqual(4);
	});

	test("endpoints without TLS or of a wrong kind are not used", async () => {
		let left = 3;
		const bad = ["ws://m-1.kinesisvideo.eu-west-1.amazonaws.com", "https://m-1", "wss://m 1"];
		service.script = ({ call }) => {
			if (call !== "getSignalingChannelEndpoint" || left-- <= 0) return undefined;
			const list = [
				{ Protocol: "HTTPS", ResourceEndpoint: "https://r-1.kinesisvideo.eu-west-1.amazonaws.com" },
				{ Protocol: "WSS", ResourceEndpoint: bad[left] },
			];
			return { status: 200, body: JSON.stringify({ ResourceEndpointList: list }) };
		};
		const client = await start();
		await advance(30 * second);
		expect(client.codes()).toEqual(Array(3).fill("signaling/service-failed"));
		expect(client.signaling.state).toBe("connected");
	});
});

describe("credentials", () => {
	test("that expire are replaced in time, without a break", async () => {
		const client = await start({}, 10 * minute);
		await advance(5 * hour);
		expect(client.states).toEqual(["connecting", "connected"]);
		expect(client.errors).toEqual([]);
		expect(client.credentialCalls).toBeGreaterThan(20);
	});

	test("that the service takes back are replaced", async () => {
		const client = await start();
		service.accounts.clear();
		await advance(6 * minute); // the next ICE servers are refused
		expect(client.codes()).toEqual(["aws/credentials"]);
		expect(client.credentialCalls).toBe(2);
		expect(client.servers).toHaveLength(3);
		service.accounts.clear();
		service.master("porch")!.reset();
		await advance(5 * second);
		expect(client.signaling.state).toBe("connected");
	});

	test("that are wrong are reported at a bounded rate, until they are right", async () => {
		const init = { accessKeyId: "ASIAX", secretAccessKey: "s" };
		const client = await start({ credentials: new StaticCredentials(init) });
		await advance(10 * minute);
		expect(client.signaling.state).toBe("connecting");
		expect(new Set(client.codes())).toEqual(new Set(["aws/credentials"]));
		expect(client.errors.length).toBeLessThan(150);
		service.accounts.set("ASIAX", { secret: "s", token: undefined, expires: Infinity });
		await advance(16 * second);
		expect(client.signaling.state).toBe("connected");
	});

	test("a provider that fails, and one that never answers", async () => {
		let calls = 0;
		const provider = new CallbackCredentials(() => {
			if (++calls === 1) throw new Error("no network yet");
			return service.issue();
		});
		const client = await start({ credentials: provider });
		await advance(5 * second);
		expect(client.errors.map(({ message }) => message)).toEqual([
			"no credentials: no network yet; the next attempt is in 1 s",
		]);
		expect(client.signaling.state).toBe("connected");

		let answer = false;
		const hang = () => new Promise<never>(() => undefined);
		const slow = { get: () => (answer ? new StaticCredentials(service.issue()).get() : hang()) };
		const other = await start({ credentials: slow });
		await advance(30 * second);
		expect(other.codes()).toEqual(["signaling/timeout"]);
		answer = true;
		await advance(45 * second);
		expect(other.signaling.state).toBe("connected");
	});

	test("when they come late, only the call that is still waited for is made", async () => {
		let settle: () => void = () => undefined;
		const late = new Promise<void>((resolve) => (settle = resolve));
		const own = new StaticCredentials(service.issue());
		const client = await start({ credentials: { get: () => late.then(() => own.get()) } });
		await advance(30 * second);
		expect(client.codes()).toEqual(["signaling/timeout"]);
		expect(service.calls()).toEqual([]);
		settle();
		await advance(10 * second);
		expect(client.signaling.state).toBe("connected");
		expect(service.calls().filter((call) => call === "describeSignalingChannel")).toHaveLength(1);
	});

	test("a callback that never settles is called again", async () => {
		let fetches = 0;
		const hang = () => new Promise<never>(() => undefined);
		const client = await start({
			credentials: new CallbackCredentials(() => (++fetches < 3 ? hang() : service.issue())),
		});
		await advance(minute);
		expect(client.signaling.state).toBe("connected");
		expect(fetches).toBe(3);
		expect(client.codes()).toEqual(["aws/credentials", "aws/credentials"]);
	});

	test("that cannot be had at a warm start cost no knowledge", async () => {
		(await start({ cache: "stored" })).signaling.close();
		service.requests.length = 0;
		let fails = true;
		const credentials = new CallbackCredentials(() => {
			if (fails) throw new Error("the provider is down");
			return service.issue();
		});
		const client = await start({ cache: "stored", credentials });
		await advance(10 * second);
		const said = client.errors.map(
			({ code, message }) => `${code}: ${message.replace(/; the next attempt .*/, "")}`,
		);
		expect(new Set(said)).toEqual(new Set(["aws/credentials: no credentials: the provider is down"]));
		fails = false;
		await advance(16 * second);
		expect(client.signaling.state).toBe("connected");
		expect(service.calls()).toEqual(["v1/get-ice-server-config"]);
	});

	test("new ones that come slowly delay no reconnect, while the old ones hold", async () => {
		let fetches = 0;
		const delayed = () => new Promise<void>((resolve) => void schedule(resolve, 14 * second));
		const credentials = new CallbackCredentials(async () => {
			if (fetches++) await delayed();
			return service.issue(hour);
		});
		const client = await start({ credentials });
		await advance(45 * minute);
		while (fetches < 3) {
			service.master("porch")?.reset();
			await advance(500); // the connection had lasted: the back-off is at its start
			expect(client.signaling.state).toBe("connected");
			await advance(35 * second);
		}
		expect(new Set(client.codes())).toEqual(new Set(["signaling/connection-failed"]));
	});
});

describe("a denial", () => {
	test("keeps the keys, and is tried again rarely", async () => {
		service.script = () => refused("AccessDeniedException", 403);
		const client = await start({}, 2 * hour);
		await advance(hour);
		expect(client.credentialCalls).toBe(1);
		expect(service.requests.length).toBeGreaterThan(40);
		expect(service.requests.length).toBeLessThan(70);
		expect(new Set(client.codes())).toEqual(new Set(["signaling/rejected"]));
		service.script = undefined; // the policy was mended
		await advance(80 * second);
		expect(client.signaling.state).toBe("connected");
	});

	test("of ICE servers stops nothing else", async () => {
		service.script = ({ call }) => (call === "v1/get-ice-server-config" ? { status: 403 } : undefined);
		const client = await start({}, 3 * hour);
		await advance(hour);
		expect(client.credentialCalls).toBe(1);
		expect(service.requests.length).toBeLessThan(70);
		expect(client.states).toEqual(["connecting", "connected"]);
	});
});

describe("the clock", () => {
	test.each([
		["behind", -day],
		["ahead", day],
		["at its start in 1970", -Date.parse("2026-03-01T00:00:00Z")],
	])("%s: the service's is used, at once", async (_name, offset) => {
		deviceOffset = offset;
		const client = await start({}, 6 * hour);
		await advance(second);
		expect(client.codes()).toEqual(["signaling/clock-wrong"]);
		expect(client.signaling.state).toBe("connected");
		await advance(3 * hour);
		expect(client.errors).toHaveLength(1);
	});

	test("is found out with a warm cache too", async () => {
		(await start({ cache: "stored" })).signaling.close();
		deviceOffset = 8 * hour; // within the cache's life
		const client = await start({ cache: "stored" });
		await advance(2 * second);
		expect(client.codes()).toEqual(["signaling/connection-failed", "signaling/clock-wrong"]);
		expect(client.signaling.state).toBe("connected");
	});

	test("that is set in the middle is found out again", async () => {
		deviceOffset = -day;
		const client = await start();
		deviceOffset = 0;
		await advance(hour);
		expect(client.codes()).toEqual(["signaling/clock-wrong", "signaling/clock-wrong"]);
		expect(client.states).toEqual(["connecting", "connected"]);
	});

	test("dates that jump about do not make a storm", async () => {
		let sign = 1;
		service.script = () => ({
			...refused("InvalidSignatureException", 403),
			headers: { date: new Date(service.now + (sign = -sign) * day).toUTCString() },
		});
		await start();
		await advance(minute);
		expect(service.requests.length).toBeLessThan(40);
	});
});

describe("the channel", () => {
	test("that is deleted is made again", async () => {
		const client = await start();
		await advance(minute);
		service.deleteChannel("porch");
		await advance(20 * second);
		expect(client.signaling.state).toBe("connected");
		expect(service.channels.has("porch")).toBe(true);
	});

	test("that is deleted without a word is noticed with the next ICE servers", async () => {
		const client = await start();
		service.channels.delete("porch");
		await advance(6 * minute);
		expect(service.master("porch")).toBeDefined();
		expect(client.states).toEqual(["connecting", "connected"]);
	});

	test.each(["ARN", "name"])("is not taken for missing by its %s for a 404 that is not the service's", async (by) => {
		const { arn } = service.channels.get("porch")!;
		const pages: Reply[] = [{ status: 404, body: "<html>" }, refused("UnknownOperationException", 404)];
		service.script = () => pages.shift();
		const client = await start(by === "ARN" ? { channelARN: arn } : {});
		await advance(5 * second);
		expect(client.codes()).toEqual(["signaling/service-failed", "signaling/service-failed"]);
		expect(client.signaling.state).toBe("connected");
		expect(service.calls()).not.toContain("createSignalingChannel");
	});

	test("that must not be made, and never was there, ends it, with the reason", async () => {
		service.channels.clear();
		const client = await start({ createChannel: false });
		await advance(minute);
		expect(client.states).toEqual(["connecting", "failed"]);
		expect(client.codes()).toEqual(["signaling/channel-missing"]);
	});

	test.each(["name", "ARN"])(
		"that must not be made is waited for by its %s, where it was there before",
		async (by) => {
			const channel = service.channels.get("porch")!;
			const client = await start({ createChannel: false, ...(by === "ARN" ? { channelARN: channel.arn } : {}) });
			await advance(minute);
			service.deleteChannel("porch");
			const before = service.requests.length;
			await advance(10 * minute);
			expect(client.signaling.state).toBe("connecting");
			expect(client.codes().at(-1)).toBe("signaling/channel-missing");
			expect(service.requests.length - before).toBeLessThan(150);
			expect(service.channels.has("porch")).toBe(false);
			service.channels.set("porch", channel); // somebody else has made it
			await advance(16 * second);
			expect(client.signaling.state).toBe("connected");
			service.master("porch")!.sendToClient(offer("viewer-1"));
			await advance(second);
			expect(answered()).toEqual(["viewer-1"]);
		},
	);

	test("that moves to another endpoint is followed", async () => {
		const client = await start();
		await advance(minute);
		service.endpointGeneration = 2;
		service.master("porch")!.reset();
		await advance(5 * second);
		expect(client.signaling.state).toBe("connected");
		service.endpointGeneration = 3; // the HTTPS endpoint too, while the connection stands
		await advance(20 * minute);
		expect(client.states.at(-1)).toBe("connected");
		expect(client.servers.length).toBeGreaterThan(4);
	});
});

test("names that cannot be resolved for a minute", async () => {
	service.dnsDown = true;
	const client = await start();
	await advance(minute);
	service.dnsDown = false;
	await advance(16 * second);
	expect(client.signaling.state).toBe("connected");
	expect(new Set(client.codes())).toEqual(new Set(["signaling/connection-failed"]));
});

test("without memory, all is asked anew", async () => {
	const client = await start({ cache: "none" });
	await advance(minute);
	service.master("porch")!.reset();
	await advance(5 * second);
	expect(service.calls().filter((call) => call === "describeSignalingChannel")).toHaveLength(2);
	expect(client.signaling.state).toBe("connected");
});

test("two clients for two channels do not touch each other", async () => {
	service.addChannel("hall");
	const [porch, hall] = [await start(), await start({ channelName: "hall" })];
	service.master("hall")!.sendToClient(offer("h"));
	service.master("porch")!.sendToClient(offer("p"));
	service.master("porch")!.reset();
	await advance(5 * second);
	expect(porch!.messages.map(({ peerId }) => peerId)).toEqual(["p"]);
	expect(hall!.messages.map(({ peerId }) => peerId)).toEqual(["h"]);
	expect(hall!.states).toEqual(["connecting", "connected"]);
});

describe("storage sessions", () => {
	const joins = () => service.requests.filter(({ call }) => call.startsWith("joinStorageSession"));
	const offerFromStorage = () => service.sockets.at(-1)!.sendToClient(offer("AWS_STORAGE"));

	beforeEach(() => {
		service.storage = { Status: "ENABLED", StreamARN: "arn:aws:kinesisvideo:eu-west-1:1:stream/s/1" };
	});

	test("the master joins, the offer comes, an hour later it joins again", async () => {
		const client = await start({ useMediaStorage: true });
		expect(joins()).toHaveLength(1);
		expect(joins()[0]).toMatchObject({
			call: "joinStorageSession",
			host: "r-1.kinesisvideo.eu-west-1.amazonaws.com",
			body: { channelArn: service.channels.get("porch")!.arn },
		});
		offerFromStorage();
		await advance(second);
		expect(answered()).toEqual(["AWS_STORAGE"]);
		await advance(30 * minute);
		service.master("porch")!.reset(); // the media goes on
		await advance(29 * minute);
		expect(joins()).toHaveLength(1);
		await advance(2 * minute);
		expect(joins().length).toBeGreaterThan(1);
		expect(client.codes().filter((code) => code === "signaling/timeout")).not.toHaveLength(0); // nobody made an offer
	});

	test("without an offer in 6 s it asks again, and slows down after five times", async () => {
		const client = await start({ useMediaStorage: true });
		await advance(6 * second);
		expect(client.codes()).toEqual(["signaling/timeout"]);
		await advance(2 * minute);
		const soon = joins().length;
		expect(soon).toBeGreaterThanOrEqual(6);
		await advance(10 * minute);
		expect(joins().length - soon).toBeLessThanOrEqual(5);
		offerFromStorage();
		await advance(second);
	});

	test("a session that ends is joined again", async () => {
		const client = await start({ useMediaStorage: true });
		offerFromStorage();
		await advance(second);
		client.signaling.send({ type: "bye", peerId: "somebody else" });
		client.signaling.send({ type: "bye", peerId: "AWS_STORAGE" });
		await advance(5 * second);
		expect(joins()).toHaveLength(2);
	});

	test("a viewer joins as a viewer", async () => {
		await start({ useMediaStorage: true, clientId: "guest" }, undefined, "viewer");
		expect(joins()[0]).toMatchObject({ call: "joinStorageSessionAsViewer", body: { clientId: "guest" } });
	});

	test("a join that fails is tried again; a channel without storage is served without", async () => {
		let left = 2;
		service.script = ({ call }) => (call === "joinStorageSession" && left-- > 0 ? { status: 500 } : undefined);
		const client = await start({ useMediaStorage: true });
		await advance(5 * second);
		expect(joins()).toHaveLength(3);
		expect(client.codes()).toEqual(["signaling/service-failed", "signaling/service-failed"]);

		service.storage = undefined;
		const other = await start({ useMediaStorage: true });
		expect(other.codes()).toEqual(["signaling/rejected"]);
		expect(other.signaling.state).toBe("connected");
	});
});
