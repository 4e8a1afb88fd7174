// SPDX-License-Identifier: Apache-2.0
// The servers that the connections of a network share, with a TURN server that answers as the tests of modules/ice have it.
import type { LocalCandidateOptions } from "webrtc/ice/types";
import Relay from "webrtc/native/transport/relay";
import Network, { type StunHandler } from "webrtc/peer/network";
import type { ServersUser } from "webrtc/peer/server";
import type { IceServer } from "webrtc/signaling";
import { advance, currentTime, pendingTimers, resetClock, schedule } from "../fakes/moddable/clock";
import type FakeRelay from "../fakes/native/transport/relay";
import { openNatives } from "../fakes/native/transport";
import type { Endpoint, VirtualNetwork } from "../network";
import TurnServer, { type TurnServerOptions } from "../turnserver";

const there = "198.51.100.1";
const stun: IceServer = { urls: `stun:${there}` };
const turn: IceServer = { urls: `turn:${there}`, username: "user", credential: "secret" };
const turnKey = `turn:${there} user secret`;

const keyOf = ({ address, port }: Endpoint) => `${address}:${port}`;

/** A network, with servers behind it: a datagram takes a millisecond. */
class World {
	readonly network = new Network();
	readonly escaped: unknown[] = [];
	readonly #handlers = new Map<number, StunHandler>();
	readonly #receivers = new Map<string, (data: Uint8Array, from: Endpoint) => void>();
	/** By whom what came from an endpoint is to be heard. */
	readonly #owners = new Map<string, number>();

	constructor() {
		const { network } = this;
		const join = network.join.bind(network);
		network.join = (handler) => {
			const owner = join(handler);
			this.#handlers.set(owner, handler);
			return owner;
		};
		network.send = (data, address, port, _relay, owner) =>
			this.#pass(data, { address: "203.0.113.1", port: 40000 + owner }, { address, port }, owner);
		const pass = this.#pass.bind(this);
		jest.spyOn(Relay.prototype, "write").mockImplementation(function (this: unknown, data) {
			const { number, options } = this as FakeRelay;
			pass(data as Uint8Array, { address: "203.0.113.1", port: 50000 + number }, options, options.owner);
		});
	}

	#pass(data: Uint8Array, from: Endpoint, to: Endpoint, owner: number): void {
		this.#owners.set(keyOf(from), owner);
		const copy = data.slice();
		schedule(() => this.#receivers.get(keyOf(to))?.(copy, from), 1);
	}

	serve(options: Partial<TurnServerOptions> = {}): TurnServer {
		const network = {
			get now() {
				return currentTime();
			},
			bind: (endpoint: Endpoint, receive: (data: Uint8Array, from: Endpoint) => void) =>
				this.#receivers.set(keyOf(endpoint), receive),
			unbind: (endpoint: Endpoint) => this.#receivers.delete(keyOf(endpoint)),
			send: (data: Uint8Array, from: Endpoint, to: Endpoint) => {
				const copy = data.slice();
				const handler = this.#handlers.get(this.#owners.get(keyOf(to)) ?? 0);
				schedule(() => {
					try {
						handler?.handleStun(copy, from.address, from.port, 0);
					} catch (error) {
						this.escaped.push(error);
					}
				}, 1);
			},
		};
		return new TurnServer(network as unknown as VirtualNetwork, { address: there, ...options });
	}

	use(user: User, ...servers: IceServer[]): string[] {
		return this.network.servers.use(user, servers);
	}
}

class User implements ServersUser {
	readonly candidates: LocalCandidateOptions[] = [];
	readonly lost: string[] = [];
	asked = 0;
	settled = 0;
	constructor(readonly relayOnly = false) {}
	onServerAsked(): void {
		this.asked++;
	}
	onServerCandidate(_key: string, candidate: LocalCandidateOptions): void {
		this.candidates.push(candidate);
	}
	onServerSettled(): void {
		this.settled++;
	}
	onServerLost(base: string): void {
		this.lost.push(base);
	}
	/** The number of its relay. */
	get relay(): number {
		return Number(this.candidates.find(({ type }) => type === "relay")!.base);
	}
}

let world: World;
const stateOf = (user: User) => world.network.servers.statusOf(user).map(({ state }) => state);

beforeEach(() => {
	resetClock();
	world = new World();
});

afterEach(async () => {
	world.network.close();
	expect(world.escaped).toEqual([]);
	jest.restoreAllMocks();
	await advance(5); // what is under way
	expect([openNatives(), pendingTimers()]).toEqual([0, 0]);
});

test("an allocation is shared by all who name the server, and given back with the last of them", async () => {
	const server = world.serve();
	const [one, other] = [new User(), new User(true)];
	world.use(one, turn);
	await advance(50);
	world.use(other, turn);
	expect([server.allocations.size, one.relay]).toEqual([1, other.relay]);
	expect(one.candidates).toMatchObject([{ type: "relay", address: there, relatedAddress: "203.0.113.1" }]);
	expect(other.candidates).toMatchObject([{ type: "relay", relatedAddress: "0.0.0.0", relatedPort: 0 }]);
	expect([one.asked, one.settled, other.asked, other.settled]).toEqual([1, 1, 1, 1]);
	world.network.servers.leave(one);
	await advance(10);
	expect(server.answers).not.toContain("4 0");
	world.network.servers.leave(other);
	await advance(10);
	expect(server.answers.at(-1)).toBe("4 0"); // Refresh, of no time
});

test("who leaves keeps the servers that it names, and no others", async () => {
	const server = world.serve();
	const user = new User();
	const keys = world.use(user, stun, turn);
	expect(keys).toEqual([stun.urls, turnKey]);
	await advance(50);
	expect(stateOf(user)).toEqual(["ready", "ready"]);
	world.network.servers.leave(user, [turnKey]);
	await advance(10);
	expect(world.network.servers.statusOf(user).map(({ url }) => url)).toEqual([turn.urls]);
	expect(server.answers).not.toContain("4 0");
	world.network.servers.leave(user, [stun.urls as string]);
	await advance(10);
	expect(world.network.servers.statusOf(user)).toEqual([]);
	expect(server.answers.at(-1)).toBe("4 0");
});

test("peers behind a relay are permitted, and bound to a channel, by its number", async () => {
	const server = world.serve();
	const user = new User();
	world.use(user, turn);
	await advance(50);
	const { servers } = world.network;
	const [allocation] = [...server.allocations.values()];
	servers.permit(user.relay, "192.0.2.77");
	await advance(10);
	expect([...allocation!.permissions.keys()]).toEqual(["192.0.2.77"]);
	servers.bind(user.relay, "192.0.2.78", 4000);
	servers.permit(user.relay + 1, "192.0.2.79"); // of no relay here
	await advance(10);
	expect([...allocation!.permissions.keys()]).toEqual(["192.0.2.77", "192.0.2.78"]);
	expect([...allocation!.channels.values()]).toMatchObject([{ peer: { address: "192.0.2.78", port: 4000 } }]);
	expect(servers.keyOf(user.relay)).toBe(turnKey);
	expect(servers.keyOf(user.relay + 1)).toBeUndefined();
});

test("a channel that nobody uses ends here when it does at the server", async () => {
	world.serve();
	const user = new User();
	world.use(user, turn);
	await advance(50);
	const [bound, unbound] = [jest.spyOn(Relay.prototype, "bind"), jest.spyOn(Relay.prototype, "unbind")];
	world.network.servers.bind(user.relay, "203.0.113.9", 7000);
	await advance(50);
	expect(bound).toHaveBeenCalledWith(0x4000, "203.0.113.9", 7000);
	await advance(599_000);
	expect(unbound).not.toHaveBeenCalled();
	await advance(1000);
	expect(unbound).toHaveBeenCalledWith(0x4000);
});

test("who is to be seen behind relays alone asks no STUN server", () => {
	const user = new User(true);
	expect(world.use(user, stun)).toEqual([]);
	expect(user.asked).toBe(0);
});

test("a server that is full is asked again after a minute, one that knows nobody is not", async () => {
	const server = world.serve({ error: 486 });
	const user = new User();
	const stranger = new User();
	world.use(user, turn);
	world.use(stranger, { ...turn, credential: "wrong" });
	await advance(1000);
	expect([stateOf(user), stateOf(stranger)]).toEqual([["failed"], ["failed"]]);
	expect([user.settled, stranger.settled]).toEqual([1, 1]);
	server.options.error = 0;
	await advance(57_000);
	expect(stateOf(user)).toEqual(["failed"]);
	await advance(5000);
	expect([stateOf(user), stateOf(stranger)]).toEqual([["ready"], ["failed"]]);
	expect([user.candidates.length, user.settled]).toEqual([1, 2]);
});

test("an allocation of before is in the way: another socket, three times at most", async () => {
	const server = world.serve({ error: 437 });
	const user = new User();
	world.use(user, turn);
	await advance(1000);
	expect(stateOf(user)).toEqual(["failed"]);
	expect(server.answers.filter((answer) => answer === "3 437")).toHaveLength(3);
});

test("the first relay of several servers is that of the first which has one, unless one before it may yet get one", async () => {
	const other = "198.51.100.2";
	const silent: IceServer = { ...turn, urls: "turn:198.51.100.3" };
	const full = world.serve({ error: 486 });
	world.serve({ address: other });
	const user = new User();
	const keys = world.use(user, turn, { ...turn, urls: `turn:${other}` });
	await advance(50);
	expect(stateOf(user)).toEqual(["failed", "ready"]);
	expect(world.network.servers.firstRelay(keys)).toBe(user.relay);
	const more = world.use(user, silent);
	await advance(50);
	expect(world.network.servers.firstRelay([...more, ...keys])).toBeUndefined();
	expect(world.network.servers.firstRelay([...keys, ...more])).toBe(user.relay);
	expect(full.answers).toContain("3 486");
});

test("when the network has changed, servers that did not serve are asked anew, and others only where their address has gone", async () => {
	const other = "198.51.100.2";
	const refusing = world.serve({ error: 403 });
	const serving = world.serve({ address: other });
	const user = new User();
	world.use(user, turn, { ...turn, urls: `turn:${other}` });
	await advance(50);
	expect(stateOf(user)).toEqual(["failed", "ready"]);
	refusing.options.error = 0;
	user.lost.length = 0;
	world.network.servers.onNetworkChange(["2001:db8::1"]);
	await advance(50);
	expect([stateOf(user), user.lost, serving.answers.length]).toEqual([["ready", "ready"], [], 2]);
	world.network.servers.onNetworkChange(["203.0.113.1"]);
	expect(user.lost).toHaveLength(2);
	await advance(50);
	expect([stateOf(user), serving.allocations.size]).toEqual([["ready", "ready"], 2]); // one by the former socket
});

test("a server that sends elsewhere is followed there, and not for ever", async () => {
	const alternate = { address: "198.51.100.2", port: 3479 };
	world.serve({ alternate });
	const next = world.serve(alternate);
	const user = new User();
	world.use(user, turn);
	await advance(100);
	expect(user.candidates).toMatchObject([{ type: "relay", address: "198.51.100.2" }]);
	const back = { address: there, port: 3478 };
	next.options.alternate = back;
	world.network.servers.leave(user);
	world.use(user, turn);
	await advance(1000);
	expect(stateOf(user)).toEqual(["failed"]);
});

test("what a STUN server says is good for a quarter of a minute, and then asked anew", async () => {
	world.serve();
	const user = new User();
	world.use(user, stun);
	await advance(10);
	expect(user.candidates).toMatchObject([{ type: "srflx", address: "203.0.113.1" }]);
	const sent = jest.spyOn(world.network, "send");
	world.use(user, stun);
	expect([sent.mock.calls.length, user.settled]).toEqual([0, 2]);
	await advance(15_000);
	world.use(user, stun);
	expect([sent.mock.calls.length, stateOf(user)]).toEqual([1, ["asking"]]);
	await advance(10);
	expect([user.settled, stateOf(user)]).toEqual([3, ["ready"]]);
	await advance(60_000);
	expect(sent.mock.calls.length).toBe(1); // an answer ends the question
});

test("what a user throws is told of, and harms nobody else", async () => {
	const told: string[] = [];
	const original = Object.getOwnPropertyDescriptor(globalThis, "trace")!;
	Object.defineProperty(globalThis, "trace", { configurable: true, value: (text: string) => told.push(text) });
	world.serve();
	const user = new User();
	user.onServerCandidate = () => {
		throw new Error("a fault of the user's");
	};
	world.use(user, stun);
	await advance(10);
	Object.defineProperty(globalThis, "trace", original);
	expect(told).toEqual([expect.stringContaining("a fault of the user's")]);
	const other = new User();
	world.use(other, turn);
	await advance(50);
	expect(stateOf(other)).toEqual(["ready"]);
});

test("no more than four relays and 24 servers at once: the next has its turn when one has gone", async () => {
	const users = Array.from({ length: 7 }, () => new User());
	users.forEach((user, i) => world.use(user, { ...turn, urls: `turn:198.51.100.${i + 10}` }));
	const inState = (state: string) => users.filter((user) => stateOf(user)[0] === state).length;
	expect([inState("asking"), inState("waiting")]).toEqual([4, 3]);
	world.network.servers.leave(users[0]!);
	expect(stateOf(users[4]!)).toEqual(["asking"]);
	const urls = Array.from({ length: 40 }, (_, i) => `stun:198.51.100.${i + 100}`);
	expect(world.use(new User(), { urls })).toHaveLength(24 - 6);
});
