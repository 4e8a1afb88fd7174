// SPDX-License-Identifier: Apache-2.0
import { isUsablePayloadType, packetizationMode } from "webrtc/sdp/codecs";

test("payload types that look like RTCP on the same port are not usable (RFC 5761 section 4)", () => {
	expect([0, 63, 64, 95, 96, 127].filter(isUsablePayloadType)).toEqual([0, 63, 96, 127]);
});

test("the packetization mode is H.264's, and 0 where it does not say", () => {
	const mode = (name: string, parameters: string) => packetizationMode({ name, parameters });
	expect(mode("H264", "profile-level-id=42e01f;packetization-mode=1")).toBe(1);
	expect(mode("H264", "profile-level-id=42e01f")).toBe(0);
	expect(mode("VP8", "packetization-mode=1")).toBe(0);
});
