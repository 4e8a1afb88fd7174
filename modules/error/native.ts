// SPDX-License-Identifier: Apache-2.0
import WebRTCError, { type WebRTCErrorCode } from "webrtc/error";
import { consistsOf, isWordCharacter } from "webrtc/text";

/** What a native class has thrown, as an error of the SDK: natives give their errors the property `code`. */
export default function fromNative(cause: unknown, fallback: WebRTCErrorCode): WebRTCError {
	if (cause instanceof WebRTCError) return cause;
	const { code = fallback, message = String(cause) } = cause as { code?: WebRTCErrorCode; message?: string };
	return new WebRTCError(code, withoutFunction(message), cause);
}

/** A debug build of XS puts the name of the C function before the message. */
function withoutFunction(message: string): string {
	const end = message.startsWith("xs_") ? message.indexOf(": ") : -1;
	return end > 3 && consistsOf(message.slice(0, end), isWordCharacter) ? message.slice(end + 2) : message;
}
