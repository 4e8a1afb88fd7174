// SPDX-License-Identifier: Apache-2.0
// What the agent does of itself: ordinary and triggered checks, nomination, consent, and giving up.
import type Pair from "webrtc/ice/pair";
import type Session from "webrtc/ice/session";
import { maximumTransactions } from "webrtc/ice/types";

/** Carries out what is due. Without effect when nothing is. */
export function runChecks(session: Session, now: number): void {
	session.dirty = false;
	for (;;) {
		const expired = session.transactions.handleTimeout(now);
		if (!expired) break;
		if (expired.kind !== "consent") expireCheck(session, expired.pair);
	}
	runConsent(session, now);
	if (!session.generation.remoteKey || session.ended) return;
	session.checkingSince ??= now;
	if (session.state === "new" && session.checklist.pairs.length) session.setState("checking");
	startChecks(session, now);
	nominate(session, now);
	if (now >= session.earlyAt) useEarly(session);
	if (session.settled) {
		if (session.state === "connected") session.setConnected();
	} else if (now >= session.checkingSince + session.timeouts.failure) {
		session.fail("ice/failed", "No candidate pair connected in time.");
	} else if (session.endOfCandidates && session.checklist.hasFailed) {
		session.fail("ice/failed", "No candidate pair connects.");
	}
}

/**
 * The peer has not answered. If it was heard from there, only datagrams were lost: ask again, while there is time. If it is the
 * selected pair, there may be another.
 */
function expireCheck(session: Session, pair: Pair): void {
	if (pair === session.selected && session.settled) {
		pair.state = "succeeded"; // until its consent ends
		session.tryOthers();
	} else if (pair.remote.heard && !session.settled) session.checklist.trigger(pair);
	else pair.state = "failed";
}

/** RFC 8445 section 6.1.4.2. Triggered checks are not paced: the peer's, which caused them, are. */
function startChecks(session: Session, now: number): void {
	const { checklist, transactions } = session;
	while (transactions.list.length < maximumTransactions) {
		const pair = checklist.nextTriggered();
		if (!pair) break;
		startCheck(session, pair, now);
	}
	if (session.settled) return;
	const { pacing, burst } = session.timeouts;
	session.tokens = Math.min(burst, session.tokens + (now - session.tokensAt) / pacing);
	session.tokensAt = now;
	while (session.tokens >= 1 && transactions.list.length < maximumTransactions) {
		const pair = checklist.nextWaiting(now >= session.tcpAt);
		if (!pair) return;
		session.tokens--;
		startCheck(session, pair, now);
	}
}

function startCheck(session: Session, pair: Pair, now: number): void {
	pair.state = "in-progress";
	session.transactions.start(pair, "check", session.controlling, now);
}

/**
 * Regular nomination (RFC 8445 section 8.1.1): of the best pair of all as soon as it is valid; else of the best valid
 * one, when the others have had a little more time.
 */
function nominate(session: Session, now: number): void {
	const { checklist, transactions } = session;
	session.nominateAt = Infinity;
	// One at a time, or the two sides might keep different ones, and give the others' relays back.
	if (!session.controlling || transactions.has("nomination")) return;
	if (session.settled) {
		const preferred = session.reconsiders ? session.preferred : undefined;
		if (preferred) transactions.start(preferred, "nomination", true, now);
		else session.reconsiders = false;
		return;
	}
	const best = checklist.bestValid();
	if (!best) {
		session.validSince = undefined;
		return;
	}
	session.validSince ??= now;
	const isReplacing = session.selected?.generation === session.generation;
	const patience = session.validSince + session.timeouts[isReplacing ? "replacement" : "nomination"];
	if (now < patience && checklist.hasHopeAbove(best)) session.nominateAt = patience;
	else transactions.start(best, "nomination", true, now);
}

/** A pair that works is not left unused for a nomination that takes its time. */
function useEarly(session: Session): void {
	session.earlyAt = Infinity;
	if (session.early?.state === "succeeded") session.emit({ type: "valid", pair: session.early.view });
}

function runConsent(session: Session, now: number): void {
	const { consent, selected, state } = session;
	if (!selected) return;
	if (now >= consent.expiry) {
		// A restart that the peer has not answered either, all that time, changes nothing.
		if (session.settled || !session.generation.remoteKey)
			return session.fail("ice/consent-expired", "The peer has not answered for too long.");
		// A restart is under way: it decides.
		session.selected = undefined;
		session.emit({ type: "deselected" });
		consent.stop();
		session.setState("checking");
		return;
	}
	if (now >= consent.nextCheck) {
		session.transactions.start(selected, "consent", session.controlling, now);
		consent.checked(now);
		session.remindOfSuccessor();
	}
	const silent = now >= consent.silence;
	if (silent && (state === "connected" || state === "completed")) {
		session.setState("disconnected");
		session.doubt();
	} else if (!silent && (state === "disconnected" || (state === "checking" && !session.settled)))
		session.setConnected();
}

/** When `runChecks` has something to do; Infinity: only after another input. */
export function nextDeadline(session: Session): number {
	const { checklist, consent, generation, selected, state, timeouts, transactions } = session;
	if (session.ended) return Infinity;
	if (session.dirty) return session.now;
	let deadline = Math.min(transactions.deadline, session.nominateAt, session.earlyAt);
	if (selected) {
		deadline = Math.min(deadline, consent.nextCheck, consent.expiry);
		if (state === "connected" || state === "completed") deadline = Math.min(deadline, consent.silence);
	}
	if (!generation.remoteKey || session.settled) return deadline;
	if (session.checkingSince !== undefined) deadline = Math.min(deadline, session.checkingSince + timeouts.failure);
	if (transactions.list.length >= maximumTransactions || !checklist.nextWaiting(true)) return deadline;
	const wait = Math.max(0, 1 - session.tokens) * timeouts.pacing;
	const next = Math.ceil(session.tokensAt + wait);
	return Math.min(deadline, checklist.nextWaiting(false) ? next : Math.max(next, session.tcpAt));
}
