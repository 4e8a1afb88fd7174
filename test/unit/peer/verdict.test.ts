// SPDX-License-Identifier: Apache-2.0
// The first line of what a connection says of itself, for each way of not having a path: a sentence that helps.
import WebRTCError from "webrtc/error";
import type { Candidate } from "webrtc/ice/candidate";
import type { IceCounters, PairStatistics } from "webrtc/ice/types";
import explain, { type Situation } from "webrtc/peer/explain";
import type { ServerStatus } from "webrtc/peer/server";

const candidate = (type: string, address: string) => ({ type, address, port: 5000 }) as Candidate;
const own = candidate("host", "192.0.2.1");
const ownRelay = candidate("relay", "198.51.100.9");
const theirs = candidate("host", "203.0.113.5");

const counters: IceCounters = {
	...{ malformed: 0, unknownUser: 0, badIntegrity: 0, unknownLocal: 0, unsolicited: 0, asymmetric: 0 },
	...{ overflow: 0, ignoredCandidates: 0, unresolvedCandidates: 0 },
};
const untried: PairStatistics = {
	...{ local: own, remote: theirs, state: "failed", nominated: false, selected: false, requestsSent: 7 },
	...{ requestsReceived: 0, responsesSent: 0, responsesReceived: 0, failure: 0 },
	...{ currentRoundTripTime: undefined, totalRoundTripTime: 0 },
};
const server = (status: Partial<ServerStatus>): ServerStatus => ({
	...{ url: "turn:198.51.100.1", state: "failed", address: undefined, error: undefined, refused: undefined },
	...{ number: undefined },
	...status,
});

interface Case {
	locals?: Candidate[];
	remotes?: Candidate[];
	pairs?: Partial<PairStatistics>[];
	counts?: Partial<IceCounters>;
	servers?: ServerStatus[];
	relayOnly?: boolean;
	gathered?: boolean;
	dtlsState?: string;
	lostPath?: boolean;
	error?: WebRTCError;
	unclaimed?: number;
}

function verdict(one: Case): string {
	const { locals = [own], remotes = [theirs], pairs = [], counts, servers = [], error } = one;
	const statistics = { pairs: pairs.map((pair) => ({ ...untried, ...pair })), counters: { ...counters, ...counts } };
	const agent = {
		statistics,
		state: "failed",
		controlling: false,
		localCandidates: locals,
		remoteCandidates: remotes,
	};
	const { relayOnly = false, gathered = true, dtlsState = "new", lostPath = false, unclaimed = 0 } = one;
	const gatherer = { isDone: gathered, state: gathered ? "complete" : "gathering" };
	const transport = { agent, gatherer, servers, relayOnly, dtlsState, lostPath, unclaimed };
	const situation = { state: "failed", error, hasLocal: true, hasRemote: true, transport };
	return explain(situation as unknown as Situation).split("\n")[0]!;
}

const silent = "The TURN server does not answer.";
const refusedName = "The TURN server refuses the username or the credential (401).";
const dtls = (code: ConstructorParameters<typeof WebRTCError>[0]) => new WebRTCError(code, "DTLS: said by the native");
const onLoopback = candidate("relay", "127.0.0.1");
const alone = { locals: [], relayOnly: true };

test.each<[string, Case, string]>([
	["no network", { locals: [] }, "This side has no address: its network is down."],
	["relays alone, no server", alone, "Relays alone are allowed, and there is no TURN server."],
	[
		"relays alone, not answered yet",
		{ ...alone, servers: [server({ state: "asking" })], gathered: false },
		"Relays alone are allowed, and no TURN server has answered yet.",
	],
	[
		"relays alone, none answers",
		{ ...alone, servers: [server({ error: silent }), server({ error: silent })] },
		"Relays alone are allowed, and no TURN server gave one: The TURN server does not answer.",
	],
	[
		"relays alone, a wrong password",
		{ ...alone, servers: [server({ error: refusedName })] },
		`Relays alone are allowed, and no TURN server gave one: ${refusedName}`,
	],
	[
		"relays alone, each for its own reason",
		{ ...alone, servers: [server({ error: refusedName }), server({ error: silent })] },
		"Relays alone are allowed, and no TURN server gave one (see Servers).",
	],
	[
		"the peer has no candidate",
		{ remotes: [] },
		"The peer has told of no candidate, and none of its checks has come.",
	],
	[
		"the peer has names that nobody knows",
		{ remotes: [], counts: { unresolvedCandidates: 2 } },
		"The peer's addresses are names (.local) that nobody in this network answers to, and none of its checks has come.",
	],
	[
		"the peer has others' candidates",
		{ remotes: [], counts: { unresolvedCandidates: 1, ignoredCandidates: 1 } },
		"None of the peer's candidates can be used, and none of its checks has come.",
	],
	[
		"the peer has IPv6 alone",
		{ remotes: [candidate("host", "2001:db8::1")] },
		"No candidates of both sides go together: this side has IPv4, the peer IPv6.",
	],
	[
		"a relay on loopback alone",
		{ locals: [onLoopback], relayOnly: true },
		"This side's addresses are of one machine alone (127.0.0.1, as its TURN server is told: coturn's relay-ip), and the other side's are not.",
	],
	[
		"a peer with nothing but loopback",
		{ remotes: [candidate("host", "127.0.0.1")] },
		"The peer's addresses are of one machine alone (127.0.0.1), and the other side's are not.",
	],
	[
		"a relay on loopback beside other addresses",
		{ locals: [own, onLoopback], pairs: [{}], servers: [server({ state: "ready", address: "127.0.0.1:49152" })] },
		"Nothing comes through between the two sides, by any pair: the relay has an address of one machine alone (127.0.0.1, as its TURN server is told: coturn's relay-ip).",
	],
	[
		"a TURN server that refuses the peer's addresses",
		{
			...{ locals: [own, ownRelay], pairs: [{}] },
			servers: [server({ state: "ready", address: "198.51.100.9:1", refused: "203.0.113.5 (error 403)" })],
		},
		"Nothing comes through between the two sides, by any pair: the TURN server gave a relay, and passes nothing on to the peer (see Servers).",
	],
	[
		"one relay of two that passes on",
		{
			...{ locals: [own, ownRelay], pairs: [{}] },
			servers: [
				server({ state: "ready", refused: "203.0.113.5 (error 403)" }),
				server({ state: "ready", address: "198.51.100.9:1" }),
			],
		},
		"Nothing comes through between the two sides, by any pair: not even by a relay; the peer may have gone.",
	],
	[
		"no server, and nothing comes through",
		{ pairs: [{}] },
		"Nothing comes through between the two sides, by any pair: another network, a router or a firewall is between them, and no TURN server is configured.",
	],
	[
		"no UDP",
		{ pairs: [{}], servers: [server({ error: silent }), server({ url: "stun:s", error: "It does not answer." })] },
		"Nothing comes through between the two sides, by any pair: none of the servers answers either. This network may let no UDP through: try TURN over TCP or TLS.",
	],
	[
		"a TURN server that gave none",
		{ pairs: [{}], servers: [server({ error: refusedName })] },
		"Nothing comes through between the two sides, by any pair: a router or a firewall is between them, and no TURN server gave a relay (see Servers).",
	],
	[
		"strangers' messages come",
		{ remotes: [], unclaimed: 3 },
		"The peer has told of no candidate, and none of its checks has come. 3 STUN messages came for no connection: of peers that have an older description, or of strangers.",
	],
	[
		"an older description",
		{ pairs: [{}], counts: { badIntegrity: 4 } },
		"The peer's checks bear another password than this side's description: it has another one, or an older one.",
	],
	[
		"one direction",
		{ pairs: [{ requestsReceived: 5 }] },
		"The peer's checks come in, but its answers do not: something lets one direction through only.",
	],
	[
		"a peer without this side's description",
		{ pairs: [{ state: "succeeded" }] },
		"The peer answers, and sends no checks of its own: it may not have this side's description.",
	],
	[
		"no pair is selected",
		{ pairs: [{ state: "succeeded", requestsReceived: 5 }] },
		"Both sides' checks come through, and the peer has selected no pair yet.",
	],
	[
		"consent has ended",
		{ pairs: [{}], lostPath: true },
		"There was a path, and the peer has not been heard of on it for too long.",
	],
	[
		"DTLS goes on",
		{ pairs: [{ selected: true }], dtlsState: "connecting" },
		"There is a path, and DTLS is not through it: it goes on.",
	],
	[
		"another certificate",
		{ pairs: [{ selected: true }], dtlsState: "failed", error: dtls("dtls/fingerprint-mismatch") },
		"There is a path, and DTLS failed on it: the peer has another certificate than its description says. Somebody else answers, or the description is old.",
	],
	[
		"DTLS is not answered",
		{ pairs: [{ selected: true }], dtlsState: "failed", error: dtls("dtls/timeout") },
		"There is a path, and DTLS failed on it: the peer does not answer, or what it sends is lost: large datagrams, perhaps.",
	],
	[
		"DTLS fails otherwise",
		{ pairs: [{ selected: true }], dtlsState: "failed", error: dtls("dtls/handshake-failed") },
		"There is a path, and DTLS failed on it: DTLS: said by the native",
	],
])("%s", (_, one, expected) => {
	expect(verdict(one)).toBe(expected);
});

test("a server's line says whom it passes nothing on to", () => {
	const status = server({ state: "ready", address: "198.51.100.9:7", refused: "203.0.113.5 (error 403)" });
	const agent = { statistics: { pairs: [], counters }, localCandidates: [ownRelay], remoteCandidates: [theirs] };
	const transport = { agent, gatherer: {}, servers: [status] };
	const situation = { state: "failed", hasLocal: true, hasRemote: true, transport } as unknown as Situation;
	expect(explain(situation)).toContain(
		"\n  turn:198.51.100.1 gave 198.51.100.9:7, and passes nothing on to 203.0.113.5 (error 403)\n",
	);
});
