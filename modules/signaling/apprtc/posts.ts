// SPDX-License-Identifier: Apache-2.0
// Messages to a room by HTTP: one at a time, so that they keep their order, and each until it has arrived.
import type Backoff from "webrtc/device/backoff";
import WebRTCError from "webrtc/error";
import guard, { type Guarded } from "webrtc/error/guard";
import type { Joined } from "webrtc/signaling/apprtc/messages";
import type Rooms from "webrtc/signaling/apprtc/rooms";
import Timer from "timer";

/** Who sends them. */
export interface PostsOwner extends Guarded {
	/** One could not be sent; with a delay, it is tried again after so many milliseconds. */
	onTrouble(error: WebRTCError, delay?: number): void;
	/** The service does not know the room any more, or who is in it. */
	onForgotten(error: WebRTCError): void;
}

const most = 32;

export default class Posts {
	#rooms: Rooms;
	#backoff: Backoff;
	#owner: PostsOwner;
	#joined: Joined | undefined;
	#texts: string[] = []; // the first is under way, if #isPosting
	#isPosting = false;
	#timer: Timer | undefined;

	/** @param backoff reset by each that arrives */
	constructor(rooms: Rooms, backoff: Backoff, owner: PostsOwner) {
		this.#rooms = rooms;
		this.#backoff = backoff;
		this.#owner = owner;
	}

	/** Those that wait, and the one that is under way. */
	get length(): number {
		return this.#texts.length;
	}

	/** What comes from now on is for this place. */
	begin(joined: Joined): void {
		this.#joined = joined;
	}

	/** Sends a text after those before it; more than 32 are too many. */
	add(text: string): void {
		if (this.#texts.length >= most) {
			const error = new WebRTCError("signaling/queue-full", "AppRTC: a message could not be sent in time");
			return this.#owner.onTrouble(error);
		}
		this.#texts.push(text);
		if (!this.#isPosting && this.#timer === undefined) this.next();
	}

	/** What waits is of no more use. */
	clear(): void {
		this.#texts.length = 0;
	}

	/** The place is given up; what is under way is cancelled with the room's other requests. */
	end(): void {
		this.clear();
		this.#joined = undefined;
		this.#isPosting = false;
		Timer.clear(this.#timer);
		this.#timer = undefined;
	}

	private next(): void {
		const joined = this.#joined;
		const text = this.#texts[0];
		if (!joined || text === undefined) return;
		this.#isPosting = true;
		this.#rooms.post(joined, text, (error) => {
			this.#isPosting = false;
			if (error) return this.failed(error);
			this.#backoff.reset();
			if (this.#texts[0] === text) this.#texts.shift();
			this.next();
		});
	}

	private failed(error: WebRTCError): void {
		if (error.code === "signaling/channel-missing") return this.#owner.onForgotten(error);
		const delay = this.#backoff.next();
		this.#owner.onTrouble(error, delay);
		this.#timer = Timer.set(
			guard(this.#owner, () => {
				this.#timer = undefined;
				this.next();
			}),
			delay,
		);
	}
}
