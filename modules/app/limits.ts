// SPDX-License-Identifier: Apache-2.0
// What strangers may make a device hold, all told.
import { defaultLimits as sdpLimits, type SdpLimits } from "webrtc/sdp";

/** The defaults suit a board with 8192 slots and 128 KB of chunks (see "creation" in manifest.json) and five viewers. */
export interface AppLimits extends SdpLimits {
	/** Remote candidates of a session, of its descriptions and of those that follow, together. Default 32. */
	sessionCandidates: number;
	/** Remote candidates of all sessions, beside the first 4 of each. Default 64. */
	allCandidates: number;
	/** Descriptions that wait while another is worked on; one more is turned down. Default 2. */
	waitingDescriptions: number;
	/** Slots that must be free for a description to be worked on; else it is turned down. Default 2304. */
	freeSlots: number;
	/** Bytes of chunks that must be free for that. Default 40 960. */
	freeChunks: number;
	/** Milliseconds in which the first connectivity check of a peer must come after the answer. Default 5000. */
	firstCheck: number;
	/**
	 * Sessions of one address that were never connected, where the signaling tells addresses; for one more the oldest of
	 * them ends. Default 4.
	 */
	connectingPerAddress: number;
}

export const defaultLimits: Readonly<AppLimits> = Object.freeze({
	...sdpLimits,
	sessionCandidates: 32,
	allCandidates: 64,
	waitingDescriptions: 2,
	freeSlots: 2304,
	freeChunks: 40_960,
	firstCheck: 5_000,
	connectingPerAddress: 4,
});

const largest: Readonly<AppLimits> = Object.freeze({
	text: 65_536,
	sections: 32,
	candidates: 64,
	extensions: 1024,
	payloadTypes: 128,
	items: 1024,
	sessionCandidates: 100,
	allCandidates: 1600,
	waitingDescriptions: 64,
	freeSlots: 1_000_000,
	freeChunks: 16_777_216,
	firstCheck: 30_000,
	connectingPerAddress: 16,
});

const mayBeZero: readonly string[] = Object.freeze(["freeSlots", "freeChunks", "waitingDescriptions", "allCandidates"]);

/** @throws TypeError or RangeError that names the limit */
export function completeLimits(options: Partial<AppLimits> = {}): Readonly<AppLimits> {
	const limits = { ...defaultLimits };
	for (const name of Object.keys(options)) {
		if (!Object.hasOwn(defaultLimits, name)) throw new TypeError(`limits.${name}: there is no such limit`);
		const key = name as keyof AppLimits;
		const value = options[key];
		if (value === undefined) continue;
		const least = mayBeZero.includes(name) ? 0 : 1;
		if (!Number.isInteger(value) || value < least || value > largest[key])
			throw new RangeError(`limits.${name}: ${least} to ${largest[key]}`);
		limits[key] = value;
	}
	return limits;
}
