// SPDX-License-Identifier: Apache-2.0
// A pair's local side, as the agent and the natives know it: what datagrams leave by.

/** The least number of a relay: "4" and "6", the local sockets, are less, as is what goes by TCP. */
export const firstRelay = 16;

const tcp4 = 8; // RTC_TCP_ROUTE
const tcp6 = 9;

/** The base of candidates by TCP. */
export function tcpBase(family: 4 | 6): string {
	return String(family === 6 ? tcp6 : tcp4);
}

/**
 * @param base of a local candidate: "4" or "6" for the socket of that family, that of `tcpBase`, else the number of a relay
 * @returns what the native transport calls it; 0 for a socket
 */
export function relayOf(base: string): number {
	const number = Number(base);
	return number < tcp4 ? 0 : number;
}
