// SPDX-License-Identifier: Apache-2.0
// The camera as JPEG: it works while somebody looks on.
import { VideoSource, type VideoSourceOptions } from "webrtc/native/capture";
import FrameReader from "webrtc/native/frame/reader";
import Frames, { header } from "mjpeg-camera/frames";

export default class Camera {
	readonly viewers = new Map<string, Frames>();
	#source: VideoSource;
	#reader: FrameReader;
	#number = 0;

	/** @throws as VideoSource: there is no camera, or it has no such pictures */
	constructor(options: VideoSourceOptions) {
		this.#source = new VideoSource(options);
		this.#reader = new FrameReader({ onFrame: () => this.take() });
	}

	add(peerId: string, frames: Frames): void {
		this.viewers.set(peerId, frames);
		if (this.viewers.size === 1) this.#source.connect(this.#reader);
	}

	/** For pictures by HTTP, which have the quality of the source. */
	attach(sink: object): void {
		this.#source.connect(sink);
	}

	detach(sink: object): void {
		this.#source.disconnect(sink);
	}

	/** @returns what it has been sent; undefined: it was no viewer */
	remove(peerId: string): Frames | undefined {
		const frames = this.viewers.get(peerId);
		if (this.viewers.delete(peerId) && !this.viewers.size) this.#source.disconnect(this.#reader);
		return frames;
	}

	close(): void {
		this.#source.close();
		this.#reader.close();
	}

	private take(): void {
		const picture = this.#reader.read(header);
		if (!picture) return;
		new DataView(picture).setUint32(0, this.#number++);
		for (const frames of this.viewers.values()) frames.send(picture);
	}
}
