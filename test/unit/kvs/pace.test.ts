// SPDX-License-Identifier: Apache-2.0
// When things are done: soon where nothing speaks against it, else at a bounded rate; and never by all at the same moment.
import type { WebSocketWriteOptions } from "embedded:network/websocket/client";
import Backoff from "webrtc/device/backoff";
import type Client from "./client";
import { sdp } from "./client";
import Scene, { hour, minute, second } from "./scene";
import { advance, currentTime } from "../fakes/moddable/clock";

let scene: Scene;

beforeEach(() => {
	scene = new Scene();
});
afterEach(() => scene.close());

/** Advances step by step, and notes when a number has grown. */
async function watch(value: () => number, duration: number, step = 10): Promise<number[]> {
	const times: number[] = [];
	const end = currentTime() + duration;
	for (let last = value(); currentTime() < end; last = value()) {
		await advance(step);
		for (let grown = value() - last; grown > 0; grown--) times.push(currentTime());
	}
	return times;
}

const gapsOf = (times: number[]) => times.slice(1).map((time, i) => time - times[i]!);
const range = (values: number[]) => ({ least: Math.min(...values), most: Math.max(...values) });
const connected = (client: Client) => watch(() => client.signaling.statistics.connections, second).then(([t]) => t);

describe("the back-off", () => {
	test("is a random part of a bound that doubles, up to a maximum, until it is reset", () => {
		let part = 1;
		const backoff = new Backoff(250, 15_000, () => part);
		const next = (count: number) => [...Array(count).keys()].map(() => backoff.next());
		expect(next(8)).toEqual([250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
		expect(backoff.attempts).toBe(8);
		part = 0.25;
		expect(next(1)).toEqual([3750]);
		part = 0;
		expect(next(1)).toEqual([0]);
		backoff.reset();
		part = 0.5;
		expect(next(3)).toEqual([125, 250, 500]);
	});

	test("of what nobody waits for takes up to a minute", async () => {
		const wanted = "v1/get-ice-server-config";
		scene.service.script = ({ call }) => (call === wanted ? { status: 500 } : undefined);
		await scene.start();
		await advance(10 * minute);
		const { most } = range(gapsOf(await watch(() => scene.count(wanted), hour, second)));
		expect(most).toBeGreaterThan(45 * second);
		expect(most).toBeLessThanOrEqual(61 * second);
	});

	test("waits up to 15 s, and no longer", async () => {
		scene.service.dnsDown = true;
		const client = await scene.start();
		await advance(minute);
		const { least, most } = range(gapsOf(await watch(() => client.errors.length, hour / 2, 50)));
		expect(least).toBeLessThan(2 * second);
		expect(most).toBeGreaterThan(13 * second);
		expect(most).toBeLessThanOrEqual(15 * second + 100);
	});

	test("begins anew after a connection that has lasted, and does not after others", async () => {
		scene.service.dnsDown = true;
		const client = await scene.start();
		await advance(3 * minute);
		scene.service.dnsDown = false;
		await advance(16 * second);
		const reconnect = async (age: number) => {
			await advance(age);
			scene.service.master("porch")!.reset();
			const [time] = await watch(() => client.signaling.statistics.connections, 16 * second);
			return gapsOf([currentTime() - 16 * second, time!])[0]!;
		};
		const early = [await reconnect(0), await reconnect(0), await reconnect(0)];
		expect(Math.max(...early)).toBeGreaterThan(2 * second);
		for (let i = 0; i < 5; i++) expect(await reconnect(minute)).toBeLessThan(500);
	});

	test("is not for a clock that was wrong: the call is repeated at once", async () => {
		jest.spyOn(Math, "random").mockReturnValue(0.999);
		const start = async () => {
			const begun = currentTime();
			const client = await scene.start({}, { wait: 0 });
			return (await connected(client))! - begun;
		};
		const right = await start();
		jest.spyOn(Date, "now").mockImplementation(() => scene.service.now - 24 * hour);
		const wrong = await start();
		expect(wrong - right).toBe(2 * scene.service.delay);
	});
});

describe("a fleet is spread", () => {
	test("with its ICE servers", async () => {
		const client = await scene.start();
		const { least, most } = range(gapsOf(await watch(() => client.servers.length, 3 * hour, 500)));
		expect(most - least).toBeGreaterThan(20 * second);
		expect(least).toBeGreaterThan(240 * second);
		expect(most).toBeLessThan(271 * second);
	});

	test("with its connections", async () => {
		const client = await scene.start();
		const times = await watch(() => client.signaling.statistics.connections, 12 * hour, 5 * second);
		const { least, most } = range(gapsOf(times));
		expect(most - least).toBeGreaterThan(minute);
		expect(least).toBeGreaterThan(52 * minute);
		expect(most).toBeLessThan(55 * minute + 10 * second);
	});
});

describe("messages", () => {
	test.each([
		["candidates", 20],
		["answers", 5],
	])("no more %s than %i a second", async (kind, limit) => {
		const client = await scene.start();
		for (let i = 0; i < 60; i++) {
			if (kind === "answers") client.signaling.send({ type: "answer", peerId: `v${i}`, sdp: sdp("") });
			else client.signaling.send({ type: "candidate", peerId: "v", candidate: { candidate: `c${i}` } });
		}
		const times = await watch(() => scene.service.received.length, 20 * second);
		expect(times).toHaveLength(60);
		for (let i = limit; i < 60; i++) expect(times[i]! - times[i - limit]!).toBeGreaterThanOrEqual(second - 10);
		expect(times.at(-1)! - times[0]!).toBeLessThan((60 / limit) * second);
	});

	test("wait in 64 KB at most", async () => {
		const client = await scene.start();
		scene.service.dnsDown = true;
		await advance(30 * second);
		for (let i = 0; i < 20; i++)
			client.signaling.send({ type: "answer", peerId: `v${i}`, sdp: sdp("x".repeat(7_000)) });
		const { messagesQueued, messagesDropped } = client.signaling.statistics;
		expect({ messagesQueued, messagesDropped }).toEqual({ messagesQueued: 6, messagesDropped: 14 });
		scene.service.dnsDown = false;
		await advance(25 * second);
		const recipients = scene.service.received.map(({ recipient }) => recipient);
		expect(recipients).toEqual(["v14", "v15", "v16", "v17", "v18", "v19"]);
	});
});

test("close() says so to the service", async () => {
	const frames: [opcode: number | undefined, bytes: number[]][] = [];
	const { wss } = scene.service.dictionaries;
	const io = class extends wss.io {
		override write(data: ArrayBuffer, options?: WebSocketWriteOptions): never {
			frames.push([options?.opcode, [...new Uint8Array(data)]]);
			return super.write(data, options) as never;
		}
	};
	const client = await scene.start({ wss: { ...wss, io } });
	frames.length = 0;
	client.signaling.close();
	expect(frames).toEqual([[8, [0x03, 0xe8]]]); // code 1000
});
