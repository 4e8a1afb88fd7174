// SPDX-License-Identifier: Apache-2.0
import { printable } from "webrtc/device/json";
import type { Response } from "webrtc/http/client";

const maximumRetryAfter = 300; // s

/** What a media server's refusal means; RFC 9725 section 4.2 lets clients go by the class of a status. */
export default function explain({ status, headers, body }: Response) {
	const seconds = Number(headers.get("retry-after") ?? NaN);
	const said = printable(body.slice(0, 100)).trim();
	// Janus's server says by 403 that somebody else publishes, as it does of tokens.
	const isInUse = status === 403 && said.includes("in use");
	return {
		code: status === 429 ? "throttled" : status >= 500 ? "service-failed" : "rejected",
		text: `the server answers with status ${status}${said ? `: ${said}` : ""}`,
		/** It may be different later. 404 and 409: nothing is published yet, or somebody else does. */
		isPassing: isInUse || status >= 500 || [404, 408, 409, 425, 429].includes(status),
		/** Milliseconds for which it wants to be left alone. */
		delay: seconds >= 0 ? Math.min(seconds, maximumRetryAfter) * 1000 : 0,
	};
}
