// SPDX-License-Identifier: Apache-2.0

/**
 * Every error code of the SDK. The part before the slash names the subsystem.
 *
 * Errors of a program's own making (a bad option) are thrown at once as TypeError or RangeError with the option's name;
 * what happens later arrives as a WebRTCError in a rejected promise or an event.
 */
export type WebRTCErrorCode =
	| "app/busy" // there is no memory for it now; the peer was told to try again
	| "app/too-many-sessions" // the bound on sessions is reached; the peer was told
	| "app/unknown-peer"
	| "aws/credentials" // none could be had, or the service refused them
	| "internal" // a fault of the SDK: what it concerned has ended
	| "ice/failed" // no candidate pair worked (RFC 8445 section 8.1.2)
	| "ice/consent-expired" // RFC 7675 section 5.1
	| "ice/bad-candidate"
	| "ice/bad-server" // W3C SyntaxError: the URL of a STUN or TURN server
	| "ice/turn" // a TURN server refuses, or does not answer
	| "dtls/fingerprint-mismatch" // RFC 8122 section 5: the session ends
	| "dtls/handshake-failed"
	| "dtls/timeout"
	| "dtls/no-srtp-profile"
	| "data/failed" // a channel has ended: of the peer's doing, or with the association
	| "data/full" // too much waits to be sent, or there are too many channels
	| "data/in-use" // a channel has that id
	| "media/device-missing"
	| "media/device-failed"
	| "media/file-unreadable"
	| "media/file-unwritable"
	| "media/out-of-memory" // an encoder waits for memory, and goes on by itself when there is some
	| "media/unsupported"
	| "sdp/malformed"
	| "sdp/no-common-codec"
	| "sdp/unsupported"
	| "peer/invalid-state" // W3C InvalidStateError
	| "peer/invalid-modification" // W3C InvalidModificationError: what was made cannot be changed
	| "peer/invalid-access" // W3C InvalidAccessError: an argument that does not go with what is there
	| "peer/not-supported" // W3C NotSupportedError
	| "peer/closed"
	| "peer/out-of-resources"
	| "signaling/bad-message"
	| "signaling/channel-missing" // there is no such channel, and none is to be made
	| "signaling/clock-wrong" // the device's clock is off; it was corrected for this client
	| "signaling/closed"
	| "signaling/connection-failed"
	| "signaling/message-too-large"
	| "signaling/queue-full" // a message was dropped, for the connection stayed away too long
	| "signaling/rejected"
	| "signaling/service-failed" // the service's own fault: status 5xx, a redirect that leads nowhere, or a response that makes no sense
	| "signaling/throttled" // too many requests, or a limit of the account is reached
	| "signaling/timeout"
	| "transport/address-in-use"
	| "transport/failed"
	| "transport/timeout";

/** What every later failure of the SDK is reported as. */
export default class WebRTCError extends Error {
	readonly code: WebRTCErrorCode;
	/** The DOMException's name where W3C has one for it, else "WebRTCError". */
	override readonly name: string = "WebRTCError";

	/**
	 * @param code one of the codes above
	 * @param message for a person; never holds a secret
	 * @param cause the underlying error, if any
	 */
	constructor(code: WebRTCErrorCode, message: string, cause?: unknown) {
		super(message, cause === undefined ? undefined : { cause });
		this.code = code;
		// Assigning it would hit Error.prototype's, which is frozen on a device.
		Object.defineProperty(this, "name", { value: nameOf(code) });
	}
}

function nameOf(code: WebRTCErrorCode): string {
	switch (code) {
		case "peer/invalid-state":
		case "peer/closed":
			return "InvalidStateError";
		case "peer/invalid-modification":
			return "InvalidModificationError";
		case "peer/invalid-access":
			return "InvalidAccessError";
		case "peer/not-supported":
			return "NotSupportedError";
		case "ice/bad-server":
			return "SyntaxError";
		case "ice/bad-candidate":
		case "peer/out-of-resources":
			return "OperationError";
		default:
			return code.startsWith("sdp/") || code.startsWith("data/") ? "OperationError" : "WebRTCError";
	}
}
