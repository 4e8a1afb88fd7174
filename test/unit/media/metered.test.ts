// SPDX-License-Identifier: Apache-2.0
// How loud the microphone is: told while somebody is sent sound, of what is sent.
import { defaultMedia } from "webrtc/media/defaults";
import { decibels } from "webrtc/media/metered";
import { Source } from "../fakes/native/capture";
import { EchoCanceller, EchoReference } from "../fakes/native/echo";
import LevelMeter from "../fakes/native/frame/meter";

afterEach(() =>
	expect([LevelMeter.open.size, Source.open.size, EchoCanceller.open.size, EchoReference.open.size]).toEqual([
		0, 0, 0, 0,
	]),
);

test("a meter hears what encoders do, and only then", () => {
	const levels: number[] = [];
	const audio = { levelInterval: 100, onLevel: (level: number) => levels.push(level) };
	const { audioCapture } = defaultMedia({ video: false, audio });
	audioCapture!.open();
	const [source] = Source.open;
	const [meter] = LevelMeter.open;
	expect(meter!.options.interval).toBe(100);
	expect(source!.sinks.size).toBe(0);
	const [opus, pcmu] = [{}, {}];
	audioCapture!.attach(opus, "opus");
	audioCapture!.attach(pcmu, "PCMU");
	expect(source!.sinks.size).toBe(3);
	expect(source!.sinks.has(meter!)).toBe(true);
	meter!.options.onLevel(0.5);
	expect(levels).toEqual([0.5]);
	audioCapture!.detach(opus);
	expect(source!.sinks.has(meter!)).toBe(true);
	audioCapture!.detach(pcmu);
	expect(source!.sinks.size).toBe(0);
	audioCapture!.close();
});

test("behind an echo canceller it hears what is left", () => {
	const audio = { cancelEcho: true, onLevel: () => {} };
	const { audioCapture, audioPlayer } = defaultMedia({ video: false, audio, play: { output: "none" } });
	audioCapture!.attach({}, "opus");
	const [canceller] = EchoCanceller.open;
	expect(canceller!.sinks.has([...LevelMeter.open][0]!)).toBe(true);
	expect([...[...Source.open][0]!.sinks]).toEqual([canceller]);
	audioCapture!.close();
	audioPlayer!.close();
});

test("there is none that nobody asked for, and a wrong interval leaves nothing open", () => {
	const plain = defaultMedia({ video: false }).audioCapture!;
	plain.open();
	expect(LevelMeter.open.size).toBe(0);
	plain.close();
	const wrong = defaultMedia({ video: false, audio: { levelInterval: 1, onLevel: () => {} } }).audioCapture!;
	expect(() => wrong.open()).toThrow(/interval/);
});

test("decibels are those of RFC 6464", () => {
	expect([1, 0.5, 0.001, 0, 1e-9, 2].map((level) => Math.round(decibels(level)))).toEqual([
		0, -6, -60, -127, -127, 0,
	]);
});
