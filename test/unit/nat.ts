// SPDX-License-Identifier: Apache-2.0
// A network address translator (RFC 4787) of the virtual network.
import type { Endpoint } from "./network";

export type NatKind = "full cone" | "restricted" | "port-restricted" | "symmetric";
export const natKinds: readonly NatKind[] = ["full cone", "restricted", "port-restricted", "symmetric"];

interface Mapping {
	inside: Endpoint;
	/** Of address- and port-dependent mapping: whom it is for. */
	target: string;
	port: number;
	usedAt: number;
	/** Whom the inside has sent to. */
	sentTo: Set<string>;
}

export interface NatOptions {
	kind: NatKind;
	/** The public address. */
	address: string;
	/** What the addresses inside begin with. */
	inside: string;
	/** Whether those inside reach each other by the public address. */
	hairpin?: boolean;
	/** Milliseconds for which a mapping outlives its last use. */
	lifetime?: number;
}

export default class Nat {
	readonly address: string;
	/** How many mappings there have been. */
	mapped = 0;
	#options: Required<NatOptions>;
	#mappings: Mapping[] = [];
	#nextPort = 20_000;

	constructor(options: NatOptions) {
		this.#options = { hairpin: false, lifetime: 30_000, ...options };
		this.address = options.address;
	}

	isInside(address: string): boolean {
		return address.startsWith(this.#options.inside);
	}

	/** Forgets all mappings, and has another address if one is given: as after a new dial-in. */
	reboot(): void {
		this.#mappings = [];
		this.#nextPort += 1000;
	}

	/** @returns the public source of a datagram */
	outgoing(from: Endpoint, to: Endpoint, now: number): Endpoint | undefined {
		const target = this.#options.kind === "symmetric" ? key(to) : "";
		this.#expire(now);
		let mapping = this.#mappings.find(({ inside, target: its }) => key(inside) === key(from) && its === target);
		if (!mapping) {
			mapping = { inside: { ...from }, target, port: this.#nextPort++, usedAt: now, sentTo: new Set() };
			this.#mappings.push(mapping);
			this.mapped++;
		}
		mapping.usedAt = now;
		mapping.sentTo.add(key(to)).add(to.address);
		return { address: this.address, port: mapping.port };
	}

	/** @returns whom inside a datagram is for; undefined: nobody gets it */
	incoming(from: Endpoint, to: Endpoint, now: number): Endpoint | undefined {
		const { kind, hairpin } = this.#options;
		this.#expire(now);
		const mapping = this.#mappings.find(({ port }) => port === to.port);
		if (!mapping || (from.address === this.address && !hairpin)) return undefined;
		if (kind === "restricted" && !mapping.sentTo.has(from.address)) return undefined;
		if ((kind === "port-restricted" || kind === "symmetric") && !mapping.sentTo.has(key(from))) return undefined;
		return mapping.inside;
	}

	#expire(now: number): void {
		this.#mappings = this.#mappings.filter(({ usedAt }) => now - usedAt < this.#options.lifetime);
	}
}

function key({ address, port }: Endpoint): string {
	return `${address} ${port}`;
}
