// SPDX-License-Identifier: Apache-2.0
// Opus in SDP (RFC 7587).
import { type CodecRecord } from "webrtc/codec/format";

/** With in-band error correction, frames of 10 ms and more. */
const opus: CodecRecord = Object.freeze({
	capability: Object.freeze({
		kind: "audio",
		name: "opus",
		clockRate: 48000,
		channels: 2,
		parameters: "minptime=10;useinbandfec=1",
		feedback: Object.freeze(["transport-cc"]),
	}),
	payloadType: 111,
});

export default opus;
