// SPDX-License-Identifier: Apache-2.0
import { flag, number, password as ownPassword, text } from "examples/config";
import type { IceServer } from "webrtc/signaling";

/** TCP port of the page and the endpoint; 0: any. */
export const port = (): number => number("port", 0, 65535) ?? 80;
/** UDP port of the media; 0: any. */
export const udpPort = (): number => number("udpPort", 0, 65535) ?? 0;
/** Seconds between reports of memory and of entries into JavaScript. */
export const reportInterval = (): number => number("report", 0, 86_400) ?? 0;
/** Whether the printed address carries the secret that opens the camera. */
export const link = (): boolean => flag("link") ?? false;
/** What opens the camera as a bearer token. */
export const token = (): string | undefined => text("token");
/** What opens the camera when it is typed. */
export const password = (): string | undefined => ownPassword("cameraPassword");
/** Origins of other pages that may show the camera. */
export const origins = (): string[] => list("origins");
/** Names by which the camera is reached beside its addresses. */
export const hosts = (): string[] => list("hosts");
/** An MP4 file that is recorded while the camera runs. */
export const record = (): string | undefined => text("record");
/** STUN and TURN servers, for the camera and its viewers. */
export function iceServers(): IceServer[] {
	const urls = list("iceServers");
	const [username, credential] = [text("iceUsername"), text("iceCredential")];
	if (!urls.length) return [];
	return [
		{ urls, ...(username === undefined ? {} : { username }), ...(credential === undefined ? {} : { credential }) },
	];
}

function list(key: string): string[] {
	return (text(key) ?? "").split(",").filter((entry) => entry !== "");
}
