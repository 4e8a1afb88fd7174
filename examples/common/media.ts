// SPDX-License-Identifier: Apache-2.0
// The media that mc/config asks for: "video" is a media file, "camera" and "microphone" are devices, "width", "height",
// "framerate" and "bitrate" are the picture's.
import { number, text } from "examples/config";
import type { AudioOptions, VideoOptions } from "webrtc/media";

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
