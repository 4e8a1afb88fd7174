// SPDX-License-Identifier: Apache-2.0
// The answers to the own checks (RFC 8445 section 7.2.5).
import { reflexivePriority, type Candidate } from "webrtc/ice/candidate";
import type Pair from "webrtc/ice/pair";
import type { Arrival } from "webrtc/ice/requests";
import type Session from "webrtc/ice/session";
import * as stun from "webrtc/ice/stun";
import type { Transaction } from "webrtc/ice/transactions";
import { answeredBadly, answeredElsewhere } from "webrtc/ice/types";

/** @returns whether the response was for this agent */
export function handleResponse(session: Session, response: stun.StunReader, from: Arrival, now: number): boolean {
	const { counters, transactions } = session;
	const transaction = transactions.find(response);
	if (!transaction) {
		counters.unsolicited++;
		return false;
	}
	const { pair } = transaction;
	// A forged one must not end the transaction: the right one may follow.
	if (!response.verify(pair.generation.remoteKey as ArrayBuffer, session.crypto)) {
		counters.badIntegrity++;
		return true;
	}
	transactions.remove(transaction);
	pair.responsesReceived++;
	const mapped = response.mappedAddress;
	if (from.address !== pair.remote.address || from.port !== pair.remote.port || from.local !== pair.local.base) {
		counters.asymmetric++;
		failCheck(transaction, answeredElsewhere);
	} else if (response.type === stun.bindingError) {
		handleError(session, transaction, response.errorCode);
	} else if (!mapped || response.unknown.length) {
		counters.malformed++;
		failCheck(transaction, answeredBadly);
	} else {
		succeed(session, transaction, mappedCandidate(session, pair, mapped.address, mapped.port), now);
	}
	return true;
}

/** RFC 8445 section 7.2.5.2. A consent check that fails only does not extend the consent. */
function failCheck({ kind, pair }: Transaction, why: number): void {
	if (kind === "consent") return;
	pair.state = "failed";
	pair.failure = why;
}

/** RFC 8445 section 7.2.5.1 */
function handleError(session: Session, transaction: Transaction, code: number): void {
	if (code !== stun.roleConflict) {
		failCheck(transaction, code);
		return;
	}
	if (transaction.controlling === session.controlling) session.switchRole();
	if (transaction.kind !== "consent") session.checklist.trigger(transaction.pair);
}

/** RFC 8445 section 7.2.5.3 */
function succeed(session: Session, transaction: Transaction, mapped: Candidate | undefined, now: number): void {
	const { pair, kind } = transaction;
	pair.answered(now - transaction.startedAt, now - transaction.sentAt);
	pair.mapped = mapped;
	session.validate(pair.remote, pair.local.base);
	if (kind === "consent") {
		if (pair !== session.selected) return;
		session.consent.answered(now);
		settle(session, pair, now);
		session.emit({ type: "consent", pair: pair.view });
		return;
	}
	pair.state = "succeeded";
	if (pair === session.selected && kind === "check") {
		session.consent.answered(now);
		settle(session, pair, now);
	}
	session.works(pair, now);
	if (kind === "check" && session.prefers(pair)) session.reconsiders = true;
	if (session.controlling && kind === "nomination" && pair !== session.selected) session.select(pair, now);
	else if (!session.controlling && pair.nominee) session.accept(pair, now);
}

/** The selected pair lives. The peer may see it as another one by now, which it uses when that is nominated. */
function settle(session: Session, pair: Pair, now: number): void {
	if (!session.seeking) return;
	session.seeking = false;
	if (session.controlling) session.transactions.start(pair, "nomination", true, now);
}

/** The local candidate that the peer sees; undefined when it is the pair's own. */
function mappedCandidate(session: Session, pair: Pair, address: string, port: number): Candidate | undefined {
	const { local } = pair;
	// The port of a connection of ours is no candidate's (RFC 6544 section 4.5).
	const candidatePort =
		local.tcpType === "active" && session.locals.find(address, local.port, "active") ? local.port : port;
	if (local.address === address && local.port === candidatePort) return undefined;
	const known = session.locals.find(address, candidatePort, local.tcpType);
	if (known) return known;
	const learned = session.locals.learn(address, port, local, reflexivePriority(local));
	if (learned) session.emit({ type: "candidate", candidate: learned, remote: false });
	else session.counters.overflow++;
	return learned;
}
