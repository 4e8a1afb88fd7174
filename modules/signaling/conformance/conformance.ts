// SPDX-License-Identifier: Apache-2.0
// What every way of signaling has to do, as checks that any SignalingClient can be run through: on a device, in the
// simulator, or on Node.js in virtual time. They need a bench: the client's surroundings, and a peer at the other end.
import WebRTCError from "webrtc/error";
import type {
	IceServer,
	SignalingClient,
	SignalingHandler,
	SignalingMessage,
	SignalingRole,
	SignalingSide,
	SignalingState,
} from "webrtc/signaling";

/** A message of the peer at the other end of the bench, or one that it got. */
export type BenchMessage =
	| { type: "offer" | "answer"; sdp: string }
	| { type: "candidate"; candidate: string }
	| { type: "custom"; data: string }
	| { type: "bye" };

/** The surroundings of one client. Each check gets new ones. */
export interface Bench {
	/** Not connected yet. */
	readonly client: SignalingClient;
	readonly role: SignalingRole;
	/** Who makes the offer: the peer, or the client, which asks its owner for it. */
	readonly offers: "peer" | "client";
	/** Lets so many milliseconds pass, real or virtual. */
	wait(time: number): Promise<void>;
	/** The peer comes. Where it makes the offer, this is it. */
	arrive(offer: string): void;
	/** The peer says something. Returns false for what the wire has no words for. */
	say(message: BenchMessage): boolean;
	/** What has come from the client since the start, in order, as far as the wire has words for it. */
	readonly heard: readonly BenchMessage[];
	/** Ends the client's connection as a network does. Where there is none to end: undefined. */
	cut?(): void;
	/** Sends what makes no sense. Where nobody can: undefined. */
	babble?(): void;
	/** Connections, timers and whatever else the client holds: 0 after its end. */
	held(): number;
	/** Ends all that is not the client's. */
	end(): void;
}

/** What has come of a check. */
export interface CheckResult {
	name: string;
	/** Why it failed. */
	error?: string;
	/** It does not concern this client. */
	skipped?: boolean;
}

const patience = 60_000; // ms that something may take
const step = 20; // ms
const offerText = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=an offer\r\nt=0 0\r\n";
const answerText = "v=0\r\no=- 2 1 IN IP4 127.0.0.1\r\ns=an answer\r\nt=0 0\r\n";
const candidateText = (number: number) => `candidate:${number} 1 udp 2113937151 192.0.2.${number} 50000 typ host`;

/** Does as an application does, and remembers all. */
class Owner implements SignalingHandler {
	readonly messages: SignalingMessage[] = [];
	readonly states: SignalingState[] = [];
	readonly errors: WebRTCError[] = [];
	sides: SignalingSide[] = [];
	told = 0;
	addresses(): readonly string[] {
		return ["127.0.0.1"];
	}
	onMessage(message: SignalingMessage): void {
		this.told++;
		this.messages.push(message);
	}
	onStateChange(state: SignalingState): void {
		this.told++;
		this.states.push(state);
	}
	onError(error: WebRTCError): void {
		this.told++;
		this.errors.push(error);
	}
	onIceServers(_servers: IceServer[]): void {
		this.told++;
	}
	onSide(side: SignalingSide): void {
		this.sides.push(side);
	}
	#taken = 0;
	/** The next request for an offer that has not been met. */
	takeRequest(): SignalingMessage | undefined {
		const request = this.messages.filter(({ type }) => type === "offer-request")[this.#taken];
		if (request) this.#taken++;
		return request;
	}
	find(type: SignalingMessage["type"]): SignalingMessage | undefined {
		return this.messages.find((message) => message.type === type);
	}
}

class Failure extends Error {}

function check(condition: unknown, text: string): asserts condition {
	if (!condition) throw new Failure(text);
}

async function until<T>(bench: Bench, what: string, get: () => T | undefined | false): Promise<T> {
	for (let time = 0; time <= patience; time += step) {
		const value = get();
		if (value) return value;
		await bench.wait(step);
	}
	throw new Failure(`within ${patience / 1000} s: ${what}`);
}

/** Until it is connected, or asks for the offer that connects it. */
async function connect(bench: Bench, owner = new Owner()): Promise<Owner> {
	bench.client.connect(bench.role, owner);
	await until(
		bench,
		"it is connected, or asks for an offer",
		() => bench.client.state === "connected" || owner.find("offer-request"),
	);
	return owner;
}

/** A whole exchange: an offer, and its answer. Returns the name of the peer. */
async function talk(bench: Bench, owner: Owner, offer = offerText, answer = answerText): Promise<string> {
	const { client } = bench;
	const from = owner.messages.length;
	const find = (type: SignalingMessage["type"]) =>
		owner.messages.slice(from).find((message) => message.type === type);
	const heardBefore = bench.heard.length;
	const heard = (type: BenchMessage["type"], sdp: string) => () =>
		bench.heard
			.slice(heardBefore)
			.some((message) => message.type === type && "sdp" in message && message.sdp === sdp);
	if (bench.offers === "peer") {
		bench.arrive(offer);
		const message = await until(bench, "an offer comes", () => find("offer"));
		check("sdp" in message && message.sdp === offer, "the offer's text comes unchanged");
		check(message.peerId, "an offer has the id of its peer");
		client.send({ type: "answer", peerId: message.peerId, sdp: answer, correlationId: message.correlationId });
		await until(bench, "the answer arrives, unchanged", heard("answer", answer));
		return message.peerId;
	}
	bench.arrive(offer);
	const { peerId } = await until(bench, "it asks for an offer", () => owner.takeRequest());
	client.send({ type: "offer", peerId, sdp: offer });
	await until(bench, "the offer arrives, unchanged", heard("offer", offer));
	bench.say({ type: "answer", sdp: answer });
	const message = await until(bench, "the answer comes", () => find("answer"));
	check("sdp" in message && message.sdp === answer, "the answer's text comes unchanged");
	check(message.peerId === peerId, "an answer has the id of the peer that was offered to");
	return peerId;
}

type Check = (bench: Bench) => Promise<void | "skipped">;

const checks: readonly (readonly [string, Check])[] = Object.freeze([
	[
		"says what it is, before it is connected",
		async ({ client }) => {
			check(client.state === "new", 'its state is "new"');
			check(typeof client.name === "string" && client.name, "it has a name");
			check(typeof client.capabilities?.trickle === "boolean", "it says whether candidates can trickle");
			check(Array.isArray(client.iceServers), "it has a list of ICE servers");
		},
	],
	[
		"connects, tells each change of state once, and can be connected once",
		async (bench) => {
			const owner = await connect(bench);
			if (bench.client.state !== "connected") await talk(bench, owner);
			await bench.wait(1000);
			const { states } = owner;
			check(bench.client.state === "connected", "it is connected");
			check(states.at(-1) === bench.client.state, "the state that was told last is its state");
			check(
				states.every((state, i) => state !== states[i - 1]),
				"no state is told twice in a row",
			);
			check(states[0] !== "new" && !states.includes("failed"), "it did not fail");
			let isRefused = false;
			try {
				bench.client.connect(bench.role, owner);
			} catch {
				isRefused = true;
			}
			check(isRefused, "a second connect throws");
		},
	],
	[
		"carries an offer and its answer, unchanged",
		async (bench) => {
			await talk(bench, await connect(bench));
		},
	],
	[
		"carries the peer's candidates in order, behind what they belong to",
		async (bench) => {
			const owner = await connect(bench);
			const peerId = await talk(bench, owner);
			for (let i = 1; i <= 3; i++)
				if (!bench.say({ type: "candidate", candidate: candidateText(i) })) return "skipped";
			await bench.wait(2000);
			const candidates = owner.messages.flatMap((message) =>
				message.type === "candidate" && message.candidate.candidate ? [message] : [],
			);
			check(candidates.length === 3, `three candidates come, not ${candidates.length}`);
			candidates.forEach(({ candidate, peerId: id }, i) => {
				check(candidate.candidate === candidateText(i + 1), "they come unchanged and in order");
				check(id === peerId, "they have the id of their peer");
			});
			return undefined;
		},
	],
	[
		"carries our candidates behind the description, as it says that it can",
		async (bench) => {
			const { client } = bench;
			const owner = await connect(bench);
			if (!client.capabilities.trickle) return "skipped";
			const peerId = await talk(bench, owner);
			for (let i = 1; i <= 3; i++)
				client.send({
					type: "candidate",
					peerId,
					candidate: { candidate: candidateText(i), sdpMid: "0", sdpMLineIndex: 0 },
				});
			const arrived = () =>
				bench.heard.flatMap((message) => (message.type === "candidate" ? [message.candidate] : []));
			await until(bench, "three candidates arrive", () => arrived().length >= 3);
			check(
				arrived().every((text, i) => text === candidateText(i + 1)),
				"they arrive unchanged and in order",
			);
			client.send({ type: "candidate", peerId, candidate: { candidate: "" } }); // their end is no fault
			await bench.wait(1000);
			return undefined;
		},
	],
	[
		"carries messages of the application's own, as it says that it can",
		async (bench) => {
			const { client } = bench;
			const owner = await connect(bench);
			const peerId = await talk(bench, owner);
			client.send({ type: "custom", peerId, kind: "test", data: "hello" });
			await bench.wait(1000);
			const arrived = bench.heard.find((message) => message.type === "custom");
			if (!client.capabilities.custom) {
				check(!arrived, "what it cannot carry it leaves");
				return "skipped";
			}
			check(arrived && "data" in arrived && arrived.data === "hello", "it arrives unchanged");
			bench.say({ type: "custom", data: "welcome" });
			const message = await until(bench, "one comes", () => owner.find("custom"));
			check("data" in message && message.data === "welcome", "it comes unchanged");
			return undefined;
		},
	],
	[
		"lets the peer go and another come",
		async (bench) => {
			const owner = await connect(bench);
			await talk(bench, owner);
			if (!bench.say({ type: "bye" })) return "skipped";
			await bench.wait(3000);
			check(bench.client.state !== "failed", "that is no failure");
			await talk(bench, owner, offerText.replace("- 1", "- 3"), answerText.replace("- 2", "- 4"));
			return undefined;
		},
	],
	[
		"ends a session from our side, and serves another",
		async (bench) => {
			const { client } = bench;
			const owner = await connect(bench);
			const peerId = await talk(bench, owner);
			client.send({ type: "bye", peerId });
			client.send({ type: "bye", peerId: "nobody" });
			await bench.wait(5000);
			await talk(bench, owner, offerText.replace("- 1", "- 3"), answerText.replace("- 2", "- 4"));
		},
	],
	[
		"turns an offer down",
		async (bench) => {
			if (bench.offers === "client") return "skipped";
			const owner = await connect(bench);
			bench.arrive(offerText);
			const { peerId, correlationId } = await until(bench, "an offer comes", () => owner.find("offer"));
			bench.client.send({
				type: "reject",
				peerId,
				correlationId,
				rejection: { reason: "busy", message: "No.", retryAfter: 1 },
			});
			await bench.wait(1000);
			check(
				!bench.heard.some(({ type }) => type === "answer" || type === "offer"),
				"there is no answer as if it were taken",
			);
			check(bench.client.state === "connected", "it stays connected");
			return undefined;
		},
	],
	[
		"makes its connection anew after a cut, and tells of it",
		async (bench) => {
			if (!bench.cut) return "skipped";
			const owner = await connect(bench);
			await talk(bench, owner);
			bench.cut();
			await until(bench, "it notices", () => owner.states.at(-1) !== "connected" || owner.states.length > 3);
			await until(bench, "it is connected again", () => bench.client.state === "connected");
			check(!owner.states.includes("failed"), "a cut is no failure");
			check(owner.errors.length > 0, "the cause is told");
			check(!owner.find("bye"), "the session is let be");
			return undefined;
		},
	],
	[
		"survives what makes no sense",
		async (bench) => {
			if (!bench.babble) return "skipped";
			const owner = await connect(bench);
			bench.babble();
			await bench.wait(1000);
			check(bench.client.state === "connected", "it stays connected");
			check(!owner.find("offer") && !owner.find("answer"), "no nonsense reaches the application");
			await talk(bench, owner);
			return undefined;
		},
	],
]);

/** When it is closed: milliseconds after connect, or what happens before. */
const moments: readonly (number | "new" | "talking" | "asked")[] = Object.freeze([
	...(["new", "talking", "asked"] as const),
	...[0, 1, 10, 30, 60, 100, 200, 500],
]);

async function closeAt(bench: Bench, moment: (typeof moments)[number]): Promise<void> {
	const { client } = bench;
	const owner = new Owner();
	if (typeof moment === "number") {
		client.connect(bench.role, owner);
		await bench.wait(moment);
	} else if (moment !== "new") {
		await connect(bench, owner);
		if (moment === "talking") await talk(bench, owner);
		else bench.arrive(offerText);
	}
	client.close();
	const { told } = owner;
	check(
		client.state === "disconnected" || client.state === "failed",
		`its state is "disconnected", not "${client.state}"`,
	);
	client.close();
	let code: unknown;
	try {
		client.send({ type: "answer", peerId: "nobody", sdp: answerText });
	} catch (error) {
		code = error instanceof WebRTCError ? error.code : error;
	}
	check(code === "signaling/closed", 'send throws "signaling/closed"');
	await bench.wait(patience);
	check(owner.told === told, "nothing is told after its end");
	bench.end();
	await bench.wait(3 * patience);
	const held = bench.held();
	check(held === 0, `all is given back, but ${held}`);
}

async function perform(name: string, makeBench: () => Bench | Promise<Bench>, run: Check): Promise<CheckResult> {
	let bench: Bench | undefined;
	try {
		bench = await makeBench();
		return (await run(bench)) === "skipped" ? { name, skipped: true } : { name };
	} catch (error) {
		const { message, stack = "" } = error instanceof Error ? error : new Error(String(error));
		return { name, error: error instanceof Failure ? message : `${message}\n${stack}` };
	} finally {
		bench?.client.close();
		bench?.end();
	}
}

/**
 * Runs all checks, one after the other.
 * @param makeBench called for each; what it makes is closed behind it
 * @returns a result for each, in order: it conforms where none has an `error`
 */
export default async function checkConformance(makeBench: () => Bench | Promise<Bench>): Promise<CheckResult[]> {
	const results: CheckResult[] = [];
	for (const [name, run] of checks) results.push(await perform(name, makeBench, run));
	for (const moment of moments) {
		const when = typeof moment === "number" ? `${moment} ms after connect` : `when it is "${moment}"`;
		results.push(await perform(`is closed ${when}`, makeBench, (bench) => closeAt(bench, moment)));
	}
	return results;
}
