// SPDX-License-Identifier: Apache-2.0
// What the device is told by mc/config: the manifest's `config`, and the `key=value` of a command line, which are text.
import config from "mc/config";
import type { AudioOptions, VideoOptions } from "webrtc/media";

type Key =
	/** TCP port of the page and the endpoint. */
	| "port"
	/** UDP port of the media; 0: any. */
	| "udpPort"
	/** Viewers at once. */
	| "viewers"
	/** A media file to show instead of the camera. */
	| "video"
	/** A camera other than the platform's own. */
	| "camera"
	/** A microphone other than the platform's own. */
	| "microphone"
	/** Pixels. */
	| "width"
	| "height"
	/** Frames per second. */
	| "framerate"
	/** Bits per second. */
	| "bitrate"
	/** Seconds between reports of memory and of entries into JavaScript. */
	| "report";

function text(key: Key): string | undefined {
	const value = config[key];
	return value === undefined || value === "" ? undefined : String(value);
}

/** @throws RangeError that names the option */
function number(key: Key): number | undefined {
	const value = text(key);
	if (value === undefined) return undefined;
	const result = Number(value);
	if (!Number.isInteger(result)) throw new RangeError(`${key}: an integer, not "${value}"`);
	return result;
}

export const port = (): number => number("port") ?? 80;
export const udpPort = (): number => number("udpPort") ?? 0;
export const viewers = (): number => number("viewers") ?? 5;
export const reportInterval = (): number => number("report") ?? 0;

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
