// SPDX-License-Identifier: Apache-2.0
// Why a connection is as it is, in words: what both sides have, what each server answered, which pairs were tried and
// what came of each. It is made when somebody asks, of what is there anyway.
import type WebRTCError from "webrtc/error";
import { isLoopback } from "webrtc/ice/address";
import { candidateFamily, type Candidate } from "webrtc/ice/candidate";
import { answeredBadly, answeredElsewhere, type IceCounters, type PairStatistics } from "webrtc/ice/types";
import type { RTCPeerConnectionState } from "webrtc/peer/connection";
import type { ServerStatus } from "webrtc/peer/server";
import type PeerTransport from "webrtc/peer/transport";

/** What is to be explained. */
export interface Situation {
	state: RTCPeerConnectionState;
	error: WebRTCError | undefined;
	/** Whether this side's description, and the peer's, are there. */
	hasLocal: boolean;
	hasRemote: boolean;
	transport: PeerTransport | undefined;
}

// One screen.
const mostPairs = 12;
const mostCandidates = 8;
const mostServers = 8;

const silence = "does not answer."; // as servers' errors end

/** Lines of text, the first of which says it all. No secret is in it, but the addresses of both sides are. */
export default function explain(situation: Situation): string {
	const { state, error, transport } = situation;
	const reason = error ? ` (${error.code}: ${error.message})` : "";
	const lines = [`Connection: ${state}${reason}`];
	if (state === "closed" || !transport) return lines.join("\n");
	const { agent, gatherer, servers, dtlsState } = transport;
	const { pairs, counters } = agent.statistics;
	const role = agent.controlling ? "controlling" : "controlled";
	lines.unshift(verdict(situation, transport, pairs, counters));
	lines.push(`ICE: ${agent.state}, ${role}, gathering ${gatherer.state}. DTLS: ${dtlsState}.`);
	lines.push(`This side: ${candidates(agent.localCandidates)}`);
	lines.push(`The peer: ${candidates(agent.remoteCandidates)}${unusable(counters)}`);
	lines.push(...list("Servers", servers.map(serverLine), mostServers));
	lines.push(...list("Pairs", pairs.map(pairLine), mostPairs));
	const dropped = dropCounts(counters);
	if (dropped) lines.push(`Dropped: ${dropped}.`);
	return lines.join("\n");
}

/** The sentence that a person wants first. */
function verdict(
	{ state, error, hasLocal, hasRemote }: Situation,
	transport: PeerTransport,
	pairs: readonly PairStatistics[],
	counters: IceCounters,
): string {
	const { agent, dtlsState, lostPath } = transport;
	const selected = pairs.find((pair) => pair.selected);
	if (selected && state === "disconnected") return `The peer is silent. Data still goes ${wayOf(selected)}.`;
	if (selected && dtlsState === "connected") return `Data goes ${wayOf(selected)}.`;
	if (dtlsState === "failed") return `There is a path, and DTLS failed on it: ${dtlsFailure(error)}`;
	if (selected) return "There is a path, and DTLS is not through it: it goes on.";
	if (lostPath) return "There was a path, and the peer has not been heard of on it for too long.";
	if (!hasLocal || !hasRemote) return `${hasLocal ? "The peer's" : "This side's"} description is not there yet.`;
	if (!agent.localCandidates.length) return noLocal(transport);
	if (!agent.remoteCandidates.length) return noRemote(transport, counters);
	if (!pairs.length) return unpairable(agent.localCandidates, agent.remoteCandidates);
	return noAnswer(transport, pairs, counters);
}

function wayOf({ local, remote, currentRoundTripTime: time }: PairStatistics): string {
	const relay = local.type === "relay" || remote.type === "relay" ? " by a relay" : "";
	const roundTrip = time === undefined ? "" : `, round trip ${Math.round(time * 1000)} ms`;
	return `from ${nameOf(local)} to ${nameOf(remote)}${relay}${roundTrip}`;
}

function noLocal({ relayOnly, servers, gatherer }: PeerTransport): string {
	if (!relayOnly) return "This side has no address: its network is down.";
	if (!servers.length) return "Relays alone are allowed, and there is no TURN server.";
	if (!gatherer.isDone) return "Relays alone are allowed, and no TURN server has answered yet.";
	const { error } = servers[0]!;
	const why = error !== undefined && servers.every((one) => one.error === error) ? `: ${error}` : " (see Servers).";
	return `Relays alone are allowed, and no TURN server gave one${why}`;
}

function dtlsFailure(error: WebRTCError | undefined): string {
	if (error?.code === "dtls/fingerprint-mismatch")
		return "the peer has another certificate than its description says. Somebody else answers, or the description is old.";
	if (error?.code === "dtls/timeout")
		return "the peer does not answer, or what it sends is lost: large datagrams, perhaps.";
	return error?.message ?? "it does not say why.";
}

function noRemote({ unclaimed }: PeerTransport, counters: IceCounters): string {
	const { ignoredCandidates, unresolvedCandidates, badIntegrity, overflow } = counters;
	if (badIntegrity) return wrongPassword;
	let what = "The peer has told of no candidate";
	if (ignoredCandidates + overflow) what = "None of the peer's candidates can be used";
	else if (unresolvedCandidates)
		what = "The peer's addresses are names (.local) that nobody in this network answers to";
	const first = `${what}, and none of its checks has come.`;
	return unclaimed > 0 ? `${first} ${strays(unclaimed)}` : first;
}

const wrongPassword =
	"The peer's checks bear another password than this side's description: it has another one, or an older one.";

function strays(count: number): string {
	return `${count} STUN messages came for no connection: of peers that have an older description, or of strangers.`;
}

function unpairable(locals: readonly Candidate[], remotes: readonly Candidate[]): string {
	const families = (all: readonly Candidate[]) => {
		const has4 = all.some((one) => candidateFamily(one) === 4);
		const has6 = all.some((one) => candidateFamily(one) === 6);
		return has4 && has6 ? "IPv4 and IPv6" : has4 ? "IPv4" : "IPv6";
	};
	const isAlone = (all: readonly Candidate[]) => all.every(({ address }) => isLoopback(address));
	if (families(locals) === families(remotes) && isAlone(locals) !== isAlone(remotes)) {
		const [whose, all] = isAlone(locals) ? ["This side's", locals] : ["The peer's", remotes];
		return `${whose} addresses are of one machine alone (${all[0]!.address}${ofServer(all)}), and the other side's are not.`;
	}
	return `No candidates of both sides go together: this side has ${families(locals)}, the peer ${families(remotes)}.`;
}

/** Of relays on loopback, why they are. */
function ofServer(all: readonly Candidate[]): string {
	return all.some(({ type }) => type === "relay") ? ", as its TURN server is told: coturn's relay-ip" : "";
}

function noAnswer(transport: PeerTransport, pairs: readonly PairStatistics[], counters: IceCounters): string {
	const { agent, servers, unclaimed } = transport;
	if (counters.badIntegrity) return wrongPassword;
	const hears = pairs.some((pair) => pair.requestsReceived > 0);
	const isAnswered = pairs.some((pair) => pair.state === "succeeded");
	if (agent.state === "checking" && !pairs.some((pair) => pair.requestsSent > 2)) return "Checks have just begun.";
	if (isAnswered && hears) return "Both sides' checks come through, and the peer has selected no pair yet.";
	if (isAnswered) return "The peer answers, and sends no checks of its own: it may not have this side's description.";
	if (hears) return "The peer's checks come in, but its answers do not: something lets one direction through only.";
	const all = [...agent.localCandidates, ...agent.remoteCandidates];
	const hasRelay = all.some(({ type }) => type === "relay");
	const nothing = "Nothing comes through between the two sides, by any pair:";
	const more = unclaimed > 0 ? ` ${strays(unclaimed)}` : "";
	if (hasRelay) return `${nothing} ${failureOfRelays(servers, all)}${more}`;
	if (isSilent(servers))
		return `${nothing} none of the servers answers either. This network may let no UDP through: try TURN over TCP or TLS.${more}`;
	if (servers.some(({ url }) => url.startsWith("turn")))
		return `${nothing} a router or a firewall is between them, and no TURN server gave a relay (see Servers).${more}`;
	return `${nothing} another network, a router or a firewall is between them, and no TURN server is configured.${more}`;
}

function failureOfRelays(servers: readonly ServerStatus[], all: readonly Candidate[]): string {
	const ready = servers.filter(({ url, state }) => url.startsWith("turn") && state === "ready");
	if (ready.length && ready.every(({ refused }) => refused))
		return "the TURN server gave a relay, and passes nothing on to the peer (see Servers).";
	const relays = all.filter(({ type }) => type === "relay");
	if (relays.every(({ address }) => isLoopback(address)))
		return `the relay has an address of one machine alone (${relays[0]!.address}${ofServer(relays)}).`;
	return "not even by a relay; the peer may have gone.";
}

/** Whether none of them, asked by UDP, has said anything. */
function isSilent(servers: readonly ServerStatus[]): boolean {
	return servers.length > 0 && servers.every(({ state, error }) => state === "failed" && error?.endsWith(silence));
}

function candidates(all: readonly Candidate[]): string {
	if (!all.length) return "no candidate";
	const named = all.slice(0, mostCandidates).map((one) => nameOf(one));
	return named.join(", ") + (all.length > named.length ? `, and ${all.length - named.length} more` : "");
}

function unusable({ ignoredCandidates, unresolvedCandidates }: IceCounters): string {
	const names = unresolvedCandidates ? `; ${unresolvedCandidates} with names, which are looked up by mDNS` : "";
	return names + (ignoredCandidates ? `; ${ignoredCandidates} of no use here` : "");
}

function list(title: string, all: readonly string[], most: number): string[] {
	if (!all.length) return [`${title}: none`];
	const lines = [`${title}:`];
	for (const line of all.slice(0, most)) lines.push(`  ${line}`);
	if (all.length > most) lines.push(`  and ${all.length - most} more`);
	return lines;
}

function serverLine({ url, state, address, error, refused }: ServerStatus): string {
	switch (state) {
		case "ready":
			return `${url} gave ${address ?? "nothing"}${refused ? `, and passes nothing on to ${refused}` : ""}`;
		case "failed":
			return `${url}: ${error ?? "failed"}`;
		case "resolving":
			return `${url}: its name is being looked up`;
		case "asking":
			return `${url} has not answered yet`;
		case "waiting":
			return `${url} has its turn when another one has failed`;
	}
}

function pairLine(pair: PairStatistics): string {
	const { local, remote, state, requestsSent, responsesReceived, requestsReceived } = pair;
	const what = pair.selected ? "selected" : state;
	const counts = `${requestsSent} sent, ${responsesReceived} answered, ${requestsReceived} received`;
	return `${what}: ${nameOf(local)} to ${nameOf(remote)}: ${counts}${state === "failed" ? `; ${failureOf(pair)}` : ""}`;
}

function failureOf({ failure, requestsSent }: PairStatistics): string {
	if (failure === answeredElsewhere) return "answered from another address than was asked";
	if (failure === answeredBadly) return "answered without a meaning";
	if (failure) return `refused with error ${failure}`;
	return requestsSent ? "no answer" : "not tried";
}

function dropCounts(counters: IceCounters): string {
	const { badIntegrity, unknownUser, malformed, unsolicited, asymmetric, overflow } = counters;
	const parts: string[] = [];
	const add = (count: number, what: string) => {
		if (count) parts.push(`${count} ${what}`);
	};
	add(badIntegrity, "with a wrong password");
	add(unknownUser, "for other credentials");
	add(malformed, "malformed");
	add(unsolicited, "answers to nothing");
	add(asymmetric, "answers from elsewhere");
	add(overflow, "over a limit");
	return parts.join(", ");
}

function nameOf({ type, address, port }: Candidate): string {
	return `${type} ${address.includes(":") ? `[${address}]` : address}:${port}`;
}
