// SPDX-License-Identifier: Apache-2.0
// W3C RTCConfiguration, checked (W3C webrtc section 4.4.1.6).
import WebRTCError from "webrtc/error";
import type { CandidateType } from "webrtc/ice";
import type { TcpType } from "webrtc/ice/candidate";
import Certificate from "webrtc/native/dtls/certificate";
import type { DataLimits } from "webrtc/peer/channels";
import type Network from "webrtc/peer/network";
import type { SdpLimits } from "webrtc/sdp";
import type { IceServer } from "webrtc/signaling";

/** W3C RTCConfiguration, and what is said to be not of it. */
export interface RTCConfiguration {
	/** STUN and TURN servers (W3C RTCIceServer). */
	iceServers?: IceServer[] | undefined;
	/** "relay": no candidate tells of this host's own addresses. Default "all". */
	iceTransportPolicy?: "all" | "relay" | undefined;
	/** Whatever it is, everything is bundled: there is one transport. Default "balanced". */
	bundlePolicy?: "balanced" | "max-bundle" | "max-compat" | undefined;
	/** RTCP is on the same port. */
	rtcpMuxPolicy?: "require" | undefined;
	/** One of them is used, the first. Default: a new one for this connection. */
	certificates?: Certificate[] | undefined;
	/** 0 to 255. Host candidates are always there at once. Default 0. */
	iceCandidatePoolSize?: number | undefined;
	/**
	 * "names": candidates tell of random names that end in ".local" in place of this host's addresses, which the local network
	 * is told of while the connection lasts (RFC 8828 section 4). Not W3C's. Default "addresses".
	 */
	hostCandidates?: "addresses" | "names" | undefined;
	/**
	 * More servers may be named, by setConfiguration: until some are, or it says false here, candidates are not said to be all,
	 * for 10 s. Not W3C's. Default: with the policy "relay" and no server, where there is nothing else to wait for.
	 */
	awaitsIceServers?: boolean | undefined;
	/** The UDP port to share with other connections; not W3C's. Default: one of its own. */
	network?: Network | undefined;
	/**
	 * Which candidates are used: of this side, which are neither told of nor sent from, and of the peer's that it signals. Not
	 * W3C's. Default: all.
	 */
	candidateFilter?: CandidateFilter | undefined;
	/** What data channels may hold; false: there are none, and the peer's are refused; not W3C's. Default: see DataLimits. */
	data?: DataLimits | false | undefined;
	/** What the peer's descriptions may hold, and how many candidates it may signal; not W3C's. Default: what suits a board. */
	limits?: PeerLimits | undefined;
}

/** Says whether a candidate is to be used. A remote address may be a name that ends in ".local". */
export type CandidateFilter = (
	candidate: {
		readonly type: CandidateType;
		readonly address: string;
		readonly port: number;
		/** By TCP; undefined: by UDP. */
		readonly tcpType?: TcpType;
	},
	side: "local" | "remote",
) => boolean;

/** What the descriptions of one peer may hold, and how many candidates it may signal. */
export type PeerLimits = Partial<SdpLimits> & { sessionCandidates?: number };

const schemes: readonly string[] = Object.freeze(["stun", "stuns", "turn", "turns"]);
const longestUsername = 508; // bytes (RFC 8489 section 14.3)

/**
 * @throws TypeError naming the member for a value that is none of its type; WebRTCError "ice/bad-server" (SyntaxError) and
 * "peer/invalid-access" (InvalidAccessError) for an ICE server, "peer/not-supported" (NotSupportedError) for rtcpMuxPolicy
 */
export function checkConfiguration(configuration: RTCConfiguration): void {
	if (typeof configuration !== "object" || !configuration) throw new TypeError("configuration: an object");
	const { iceServers, iceTransportPolicy, bundlePolicy, certificates, iceCandidatePoolSize } = configuration;
	checkOne("iceTransportPolicy", iceTransportPolicy, ["all", "relay"]);
	checkOne("hostCandidates", configuration.hostCandidates, ["addresses", "names"]);
	checkOne("bundlePolicy", bundlePolicy, ["balanced", "max-bundle", "max-compat"]);
	checkOne("rtcpMuxPolicy", configuration.rtcpMuxPolicy as string | undefined, ["require", "negotiate"]);
	if ((configuration.rtcpMuxPolicy as string | undefined) === "negotiate")
		throw new WebRTCError("peer/not-supported", "rtcpMuxPolicy: RTCP has no port of its own here");
	const size = iceCandidatePoolSize ?? 0;
	if (!Number.isInteger(size) || size < 0 || size > 255) throw new TypeError("iceCandidatePoolSize: 0 to 255");
	const isList = Array.isArray(certificates) && certificates.every((each) => each instanceof Certificate);
	if (certificates !== undefined && !isList) throw new TypeError("certificates: an array of Certificate");
	if (iceServers !== undefined) checkIceServers(iceServers);
}

/**
 * What a connection cannot change any more.
 * @throws WebRTCError "peer/invalid-modification"
 */
export function checkUnchanged(before: RTCConfiguration, after: RTCConfiguration, hasDescription: boolean): void {
	const { certificates = [], bundlePolicy = "balanced", iceCandidatePoolSize = 0, network } = before;
	const others = after.certificates ?? certificates;
	if (others.length !== certificates.length || others.some((one, i) => one !== certificates[i]))
		throw unchangeable("certificates");
	if ((after.bundlePolicy ?? "balanced") !== bundlePolicy) throw unchangeable("bundlePolicy");
	if (hasDescription && (after.iceCandidatePoolSize ?? 0) !== iceCandidatePoolSize)
		throw unchangeable("iceCandidatePoolSize");
	if (after.network !== undefined && after.network !== network) throw unchangeable("network");
	if (after.data !== undefined && after.data !== before.data) throw unchangeable("data");
	if (after.candidateFilter !== undefined && after.candidateFilter !== before.candidateFilter)
		throw unchangeable("candidateFilter");
	if (after.hostCandidates !== undefined && after.hostCandidates !== before.hostCandidates)
		throw unchangeable("hostCandidates");
	if (after.limits !== undefined && after.limits !== before.limits) throw unchangeable("limits");
}

function unchangeable(name: string): WebRTCError {
	return new WebRTCError("peer/invalid-modification", `${name}: it cannot change`);
}

/** @throws TypeError, WebRTCError "ice/bad-server" or "peer/invalid-access", with the index of the server */
export function checkIceServers(iceServers: readonly IceServer[]): void {
	if (!Array.isArray(iceServers)) throw new TypeError("iceServers: an array");
	iceServers.forEach((server: IceServer, index) => {
		const name = `iceServers[${index}]`;
		const urls = typeof server?.urls === "string" ? [server.urls] : server?.urls;
		if (!Array.isArray(urls)) throw new TypeError(`${name}: urls must be a string, or an array of them`);
		if (urls.length === 0) throw badServer(`${name}: urls is empty`);
		for (const url of urls) checkUrl(url, `${name}: ${String(url).slice(0, 80)}`);
		if (urls.some((url) => url.toLowerCase().startsWith("turn"))) checkCredential(server, name);
	});
}

function checkCredential({ username, credential }: IceServer, name: string): void {
	if (typeof username !== "string" || typeof credential !== "string")
		throw new WebRTCError("peer/invalid-access", `${name}: a TURN server takes a username and a credential`);
	if (ArrayBuffer.fromString(username).byteLength > longestUsername)
		throw new WebRTCError("peer/invalid-access", `${name}: username has more than ${longestUsername} bytes`);
}

/** RFC 7064, RFC 7065: scheme:host[:port][?transport=udp|tcp] */
function checkUrl(url: unknown, name: string): void {
	if (typeof url !== "string") throw new TypeError(`${name}: a string`);
	const colon = url.indexOf(":");
	const scheme = url.slice(0, Math.max(colon, 0)).toLowerCase();
	if (!schemes.includes(scheme)) throw badServer(`${name}: the scheme is not stun, stuns, turn or turns`);
	const [address = "", query, ...more] = url.slice(colon + 1).split("?");
	if (query !== undefined) {
		const isTransport = query === "transport=udp" || query === "transport=tcp";
		if (!scheme.startsWith("turn") || !isTransport || more.length)
			throw badServer(`${name}: only TURN has ?transport=udp or tcp`);
	}
	checkAddress(address, name);
}

function checkAddress(address: string, name: string): void {
	for (let i = 0; i < address.length; i++) {
		const code = address.charCodeAt(i);
		if (code <= 0x20 || code >= 0x7f || "/@#\\".includes(address[i]!))
			throw badServer(`${name}: a host has no such character`);
	}
	const bracket = address.startsWith("[") ? address.indexOf("]") + 1 : 0;
	if (address.startsWith("[") && bracket === 0) throw badServer(`${name}: a bracket is not closed`);
	const colon = address.indexOf(":", bracket);
	const host = colon < 0 ? address : address.slice(0, colon);
	if (host === "" || (bracket > 0 && host.length !== bracket)) throw badServer(`${name}: there is no host`);
	if (colon < 0) return;
	const port = Number(address.slice(colon + 1));
	if (!Number.isInteger(port) || port < 1 || port > 65535) throw badServer(`${name}: the port is not 1 to 65535`);
}

function badServer(message: string): WebRTCError {
	return new WebRTCError("ice/bad-server", message);
}

/** @throws TypeError */
function checkOne(name: string, value: string | undefined, values: readonly string[]): void {
	if (value !== undefined && !values.includes(value)) throw new TypeError(`${name}: ${values.join(", ")}`);
}
