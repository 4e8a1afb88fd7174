// SPDX-License-Identifier: Apache-2.0
// Who makes room when there is none: a few clients must not keep out all others, whether by many connections, by slow
// ones, or by large requests that do not end.
import type Connection from "webrtc/http/connection";

interface Share {
	connections: number;
	held: number;
}

function sharesOf(connections: Iterable<Connection>): Map<string | undefined, Share> {
	const shares = new Map<string | undefined, Share>();
	for (const { remoteAddress, held } of connections) {
		const share = shares.get(remoteAddress) ?? { connections: 0, held: 0 };
		share.connections += 1;
		share.held += held;
		shares.set(remoteAddress, share);
	}
	return shares;
}

/** The one that is idle, else the one that is furthest behind. */
function worst(candidates: Iterable<Connection>): Connection | undefined {
	let result: Connection | undefined;
	for (const each of candidates) {
		if (!result || (each.isIdle && !result.isIdle) || (each.isIdle === result.isIdle && each.lag > result.lag))
			result = each;
	}
	return result;
}

/**
 * The connection that makes room for a new one from this address: of this address where it has all that it may have, else
 * of the address with the most. Undefined when the new one has to go: all others have sent whole requests.
 */
export function connectionToClose(
	connections: ReadonlySet<Connection>,
	address: string | undefined,
	maximum: number,
	maximumPerAddress: number,
): Connection | undefined | "none" {
	const shares = sharesOf(connections);
	const unfinished = [...connections].filter((each) => each.isUnfinished);
	if ((shares.get(address)?.connections ?? 0) >= maximumPerAddress)
		return worst(unfinished.filter(({ remoteAddress }) => remoteAddress === address));
	if (connections.size < maximum) return "none";
	const most = Math.max(...unfinished.map(({ remoteAddress }) => shares.get(remoteAddress)!.connections));
	return worst(unfinished.filter(({ remoteAddress }) => shares.get(remoteAddress)!.connections === most));
}

/**
 * The connection whose unfinished request makes room for another of so many bytes: one of an address that holds more than
 * the asking one would, else one that is behind. Undefined: the others are as good as the new one, which has to wait.
 */
export function requestToDrop(connections: ReadonlySet<Connection>, asking: Connection, bytes: number) {
	const shares = sharesOf(connections);
	const own = (shares.get(asking.remoteAddress)?.held ?? 0) + bytes;
	const holding = [...connections].filter((each) => each !== asking && each.isUnfinished && each.held > 0);
	const greedy = holding.filter(({ remoteAddress }) => shares.get(remoteAddress)!.held > own);
	return worst(greedy.length ? greedy : holding.filter(({ lag }) => lag >= 1));
}
