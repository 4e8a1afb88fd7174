// SPDX-License-Identifier: Apache-2.0
// Whether this side should make an offer (W3C webrtc section 4.7.3).
import type { Negotiable } from "webrtc/peer/negotiable";
import * as sdp from "webrtc/sdp";

/** What the current descriptions say of a transceiver, as this side sees it. */
interface Agreed<T> {
	transceiver: T;
	local: sdp.Direction;
	remote: sdp.Direction;
	/** Of the local section; "": it sends nothing. */
	msid: string;
}

export default class NegotiationNeeded<T extends Negotiable> {
	#agreed: Agreed<T>[] = [];
	#weOffered = false;
	#restarts = false;

	/** New ICE credentials are wanted; the next offer has them. */
	restartIce(): void {
		this.#restarts = true;
	}

	/** Offer and answer are in force. */
	agree(
		local: sdp.SessionDescription,
		remote: sdp.SessionDescription,
		weAre: "offerer" | "answerer",
		places: readonly (T | undefined)[],
	): void {
		this.#weOffered = weAre === "offerer";
		this.#agreed = [];
		places.forEach((transceiver, place) => {
			const section = local.media[place]!;
			const theirs = remote.media[place]!;
			if (!transceiver || !sdp.isLive(section) || !sdp.isLive(theirs)) return;
			const msid = section.msid ? text(section.msid) : "";
			this.#agreed.push({ transceiver, local: section.direction, remote: sdp.reverse(theirs.direction), msid });
		});
	}

	/** ICE has new credentials, or is about to get them with the descriptions that are pending. */
	restarted(): void {
		this.#restarts = false;
	}

	get restarts(): boolean {
		return this.#restarts;
	}

	check(transceivers: readonly T[]): boolean {
		return this.#restarts || transceivers.some((one) => this.#isChanged(one));
	}

	#isChanged(transceiver: T): boolean {
		const { direction, stopping, mid } = transceiver;
		if (stopping) return true;
		const agreed = mid === null ? undefined : this.#agreed.find((one) => one.transceiver === transceiver);
		if (!agreed) return true;
		if (sdp.sends(direction) && agreed.msid !== text(transceiver.msid)) return true;
		if (this.#weOffered) return direction !== agreed.local && direction !== agreed.remote;
		return agreed.local !== sdp.intersect(direction, agreed.remote);
	}
}

function text({ stream, track }: sdp.Msid): string {
	return `${stream} ${track}`;
}
