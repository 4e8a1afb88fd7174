// SPDX-License-Identifier: Apache-2.0
// What goes wrong, and how: each kind of fault, with what shows that it has hit the client.
import type Machine from "webrtc/signaling/kvs/machine";
import type { MachineState } from "webrtc/signaling/kvs/machine";
import type Client from "./client";
import { messageOf } from "./service";
import { errorOf, type default as Trouble } from "./trouble";
import { advance, schedule } from "../fakes/moddable/clock";

const second = 1000;
const minute = 60 * second;
const day = 24 * 60 * minute;
/** Over which those come back whom the service has sent away together. */
const crowd = second;

export interface Scene {
	service: Trouble;
	client: Client;
	machine: Machine;
	/** 0 to 1, uniform. */
	random(): number;
	/** Milliseconds that the device's clock is ahead. */
	clockOffset: number;
	/** Sends an offer to the client, if there is a way, and returns its text. */
	offer(interval?: number, size?: number): string | undefined;
	/** Lets time pass, in which offers come. */
	pass(duration: number): Promise<void>;
	/** Lets time pass until it is so. @throws Error after `limit` milliseconds */
	until(what: string, isSo: () => boolean, limit?: number, step?: number): Promise<void>;
}

/** A fault that has begun; and that is over, where it does not last. */
export interface Fault {
	/** It has shown in what the client said or did since the beginning. */
	hasBitten(): boolean;
	/** Ends it. Without: it is over. */
	end?(): void;
	/** How many attempts of the client's may still fail when it is over: so it finds out what has changed. */
	failures: number;
	/** Milliseconds until the client can know of it. */
	detection?: number;
	/** Calls and WebSockets may have been left without an answer. */
	hangs?: boolean;
	/** The connection serves on; another is on its way, or ICE servers are. */
	pending?: "wire" | "iceServers" | undefined;
	/** The connection stayed open all the time. */
	seamless?: boolean;
}

export type Kind = (scene: Scene) => Fault | Promise<Fault>;

/* What a fault is found by: most need the client to do something. */

function pull(scene: Scene, wire = scene.service.wire!): Pick<Fault, "failures" | "pending" | "seamless"> {
	const trigger = (["cut", "goAway", "ice"] as const)[Math.floor(scene.random() * 3)]!;
	if (trigger === "cut") wire.cut();
	else wire.sendToClient(messageOf(trigger === "ice" ? "RECONNECT_ICE_SERVER" : "GO_AWAY", undefined));
	const pending = trigger === "goAway" ? "wire" : trigger === "ice" ? "iceServers" : undefined;
	// A connection that is cut, and the next one, which is not to be had, do not say why: a call does.
	return { failures: trigger === "cut" ? 2 : 0, pending, seamless: trigger !== "cut" };
}

/** What the client has said since. */
function listen({ client }: Scene) {
	const { errors } = client;
	const start = errors.length;
	return {
		code: (code: string) => errors.slice(start).some((error) => error.code === code),
		text: (pattern: RegExp) => errors.slice(start).some(({ message }) => pattern.test(message)),
	};
}

/* The kinds */

/** The service knows the keys no more, or they have expired before their time. */
function credentialsExpire(scene: Scene): Fault {
	const { service, client, random } = scene;
	const { refusals } = service;
	const [before, calls] = [refusals.length, client.credentialCalls];
	if (random() < 0.5) service.accounts.clear();
	else for (const account of service.accounts.values()) account.expires = service.now;
	const { failures, pending, seamless } = pull(scene);
	return {
		hasBitten: () =>
			/ExpiredToken|UnrecognizedClient/.test(refusals.slice(before).join()) && client.credentialCalls > calls,
		failures: failures + 1,
		pending,
		seamless,
	};
}

function clockIsADayOff(scene: Scene): Fault {
	const { service, random } = scene;
	const heard = listen(scene);
	const before = service.refusals.length;
	scene.clockOffset += (random() < 0.5 ? 1 : -1) * day;
	const pulled = pull(scene);
	return {
		hasBitten: () =>
			service.refusals.slice(before).includes("InvalidSignatureException") && heard.code("signaling/clock-wrong"),
		...pulled, // the call that tells the reason is repeated at once
	};
}

/** One offer before it is not answered yet; another comes over both the old connection's end and the new one's start. */
async function goAwayInTheMiddleOfAnOffer(scene: Scene): Promise<Fault> {
	const { service, client, random } = scene;
	const wire = service.wire!;
	const states = client.states.length;
	const early = scene.offer()!;
	await advance(service.delay + random() * 50);
	wire.sendToClient(messageOf("GO_AWAY", undefined));
	await advance(random() * 80);
	const late = scene.offer(60 + random() * 120, 30)!;
	schedule(() => wire.closeFromService(1001), 5 * second + random() * minute);
	const arrival = (text: string) => wire.arrived.find((message) => message.text === text)?.time ?? Infinity;
	return {
		hasBitten: () => {
			const opened = service.wire!.openedAt;
			const isBetween = arrival(early) < opened && arrival(late) > opened && arrival(late) < Infinity;
			return service.wire !== wire && isBetween && client.states.length === states;
		},
		failures: 0,
		pending: "wire",
		seamless: true,
	};
}

/** The WebSocket breaks while the client is in a state: connected, or making the next one while this one serves on. */
const cutIn =
	(state: MachineState): Kind =>
	async (scene) => {
		const { service, machine, random } = scene;
		const wire = service.wire!;
		const heard = listen(scene);
		// In "waiting" as many as there have been, or the wait that a connection begins with that has not lasted.
		let failures = 0;
		// So far into it that it lasts still.
		const delay = { connected: 60, connect: 85, waiting: 0 }[state as string] ?? 10;
		if (random() < 0.7) scene.offer(random() * 10); // in the middle of it, or of its answer
		if (state !== "connected") {
			if (/create|describe/.test(state)) service.channels.delete("porch");
			const refuse = errorOf(500, "InternalFailure");
			if (state === "waiting") service.script = () => (failures++, refuse());
			wire.sendToClient(messageOf("GO_AWAY", undefined));
			await scene.until(state, () => machine.state === state, 30 * second, 5);
			service.script = undefined;
		}
		await advance(random() * delay);
		if (machine.state !== state) throw new Error(`cut in ${machine.state} in place of ${state}`);
		wire.cut();
		const hasBitten = () => heard.text(/the WebSocket ended: cut/);
		if (state === "waiting" || state === "connected") failures ||= 1;
		return { hasBitten, failures }; // elsewhere the next one is on its way already
	};

/** Beside none that serves, or beside one. */
async function cutWhileItOpens(scene: Scene): Promise<Fault> {
	const { service, machine, random } = scene;
	const { wires } = service;
	const heard = listen(scene);
	const known = wires.length;
	const seamless = random() < 0.5;
	if (seamless) service.wire!.sendToClient(messageOf("GO_AWAY", undefined));
	else service.wire!.cut();
	await scene.until("another", () => wires.length > known && !wires.at(-1)!.gone, 30 * second, 5);
	await advance(random() * 85);
	if (machine.state !== "connect") throw new Error(`cut in ${machine.state} in place of connect`);
	wires.at(-1)!.cut();
	return {
		hasBitten: () => heard.text(/the WebSocket cannot be opened: cut/),
		failures: 2, // the second of which is this one
		pending: seamless ? "wire" : undefined,
		seamless,
	};
}

/** Nothing arrives any more, and nobody says so. */
const dies =
	(silence: number): Kind =>
	async (scene) => {
		const { service, random } = scene;
		const heard = listen(scene);
		const wire = service.wire!;
		if (random() < 0.7) scene.offer();
		await advance(service.delay * (1 + 2 * random())); // around the offer's answer
		wire.die();
		return { hasBitten: () => heard.text(/does not answer/), failures: 1, detection: silence };
	};

const noNames =
	(duration: number): Kind =>
	async (scene) => {
		const { service, client } = scene;
		const heard = listen(scene);
		const states = client.states.length;
		service.goDark();
		await scene.pass(duration);
		return {
			hasBitten: () => heard.text(/name not resolved/) && client.states.slice(states).includes("disconnected"),
			end: () => (service.dnsDown = false),
			failures: 0,
		};
	};

/** Calls get errors, or nothing; WebSockets are refused, or left alone. */
function storm(begin: (scene: Scene, heard: ReturnType<typeof listen>) => { hasBitten: () => boolean }): Kind {
	return (scene) => {
		const { service, random } = scene;
		const { hasBitten } = begin(scene, listen(scene));
		service.upgrade = () => (random() < 0.7 ? "refuse" : "ignore");
		const { pending, seamless } = pull(scene);
		const end = () => (service.script = service.upgrade = undefined);
		return { hasBitten, end, hangs: true, failures: 0, pending, seamless };
	};
}

const fiveHundreds = storm(({ service, random }, heard) => {
	service.script = () => (random() < 0.8 ? { status: 500 + Math.floor(random() * 5), body: "<html>" } : "drop");
	return { hasBitten: () => heard.code("signaling/service-failed") };
});
const throttling = storm(({ service }, heard) => {
	service.script = errorOf(400, "ThrottlingException");
	return { hasBitten: () => heard.code("signaling/throttled") };
});
const callsAreCut = storm(({ service, random }, heard) => {
	service.script = () => (random() < 0.5 ? "reset" : "drop");
	return { hasBitten: () => heard.text(/^KVS: (describe|create|get)\w+: .*(reset|in time)/) };
});

/** With a word, or silently. */
function channelIsDeleted(scene: Scene): Fault {
	const { service } = scene;
	const { arn } = service.channels.get("porch")!;
	let pulled: Pick<Fault, "failures" | "pending" | "seamless"> = { failures: 2 };
	if (scene.random() < 0.5) service.deleteChannel("porch");
	else {
		const wire = service.wire!;
		service.channels.delete("porch");
		pulled = pull(scene, wire);
	}
	return {
		hasBitten: () => (service.channels.get("porch")?.arn ?? arn) !== arn && service.wire !== undefined,
		...pulled,
		failures: pulled.failures + 1,
	};
}

function endpointMoves({ service }: Scene): Fault {
	const host = `m-${++service.endpointGeneration}.`;
	const known = service.connections.length;
	for (const socket of [...service.sockets]) socket.closeFromService(1001);
	const hasBitten = () => service.connections.slice(known).some((name) => name.startsWith(host));
	return { hasBitten, failures: 2, detection: crowd };
}

function nonsense(scene: Scene): Fault {
	const { service, client, random } = scene;
	const heard = listen(scene);
	const { badMessages } = client.signaling.statistics;
	const texts = ["{", "[]", "\u0000", '{"messageType":"SDP_OFFER"}', messageOf("SDP_OFFER", { sdp: 1 }, "x")];
	service.wire!.sendToClient(texts[Math.floor(random() * texts.length)]!);
	return {
		hasBitten: () =>
			client.signaling.statistics.badMessages === badMessages + 1 && heard.code("signaling/bad-message"),
		failures: 0,
		seamless: true,
	};
}

/** Several things at once, of those that leave something to find out. */
function together(scene: Scene): Fault {
	const { service, random } = scene;
	const heard = listen(scene);
	// With how many calls fail that tell of them. The endpoints are forgotten by then, and the clock is set right at once.
	const steps: [number, () => unknown][] = [
		[1, () => service.accounts.clear()],
		[1, () => service.deleteChannel("porch")],
		[0, () => service.endpointGeneration++],
		[0, () => (scene.clockOffset += day)],
	];
	let failures = 0;
	for (const [calls, step] of steps) {
		if (random() < 0.4) continue;
		step();
		failures += calls;
	}
	service.goDark();
	return { hasBitten: () => heard.text(/name not resolved/), end: () => (service.dnsDown = false), failures };
}

/** @param silence milliseconds until a dead connection is found out */
export const kinds = (silence: number): Record<string, Kind> => ({
	"the credentials expire": credentialsExpire,
	"the clock is a day off": clockIsADayOff,
	"GO_AWAY in the middle of an offer": goAwayInTheMiddleOfAnOffer,
	"cut while connected": cutIn("connected"),
	"cut while it opens": cutWhileItOpens,
	"cut in describe": cutIn("describe"),
	"cut in create": cutIn("create"),
	"cut in endpoint": cutIn("endpoint"),
	"cut in connect": cutIn("connect"),
	"cut in waiting": cutIn("waiting"),
	"the connection dies": dies(silence),
	"no names for a minute": noNames(minute),
	"a storm of 5xx": fiveHundreds,
	"a storm of throttling": throttling,
	"calls are cut": callsAreCut,
	"the channel is deleted": channelIsDeleted,
	"the endpoint moves": endpointMoves,
	"nonsense is sent": nonsense,
	"several at once": together,
});

/** For a client that uses media storage. */
export const cutInDescribeStorage = cutIn("describeStorage");
