// SPDX-License-Identifier: Apache-2.0
// What those who listen say of Opus, and what one encode for all of them comes to (RFC 7587 section 6.1).
import { opusLimits } from "webrtc/codec/opus";
import NativeAudioCapture from "webrtc/media/audio";
import { Encoder } from "../fakes/native/codec";

const any = { fec: false, dtx: false, mono: true, playbackRate: 48_000, bitrate: 510_000 };

test.each([
	["nothing is said", [""], any],
	["a browser", ["minptime=10;useinbandfec=1"], { ...any, fec: true }],
	["error correction that one of two makes use of", ["useinbandfec=1", "useinbandfec=0"], { ...any, fec: true }],
	["silence that all want left out", ["usedtx=1", "usedtx=1"], { ...any, dtx: true }],
	["silence that one wants to have", ["usedtx=1", ""], any],
	["two channels for all", ["stereo=1", "stereo=1"], { ...any, mono: false }],
	["one channel for one", ["stereo=1", "stereo=0"], any],
	["tones that somebody plays", ["maxplaybackrate=8000", "maxplaybackrate=16000"], { ...any, playbackRate: 16_000 }],
	["tones that somebody may play", ["maxplaybackrate=8000", ""], any],
	["the least bitrate", ["maxaveragebitrate=20000", "maxaveragebitrate=40000"], { ...any, bitrate: 20_000 }],
	["nonsense", ["maxplaybackrate=-1;maxaveragebitrate=1;usedtx=2;stereo=yes", "maxplaybackrate=x"], any],
])("%s", (_, parameters, expected) => {
	expect(opusLimits(parameters)).toEqual(expected);
});

test("the encoder keeps to it as listeners come and go", () => {
	const capture = new NativeAudioCapture({ channels: 2 });
	expect(capture.codecs.map(({ name }) => name)).toEqual(["opus"]);
	const [first, second] = [{}, {}];
	capture.attach(first, "opus", "usedtx=1;stereo=1");
	const [encoder] = [...Encoder.open];
	expect(encoder!.limits).toMatchObject({ dtx: true, mono: false });
	capture.attach(second, "opus", "useinbandfec=1");
	expect(encoder!.limits).toMatchObject({ dtx: false, mono: true, fec: true });
	capture.detach(second);
	expect(encoder!.limits).toMatchObject({ dtx: true, mono: false, fec: false });
	capture.close();
	expect(() => new NativeAudioCapture({ channels: 3 as never })).toThrow(/^channels/);
});
