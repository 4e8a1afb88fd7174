// SPDX-License-Identifier: Apache-2.0
// Whether the machine has memory for what comes next. Where its heaps are fixed, running out of them ends it.
import type Clock from "webrtc/device/clock";
import { collect, measure, type Room } from "webrtc/native/port";

const pause = 50; // ms after a collection in vain, in which another would be

export default class Memory {
	#reserve: Readonly<Room>;
	#clock: Clock;
	#inVain = Infinity; // so many times the reserve were not there after the last collection that
	#nextTry = 0; // before this time need not be repeated

	/** @param reserve what must be free for the work in question */
	constructor(reserve: Readonly<Room>, clock: Clock) {
		this.#reserve = reserve;
		this.#clock = clock;
	}

	/** Whether the reserve is there, so many times. Collects garbage only where that makes a difference. */
	hasRoom(times = 1): boolean {
		return this.suffices(measure(), times) || this.suffices(collect(), times);
	}

	/**
	 * The same for what anybody may cause at any rate, as by a datagram: where collecting garbage has made no difference, it is
	 * not done again for 50 ms, but for less.
	 */
	hasRoomAtOnce(times = 1): boolean {
		if (this.suffices(measure(), times)) return true;
		const { now } = this.#clock;
		if (now < this.#nextTry && times >= this.#inVain) return false;
		if (this.suffices(collect(), times)) return true;
		this.#nextTry = now + pause;
		this.#inVain = times;
		return false;
	}

	private suffices({ slots, chunks }: Room, times: number): boolean {
		return slots >= this.#reserve.slots * times && chunks >= this.#reserve.chunks * times;
	}
}
