// SPDX-License-Identifier: Apache-2.0
// The media that mc/config asks for: "video" is a media file, "camera" and "microphone" are devices, "width", "height",
// "framerate" and "bitrate" are the picture's; "play" says where the peers' sound goes.
import { number, text } from "examples/config";
import type { AudioOptions, PlayOptions, VideoOptions } from "webrtc/media";

/** @throws RangeError that names the option */
export function video(): VideoOptions {
	const size = {
		width: number("width"),
		height: number("height"),
		framerate: number("framerate"),
		bitrate: number("bitrate"),
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

/** @throws RangeError that names the option */
export function play(): PlayOptions | false {
	const where = text("play");
	if (!where) return false;
	if (where === "none" || where === "speaker") return { output: where };
	if (where.startsWith("speaker:")) return { output: "speaker", path: where.slice("speaker:".length) };
	if (where.endsWith(".wav")) return { output: "file", path: where };
	throw new RangeError("play: none, speaker, or a file that ends in .wav");
}
