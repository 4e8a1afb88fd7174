// SPDX-License-Identifier: Apache-2.0
// The bundled transport of one peer: the ICE agent bound to the network and a timer, then the path that it finds, DTLS
// over the path, and, where there is media, SRTP with the keys of DTLS.
import Timer from "timer";
import WebRTCError, { type WebRTCErrorCode } from "webrtc/error";
import { contain } from "webrtc/error/guard";
import fromNative from "webrtc/error/native";
import {
	IceAgent,
	IceGatherer,
	makeCredentials,
	parseCandidate,
	type ParsedCandidate,
	type IceState,
	type SelectedPair,
} from "webrtc/ice";
import type { LocalCandidateOptions } from "webrtc/ice/types";
import * as crypto from "webrtc/native/crypto";
import Dtls from "webrtc/native/dtls";
import type Certificate from "webrtc/native/dtls/certificate";
import Sctp, { type SctpOptions } from "webrtc/native/sctp";
import Srtp from "webrtc/native/srtp";
import type Path from "webrtc/native/transport/path";
import type { CandidateFilter } from "webrtc/peer/configuration";
import type { IceParameters } from "webrtc/peer/ice";
import type { LocalTransport } from "webrtc/peer/negotiable";
import type Network from "webrtc/peer/network";
import type { NamesUser } from "webrtc/peer/names";
import { relayOf, tcpBase } from "webrtc/peer/route";
import type { ServerStatus, ServersUser } from "webrtc/peer/servers";
import type { RemoteTransport } from "webrtc/sdp";
import type { IceServer } from "webrtc/signaling";

/** W3C webrtc section 4.3.4. */
export type RTCIceConnectionState = IceState;
export type RTCDtlsTransportState = "new" | "connecting" | "connected" | "closed" | "failed";

export interface TransportOptions {
	/** Candidates do not tell of this host's own addresses. */
	hidesHost: boolean;
	/** Servers may be named later: see RTCConfiguration. */
	awaitsServers?: boolean | undefined;
	/** That the remote may signal. Default 32. */
	maximumCandidates?: number | undefined;
	candidateFilter?: CandidateFilter | undefined;
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

const unnamed = ""; // what is expected of servers that nobody has named yet
const none: readonly string[] = Object.freeze([]);
const doubtfulRoundTrip = 500; // ms, of a path whose first check was sent again: RFC 6347's second for DTLS, at most
const moving = 10_000; // ms in which a remote that begins anew has been heard of

/** Owns all natives of one peer but its senders. */
export default class PeerTransport implements NamesUser, ServersUser {
	readonly agent: IceAgent;
	readonly gatherer: IceGatherer;
	readonly relayOnly: boolean;
	#awaitsServers: boolean;
	#filter: CandidateFilter | undefined;
	#owner: TransportOwner;
	#network: Network;
	#certificate: Certificate;
	#path: Path;
	#srtp: Srtp | undefined;
	#number: number; // by which the network knows it
	#sctp: Sctp | undefined;
	#dtls: Dtls | undefined;
	#association: { role: "client" | "server"; fingerprints: RemoteTransport["fingerprints"] } | undefined;
	#movesUntil = -Infinity; // the remote may begin anew on other ports
	#formerRoutes: readonly string[] | undefined; // those of the remote before that
	#selected = ""; // where data goes
	#writable = false; // the path has an address to send to
	#roundTrip = 0; // ms, of that path when it was new; 0: not known
	#timer: Timer | undefined;
	#deadline = Infinity;
	#ufrags: string[] = []; // the newest last
	#next: { ufrag: string; password: string } | undefined; // of a restart that is in an offer by now
	#remoteUfrag = "";
	#remote: { ufrag: string; password: string; lite: boolean } | undefined; // as agreed
	#offeredUfrag = "";
	#error: WebRTCError | undefined;
	#serverKeys: readonly string[] = none; // of the newest configuration
	#asksServers = false;
	#gathers = false;
	#isSought = false; // the network has changed, and nothing was heard of the peer since
	#named: ParsedCandidate[] | undefined; // candidates of the remote whose names are looked up
	#closed = false;
	#broken = false;
	/** How often a pair was selected. */
	pairChanges = 0;

	constructor(owner: TransportOwner, network: Network, certificate: Certificate, options: TransportOptions) {
		this.#owner = owner;
		this.#network = network;
		this.#certificate = certificate;
		const { hidesHost, awaitsServers, maximumCandidates, candidateFilter } = options;
		this.relayOnly = hidesHost;
		this.#awaitsServers = awaitsServers ?? hidesHost;
		this.#filter = candidateFilter;
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
		this.gatherer = new IceGatherer(this.agent, this.hosts);
	}

	private get hosts(): Omit<LocalCandidateOptions, "type">[] {
		if (this.relayOnly) return [];
		const { localPort: port, tcpPort, addresses } = this.#network;
		const hosts: Omit<LocalCandidateOptions, "type">[] = [];
		for (const { address, family, interface: name } of addresses)
			hosts.push({ address, port, family, interface: name });
		if (tcpPort) {
			for (const { address, family, interface: name } of addresses) {
				const base = tcpBase(family);
				hosts.push({ address, port: tcpPort, family, interface: name, base, tcpType: "passive" });
			}
		}
		return hosts.filter((host) => this.allows({ ...host, type: "host" }, "local"));
	}

	private allows(candidate: Parameters<CandidateFilter>[0], side: "local" | "remote"): boolean {
		return this.#filter?.(candidate, side) ?? true;
	}

	private takeRemote(line: string): void {
		const parsed = this.#filter ? parseCandidate(line) : undefined;
		if (!parsed || this.allows(parsed, "remote")) this.agent.addRemoteCandidate(line);
	}

	private lookUp(candidate: ParsedCandidate): void {
		(this.#named ??= []).push(candidate);
		this.#network.names.resolve(candidate.address, this);
	}

	onName(name: string, addresses: readonly string[]): void {
		if (this.#closed || this.#broken || !this.#named) return;
		try {
			const named = this.#named.filter(({ address }) => address === name);
			this.#named = this.#named.filter(({ address }) => address !== name);
			if (!this.#named.length) this.#named = undefined;
			for (const candidate of named) {
				for (const address of addresses) {
					const found = { ...candidate, address };
					if (this.allows(found, "remote")) this.agent.addRemoteCandidate(found);
				}
			}
			if (addresses.length) this.pump();
		} catch (cause) {
			contain(this, cause);
		}
	}

	/** Data goes on as it did; all pairs are checked again, and new candidates told of. */
	onNetworkChange(): void {
		if (this.#closed || this.#broken) return;
		try {
			this.#isSought = true;
			this.gatherer.changeHosts(this.hosts, this.#network.now);
			this.tellGathered();
			this.pump();
		} catch (cause) {
			contain(this, cause);
		}
	}

	/** There is one once media was agreed on. */
	get srtp(): Srtp | undefined {
		return this.#srtp;
	}

	get iceState(): RTCIceConnectionState {
		return this.#broken ? "failed" : this.agent.state;
	}

	get remoteCandidates(): number {
		return this.agent.remoteCandidates.length;
	}

	/** What a description that is made now says of this side. */
	get local(): LocalTransport {
		const { localUfrag, localPassword } = this.agent;
		return {
			iceUfrag: this.#next?.ufrag ?? localUfrag,
			icePwd: this.#next?.password ?? localPassword,
			fingerprint: { algorithm: "sha-256", value: this.#certificate.fingerprint },
			candidates: this.gatherer.candidates,
			endOfCandidates: !this.#next && this.gatherer.isDone,
		};
	}

	get dtlsState(): RTCDtlsTransportState {
		const { state = "new" } = this.#dtls ?? {};
		return state === "closed" && this.moves ? "connecting" : state;
	}

	/** Why it failed, once it has. */
	get error(): WebRTCError | undefined {
		return this.#error;
	}

	get cipherSuite(): string {
		return this.#dtls?.state === "connected" ? this.#dtls.cipherSuite : "";
	}

	/** Undefined before it is agreed on. */
	get dtlsRole(): "client" | "server" | undefined {
		return this.#association?.role;
	}

	/** What has come of the STUN and TURN servers that it uses. */
	get servers(): readonly ServerStatus[] {
		return this.#asksServers && !this.#closed ? this.#network.servers.statusOf(this) : [];
	}

	/** STUN messages that came to the port for no connection: with credentials that are not, or not any more. */
	get unclaimed(): number {
		return this.#closed ? 0 : this.#network.statistics().stunUnknown;
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
		const { gatherer } = this;
		if (this.#awaitsServers && !iceServers.length && gatherer.state === "new")
			gatherer.expect(unnamed, this.#network.now);
		this.ask(iceServers);
		gatherer.gather();
		this.#gathers = true;
		this.pump();
	}

	/**
	 * Other servers than before, or other credentials: a connection that has no pair yet has use for them at once. One whose
	 * data goes by a relay goes over to another, which is ready before the credentials of the former end.
	 */
	useServers(iceServers: readonly IceServer[]): void {
		if (!this.#gathers || this.#closed) return;
		const { selectedPair } = this.agent;
		this.ask(iceServers, selectedPair);
		if (selectedPair) this.leaveServers(selectedPair);
		this.replaceRelay();
		this.tellGathered();
	}

	private ask(iceServers: readonly IceServer[], inUse?: SelectedPair): void {
		this.#asksServers ||= iceServers.length > 0;
		if (!this.#asksServers) return;
		const { servers } = this.#network;
		this.#serverKeys = servers.use(this, iceServers, inUse && servers.keyOf(relayOf(inUse.base)));
		if (iceServers.length) this.gatherer.settle(unnamed);
	}

	/** Data goes by a relay of a former configuration, and the present one has a relay. */
	private replaceRelay(): void {
		const relayInUse = relayOf(this.agent.selectedPair?.base ?? "");
		if (!relayInUse || this.#closed) return;
		const { servers } = this.#network;
		const used = servers.keyOf(relayInUse);
		if (used === undefined || this.#serverKeys.includes(used)) return;
		const relay = servers.firstRelay(this.#serverKeys);
		if (relay !== undefined) this.agent.replaceBase(String(relay), this.#network.now);
	}

	onServerAsked(key: string): void {
		this.gatherer.expect(key, this.#network.now);
	}

	onServerCandidate(_key: string, candidate: LocalCandidateOptions): void {
		if (this.allows(candidate, "local")) this.gatherer.add(candidate);
		this.tellGathered();
	}

	onServerSettled(key: string): void {
		this.gatherer.settle(key);
		this.replaceRelay();
		this.tellGathered();
	}

	onServerLost(base: string): void {
		if (this.#closed) return;
		this.agent.removeBase(base, this.#network.now);
		this.pump();
	}

	/** Not before it is known what for. */
	private tellGathered(): void {
		if (this.#closed || !this.#gathers) return;
		this.#owner.onGathered();
		this.pump();
	}

	/** @param candidate "candidate:…"; "" when there are no more */
	addRemoteCandidate(candidate: string): void {
		if (candidate) this.takeRemote(candidate);
		else this.agent.endOfRemoteCandidates();
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
		if (!isOffered) this.addCandidates(remote);
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
		this.addCandidates({ candidates, endOfCandidates });
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
		this.#movesUntil = this.#network.now + moving;
	}

	/** That is agreed; before setRemote(). */
	move(): void {
		const { agent } = this;
		this.expectMove();
		if (!agent.controlling) return; // the remote nominates its new pair
		agent.restart(this.#network.now, { ufrag: agent.localUfrag, password: agent.localPassword });
		this.#offeredUfrag = "";
	}

	/**
	 * Both descriptions are known: DTLS begins as soon as ICE has a pair that works.
	 * @param hasMedia whether keys for media are wanted: it may come later
	 */
	startDtls(role: "client" | "server", fingerprints: RemoteTransport["fingerprints"], hasMedia: boolean): void {
		if (this.#closed) return;
		this.#association = { role, fingerprints };
		try {
			if (hasMedia && !this.#srtp) {
				this.#srtp = new Srtp(this.#path);
				this.#dtls?.setSrtp(this.#srtp);
			}
			if (this.#dtls) return;
			this.#dtls = this.makeDtls();
		} catch (cause) {
			return this.onException(fromNative(cause, "peer/out-of-resources"));
		}
		if (this.#writable) this.#dtls.start(this.#roundTrip);
	}

	/**
	 * Data comes over the association, too; once, after startDtls().
	 * @throws Error with code "peer/out-of-resources"; WebRTCError "peer/closed"
	 */
	openSctp(options: Omit<SctpOptions, "path" | "dtls">): Sctp {
		if (!this.#dtls) throw new WebRTCError("peer/closed", "there is no transport");
		return (this.#sctp = new Sctp({ ...options, path: this.#path, dtls: this.#dtls }));
	}

	private makeDtls(): Dtls {
		return new Dtls({
			path: this.#path,
			srtp: this.#srtp,
			certificate: this.#certificate,
			...this.#association!,
			onState: () => {
				try {
					this.onDtlsState();
				} catch (cause) {
					contain(this, cause);
				}
			},
		});
	}

	handleStun(data: Uint8Array, address: string, port: number, relay: number): void {
		if (this.#broken) return;
		try {
			const local = relay ? String(relay) : undefined;
			if (this.agent.handleMessage(data, { address, port }, this.#network.now, local)) this.pump();
		} catch (cause) {
			contain(this, cause);
		}
	}

	/** Carries out what the agent wants done: after each input, and when its deadline has come. */
	pump(): void {
		if (this.#closed) return;
		const network = this.#network;
		let changed = false;
		const pairs = this.pairChanges;
		this.agent.handleTimeout(network.now);
		if (this.gatherer.deadline <= network.now) {
			this.gatherer.handleTimeout(network.now);
			this.#owner.onGathered();
		}
		for (let event = this.agent.pollEvent(); event; event = this.agent.pollEvent()) {
			if (event.type === "heard") this.#path.accept(event.address, event.port, relayOf(event.local));
			else if (event.type === "validated") this.#path.confirm(event.address, event.port, relayOf(event.local));
			else if (event.type === "valid" || event.type === "consent") this.select(event.pair);
			else if (event.type === "unresolved") this.lookUp(event.candidate);
			else if (event.type === "deselected") this.#path.forget();
			else if (event.type === "selected") {
				this.pairChanges++;
				this.follow(event.pair);
				this.select(event.pair);
				this.forgetFormer();
				this.leaveServers(event.pair);
				this.replaceRelay();
			} else if (event.type === "statechange") {
				changed = true;
				if (event.state === "disconnected") this.#path.yield();
				if (event.state === "failed") this.#error ??= event.error;
			}
		}
		for (let out = this.agent.pollTransmit(); out; out = this.agent.pollTransmit()) {
			network.send(out.data, out.address, out.port, relayOf(out.local), this.#number);
		}
		this.schedule();
		if (changed) this.#owner.onTransportState();
		if (pairs !== this.pairChanges) this.#owner.onPairChange();
		if (this.#isSought && !this.agent.seeking && this.agent.selectedPair) {
			this.#isSought = false;
			this.#owner.onPathFound();
		}
	}

	/** Gives everything back; the remote is told by DTLS's close_notify. Can be called again without effect. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		if (this.#timer !== undefined) Timer.clear(this.#timer);
		this.#timer = undefined;
		this.#sctp?.close();
		this.#dtls?.close();
		this.#dtls = undefined;
		this.#srtp?.close();
		this.#path.close();
		for (const ufrag of this.#ufrags) this.#network.remove(ufrag);
		this.#network.leave(this.#number);
		if (this.#asksServers) this.#network.servers.leave(this);
		if (this.#named) this.#network.names.leave(this);
		this.#named = undefined;
		this.agent.close();
	}

	/** New credentials of our own. */
	private renew(credentials?: { ufrag: string; password: string }): void {
		this.agent.restart(this.#network.now, credentials);
		this.gatherer.restart();
		this.listen();
	}

	private addCandidates({
		candidates,
		endOfCandidates,
	}: Pick<RemoteTransport, "candidates" | "endOfCandidates">): void {
		for (const candidate of candidates) {
			try {
				this.takeRemote(candidate);
			} catch (error) {
				trace(`webrtc: a candidate of the remote is left out: ${(error as Error).message}\n`);
			}
		}
		if (endOfCandidates) this.agent.endOfRemoteCandidates();
	}

	/** STUN for the agent's present credentials is let in; for those before, until there is a new path. */
	private listen(): void {
		const ufrag = this.agent.localUfrag;
		if (this.#ufrags.includes(ufrag)) return;
		this.#network.add(ufrag, this.#number);
		this.#ufrags.push(ufrag);
	}

	/** The address may still be another peer's: then the next consent tries again. */
	private select({ remote, base, roundTrip }: SelectedPair): void {
		const relay = relayOf(base);
		if (relay) this.#network.servers.bind(relay, remote.address, remote.port);
		if (!this.#path.select(remote.address, remote.port, relay) || this.#writable) return;
		this.#writable = true;
		this.#roundTrip = roundTrip < 0 ? Math.min(-roundTrip, doubtfulRoundTrip) : roundTrip;
		this.#dtls?.start(this.#roundTrip);
	}

	/** ICE has selected a pair: where the remote has begun anew, DTLS does so, too. */
	private follow({ remote }: SelectedPair): void {
		const selected = routeOf(remote);
		const isNew = selected !== this.#selected && !this.#formerRoutes?.includes(selected);
		this.#selected = selected;
		if (!isNew || !this.moves || !this.#dtls) return;
		this.#movesUntil = -Infinity;
		this.#formerRoutes = undefined;
		const former = this.#dtls;
		this.#dtls = undefined;
		this.#writable = false;
		this.#srtp?.reset();
		this.#dtls = this.makeDtls();
		this.#sctp?.setDtls(this.#dtls); // the association of SCTP goes on
		former.close(); // before the path leads to those who do not know it
	}

	private get moves(): boolean {
		return this.#network.now < this.#movesUntil;
	}

	/** Servers of a configuration before, but for the one that is in use. */
	private leaveServers({ base }: SelectedPair): void {
		if (!this.#asksServers) return;
		const { servers, now } = this.#network;
		const used = servers.keyOf(relayOf(base));
		const left = servers.leave(this, used === undefined ? this.#serverKeys : [...this.#serverKeys, used]);
		for (const relay of left) this.agent.removeBase(relay, now);
	}

	/** The credentials before a restart have served. */
	private forgetFormer(): void {
		for (const ufrag of this.#ufrags.splice(0, this.#ufrags.length - 1)) this.#network.remove(ufrag);
	}

	private onDtlsState(): void {
		const dtls = this.#dtls;
		if (!dtls) return;
		if (dtls.state === "closed" && this.moves && this.agent.controlling && this.#remote) {
			// The pair that was nominated since may still have been that of the former transport, which has gone now.
			const { localUfrag: ufrag, localPassword: password } = this.agent;
			this.agent.restart(this.#network.now, { ufrag, password });
			this.agent.setRemoteParameters(this.#remote);
			this.pump();
		}
		if (dtls.state === "failed")
			this.#error ??= new WebRTCError(dtls.reason as WebRTCErrorCode, `DTLS: ${dtls.message}`);
		this.#owner.onTransportState();
	}

	private schedule(): void {
		const deadline = Math.min(this.agent.deadline ?? Infinity, this.gatherer.deadline);
		if (deadline === this.#deadline && this.#timer !== undefined) return;
		if (this.#timer !== undefined) Timer.clear(this.#timer);
		this.#timer = undefined;
		this.#deadline = deadline;
		if (deadline === Infinity || this.#closed) return;
		const wait = Math.max(0, Math.ceil(deadline - this.#network.now));
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
