// SPDX-License-Identifier: Apache-2.0
import WebRTCError from "webrtc/error";

/** Whom a callback works for: one peer, one request, one connection. */
export interface Guarded {
	/** Ends that, with all that belongs to it and nothing else, and tells why. */
	onException(error: WebRTCError): void;
}

/**
 * Wraps what a timer, a socket or a native calls: an exception that left it would end the machine. There is no other way
 * into `modules/` from there than this, or a function that is one `try` whose `catch` calls `contain`; eslint.config.mjs
 * sees to it.
 *
 * @returns a function that never throws; it returns undefined where the callback has thrown
 */
export default function guard<This, Arguments extends unknown[], Result>(
	owner: Guarded,
	callback: (this: This, ...args: Arguments) => Result,
): (this: This, ...args: Arguments) => Result | undefined {
	return function (this: This, ...args: Arguments): Result | undefined {
		try {
			return callback.apply(this, args);
		} catch (cause) {
			contain(owner, cause);
			return undefined;
		}
	};
}

/**
 * What was thrown goes to the owner, as a WebRTCError, and no further. It costs less than `guard`: a function is some ten
 * slots, and each peer would have several.
 */
export function contain(owner: Guarded, cause: unknown): void {
	try {
		const text = cause instanceof Error ? cause.message : String(cause);
		if (!(cause instanceof WebRTCError))
			trace(`webrtc: ${cause instanceof Error ? (cause.stack ?? text) : text}\n`);
		owner.onException(cause instanceof WebRTCError ? cause : new WebRTCError("internal", text, cause));
	} catch (error) {
		trace(`webrtc: an exception could not be reported: ${error instanceof Error ? error.message : ""}\n`);
	}
}
