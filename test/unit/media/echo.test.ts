// SPDX-License-Identifier: Apache-2.0
// A microphone whose player's echo is taken out: who is connected to what, and when.
import { defaultMedia } from "webrtc/media/defaults";
import { Source } from "../fakes/native/capture";
import { Encoder } from "../fakes/native/codec";
import { EchoCanceller, EchoReference, platform } from "../fakes/native/echo";
import { AudioOutput } from "../fakes/native/render";

const play = { output: "none" } as const;

afterEach(() => {
	platform.hasEchoCancellation = true;
	expect([EchoCanceller.open.size, EchoReference.open.size, Source.open.size, AudioOutput.open.size]).toEqual([
		0, 0, 0, 0,
	]);
});

test("the canceller stands between the microphone and all encoders, and hears the player, also one made anew", () => {
	const { audioCapture, audioPlayer } = defaultMedia({ video: false, audio: { cancelEcho: true }, play });
	const [opus, pcmu] = [{}, {}];
	audioCapture!.attach(opus, "opus");
	audioCapture!.attach(pcmu, "PCMU");
	const [canceller] = EchoCanceller.open;
	const [reference] = EchoReference.open;
	expect([...canceller!.sinks]).toEqual([...Encoder.open]);
	expect([...[...Source.open][0]!.sinks]).toEqual([canceller]);
	audioPlayer!.open();
	const theOutput = () => [...AudioOutput.open][0]!;
	expect([...theOutput().hearers]).toEqual([reference]);
	theOutput().options.onError!("media/device-failed", "unplugged");
	audioPlayer!.play({}, "opus");
	expect([...theOutput().hearers]).toEqual([reference]);
	audioCapture!.detach(opus);
	expect([...Source.open][0]!.sinks.size).toBe(1);
	audioCapture!.detach(pcmu);
	expect([...Source.open][0]!.sinks.size).toBe(0); // it rests
	audioCapture!.close();
	expect(theOutput().hearers.size).toBe(0);
	audioPlayer!.close();
});

test.each([
	["it was not asked for", {}, play, true],
	["nothing is played", { cancelEcho: true }, false, true],
	["there are two channels", { cancelEcho: true, channels: 2 }, play, true],
	["the player has another rate", { cancelEcho: true }, { ...play, sampleRate: 16000 }, true],
	["the platform has none", { cancelEcho: true }, play, false],
] as const)("there is none where %s", (_, audio, playing, hasOne) => {
	platform.hasEchoCancellation = hasOne;
	const { audioCapture } = defaultMedia({ video: false, audio, play: playing });
	audioCapture!.open();
	expect([Source.open.size, EchoCanceller.open.size]).toEqual([1, 0]);
	audioCapture!.close();
});
