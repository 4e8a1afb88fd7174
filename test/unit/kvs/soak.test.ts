// SPDX-License-Identifier: Apache-2.0
// Many things that go wrong, one after the other and together.
import Client, { sdp, seeded } from "./client";
import Service, { messageOf, type Reply } from "./service";
import type { FakeWebSocket } from "./network";
import { advance, pendingTimers, resetClock, schedule } from "../fakes/moddable/clock";
import { currentTime } from "../fakes/moddable/clock";
import preference from "../fakes/moddable/preference";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const runs = 200;
/** The last back-off, and what it then takes to get there, with a connection that does not answer in between. */
const bound = 15 * second + 10 * second + 25 * second;

let service: Service;
let deviceOffset: number;
let client: Client;

function prepare(seed: number): () => number {
	resetClock();
	preference.reset();
	deviceOffset = 0;
	service = new Service();
	service.addChannel("porch");
	const random = seeded(seed);
	jest.spyOn(Math, "random").mockImplementation(seeded(seed + 1_000_000));
	jest.spyOn(Date, "now").mockImplementation(() => service.now + deviceOffset);
	return random;
}

afterEach(() => jest.restoreAllMocks());

/** @param delay of the application, in milliseconds, with each answer */
function connect(lifetime: number, delay: () => number): void {
	client = new Client(service, { cache: "stored" }, lifetime);
	client.answer = ({ peerId }) =>
		void schedule(() => client.signaling.send({ type: "answer", peerId, sdp: sdp(peerId) }), delay());
	client.connect();
}

const offer = (id: string) => messageOf("SDP_OFFER", { type: "offer", sdp: sdp(id) }, id);
const answered = () =>
	new Set(service.received.filter(({ action }) => action === "SDP_ANSWER").map(({ recipient }) => recipient));

describe("200 seeded runs of faults", () => {
	type Fault = (random: () => number) => () => void;
	const refuse = (reply: (() => Reply | "drop" | "reset") | undefined) => {
		service.script = reply;
		return () => {
			service.script = undefined;
		};
	};
	/** Begins a fault; what it returns ends it. */
	const faults: Record<string, Fault> = {
		"credentials expire": () => {
			service.accounts.clear();
			return () => undefined;
		},
		"the clock is a day off": (random) => {
			deviceOffset = random() < 0.5 ? day : -day;
			return () => undefined;
		},
		GO_AWAY: () => {
			const socket = service.master("porch");
			socket?.sendToClient(messageOf("GO_AWAY", undefined));
			return () => socket?.closeFromService(1001);
		},
		"the WebSocket is reset": (random) => {
			const socket = service.master("porch");
			schedule(() => socket?.reset(), random() * 3 * second);
			return () => undefined;
		},
		"the WebSocket dies": (random) => {
			const socket = service.master("porch");
			schedule(() => socket?.die(), random() * 3 * second);
			return () => undefined;
		},
		"no names": () => {
			service.dnsDown = true;
			return () => {
				service.dnsDown = false;
			};
		},
		"5xx": (random) => refuse(() => (random() < 0.8 ? { status: 500 + Math.floor(random() * 5) } : "drop")),
		throttling: () => refuse(() => ({ status: 400, headers: { "x-amzn-errortype": "ThrottlingException" } })),
		"calls are cut": (random) => refuse(() => (random() < 0.5 ? "reset" : "drop")),
		"the channel is deleted": () => {
			service.deleteChannel("porch");
			return () => undefined;
		},
		"the endpoint moves": () => {
			service.endpointGeneration++;
			for (const socket of [...service.sockets]) socket.closeFromService(1001);
			return () => undefined;
		},
		"nonsense is sent": () => {
			service.master("porch")?.sendToClient("{");
			return () => undefined;
		},
	};
	const names = Object.keys(faults);
	let longest = 0;
	let dropped = 0;
	let repeated = 0;

	/** Which offers reached the client: it must have seen them, and answered. */
	const reached = (sockets: Iterable<FakeWebSocket>) =>
		[...sockets]
			.flatMap(({ delivered }) => delivered)
			.map((text) => JSON.parse(text === "{" ? "{}" : text).senderClientId);

	test.each([...Array(runs / 10).keys()].map((n) => n * 10))("from seed %i", async (first) => {
		for (let seed = first; seed < first + 10; seed++) {
			const random = prepare(seed);
			const sockets = new Set<FakeWebSocket>();
			connect(20 * minute, () => random() * 2 * second);
			await advance(random() * second);
			let offers = 0;
			for (let i = 0; i < 12; i++) {
				const end = faults[names[Math.floor(random() * names.length)]!]!(random);
				const steps = Math.floor(random() * 12);
				for (let step = 0; step <= steps; step++) {
					if (random() < 0.7) service.master("porch")?.sendToClient(offer(`${seed}-${offers++}`), 30);
					for (const socket of service.sockets) sockets.add(socket);
					await advance(random() * 8 * second);
				}
				end();
				await advance(random() * random() * minute);
				for (const socket of service.sockets) sockets.add(socket);
			}
			// All is well again.
			const start = currentTime();
			while (!(client.signaling.state === "connected" && service.master("porch")?.gone === false)) {
				await advance(100);
				if (currentTime() - start > bound)
					throw new Error(`seed ${seed}: ${client.signaling.state}: ${client.errors.at(-1)}`);
			}
			longest = Math.max(longest, currentTime() - start);
			await advance(bound); // a connection that died last is found out, and its messages are repeated
			expect(client.signaling.state).toBe("connected");
			for (const socket of service.sockets) sockets.add(socket);
			const seen = client.messages.map(({ peerId }) => peerId);
			expect(seen.sort()).toEqual(reached(sockets).filter(Boolean).sort());
			const missing = seen.filter((id) => !answered().has(id));
			// After a minute without a connection an answer is of no use to anybody: it is dropped, and that is reported.
			const { messagesDropped } = client.signaling.statistics;
			if (missing.length > messagesDropped) throw new Error(`seed ${seed}: no answer for ${missing}`);
			dropped += messagesDropped;
			repeated += client.signaling.statistics.messagesRepeated;
			client.signaling.close();
			await advance(3 * hour);
			expect(pendingTimers()).toBe(0);
		}
	});

	test("were back within the bound, and repeated what was swallowed", () => {
		process.stdout.write(
			`the longest way back: ${longest} ms; ${repeated} answers repeated, ${dropped} too late\n`,
		);
		expect(repeated).toBeGreaterThan(runs / 4);
		expect(dropped).toBeLessThan(runs / 4);
		expect(longest).toBeLessThanOrEqual(bound);
	});
});
