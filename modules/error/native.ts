// SPDX-License-Identifier: Apache-2.0
import WebRTCError, { type WebRTCErrorCode } from "webrtc/error";

// A debug build of XS puts the name of the C function before the message.
const functionName = () => /^xs_\w+: /;

/** What a native class has thrown, as an error of the SDK: natives give their errors the property `code`. */
export default function fromNative(cause: unknown, fallback: WebRTCErrorCode): WebRTCError {
	if (cause instanceof WebRTCError) return cause;
	const { code = fallback, message = String(cause) } = cause as { code?: WebRTCErrorCode; message?: string };
	return new WebRTCError(code, message.replace(functionName(), ""), cause);
}
