// SPDX-License-Identifier: Apache-2.0
// What went wrong with a call, and so what to do about it: each class has its own recovery in the machine.
import type { AWSResponse } from "webrtc/aws/client";
import WebRTCError, { type WebRTCErrorCode } from "webrtc/error";
import { parseObject, printable, textOf, type Fields } from "webrtc/device/json";

/**
 * - "clock": the device's clock was wrong, and is corrected now: the same again, at once
 * - "credentials": refused or expired: new ones
 * - "denied": the credentials are good, but do not allow it: until somebody changes a policy, rarely
 * - "channel": it does not exist (any more): look for it again, or create it
 * - "request", "throttled", "service", "network": the same again, later
 */
export type FailureClass =
	"clock" | "credentials" | "denied" | "channel" | "request" | "throttled" | "service" | "network";

export interface Failure {
	kind: FailureClass;
	error: WebRTCError;
}

const codes = Object.freeze({
	clock: "signaling/clock-wrong",
	credentials: "aws/credentials",
	denied: "signaling/rejected",
	channel: "signaling/channel-missing",
	request: "signaling/rejected",
	throttled: "signaling/throttled",
	service: "signaling/service-failed",
	network: "signaling/connection-failed",
} satisfies Record<FailureClass, WebRTCErrorCode>);

const credentialErrors = Object.freeze([
	"ExpiredToken",
	"UnrecognizedClient",
	"InvalidClientTokenId",
	"MissingAuthenticationToken",
	"InvalidSignature",
	"IncompleteSignature",
	"InvalidAccessKeyId",
	"SignatureDoesNotMatch",
	"RequestExpired",
]);
const denials = Object.freeze(["AccessDenied", "NotAuthorized", "OptInRequired"]);
const throttlingErrors = Object.freeze(["Throttl", "TooManyRequests", "LimitExceeded", "RequestLimit", "SlowDown"]);

/** Milliseconds to wait, beside the back-off: a policy is not changed soon. */
export function patience({ kind }: Failure): number {
	return kind === "denied" ? 60_000 : 0;
}

/** Judges a response whose status is not 200. */
export function failureOf(call: string, response: AWSResponse): Failure {
	const { status, clockChanged } = response;
	const { type, message } = describe(response);
	const kind = classify(status, type, clockChanged);
	const detail = [type, message].filter(Boolean).join(": ");
	const text =
		kind === "clock"
			? `KVS: the device's clock is wrong; the service's is used (${call}: status ${status})`
			: `KVS: ${call}: status ${status}${detail && ` ${detail}`}`;
	return { kind, error: new WebRTCError(codes[kind], text) };
}

function classify(status: number, type: string, clockChanged: boolean): FailureClass {
	const isOneOf = (errors: readonly string[]) => errors.some((error) => type.includes(error));
	if (isOneOf(throttlingErrors) || status === 429) return "throttled";
	const isCredentials = isOneOf(credentialErrors);
	const isDenied = status === 401 || status === 403 || isOneOf(denials);
	if ((isCredentials || isDenied) && clockChanged) return "clock";
	if (isCredentials) return "credentials";
	if (isDenied) return "denied";
	if (type.startsWith("ResourceNotFound")) return "channel";
	// Another 404 is not the service's word about the channel: a proxy's page, a wrong endpoint.
	return status >= 500 || status === 404 ? "service" : "request";
}

/** Judges a refusal of a message: whether the same may be taken later, and the error's code. */
export function judgeRefusal(status: string, type: string): { isPassing: boolean; code: WebRTCErrorCode } {
	const kind = classify(Number(status), type, false);
	const isPassing = kind === "throttled" || kind === "service";
	return { isPassing, code: isPassing ? codes[kind] : codes.request };
}

/** A call without a response, or without credentials to sign it with. */
export function failureFrom(call: string, error: WebRTCError): Failure {
	if (error.code === "aws/credentials") return { kind: "credentials", error };
	const code = error.code === "transport/timeout" ? "signaling/timeout" : codes.network;
	return { kind: "network", error: new WebRTCError(code, `KVS: ${call}: ${error.message}`, error) };
}

/** A response with status 200 that makes no sense. */
export function malformed(call: string, cause: unknown): Failure {
	const detail = cause instanceof Error ? cause.message : String(cause);
	const error = new WebRTCError(codes.service, `KVS: ${call}: malformed response: ${printable(detail)}`);
	return { kind: "service", error };
}

/** The error's type stands in a header or in the body, with a namespace before or a URL behind; text in the body. */
function describe({ errorType, body }: AWSResponse): { type: string; message: string } {
	let fields: Fields<"__type" | "code" | "message" | "Message"> = {};
	try {
		fields = parseObject(new Uint8Array(ArrayBuffer.fromString(body)), ["__type", "code", "message", "Message"]);
	} catch {
		// A proxy's page, or nothing.
	}
	const full = errorType ?? textOf(fields.__type, 256) ?? textOf(fields.code, 256) ?? "";
	const named = full.split(":", 1)[0]!;
	const type = named.slice(named.lastIndexOf("#") + 1).slice(0, 64);
	const message = textOf(fields.message, 1024) ?? textOf(fields.Message, 1024) ?? "";
	// A refused signature is answered with the canonical request, whose headers may hold the session token.
	return { type: printable(type), message: printable(message.slice(0, 200).split("\n", 1)[0]!) };
}
