// SPDX-License-Identifier: Apache-2.0
import WebRTCError from "webrtc/error";

/**
 * Wraps what a timer, a socket or a native calls: an exception that left it would end the machine. There is no other way
 * into `modules/` from there; the rules of eslint.config.mjs see to it.
 *
 * @param onException gets what was thrown, as a WebRTCError: it reports it, and ends what the callback works for (one
 * session, one request, one connection) and nothing else. What it throws itself is traced.
 * @returns a function that never throws; it returns undefined where the callback has thrown
 */
export default function guard<This, Arguments extends unknown[], Result>(
	onException: (error: WebRTCError) => void,
	callback: (this: This, ...args: Arguments) => Result,
): (this: This, ...args: Arguments) => Result | undefined {
	return function (this: This, ...args: Arguments): Result | undefined {
		try {
			return callback.apply(this, args);
		} catch (cause) {
			contain(cause, onException);
			return undefined;
		}
	};
}

/** The same for a block that catches itself: what was thrown goes to `onException`, and no further. */
export function contain(cause: unknown, onException: (error: WebRTCError) => void): void {
	try {
		const text = cause instanceof Error ? cause.message : String(cause);
		if (!(cause instanceof WebRTCError))
			trace(`webrtc: ${cause instanceof Error ? (cause.stack ?? text) : text}\n`);
		onException(cause instanceof WebRTCError ? cause : new WebRTCError("internal", text, cause));
	} catch (error) {
		trace(`webrtc: an exception could not be reported: ${error instanceof Error ? error.message : ""}\n`);
	}
}
