// SPDX-License-Identifier: Apache-2.0
import { isObject, parseObject, printable, textOf } from "webrtc/device/json";
import type { Response } from "webrtc/http/client";

const maximumRetryAfter = 300; // s
const longestReason = 160; // characters that are told
const names = ["error", "message"] as const;

/**
 * What a media server's refusal means; RFC 9725 section 4.2 lets clients go by the class of a status.
 * @param token which some servers repeat, and which is for no log
 */
export default function explain({ status, headers, body }: Response, token: string | undefined) {
	const seconds = Number(headers.get("retry-after") ?? NaN);
	const reason = token ? reasonIn(body).split(token).join("***") : reasonIn(body);
	const said = printable(reason.slice(0, longestReason)).trim();
	// Janus's server says by 403 that somebody else publishes, as it does of tokens.
	const isInUse = status === 403 && said.includes("in use");
	// One that is not followed: what stands before a server that is set up anew sends elsewhere for a while.
	const isRedirect = status >= 300 && status < 400;
	return {
		code: status === 429 ? "throttled" : isRedirect || status >= 500 ? "service-failed" : "rejected",
		text: `the server answers with status ${status}${said ? `: ${said}` : ""}`,
		/** It may be different later. 404 and 409: nothing is published yet, or somebody else does. */
		isPassing: isInUse || isRedirect || status >= 500 || [404, 408, 409, 425, 429].includes(status),
		/** Milliseconds for which it wants to be left alone. */
		delay: seconds >= 0 ? Math.min(seconds, maximumRetryAfter) * 1000 : 0,
	};
}

/** Its own words: in JSON `error`, or `message`, of the whole or of `error`; else all of it. */
function reasonIn(body: string): string {
	if (!body.startsWith("{")) return body;
	try {
		const { error, message } = parseObject(new Uint8Array(ArrayBuffer.fromString(body)), names);
		const inner = isObject<(typeof names)[number]>(error) ? error.message : (error ?? message);
		return textOf(inner, body.length) ?? body;
	} catch {
		return body;
	}
}
