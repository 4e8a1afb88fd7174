// SPDX-License-Identifier: Apache-2.0
import { codecsOf, recordOf } from "webrtc/codec";
import h265, { h265Capability, h265Level } from "webrtc/codec/h265";

test.each([
	[1280, 720, 30, 93],
	[640, 480, 60, 93],
	[1280, 720, 60, 120],
	[1920, 1080, 30, 120],
	[1920, 1080, 60, 123],
	[3840, 2160, 30, 150],
	[3840, 2160, 120, 156],
])("%d × %d, %d a second, is level-id %d", (width, height, framerate, level) => {
	expect(h265Level(width, height, framerate)).toBe(level);
});

test.each([
	["", "", 0],
	["profile-id=1;tier-flag=0", "", 0], // which is implied
	["profile-id=1", "profile-id=2", undefined],
	["tier-flag=0", "tier-flag=1", undefined],
	["tx-mode=SRST", "tx-mode=srst;level-id=180", 0],
	["tx-mode=SRST", "tx-mode=MRST", undefined],
])("%p beside %p: distance %p", (ours, theirs, distance) => {
	expect(h265.distance!(ours, theirs)).toBe(distance);
});

test.each([
	["level-id=63", 63],
	["level-id=180", 93],
	["", 93],
	["level-id=x", 93],
])("an offer of %p is answered with level-id %d", (theirs, level) => {
	expect(h265.answer!(h265.capability.parameters, theirs)).toBe(h265Capability(level).parameters);
});

test("VP8 and H.265 are known, in any case of their letters, after H.264", () => {
	expect(codecsOf("video").map(({ name }) => name)).toEqual(["H264", "VP8", "H265"]);
	expect(recordOf("vp8")?.capability.parameters).toBe("");
	expect(recordOf("h265")).toBe(h265);
});
