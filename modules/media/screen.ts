// SPDX-License-Identifier: Apache-2.0
import type { ShowOptions, VideoPlayer } from "webrtc/media";
import OutputPlayer from "webrtc/media/output";
import { VideoOutput } from "webrtc/native/screen";

/** A window, an MP4 file or nothing, which shows the pictures of the peer that came first. */
export default class NativeVideoPlayer extends OutputPlayer<VideoOutput, "video"> implements VideoPlayer {
	constructor({ output = "none", path }: ShowOptions = {}) {
		super("video", (onError) => new VideoOutput({ output, path, onError }));
	}
}
