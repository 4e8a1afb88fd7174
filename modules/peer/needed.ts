// SPDX-License-Identifier: Apache-2.0
// Whether this side should make an offer (W3C webrtc section 4.7.3).
import type { Negotiable } from "webrtc/peer/negotiable";
import * as sdp from "webrtc/sdp";

export default class NegotiationNeeded<T extends Negotiable> {
	/** It was told of, and nothing has been negotiated since. */
	isTold = false;
	#weOffered = false;
	#restarts = false;
	#isRestarting = false; // by the offer that is pending

	/** New ICE credentials are wanted; the next offer has them. */
	restartIce(): void {
		this.#restarts = true;
	}

	/** Whether the next offer must have new credentials. */
	get restarts(): boolean {
		return this.#restarts;
	}

	/** An offer is pending. */
	offered(): void {
		this.#isRestarting ||= this.#restarts;
		this.#restarts = false;
	}

	/** It was taken back. */
	rolledBack(): void {
		this.#restarts ||= this.#isRestarting;
		this.#isRestarting = false;
	}

	/** Offer and answer are in force. */
	agree(
		local: sdp.SessionDescription,
		remote: sdp.SessionDescription,
		weAre: "offerer" | "answerer",
		places: readonly (T | undefined)[],
	): void {
		this.#weOffered = weAre === "offerer";
		this.#isRestarting = false;
		places.forEach((transceiver, place) => {
			if (!transceiver) return;
			const ours = local.media[place]!;
			const theirs = remote.media[place]!;
			const isLive = sdp.isLive(ours) && sdp.isLive(theirs);
			const facts = [ours.direction, sdp.reverse(theirs.direction), text(ours.msid)];
			transceiver.agreed = isLive ? facts.join(" ") : "";
		});
	}

	check(transceivers: readonly T[]): boolean {
		return this.#restarts || transceivers.some((one) => isChanged(one, this.#weOffered));
	}
}

/** Whether a transceiver wants something else than the current descriptions say. */
function isChanged({ direction, stopping, mid, agreed, msid }: Negotiable, weOffered: boolean): boolean {
	if (direction === "stopped" || stopping || mid === null || !agreed) return true;
	const [ours, theirs, ...track] = agreed.split(" ") as [sdp.Direction, sdp.Direction, ...string[]];
	// Where nothing is sent the description names no track, nor would another: two who both only send would offer for ever.
	if (sdp.sends(direction) && sdp.sends(ours) && track.join(" ") !== text(msid)) return true;
	if (weOffered) return direction !== ours && direction !== theirs;
	return ours !== sdp.intersect(direction, theirs);
}

function text(msid: sdp.Msid | undefined): string {
	return msid ? `${msid.stream} ${msid.track}` : "";
}
