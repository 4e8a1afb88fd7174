// SPDX-License-Identifier: Apache-2.0
// One picture after the other to a client. A picture begins when the one before has left as a whole, and is the newest then: a
// slow client gets fewer, never old ones.
import guard from "webrtc/error/guard";
import type WebRTCError from "webrtc/error";
import type { HTTPStream } from "webrtc/http";
import FrameReader from "webrtc/native/frame/reader";
import type { PictureSource } from "webrtc/pictures";

const boundary = "picture";
const end = "\r\n";

/** What is left of what is being sent. */
interface Part {
	head: string;
	size: number;
	sent: number;
}

/** multipart/x-mixed-replace, as browsers and most viewers of cameras take it in place of a picture. */
export default class Motion implements HTTPStream {
	static readonly type = `multipart/x-mixed-replace; boundary=${boundary}`;
	readonly length = undefined;
	#source: PictureSource;
	#codec: string;
	#onClose: () => void;
	#reader: FrameReader | undefined;
	#ready: (() => void) | undefined;
	#part: Part | undefined;
	#isFailed = false;

	constructor(source: PictureSource, codec: string, onClose: () => void) {
		this.#source = source;
		this.#codec = codec;
		this.#onClose = onClose;
	}

	start(ready: () => void): void {
		this.#ready = ready;
		this.#reader = new FrameReader({ onFrame: guard(this, () => this.#ready?.()) });
		this.#source.attach(this.#reader, this.#codec);
	}

	read(most: number): ArrayBuffer | undefined | null {
		if (this.#isFailed || !this.#reader) return null;
		const part = (this.#part ??= this.next());
		if (!part) return undefined;
		if (part.head) {
			const text = part.head.slice(0, most);
			part.head = part.head.slice(text.length);
			return ArrayBuffer.fromString(text);
		}
		const bytes = this.#reader.slice(part.sent, most);
		part.sent += bytes?.byteLength ?? 0;
		if (part.sent >= part.size) this.#part = undefined;
		return bytes ?? undefined;
	}

	close(): void {
		this.#ready = undefined;
		const reader = this.#reader;
		this.#reader = undefined;
		if (reader) {
			this.#source.detach(reader);
			reader.close();
		}
		this.#onClose();
	}

	/** It has no more pictures. */
	onException(_error: WebRTCError): void {
		this.#isFailed = true;
	}

	private next(): Part | undefined {
		const size = this.#reader!.take();
		if (!size) return undefined;
		const head = `${end}--${boundary}${end}content-type: image/jpeg${end}content-length: ${size}${end}${end}`;
		return { head, size, sent: 0 };
	}
}
