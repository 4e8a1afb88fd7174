// SPDX-License-Identifier: Apache-2.0
import { parameter } from "webrtc/codec";
import {
	answerProfileLevelId,
	h264Capability,
	h264Limits,
	parseProfileLevelId,
	profileDistance,
} from "webrtc/codec/h264";

const level = (text: string) => parseProfileLevelId(text)!;

test.each([
	["42e01f", "constrained-baseline"],
	["42c00b", "constrained-baseline"],
	["4d801f", "constrained-baseline"],
	["58c01f", "constrained-baseline"],
	["42001f", "baseline"],
	["42801f", "baseline"],
	["58801f", "baseline"],
	["4d001f", "main"],
	["58001f", "extended"],
	["640c1f", "constrained-high"],
	["640028", "high"],
	["f4001f", "other"],
])("%s is %s", (text, profile) => {
	expect(level(text).profile).toBe(profile);
});

test.each(["", "42e0", "42e01f00", "42e0zz", "0x42e0", "-2e01f", "42 01f", "4.2e01"])("%p is none", (text) => {
	expect(parseProfileLevelId(text)).toBeUndefined();
});

test("the case of the digits does not matter", () => {
	expect(level("42E01F")).toEqual(level("42e01f"));
});

test.each([
	["42e01f", "42e034", 0],
	["42e01f", "4d801f", 0],
	["42e01f", "42001f", 1],
	["42001f", "42e01f", 1],
	["42e01f", "4d001f", undefined],
	["42e01f", "640c1f", undefined],
	["640c1f", "64001f", undefined],
	["f4001f", "f4001f", 0],
	["f4001f", "f4101f", undefined],
])("%s and %s are %p apart", (ours, theirs, distance) => {
	expect(profileDistance(level(ours), level(theirs))).toBe(distance);
});

test.each([
	// ours, theirs, levels may differ, answer
	["42e01f", "42e034", true, "42e01f"],
	["42e034", "42e01f", true, "42e034"],
	["42e034", "42e01f", false, "42e01f"],
	["42e01f", "42e034", false, "42e01f"],
	["42e01f", "42001f", true, "42001f"],
	["42e01f", "42f00b", true, "42e01f"],
	["42e01f", "42f00b", false, "42f00b"], // level 1b
	["42e00b", "42f00b", false, "42f00b"], // 1b is below 1.1
	["42e00a", "42f00b", false, "42e00a"], // and above 1
	["42e00b", "42e01f", true, "42e00b"], // level 1.1, not 1b
	["4d100b", "4d001f", true, "4d100b"],
	["58100b", "58001f", true, "58100b"],
	["640c28", "640c1f", false, "640c1f"],
])("ours %s, theirs %s, asymmetric %p: %s", (ours, theirs, asymmetric, expected) => {
	expect(answerProfileLevelId(level(ours), level(theirs), asymmetric)).toBe(expected);
});

const asymmetric = "level-asymmetry-allowed=1";
test.each([
	["nobody", [], 0, 0],
	["who says nothing", [""], 0, 0],
	["a browser, which says 3.1 and takes all", [`${asymmetric};packetization-mode=1;profile-level-id=42e01f`], 0, 0],
	["one level for both directions", ["packetization-mode=1;profile-level-id=42e01f"], 31, 0],
	[
		"the lowest of several",
		["packetization-mode=1;profile-level-id=42e01f", "packetization-mode=1;profile-level-id=42e01e"],
		30,
		0,
	],
	["level 1b", ["packetization-mode=1;profile-level-id=42f00b"], 10, 0],
	["a level that there is not", ["packetization-mode=1;profile-level-id=42e0ff"], 0, 0],
	["a profile that is none", ["packetization-mode=1;profile-level-id=zz"], 0, 0],
	[
		"single NAL units",
		[`${asymmetric};packetization-mode=0;profile-level-id=42e01f`, `${asymmetric};packetization-mode=1`],
		0,
		1100,
	],
	["no word of the mode", ["profile-level-id=42e00d"], 13, 1100],
])("one encode is kept to what all take: %s", (_, parameters, level, maximumNalSize) => {
	expect(h264Limits(parameters)).toEqual({ level, maximumNalSize });
});

test("a capability must have a profile", () => {
	expect(() => h264Capability("zz", 1, [])).toThrow(RangeError);
	expect(h264Capability("42001f", 0, []).parameters).toBe(
		"level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42001f",
	);
});

test("parameters are found by name, whatever the case and spaces", () => {
	expect(parameter("a=1; Profile-Level-Id = 42e01f ;b=2", "profile-level-id")).toBe("42e01f");
	expect(parameter("a=1;bb=2", "b")).toBeUndefined();
	expect(parameter("", "a")).toBeUndefined();
	expect(parameter("a;b=2", "a")).toBeUndefined();
	expect(parameter("aa=1;a", "a")).toBeUndefined();
	expect(parameter("aa=1;ba=2;a=3", "a")).toBe("3");
	expect(parameter("=1;a=", "a")).toBe("");
});
