// SPDX-License-Identifier: Apache-2.0
// H.264 in SDP: profile-level-id, and whether two of them can be one stream (RFC 6184 section 8).
import { parameter, pictureFeedback, type CodecCapability, type CodecRecord } from "webrtc/codec/format";

export type H264Profile =
	"constrained-baseline" | "baseline" | "main" | "extended" | "high" | "constrained-high" | "other";

/** A profile-level-id taken apart (RFC 6184 section 8.1). */
export interface H264ProfileLevel {
	profile: H264Profile;
	profileIdc: number;
	/** profile_iop: the constraint flags, set0 in the most significant bit. */
	constraints: number;
	levelIdc: number;
}

const set0 = 0x80;
const set1 = 0x40;
const set3 = 0x10;
const set4 = 0x08;
const set5 = 0x04;

/** What is meant when profile-level-id is absent: Baseline, level 1 (RFC 6184 section 8.1). */
const impliedProfileLevelId = "42000a";

/** undefined when the text is not three bytes in hexadecimal. */
export function parseProfileLevelId(text: string): H264ProfileLevel | undefined {
	if (text.length !== 6) return undefined;
	const value = Number(`0x${text}`);
	if (!(value >= 0)) return undefined;
	const profileIdc = value >> 16;
	const constraints = (value >> 8) & 0xff;
	return { profile: profileOf(profileIdc, constraints), profileIdc, constraints, levelIdc: value & 0xff };
}

/** Table 5 of RFC 6184, and Table 7-1 of H.264 for the profiles above it. */
function profileOf(idc: number, constraints: number): H264Profile {
	switch (idc) {
		case 0x42:
			return constraints & set1 ? "constrained-baseline" : "baseline";
		case 0x4d:
			return constraints & set0 ? "constrained-baseline" : "main";
		case 0x58:
			if (!(constraints & set0)) return "extended";
			return constraints & set1 ? "constrained-baseline" : "baseline";
		case 0x64:
			return (constraints & (set4 | set5)) === (set4 | set5) ? "constrained-high" : "high";
		default:
			return "other";
	}
}

/**
 * How well a stream of our profile suits who offers theirs: 0 for the same, 1 for Baseline and Constrained Baseline
 * (each device here encodes without what sets them apart), undefined when it does not.
 */
export function profileDistance(ours: H264ProfileLevel, theirs: H264ProfileLevel): number | undefined {
	if (ours.profile === theirs.profile) {
		const same =
			ours.profile !== "other" ||
			(ours.profileIdc === theirs.profileIdc && ours.constraints === theirs.constraints);
		return same ? 0 : undefined;
	}
	return isBaseline(ours.profile) && isBaseline(theirs.profile) ? 1 : undefined;
}

function isBaseline(profile: H264Profile): boolean {
	return profile === "baseline" || profile === "constrained-baseline";
}

/**
 * The profile-level-id of our answer: the profile as offered, which is the same for both (RFC 6184 section 8.2.2), with
 * our level; where the levels may not differ, with the lower of the two.
 */
export function answerProfileLevelId(ours: H264ProfileLevel, theirs: H264ProfileLevel, asymmetric: boolean): string {
	const level = asymmetric || levelRank(ours) <= levelRank(theirs) ? ours : theirs;
	let { constraints } = theirs;
	// Level 1b is level 11 with a flag, in the profiles that have no other use for the flag.
	if (hasLevel1bFlag(theirs)) constraints = (constraints & ~set3) | (isLevel1b(level) ? set3 : 0);
	return hexadecimal(theirs.profileIdc) + hexadecimal(constraints) + hexadecimal(level.levelIdc);
}

/** Orders levels: 1 < 1b < 1.1. */
function levelRank(value: H264ProfileLevel): number {
	return isLevel1b(value) ? 10.5 : value.levelIdc;
}

function isLevel1b(value: H264ProfileLevel): boolean {
	return value.levelIdc === 11 && hasLevel1bFlag(value) && (value.constraints & set3) !== 0;
}

function hasLevel1bFlag({ profileIdc }: H264ProfileLevel): boolean {
	return profileIdc === 0x42 || profileIdc === 0x4d || profileIdc === 0x58;
}

function hexadecimal(byte: number): string {
	return byte.toString(16).padStart(2, "0");
}

/**
 * H.264 of another profile, level, mode or feedback than that of the record.
 *
 * @param profileLevelId three bytes in hexadecimal (RFC 6184 section 8.1)
 * @param mode 0: single NAL units, each smaller than a packet; 1: also STAP-A and FU-A (RFC 6184 section 6.2)
 * @throws RangeError
 */
export function h264Capability(profileLevelId: string, mode: 0 | 1, kinds = pictureFeedback): CodecCapability {
	if (!parseProfileLevelId(profileLevelId)) throw new RangeError(`profileLevelId: "${profileLevelId}"`);
	const parameters = `level-asymmetry-allowed=1;packetization-mode=${mode};profile-level-id=${profileLevelId}`;
	return Object.freeze({ kind: "video", name: "H264", clockRate: 90000, parameters, feedback: kinds });
}

/** 0 when it does not say (RFC 6184 section 8.1). */
function packetizationMode(parameters: string): number {
	return Number(parameter(parameters, "packetization-mode") ?? "0");
}

function profileLevel(parameters: string): H264ProfileLevel | undefined {
	return parseProfileLevelId(parameter(parameters, "profile-level-id") ?? impliedProfileLevelId);
}

function levelsMayDiffer(parameters: string): boolean {
	return parameter(parameters, "level-asymmetry-allowed") === "1";
}

/** Both must agree in packetization-mode and profile (RFC 6184 section 8.2.2). */
function distance(ours: string, theirs: string): number | undefined {
	if (ours === theirs) return 0; // browsers write it as we do
	if (packetizationMode(ours) !== packetizationMode(theirs)) return undefined;
	const ourProfile = profileLevel(ours);
	const theirProfile = profileLevel(theirs);
	return ourProfile && theirProfile && profileDistance(ourProfile, theirProfile);
}

function answer(ours: string, theirs: string): string {
	const ourProfile = profileLevel(ours);
	const theirProfile = profileLevel(theirs);
	if (!ourProfile || !theirProfile) return ours;
	const asymmetric = levelsMayDiffer(ours) && levelsMayDiffer(theirs);
	const profileLevelId = answerProfileLevelId(ourProfile, theirProfile, asymmetric);
	const mode = packetizationMode(theirs);
	return `${asymmetric ? "level-asymmetry-allowed=1;" : ""}packetization-mode=${mode};profile-level-id=${profileLevelId}`;
}

function describe(parameters: string): string {
	const id = parameter(parameters, "profile-level-id");
	const profile = id === undefined ? "baseline" : (parseProfileLevelId(id)?.profile ?? `profile-level-id ${id}`);
	return `packetization-mode ${packetizationMode(parameters)}, ${profile}`;
}

/**
 * Bytes that a NAL unit may have where each goes alone (packetization-mode 0): a packet's payload with all extensions, and
 * room for what an encoder is imprecise by.
 */
const singleNalSize = 1100;

/**
 * What one encode for several peers has to keep to. Where levels may differ, a peer's own is no limit: browsers say 3.1 and
 * take all.
 * @param parameters what each says that it can take, as in `a=fmtp`
 */
export function h264Limits(parameters: readonly string[]): { level: number; maximumNalSize: number } {
	let level = 0;
	let maximumNalSize = 0;
	for (const text of parameters) {
		if (!text) continue; // it says nothing
		if (packetizationMode(text) === 0) maximumNalSize = singleNalSize;
		const own = parameter(text, "profile-level-id") === undefined ? undefined : profileLevel(text);
		// Level 1b is taken for the next lower one that needs no flag.
		const idc = own && !levelsMayDiffer(text) ? (isLevel1b(own) ? 10 : own.levelIdc) : 0;
		if (levels.includes(idc) && (level === 0 || idc < level)) level = idc;
	}
	return { level, maximumNalSize };
}

/** level_idc of those that there are (H.264, Table A-1). */
const levels: readonly number[] = Object.freeze([10, 11, 12, 13, 20, 21, 22, 30, 31, 32, 40, 41, 42, 50, 51, 52]);

/** Constrained Baseline up to level 3.1 (1280×720 at 30 fps), in STAP-A and FU-A as well. */
const h264: CodecRecord = Object.freeze({
	capability: h264Capability("42e01f", 1),
	payloadType: 96,
	distance,
	answer,
	packetizationMode,
	describe,
	// Firefox has it by a plug-in, which it downloads after its first start, and which may be turned off.
	hint: "In Firefox, enable the OpenH264 plug-in (about:addons, Plugins)",
});

export default h264;
