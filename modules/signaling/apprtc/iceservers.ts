// SPDX-License-Identifier: Apache-2.0
// The ICE servers that a room's service issues for a time: asked for at the join, and again before they expire.
import Backoff from "webrtc/device/backoff";
import type Clock from "webrtc/device/clock";
import WebRTCError from "webrtc/error";
import guard, { type Guarded } from "webrtc/error/guard";
import type { URLParts } from "webrtc/http/url";
import type { IceServer } from "webrtc/signaling";
import { parseIceConfiguration } from "webrtc/signaling/apprtc/messages";
import type Rooms from "webrtc/signaling/apprtc/rooms";
import Timer from "timer";

/** Who uses them. */
export interface RoomIceServersOwner extends Guarded {
	/** They are asked for. */
	onAsked(): void;
	onServers(servers: IceServer[]): void;
	/** They could not be had, and are asked for again after so many milliseconds. */
	onTrouble(error: WebRTCError, delay: number): void;
}

const firstRetry = 5_000; // ms
const lastRetry = 300_000;

export default class RoomIceServers {
	/** Those that came last. */
	list: IceServer[] = [];
	#rooms: Rooms;
	#clock: Clock;
	#owner: RoomIceServersOwner;
	#backoff: Backoff;
	#url: URLParts | undefined;
	#expires = -Infinity;
	#timer: Timer | undefined;

	/** @param random 0 to 1, uniform */
	constructor(rooms: Rooms, clock: Clock, random: () => number, owner: RoomIceServersOwner) {
		this.#rooms = rooms;
		this.#clock = clock;
		this.#owner = owner;
		this.#backoff = new Backoff(firstRetry, lastRetry, random);
	}

	/** The service issues some, and none that hold are there. */
	get areNeeded(): boolean {
		return this.#url !== undefined && this.#clock.now >= this.#expires;
	}

	/** @param url where they are issued; undefined: nowhere */
	begin(url: URLParts | undefined): void {
		this.#url = url;
		this.refresh();
	}

	/** Asks for new ones now. */
	refresh(): void {
		if (this.#url) this.askIn(0);
	}

	/** Asks no more; those that came stay. */
	end(): void {
		this.#url = undefined;
		Timer.clear(this.#timer);
		this.#timer = undefined;
	}

	private askIn(time: number): void {
		Timer.clear(this.#timer);
		this.#timer = Timer.set(
			guard(this.#owner, () => {
				this.#timer = undefined;
				this.ask();
			}),
			time,
		);
	}

	private ask(): void {
		if (!this.#url) return;
		this.#owner.onAsked();
		this.#rooms.getIceServers(this.#url, (error, body) => {
			let failure = error;
			try {
				if (!failure) this.learn(body);
			} catch (cause) {
				failure = new WebRTCError("signaling/service-failed", "the ICE servers make no sense", cause);
			}
			if (!failure) return;
			const delay = this.#backoff.next();
			this.#owner.onTrouble(failure, delay);
			this.askIn(delay);
		});
	}

	private learn(body: string): void {
		const { servers, lifetime } = parseIceConfiguration(body);
		this.#backoff.reset();
		this.list = servers;
		this.#expires = this.#clock.now + lifetime * 1000;
		this.askIn(lifetime * 900);
		this.#owner.onServers(servers);
	}
}
