// SPDX-License-Identifier: Apache-2.0
// A recording: whose encoders it uses, who takes its bytes, and how it ends.
import NativeAudioCapture from "webrtc/media/audio";
import Recording, { type RecordingOptions } from "webrtc/media/recording";
import NativeVideoCapture from "webrtc/media/video";
import { settle } from "../fakes/moddable/clock";
import { missing, Source } from "../fakes/native/capture";
import { Encoder } from "../fakes/native/codec";
import { Recorder, RecorderInput, unwritable } from "../fakes/native/record";

const videoCapture = new NativeVideoCapture({});
const audioCapture = new NativeAudioCapture({});
const theRecorder = () => [...Recorder.open][0]!;
let ended = 0;
const begin = (options: RecordingOptions) => new Recording({ videoCapture, audioCapture }, options, () => void ended++);
const encoderOf = (codec: string) => [...Encoder.open].find(({ options }) => options.codec === codec);

afterEach(() => {
	videoCapture.close();
	audioCapture.close();
	expect([Recorder.open.size, RecorderInput.open.size, Encoder.open.size, Source.open.size]).toEqual([0, 0, 0, 0]);
});

test("it takes what the encoders make, and sets no limits for those who watch", async () => {
	videoCapture.attach({}, "H264", "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f");
	const recording = begin({ path: "a.mp4" });
	expect(theRecorder().options).toMatchObject({ path: "a.mp4", channels: 2 });
	expect(encoderOf("H264")).toMatchObject({ limits: { level: 0, maximumNalSize: 0 } });
	expect([...encoderOf("opus")!.sinks]).toEqual([...RecorderInput.open].filter(({ isVideo }) => !isVideo));
	expect(recording.statistics()).toMatchObject({ duration: 3 });
	ended = 0;
	const recorder = theRecorder();
	await expect(recording.stop()).resolves.toMatchObject({ frames: 1, packets: 2 });
	await expect(recording.stop()).resolves.toMatchObject({ frames: 1 });
	expect([recorder.isFinished, ended, encoderOf("opus"), encoderOf("H264")!.sinks.size]).toEqual([
		true,
		1,
		undefined,
		1,
	]);
});

test("without sound there is no track of it", async () => {
	const recording = begin({ path: "a.mp4", audio: false });
	expect([theRecorder().options.channels, encoderOf("opus")]).toEqual([0, undefined]);
	await recording.stop();
});

test("a sink gets one part after the other, and all of it before the end", async () => {
	const taken: number[] = [];
	const waiting: (() => void)[] = [];
	const recording = begin({
		write(bytes) {
			taken.push(bytes.byteLength);
			return new Promise<void>((resolve) => waiting.push(resolve));
		},
	});
	theRecorder().give(10, 20);
	await settle();
	theRecorder().give(30);
	expect(taken).toEqual([10]);
	waiting.shift()!();
	await settle();
	expect(taken).toEqual([10, 20]);
	const stopped = recording.stop();
	let isOver = false;
	void stopped.then(() => (isOver = true));
	waiting.shift()!();
	await settle();
	expect([taken, isOver]).toEqual([[10, 20, 30], false]);
	waiting.shift()!();
	await expect(stopped).resolves.toMatchObject({ bytes: 60 });
});

test.each(["at once", "later"])("a sink that fails %s ends it, which is told", async (when) => {
	const errors: string[] = [];
	const recording = begin({
		write() {
			if (when === "at once") throw new Error("full");
			return Promise.reject(new Error("full"));
		},
		onError: ({ code, message }) => errors.push(`${message} (${code})`),
	});
	theRecorder().give(1, 2);
	await settle();
	expect(errors).toEqual(["recording: write has failed (media/device-failed)"]);
	await expect(recording.stop()).resolves.toMatchObject({ frames: 1 });
});

test("a file that is full ends it; one that cannot be written is told at once, as is a camera", () => {
	const errors: string[] = [];
	begin({ path: "a.mp4", onError: ({ message }) => errors.push(message) });
	theRecorder().options.onError!("No space left on device");
	expect(errors).toEqual(["recording: No space left on device"]);
	expect(() => begin({ path: unwritable })).toThrow(expect.objectContaining({ code: "media/file-unwritable" }));
	expect(() => begin({})).toThrow("path, write: one of them");
	expect(() => begin({ path: "a", write() {} })).toThrow("path, write: one of them");
	const none = new NativeVideoCapture({ source: "camera", path: missing });
	expect(() => new Recording({ videoCapture: none }, { path: "a.mp4" })).toThrow(
		expect.objectContaining({ code: "media/device-missing" }),
	);
	expect(() => new Recording({ audioCapture }, { path: "a.mp4" })).toThrow(
		expect.objectContaining({ code: "media/unsupported" }),
	);
	audioCapture.close();
});
