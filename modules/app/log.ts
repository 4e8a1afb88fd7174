// SPDX-License-Identifier: Apache-2.0
import { printable } from "webrtc/device/json";
import type { WebRTCAppEvent, WebRTCAppEventType } from "webrtc/app/events";

/** What of an application is written to the log; each level has those before it. */
export type LogLevel = "silent" | "error" | "info" | "debug";

const levels: readonly string[] = Object.freeze(["silent", "error", "info", "debug"]);
/** What happens many times in a session. */
const details: readonly WebRTCAppEventType[] = Object.freeze([
	...(["receivedIceCandidate", "sentIceCandidate", "iceGatheringComplete", "signalingDescribe"] as const),
	...(["signalingGetEndpoint", "signalingGetIce", "signalingJoin", "offerRequested", "receivedMessage"] as const),
	"candidatePairChanged",
]);

export function isLogLevel(value: unknown): value is LogLevel {
	return typeof value === "string" && levels.includes(value);
}

/** The line of an event; undefined where the level leaves it out. */
export function lineOf({ type, peerId, error, side }: WebRTCAppEvent, level: LogLevel): string | undefined {
	const wanted = error ? "error" : details.includes(type) ? "debug" : "info";
	if (levels.indexOf(wanted) > levels.indexOf(level)) return undefined;
	const peer = peerId === undefined ? "" : ` ${peerId}`;
	const what = error ? `: ${error.message} (${error.code})` : side ? `: ${side}` : "";
	return `webrtc: ${type}${printable(`${peer}${what}`)}\n`;
}
