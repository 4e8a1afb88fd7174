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
	 * Whether the reserve is there, or a part of it. Collects garbage only where that makes a difference.
	 * @param part 0 to 1
	 */
	hasRoom(part = 1): boolean {
		return this.#suffices(measure(), part) || this.#suffices(collect(), part);
	}

	#suffices({ slots, chunks }: Room, part: number): boolean {
		return slots >= this.#reserve.slots * part && chunks >= this.#reserve.chunks * part;
	}
}
