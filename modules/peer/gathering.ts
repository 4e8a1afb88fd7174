// SPDX-License-Identifier: Apache-2.0
// A connection's own candidates: those of this host, and what its STUN and TURN servers give.
import { IceGatherer, type IceAgent, type ParsedCandidate, type SelectedPair } from "webrtc/ice";
import type { TcpType } from "webrtc/ice/candidate";
import type { LocalCandidateOptions } from "webrtc/ice/types";
import type { CandidateFilter } from "webrtc/peer/configuration";
import type Network from "webrtc/peer/network";
import { relayOf, tcpBase } from "webrtc/peer/route";
import type { ServerStatus, ServersUser } from "webrtc/peer/server";
import type { IceServer } from "webrtc/signaling";

export interface GatheringOptions {
	/** Candidates do not tell of this host's own addresses. */
	hidesHost: boolean;
	/** Names are told of in place of addresses: see RTCConfiguration. */
	namesHost?: boolean | undefined;
	/** Servers may be named later: see RTCConfiguration. */
	awaitsServers?: boolean | undefined;
	candidateFilter?: CandidateFilter | undefined;
}

/** Whose candidates they are. */
export interface GatheringOwner {
	readonly agent: IceAgent;
	readonly network: Network;
	/** The gatherer has something to tell. */
	onGathered(): void;
	/** The agent has something to do. */
	pump(): void;
}

type Host = Omit<LocalCandidateOptions, "type">;

const nowhere = "unknown.local"; // no name could be had
const discardPort = 9; // of who connects: RFC 6544 section 4.5
const unnamed = ""; // what is expected of servers that nobody has named yet
const none: readonly string[] = Object.freeze([]);

export default class Gathering implements ServersUser {
	readonly gatherer: IceGatherer;
	readonly relayOnly: boolean;
	#awaitsServers: boolean | undefined;
	#filter: CandidateFilter | undefined;
	#owner: GatheringOwner;
	#serverKeys: readonly string[] = none; // of the newest configuration
	#asksServers = false;
	#gathers = false;
	#closed = false;
	#published: { address: string; name: string | undefined }[] | undefined; // undefined: addresses are told of

	constructor(owner: GatheringOwner, options: GatheringOptions) {
		const { hidesHost, namesHost, awaitsServers, candidateFilter } = options;
		this.#owner = owner;
		this.relayOnly = hidesHost;
		this.#awaitsServers = awaitsServers;
		this.#filter = candidateFilter;
		if (namesHost) this.#published = [];
		const nameOf = namesHost ? (address: string) => this.nameOf(address) : undefined;
		this.gatherer = new IceGatherer(owner.agent, this.hosts, nameOf);
	}

	/** One that nobody can find out is as good as none: the peer learns the address by a check. */
	private nameOf(address: string): string {
		return this.#published?.find((one) => one.address === address)?.name ?? nowhere;
	}

	private publish(addresses: readonly string[]): void {
		const { names } = this.#owner.network;
		const before = this.#published ?? [];
		this.#published = addresses.map((address) => {
			const name = before.find((one) => one.address === address)?.name ?? names.publish(address);
			return { address, name };
		});
		for (const { address, name } of before) if (name && !addresses.includes(address)) names.withdraw(address);
	}

	private get hosts(): Host[] {
		if (this.relayOnly) return [];
		const { localPort, tcpPort, tcpActive, addresses } = this.#owner.network;
		const hosts: Host[] = [];
		const add = (port: number, tcpType?: TcpType) => {
			for (const { address, family, interface: name } of addresses) {
				const host = { address, port, family, interface: name };
				hosts.push(tcpType ? { ...host, tcpType, base: tcpBase(family, tcpType) } : host);
			}
		};
		add(localPort);
		if (tcpPort) add(tcpPort, "passive");
		if (tcpActive) add(discardPort, "active");
		const allowed = hosts.filter((host) => this.allows({ ...host, type: "host" }));
		if (this.#published) this.publish([...new Set(allowed.map(({ address }) => address))]);
		return allowed;
	}

	private allows(candidate: Host & Pick<ParsedCandidate, "type">): boolean {
		return this.#filter?.(candidate, "local") ?? true;
	}

	/** What has come of the servers. */
	get servers(): readonly ServerStatus[] {
		return this.#asksServers && !this.#closed ? this.#owner.network.servers.statusOf(this) : [];
	}

	/** This host's addresses are others than they were. */
	changeHosts(): void {
		this.gatherer.changeHosts(this.hosts, this.#owner.network.now);
		this.tell();
	}

	/** A description is in force: all candidates are told of, and the servers asked. */
	gather(iceServers: readonly IceServer[]): void {
		const { gatherer } = this;
		const awaits = this.#awaitsServers ?? (this.relayOnly && !iceServers.length);
		if (awaits && gatherer.state === "new") gatherer.expect(unnamed, this.#owner.network.now);
		this.ask(iceServers);
		gatherer.gather();
		this.#gathers = true;
		this.#owner.pump();
	}

	/**
	 * Other servers than before, or other credentials: a connection that has no pair yet has use for them at once. One whose
	 * data goes by a relay goes over to another, which is ready before the credentials of the former end.
	 * @param awaitsServers see RTCConfiguration
	 */
	use(iceServers: readonly IceServer[], awaitsServers?: boolean): void {
		this.#awaitsServers = awaitsServers;
		if (!this.#gathers || this.#closed) return;
		const { selectedPair } = this.#owner.agent;
		this.ask(iceServers, selectedPair);
		if (iceServers.length || awaitsServers === false) this.gatherer.settle(unnamed);
		if (selectedPair) this.leaveServers(selectedPair);
		this.replaceRelay();
		this.tell();
	}

	private ask(iceServers: readonly IceServer[], inUse?: SelectedPair): void {
		this.#asksServers ||= iceServers.length > 0;
		if (!this.#asksServers) return;
		const { servers } = this.#owner.network;
		this.#serverKeys = servers.use(this, iceServers, inUse && servers.keyOf(relayOf(inUse.base)));
	}

	/** Data goes by this pair from now on. */
	select(pair: SelectedPair): void {
		this.leaveServers(pair);
		this.replaceRelay();
	}

	/** Servers of a configuration before, but for the one that is in use. */
	private leaveServers({ base }: SelectedPair): void {
		if (!this.#asksServers) return;
		const { servers, now } = this.#owner.network;
		const used = servers.keyOf(relayOf(base));
		const left = servers.leave(this, used === undefined ? this.#serverKeys : [...this.#serverKeys, used]);
		for (const relay of left) this.#owner.agent.removeBase(relay, now);
	}

	/** Data goes by a relay of a former configuration, and the present one has a relay. */
	private replaceRelay(): void {
		const relayInUse = relayOf(this.#owner.agent.selectedPair?.base ?? "");
		if (!relayInUse || this.#closed) return;
		const { servers } = this.#owner.network;
		const used = servers.keyOf(relayInUse);
		if (used === undefined || this.#serverKeys.includes(used)) return;
		const relay = servers.firstRelay(this.#serverKeys);
		if (relay !== undefined) this.#owner.agent.replaceBase(String(relay), this.#owner.network.now);
	}

	onServerAsked(key: string): void {
		this.gatherer.expect(key, this.#owner.network.now);
	}

	onServerCandidate(_key: string, candidate: LocalCandidateOptions): void {
		if (this.allows(candidate)) this.gatherer.add(candidate);
		this.tell();
	}

	onServerSettled(key: string): void {
		this.gatherer.settle(key);
		this.replaceRelay();
		this.tell();
	}

	onServerLost(base: string): void {
		if (this.#closed) return;
		this.#owner.agent.removeBase(base, this.#owner.network.now);
		this.#owner.pump();
	}

	/** Not before it is known what for. */
	private tell(): void {
		if (this.#closed || !this.#gathers) return;
		this.#owner.onGathered();
		this.#owner.pump();
	}

	/** Does what is due. */
	handleTimeout(): void {
		if (this.gatherer.deadline > this.#owner.network.now) return;
		this.gatherer.handleTimeout(this.#owner.network.now);
		this.#owner.onGathered();
	}

	/** Can be called again without effect. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		if (this.#published) this.publish([]);
		if (this.#asksServers) this.#owner.network.servers.leave(this);
	}
}
