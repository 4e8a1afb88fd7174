// SPDX-License-Identifier: Apache-2.0
// A pair's local side, as the agent and the natives know it: what datagrams leave by.
import type { TcpType } from "webrtc/ice/candidate";

/** The least number of a relay: "4" and "6", the local sockets, are less, as is what goes by TCP. */
export const firstRelay = 16;

const tcp4 = 8; // RTC_TCP_ROUTE
const ourTcp4 = 10; // RTC_TCP_OUR_ROUTE

/** The base of candidates by TCP: of those to which peers connect, and of those from which we do. */
export function tcpBase(family: 4 | 6, tcpType: TcpType): string {
	return String((tcpType === "active" ? ourTcp4 : tcp4) + Number(family === 6));
}

/**
 * @param base of a local candidate: "4" or "6" for the socket of that family, that of `tcpBase`, else the number of a relay
 * @returns what the native transport calls it; 0 for a socket
 */
export function relayOf(base: string): number {
	const number = Number(base);
	return number < tcp4 ? 0 : number;
}
