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
		this.#agreed = [];
		places.forEach((transceiver, place) => {
			const section = local.media[place]!;
			const theirs = remote.media[place]!;
			if (!transceiver || !sdp.isLive(section) || !sdp.isLive(theirs)) return;
			const msid = section.msid ? text(section.msid) : "";
			this.#agreed.push({ transceiver, local: section.direction, remote: sdp.reverse(theirs.direction), msid });
		});
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
