// SPDX-License-Identifier: Apache-2.0
// A pair's local side, as the agent and the natives know it: what datagrams leave by.

/** The least number of a relay: "4" and "6", the local sockets, are less. */
export const firstRelay = 16;

/**
 * @param base of a local candidate: "4" or "6" for the socket of that family, else the number of a relay
 * @returns 0 for a socket
 */
export function relayOf(base: string): number {
	const number = Number(base);
	return number < firstRelay ? 0 : number;
}
