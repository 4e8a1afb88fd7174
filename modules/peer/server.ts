// SPDX-License-Identifier: Apache-2.0
// One URI of a STUN or TURN server: what is known of it, and the candidate that it gives.
import { familyOf } from "webrtc/ice/address";
import type { LocalCandidateOptions } from "webrtc/ice/types";
import type { ServerUri } from "webrtc/ice/uri";
import type Resolver from "webrtc/native/transport/resolver";
import type Network from "webrtc/peer/network";
import type { SingleServer } from "webrtc/peer/order";
import type Relayed from "webrtc/peer/relayed";

/** What uses servers: one connection's transport. */
export interface ServersUser {
	/** Neither host nor server-reflexive candidates. */
	readonly relayOnly: boolean;
	/** A server is being asked for this user: "settled" follows. */
	onServerAsked(key: string): void;
	/** A candidate of the server's. */
	onServerCandidate(key: string, candidate: LocalCandidateOptions): void;
	/** The server has said what it has to say, for now. */
	onServerSettled(key: string): void;
	/** Nothing can be sent by this base any more. */
	onServerLost(base: string): void;
}

export type ServerState = "resolving" | "asking" | "ready" | "failed" | "waiting";

/** What is known of one URI of a server; never its credential. */
export interface ServerStatus {
	readonly url: string;
	readonly state: ServerState;
	/** What it gave: a relayed or a mapped address. */
	readonly address: string | undefined;
	readonly error: string | undefined;
	/** Of a relay: the last address that the server would pass nothing on to, and the error's code. */
	readonly refused: string | undefined;
	readonly number: number | undefined;
}

/** One URI, with the credentials that it is asked with. */
export interface Server {
	readonly key: string;
	readonly url: string;
	readonly uri: ServerUri;
	readonly username: string;
	readonly credential: string;
	readonly users: ServersUser[];
	state: ServerState;
	error: string | undefined;
	addresses: string[];
	port: number;
	mapped: { address: string; port: number } | undefined;
	resolver: Resolver | undefined;
	relayed: Relayed | undefined;
	/** Of a relayed candidate (RFC 8445 section 5.1.2.1). */
	readonly preference: number;
	/** Other servers and ports that it was sent to, or tried with. */
	attempts: number;
	retryAt: number;
}

/** One that nobody has asked yet. */
export function makeServer(key: string, one: SingleServer, uri: ServerUri, preference: number): Server {
	return {
		...one,
		key,
		uri,
		preference: Math.min(preference, 65535),
		users: [],
		state: "waiting",
		error: undefined,
		addresses: [],
		port: uri.port,
		mapped: undefined,
		resolver: undefined,
		relayed: undefined,
		attempts: 0,
		retryAt: Infinity,
	};
}

/** What there is to be told of it. */
export function statusOf({ url, state, error, mapped, relayed }: Server): ServerStatus {
	const given = relayed?.relayed ?? mapped;
	const address = given && `${given.address}:${given.port}`;
	return { url, state, address, error, refused: relayed?.refused, number: relayed?.number };
}

/** What it gives; undefined: nothing, so far. @param relayOnly no candidate tells of this host's addresses */
export function candidateOf(server: Server, relayOnly: boolean, network: Network): LocalCandidateOptions | undefined {
	const { relayed, mapped, state, preference } = server;
	if (state !== "ready") return undefined;
	if (relayed?.relayed) {
		const { address, port } = relayed.relayed;
		// W3C webrtc: with the policy "relay" no candidate tells of this host's addresses.
		const related = (!relayOnly && relayed.mapped) || { address: anyOf(address), port: 0 };
		return {
			type: "relay",
			address,
			port,
			base: String(relayed.number),
			preference,
			relatedAddress: related.address,
			relatedPort: related.port,
		};
	}
	if (!mapped) return undefined;
	const { address, port } = mapped;
	const host = network.addresses.find(({ family }) => family === familyOf(address));
	return {
		type: "srflx",
		address,
		port,
		relatedAddress: host?.address ?? anyOf(address),
		relatedPort: host ? network.localPort : 0,
	};
}

/** What there is no way to here, in words. */
export function whyNot({ scheme, secure, transport }: ServerUri): string | undefined {
	if (secure && transport === "udp") return "DTLS to servers is not built in.";
	// It would tell how a server sees a connection that no data goes by.
	if (scheme === "stun" && transport === "tcp") return "STUN is asked by UDP only.";
	return undefined;
}

/** The unspecified address of an address's family. */
function anyOf(address: string): string {
	return familyOf(address) === 4 ? "0.0.0.0" : "::";
}
