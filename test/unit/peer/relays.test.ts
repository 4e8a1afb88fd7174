// SPDX-License-Identifier: Apache-2.0
// TURN servers over UDP, TCP and TLS, and what their users hear of them.
import type { LocalCandidateOptions } from "webrtc/ice/types";
import Network from "webrtc/peer/network";
import type { ServersUser } from "webrtc/peer/server";
import type { IceServer } from "webrtc/signaling";
import { advance, currentTime, pendingTimers, schedule } from "../fakes/moddable/clock";
import { openNatives } from "../fakes/native/transport";
import Relay from "../fakes/native/transport/relay";
import type { Endpoint, VirtualNetwork } from "../network";
import TurnServer, { type TurnServerOptions } from "../turnserver";

const there = "198.51.100.1";
const secret: Omit<IceServer, "urls"> = { username: "user", credential: "secret" };

class User implements ServersUser {
	readonly relayOnly = true;
	readonly said: string[] = [];
	readonly candidates: LocalCandidateOptions[] = [];

	onServerAsked(): void {
		this.said.push("asked");
	}
	onServerCandidate(_key: string, candidate: LocalCandidateOptions): void {
		this.candidates.push(candidate);
		this.said.push("candidate");
	}
	onServerSettled(): void {
		this.said.push("settled");
	}
	onServerLost(base: string): void {
		this.said.push(`lost ${base}`);
	}
}

let network: Network;
let handlers: Map<string, (data: Uint8Array, from: Endpoint) => void>;

/** Each relay is a client of its own, at the port of its number; an answer takes 10 ms. */
function serve(options: Partial<TurnServerOptions> = {}): TurnServer {
	const wire = {
		get now() {
			return currentTime();
		},
		bind: ({ address, port }: Endpoint, handler: (data: Uint8Array, from: Endpoint) => void) =>
			handlers.set(`${address} ${port}`, handler),
		unbind: ({ address, port }: Endpoint) => handlers.delete(`${address} ${port}`),
		send(data: Uint8Array, from: Endpoint, to: Endpoint) {
			const bytes = data.slice();
			schedule(() => {
				for (const relay of Relay.open) {
					const { owner } = relay.options;
					if (relay.number === to.port) relay.transport.bring(bytes, from.address, from.port, owner);
				}
			}, 5);
		},
	};
	return new TurnServer(wire as unknown as VirtualNetwork, { address: there, ...options });
}

beforeEach(() => {
	handlers = new Map();
	network = new Network({ port: 0 });
	Relay.server = ({ options, number }, data) => {
		const handler = handlers.get(`${options.address} ${options.port}`);
		if (handler) schedule(() => handler(data, { address: "192.0.2.1", port: number }), 5);
	};
});

afterEach(async () => {
	network.close();
	Relay.server = undefined;
	await advance(100); // what was under way
	expect(Relay.open.size).toBe(0);
	expect(openNatives()).toBe(0);
	expect(pendingTimers()).toBe(0);
});

const only = () => [...Relay.open][0]!;
const status = (user: User) => network.servers.statusOf(user).map(({ state, error }) => error ?? state);

test("whom a server passes nothing on to is known, by its address", async () => {
	serve();
	const user = new User();
	network.servers.use(user, [{ urls: `turn:${there}`, ...secret }]);
	await advance(100);
	const { number, refused } = network.servers.statusOf(user)[0]!;
	expect(refused).toBeUndefined();
	for (const address of ["10.66.0.7", "192.0.2.7"]) network.servers.permit(number!, address);
	await advance(100);
	expect(network.servers.statusOf(user)).toMatchObject([{ state: "ready", refused: "10.66.0.7 (error 403)" }]);
});

test("over TCP nothing is said before there is a connection, and then each thing once", async () => {
	const server = serve();
	const user = new User();
	network.servers.use(user, [{ urls: `turn:${there}?transport=tcp`, ...secret }]);
	const relay = only();
	expect(relay.options.transport).toBe("tcp");
	expect(relay.options.layer).toBeUndefined();
	await advance(5000);
	expect(relay.written).toHaveLength(0);
	relay.options.onOpen!.call(relay);
	await advance(15_000);
	expect(user.said).toEqual(["asked", "candidate", "settled"]);
	expect(server.answers).toEqual(["3 401", "3 0"]);
	expect(relay.written).toHaveLength(2);
});

test("over TLS the certificate is to name the URI's host", () => {
	const user = new User();
	network.servers.use(user, [{ urls: `turns:${there}:443`, ...secret }]);
	expect(only().options).toMatchObject({ transport: "tcp", port: 443 });
	expect(only().options.layer).toMatchObject({ options: { serverName: there, protocol: "stun.turn" } });
});

test("a connection that is never there is told, and one that ends is lost at once", async () => {
	serve();
	const user = new User();
	network.servers.use(user, [{ urls: `turn:${there}?transport=tcp`, ...secret }]);
	only().options.onError.call(only(), "Connection refused");
	expect(user.said).toEqual(["asked", expect.stringMatching(/^lost /), "settled"]);
	expect(status(user)).toEqual(["The TURN server cannot be reached: Connection refused"]);
	const other = new User();
	network.servers.use(other, [{ urls: `turns:${there}`, ...secret }]);
	const relay = only();
	expect(relay.options.port).toBe(5349);
	relay.options.onOpen!.call(relay);
	relay.options.onError.call(relay, "the server has closed the connection");
	await advance(10);
	expect(other.said).toEqual(["asked", `lost ${relay.number}`, "settled"]);
});

test("what is told after the end is not heard", () => {
	const user = new User();
	network.servers.use(user, [{ urls: `turn:${there}?transport=tcp`, ...secret }]);
	const { options } = only();
	const relay = only();
	network.servers.leave(user);
	options.onOpen!.call(relay);
	options.onError.call(relay, "late");
	expect(relay.written).toHaveLength(0);
	expect(user.said).toEqual(["asked"]);
});

test("UDP is preferred to TCP, and TCP to TLS; the order of the servers counts among equals", async () => {
	serve();
	serve({ port: 5349 });
	const user = new User();
	const urls = ["turns:198.51.100.1", "turn:198.51.100.1?transport=tcp", "turn:198.51.100.1"];
	network.servers.use(user, [{ urls, ...secret }]);
	for (const relay of Relay.open) relay.options.onOpen?.call(relay);
	await advance(100);
	expect(Relay.open.size).toBe(3);
	const preferences = user.candidates.map(({ base, preference }) => [
		[...Relay.open].findIndex(({ number }) => String(number) === base),
		preference!,
	]);
	preferences.sort(([, a], [, b]) => b! - a!);
	expect(preferences.map(([index]) => index)).toEqual([2, 1, 0]);
	for (const [, preference] of preferences) expect(preference).toBeGreaterThan(0);
});

test("what there is no way to is told with the reason, and costs nothing", () => {
	const user = new User();
	const urls = [`turns:${there}?transport=udp`, "turn:[2001:db8::1]"];
	network.servers.use(user, [{ urls, ...secret }]);
	expect(status(user)).toEqual(["DTLS to servers is not built in.", "This host has no address of its family."]);
	expect(user.said).toEqual(["asked", "asked", "settled", "settled"]);
	expect(Relay.open.size).toBe(0);
});

test("a wrong password is told within two round trips, and no other server waits for it", async () => {
	serve({ password: "other" });
	serve({ port: 3479 });
	const user = new User();
	network.servers.use(user, [{ urls: [`turn:${there}`, `turn:${there}:3479`], ...secret }]);
	await advance(20);
	expect(status(user)).toEqual(["The TURN server refuses the username or the credential (401).", "ready"]);
});

test("with what another allocation was asked, one round trip does", async () => {
	const server = serve();
	const user = new User();
	network.servers.use(user, [{ urls: `turn:${there}`, ...secret }]);
	await advance(20);
	network.servers.leave(user);
	network.servers.use(user, [{ urls: `turn:${there}`, ...secret }]);
	await advance(10);
	expect(user.said.slice(-2)).toEqual(["candidate", "settled"]);
	expect(server.answers).toEqual(["3 401", "3 0", "4 0", "3 0"]);
});

test("new credentials make another allocation, while the one in use serves on", async () => {
	serve();
	serve({ port: 3479, username: "other", password: "new" });
	const user = new User();
	network.servers.use(user, [{ urls: `turn:${there}`, ...secret }]);
	await advance(20);
	const before = String(only().number);
	const keys = network.servers.use(user, [{ urls: `turn:${there}:3479`, username: "other", credential: "new" }]);
	await advance(20);
	expect(Relay.open.size).toBe(2);
	expect(user.candidates).toHaveLength(2);
	network.servers.leave(user, [network.servers.keyOf(Number(before))!]);
	expect([...Relay.open].map(({ number }) => String(number))).toEqual([before]);
	expect(keys).toHaveLength(1);
});

test("a server that floods with answers of nobody's changes nothing", async () => {
	serve();
	const user = new User();
	network.servers.use(user, [{ urls: `turn:${there}`, ...secret }]);
	const relay = only();
	const answer = Uint8Array.from(relay.written[0]!);
	answer[0] = 1; // a success of the request's id, without integrity
	for (let i = 0; i < 500; i++) relay.transport.bring(answer, there, 3478, relay.options.owner);
	for (let i = 0; i < 500; i++) relay.transport.bring(new Uint8Array(20), there, 3478, relay.options.owner);
	expect(user.said).toEqual(["asked"]);
	await advance(100);
	expect(status(user)).toEqual(["ready"]);
});
