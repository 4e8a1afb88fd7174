// SPDX-License-Identifier: Apache-2.0
// Who has to go where all places are taken: an offer is cheap, and most that never connect never will.
import type Session from "webrtc/app/session";

/** Milliseconds that a session has in any case: for an answer to travel, and the first check to come back. */
const grace = 250;

export type PlaceHolder = Pick<Session, "isConnecting" | "startedAt" | "remoteAddress"> & {
	readonly connection: { readonly heard: boolean };
};

/**
 * The session that makes room for a new one: the oldest of which nothing was heard; undefined where there is none. One
 * that has proved to be there, by a connectivity check, is not another's to end.
 * @param now in the clock of `startedAt`
 * @param remoteAddress only sessions of this address count
 */
export function sessionToEnd<S extends PlaceHolder>(
	sessions: Iterable<S>,
	now: number,
	remoteAddress?: string,
): S | undefined {
	let oldest: S | undefined;
	for (const session of sessions) {
		if (!session.isConnecting || session.connection.heard || now - session.startedAt < grace) continue;
		if (remoteAddress !== undefined && session.remoteAddress !== remoteAddress) continue;
		if (!oldest || session.startedAt < oldest.startedAt) oldest = session;
	}
	return oldest;
}

/** How many sessions of an address are connecting. */
export function connectingFrom(sessions: Iterable<PlaceHolder>, remoteAddress: string): number {
	let count = 0;
	for (const session of sessions) if (session.isConnecting && session.remoteAddress === remoteAddress) count++;
	return count;
}
