// SPDX-License-Identifier: Apache-2.0
// Gathers the local candidates of an agent (RFC 8445 section 5.1.1), Sans-I/O, and tells of them one generation after
// the other. Host candidates are known at once; what takes a server's answer is awaited by a key each, and never holds up
// what is known.
import type { IceAgent } from "webrtc/ice/agent";
import { candidateFamily, formatCandidate, type Candidate } from "webrtc/ice/candidate";
import type { LocalCandidateOptions } from "webrtc/ice/types";

/** As W3C's RTCIceGatheringState. */
export type IceGatheringState = "new" | "gathering" | "complete";

/** What a gatherer has found, or that it is done. */
export type IceGathererEvent =
	| { type: "statechange"; state: IceGatheringState }
	/** As a line of SDP: "candidate:…", and the username fragment that it belongs to. */
	| { type: "candidate"; candidate: string; ufrag: string };

const discardPort = 9; // RFC 863: of what is nowhere
const patience = 10_000; // ms; what comes later is told of, but nobody waits for it

/** Finds the local candidates (RFC 8445 section 5.1), and tells of them. No I/O. */
export class IceGatherer {
	readonly #agent: IceAgent;
	readonly #nameOf: ((address: string) => string) | undefined;
	readonly #events: IceGathererEvent[] = [];
	#state: IceGatheringState = "new";
	#awaited: string[] = [];
	#deadline = Infinity;

	/**
	 * @param hosts this host's addresses and ports; the agent has them from now on
	 * @param nameOf gives the name that is told of in place of one of these addresses, and then nothing else tells of them:
	 * what is related to another candidate is left out (RFC 8828 section 4). Default: addresses are told of
	 */
	constructor(
		agent: IceAgent,
		hosts: readonly Omit<LocalCandidateOptions, "type">[],
		nameOf?: (address: string) => string,
	) {
		this.#agent = agent;
		this.#nameOf = nameOf;
		for (const host of hosts) agent.addLocalCandidate({ ...host, type: "host" });
	}

	get state(): IceGatheringState {
		return this.#state;
	}

	/** All that are known by now. */
	get candidates(): string[] {
		return this.#agent.localCandidates.filter(isSignaled).map((candidate) => this.format(candidate));
	}

	/** Whether `candidates` are all that there will be in this generation (RFC 8838 section 13): not before `gather`. */
	get isDone(): boolean {
		return this.#state === "complete" && !this.#awaited.length;
	}

	/** A server is being asked: its answer is waited for, for 10 seconds from the first one's on. */
	expect(key: string, now: number): void {
		if (this.#awaited.includes(key)) return;
		this.#awaited.push(key);
		if (this.#deadline === Infinity) this.#deadline = now + patience;
	}

	/** It has answered, or failed. Without effect when it was not waited for. */
	settle(key: string): void {
		this.#awaited = this.#awaited.filter((one) => one !== key);
		this.complete();
	}

	/** Another local candidate, at any time: told of, where candidates are, unless there is no use for it. */
	add(options: LocalCandidateOptions): Candidate | undefined {
		const candidate = this.#agent.addLocalCandidate(options);
		if (candidate && this.#state !== "new") this.tell(candidate);
		return candidate;
	}

	/** This host's network has changed: see IceAgent.changeHosts. New candidates are told of, where candidates are. */
	changeHosts(hosts: readonly Omit<LocalCandidateOptions, "type">[], now: number): void {
		const all = hosts.map((host): LocalCandidateOptions => ({ ...host, type: "host" }));
		for (const candidate of this.#agent.changeHosts(all, now)) if (this.#state !== "new") this.tell(candidate);
	}

	/** A description is in force: candidates are told of from now on. Without effect when they have been. */
	gather(): void {
		if (this.#state !== "new") return;
		this.setState("gathering");
		for (const candidate of this.#agent.localCandidates) if (isSignaled(candidate)) this.tell(candidate);
		this.complete();
	}

	/** The agent has new credentials: the next `gather` tells of all candidates again. */
	restart(): void {
		this.#state = "new";
	}

	handleTimeout(now: number): void {
		if (now < this.#deadline) return;
		this.#awaited = [];
		this.complete();
	}

	get deadline(): number {
		return this.#awaited.length ? this.#deadline : Infinity;
	}

	/** The next event, or undefined. */
	pollEvent(): IceGathererEvent | undefined {
		return this.#events.shift();
	}

	private tell(candidate: Candidate): void {
		this.#events.push({
			type: "candidate",
			candidate: this.format(candidate),
			ufrag: this.#agent.localUfrag,
		});
	}

	private format(candidate: Candidate): string {
		const { type, address, relatedAddress } = candidate;
		if (!this.#nameOf) return formatCandidate(candidate);
		if (type === "host") return formatCandidate({ ...candidate, address: this.#nameOf(address) });
		if (relatedAddress === undefined) return formatCandidate(candidate);
		const unspecified = candidateFamily(candidate) === 4 ? "0.0.0.0" : "::";
		return formatCandidate({ ...candidate, relatedAddress: unspecified, relatedPort: discardPort });
	}

	private complete(): void {
		if (this.#awaited.length) return;
		this.#deadline = Infinity;
		if (this.#state === "gathering") this.setState("complete");
	}

	private setState(state: IceGatheringState): void {
		this.#state = state;
		this.#events.push({ type: "statechange", state });
	}
}

/** Not those that only the peer has seen (RFC 8445 section 7.2.5.3.1). */
function isSignaled({ type }: Candidate): boolean {
	return type !== "prflx";
}
