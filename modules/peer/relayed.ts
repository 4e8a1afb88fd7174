// SPDX-License-Identifier: Apache-2.0
// One TURN server's allocation, bound to its socket: what the connections of a network share.
import { contain } from "webrtc/error/guard";
import WebRTCError from "webrtc/error";
import type { Challenge } from "webrtc/ice/credentials";
import type { StunMessages } from "webrtc/ice/stun";
import TurnClient, { type TurnAddress, type TurnEvent } from "webrtc/ice/turn";
import * as crypto from "webrtc/native/crypto";
import Tls from "webrtc/native/tls";
import type Relay from "webrtc/native/transport/relay";
import type Network from "webrtc/peer/network";
import type { StunHandler } from "webrtc/peer/network";

export interface RelayedOptions {
	network: Network;
	address: string;
	port: number;
	/** Over TCP, and with `serverName` over TLS, whose certificate must have that name. Default: UDP. */
	transport?: "udp" | "tcp" | undefined;
	serverName?: string | undefined;
	username: string;
	credential: string;
	challenge: Challenge | undefined;
	/** What all relays read and write by. */
	messages: StunMessages;
	/** Of the relayed address. */
	family: 4 | 6;
	owner: RelayedOwner;
}

export interface RelayedOwner {
	/** Another state, which `Relayed` has by now, or another server to go to. */
	onRelayed(relayed: Relayed, event: TurnEvent): void;
	/** Something is due: see `deadline`. */
	onDeadline(): void;
}

const applicationProtocol = "stun.turn"; // ALPN: RFC 7443 section 3

export default class Relayed implements StunHandler {
	readonly remoteCandidates = 0;
	readonly #options: RelayedOptions;
	#client: TurnClient | undefined; // over TCP: once that is there
	readonly #relay: Relay;
	readonly #owner: number;
	/** Where peers reach this side; undefined before there is an allocation. */
	relayed: TurnAddress | undefined;
	/** How the server sees this side. */
	mapped: TurnAddress | undefined;
	/** The last address that the server would pass nothing on to, and why, for people. */
	refused: string | undefined;
	#closed = false;

	/** @throws WebRTCError "transport/failed" */
	constructor(options: RelayedOptions) {
		const { network } = options;
		this.#options = options;
		this.#owner = network.join(this);
		try {
			this.#relay = this.connect();
		} catch (error) {
			network.leave(this.#owner);
			throw error;
		}
		if (options.transport !== "tcp") this.begin();
	}

	private connect(): Relay {
		const { network, address, port, transport, serverName } = this.#options;
		return network.createRelay({
			address,
			port,
			transport,
			layer: serverName === undefined ? undefined : new Tls({ serverName, protocol: applicationProtocol }),
			owner: this.#owner,
			onOpen: () => {
				try {
					this.begin();
				} catch (cause) {
					contain(this, cause);
				}
			},
			onError: (reason) => {
				try {
					this.onError(reason);
				} catch (cause) {
					contain(this, cause);
				}
			},
		});
	}

	/** Messages can leave. */
	private begin(): void {
		if (this.#closed || this.#client) return;
		const { network, transport, username, credential, challenge, family, messages } = this.#options;
		const reliable = transport === "tcp";
		const { now } = network;
		this.#client = new TurnClient({ crypto, now, username, credential, challenge, family, reliable, messages });
		this.flush();
	}

	/** What candidates have for a base. */
	get number(): number {
		return this.#relay.number;
	}

	get state(): TurnClient["state"] {
		return this.#client?.state ?? "allocating";
	}

	get challenge(): Challenge | undefined {
		return this.#client?.challenge;
	}

	get deadline(): number {
		return (!this.#closed && this.#client?.deadline) || Infinity;
	}

	statistics(): ReturnType<Relay["statistics"]> {
		return this.#relay.statistics();
	}

	/** Lets datagrams to and from the peer through. */
	permit(address: string): void {
		if (this.#closed || !this.#client) return;
		this.#client.permit(address, this.#options.network.now);
		this.flush();
	}

	/** Makes them smaller. */
	bind(address: string, port: number): void {
		if (this.#closed || !this.#client) return;
		this.#client.bind(address, port, this.#options.network.now);
		this.flush();
	}

	handleStun(data: Uint8Array, address: string, port: number): void {
		const client = this.#client;
		if (this.#closed || !client || address !== this.#options.address || port !== this.#options.port) return;
		try {
			client.handleMessage(data, this.#options.network.now);
			this.pump();
		} catch (cause) {
			contain(this, cause);
		}
	}

	/** Does what is due. */
	pump(): void {
		const client = this.#client;
		if (this.#closed || !client) return;
		client.handleTimeout(this.#options.network.now);
		this.flush();
		for (let event = client.pollEvent(); event; event = client.pollEvent()) {
			if (event.type === "allocated") {
				this.relayed = event.relayed;
				this.mapped = event.mapped;
			} else if (event.type === "bound") this.#relay.bind(event.channel, event.address, event.port);
			else if (event.type === "refused") this.refused = `${event.address} (error ${event.code})`;
			else if (event.type === "unbound") this.#relay.unbind(event.channel);
			this.#options.owner.onRelayed(this, event);
			if (this.#closed) return;
		}
		this.#options.owner.onDeadline();
	}

	/** Gives the allocation back. Can be called again without effect. */
	close(): void {
		if (this.#closed) return;
		this.#client?.close(this.#options.network.now);
		this.flush();
		this.#closed = true;
		this.#options.network.leave(this.#owner);
		this.#relay.close();
	}

	onException(error: WebRTCError): void {
		this.#options.owner.onRelayed(this, { type: "failed", code: 0, error });
	}

	private flush(): void {
		for (let data = this.#client?.pollTransmit(); data; data = this.#client?.pollTransmit())
			this.#relay.write(data);
		this.#options.owner.onDeadline();
	}

	private onError(reason: string): void {
		if (this.#closed) return;
		const message = `The TURN server cannot be reached: ${reason}`;
		if (this.#client) {
			this.#client.fail(0, message);
			this.pump();
		} else this.onException(new WebRTCError("ice/turn", message));
	}
}
