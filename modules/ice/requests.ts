// SPDX-License-Identifier: Apache-2.0
// The peer's checks: authenticated, answered, and followed by checks in the other direction (RFC 8445 section 7.3).
import type { Candidate, TcpType } from "webrtc/ice/candidate";
import type Pair from "webrtc/ice/pair";
import type Session from "webrtc/ice/session";
import * as stun from "webrtc/ice/stun";
import type Generation from "webrtc/ice/generation";
import { maximumResponses } from "webrtc/ice/types";

/** Where a datagram came from, and what it came by. */
export interface Arrival {
	/** Canonical. */
	address: string;
	port: number;
	local: string;
}

/**
 * What fails authentication gets no answer, although RFC 8489 section 9.1.3 has errors 400 and 401 for it: nobody who
 * knows the credentials needs them, and everyone else could bounce datagrams off this host.
 * @returns whether the request was for this agent
 */
export function handleRequest(session: Session, request: stun.StunReader, from: Arrival, now: number): boolean {
	const { counters } = session;
	const generation = session.generationOf(request);
	if (!generation) {
		counters.unknownUser++;
		return false;
	}
	if (!request.verify(generation.localKey, session.crypto)) {
		counters.badIntegrity++;
	} else if (request.unknown.length) {
		respond(session, request, from, generation, stun.unknownAttribute);
	} else if (generation !== session.generation) {
		answerFormer(session, request, from, generation, now);
	} else if (hasRoleConflict(session, request)) {
		respond(session, request, from, generation, stun.roleConflict);
	} else {
		answerCheck(session, request, from, now);
	}
	return true;
}

/** A restart is under way, and the peer still uses the pair from before. */
function answerFormer(
	session: Session,
	request: stun.StunReader,
	from: Arrival,
	generation: Generation,
	now: number,
): void {
	const pair = session.selected;
	if (pair && pair.remote.address === from.address && pair.remote.port === from.port) {
		pair.requestsReceived++;
		pair.responsesSent++;
		session.consent.heard(now);
	}
	respond(session, request, from, generation, 0);
}

function answerCheck(session: Session, request: stun.StunReader, from: Arrival, now: number): void {
	const local = session.locals.byBase(from.local);
	if (!local) {
		session.counters.unknownLocal++;
		return;
	}
	const tcpType = local.tcpType && (local.tcpType === "active" ? "passive" : "active");
	const known = session.remotes.find(from.address, from.port, tcpType);
	const remote = known ?? learnRemote(session, request, from, tcpType, now);
	if (!remote) {
		session.counters.overflow++;
		return;
	}
	session.hear(remote, from.local);
	respond(session, request, from, session.generation, 0);
	const pair = session.checklist.find(from.local, remote) ?? addPair(session, local, remote, now);
	if (!pair) return;
	pair.requestsReceived++;
	pair.responsesSent++;
	if (pair === session.selected) session.consent.heard(now);
	if (!session.controlling && request.offsetOf(stun.attributeUseCandidate)) {
		if (pair.state === "succeeded") session.accept(pair, now);
		else pair.nominee = true;
	}
	session.heard = true;
	if (pair.state === "succeeded") session.works(pair, now);
	trigger(session, pair, now);
}

/** RFC 8445 section 7.3.1.3 */
function learnRemote(
	session: Session,
	request: stun.StunReader,
	{ address, port }: Arrival,
	tcpType: TcpType | undefined,
	now: number,
): Candidate | undefined {
	const { remotes } = session;
	const learn = () => remotes.learn(address, port, request.uint32(stun.attributePriority) ?? 0, tcpType);
	const remote = learn() ?? (session.forgetLearned(now) ? learn() : undefined);
	if (remote) session.emit({ type: "candidate", candidate: remote, remote: true });
	return remote;
}

/**
 * Once the controlling agent has selected a pair, it has no use for others; but long after that the peer has a reason to come
 * from elsewhere: its network has changed. Then the selected pair must show that it lives, before another takes its place.
 */
function addPair(session: Session, local: Candidate, remote: Candidate, now: number): Pair | undefined {
	if (session.controlling && session.settled) {
		if (now < Math.max(session.selectedAt, session.soughtAt) + session.timeouts.renomination) return undefined;
		session.seek(now);
		const known = session.checklist.find(local.base, remote);
		if (known) return known;
	}
	const pair = session.checklist.add(local, remote, session.generation, session.controlling);
	if (!pair) session.counters.overflow++;
	return pair;
}

/** RFC 8445 section 7.3.1.4 */
function trigger(session: Session, pair: Pair, now: number): void {
	if (pair.state === "succeeded") return;
	const transaction = session.transactions.of(pair);
	if (transaction) session.transactions.boost(transaction, now);
	else session.checklist.trigger(pair);
}

/** RFC 8445 section 7.3.1.1. Changes the own role when the peer's tie-breaker wins; otherwise the peer must. */
function hasRoleConflict(session: Session, request: stun.StunReader): boolean {
	const same = session.controlling ? stun.attributeIceControlling : stun.attributeIceControlled;
	const offset = request.offsetOf(same);
	if (!offset) return false;
	const larger = compareBytes(session.tieBreaker, request.data, offset) >= 0;
	if (larger === session.controlling) return true;
	session.switchRole();
	return false;
}

function compareBytes(bytes: Uint8Array, data: Uint8Array, offset: number): number {
	for (let i = 0; i < bytes.length; i++) {
		const difference = (bytes[i] as number) - (data[offset + i] as number);
		if (difference) return difference;
	}
	return 0;
}

function respond(
	session: Session,
	request: stun.StunReader,
	{ address, port, local }: Arrival,
	generation: Generation,
	errorCode: number,
): void {
	if (session.responses.length >= maximumResponses) {
		session.counters.overflow++;
		return;
	}
	const { transactionId } = request;
	const unknown = errorCode === stun.unknownAttribute ? request.unknown.slice() : [];
	session.responses.push({ transactionId, address, port, local, generation, errorCode, unknown });
}
