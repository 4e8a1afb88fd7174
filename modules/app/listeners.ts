// SPDX-License-Identifier: Apache-2.0
import type { WebRTCAppEvent } from "webrtc/app/events";
import { lineOf, type LogLevel } from "webrtc/app/log";
import type { WebRTCAppOptions } from "webrtc/app/options";

type Listener = (event: WebRTCAppEvent) => void;

const maximumListeners = 16;
const none: readonly never[] = Object.freeze([]);

/** All that hear of an application's events: the log, `onEvent` of its options, those that were added. */
export default class Listeners {
	logLevel: LogLevel;
	#options: WebRTCAppOptions;
	#added: Listener[] | undefined;

	constructor(options: WebRTCAppOptions) {
		this.#options = options;
		this.logLevel = options.logLevel ?? "silent";
	}

	/** @throws RangeError for the 17th */
	add(listener: Listener): void {
		this.#added ??= [];
		if (this.#added.includes(listener)) return;
		if (this.#added.length >= maximumListeners) throw new RangeError(`addListener: ${maximumListeners} at most`);
		this.#added.push(listener);
	}

	/** Without effect for one that was not added. */
	remove(listener: Listener): void {
		this.#added = this.#added?.filter((each) => each !== listener);
	}

	/** Tells all of them; what one throws is written to the log, and changes nothing. */
	tell(event: WebRTCAppEvent): void {
		const line = lineOf(event, this.logLevel);
		if (line !== undefined) trace(line);
		this.hear(this.#options.onEvent, event);
		for (const listener of this.#added ?? none) this.hear(listener, event);
	}

	private hear(listener: Listener | undefined, event: WebRTCAppEvent): void {
		try {
			listener?.call(this.#options, event);
		} catch (error) {
			trace(`exception in a listener: ${error instanceof Error ? (error.stack ?? error.message) : error}\n`);
		}
	}
}
