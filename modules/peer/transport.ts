// SPDX-License-Identifier: Apache-2.0
// The bundled transport of one peer: the ICE agent bound to the network and a timer, and the path that it finds, for what
// goes over it.
import Timer from "timer";
import type WebRTCError from "webrtc/error";
import { contain } from "webrtc/error/guard";
import {
	IceAgent,
	makeCredentials,
	type IceEvent,
	type IceGatherer,
	type IceState,
	type SelectedPair,
} from "webrtc/ice";
import * as crypto from "webrtc/native/crypto";
import type Certificate from "webrtc/native/dtls/certificate";
import type Sctp from "webrtc/native/sctp";
import type { SctpOptions } from "webrtc/native/sctp";
import type Srtp from "webrtc/native/srtp";
import type Path from "webrtc/native/transport/path";
import Gathering, { type GatheringOptions, type GatheringOwner } from "webrtc/peer/gathering";
import type { IceParameters } from "webrtc/peer/ice";
import type { LocalTransport } from "webrtc/peer/negotiable";
import type Network from "webrtc/peer/network";
import Remotes, { type RemotesOwner } from "webrtc/peer/remotes";
import { relayOf } from "webrtc/peer/route";
import Secured, { type RTCDtlsTransportState, type SecuredOwner } from "webrtc/peer/secured";
import type { ServerStatus } from "webrtc/peer/server";
import type { RemoteTransport } from "webrtc/sdp";
import type { IceServer } from "webrtc/signaling";

/** W3C webrtc section 4.3.4. */
export type RTCIceConnectionState = IceState;

export interface TransportOptions extends GatheringOptions {
	/** That the remote may signal. Default 32. */
	maximumCandidates?: number | undefined;
}

/** What a connection is to its transport. */
export interface TransportOwner {
	/** The ICE or DTLS state has changed. */
	onTransportState(): void;
	/** The gatherer has something to tell. */
	onGathered(): void;
	/** Data goes by another pair. */
	onPairChange(): void;
	/** Data arrives again, after a change of the network: the peer has missed some. */
	onPathFound(): void;
}

const doubtfulRoundTrip = 500; // ms, of a path whose first check was sent again: RFC 6347's second for DTLS, at most
const moving = 10_000; // ms in which a remote that begins anew has been heard of

/** Owns all natives of one peer but its senders. */
export default class PeerTransport implements GatheringOwner, RemotesOwner, SecuredOwner {
	readonly agent: IceAgent;
	readonly network: Network;
	#owner: TransportOwner;
	#path: Path;
	#gathering: Gathering;
	#remotes: Remotes;
	#secured: Secured;
	#number: number; // by which the network knows it
	#movesUntil = -Infinity; // the remote may begin anew on other ports
	#formerRoutes: readonly string[] | undefined; // those of the remote before that
	#selected = ""; // where data goes
	#timer: Timer | undefined;
	#deadline = Infinity;
	#ufrags: string[] = []; // the newest last
	#next: { ufrag: string; password: string } | undefined; // of a restart that is in an offer by now
	#remoteUfrag = "";
	#remote: { ufrag: string; password: string; lite: boolean } | undefined; // as agreed
	#offeredUfrag = "";
	#error: WebRTCError | undefined;
	#isSought = false; // the network has changed, here or at the peer, and no path was known since
	#closed = false;
	#broken = false;
	/** How often a pair was selected. */
	pairChanges = 0;

	constructor(owner: TransportOwner, network: Network, certificate: Certificate, options: TransportOptions) {
		this.#owner = owner;
		this.network = network;
		const { maximumCandidates, candidateFilter } = options;
		const { now, messages } = network;
		this.agent = new IceAgent({ controlling: true, crypto, now, messages, maximumCandidates, pool: network });
		this.#path = network.createPath();
		this.#number = network.join(this);
		try {
			this.listen();
		} catch (error) {
			network.leave(this.#number);
			this.#path.close();
			throw error;
		}
		this.#secured = new Secured(this, this.#path, certificate);
		this.#remotes = new Remotes(this, candidateFilter);
		this.#gathering = new Gathering(this, options);
	}

	/** Data goes on as it did; all pairs are checked again, and new candidates told of. */
	onNetworkChange(): void {
		if (this.#closed || this.#broken) return;
		try {
			this.#isSought = true;
			this.#gathering.changeHosts();
			this.pump();
		} catch (cause) {
			contain(this, cause);
		}
	}

	get gatherer(): IceGatherer {
		return this.#gathering.gatherer;
	}

	/** Whether relays alone are used. */
	get relayOnly(): boolean {
		return this.#gathering.relayOnly;
	}

	/** There is one once media was agreed on. */
	get srtp(): Srtp | undefined {
		return this.#secured.srtp;
	}

	get iceState(): RTCIceConnectionState {
		return this.#broken ? "failed" : this.agent.state;
	}

	get remoteCandidates(): number {
		return this.agent.remoteCandidates.length;
	}

	/** What a description that is made now says of this side. */
	get local(): LocalTransport {
		const { agent, gatherer } = this;
		return {
			iceUfrag: this.#next?.ufrag ?? agent.localUfrag,
			icePwd: this.#next?.password ?? agent.localPassword,
			fingerprint: { algorithm: "sha-256", value: this.#secured.fingerprint },
			candidates: gatherer.candidates,
			endOfCandidates: !this.#next && gatherer.isDone,
		};
	}

	get dtlsState(): RTCDtlsTransportState {
		const { state } = this.#secured;
		return state === "closed" && this.moves ? "connecting" : state;
	}

	/** Why it failed, once it has. */
	get error(): WebRTCError | undefined {
		return this.#error;
	}

	get cipherSuite(): string {
		return this.#secured.cipherSuite;
	}

	/** Undefined before it is agreed on. */
	get dtlsRole(): "client" | "server" | undefined {
		return this.#secured.role;
	}

	/** What has come of the STUN and TURN servers that it uses. */
	get servers(): readonly ServerStatus[] {
		return this.#gathering.servers;
	}

	/** STUN messages that came to the port for no connection: with credentials that are not, or not any more. */
	get unclaimed(): number {
		return this.#closed ? 0 : this.network.statistics().stunUnknown;
	}

	/** A pair was selected, and is not any more. */
	get lostPath(): boolean {
		return this.pairChanges > 0 && !this.agent.selectedPair;
	}

	/** The path's counters, as long as there is one. */
	statistics(): ReturnType<Path["statistics"]> | undefined {
		return this.#closed ? undefined : this.#path.statistics();
	}

	/** Of the newest remote description. */
	get remoteUfrag(): string {
		return this.#remoteUfrag;
	}

	/** A description is in force: all candidates are told of, and the servers asked. */
	gather(iceServers: readonly IceServer[]): void {
		this.#gathering.gather(iceServers);
	}

	/** Other servers than before, or other credentials. @param awaitsServers see RTCConfiguration */
	useServers(iceServers: readonly IceServer[], awaitsServers?: boolean): void {
		this.#gathering.use(iceServers, awaitsServers);
	}

	onGathered(): void {
		this.#owner.onGathered();
	}

	/** @param candidate "candidate:…"; "" when there are no more */
	addRemoteCandidate(candidate: string): void {
		this.#remotes.add(candidate);
		this.pump();
	}

	/** The offer that is made from now on restarts ICE: `local` has new credentials. */
	prepareRestart(): void {
		this.#next ??= makeCredentials(crypto);
	}

	/** That offer is in force. Without effect when there is none. */
	restart(): void {
		if (!this.#next) return;
		this.renew(this.#next);
		this.#next = undefined;
	}

	/**
	 * The remote's credentials and candidates, from its description; others may follow.
	 * @param isAgreed false: it is an offer that may yet be taken back, which must not disturb a path that works
	 */
	setRemote(remote: RemoteTransport, isAgreed: boolean): void {
		const { iceUfrag: ufrag, icePwd: password, iceLite: lite } = remote;
		const parameters = { ufrag, password, lite };
		const isOffered = isAgreed && ufrag === this.#offeredUfrag; // the offer has brought the candidates already
		this.#offeredUfrag = isAgreed ? "" : ufrag;
		this.#remoteUfrag = ufrag;
		const restarts = this.agent.wouldRestart(parameters);
		if (restarts) this.renew();
		if (isAgreed) this.#remote = parameters;
		if (isAgreed || !restarts) this.agent.setRemoteParameters(parameters);
		if (!isOffered) this.#remotes.addAll(remote);
		this.pump();
	}

	/**
	 * New credentials of the remote, for which this side gets new ones as well.
	 * @returns false: they are not new
	 */
	restartRemote(remote: IceParameters): boolean {
		const { iceUfrag: ufrag, icePwd: password, candidates = [], endOfCandidates = false } = remote;
		if (!this.agent.wouldRestart({ ufrag, password })) return false;
		this.#remoteUfrag = ufrag;
		this.renew();
		this.agent.setRemoteParameters({ ufrag, password });
		this.#remotes.addAll({ candidates, endOfCandidates });
		this.pump();
		return true;
	}

	/**
	 * Another section speaks for the bundle, and the remote may begin anew with the same credentials, on other ports and
	 * with a new DTLS association (RFC 8842 section 4). When ICE selects a pair with a port that was not known before, it has;
	 * until then all stays as it is, but that the former association may be closed.
	 */
	expectMove(): void {
		if (!this.moves) this.#formerRoutes = this.agent.remoteCandidates.map(routeOf);
		this.#movesUntil = this.network.now + moving;
	}

	/**
	 * That is agreed; before setRemote().
	 * @param remote what setRemote() will get
	 */
	move(remote?: RemoteTransport): void {
		const { agent } = this;
		this.expectMove();
		// A remote that controls nominates its new pair. What it knew of this side may have stood in the section that has ended:
		// as long as there is no pair whose checks go on, it hears of it by new ones.
		if (!agent.controlling && (agent.selectedPair || !remote?.candidates.length)) return;
		agent.restart(this.network.now, { ufrag: agent.localUfrag, password: agent.localPassword });
		this.#offeredUfrag = "";
	}

	/**
	 * Both descriptions are known: DTLS begins as soon as ICE has a pair that works.
	 * @param hasMedia whether keys for media are wanted: it may come later
	 */
	startDtls(role: "client" | "server", fingerprints: RemoteTransport["fingerprints"], hasMedia: boolean): void {
		if (!this.#closed) this.#secured.agree(role, fingerprints, hasMedia);
	}

	/**
	 * Data comes over the association, too; once, after startDtls().
	 * @throws Error with code "peer/out-of-resources"; WebRTCError "peer/closed"
	 */
	openSctp(options: Omit<SctpOptions, "path" | "dtls">): Sctp {
		return this.#secured.openSctp(options);
	}

	handleStun(data: Uint8Array, address: string, port: number, relay: number): void {
		if (this.#broken) return;
		try {
			const local = relay ? String(relay) : undefined;
			if (this.agent.handleMessage(data, { address, port }, this.network.now, local)) this.pump();
		} catch (cause) {
			contain(this, cause);
		}
	}

	/** Carries out what the agent wants done: after each input, and when its deadline has come. */
	pump(): void {
		if (this.#closed) return;
		const { agent, network } = this;
		let changed = false;
		const pairs = this.pairChanges;
		agent.handleTimeout(network.now);
		this.#gathering.handleTimeout();
		for (let event = agent.pollEvent(); event; event = agent.pollEvent()) {
			changed ||= event.type === "statechange";
			this.carryOut(event);
		}
		for (let out = agent.pollTransmit(); out; out = agent.pollTransmit()) {
			network.send(out.data, out.address, out.port, relayOf(out.local), this.#number);
		}
		this.schedule();
		if (changed) this.#owner.onTransportState();
		if (pairs !== this.pairChanges) this.#owner.onPairChange();
		if (this.#isSought && !agent.seeking && agent.selectedPair) {
			this.#isSought = false;
			this.#owner.onPathFound();
		}
	}

	private carryOut(event: IceEvent): void {
		if (event.type === "heard") this.#path.accept(event.address, event.port, relayOf(event.local));
		else if (event.type === "validated") this.#path.confirm(event.address, event.port, relayOf(event.local));
		else if (event.type === "valid" || event.type === "consent") this.select(event.pair);
		else if (event.type === "unresolved") this.#remotes.lookUp(event.candidate);
		else if (event.type === "deselected") this.#path.forget();
		else if (event.type === "selected") {
			this.pairChanges++;
			// What was sent to where the peer was before is lost, and may be too much to be sent again.
			this.#isSought ||= this.#selected !== "" && this.#selected !== routeOf(event.pair.remote);
			this.follow(event.pair);
			this.select(event.pair);
			this.forgetFormer();
			this.#gathering.select(event.pair);
		} else if (event.type === "statechange") {
			if (event.state === "disconnected") this.#path.yield();
			if (event.state === "failed") this.#error ??= event.error;
		}
	}

	/** Gives everything back; the remote is told by DTLS's close_notify. Can be called again without effect. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		if (this.#timer !== undefined) Timer.clear(this.#timer);
		this.#timer = undefined;
		this.#secured.close();
		this.#path.close();
		for (const ufrag of this.#ufrags) this.network.remove(ufrag);
		this.network.leave(this.#number);
		this.#gathering.close();
		this.#remotes.close();
		this.agent.close();
	}

	/** New credentials of our own. */
	private renew(credentials?: { ufrag: string; password: string }): void {
		this.agent.restart(this.network.now, credentials);
		this.gatherer.restart();
		this.listen();
	}

	/** STUN for the agent's present credentials is let in; for those before, until there is a new path. */
	private listen(): void {
		const ufrag = this.agent.localUfrag;
		if (this.#ufrags.includes(ufrag)) return;
		this.network.add(ufrag, this.#number);
		this.#ufrags.push(ufrag);
	}

	/** The address may still be another peer's: then the next consent tries again. */
	private select({ remote, base, roundTrip }: SelectedPair): void {
		const relay = relayOf(base);
		if (relay) this.network.servers.bind(relay, remote.address, remote.port);
		if (!this.#path.select(remote.address, remote.port, relay) || this.#secured.isWritable) return;
		this.#secured.begin(roundTrip < 0 ? Math.min(-roundTrip, doubtfulRoundTrip) : roundTrip);
	}

	/** ICE has selected a pair: where the remote has begun anew, DTLS does so, too. */
	private follow({ remote }: SelectedPair): void {
		const selected = routeOf(remote);
		const isNew = selected !== this.#selected && !this.#formerRoutes?.includes(selected);
		this.#selected = selected;
		if (!isNew || !this.moves || !this.#secured.renew()) return;
		this.#movesUntil = -Infinity;
		this.#formerRoutes = undefined;
	}

	private get moves(): boolean {
		return this.network.now < this.#movesUntil;
	}

	/** The credentials before a restart have served. */
	private forgetFormer(): void {
		for (const ufrag of this.#ufrags.splice(0, this.#ufrags.length - 1)) this.network.remove(ufrag);
	}

	onDtlsState(): void {
		const { state, error } = this.#secured;
		if (state === "closed" && this.moves && this.agent.controlling && this.#remote) {
			// The pair that was nominated since may still have been that of the former transport, which has gone now.
			const { localUfrag: ufrag, localPassword: password } = this.agent;
			this.agent.restart(this.network.now, { ufrag, password });
			this.agent.setRemoteParameters(this.#remote);
			this.pump();
		}
		this.#error ??= error;
		this.#owner.onTransportState();
	}

	private schedule(): void {
		const deadline = Math.min(this.agent.deadline ?? Infinity, this.gatherer.deadline);
		if (deadline === this.#deadline && this.#timer !== undefined) return;
		if (this.#timer !== undefined) Timer.clear(this.#timer);
		this.#timer = undefined;
		this.#deadline = deadline;
		if (deadline === Infinity || this.#closed) return;
		const wait = Math.max(0, Math.ceil(deadline - this.network.now));
		this.#timer = Timer.set(() => {
			try {
				this.#timer = undefined;
				this.pump();
			} catch (cause) {
				contain(this, cause);
			}
		}, wait);
	}

	/** A fault of this SDK: it ends this peer, and no other. */
	onException(error: WebRTCError): void {
		if (this.#closed || this.#broken) return;
		this.#broken = true;
		this.#error ??= error;
		this.#owner.onTransportState();
	}
}

function routeOf({ address, port }: { address: string; port: number }): string {
	return `${address} ${port}`;
}
