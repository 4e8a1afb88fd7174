// SPDX-License-Identifier: Apache-2.0
// In which order servers are asked, and what is preferred of what they give.
import { parseServerUri } from "webrtc/ice/uri";
import type { IceServer } from "webrtc/signaling";

/** One URI of a server. */
export interface SingleServer {
	readonly url: string;
	readonly username: string;
	readonly credential: string;
}

/** All URIs, in their order. */
export function single(iceServers: readonly IceServer[]): SingleServer[] {
	return iceServers.flatMap(({ urls, username = "", credential = "" }) =>
		(typeof urls === "string" ? [urls] : urls).map((url) => ({ url, username, credential })),
	);
}

/** The TURN servers first, and of these the one that is most like the former one: its way through the network is known. */
export function inSuccession(iceServers: readonly IceServer[], former: string): SingleServer[] {
	const { secure, transport } = parseServerUri(former);
	const distance = ({ url }: SingleServer) => {
		const uri = parseServerUri(url);
		if (uri.scheme !== "turn") return 3;
		if (url === former) return 0;
		return uri.secure === secure && uri.transport === transport ? 1 : 2;
	};
	return single(iceServers).sort((a, b) => distance(a) - distance(b));
}

/** A candidate's local preference: the order counts among equals; what TCP loses is sent again, and all behind it waits. */
export function preferenceOf(url: string, index: number): number {
	const { secure, transport } = parseServerUri(url);
	return 32_767 - 256 * index - (transport === "udp" ? 0 : secure ? 12_288 : 8192);
}
