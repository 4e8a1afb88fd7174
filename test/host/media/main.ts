// SPDX-License-Identifier: Apache-2.0
// Sources and encoders on the XS engine: pipes that JavaScript lays, and then does not hear of.
import Instrumentation from "instrumentation";
import Timer from "timer";
import { AudioSource, VideoSource } from "webrtc/native/capture";
import { AudioEncoder, VideoEncoder } from "webrtc/native/codec";
import EncodedFrameReader from "webrtc/native/codec/reader";
import FrameWriter from "webrtc/native/codec/writer";
import LevelMeter from "webrtc/native/frame/meter";
import FrameReader from "webrtc/native/frame/reader";
import { EchoCanceller, EchoReference } from "webrtc/native/echo";
import { Recorder, RecorderInput } from "webrtc/native/record";
import { AudioOutput } from "webrtc/native/render";

function assert(condition: unknown, what: string): asserts condition {
	if (!condition) throw new Error(`failed: ${what}`);
}

function assertThrows(type: new (...args: never[]) => Error, text: string, action: () => unknown): void {
	try {
		action();
	} catch (error) {
		const { code } = error as { code?: string };
		const given = `${code ?? ""} ${error}`;
		assert(error instanceof type && given.includes(text), `${type.name} with "${text}", got ${given}`);
		return;
	}
	throw new Error(`failed: ${text}: nothing thrown`);
}

/** Into JavaScript so far, by whatever. */
const entries = (): number => Instrumentation.get(Instrumentation.map("Turns")) ?? NaN;

function wait(milliseconds: number): Promise<void> {
	return new Promise((resolve) => Timer.set(() => resolve(), milliseconds));
}

function optionsAreChecked(): void {
	const video = { codec: "H264" } as const;
	assertThrows(TypeError, "options", () => new VideoEncoder(undefined as never));
	assertThrows(RangeError, "codec", () => new VideoEncoder({ codec: "AV1" }));
	assertThrows(TypeError, "codec", () => new VideoEncoder({} as never));
	assertThrows(RangeError, "framerate", () => new VideoEncoder({ ...video, framerate: 0 }));
	assertThrows(RangeError, "bitrate", () => new VideoEncoder({ ...video, bitrate: 1000 }));
	assertThrows(TypeError, "onError", () => new VideoEncoder({ ...video, onError: 1 as never }));
	assertThrows(RangeError, "policy", () => new VideoEncoder({ ...video, policy: "all" as never }));
	assertThrows(RangeError, "degradationPreference", () => {
		new VideoEncoder({ ...video, degradationPreference: "none" as never });
	});
	assertThrows(RangeError, "codec", () => new AudioEncoder({ codec: "G722" as "opus" }));
	assertThrows(RangeError, "sampleRate", () => new AudioEncoder({ codec: "opus", sampleRate: 44100 }));
	assertThrows(RangeError, "sampleRate", () => new AudioEncoder({ codec: "PCMU", channels: 2 }));
	assertThrows(TypeError, "path", () => new VideoSource({ source: "file" }));
	assertThrows(RangeError, "width", () => new VideoSource({ source: "test", width: 8 }));
	assertThrows(RangeError, "quality", () => new VideoSource({ source: "test", quality: 101 }));
	assertThrows(TypeError, "onFrame", () => new FrameReader({} as never));
	assertThrows(RangeError, "channels", () => new AudioSource({ source: "test", channels: 3 }));
	assertThrows(RangeError, "sampleRate", () => new AudioSource({ source: "test", sampleRate: 11025 }));
	assertThrows(Error, "media/unsupported ", () => new VideoSource({ source: "microphone" as "test" }));
	const missing = "/no/such/file.mp4";
	assertThrows(Error, "media/file-unreadable ", () => new VideoSource({ source: "file", path: missing }));
	assertThrows(Error, "media/file-unreadable ", () => new AudioSource({ source: "file", path: missing }));
	assertThrows(RangeError, "sampleRate", () => new AudioOutput({ output: "none", sampleRate: 44100 }));
	assertThrows(RangeError, "levelInterval", () => new AudioOutput({ output: "none", levelInterval: 1 }));
	assertThrows(TypeError, "path", () => new AudioOutput({ output: "file" }));
	assertThrows(Error, "media/unsupported ", () => new AudioOutput({ output: "trumpet" as "none" }));
	assertThrows(Error, "media/file-unwritable ", () => new AudioOutput({ output: "file", path: "/no/such/a.wav" }));
	assertThrows(Error, "media/device-missing ", () => new VideoSource({ source: "camera", path: "/dev/video99" }));
}

class Pipeline {
	readonly camera = new VideoSource({ source: "test", width: 320, height: 240, framerate: 30 });
	readonly microphone = new AudioSource({ source: "test" });
	readonly changes: string[] = [];
	readonly video = new VideoEncoder({
		codec: "H264",
		bitrate: 300_000,
		onChange: (...change) => void this.changes.push(change.join()),
	});
	readonly audio = new AudioEncoder({ codec: "opus" });
	readonly g711 = new AudioEncoder({ codec: "PCMU" }); // takes no H.264 and no Opus: it ends the pipes

	open(): void {
		this.camera.connect(this.video);
		this.microphone.connect(this.audio);
		this.video.connect(this.g711);
	}

	close(): void {
		for (const segment of [this.video, this.camera, this.audio, this.microphone, this.g711]) {
			segment.close();
			segment.close();
			assertThrows(SyntaxError, "", () => segment.statistics());
			assertThrows(SyntaxError, "", () => segment.connect(segment));
		}
	}
}

async function pipelineFlows(): Promise<void> {
	const pipeline = new Pipeline();
	const { camera, microphone, video, audio } = pipeline;
	pipeline.open();
	assertThrows(TypeError, "connected", () => camera.connect(video));
	assertThrows(TypeError, "takes no frames", () => camera.connect(microphone));
	assertThrows(TypeError, "not a media segment", () => camera.connect({}));
	const before = entries();
	await wait(1000);
	const entered = entries() - before;
	const frames = video.statistics().framesEncoded;
	assert(frames >= 15 && frames <= 33, `${frames} frames in a second`);
	assert(entered < 10, `${entered} entries into JavaScript for ${frames} frames`);
	assert(video.statistics().width === 320 && video.statistics().keyFramesEncoded === 1, "statistics");
	assert(camera.statistics().frames >= frames && microphone.statistics().sampleRate === 48000, "sources");
	assert(audio.statistics().framesEncoded === 0, "nothing is encoded for nobody");
	video.requestKeyFrame();
	video.bitrate = 500_000;
	assert(video.bitrate === 500_000 && video.statistics().targetBitrate === 500_000, "bitrate");
	assertThrows(RangeError, "bitrate", () => (video.bitrate = 1));
	await wait(200);
	assert(video.statistics().keyFramesEncoded === 2, "key frame");
	assertThrows(RangeError, "level", () => video.setLimits({ level: 14 }));
	assertThrows(TypeError, "options", () => video.setLimits(undefined as never));
	video.setLimits({ level: 52, maximumNalSize: 1100 });
	assert(pipeline.changes.length === 0, "pictures are as they were");
	video.bitrate = 50_000;
	await wait(1000);
	assert(pipeline.changes.join() === "320,240,15", `fewer pictures for few bits: ${pipeline.changes.join(" ")}`);
	assert(video.statistics().framerate === 15 && video.statistics().framesSpared > 3, "pictures are spared");
	audio.setLimits({ fec: true, dtx: true, mono: true, playbackRate: 16_000, bitrate: 24_000 });
	assert(audio.statistics().targetBitrate === 24_000, "the sinks' limit");
	assertThrows(RangeError, "playbackRate", () => audio.setLimits({ playbackRate: 96_000 }));
	video.disconnect(pipeline.g711);
	audio.connect(pipeline.g711);
	await wait(300);
	assert(audio.statistics().framesEncoded + audio.statistics().framesSpared > 5, "sound");
	const still = video.statistics().framesEncoded;
	await wait(200);
	assert(video.statistics().framesEncoded === still, "no sink, no frames");
	pipeline.close();
}

// Open segments live, whether JavaScript holds them or not.
async function collectionSpares(): Promise<VideoEncoder> {
	const encoder = new VideoEncoder({ codec: "H264" });
	(() => {
		const camera = new VideoSource({ source: "test", width: 160, height: 120 });
		const end = new AudioEncoder({ codec: "opus" });
		camera.connect(encoder);
		encoder.connect(end);
	})();
	for (let i = 0; i < 20; i++) {
		new ArrayBuffer(20_000);
		await wait(10);
	}
	const before = encoder.statistics().framesEncoded;
	await wait(300);
	assert(encoder.statistics().framesEncoded > before, "the pipe still flows");
	return encoder; // never closed: the end of the machine does it
}

async function failuresArrive(): Promise<void> {
	const source = new AudioSource({ source: "test", sampleRate: 44100 });
	const end = new VideoEncoder({ codec: "H264" });
	let failure = "";
	const encoder = new AudioEncoder({
		codec: "PCMA",
		onError(code, message) {
			assert(this === encoder, "this");
			failure = `${code}: ${message}`;
			throw new Error("as the test means it to");
		},
	});
	encoder.connect(end);
	source.connect(encoder);
	await wait(200);
	assert(failure === "media/unsupported: G.711 takes 8, 16, 24 or 48 kHz, mono", failure);
	for (const segment of [source, encoder, end]) segment.close();
}

// What plays is a sink that any source of packets can be given to.
async function soundIsPlayed(): Promise<void> {
	let levels = 0;
	const options = { levelInterval: 50, onLevel: () => void levels++ };
	const output = new AudioOutput({ output: "none", sampleRate: 16000, ...options });
	const source = new AudioSource({ source: "test" });
	const encoder = new AudioEncoder({ codec: "opus" });
	let [loudest, heard] = [0, 0];
	const meter = new LevelMeter({
		interval: 50,
		onLevel(level) {
			assert(this === meter && level >= 0 && level <= 1, `level: ${level}`);
			loudest = Math.max(loudest, level);
			if (++heard === 5) this.close();
		},
	});
	source.connect(meter);
	source.connect(encoder);
	output.play(encoder);
	assertThrows(TypeError, "already", () => output.play(encoder));
	assertThrows(TypeError, "not a media segment", () => output.play({}));
	const before = entries();
	await wait(500);
	assert(levels >= 2 && entries() - before < 40, `${levels} levels, ${entries() - before} entries into JavaScript`);
	assert(heard === 5, `the meter told ${heard} levels, of five until it closes itself`);
	assertThrows(SyntaxError, "", () => source.connect(meter));
	assertThrows(TypeError, "onLevel", () => new LevelMeter({} as never));
	assertThrows(RangeError, "interval", () => new LevelMeter({ interval: 49, onLevel() {} }));
	output.volume = 0.5;
	assertThrows(RangeError, "volume", () => (output.volume = 5));
	assert(output.statistics().streams === 1 && output.streamStatistics(encoder) !== undefined, "statistics");
	output.stop(encoder);
	assert(output.streamStatistics(encoder) === undefined, "stopped");
	output.play(encoder);
	encoder.close(); // its place is free again
	output.close();
	output.close();
	assertThrows(SyntaxError, "", () => output.statistics());
	source.close();
	new AudioOutput({ output: "none" }).play(new AudioEncoder({ codec: "PCMU" })); // never closed
}

// JPEG comes to JavaScript, the newest only, and where the heap has room.
async function picturesAreRead(): Promise<void> {
	const camera = new VideoSource({ source: "test", width: 320, height: 240, framerate: 60, quality: 60 });
	let read = 0;
	let isReading = true;
	const reader = new FrameReader({
		onFrame() {
			if (!isReading) return;
			const picture = new Uint8Array(this.read(4)!);
			const size = picture.length;
			const markers = [picture[4], picture[5], picture[size - 2], picture[size - 1]];
			assert(markers.join() === "255,216,255,217" && picture.subarray(0, 4).join() === "0,0,0,0", "JPEG");
			read++;
		},
	});
	const encoder = new VideoEncoder({ codec: "H264" });
	camera.connect(reader);
	camera.connect(encoder); // to which they are no pictures
	await wait(500);
	assert(read >= 10, `${read} pictures are read`);
	isReading = false;
	const { framesDropped } = reader.statistics();
	await wait(200);
	assert(reader.statistics().framesDropped > framesDropped + 3, "of those that nobody reads the newest waits");
	assert(reader.read() !== undefined && reader.read() === undefined, "once");
	assertThrows(RangeError, "header", () => reader.read(257));
	assert(encoder.statistics().framesEncoded === 0, "no H.264 of JPEG");
	camera.close();
	encoder.close();
	reader.close();
	reader.close();
	assertThrows(SyntaxError, "", () => reader.read());
	const large = new VideoSource({ source: "test", width: 2560, height: 1440, framerate: 10, quality: 100 });
	const filler = [new ArrayBuffer(50_000)];
	const small = new FrameReader({ onFrame: () => assert(small.read() === undefined, "there is no room for it") });
	large.connect(small);
	for (let i = 0; i < 50 && !small.statistics().framesDropped; i++) await wait(100);
	assert(small.statistics().framesDropped >= 1 && filler.length === 1, "dropped, and counted");
	large.close(); // and `small` never: the end of the machine does it
}

// A recording goes to JavaScript in parts, a picture out of the same frames is read in parts, and a canceller stands between.
async function recordingsAreRead(): Promise<void> {
	const pipeline = new Pipeline();
	const { camera, microphone, video, audio } = pipeline;
	assertThrows(RangeError, "buffer", () => new Recorder({ buffer: 1 }));
	assertThrows(Error, "media/file-unwritable ", () => new Recorder({ path: "/no/such/folder/a.mp4" }));
	let text = "";
	let size = 0;
	const recorder = new Recorder({
		channels: 1,
		onReady() {
			for (let bytes = this.read(); bytes; bytes = this.read()) {
				if (!size) text = String.fromCharCode(...new Uint8Array(bytes, 4, 4));
				assert(bytes.byteLength <= 2048, "parts");
				size += bytes.byteLength;
			}
		},
	});
	const inputs = [new RecorderInput(recorder, true), new RecorderInput(recorder, false)] as const;
	assertThrows(TypeError, "Recorder", () => new RecorderInput({} as never, true));
	const output = new AudioOutput({ output: "none" });
	const canceller = new EchoCanceller({ sampleRate: 48000 });
	const reference = new EchoReference(canceller);
	const still = new VideoEncoder({ codec: "JPEG", quality: 50, framerate: 5 });
	const reader = new FrameReader({ onFrame() {} });
	camera.connect(video);
	camera.connect(still);
	still.connect(reader);
	microphone.connect(canceller);
	canceller.connect(audio);
	output.connect(reference);
	assertThrows(TypeError, "connected", () => output.connect(reference));
	video.connect(inputs[0]);
	audio.connect(inputs[1]);
	output.play(audio); // and so an echo that nobody hears
	for (let i = 0; i < 100 && recorder.statistics().duration < 1.2; i++) await wait(50);
	const { frames, packets, framesDropped } = recorder.statistics();
	assert(frames > 10 && packets > 20 && !framesDropped, `${frames} pictures, ${packets} packets`);
	recorder.finish();
	await wait(100);
	assert(text === "ftyp" && size > 5000 && recorder.statistics().bytes === size, `${size} bytes of ${text}`);
	assert(canceller.statistics().frames > 20 && canceller.statistics().cancelled > 5, "the canceller hears both");
	const bytes = reader.take();
	assert(bytes > 1000 && reader.slice(bytes - 2, 1024)!.byteLength === 2, "the picture's end");
	assert(new Uint8Array(reader.slice(0, 2)!).join() === "255,216" && !reader.slice(bytes, 1), "and its begin");
	assertThrows(RangeError, "most", () => reader.slice(0, 1025));
	for (const segment of [reader, still, ...inputs, recorder, reference, canceller, output]) {
		segment.close();
		segment.close();
	}
	assertThrows(SyntaxError, "", () => recorder.read());
	assertThrows(SyntaxError, "", () => reader.take());
	pipeline.close();
}

/** Raw pictures of a camera some times a second; what its encoder makes, and what of it is written on. */
async function framesAreTapped(): Promise<void> {
	const camera = new VideoSource({ source: "test", width: 160, height: 90, framerate: 30 });
	const encoder = new VideoEncoder({ codec: "H264", bitrate: 100_000 });
	let raw = 0;
	const tap = new FrameReader({
		format: "i420",
		interval: 100,
		onFrame() {
			assert(this.read()!.byteLength === 160 * 90 * 1.5, "I420");
			raw++;
		},
	});
	let shown = 0;
	const display = new FrameReader({
		format: "rgb565",
		interval: 200,
		onFrame() {
			const picture = this.read();
			if (!picture) return; // the heap has no room for it now
			const pixels = new DataView(picture);
			assert(pixels.byteLength === 160 * 90 * 2, "RGB565");
			// The card's first bar is grey: as much green as red and blue have.
			const [pixel, last] = [pixels.getUint16((30 * 160 + 5) * 2, true), 31];
			const [red, green, blue] = [pixel >> 11, (pixel >> 6) & last, pixel & last];
			assert(
				red > 15 && Math.abs(red - green) < 2 && Math.abs(blue - green) < 2,
				`grey: ${red}, ${green}, ${blue}`,
			);
			shown++;
		},
	});
	let wanted = 0;
	const writer = new FrameWriter({ codec: "H264", onKeyFrameWanted: () => void wanted++ });
	const codes: boolean[] = [];
	const last = new EncodedFrameReader({
		onFrame() {
			for (let frame = this.read(); frame; frame = this.read()) {
				codes.push(frame.key);
				assert(
					frame.codec === "H264" && new Uint8Array(frame.data).subarray(0, 4).join() === "0,0,0,1",
					"Annex B",
				);
			}
		},
	});
	const middle = new EncodedFrameReader({
		frames: 16,
		onFrame() {
			for (let frame = this.read(); frame; frame = this.read()) writer.write(frame.data, frame.key);
		},
	});
	assert(!writer.write(new ArrayBuffer(4), true), "nobody reads");
	assertThrows(RangeError, "codec", () => new FrameWriter({ codec: "none" }));
	assertThrows(RangeError, "largest", () => new FrameWriter({ codec: "H264", largest: 0 }));
	assertThrows(TypeError, "onFrame", () => new EncodedFrameReader({} as never));
	assertThrows(RangeError, "format", () => new FrameReader({ format: "png" as "jpeg", onFrame() {} }));
	writer.connect(last);
	encoder.connect(middle);
	camera.connect(encoder);
	camera.connect(tap);
	camera.connect(display);
	let waited = 0;
	for (; waited < 300 && (raw < 4 || shown < 1 || codes.length < 11); waited++) await wait(100);
	assert(raw >= 4 && raw <= 2 * waited + 2, `${raw} raw pictures in ${waited} tenths of a second`);
	assert(shown > 0, "as a display has them");
	assert(tap.statistics().framesSpared > 0 && tap.statistics().width === 160, "others are left out");
	assert(codes.length > 10 && codes[0] === true, `${codes.length} frames, from a key frame on`);
	assert(wanted >= 1 && writer.statistics().frames === codes.length, "all are given");
	assertThrows(RangeError, "frame", () => writer.write(new ArrayBuffer(65_537), true));
	for (const end of [camera, encoder, tap, display, middle, last, writer, writer]) end.close();
	assertThrows(SyntaxError, "", () => writer.write(new ArrayBuffer(4), true));
	assertThrows(SyntaxError, "", () => last.read());
}

async function cycles(): Promise<void> {
	for (let i = 0; i < 20; i++) {
		const pipeline = new Pipeline();
		pipeline.open();
		if (i % 4 === 0) await wait(50);
		pipeline.close();
	}
}

async function main(): Promise<void> {
	optionsAreChecked();
	trace("options\n");
	await pipelineFlows();
	trace("pipeline\n");
	kept.push(await collectionSpares());
	trace("collection\n");
	await failuresArrive();
	trace("failure\n");
	await soundIsPlayed();
	trace("sound\n");
	await picturesAreRead();
	trace("pictures\n");
	await recordingsAreRead();
	trace("recordings\n");
	await framesAreTapped();
	trace("taps\n");
	await cycles();
	trace("cycles\n");
	trace("media: passed\n");
}

const kept: object[] = [];
main().then(
	() => globalThis.simulator?.exit(0),
	(error) => {
		trace(`${error}\n`);
		globalThis.simulator?.exit(1);
	},
);
