// SPDX-License-Identifier: Apache-2.0
// What an agent knows: both sides' candidates and credentials, the pairs, the selection, and the state. Requests,
// responses and checks (in their own modules) change it by the methods here.
import WebRTCError, { type WebRTCErrorCode } from "webrtc/error";
import type { Candidate } from "webrtc/ice/candidate";
import { LocalCandidates, RemoteCandidates, type CandidateBounds } from "webrtc/ice/candidates";
import Checklist from "webrtc/ice/checklist";
import Consent from "webrtc/ice/consent";
import type { PendingResponse } from "webrtc/ice/encoder";
import Generation from "webrtc/ice/generation";
import Pair, { comparePairs } from "webrtc/ice/pair";
import type { StunCrypto, StunReader } from "webrtc/ice/stun";
import { Transactions } from "webrtc/ice/transactions";
import {
	defaultTimeouts,
	type IceAgentOptions,
	type IceCounters,
	type IceEvent,
	type IceState,
	type IceTimeouts,
} from "webrtc/ice/types";

export default class Session {
	readonly crypto: StunCrypto;
	readonly timeouts: Readonly<IceTimeouts>;
	readonly tieBreaker: Uint8Array;
	readonly locals = new LocalCandidates();
	readonly checklist = new Checklist();
	readonly transactions: Transactions;
	readonly consent: Consent;
	readonly events: IceEvent[] = [];
	readonly responses: PendingResponse[] = [];
	readonly counters: IceCounters = {
		malformed: 0,
		unknownUser: 0,
		badIntegrity: 0,
		unknownLocal: 0,
		unsolicited: 0,
		asymmetric: 0,
		overflow: 0,
		ignoredCandidates: 0,
		unresolvedCandidates: 0,
	};
	remotes: RemoteCandidates;
	generation: Generation;
	controlling: boolean;
	state: IceState = "new";
	/** During a restart it is still the one of the generation before (RFC 8445 section 9). */
	selected: Pair | undefined;
	selectedAt = 0;
	/** The selected pair is silent, or gone: others are tried, in the same generation. */
	seeking = false;
	soughtAt = -Infinity;
	/** The base that is to take the place of the selected pair's, as soon as it works. */
	successor: string | undefined;
	/** Controlling: there may be a pair that is to be nominated in place of the selected one. */
	reconsiders = false;
	/** The remote has no more candidates (RFC 8838 section 14). */
	endOfCandidates = false;
	/** Remote candidates with names, of this generation. */
	unresolved = 0;
	/** Since when this generation is checked, or waits for the first check of the peer. */
	checkingSince: number | undefined;
	/** The peer has sent a check: it knows the credentials of this generation. */
	heard = false;
	/** The first pair of this generation that works both ways, and when it is used although none is selected. */
	early: Pair | undefined;
	earlyAt = Infinity;
	/** Since when there is a valid pair to nominate. */
	validSince: number | undefined;
	/** Controlling: when to nominate, without waiting longer for a better pair. */
	nominateAt = Infinity;
	/** Ordinary checks that may leave at once; `pacing` adds one. */
	tokens: number;
	tokensAt: number;
	/** The last time that was heard of. */
	now: number;
	/** Something has changed, and the checks have not been run since. */
	dirty = false;
	#bounds: CandidateBounds;

	constructor(options: IceAgentOptions) {
		const { crypto, controlling, now, ufrag, password, tieBreaker } = options;
		if (typeof controlling !== "boolean") throw new TypeError("controlling: a boolean");
		if (typeof now !== "number") throw new TypeError("now: a number");
		if (tieBreaker && tieBreaker.length !== 8) throw new RangeError("tieBreaker: 8 bytes");
		this.crypto = crypto;
		this.#bounds = { maximumCandidates: options.maximumCandidates, pool: options.pool };
		this.remotes = new RemoteCandidates(this.#bounds);
		this.timeouts = options.timeouts ? { ...defaultTimeouts, ...options.timeouts } : defaultTimeouts;
		this.tieBreaker = tieBreaker ?? new Uint8Array(crypto.randomBytes(8));
		this.controlling = controlling;
		this.now = this.tokensAt = now;
		this.tokens = this.timeouts.burst;
		this.generation = new Generation(crypto, ufrag, password);
		this.transactions = new Transactions(crypto, this.timeouts);
		this.consent = new Consent(crypto, this.timeouts);
	}

	/** It does nothing any more, until a restart or for good. */
	get ended(): boolean {
		return this.state === "failed" || this.state === "closed";
	}

	/** The current generation has its selected pair, and no better one is looked for. */
	get settled(): boolean {
		return !this.seeking && this.selected?.generation === this.generation;
	}

	emit(event: IceEvent): void {
		this.events.push(event);
	}

	setState(state: IceState, error?: WebRTCError): void {
		if (state === this.state) return;
		this.state = state;
		this.emit(error ? { type: "statechange", state, error } : { type: "statechange", state });
	}

	/** "connected", or "completed" when nothing is left to be checked and nothing more will come. */
	setConnected(): void {
		const complete = this.settled && this.endOfCandidates && !this.transactions.has("check");
		this.setState(complete ? "completed" : "connected");
	}

	/** When pairs by TCP may be checked. */
	get tcpAt(): number {
		const { checkingSince = Infinity, checklist, timeouts } = this;
		return checklist.hasHopeByUdp ? checkingSince + timeouts.tcp : checkingSince;
	}

	/** RFC 8445 section 7.3.1.1, 7.2.5.1 */
	switchRole(): void {
		this.controlling = !this.controlling;
		this.nominateAt = Infinity;
		this.checklist.sort(this.controlling);
		this.emit({ type: "roleconflict", controlling: this.controlling });
	}

	/** Whose credentials a request is for: the current generation's, or those of the pair that is still in use. */
	generationOf(request: StunReader): Generation | undefined {
		if (request.usernameBegins(this.generation.prefix)) return this.generation;
		const before = this.selected?.generation;
		return before && request.usernameBegins(before.prefix) ? before : undefined;
	}

	/** Pairs a new candidate with all of the other side. With a selected pair there is nothing left to be found. */
	combine(locals: readonly Candidate[], remotes: readonly Candidate[]): void {
		this.dirty = true;
		if (this.settled) return;
		for (const local of locals) {
			for (const remote of remotes) this.checklist.combine(local, remote, this.generation, this.controlling);
		}
	}

	/** An authentic request came from there. Told once, and before anything is sent there because of it. */
	hear(remote: Candidate, local: string): void {
		if (remote.heard) return;
		remote.heard = true;
		this.emit({ type: "heard", address: remote.address, port: remote.port, local });
	}

	/** The peer has proved that it has the address. Told once. */
	validate(remote: Candidate, local: string): void {
		if (remote.validated) return;
		remote.heard = remote.validated = true;
		this.emit({ type: "validated", address: remote.address, port: remote.port, local });
	}

	/** A peer that moves again and again has its newest address learned, in place of the oldest. */
	forgetLearned(now: number): boolean {
		const { selected } = this;
		if (!selected || now < this.selectedAt + this.timeouts.renomination) return false;
		const oldest = this.remotes.forget(selected.remote);
		if (!oldest) return false;
		this.checklist.removeRemote(oldest);
		this.transactions.cancel(({ pair }) => pair.remote !== oldest);
		return true;
	}

	/** The pair's check has succeeded, or the peer's on a pair that had. */
	works(pair: Pair, now: number): void {
		if (!this.heard || this.early || this.selected) return;
		this.early = pair;
		this.earlyAt = now + this.timeouts.early;
	}

	/** Controlled: the peer has nominated a valid pair. */
	accept(pair: Pair, now: number): void {
		const { selected } = this;
		if (selected === pair) return;
		const isLesser = selected?.generation === pair.generation && comparePairs(pair, selected, this.controlling) > 0;
		const isEarly = now - this.selectedAt < this.timeouts.renomination && this.state !== "disconnected";
		if (!isLesser || !isEarly) this.select(pair, now);
	}

	select(pair: Pair, now: number): void {
		if (this.selected) this.selected.nominated = false;
		pair.nominated = true;
		pair.nominee = false;
		this.selected = pair;
		this.seeking = false;
		this.successor = undefined;
		this.selectedAt = now;
		this.earlyAt = Infinity;
		this.validSince = undefined;
		this.nominateAt = Infinity;
		this.consent.start(now);
		// RFC 8445 section 8.1.2. A controlled agent goes on with better pairs: the peer may nominate them yet.
		this.transactions.cancel(
			({ kind, pair: other }) =>
				kind === "check" && !this.controlling && comparePairs(other, pair, this.controlling) < 0,
		);
		this.checklist.settle((other) => this.transactions.of(other) !== undefined);
		this.emit({ type: "selected", pair: pair.view });
		this.setConnected();
	}

	/** Tries all pairs again, with the credentials that both sides have: the peer may still be there, by another way. */
	seek(now: number): void {
		if (this.ended || !this.generation.remoteKey) return;
		this.seeking = true;
		this.soughtAt = now;
		this.checkingSince = now;
		this.validSince = undefined;
		this.early = undefined;
		for (const pair of this.checklist.pairs) if (pair !== this.selected) pair.state = "waiting";
		this.combine(this.locals.list, this.remotes.list);
		this.checklist.sort(this.controlling);
		const { selected } = this;
		if (selected?.generation === this.generation) {
			if (!this.checklist.pairs.includes(selected)) this.checklist.pairs.push(selected);
			this.checklist.trigger(selected);
		}
	}

	/** Checks the selected remote by another base, beside the selected pair, which stays in use. */
	succeed(base: string): void {
		const { selected } = this;
		const local = this.locals.byBase(base);
		if (!selected || !local || !this.settled || selected.local.base === base) return;
		this.successor = base; // until a pair is selected
		this.checklist.combine(local, selected.remote, this.generation, this.controlling);
		this.remindOfSuccessor();
	}

	/** The peer may not have taken notice of it yet. */
	remindOfSuccessor(): void {
		const { selected, successor } = this;
		const pair = selected && successor !== undefined && this.checklist.find(successor, selected.remote);
		if (!pair || pair.state === "in-progress") return;
		this.checklist.trigger(pair);
		this.dirty = true;
	}

	/** Controlling: what is to be nominated in place of the selected pair. */
	get preferred(): Pair | undefined {
		const { checklist, selected, successor } = this;
		const best = checklist.pairs.find((pair) => this.prefers(pair));
		if (best) return best;
		const next = selected && successor !== undefined && checklist.find(successor, selected.remote);
		return next && this.prefers(next) ? next : undefined;
	}

	/**
	 * Whether the pair is to be nominated in place of the selected one: that is silent; or it works still, but the pair's base is
	 * the successor's, or the peer has come by a better way, as it does when its own relay is to end.
	 */
	prefers(pair: Pair): boolean {
		const { selected } = this;
		if (!this.controlling || !selected || pair === selected || pair.state !== "succeeded") return false;
		return (
			this.state === "disconnected" ||
			pair.local.base === this.successor ||
			comparePairs(pair, selected, true) < 0
		);
	}

	/**
	 * The selected pair has fallen silent: it is checked as often as a new one is, which mere loss does not outlive. A peer that is
	 * controlled, and has lost its side of the pair, cannot say so.
	 */
	doubt(): void {
		const { selected } = this;
		if (!this.controlling || !this.settled || !selected) return;
		if (!this.checklist.pairs.includes(selected)) this.checklist.pairs.push(selected);
		this.checklist.trigger(selected);
	}

	/** It is silent: others that worked are checked again, and one that still does is nominated. */
	tryOthers(): void {
		for (const pair of this.checklist.pairs)
			if (pair !== this.selected && pair.state === "succeeded") this.checklist.trigger(pair);
	}

	/** Candidates have gone, and others of their base have come: a pair sends by its base, whichever they are. */
	rebase(): void {
		const { checklist, locals, selected } = this;
		const pairs =
			selected && !checklist.pairs.includes(selected) ? [...checklist.pairs, selected] : checklist.pairs;
		for (const pair of pairs) {
			if (locals.list.includes(pair.local)) continue;
			pair.local = locals.byBase(pair.local.base) ?? pair.local;
			pair.mapped = undefined;
		}
	}

	/** Its candidates have gone already. */
	removeBase(base: string, now: number): void {
		this.transactions.cancel(({ pair }) => pair.local.base !== base);
		this.checklist.removeBase(base);
		this.dirty = true;
		if (this.early?.local.base === base) this.early = undefined;
		if (this.selected?.local.base !== base || this.ended) return;
		this.selected = undefined;
		this.consent.stop();
		this.emit({ type: "deselected" });
		if (this.state === "connected" || this.state === "completed") this.setState("disconnected");
		this.seek(now);
	}

	fail(code: WebRTCErrorCode, message: string): void {
		this.stop();
		this.emit({ type: "deselected" });
		this.setState("failed", new WebRTCError(code, message));
	}

	/** Ends all that is under way. The pairs stay for the statistics. */
	stop(): void {
		this.transactions.cancel(() => false);
		this.responses.length = 0;
		this.consent.stop();
		this.selected = undefined;
		this.nominateAt = this.earlyAt = Infinity;
	}

	/** RFC 8445 section 9: anew, with new credentials. The selected pair stays in use until there is another. */
	restart(now: number, credentials?: { ufrag: string; password: string }): void {
		const { selected } = this;
		this.generation = new Generation(this.crypto, credentials?.ufrag, credentials?.password);
		this.remotes = new RemoteCandidates(this.#bounds);
		this.locals.restart();
		this.checklist.clear();
		this.transactions.cancel(({ kind, pair }) => kind === "consent" && pair === selected);
		this.endOfCandidates = false;
		this.seeking = false;
		this.successor = undefined;
		this.reconsiders = false;
		this.unresolved = 0;
		this.heard = false;
		this.early = undefined;
		this.earlyAt = Infinity;
		this.checkingSince = this.validSince = undefined;
		this.nominateAt = Infinity;
		this.tokens = this.timeouts.burst;
		this.tokensAt = now;
		// As W3C's RTCIceTransportState has it.
		if (this.state === "completed") this.setState("connected");
		else if (this.state === "disconnected" || this.state === "failed") this.setState("checking");
	}
}
