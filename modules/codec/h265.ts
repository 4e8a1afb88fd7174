// SPDX-License-Identifier: Apache-2.0
// H.265 in SDP (RFC 7798 section 7): profile, tier, level, and how it is sent.
import { parameter, pictureFeedback, type CodecCapability, type CodecRecord } from "webrtc/codec/format";

/** What two sides must agree in, in lower case, and what is meant where it is absent (RFC 7798 section 7.1). */
const symmetric: readonly (readonly [name: string, implied: string])[] = Object.freeze([
	Object.freeze(["profile-space", "0"] as const),
	Object.freeze(["profile-id", "1"] as const),
	Object.freeze(["tier-flag", "0"] as const),
	Object.freeze(["tx-mode", "SRST"] as const),
]);
const impliedLevel = 93;

/** 30 times the level, as `level-id` has it, and what it allows: pixels of a picture and a second (H.265, Tables A.8 and A.9). */
const levels: readonly (readonly [id: number, largest: number, rate: number])[] = Object.freeze([
	Object.freeze([93, 983_040, 33_177_600] as const),
	Object.freeze([120, 2_228_224, 66_846_720] as const),
	Object.freeze([123, 2_228_224, 133_693_440] as const),
	Object.freeze([150, 8_912_896, 267_386_880] as const),
	Object.freeze([153, 8_912_896, 534_773_760] as const),
	Object.freeze([156, 8_912_896, 1_069_547_520] as const),
]);

/** The lowest level from 3.1 up that holds pictures of a size, so many a second; the highest, where none does. */
export function h265Level(width: number, height: number, framerate: number): number {
	const size = width * height;
	const found = levels.find(([, largest, rate]) => size <= largest && size * framerate <= rate);
	return (found ?? levels[levels.length - 1]!)[0];
}

/** Main profile, main tier. @param levelId 30 times the level: 93 is 3.1 */
export function h265Capability(levelId: number): CodecCapability {
	const parameters = `level-id=${levelId};profile-id=1;tier-flag=0;tx-mode=SRST`;
	return Object.freeze({ kind: "video", name: "H265", clockRate: 90000, parameters, feedback: pictureFeedback });
}

/** In any case, for tx-mode is a word. */
const value = (parameters: string, name: string, implied: string) =>
	(parameter(parameters, name) ?? implied).toUpperCase();

function distance(ours: string, theirs: string): number | undefined {
	const agree = symmetric.every(([name, implied]) => value(ours, name, implied) === value(theirs, name, implied));
	return agree ? 0 : undefined;
}

/** The lower of the two levels (RFC 7798 section 7.2.2). */
function answer(ours: string, theirs: string): string {
	const [own, other] = [ours, theirs].map((text) => Number(parameter(text, "level-id") ?? impliedLevel));
	return h265Capability(other! > 0 && other! < own! ? other! : own!).parameters;
}

/** Main profile up to level 3.1 (1280×720 at 30 fps). */
const h265: CodecRecord = Object.freeze({
	capability: h265Capability(93),
	payloadType: 102,
	distance,
	answer,
	describe: (parameters: string) => `profile-id ${parameter(parameters, "profile-id") ?? "1"}`,
});

export default h265;
