// SPDX-License-Identifier: Apache-2.0
// The media that mc/config asks for: "video" is a media file, "camera" and "microphone" are devices, "width", "height",
// "framerate", "bitrate" and "policy" are the picture's; "resend" is what can be sent again; "play" says where the peers' sound and pictures go.
import { number, text } from "examples/config";
import type { AudioOptions, PlayOptions, ShowOptions, VideoOptions } from "webrtc/media";
import type { RetransmissionOptions } from "webrtc/media/defaults";

/** @throws RangeError that names the option */
export function video(): VideoOptions {
	const size = {
		width: number("width"),
		height: number("height"),
		framerate: number("framerate"),
		bitrate: number("bitrate"),
		policy: text("policy") as VideoOptions["policy"], // which the capture checks
	};
	const file = text("video");
	if (file) return { ...size, source: "file", path: file };
	const camera = text("camera");
	if (camera) return { ...size, source: "camera", path: camera };
	return size;
}

export function audio(): AudioOptions {
	const file = text("video");
	if (file) return { source: "file", path: file };
	const microphone = text("microphone");
	if (microphone) return { source: "microphone", path: microphone };
	return {};
}

/** What is kept to be sent again: "resend" in kilobytes. */
export function retransmission(): RetransmissionOptions {
	const kilobytes = number("resend");
	return { bytes: kilobytes === undefined ? undefined : kilobytes * 1024 };
}

/**
 * What plays the peers' sound; false: nothing.
 * @throws RangeError that names the option
 */
export function play(): PlayOptions | false {
	for (const where of places()) {
		if (where === "none" || where === "speaker") return { output: where };
		if (where.startsWith("speaker:")) return { output: "speaker", path: where.slice("speaker:".length) };
		if (where.endsWith(".wav")) return { output: "file", path: where };
		if (where !== "window" && !isFilm(where))
			throw new RangeError(
				"play: none, speaker, window, or files that end in .wav and .mp4 or .mkv, with commas between them",
			);
	}
	return false;
}

/** What shows the peers' pictures; false: nothing. */
export function show(): ShowOptions | false {
	for (const where of places()) {
		if (where === "none" || where === "window") return { output: where };
		if (isFilm(where)) return { output: "file", path: where };
	}
	return false;
}

const isFilm = (name: string) => name.endsWith(".mp4") || name.endsWith(".mkv");

function places(): string[] {
	return text("play")?.split(",") ?? [];
}
