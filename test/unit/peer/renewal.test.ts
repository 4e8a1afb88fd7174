// SPDX-License-Identifier: Apache-2.0
// Relays whose credentials end during a call: others are there before, and the call goes on by them. A device is reached by its
// relay alone; its peer has an address of its own.
import IceSession from "webrtc/ice/session";
import Certificate from "webrtc/native/dtls/certificate";
import type { CandidateFilter } from "webrtc/peer/configuration";
import Network from "webrtc/peer/network";
import PeerTransport from "webrtc/peer/transport";
import type { RemoteTransport } from "webrtc/sdp";
import type { IceServer } from "webrtc/signaling";
import { advance, currentTime, schedule } from "../fakes/moddable/clock";
import Transport from "../fakes/native/transport";
import Path from "../fakes/native/transport/path";
import Relay from "../fakes/native/transport/relay";
import type { Endpoint, VirtualNetwork } from "../network";
import TurnServer, { unwrap, wrap, type TurnServerOptions } from "../turnserver";
import { Random } from "../clock";
import { begin, closers, end } from "./helpers";

const there = "198.51.100.1";
/** Milliseconds from a server to somebody. */
let latency = () => 5;
let handlers: Map<string, (data: Uint8Array, from: Endpoint) => void>;
const keyOf = ({ address, port }: Endpoint) => `${address} ${port}`;
/** Of the leg to a server: its port is the relay's number. */
const legOf = ({ number }: Relay): Endpoint => ({ address: "203.0.113.9", port: number });

function serve(options: Partial<TurnServerOptions> = {}): TurnServer {
	const wire = {
		get now() {
			return currentTime();
		},
		bind: (at: Endpoint, handler: (data: Uint8Array, from: Endpoint) => void) => handlers.set(keyOf(at), handler),
		unbind: (at: Endpoint) => handlers.delete(keyOf(at)),
		send(data: Uint8Array, from: Endpoint, to: Endpoint) {
			const bytes = data.slice();
			schedule(() => pass(bytes, from, to), latency());
		},
	};
	return new TurnServer(wire as unknown as VirtualNetwork, { address: there, ...options });
}

/** From a server or a relayed address. */
function pass(bytes: Uint8Array, from: Endpoint, to: Endpoint): void {
	const relay = [...Relay.open].find((one) => keyOf(legOf(one)) === keyOf(to));
	if (!relay) {
		Transport.open.find(({ address }) => address === to.address)?.deliver(bytes, to.port, from.address, from.port);
		handlers.get(keyOf(to))?.(bytes, from);
	} else if ((bytes[0]! & 0xc0) === 0x40) {
		// The answer that tells of the channel may be late.
		const [address, port] = relay.channels.get((bytes[0]! << 8) | bytes[1]!)?.split(":") ?? [];
		if (address !== undefined) relay.transport.bringRelayed(bytes.slice(4), address, Number(port), relay.number);
	} else if (bytes[0] === 0 && bytes[1] === 0x17) {
		const { peer, payload } = unwrap(bytes);
		relay.transport.bringRelayed(payload, peer.address, peer.port, relay.number);
	} else relay.transport.bring(bytes, from.address, from.port, relay.options.owner);
}

beforeEach(() => {
	begin();
	handlers = new Map();
	latency = () => 5;
	Relay.server = (relay, data) => {
		const handler = handlers.get(keyOf(relay.options));
		if (handler) schedule(() => handler(data, legOf(relay)), 5);
	};
	Transport.outside = {
		byRelay(number, data, to) {
			const relay = [...Relay.open].find((one) => one.number === number);
			if (relay) Relay.server!(relay, wrap(data, to));
		},
		receive(data, from, fromPort, to) {
			handlers.get(keyOf(to))?.(data as Uint8Array, { address: from, port: fromPort });
		},
	};
});

afterEach(async () => {
	await end();
	Relay.server = Transport.outside = undefined;
	expect(Relay.open.size).toBe(0);
});

/** What `transport` hears of is told to `other`. */
function open(network: Network, relayOnly: boolean): { transport: PeerTransport; tell(other: PeerTransport): void } {
	const certificate = new Certificate();
	let told: PeerTransport | undefined;
	const onGathered = () => {
		for (let event = transport.gatherer.pollEvent(); event; event = transport.gatherer.pollEvent())
			if (event.type === "candidate") told?.addRemoteCandidate(event.candidate);
	};
	const owner = { onTransportState() {}, onGathered, onPairChange() {}, onPathFound() {} };
	const transport = new PeerTransport(owner, network, certificate, { hidesHost: relayOnly });
	closers.push(transport, network, certificate);
	return { transport, tell: (other) => (told = other) };
}

function described({ local }: PeerTransport): RemoteTransport {
	return {
		...local,
		iceLite: false,
		fingerprints: [local.fingerprint],
		endOfCandidates: false,
		trickle: true,
	};
}

const old: IceServer = { urls: `turn:${there}`, username: "old", credential: "secret" };
const fresh: IceServer = { urls: `turn:${there}`, username: "fresh", credential: "secret" };

/** A server takes the name that is current, as one with credentials for a time does. */
const renew = (server: TurnServer, username: string) => (server.options.username = username);

async function call({ controls = false, trickles = true, network = new Network() } = {}) {
	const [device, peer] = [open(network, true), open(new Network(), false)];
	device.transport.agent.setControlling(controls);
	peer.transport.agent.setControlling(!controls);
	if (trickles) device.tell(peer.transport);
	device.transport.setRemote(described(peer.transport), true);
	peer.transport.setRemote(described(device.transport), true);
	device.transport.gather([old]);
	peer.transport.gather([]);
	await advance(3000);
	const relayed = () => device.transport.agent.selectedPair?.local.port;
	const goes = () => [device.transport, peer.transport].every(({ iceState }) => /connected|completed/.test(iceState));
	if (trickles) expect(goes()).toBe(true);
	return { device: device.transport, peer: peer.transport, relayed, goes };
}

const isUp = expect.stringMatching(/connected|completed/);

describe.each([
	["controls", true, true],
	["is controlled", false, true],
	["is controlled, and cannot tell of candidates", false, false],
])("a device that %s", (_, controls, trickles) => {
	test("has another relay before the credentials end, and the call goes on by it", async () => {
		const server = serve({ username: "old", lifetime: 60 });
		const { device, relayed, goes } = await call({ controls });
		if (!trickles) (device as unknown as { tellGathered(): void }).tellGathered = () => device.pump();
		const relays = new Set([relayed()]);
		for (const name of ["first", "second", "third"]) {
			await advance(20_000);
			renew(server, name);
			device.useServers([{ ...old, username: name }]);
			await advance(1000);
			expect(Relay.open.size).toBe(1); // the former is of no use any more
			expect(relays.has(relayed())).toBe(false);
			relays.add(relayed());
			for (let time = 0; time < 100_000; time += 500) {
				await advance(500);
				expect([device.iceState, goes()]).toEqual([isUp, true]);
			}
		}
	});

	test("stays with its relay as long as there is no other", async () => {
		const server = serve({ username: "old" });
		const { device, relayed, goes } = await call({ controls });
		const before = relayed();
		device.useServers([{ ...old, credential: "wrong" }]);
		await advance(10_000);
		device.useServers([{ ...old, urls: "turn:198.51.100.9" }]); // nobody answers there
		await advance(60_000);
		device.useServers([{ urls: "stun:198.51.100.9" }]);
		device.useServers([]);
		await advance(60_000);
		expect([relayed(), goes(), Relay.open.size]).toEqual([before, true, 1]);
		renew(server, "fresh");
		device.useServers([fresh]);
		await advance(1000);
		expect([relayed() === before, goes(), Relay.open.size]).toEqual([false, true, 1]);
	});
});

test("to a peer that controls and stays with the former relay, data goes by the other one as soon as that ends", async () => {
	const server = serve({ username: "old", lifetime: 60 });
	const { device, peer, relayed, goes } = await call();
	const before = relayed();
	const [path] = [...Path.open]; // that of the device
	jest.spyOn(IceSession.prototype, "prefers").mockReturnValue(false);
	await advance(20_000);
	renew(server, "fresh");
	device.useServers([fresh]);
	await advance(5000);
	expect([relayed(), goes(), Relay.open.size]).toEqual([before, true, 2]);
	const [, ours] = [...Relay.open];
	for (let i = 0; i < 100 && Relay.open.size > 1; i++) await advance(100); // until the former's refresh is refused
	await advance(500);
	expect([...Relay.open]).toEqual([ours]);
	expect([path!.relay, path!.selected]).toEqual([ours!.number, expect.stringMatching(/:40000$/)]);
	peer.onNetworkChange(); // or whatever else makes it look for another way
	await advance(5000);
	expect([relayed() === before, goes(), device.iceState]).toEqual([false, true, isUp]);
	jest.restoreAllMocks();
});

test.each(Array.from({ length: 12 }, (_, seed) => seed + 1))(
	"both have other relays at the same time, seed %i",
	async (seed) => {
		const server = serve({ username: "old", lifetime: 60 });
		const random = new Random(seed);
		latency = () => 1 + Math.floor(random.next() * 30);
		const [one, other] = [open(new Network(), true), open(new Network(), true)];
		one.transport.agent.setControlling(false);
		one.tell(other.transport);
		other.tell(one.transport);
		one.transport.setRemote(described(other.transport), true);
		other.transport.setRemote(described(one.transport), true);
		const all = [one.transport, other.transport];
		for (const transport of all) transport.gather([old]);
		await advance(5000);
		expect(all.map(({ iceState }) => iceState)).toEqual([isUp, isUp]);
		for (const name of ["first", "second", "third"]) {
			server.options.also = [server.options.username];
			renew(server, name);
			for (const transport of random.next() < 0.5 ? all : all.reverse()) {
				transport.useServers([{ ...old, username: name }]);
				await advance(Math.floor(random.next() * 3) * 10);
			}
			for (let time = 0; time < 40_000; time += 500) {
				await advance(500);
				if (time === 20_000) server.options.also = []; // the former credentials end
				expect(all.map(({ iceState }) => iceState)).toEqual([isUp, isUp]);
			}
			const [pair, otherPair] = all.map(({ agent }) => agent.selectedPair!);
			expect([pair!.local.port, pair!.remote.port]).toEqual([otherPair!.remote.port, otherPair!.local.port]);
			expect(Relay.open.size).toBe(2);
		}
	},
);

test("the server that is most like the one in use is asked first; what serves is left alone", async () => {
	const server = serve({ username: "old" });
	serve({ port: 443, username: "fresh" });
	const { device, relayed } = await call();
	const before = relayed();
	device.useServers([{ ...old, urls: [`turn:${there}?transport=tcp`, old.urls as string] }]);
	await advance(5000);
	expect(relayed()).toBe(before);
	renew(server, "fresh");
	const other = { ...fresh, urls: [`turns:${there}`, `turn:${there}?transport=tcp`, `turn:${there}:443`] };
	device.useServers([other, fresh]);
	await advance(1000);
	expect(device.servers.map(({ url }) => url).slice(0, 2)).toEqual([old.urls, `turn:${there}:443`]);
	expect(device.servers[0]!.number).toBe(Number(device.agent.selectedPair!.base));
});

test("of the former servers only the one in use keeps a place: calls that begin now have room", async () => {
	const server = serve({ username: "old" });
	const network = new Network();
	const { device } = await call({ network });
	const many = (username: string) =>
		["", ":443", ":5000", ":5001", ":5002"].map((port) => ({ ...old, username, urls: `turn:${there}${port}` }));
	for (const port of [443, 5000, 5001, 5002]) serve({ port, username: "old" });
	device.useServers(many("old"));
	await advance(1000);
	expect(Relay.open.size).toBe(4);
	renew(server, "fresh");
	device.useServers(many("fresh"));
	const { device: late, goes } = await (async () => {
		const ours = open(network, true);
		const peer = open(new Network(), false).transport;
		ours.transport.agent.setControlling(false);
		ours.tell(peer);
		ours.transport.setRemote(described(peer), true);
		peer.setRemote(described(ours.transport), true);
		ours.transport.gather(many("fresh"));
		peer.gather([]);
		await advance(3000);
		return { device: ours.transport, goes: () => /connected|completed/.test(peer.iceState) };
	})();
	expect([late.iceState, goes()]).toEqual([isUp, true]);
});

test("a call without a relay leaves the servers of before, and its relays go", async () => {
	serve({ username: "old" });
	serve({ port: 443, username: "fresh" });
	const network = new Network();
	const [device, peer] = [open(network, false), open(new Network(), false)];
	device.transport.agent.setControlling(false);
	device.tell(peer.transport);
	device.transport.setRemote(described(peer.transport), true);
	peer.transport.setRemote(described(device.transport), true);
	device.transport.gather([old]);
	peer.transport.gather([]);
	await advance(5000);
	const { agent } = device.transport;
	expect([agent.selectedPair!.local.type, Relay.open.size]).toEqual(["host", 1]);
	const [before] = Relay.open;
	for (let i = 0; i < 20; i++) {
		device.transport.useServers([{ ...fresh, urls: `turn:${there}:443`, credential: i % 2 ? "secret" : "wrong" }]);
		await advance(1000);
	}
	expect(Relay.open.size).toBe(1);
	expect(Relay.open.has(before!)).toBe(false);
	expect(agent.localCandidates.filter(({ type }) => type === "relay")).toHaveLength(1);
	device.transport.useServers([]);
	expect(Relay.open.size).toBe(0);
	expect([device.transport.iceState, peer.transport.iceState]).toEqual([isUp, isUp]);
});

test("a relay that the filter turns down is neither told of nor used", async () => {
	serve({ username: "old" });
	const asked: string[] = [];
	for (const shown of [true, false]) {
		const told: string[] = [];
		const candidateFilter: CandidateFilter = ({ type, address }, side) => {
			asked.push(`${side} ${type} ${address}`);
			return shown;
		};
		const [network, certificate] = [new Network(), new Certificate()];
		const owner = { onTransportState() {}, onGathered() {}, onPairChange() {}, onPathFound() {} };
		const transport = new PeerTransport(owner, network, certificate, { hidesHost: true, candidateFilter });
		closers.push(transport, network, certificate);
		transport.gather([old]);
		await advance(3000);
		for (let event = transport.gatherer.pollEvent(); event; event = transport.gatherer.pollEvent())
			if (event.type === "candidate") told.push(event.candidate);
		expect(told).toEqual(shown ? [expect.stringContaining("typ relay")] : []);
	}
	expect(asked).toContainEqual(expect.stringMatching(/^local relay 198\.51\.100\.1$/));
});
