// SPDX-License-Identifier: Apache-2.0
// The TURN client against a server in virtual time.
import TurnClient, { maximumChannels, maximumPermissions, type TurnEvent, type TurnOptions } from "webrtc/ice/turn";
import { seededCrypto } from "../crypto";
import { VirtualNetwork, type NetworkConditions } from "../network";
import TurnServer, { type TurnServerOptions } from "../turnserver";

const here = { address: "192.0.2.1", port: 5000 };
const there = "198.51.100.1";

class Client {
	readonly network: VirtualNetwork;
	readonly server: TurnServer;
	readonly events: TurnEvent[] = [];
	readonly data: Uint8Array[] = [];
	client: TurnClient;
	sent = 0;
	#wake = Infinity;

	constructor(
		server: Partial<TurnServerOptions> = {},
		options: Partial<TurnOptions> = {},
		conditions: NetworkConditions = { delay: 20 },
	) {
		this.network = new VirtualNetwork(conditions);
		this.server = new TurnServer(this.network, { address: there, ...server });
		this.client = new TurnClient({
			crypto: seededCrypto(conditions.seed ?? 1),
			now: 0,
			username: "user",
			credential: "secret",
			...options,
		});
		this.network.bind(here, (data) => {
			if ((data[0]! & 0xc0) === 0x40 || data[1] === 0x17) this.data.push(data);
			else this.client.handleMessage(data, this.network.now);
			this.pump();
		});
		this.pump();
	}

	pump(): void {
		const { client, network } = this;
		client.handleTimeout(network.now);
		for (let event = client.pollEvent(); event; event = client.pollEvent()) this.events.push(event);
		for (let data = client.pollTransmit(); data; data = client.pollTransmit()) {
			this.sent++;
			network.send(data, here, { address: there, port: 3478 });
		}
		const { deadline } = client;
		if (deadline === Infinity || deadline === this.#wake) return;
		this.#wake = deadline;
		network.clock.at(deadline, () => {
			this.#wake = Infinity;
			this.pump();
		});
	}

	run(milliseconds: number, done?: () => boolean): boolean {
		return this.network.clock.run(this.network.now + milliseconds, done);
	}

	get types(): string[] {
		return this.events.map(({ type }) => type);
	}

	get allocated(): boolean {
		return this.client.state === "allocated";
	}

	/** As the driver does for each use. */
	use(address: string, port?: number): void {
		if (port === undefined) this.client.permit(address, this.network.now);
		else this.client.bind(address, port, this.network.now);
		this.pump();
	}
}

test("an allocation takes two round trips, and one with the challenge of before", () => {
	const first = new Client();
	expect(first.run(1000, () => first.allocated)).toBe(true);
	expect(first.network.now).toBe(80);
	expect(first.events).toEqual([
		{
			type: "allocated",
			relayed: { address: there, port: 49152 },
			mapped: here,
			lifetime: 600,
		},
	]);
	const second = new Client({}, { challenge: first.client.challenge });
	expect(second.run(1000, () => second.allocated)).toBe(true);
	expect(second.network.now).toBe(40);
	expect(second.server.answers).toEqual(["3 0"]);
});

test.each([
	[[1], "MD5"],
	[[2], "SHA-256"],
	[[2, 1], "SHA-256"],
	[[7, 2], "the second, as it does not know the first"],
])("password algorithms %j: %s", (algorithms) => {
	const it = new Client({ algorithms });
	expect(it.run(1000, () => it.allocated)).toBe(true);
	expect(it.server.answers).toEqual(["3 401", "3 0"]);
});

test("none of the server's algorithms is known: it fails, and does not ask on", () => {
	const it = new Client({ algorithms: [9] });
	it.run(60_000);
	expect(it.types).toEqual(["failed"]);
	expect(it.server.answers).toEqual(["3 401"]);
});

test("a list of algorithms that was taken out on the way is not followed (bid-down)", () => {
	const it = new Client({ algorithms: [2] });
	it.network.filter = (data, from) => {
		const at = Buffer.from(data).indexOf(Buffer.from([0x80, 0x02, 0x00, 0x04]));
		if (from.address === there && at > 0) data[at + 1] = 0x7f; // as an attribute that nobody knows
		return true;
	};
	it.run(30_000);
	expect(it.events).toEqual([]);
	expect(it.server.answers.every((one) => one === "3 401")).toBe(true);
	expect(it.client.forged).toBeGreaterThan(3);
});

test("a wrong password is told within one round trip of the challenge", () => {
	const it = new Client({}, { credential: "wrong" });
	it.run(1000, () => it.types.includes("failed"));
	expect(it.network.now).toBe(80);
	expect(it.events).toMatchObject([{ type: "failed", code: 401, error: { code: "ice/turn" } }]);
	it.run(100_000);
	expect(it.sent).toBe(2);
});

test.each([400, 403, 437, 441, 442, 486, 508])("error %d ends it, and is told", (error) => {
	const it = new Client({ error });
	it.run(1000);
	expect(it.events).toMatchObject([{ type: "failed", code: error }]);
	expect(it.client.deadline).toBe(Infinity);
});

test("it is redirected by an answer without integrity, as coturn's", () => {
	const it = new Client({ alternate: { address: "203.0.113.5", port: 3479 } });
	it.run(1000);
	expect(it.events).toEqual([{ type: "redirected", server: { address: "203.0.113.5", port: 3479 } }]);
});

test("a server that never answers: 39.5 s, and no more than eight requests", () => {
	const it = new Client();
	it.server.stop();
	it.run(39_000);
	expect(it.events).toEqual([]);
	it.run(2000);
	expect(it.events).toMatchObject([{ type: "failed", code: 0 }]);
	expect(it.sent).toBeLessThanOrEqual(9);
});

test("allocation, permissions and channels are refreshed for 20 lifetimes, with nonces of a second", () => {
	const options = { lifetime: 60, permissionLife: 5000, channelLife: 5000, nonceLife: 1000 };
	const it = new Client(options, { timeouts: { permission: 2500, channel: 2500 } });
	it.run(1000);
	it.use("203.0.113.1");
	it.use("203.0.113.2", 6000);
	it.run(1000);
	for (let second = 0; second < 20 * 60; second++) {
		it.run(1000);
		it.use("203.0.113.1");
		it.use("203.0.113.2", 6000);
		const [allocation] = [...it.server.allocations.values()];
		expect(allocation!.expiry).toBeGreaterThan(it.network.now);
		expect(allocation!.permissions.get("203.0.113.1")).toBeGreaterThan(it.network.now);
		expect(allocation!.channels.get(0x4000)!.expiry).toBeGreaterThan(it.network.now);
	}
	expect(it.types).toEqual(["allocated", "bound"]);
	expect(it.server.answers.filter((one) => one.endsWith(" 438")).length).toBeGreaterThan(100);
});

test("what is not used any more is let go", () => {
	const it = new Client();
	it.run(1000);
	it.use("203.0.113.1");
	it.use("203.0.113.2", 6000);
	it.run(3_600_000);
	expect(it.types).toEqual(["allocated", "bound", "unbound"]);
	expect(it.server.answers.filter((one) => one.startsWith("8")).length).toBeLessThan(3);
	expect(it.server.answers.filter((one) => one.startsWith("9")).length).toBeLessThan(3);
	// The same peer has the same number again, or a new one.
	it.use("203.0.113.2", 6000);
	it.run(1000);
	expect(it.types.at(-1)).toBe("bound");
});

test("by TCP nothing is sent again, and given up as late", () => {
	const it = new Client({}, { reliable: true });
	it.server.stop();
	it.run(39_400);
	expect([it.sent, it.types]).toEqual([1, []]);
	it.run(200);
	expect([it.sent, it.types]).toEqual([1, ["failed"]]);
});

test("a lifetime of years is prolonged once a day", () => {
	const it = new Client({ lifetime: 0xffffffff });
	it.run(86_400_000);
	expect(it.server.answers.filter((one) => one === "4 0")).toHaveLength(1);
	expect(it.allocated).toBe(true);
});

test("an error that is signed wrongly changes nothing", () => {
	const it = new Client();
	it.run(1000);
	it.network.filter = (data, from) => {
		if (from.address === there && data[0] === 1 && data[1] === 0x18) data[data.length - 1]! ^= 1;
		return true;
	};
	it.use("10.66.0.1"); // the server forbids it
	it.run(30_000);
	expect(it.types).toEqual(["allocated"]);
	expect(it.client.forged).toBeGreaterThan(3);
});

test("nonces that are stale whenever they are used: it is not asked for ever", () => {
	const it = new Client({ nonceLife: 1 });
	it.run(60_000);
	expect(it.events).toMatchObject([{ type: "failed", code: 438 }]);
	expect(it.sent).toBeLessThan(6);
});

test("an allocation that is there is not redirected: it is asked again", () => {
	const it = new Client();
	it.run(1000);
	it.server.options.cut = 300;
	it.server.options.alternate = { address: "203.0.113.5", port: 3479 };
	it.run(580_000);
	expect(it.types).toEqual(["allocated"]);
	expect(it.server.answers.filter((one) => one === "4 300").length).toBeGreaterThan(5);
	it.server.options.cut = 0;
	it.run(60_000);
	expect([it.types, it.allocated]).toEqual([["allocated"], true]);
});

test("an address that was refused is tried again after a minute, and told of once", () => {
	const it = new Client();
	it.run(1000);
	for (let i = 0; i < 130; i++) {
		it.use("10.66.0.1");
		it.run(1000);
	}
	expect(it.server.answers.filter((one) => one === "8 403")).toHaveLength(3);
	expect(it.types).toEqual(["allocated", "refused"]);
});

test("a channel that is used again after a pause is kept, although it was let go", () => {
	const it = new Client();
	it.run(1000);
	it.use("203.0.113.2", 6000);
	it.run(400_000);
	for (let i = 0; i < 600; i++) {
		it.use("203.0.113.2", 6000);
		it.run(1000);
	}
	expect(it.types).toEqual(["allocated", "bound"]);
	const [allocation] = [...it.server.allocations.values()];
	expect([...allocation!.channels.keys()]).toEqual([0x4000]);
});

test("a server that falls silent: the allocation ends when it would there", () => {
	const it = new Client();
	it.run(1000);
	it.server.stop();
	it.run(598_000);
	expect(it.types).toEqual(["allocated"]);
	it.run(2000);
	expect(it.events.slice(1)).toMatchObject([{ type: "failed", code: 0 }]);
	expect(it.client.deadline).toBe(Infinity);
});

test("an address that the server forbids is told, and others are not concerned", () => {
	const it = new Client();
	it.run(1000);
	it.use("10.66.0.1");
	it.use("203.0.113.1");
	it.run(1000);
	expect(it.events.slice(1)).toEqual([{ type: "refused", address: "10.66.0.1", code: 403 }]);
	const [allocation] = [...it.server.allocations.values()];
	expect([...allocation!.permissions.keys()]).toEqual(["203.0.113.1"]);
});

test("permissions and channels wait for the allocation, and are bounded", () => {
	const it = new Client();
	for (let i = 0; i < 500; i++) {
		it.use(`203.0.${i >> 8}.${i & 255}`);
		it.use("203.0.113.9", 1000 + i);
	}
	it.run(5000);
	const [allocation] = [...it.server.allocations.values()];
	expect(allocation!.permissions.size).toBeLessThanOrEqual(maximumPermissions + 1);
	expect(allocation!.channels.size).toBe(maximumChannels);
	expect(it.client.overflow).toBe(1000 - maximumPermissions - maximumChannels);
});

test("an allocation that the server has forgotten is told of with the next request", () => {
	const it = new Client();
	it.run(1000);
	it.server.stop();
	it.server.start();
	it.run(600_000);
	expect(it.events.at(-1)).toMatchObject({ type: "failed", code: 437 });
});

test.each([undefined, 6000])(
	"coturn says only that a request for a peer is bad (400): a refresh tells that the allocation has gone",
	(port) => {
		const it = new Client();
		it.run(1000);
		it.server.stop();
		it.server.start();
		it.use("203.0.113.1", port);
		it.run(200);
		expect(it.events.at(-1)).toMatchObject({ type: "failed", code: 437 });
	},
);

test("a request for a peer that is bad for another reason costs a refresh, and no more", () => {
	const it = new Client();
	it.run(1000);
	it.server.options.bad = true;
	for (let i = 0; i < 5; i++) it.use(`203.0.113.${i}`);
	it.run(10_000);
	expect(it.allocated).toBe(true);
	expect(it.server.answers.filter((one) => one === "8 400")).toHaveLength(5);
	expect(it.server.answers.filter((one) => one === "4 0").length).toBeLessThanOrEqual(2);
	it.run(1_200_000);
	expect(it.allocated).toBe(true);
});

describe.each([401, 441])("credentials that end before the allocation does (%d)", (cut) => {
	test("it is told with the next refresh", () => {
		const it = new Client({ lifetime: 600 });
		it.run(1000);
		it.server.options.cut = cut;
		it.run(600_000);
		expect(it.events.at(-1)).toMatchObject({ type: "failed", code: cut });
		expect(it.client.deadline).toBe(Infinity);
		expect(it.server.answers.filter((answer) => answer === `4 ${cut}`)).toHaveLength(1);
	});

	test("or with the next permission, long before the allocation is due", () => {
		const it = new Client({ lifetime: 3600 });
		it.run(1000);
		it.use("203.0.113.1");
		it.run(1000);
		it.server.options.cut = cut;
		// Somebody is there all the time.
		while (it.network.now < 300_000 && !it.types.includes("failed")) {
			it.use("203.0.113.1");
			it.run(1000);
		}
		expect(it.events.at(-1)).toMatchObject({ type: "failed", code: cut });
		expect(it.network.now).toBeLessThan(300_000); // its lifetime
	});

	test("or with the channel of a new peer", () => {
		const it = new Client({ lifetime: 3600 });
		it.run(1000);
		it.server.options.cut = cut;
		it.use("203.0.113.1", 6000);
		it.run(100);
		expect(it.events.at(-1)).toMatchObject({ type: "failed", code: cut });
	});
});

test("the way to the server is kept open, and the allocation given back", () => {
	const it = new Client();
	it.run(1000);
	const before = it.sent;
	it.run(200_000);
	expect(it.sent - before).toBe(10);
	it.client.close(it.network.now);
	it.pump();
	it.run(100);
	expect(it.server.answers.at(-1)).toBe("4 0");
	expect(it.client.deadline).toBe(Infinity);
});

test("an answer that is not the server's changes nothing", () => {
	const it = new Client();
	it.network.filter = (data, from) => {
		if (from.address !== there || data[0] !== 1 || data[1] !== 3) return true;
		data[data.length - 1]! ^= 1;
		return true;
	};
	it.run(30_000);
	expect(it.events).toEqual([]);
	expect(it.client.forged).toBeGreaterThan(3);
	it.network.filter = () => true;
	it.run(30_000, () => it.allocated);
	expect(it.allocated).toBe(true);
});

test("with a fifth of the datagrams lost, some late and some twice, 200 seeds", () => {
	for (let seed = 1; seed <= 200; seed++) {
		const conditions = { seed, loss: 0.2, delay: 50, jitter: 100, duplication: 0.1, reordering: 0.1 };
		const it = new Client({ nonceLife: 3000 }, {}, conditions);
		expect(it.run(30_000, () => it.allocated)).toBe(true);
		it.use("203.0.113.2", 6000);
		expect(it.run(30_000, () => it.types.includes("bound"))).toBe(true);
		it.run(1_800_000, () => it.types.includes("failed"));
		expect(it.types).not.toContain("failed");
	}
});
