// SPDX-License-Identifier: Apache-2.0
// The candidates of both sides, each bounded and without duplicates.
import { canonicalAddress, familyOf, isLinkLocalIPv6 } from "webrtc/ice/address";
import {
	candidatePriority,
	type Candidate,
	type CandidateType,
	type ParsedCandidate,
	type TcpType,
} from "webrtc/ice/candidate";
import {
	guaranteedCandidates,
	maximumLearnedCandidates,
	maximumLocalCandidates,
	maximumRemoteCandidates,
	maximumTcpCandidates,
	type IceAgentOptions,
	type LocalCandidateOptions,
} from "webrtc/ice/types";

/** This agent's own candidates. */
export class LocalCandidates {
	list: Candidate[] = [];
	#made = 0;

	/**
	 * @returns undefined when there is no use for it: a duplicate, one too many, or an IPv6 link-local address, whose zone
	 * a candidate cannot carry
	 * @throws RangeError naming the option
	 */
	add(options: LocalCandidateOptions): Candidate | undefined {
		const address = canonicalAddress(options.address);
		if (address === undefined) throw new RangeError("address: not an IP address");
		const family = familyOf(address);
		if (options.family !== undefined && options.family !== family)
			throw new RangeError("family: not the address's");
		const { type, port, tcpType } = options;
		const { preference = highestPreference(tcpType) - 256 * this.list.length } = options;
		if (!(port > 0 && port < 65536)) throw new RangeError("port: 1 to 65535");
		if (!(preference >= 0 && preference < 65536)) throw new RangeError("preference: 0 to 65535");
		const known = this.find(address, port, tcpType);
		// The peer has seen it before this host knew of it.
		if (known?.type === "prflx" && known.base === (options.base ?? String(family))) {
			known.type = type;
			known.priority = candidatePriority(type, preference, tcpType);
			return known;
		}
		if (isLinkLocalIPv6(address) || known || this.list.length >= maximumLocalCandidates) return undefined;
		const candidate: Candidate = {
			type,
			address,
			port,
			priority: candidatePriority(type, preference, tcpType),
			foundation: String(++this.#made),
			base: options.base ?? String(family),
			heard: false,
			validated: false,
			...(tcpType && { tcpType }),
			...(options.interface !== undefined && { interface: options.interface }),
			...related(options),
		};
		this.list.push(candidate);
		return candidate;
	}

	/** One that a response has shown (RFC 8445 section 7.2.5.3.1); undefined when there are too many. */
	learn(address: string, port: number, base: Candidate, priority: number): Candidate | undefined {
		if (this.list.length >= maximumLocalCandidates) return undefined;
		const candidate = reflexive(address, port, base.base, priority, ++this.#made, base.tcpType);
		this.list.push(candidate);
		return candidate;
	}

	find(address: string, port: number, tcpType?: TcpType): Candidate | undefined {
		return find(this.list, address, port, tcpType);
	}

	/**
	 * This host has these addresses now. What was learned from others that have gone is gone as well; the last one of a base
	 * stays, for an interface that is down comes up again.
	 */
	retain(hosts: readonly string[]): void {
		const isGone = ({ type, address }: Candidate) => type === "host" && !hosts.includes(address);
		const gone = this.list.filter(isGone);
		for (const { base } of gone) {
			if (!this.list.some((one) => one.type === "host" && one.base === base && !isGone(one))) continue;
			this.list = this.list.filter((one) => one.base !== base || (one.type === "host" && !isGone(one)));
		}
	}

	/** Whether this side connects to peers by TCP. */
	get connects(): boolean {
		return this.list.some(({ tcpType }) => tcpType === "active");
	}

	/** The best one that sends by this base. */
	byBase(base: string): Candidate | undefined {
		let best: Candidate | undefined;
		for (const candidate of this.list) {
			if (candidate.base === base && (!best || candidate.priority > best.priority)) best = candidate;
		}
		return best;
	}

	removeBase(base: string): void {
		this.list = this.list.filter((candidate) => candidate.base !== base);
	}

	/** What was learned belongs to the generation in which it was. */
	restart(): void {
		this.list = this.list.filter(({ type }) => type !== "prflx");
	}
}

/** What bounds the peer's candidates. */
export type CandidateBounds = Pick<IceAgentOptions, "maximumCandidates" | "pool">;

/** The peer's candidates of the current generation. */
export class RemoteCandidates {
	list: Candidate[] = [];
	#bounds: CandidateBounds;
	#signalled = 0;
	#byTcp = 0;
	#learned = 0;

	constructor(bounds: CandidateBounds = {}) {
		this.#bounds = bounds;
	}

	/**
	 * A signalled candidate; it takes the place of the peer-reflexive one with its address.
	 * @returns undefined when it adds nothing, or is one too many
	 */
	add(parsed: ParsedCandidate): Candidate | undefined {
		const known = this.find(parsed.address, parsed.port, parsed.tcpType);
		if (known) {
			if (known.type === "prflx") {
				known.type = parsed.type;
				known.foundation = parsed.foundation;
				known.priority = parsed.priority;
			}
			return undefined;
		}
		if (parsed.tcpType && ++this.#byTcp > maximumTcpCandidates) return undefined;
		if (!this.hasRoom(this.#signalled, this.#bounds.maximumCandidates ?? maximumRemoteCandidates)) return undefined;
		this.#signalled++;
		const { type, address, port, priority, foundation, tcpType } = parsed;
		const rest = { base: "", heard: false, validated: false, ...(tcpType && { tcpType }), ...related(parsed) };
		const candidate: Candidate = { type, address, port, priority, foundation, ...rest };
		this.list.push(candidate);
		return candidate;
	}

	/** One that an authentic request came from (RFC 8445 section 7.3.1.3); undefined when there are too many. */
	learn(address: string, port: number, priority: number, tcpType?: TcpType): Candidate | undefined {
		if (!this.hasRoom(this.#learned, maximumLearnedCandidates)) return undefined;
		this.#learned++;
		const candidate = reflexive(address, port, "", priority, this.list.length + 1, tcpType);
		this.list.push(candidate);
		return candidate;
	}

	find(address: string, port: number, tcpType?: TcpType): Candidate | undefined {
		return find(this.list, address, port, tcpType);
	}

	/** Makes room for another one: the oldest that was learned goes, but for one that is in use. */
	forget(used: Candidate): Candidate | undefined {
		const oldest = this.list.find((one) => one.type === "prflx" && one !== used);
		if (!oldest) return undefined;
		this.#learned--;
		this.list = this.list.filter((one) => one !== oldest);
		return oldest;
	}

	private hasRoom(count: number, maximum: number): boolean {
		if (count >= maximum) return false;
		return this.#bounds.pool?.mayKeep(count < guaranteedCandidates) ?? true;
	}
}

/** RFC 6544 section 4.2: the direction is in the highest 3 bits: 6 of 7 for who is active, 4 for who is passive. */
function highestPreference(tcpType: TcpType | undefined): number {
	if (!tcpType) return 0xffff;
	return tcpType === "active" ? 0xdfff : 0x9fff;
}

function reflexive(
	address: string,
	port: number,
	base: string,
	priority: number,
	index: number,
	tcpType: TcpType | undefined,
): Candidate {
	const type: CandidateType = "prflx";
	const foundation = `prflx${index}`;
	const protocol = tcpType && { tcpType };
	return { type, address, port, priority, foundation, base, heard: false, validated: false, ...protocol };
}

function related({ relatedAddress, relatedPort }: Pick<ParsedCandidate, "relatedAddress" | "relatedPort">) {
	return {
		...(relatedAddress !== undefined && { relatedAddress }),
		...(relatedPort !== undefined && { relatedPort }),
	};
}

function find(
	list: readonly Candidate[],
	address: string,
	port: number,
	tcpType: TcpType | undefined,
): Candidate | undefined {
	for (const candidate of list) {
		if (candidate.port === port && candidate.address === address && candidate.tcpType === tcpType) return candidate;
	}
	return undefined;
}
