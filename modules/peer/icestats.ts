// SPDX-License-Identifier: Apache-2.0
// W3C webrtc-stats of the transport: its candidates, pairs and servers.
import type { Candidate } from "webrtc/ice/candidate";
import type { PairStatistics } from "webrtc/ice/types";
import { parseServerUri } from "webrtc/ice/uri";
import type { RtpSessionStatistics } from "webrtc/native/rtp";
import type { ServerStatus } from "webrtc/peer/server";
import type PeerTransport from "webrtc/peer/transport";

/** Adds one entry to a report. */
export type AddStats = (id: string, type: string, values: object) => void;

/** The entry of the type "transport". */
export const transportId = "T0";

/**
 * Adds the entries "transport", "candidate-pair", "local-candidate", "remote-candidate", "ice-server".
 *
 * @param rtp what the selected pair carries, by it
 */
export default function addIceStats(
	add: AddStats,
	transport: PeerTransport,
	rtp: RtpSessionStatistics | undefined,
): void {
	const { agent, servers } = transport;
	const { pairs } = agent.statistics;
	let selectedCandidatePairId: string | undefined;
	for (const [index, pair] of pairs.entries()) {
		const id = `CP${index}`;
		if (pair.selected) selectedCandidatePairId = id;
		addPair(add, id, pair, pair.selected ? rtp : undefined);
	}
	const local = new Set([...agent.localCandidates, ...pairs.map((pair) => pair.local)]);
	const remote = new Set([...agent.remoteCandidates, ...pairs.map((pair) => pair.remote)]);
	for (const candidate of local) {
		const own = { usernameFragment: agent.localUfrag, networkInterface: candidate.interface };
		addCandidate(add, localId(candidate), "local-candidate", candidate, { ...own, ...source(candidate, servers) });
	}
	for (const candidate of remote)
		addCandidate(add, remoteId(candidate), "remote-candidate", candidate, {
			usernameFragment: transport.remoteUfrag || undefined,
		});
	for (const [index, server] of servers.entries()) addServer(add, `S${index}`, server);
	const isConnected = transport.dtlsState === "connected";
	add(transportId, "transport", {
		...transport.statistics(),
		selectedCandidatePairId,
		selectedCandidatePairChanges: transport.pairChanges,
		iceRole: agent.controlling ? "controlling" : "controlled",
		iceLocalUsernameFragment: agent.localUfrag,
		iceState: agent.state,
		dtlsState: transport.dtlsState,
		dtlsRole: transport.dtlsRole ?? "unknown",
		dtlsCipher: transport.cipherSuite || undefined,
		tlsVersion: isConnected ? "FEFD" : undefined,
	});
}

function addPair(add: AddStats, id: string, pair: PairStatistics, rtp: RtpSessionStatistics | undefined): void {
	const { local, remote, state, nominated, requestsSent, requestsReceived, responsesSent } = pair;
	add(id, "candidate-pair", {
		transportId,
		localCandidateId: localId(local),
		remoteCandidateId: remoteId(remote),
		state,
		nominated,
		requestsSent,
		requestsReceived,
		responsesSent,
		responsesReceived: pair.responsesReceived,
		currentRoundTripTime: pair.currentRoundTripTime,
		totalRoundTripTime: pair.totalRoundTripTime,
		availableOutgoingBitrate: rtp?.availableBitrate || undefined,
		availableIncomingBitrate: rtp?.incomingBitrate || undefined,
	});
}

function addCandidate(add: AddStats, id: string, type: string, candidate: Candidate, more: object): void {
	const { address, port, type: candidateType, priority, foundation, relatedAddress, relatedPort } = candidate;
	const { tcpType } = candidate;
	const protocol = tcpType ? "tcp" : "udp";
	add(id, type, {
		...{ transportId, address, port, protocol, tcpType, candidateType, priority, foundation },
		...{ relatedAddress, relatedPort, ...more },
	});
}

/** The server that gave a candidate. */
function source({ type, base, address, port }: Candidate, servers: readonly ServerStatus[]): object {
	if (type !== "relay" && type !== "srflx") return {};
	const given = servers.find((one) =>
		type === "relay" ? String(one.number) === base : one.address === `${address}:${port}`,
	);
	if (!given) return {};
	return { url: given.url, relayProtocol: type === "relay" ? legOf(given.url) : undefined };
}

/** `state`, `candidateAddress` and `error` are not W3C's. */
function addServer(add: AddStats, id: string, { url, state, address, error }: ServerStatus): void {
	const { port } = parseServerUri(url);
	add(id, "ice-server", { url, port, relayProtocol: legOf(url), state, candidateAddress: address, error });
}

function legOf(url: string): "udp" | "tcp" | "tls" {
	const { secure, transport } = parseServerUri(url);
	return secure ? "tls" : transport;
}

function localId(candidate: Candidate): string {
	return `L${idOf(candidate)}`;
}

function remoteId(candidate: Candidate): string {
	return `R${idOf(candidate)}`;
}

function idOf({ address, port, tcpType }: Candidate): string {
	return `${address}:${port}${tcpType ?? ""}`;
}
