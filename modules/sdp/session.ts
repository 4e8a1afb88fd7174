// SPDX-License-Identifier: Apache-2.0
// The head of a description that this side writes.
import { trickle } from "webrtc/sdp/section";
import type { SessionDescription, TransportParameters } from "webrtc/sdp/types";
import { consistsOf, isDigit } from "webrtc/text";

/**
 * A session without sections (RFC 9429 section 5.2.1).
 *
 * @throws RangeError when the id or version are not numbers as RFC 8866 section 5.2 wants them
 */
export function newSession(
	{ sessionId, sessionVersion }: { sessionId: string; sessionVersion: number },
	transport: TransportParameters,
): SessionDescription {
	if (!consistsOf(sessionId, isDigit, 1, 20)) throw new RangeError(`sessionId: "${sessionId}"`);
	if (!Number.isSafeInteger(sessionVersion) || sessionVersion < 0)
		throw new RangeError(`sessionVersion: ${sessionVersion}`);
	return {
		origin: {
			username: "-",
			sessionId,
			sessionVersion: String(sessionVersion),
			addressType: "IP4",
			address: "127.0.0.1",
		},
		groups: [],
		// Streams are named in a=msid; old libwebrtc asks for this line before it looks there.
		msidSemantic: "WMS *",
		iceLite: transport.iceLite ?? false,
		iceOptions: trickle,
		extmapAllowMixed: false,
		media: [],
	};
}
