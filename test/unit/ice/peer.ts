// SPDX-License-Identifier: Apache-2.0
// An agent on the virtual network: the driver that its documentation asks for.
import { formatCandidate, IceAgent, type Candidate, type IceAgentOptions, type IceEvent } from "webrtc/ice";
import { seededCrypto } from "../crypto";
import type { Endpoint, VirtualNetwork } from "../network";

export interface PeerOptions extends Partial<IceAgentOptions> {
	network: VirtualNetwork;
	seed: number;
	controlling: boolean;
	/** Each with a socket of its own, unless all share one per family. */
	addresses: string[];
	port?: number;
	/** One socket per family for all addresses, as the SDK's transport has it; datagrams leave from the first. */
	shared?: boolean;
	/** Sockets that are no candidates. */
	hidden?: string[];
}

export class Peer {
	readonly agent: IceAgent;
	readonly network: VirtualNetwork;
	readonly events: IceEvent[] = [];
	readonly port: number;
	readonly sockets = new Map<string, string>(); // base → address that it sends from
	sent = 0;
	received = 0;
	/** Called with each event, before anything is sent. */
	onEvent: (event: IceEvent) => void = () => {};
	/** When it is no longer driven. */
	stopped = false;
	#wake = Infinity;

	constructor({ network, seed, addresses, port = 5000, shared = false, hidden = [], ...options }: PeerOptions) {
		this.network = network;
		this.port = port;
		this.agent = new IceAgent({ crypto: seededCrypto(seed), now: network.now, ...options });
		for (const address of addresses) {
			const base = shared ? (address.includes(":") ? "6" : "4") : address;
			this.listen(address, base);
			this.agent.addLocalCandidate({ type: "host", address, port, base });
		}
		for (const address of hidden) this.listen(address, address);
	}

	listen(address: string, base: string): void {
		if (!this.sockets.has(base)) this.sockets.set(base, address);
		this.network.bind({ address, port: this.port }, (data, from) => this.receive(data, from, base));
	}

	receive(data: Uint8Array, from: Endpoint, base: string): boolean {
		if (this.stopped) return false;
		this.received++;
		const taken = this.agent.handleMessage(data, from, this.network.now, base);
		this.pump();
		return taken;
	}

	pump(): void {
		if (this.stopped) return;
		const { agent, network } = this;
		agent.handleTimeout(network.now);
		for (let event = agent.pollEvent(); event; event = agent.pollEvent()) {
			this.events.push(event);
			this.onEvent(event);
		}
		for (let out = agent.pollTransmit(); out; out = agent.pollTransmit()) {
			this.sent++;
			this.send(out.data, out.local, { address: out.address, port: out.port });
		}
		this.#schedule();
	}

	send(data: Uint8Array, base: string, to: Endpoint): void {
		const address = this.sockets.get(base) as string;
		this.network.send(data, { address, port: this.port }, to);
	}

	#schedule(): void {
		const deadline = this.agent.deadline ?? Infinity;
		if (deadline === Infinity || (deadline >= this.#wake && this.#wake > this.network.now)) return;
		this.#wake = deadline;
		this.network.clock.at(deadline, () => {
			if (this.#wake === deadline) this.#wake = Infinity;
			this.pump();
		});
	}

	get candidates(): Candidate[] {
		return this.agent.localCandidates.filter(({ type }) => type !== "prflx");
	}

	get lines(): string[] {
		return this.candidates.map((candidate) => formatCandidate(candidate));
	}

	/** The remote's credentials, as an offer or answer brings them. */
	learnParameters(other: Peer, lite = false): boolean {
		const { localUfrag: ufrag, localPassword: password } = other.agent;
		return this.agent.setRemoteParameters({ ufrag, password, lite });
	}

	learnCandidates(other: Peer, end = true): void {
		for (const line of other.lines) this.agent.addRemoteCandidate(line);
		if (end) this.agent.endOfRemoteCandidates();
	}

	get states(): string[] {
		return this.events.flatMap((event) => (event.type === "statechange" ? [event.state] : []));
	}

	get isConnected(): boolean {
		return this.agent.state === "connected" || this.agent.state === "completed";
	}

	/** The selected pair as "local remote". */
	get pair(): string {
		const pair = this.agent.selectedPair;
		return pair ? `${text(pair.local)} ${text(pair.remote)}` : "";
	}

	/** The selected pair as the other side should see it. */
	get mirrored(): string {
		const pair = this.agent.selectedPair;
		return pair ? `${text(pair.remote)} ${text(pair.local)}` : "";
	}
}

function text({ address, port }: Candidate): string {
	return `${address}:${port}`;
}

/** Both learn all of the other at once. */
export function introduce(a: Peer, b: Peer): void {
	a.learnParameters(b);
	b.learnParameters(a);
	a.learnCandidates(b);
	b.learnCandidates(a);
	a.pump();
	b.pump();
}

export function connected(...peers: Peer[]): () => boolean {
	return () => peers.every((peer) => peer.isConnected);
}

/** A controlling and a controlled agent, one address each unless the options have it otherwise. */
export function pair(network: VirtualNetwork, seed = 1, a: Partial<PeerOptions> = {}, b: Partial<PeerOptions> = {}) {
	return [
		new Peer({ network, seed, controlling: true, addresses: ["10.0.0.1"], ...a }),
		new Peer({ network, seed: seed + 1000, controlling: false, addresses: ["10.0.0.2"], ...b }),
	] as const;
}
