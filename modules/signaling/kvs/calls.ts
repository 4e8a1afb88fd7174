// SPDX-License-Identifier: Apache-2.0
import type { ServiceURL } from "webrtc/aws/url";
import WebRTCError from "webrtc/error";
import { failureFrom, failureOf, malformed, type Failure } from "webrtc/signaling/kvs/failure";
import { callURL, type CallName } from "webrtc/signaling/kvs/requests";
import type { Action, Outcome } from "webrtc/signaling/kvs/types";

/** How a call ended: a failure, or the body of the response. It may throw SyntaxError or TypeError for a bad body. */
export type Done = (failure: Failure | undefined, body: string, now: number) => void;

interface Entry {
	call: CallName;
	expires: number;
	done: Done;
}

/** The REST calls under way; there are at most three. */
export default class Calls {
	#emit: (action: Action) => void;
	#timeout: number;
	#entries = new Map<number, Entry>();
	#lastId = 0;

	/** @param timeout milliseconds of a call, with all that it needs */
	constructor(timeout: number, emit: (action: Action) => void) {
		this.#timeout = timeout;
		this.#emit = emit;
	}

	start(call: CallName, base: ServiceURL | string, body: string, now: number, done: Done): void {
		const id = ++this.#lastId;
		this.#entries.set(id, { call, expires: now + this.#timeout, done });
		this.#emit({ type: "request", id, call, url: callURL(base, call), body });
	}

	get deadline(): number {
		let deadline = Infinity;
		for (const { expires } of this.#entries.values()) deadline = Math.min(deadline, expires);
		return deadline;
	}

	/** @returns whether it was answered as it should be */
	handleResponse(id: number, outcome: Outcome, now: number): boolean {
		const entry = this.#entries.get(id);
		if (!entry) return false;
		this.#entries.delete(id);
		const { call, done } = entry;
		if ("error" in outcome) done(failureFrom(call, outcome.error), "", now);
		else if (outcome.response.status !== 200) done(failureOf(call, outcome.response), "", now);
		else return this.succeed(call, done, outcome.response.body, now);
		return false;
	}

	handleTimeout(now: number): void {
		for (const [id, { call, expires, done }] of this.#entries) {
			if (expires > now) continue;
			this.cancel(id);
			done(failureFrom(call, new WebRTCError("transport/timeout", "no answer in time")), "", now);
		}
	}

	cancelAll(): void {
		for (const id of this.#entries.keys()) this.cancel(id);
	}

	private succeed(call: CallName, done: Done, body: string, now: number): boolean {
		try {
			done(undefined, body, now);
			return true;
		} catch (error) {
			if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
			done(malformed(call, error), "", now);
			return false;
		}
	}

	private cancel(id: number): void {
		this.#entries.delete(id);
		this.#emit({ type: "cancel", id });
	}
}
