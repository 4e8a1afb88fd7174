// SPDX-License-Identifier: Apache-2.0
// One picture of a capture that runs, or begins for it.
import Timer from "timer";
import WebRTCError from "webrtc/error";
import guard from "webrtc/error/guard";
import fromNative from "webrtc/error/native";
import type { MediaCapture, Snapshot, SnapshotOptions } from "webrtc/media";
import { jpegCodec } from "webrtc/media/jpeg";
import FrameReader from "webrtc/native/frame/reader";

/**
 * The next picture of a capture that knows the codec "JPEG".
 * @throws RangeError that names the option
 */
export default function takeSnapshot(
	capture: Pick<MediaCapture, "attach" | "detach">,
	options: SnapshotOptions = {},
): Promise<Snapshot> {
	const { timeout = 3000 } = options;
	if (!(timeout >= 100 && timeout <= 60_000)) throw new RangeError("timeout: 100 to 60000");
	const codec = jpegCodec(options);
	return new Promise((resolve, reject) => {
		const taking = new Taking(capture, resolve, reject);
		taking.begin(codec, timeout);
	});
}

class Taking {
	#capture: Pick<MediaCapture, "attach" | "detach">;
	#resolve: (snapshot: Snapshot) => void;
	#reject: (error: WebRTCError) => void;
	#reader: FrameReader | undefined;
	#timer: Timer | undefined;

	constructor(
		capture: Pick<MediaCapture, "attach" | "detach">,
		resolve: (snapshot: Snapshot) => void,
		reject: (error: WebRTCError) => void,
	) {
		this.#capture = capture;
		this.#resolve = resolve;
		this.#reject = reject;
	}

	begin(codec: string, timeout: number): void {
		try {
			this.#reader = new FrameReader({ onFrame: guard(this, () => this.take()) });
			this.#capture.attach(this.#reader, codec);
		} catch (cause) {
			return this.onException(fromNative(cause, "media/device-failed"));
		}
		this.#timer = Timer.set(
			guard(this, () => this.onException(new WebRTCError("media/device-failed", "snapshot: no picture in time"))),
			timeout,
		);
	}

	/** There is no picture. */
	onException(error: WebRTCError): void {
		const reader = this.end();
		reader?.close();
		this.#reject(error);
	}

	private take(): void {
		const size = this.#reader?.take();
		if (!size) return; // no memory now: another one comes
		const reader = this.end()!;
		this.#resolve(new Picture(reader, size));
	}

	private end(): FrameReader | undefined {
		const reader = this.#reader;
		this.#reader = undefined;
		if (this.#timer !== undefined) Timer.clear(this.#timer);
		this.#timer = undefined;
		if (reader) this.#capture.detach(reader);
		return reader;
	}
}

class Picture implements Snapshot {
	#reader: FrameReader;

	constructor(
		reader: FrameReader,
		readonly size: number,
	) {
		this.#reader = reader;
	}

	slice(from: number, most: number): ArrayBuffer | undefined {
		return this.#reader.slice(from, most);
	}

	close(): void {
		this.#reader.close();
	}
}
