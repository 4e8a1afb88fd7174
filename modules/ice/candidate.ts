// SPDX-License-Identifier: Apache-2.0
// One transport candidate, and its line in SDP (RFC 8839 section 5.1, RFC 6544 section 4.5). Component 1 only: RTP and RTCP
// share a port, and everything is bundled.
import WebRTCError from "webrtc/error";
import { canonicalAddress, familyOf, type Family } from "webrtc/ice/address";
import { consistsOf, isAlphanumeric, isAmong, isDigit } from "webrtc/text";

/** RFC 8445 section 4: host, server reflexive, peer reflexive, relayed. */
export type CandidateType = "host" | "srflx" | "prflx" | "relay";

/** Who connects by TCP (RFC 6544 section 4.1): the one that is active, to the one that is passive. */
export type TcpType = "active" | "passive";

/** A candidate attribute that can be used: UDP, or TCP to which this side connects, component 1, a known type. */
export interface ParsedCandidate {
	foundation: string;
	priority: number;
	/** An IP address in canonical form; or a name that ends in ".local". */
	address: string;
	port: number;
	type: CandidateType;
	relatedAddress?: string;
	relatedPort?: number;
	/** Undefined: UDP. */
	tcpType?: TcpType;
	/** The generation that it belongs to (RFC 8838 section 11). */
	ufrag?: string;
}

/** A local or remote candidate. */
export interface Candidate {
	type: CandidateType;
	/** Canonical. */
	readonly address: string;
	readonly port: number;
	/** 1 to 2^31 - 1 */
	priority: number;
	foundation: string;
	/** Local ones: the key of the socket or relay. Remote ones: empty. */
	readonly base: string;
	/** Remote ones: a request or an answer with the peer's credentials has come from there. */
	heard: boolean;
	/** Remote ones: an answer has, which proves that the peer has the address. */
	validated: boolean;
	/** By TCP; undefined: by UDP. */
	readonly tcpType?: TcpType;
	// Only where there is something to say: a property takes a slot of each candidate, whatever it holds.
	readonly interface?: string;
	readonly relatedAddress?: string;
	readonly relatedPort?: number;
}

const longestLine = 1024;
const maximumWords = 64; // the longest known has 24
const largestPriority = 0xffffffff; // RFC 8839 has 2^31 - 1; some write the 32 bits that STUN has
const component = 1;

const isOfFoundation = (code: number) => isAlphanumeric(code) || isAmong(code, "+/");
const isOfToken = (code: number) => isAlphanumeric(code) || isAmong(code, "!#$%&'*+.^_`{|}~-");
const isOfHost = (code: number) => isAlphanumeric(code) || isAmong(code, ".-");

/** RFC 8445 section 5.1.2.2; what goes by TCP is less than what goes by UDP, but more than what is relayed. */
export function typePreference(type: CandidateType, tcpType?: TcpType): number {
	if (tcpType) return type === "host" ? 90 : type === "prflx" ? 80 : 0;
	return type === "host" ? 126 : type === "prflx" ? 110 : type === "srflx" ? 100 : 0;
}

/**
 * RFC 8445 section 5.1.2.1
 * @param preference 0 to 65535: among the candidates of one type
 */
export function candidatePriority(type: CandidateType, preference: number, tcpType?: TcpType): number {
	return typePreference(type, tcpType) * 0x1000000 + preference * 0x100 + 256 - component;
}

/** The PRIORITY of a check: that of the candidate, were it peer-reflexive (RFC 8445 section 7.1.1). */
export function reflexivePriority(candidate: Candidate): number {
	return typePreference("prflx", candidate.tcpType) * 0x1000000 + (candidate.priority % 0x1000000);
}

/** The family of an IP candidate. */
export function candidateFamily(candidate: Candidate): Family {
	return familyOf(candidate.address);
}

/**
 * Reads "candidate:…", with or without "a=" before it.
 * @returns undefined for a well-formed candidate of no use here: TCP that is not passive (the peer connects by itself, or both
 * would at once), another component or type, a name that is not ".local"
 * @throws WebRTCError "ice/bad-candidate" when it is not well-formed
 */
export function parseCandidate(line: string): ParsedCandidate | undefined {
	if (line.length > longestLine) throw bad("it is longer than 1024 characters");
	const start = line.startsWith("a=") ? 2 : 0;
	if (!line.startsWith("candidate:", start)) throw bad('no "candidate:"');
	const words = line
		.trimEnd()
		.slice(start + 10)
		.split(" ", maximumWords + 1);
	const [foundation = "", id = "", transport = "", priorityText = "", host = "", portText = "", typ, type = ""] =
		words;
	if (words.length > maximumWords) throw bad("it has too many words");
	if (!consistsOf(foundation, isOfFoundation, 1, 32)) throw bad("foundation");
	const componentId = decimal(id, 256, "component");
	const priority = decimal(priorityText, largestPriority, "priority");
	const port = decimal(portText, 65535, "port");
	if (typ !== "typ" || !consistsOf(type, isOfToken)) throw bad("type");
	if (words.length & 1) throw bad("an extension without a value");
	const address = canonicalAddress(host);
	if (address === undefined && !consistsOf(host, isOfHost, 1, 255)) throw bad("address");
	const candidate: ParsedCandidate = {
		foundation,
		priority,
		address: address ?? host.toLowerCase(),
		port,
		type: type as CandidateType,
	};
	readExtensions(candidate, words);
	const protocol = transport.toLowerCase();
	if (componentId !== component || protocol !== (candidate.tcpType === "passive" ? "tcp" : "udp")) return undefined;
	if (type !== "host" && type !== "srflx" && type !== "prflx" && type !== "relay") return undefined;
	if (address === undefined && !candidate.address.endsWith(".local")) return undefined;
	if (port === 0) throw bad("port");
	return candidate;
}

function readExtensions(candidate: ParsedCandidate, words: string[]): void {
	for (let i = 8; i + 1 < words.length; i += 2) {
		const value = words[i + 1] as string;
		if (words[i] === "raddr") candidate.relatedAddress = value;
		else if (words[i] === "rport") candidate.relatedPort = decimal(value, 65535, "rport");
		else if (words[i] === "ufrag") candidate.ufrag = value;
		else if (words[i] === "tcptype") candidate.tcpType = value as TcpType;
	}
}

function decimal(text: string, largest: number, what: string): number {
	if (!consistsOf(text, isDigit, 1, 10) || Number(text) > largest) throw bad(what);
	return Number(text);
}

function bad(what: string): WebRTCError {
	return new WebRTCError("ice/bad-candidate", `Bad ICE candidate: ${what}`);
}

/**
 * Writes "candidate:…" as W3C's RTCIceCandidate and "a=" lines have it.
 * @param ufrag of the generation that it belongs to; left out when absent
 */
export function formatCandidate(candidate: Candidate, ufrag?: string): string {
	const { foundation, priority, address, port, type, relatedAddress, relatedPort, tcpType } = candidate;
	const protocol = tcpType ? "tcp" : "udp";
	let line = `candidate:${foundation} ${component} ${protocol} ${priority} ${address} ${port} typ ${type}`;
	if (relatedAddress !== undefined) line += ` raddr ${relatedAddress} rport ${relatedPort ?? 0}`;
	if (tcpType) line += ` tcptype ${tcpType}`;
	return ufrag === undefined ? line : `${line} ufrag ${ufrag}`;
}
