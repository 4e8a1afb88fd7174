// SPDX-License-Identifier: Apache-2.0
// A full ICE agent (RFC 8445) for one stream of one component, Sans-I/O: it takes datagrams and the time, and gives
// datagrams, events and its next deadline.
import WebRTCError from "webrtc/error";
import { canonicalAddress, familyOf, isLinkLocalIPv6 } from "webrtc/ice/address";
import { parseCandidate, type Candidate, type ParsedCandidate } from "webrtc/ice/candidate";
import { nextDeadline, runChecks } from "webrtc/ice/checks";
import Encoder from "webrtc/ice/encoder";
import { handleRequest, type Arrival } from "webrtc/ice/requests";
import { handleResponse } from "webrtc/ice/responses";
import Session from "webrtc/ice/session";
import * as stun from "webrtc/ice/stun";
import {
	maximumRemoteCandidates,
	type IceAgentOptions,
	type IceEvent,
	type IceState,
	type IceStatistics,
	type IceTransmit,
	type LocalCandidateOptions,
	type RemoteParameters,
	type SelectedPair,
} from "webrtc/ice/types";

/**
 * After each call, a driver does this, in this order: `handleTimeout(now)`; all events; all transmits; a timer to
 * `deadline`. Events come first so that an address is accepted before its answer leaves: what the peer sends on getting
 * the answer (a DTLS ClientHello) is let in.
 *
 * Trickle (RFC 8838) is the only way of working: candidates of both sides and the remote's parameters may come in any
 * order, and checks begin as soon as there is something to check.
 */
export class IceAgent {
	#session: Session;
	#encoder: Encoder;
	#reader: stun.StunReader;
	#arrival: Arrival = { address: "", port: 0, local: "" };
	#transmit: IceTransmit = { data: new Uint8Array(0), address: "", port: 0, local: "" };

	/** @throws TypeError or RangeError naming the option */
	constructor(options: IceAgentOptions) {
		this.#session = new Session(options);
		const { reader, writer } = options.messages ?? new stun.StunMessages();
		this.#reader = reader;
		this.#encoder = new Encoder(options.crypto, this.#session.tieBreaker, writer);
	}

	get localUfrag(): string {
		return this.#session.generation.localUfrag;
	}

	get localPassword(): string {
		return this.#session.generation.localPassword;
	}

	/** To be signalled, but for the peer-reflexive ones. */
	get localCandidates(): readonly Candidate[] {
		return this.#session.locals.list;
	}

	get remoteCandidates(): readonly Candidate[] {
		return this.#session.remotes.list;
	}

	get state(): IceState {
		return this.#session.state;
	}

	/** The role; a conflict may change it. */
	get controlling(): boolean {
		return this.#session.controlling;
	}

	/** Whether the remote has proved to be there, in this generation or before: by a check, or by an answer to one. */
	get heard(): boolean {
		const { heard, selected, checklist } = this.#session;
		return heard || selected !== undefined || checklist.bestValid() !== undefined;
	}

	/** Where data goes; undefined before there is one, and after failure. */
	get selectedPair(): SelectedPair | undefined {
		return this.#session.selected?.view;
	}

	/**
	 * Adds a candidate of this host, at any time. It stays over restarts. At most 16.
	 * @returns the candidate to signal (`formatCandidate`), or undefined when there is no use for it: a duplicate, one too
	 * many, or IPv6 link-local
	 * @throws RangeError naming the option
	 */
	addLocalCandidate(options: LocalCandidateOptions): Candidate | undefined {
		const session = this.#session;
		const candidate = session.locals.add(options);
		if (candidate && !session.ended) session.combine([candidate], session.remotes.list);
		return candidate;
	}

	/**
	 * This host's network has changed, or was away for a while: it has these addresses now. Pairs go on by their bases, and
	 * all are tried anew with the credentials that both sides have, the selected one at once. A peer that gets a check from
	 * a new address learns it by that.
	 * @param hosts all there are; those that are known stay
	 * @returns the new ones, to be signalled
	 * @throws RangeError naming the option
	 */
	changeHosts(hosts: readonly LocalCandidateOptions[], now: number): Candidate[] {
		const session = this.#session;
		session.now = now;
		const added: Candidate[] = [];
		for (const host of hosts) {
			const candidate = session.locals.add(host);
			if (candidate) added.push(candidate);
		}
		const addresses = hosts.map(({ address }) => canonicalAddress(address) ?? address);
		if (addresses.length) session.locals.retain(addresses);
		session.rebase();
		session.seek(now);
		session.dirty = true;
		return added;
	}

	/** Pairs are tried anew, for the selected one is silent or gone. */
	get seeking(): boolean {
		return this.#session.seeking;
	}

	/**
	 * Nothing can be sent by this base any more: its candidates are gone, and pairs with them fail. Data of a selected pair
	 * stops at once; what else works is selected in its place.
	 */
	removeBase(base: string, now: number): void {
		const session = this.#session;
		session.now = now;
		session.locals.removeBase(base);
		session.removeBase(base, now);
	}

	/**
	 * The selected pair's base will end before long, as relays do with their credentials; this one is to take its place. It is
	 * checked at once. Who controls nominates it; for who is controlled it is ready when the peer does, or the former ends.
	 * Without effect when no pair is selected, or a restart is under way, which decides.
	 */
	replaceBase(base: string, now: number): void {
		const session = this.#session;
		session.now = now;
		session.succeed(base);
	}

	/**
	 * The remote's credentials. Others than before mean that the remote restarts ICE (RFC 8839 section 4.4.2): unless
	 * `restart` was called since, this agent restarts, too, with new credentials of its own to be signalled.
	 * @returns whether it did
	 * @throws RangeError naming what is wrong
	 */
	setRemoteParameters(parameters: RemoteParameters): boolean {
		const session = this.#session;
		if (session.state === "closed") return false;
		const { generation } = session;
		if (generation.remoteUfrag === parameters.ufrag && generation.remotePassword === parameters.password)
			return false;
		const restarts = generation.remoteKey !== undefined;
		if (restarts) session.restart(session.now);
		session.generation.setRemote(parameters);
		// RFC 8445 section 6.1.1: of a full and a lite agent, the full one controls.
		if (parameters.lite && !session.controlling) session.switchRole();
		session.dirty = true;
		return restarts;
	}

	/**
	 * Adds a candidate of the remote, as a line of SDP or parsed; "" means `endOfRemoteCandidates`. At most 32, or as the
	 * options have it. One with a
	 * name comes back as an "unresolved" event; those of no use are counted.
	 * @throws WebRTCError "ice/bad-candidate"
	 */
	addRemoteCandidate(candidate: string | ParsedCandidate): void {
		const session = this.#session;
		if (candidate === "") return this.endOfRemoteCandidates();
		const parsed = typeof candidate === "string" ? parseCandidate(candidate) : candidate;
		if (session.ended) return;
		if (!parsed || this.isForeign(parsed) || (parsed.tcpType && !session.locals.connects)) {
			session.counters.ignoredCandidates++;
			return;
		}
		const address = canonicalAddress(parsed.address);
		if (address === undefined) return this.addUnresolved(parsed);
		const remote = session.remotes.add({ ...parsed, address });
		session.checklist.sort(session.controlling);
		if (remote) session.combine(session.locals.list, [remote]);
		else if (!session.remotes.find(address, parsed.port, parsed.tcpType)) session.counters.overflow++;
	}

	/** Of another generation, or link-local, whose zone no candidate tells. */
	private isForeign({ ufrag, address }: ParsedCandidate): boolean {
		if (isLinkLocalIPv6(address)) return true;
		const { generation, selected } = this.#session;
		if (ufrag === undefined) return false;
		return generation.remoteKey ? ufrag !== generation.remoteUfrag : ufrag === selected?.generation.remoteUfrag;
	}

	private addUnresolved(candidate: ParsedCandidate): void {
		const session = this.#session;
		if (!candidate.address.endsWith(".local"))
			throw new WebRTCError("ice/bad-candidate", "Bad ICE candidate: address");
		session.counters.unresolvedCandidates++;
		if (++session.unresolved > maximumRemoteCandidates) session.counters.overflow++;
		else session.emit({ type: "unresolved", candidate });
	}

	/** The remote has signalled its last candidate (RFC 8838 section 14): failure and completion can be told earlier. */
	endOfRemoteCandidates(): void {
		this.#session.endOfCandidates = this.#session.dirty = true;
	}

	/**
	 * Takes a STUN datagram. Its bytes may change during the call.
	 * @param from the sender's address as text, and port
	 * @param local what it came by: the `base` of a local candidate; default: the one socket of the address's family
	 * @returns whether it was for this agent: where several share a port, the others need not be asked
	 */
	handleMessage(
		data: Uint8Array,
		from: { readonly address: string; readonly port: number },
		now: number,
		local?: string,
	): boolean {
		const session = this.#session;
		const reader = this.#reader;
		if (session.ended) return false;
		session.now = now;
		const address = from.address.indexOf(":") < 0 ? from.address : canonicalAddress(from.address);
		if (address === undefined || !reader.decode(data)) {
			session.counters.malformed++;
			return false;
		}
		const arrival = this.#arrival;
		arrival.address = address;
		arrival.port = from.port;
		arrival.local = local ?? String(familyOf(address));
		let taken = false;
		if (reader.type === stun.bindingRequest) taken = handleRequest(session, reader, arrival, now);
		else if (reader.type === stun.bindingSuccess || reader.type === stun.bindingError)
			taken = handleResponse(session, reader, arrival, now);
		if (taken) runChecks(session, now);
		return taken;
	}

	/** Does what is due. Calling it early has no effect. */
	handleTimeout(now: number): void {
		const session = this.#session;
		session.now = now;
		if (!session.ended) runChecks(session, now);
	}

	/** When `handleTimeout` is to be called, in the clock of `now`; it may be past. Undefined: not before another call. */
	get deadline(): number | undefined {
		const deadline = nextDeadline(this.#session);
		return deadline === Infinity ? undefined : deadline;
	}

	/** The next event, or undefined. */
	pollEvent(): IceEvent | undefined {
		return this.#session.events.shift();
	}

	/** The next datagram to send, or undefined. It is valid until the next call, also of an agent that shares `messages`. */
	pollTransmit(): IceTransmit | undefined {
		const { responses, transactions } = this.#session;
		const transmit = this.#transmit;
		const response = responses.shift();
		if (response) {
			transmit.data = this.#encoder.response(response);
			transmit.address = response.address;
			transmit.port = response.port;
			transmit.local = response.local;
			return transmit;
		}
		const transaction = transactions.nextPending();
		if (!transaction) return undefined;
		const { local, remote } = transaction.pair;
		transmit.data = this.#encoder.request(transaction);
		transmit.address = remote.address;
		transmit.port = remote.port;
		transmit.local = local.base;
		return transmit;
	}

	/**
	 * Restarts ICE (RFC 8445 section 9), also after failure: there are new local credentials to signal, and the remote's
	 * must be set anew. Data goes on over the selected pair until there is another, so requests for the credentials
	 * before must still reach this agent until the next "selected".
	 * @param credentials default: random ones
	 * @throws RangeError naming what is wrong
	 */
	restart(now: number, credentials?: { ufrag: string; password: string }): void {
		const session = this.#session;
		if (session.state === "closed") return;
		session.now = now;
		session.restart(now, credentials);
	}

	/** The role turns out otherwise than at construction: both sides made an offer, and one of them gave way. */
	setControlling(controlling: boolean): void {
		if (controlling !== this.#session.controlling) this.#session.switchRole();
	}

	/** Whether these are others than the remote's credentials that are known, so that setting them restarts ICE. */
	wouldRestart({ ufrag, password }: RemoteParameters): boolean {
		const { generation } = this.#session;
		return (
			generation.remoteKey !== undefined &&
			(generation.remoteUfrag !== ufrag || generation.remotePassword !== password)
		);
	}

	/** A fresh object. */
	get statistics(): IceStatistics {
		const { checklist, counters, selected } = this.#session;
		const pairs = checklist.pairs.map((pair) => pair.statistics(pair === selected));
		if (selected && !checklist.pairs.includes(selected)) pairs.push(selected.statistics(true));
		return { pairs, counters: { ...counters } };
	}

	/** Ends it: nothing is sent or told after "closed". Can be called again without effect. */
	close(): void {
		this.#session.stop();
		this.#session.setState("closed");
	}
}
