// SPDX-License-Identifier: Apache-2.0
// A recording of what is captured: begun and ended while it runs, whoever watches.
import WebRTCError from "webrtc/error";
import guard from "webrtc/error/guard";
import fromNative from "webrtc/error/native";
import type { AudioCapture, VideoCapture } from "webrtc/media";
import { Recorder, RecorderInput, type RecorderStatistics } from "webrtc/native/record";

export interface RecordingOptions {
	/** Of a file: fragmented MP4. One of `path` and `write`. */
	path?: string | undefined;
	/** Takes it part by part, 2,048 bytes at most, of which the next comes when this one's promise is fulfilled. */
	write?(bytes: ArrayBuffer): unknown;
	/** false: pictures alone. Default: with sound where it is captured, and can be Opus. */
	audio?: boolean | undefined;
	/** Bytes that may wait, twice, for a slow file or `write`: 32,768 … 16,777,216. Default 262,144. Beyond, pictures are left out. */
	buffer?: number | undefined;
	/** It has ended by itself: `write` has thrown, or the file cannot be written. */
	onError?(error: WebRTCError): void;
}

// The recording takes whatever the encoder makes: it sets no limits for those who watch.
const anyH264 = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e034";
const anyOpus = "stereo=1;useinbandfec=0";

/** What is captured, as H.264 and Opus. It begins with the next key frame, which is asked for. */
export default class Recording {
	#options: RecordingOptions;
	#recorder: Recorder;
	#inputs: { capture: VideoCapture | AudioCapture; input: RecorderInput }[] = [];
	#isReading = false;
	#isStopped = false;
	#statistics: RecorderStatistics | undefined; // the last
	#stopped: ((statistics: RecorderStatistics) => void) | undefined;
	#onEnd: ((recording: Recording) => void) | undefined;

	/**
	 * @param onEnd hears once that it has ended, by stop() or by itself
	 * @throws TypeError, RangeError that names the option; WebRTCError "media/file-unwritable", "media/unsupported",
	 * "peer/out-of-resources" or that of a capture that cannot be opened
	 */
	constructor(
		{
			videoCapture,
			audioCapture,
		}: { videoCapture?: VideoCapture | undefined; audioCapture?: AudioCapture | undefined },
		options: RecordingOptions,
		onEnd?: (recording: Recording) => void,
	) {
		if ((options.path === undefined) === (options.write === undefined))
			throw new TypeError("path, write: one of them");
		if (!videoCapture?.codecs.some(({ name }) => name === "H264"))
			throw new WebRTCError("media/unsupported", "recording: there are no pictures of H.264");
		this.#options = options;
		this.#onEnd = onEnd;
		const sound = options.audio === false ? undefined : audioCapture?.codecs.find(({ name }) => name === "opus");
		try {
			this.#recorder = new Recorder({
				path: options.path,
				buffer: options.buffer,
				channels: sound ? 2 : 0,
				onReady: guard(this, () => void this.give()),
				onError: guard(this, (reason: string) =>
					this.fail(new WebRTCError("media/device-failed", `recording: ${reason}`)),
				),
			});
		} catch (cause) {
			if (cause instanceof TypeError || cause instanceof RangeError) throw cause;
			throw fromNative(cause, "media/file-unwritable");
		}
		try {
			if (sound) this.attach(audioCapture!, "opus", anyOpus);
			this.attach(videoCapture, "H264", anyH264);
		} catch (cause) {
			this.end();
			throw cause;
		}
	}

	/** So far. */
	statistics(): RecorderStatistics {
		return this.#statistics ?? this.#recorder.statistics();
	}

	/** Ends it. @returns fulfilled when all has left, also for one that has ended before */
	stop(): Promise<RecorderStatistics> {
		return new Promise((resolve) => {
			if (this.#statistics) return resolve(this.#statistics);
			this.#stopped = resolve;
			this.#isStopped = true;
			this.detach();
			this.#recorder.finish();
			if (this.#options.write) void this.give();
			else this.end();
		});
	}

	/** A fault of ours, or of `write`. */
	onException(error: WebRTCError): void {
		this.fail(error);
	}

	private attach(capture: VideoCapture | AudioCapture, codec: string, parameters: string): void {
		const input = new RecorderInput(this.#recorder, capture.kind === "video");
		this.#inputs.push({ capture, input });
		capture.attach(input, codec, parameters);
	}

	private detach(): void {
		for (const { capture, input } of this.#inputs.splice(0)) {
			capture.detach(input);
			input.close();
		}
	}

	/** What there is to `write`, one part after the other. */
	private async give(): Promise<void> {
		const { write } = this.#options;
		if (this.#isReading || !write) return;
		this.#isReading = true;
		try {
			while (!this.#statistics) {
				const bytes = this.#recorder.read();
				if (!bytes) break;
				await write.call(this.#options, bytes);
			}
		} catch (cause) {
			this.#isReading = false;
			return this.fail(new WebRTCError("media/device-failed", "recording: write has failed", cause));
		}
		this.#isReading = false;
		if (this.#isStopped) this.end();
	}

	private fail(error: WebRTCError): void {
		if (this.#statistics) return;
		this.end();
		this.#options.onError?.(error);
	}

	private end(): void {
		if (this.#statistics) return;
		this.detach();
		this.#recorder.finish();
		this.#statistics = this.#recorder.statistics();
		this.#recorder.close();
		this.#stopped?.(this.#statistics);
		this.#onEnd?.(this);
	}
}
