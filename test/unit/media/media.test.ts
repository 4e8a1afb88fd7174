// SPDX-License-Identifier: Apache-2.0
// Captures: one source for all encoders, and failures of either that reach the application.
import WebRTCError from "webrtc/error";
import NativeAudioCapture from "webrtc/media/audio";
import { defaultMedia } from "webrtc/media/defaults";
import profileLevelId from "webrtc/media/level";
import NativeVideoCapture from "webrtc/media/video";
import { parameter } from "webrtc/codec";
import { missing, Source } from "../fakes/native/capture";
import { Encoder } from "../fakes/native/codec";
import { retransmission } from "../fakes/native/rtp";

const encoderOf = (codec: string) => [...Encoder.open].find(({ options }) => options.codec === codec)!;
const theSource = () => [...Source.open][0]!;

afterEach(() => {
	for (const segment of [...Encoder.open, ...Source.open]) segment.close();
});

test.each([
	["video", NativeVideoCapture, "H264"],
	["audio", NativeAudioCapture, "PCMU"],
] as const)("the %s encoder's failure reaches the application, and the encoder goes on", (kind, Capture, codec) => {
	const capture = new Capture({});
	const errors: WebRTCError[] = [];
	capture.attach({}, codec);
	capture.onError = (error) => errors.push(error);
	encoderOf(codec).options.onError!("media/unsupported", "the picture is too small");
	expect(errors).toHaveLength(1);
	expect(errors[0]).toBeInstanceOf(WebRTCError);
	expect(errors[0]).toMatchObject({ code: "media/unsupported", message: `${kind}: the picture is too small` });
	expect([Encoder.open.size, Source.open.size]).toEqual([1, 1]);
});

test("the encoder is kept to what all viewers can take, as they come and go", () => {
	const capture = new NativeVideoCapture({});
	const [browser, old] = [{}, {}];
	capture.attach(browser, "H264", "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f");
	expect(encoderOf("H264")).toMatchObject({ limits: { level: 0, maximumNalSize: 0 } });
	capture.attach(old, "H264", "profile-level-id=42e01e");
	expect(encoderOf("H264")).toMatchObject({ limits: { level: 30, maximumNalSize: 1100 } });
	capture.detach(old);
	expect(encoderOf("H264")).toMatchObject({ limits: { level: 0, maximumNalSize: 0 } });
});

test("a policy and a preference are the encoder's, which tells what becomes of pictures", () => {
	const capture = new NativeVideoCapture({ policy: "median", degradationPreference: "maintain-framerate" });
	const heard: object[] = [];
	capture.onQuality = (quality) => heard.push(quality);
	capture.attach({}, "H264");
	expect(encoderOf("H264").options).toMatchObject({ policy: "median", degradationPreference: "maintain-framerate" });
	encoderOf("H264").options.onChange!(640, 360, 15);
	expect(heard).toEqual([{ width: 640, height: 360, framerate: 15 }]);
	expect(() => new NativeVideoCapture({ policy: "all" as never })).toThrow(/^policy: one of slowest/);
	expect(() => new NativeVideoCapture({ degradationPreference: "x" as never })).toThrow(/^degradationPreference: /);
});

test("what is kept to be sent again is the device's", () => {
	const none = { video: false, audio: false } as const;
	defaultMedia({ ...none, retransmission: { bytes: 65_536 } });
	expect(retransmission).toEqual({ bytes: 65_536, milliseconds: 1000 });
	defaultMedia({ ...none, retransmission: false });
	expect(retransmission.bytes).toBe(0);
	retransmission.bytes = NaN;
	defaultMedia(none);
	expect(retransmission.bytes).toBeNaN();
});

test("a source that fails is closed and reported, and made anew for the encoders in use", () => {
	const capture = new NativeVideoCapture({ source: "camera" });
	const errors: string[] = [];
	capture.onError = ({ code, message }) => errors.push(`${message} (${code})`);
	capture.attach({}, "H264");
	theSource().options.onError!("media/device-failed", "unplugged");
	expect(errors).toEqual(["video: unplugged (media/device-failed)"]);
	expect(Source.open.size).toBe(0);
	capture.open();
	expect([...theSource().sinks]).toEqual([encoderOf("H264")]);
});

test("what is wrong with a file says whether it is the picture's or the sound's", () => {
	const refusal = (capture: NativeVideoCapture | NativeAudioCapture) => {
		try {
			capture.open();
		} catch (error) {
			return error;
		}
		return undefined;
	};
	const options = { source: "file", path: missing } as const;
	const pattern = { code: "media/device-missing", message: `video: ${missing} is not there` };
	expect(refusal(new NativeVideoCapture(options))).toMatchObject(pattern);
	expect(refusal(new NativeAudioCapture(options))).toMatchObject({ message: `audio: ${missing} is not there` });
});

test("Opus and G.711 share one microphone: a device is often not to be had twice", () => {
	const capture = new NativeAudioCapture({ source: "microphone" });
	const [first, second, third] = [{}, {}, {}];
	capture.attach(first, "opus");
	capture.attach(second, "PCMU");
	capture.attach(third, "PCMA");
	expect(Source.open.size).toBe(1);
	expect(theSource().sinks).toEqual(new Set(Encoder.open));
	expect(Object.keys(capture.statistics())).toEqual(["opus", "PCMU", "PCMA"]);
	capture.detach(second);
	expect(theSource().sinks).toEqual(new Set([encoderOf("opus"), encoderOf("PCMA")]));
	capture.bitrate = 64_000;
	expect(encoderOf("opus").bitrate).toBe(64_000);
	expect(() => (capture.bitrate = 1)).toThrow(RangeError);
	capture.close();
	expect([Encoder.open.size, Source.open.size]).toEqual([0, 0]);
});

test.each([
	// As Table A-1 of H.264 and the names that people have for it say.
	[640, 360, 15, 500_000, "42e01f"],
	[1280, 720, 30, 2_000_000, "42e01f"],
	[1280, 720, 31, 2_000_000, "42e020"],
	[1280, 720, 60, 2_000_000, "42e020"],
	[1280, 720, 30, 15_000_000, "42e020"],
	[1280, 1024, 30, 2_000_000, "42e020"],
	[1920, 1080, 30, 2_000_000, "42e028"],
	[1920, 1080, 30, 30_000_000, "42e029"],
	[1920, 1080, 60, 2_000_000, "42e02a"],
	[2560, 1440, 30, 2_000_000, "42e032"],
	[3840, 2160, 30, 2_000_000, "42e033"],
	[3840, 2160, 60, 2_000_000, "42e034"],
	[16, 2160, 30, 2_000_000, "42e01f"],
	[640, 360, 15, 14_000_000, "42e01f"],
	[640, 360, 15, 14_000_001, "42e020"],
	[640, 360, 15, 20_000_001, "42e029"],
	[640, 360, 15, 50_000_001, "42e032"],
	[640, 360, 15, 135_000_001, "42e033"],
	[640, 360, 15, 240_000_000, "42e033"],
	[3840, 16, 30, 2_000_000, "42e028"], // few macroblocks, but too many in a row
])("%d × %d at %d fps and %d bit/s has the level of %s", (width, height, framerate, bitrate, expected) => {
	expect(profileLevelId({ width, height, framerate, bitrate })).toBe(expected);
});

test("no level allows more bits a second than the highest", () => {
	expect(() => profileLevelId({ width: 640, height: 360, framerate: 15, bitrate: 240_000_001 })).toThrow(RangeError);
});

test("a capture announces its level, and refuses what no level allows", () => {
	const levelOf = (options: ConstructorParameters<typeof NativeVideoCapture>[0]) =>
		parameter(new NativeVideoCapture(options).codecs[0]!.parameters, "profile-level-id");
	expect(levelOf({})).toBe("42e01f");
	expect(levelOf({ width: 1920, height: 1080 })).toBe("42e028");
	// Its own size is known once it is opened; it is not above this.
	expect(levelOf({ source: "file", path: "clip.mp4" })).toBe("42e028");
	expect(levelOf({ source: "file", path: "clip.mp4", width: 640 })).toBe("42e01f");
	expect(() => levelOf({ width: 3840, height: 2160, framerate: 120 })).toThrow(/^framerate: 120 of 3840 × 2160/);
	expect(() => levelOf({ width: 8 })).toThrow(/^width: an integer from 16 to 3840/);
});
