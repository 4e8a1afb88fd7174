// SPDX-License-Identifier: Apache-2.0
import type { WebRTCAppOptions } from "webrtc/app/options";
import type { RemoteSessionsOwner } from "webrtc/app/sessions";
import WebRTCError from "webrtc/error";
import fromNative from "webrtc/error/native";
import type { AudioCapture, AudioPlayer, VideoCapture, VideoPlayer } from "webrtc/media";

type Captures = Pick<WebRTCAppOptions, "videoCapture" | "audioCapture" | "media">;
type Players = Pick<WebRTCAppOptions, "videoPlayer" | "audioPlayer" | "media" | "receive">;

/**
 * Opens an application's camera and microphone, as far as it has them and they are wanted.
 * @param owner hears of those that cannot be opened
 * @returns those that are open
 */
export default function openCaptures(
	{ videoCapture, audioCapture, media }: Captures,
	owner: Pick<RemoteSessionsOwner, "onEvent">,
): (VideoCapture | AudioCapture)[] {
	const opened: (VideoCapture | AudioCapture)[] = [];
	const failures: WebRTCError[] = [];
	for (const capture of [videoCapture, audioCapture]) {
		if (!capture || !(media ?? capture.kind).includes(capture.kind)) continue;
		capture.onError = (error) => owner.onEvent({ type: "error", error });
		if (capture.kind === "video")
			capture.onQuality = (quality) => owner.onEvent({ type: "qualityChanged", quality });
		try {
			capture.open();
			opened.push(capture);
		} catch (cause) {
			failures.push(fromNative(cause, "media/device-failed"));
		}
	}
	for (const error of joined(failures)) owner.onEvent({ type: "error", error });
	return opened;
}

/** What plays the peers' media, as far as there is something and it is wanted. */
export function playersOf({ videoPlayer, audioPlayer, media, receive }: Players): (VideoPlayer | AudioPlayer)[] {
	if (receive === false) return [];
	const players: (VideoPlayer | AudioPlayer)[] = [];
	for (const player of [videoPlayer, audioPlayer])
		if (player && (media ?? player.kind).includes(player.kind)) players.push(player);
	return players;
}

/**
 * Opens them, so that what is missing is known at once.
 * @param owner hears of those that cannot be opened, and of those that fail later
 */
export function openPlayers(options: Players, owner: Pick<RemoteSessionsOwner, "onEvent">): void {
	for (const player of playersOf(options)) {
		player.onError = (error) => owner.onEvent({ type: "error", error });
		try {
			player.open();
		} catch (cause) {
			owner.onEvent({ type: "error", error: fromNative(cause, "media/device-failed") });
		}
	}
}

/** A file that cannot be read fails for its picture and for its sound: that is told once. */
function joined(failures: WebRTCError[]): WebRTCError[] {
	const [video, audio] = failures;
	const text = video?.message.slice("video: ".length);
	if (!video || video.code !== audio?.code || audio.message !== `audio: ${text}`) return failures;
	return [new WebRTCError(video.code, `video and audio: ${text}`, video.cause)];
}
