// SPDX-License-Identifier: Apache-2.0
// VP8 in SDP (RFC 7741 section 6): without parameters, for whoever decodes it takes all sizes.
import { pictureFeedback, type CodecRecord } from "webrtc/codec/format";

const vp8: CodecRecord = Object.freeze({
	capability: Object.freeze({
		kind: "video",
		name: "VP8",
		clockRate: 90000,
		parameters: "",
		feedback: pictureFeedback,
	}),
	payloadType: 100,
});

export default vp8;
