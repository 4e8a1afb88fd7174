// SPDX-License-Identifier: Apache-2.0
// Many things that go wrong, one after the other and together: each must show, and each must be over in time.
import Machine from "webrtc/signaling/kvs/machine";
import { defaultTimeouts } from "webrtc/signaling/kvs/types";
import Client, { sdp, seeded } from "./client";
import { cutInDescribeStorage, kinds, type Fault, type Kind, type Scene } from "./kinds";
import { messageOf } from "./service";
import Trouble, { type Wire } from "./trouble";
import { advance, currentTime, pendingTimers, resetClock, schedule } from "../fakes/moddable/clock";
import preference from "../fakes/moddable/preference";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const runs = 200;
/** Milliseconds between two looks at how things are. */
const coarse = second;

const { backoff, maximumBackoff, request, connect, ping, pong, stable, message } = defaultTimeouts;
/** Describe, create, endpoint and the WebSocket take 240 ms on this network. */
const wayThere = 300;
/** ICE servers are asked for no more often than that; a failure is waited for longer than elsewhere. */
const iceInterval = 10 * second;
const shortestIceWait = second;
const longestIceWait = 4 * maximumBackoff;
/** From a message's end on the wire until its confirmation has come, which is asked for at once. */
const confirmation = 50;

// Not by jest, which would remember each call.
const { random } = Math;
const { now } = Date;

afterEach(() => {
	Math.random = random;
	Date.now = now;
	jest.restoreAllMocks();
});

/** What a kind of fault has come to. */
class Account {
	hits = 0;
	/** Milliseconds from the end of a fault until the client was connected, with the limit of the longest. */
	longest = [0, 0];
	/** The same after a connection that had lasted. */
	longestRested = [0, 0];
	/** Until a successor or ICE servers were there, while the connection served on. */
	longestWire = [0, 0];
	longestIce = [0, 0];

	note(time: number, limit: number, isRested: boolean, pending: Fault["pending"]): void {
		this.hits++;
		const series = isRested ? this.longestRested : this.longest;
		const record = { none: series, wire: this.longestWire, iceServers: this.longestIce }[pending ?? "none"];
		if (time >= record[0]!) record.splice(0, 2, time, limit);
	}
}

class Run implements Scene {
	clockOffset = 0;
	readonly random: () => number;
	readonly service = new Trouble();
	readonly client: Client;
	readonly machine: Machine;
	readonly seed: number;
	readonly #start: number; // of the machine's time
	#serversAt = 0;
	/** When the application answered, by peer. */
	#answeredAt = new Map<string, number>();
	/** Their senders, by their texts. */
	#offers = new Map<string, string>();

	constructor(seed: number, useMediaStorage = false) {
		resetClock();
		preference.reset();
		this.seed = seed;
		this.#start = currentTime();
		this.random = seeded(seed);
		Math.random = seeded(seed + 1_000_000);
		Date.now = () => this.service.now + this.clockOffset;
		this.service.addChannel("porch");
		if (useMediaStorage) this.service.storage = { Status: "ENABLED", StreamARN: "arn:stream" };
		const cache = (["stored", "memory", "none"] as const)[seed % 3]!;
		this.client = new Client(this.service, { cache, useMediaStorage }, 20 * minute);
		this.client.answer = ({ peerId }) =>
			void schedule(
				() => {
					this.#answeredAt.set(peerId, currentTime());
					this.client.signaling.send({ type: "answer", peerId, sdp: sdp(peerId) });
				},
				this.random() < 0.5 ? 0 : this.random() * 2 * second,
			);
		const start = jest.spyOn(Machine.prototype, "start");
		this.client.connect();
		this.machine = start.mock.contexts.at(-1)!;
		this.client.onIceServers = () => (this.#serversAt = currentTime());
	}

	/* What the faults use */

	offer(interval = 0, size = 60 + Math.floor(this.random() * 240)): string | undefined {
		const id = `${this.seed}-${this.#offers.size}`;
		const text = messageOf("SDP_OFFER", { type: "offer", sdp: sdp(id) }, id);
		this.#offers.set(text, id);
		this.service.wire?.sendToClient(text, size, interval);
		return this.service.wire && text;
	}

	async pass(duration: number): Promise<void> {
		const end = currentTime() + duration;
		while (currentTime() < end) {
			if (this.random() < 0.4) this.offer(this.random() * 20);
			await advance(Math.min(end - currentTime(), this.random() * 8 * second));
		}
	}

	async until(what: string, isSo: () => boolean, limit = 2 * minute, step = coarse): Promise<void> {
		const end = currentTime() + limit;
		while (!isSo()) {
			if (currentTime() > end) throw this.#error(`not in ${limit} ms: ${what}`);
			// A state that follows a wait may be short.
			const wait = this.machine.state === "waiting" ? this.#start + this.machine.deadline - currentTime() : step;
			await advance(Math.max(1, Math.min(wait, coarse)));
		}
	}

	/* What is done with them */

	get #isUp(): boolean {
		const { client, machine, service } = this;
		return client.signaling.state === "connected" && machine.state === "connected" && service.wire !== undefined;
	}

	async suffer(name: string, kind: Kind, account: Account): Promise<void> {
		const { client, service } = this;
		const isRested = name.startsWith("GO_AWAY") || this.random() < 0.5;
		if (isRested) await this.#rest();
		else await advance(this.random() * 3 * second);
		await this.until("up", () => this.#isUp);
		const before = service.wire;
		const states = client.states.length;
		const fault = await kind(this);
		if (fault.end) {
			for (const start = currentTime(); !fault.hasBitten(); await this.pass(second))
				if (currentTime() - start > 3 * minute) throw this.#error(`${name} does not show`);
			await this.pass(this.random() * 20 * second);
			fault.end();
		}
		const { pending } = fault;
		const end = currentTime();
		const limit = limitOf(fault, isRested);
		const isOver = () =>
			this.#isUp &&
			(pending !== "wire" || service.wire !== before) &&
			(pending !== "iceServers" || this.#serversAt > end);
		await this.until(`${name}: connected again${pending ? ` (${pending})` : ""}`, isOver, limit + coarse);
		const time = Math.max(0, (pending === "iceServers" ? this.#serversAt : service.wire!.openedAt) - end);
		if (time > limit) throw this.#error(`${name}: connected again after ${time} ms; it should be ${limit}`);
		await this.until(`${name} shows`, fault.hasBitten, 3 * second);
		account.note(time, limit, isRested, pending);
		if (fault.seamless && client.states.length > states) throw this.#error(`${name}: ${client.states}`);
	}

	/** Until the back-offs begin anew. */
	async #rest(): Promise<void> {
		const { service } = this;
		const isRested = () =>
			this.#isUp && service.iceWorks && currentTime() - service.wire!.openedAt > stable + second;
		await this.pass(this.random() * 20 * second);
		await this.until("rested", isRested, 10 * minute);
	}

	/**
	 * No offer was lost. An answer came too late only where there was no connection for a minute, and twice only where its
	 * first connection ended before the confirmation. Returns how many of each.
	 */
	async finish(): Promise<{ repeated: number; dropped: number }> {
		const { client, service } = this;
		await this.#rest();
		await advance(minute);
		const arrived = service.wires.flatMap((wire) => wire.arrived.map(({ text }) => text));
		const ids = arrived.flatMap((text) => this.#offers.get(text) ?? []);
		expect(client.messages.map(({ peerId }) => peerId).sort()).toEqual(ids.sort());
		let repeated = 0;
		let dropped = 0;
		for (const id of ids) {
			const copies = service.answers.filter(({ recipient }) => recipient === id);
			repeated += Math.max(0, copies.length - 1);
			if (!copies.length) {
				dropped++;
				const time = this.#answeredAt.get(id)!;
				const way = service.wires.find((wire) => carried(wire, time, time + message));
				if (way) throw this.#error(`no answer for ${id}, though there was a connection`);
			}
			copies.forEach(({ time, wire, text }, index) => {
				const next = copies[index + 1];
				if (!next) return;
				expect(next.text).toBe(text);
				if (next.wire === wire || wire.lostAt > time + confirmation)
					throw this.#error(`${id} was answered twice, though the first answer had arrived`);
			});
		}
		const { messagesDropped, messagesRepeated } = client.signaling.statistics;
		expect(messagesDropped).toBe(dropped);
		expect(client.codes().filter((code) => code === "signaling/queue-full").length > 0).toBe(dropped > 0);
		expect(repeated).toBeLessThanOrEqual(messagesRepeated);
		client.signaling.close();
		await advance(3 * hour);
		expect(pendingTimers()).toBe(0);
		expect(service.clients.size).toBe(0);
		return { repeated, dropped };
	}

	#error(text: string): Error {
		const { client, machine, seed } = this;
		return new Error(
			`seed ${seed}: ${text} (${client.signaling.state}, ${machine.state}, ${client.errors.at(-1)})`,
		);
	}
}

/** Milliseconds from the end of a fault until the client must be connected. */
function limitOf({ end, failures, detection = 0, hangs, pending }: Fault, isRested: boolean): number {
	let limit = detection + wayThere;
	// What has gone out before the end, and the wait after it.
	if (hangs) limit += Math.max(request, connect);
	if (end) limit += maximumBackoff;
	// A connection that had lasted begins a new series.
	for (let i = 0; i < failures; i++)
		limit += isRested && !end ? Math.min(maximumBackoff, backoff * 2 ** i) : maximumBackoff;
	// A connection that has not lasted is replaced after a wait.
	if (pending === "wire" && !isRested) limit += maximumBackoff;
	if (pending === "iceServers") limit += iceInterval + 2 * (isRested && !end ? shortestIceWait : longestIceWait);
	return limit;
}

/** Long enough for a message and its confirmation. */
const carried = ({ openedAt, lostAt }: Wire, from: number, to: number) =>
	Math.min(lostAt, to) - Math.max(openedAt, from) > second;

function shuffle<T>(list: readonly T[], random: () => number): T[] {
	const rest = [...list];
	return list.map(() => rest.splice(Math.floor(random() * rest.length), 1)[0]!);
}

describe("200 seeded runs, each with a fault of each kind, in an order of its own", () => {
	const table = kinds(ping + pong);
	const accounts = Object.fromEntries(Object.keys(table).map((name) => [name, new Account()]));
	let offers = 0;
	let sentAgain = 0;
	let answeredTwice = 0;
	let tooLate = 0;

	test.each([...Array(runs / 10).keys()].map((n) => n * 10))(
		"from seed %i",
		async (first) => {
			for (let seed = first; seed < first + 10; seed++) {
				const run = new Run(seed);
				await advance(run.random() * second);
				for (const [name, kind] of shuffle(Object.entries(table), run.random))
					await run.suffer(name, kind, accounts[name]!);
				const { repeated, dropped } = await run.finish();
				offers += run.client.messages.length;
				sentAgain += run.client.signaling.statistics.messagesRepeated;
				answeredTwice += repeated;
				tooLate += dropped;
			}
		},
		60_000,
	);

	test("each fault has shown, and was over in time", () => {
		for (const [name, account] of Object.entries(accounts)) {
			const { hits, longest, longestRested, longestWire, longestIce } = account;
			const column = ([time, limit]: number[]) => (limit ? `${Math.round(time!)}/${limit}` : "").padStart(14);
			const columns = [longestRested, longest, longestWire, longestIce].map(column).join("");
			process.stdout.write(`${name.padEnd(34)}${String(hits).padStart(5)}${columns}\n`);
			expect(hits).toBe(runs);
		}
		const counts = `${sentAgain} answers sent again, ${answeredTwice} of which had arrived, ${tooLate} too late`;
		process.stdout.write(`${offers} offers; ${counts}\n`);
		// Otherwise there was nothing to lose.
		expect(sentAgain).toBeGreaterThan(runs / 2);
	});
});

test("200 cuts while a channel's storage is asked for", async () => {
	const account = new Account();
	for (let seed = 0; seed < runs / 10; seed++) {
		const run = new Run(seed, true);
		await advance(second);
		for (let i = 0; i < 10; i++) await run.suffer("cut in describeStorage", cutInDescribeStorage, account);
		await run.finish();
	}
	expect(account.hits).toBe(runs);
}, 60_000);
