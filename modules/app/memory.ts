// SPDX-License-Identifier: Apache-2.0
// Whether the machine has memory for what comes next. Where its heaps are fixed, running out of them ends it.
import { collect, measure, type Room } from "webrtc/native/port";

export default class Memory {
	#reserve: Readonly<Room>;

	/** @param reserve what must be free for a description to be worked on */
	constructor(reserve: Readonly<Room>) {
		this.#reserve = reserve;
	}

	/**
	 * Whether the reserve is there, so many times. Collects garbage only where that makes a difference.
	 */
	hasRoom(times = 1): boolean {
		return this.suffices(measure(), times) || this.suffices(collect(), times);
	}

	private suffices({ slots, chunks }: Room, times: number): boolean {
		return slots >= this.#reserve.slots * times && chunks >= this.#reserve.chunks * times;
	}
}
