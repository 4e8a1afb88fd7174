// SPDX-License-Identifier: Apache-2.0
// The player: one output for all streams, its volume, and what becomes of a device that fails.
import { defaultMedia } from "webrtc/media/defaults";
import NativeAudioPlayer from "webrtc/media/player";
import { AudioOutput, missing } from "../fakes/native/render";

const theOutput = () => [...AudioOutput.open][0]!;

afterEach(() => {
	for (const output of AudioOutput.open) output.close();
});

test("options are checked at once", () => {
	expect(() => new NativeAudioPlayer({ sampleRate: 44100 })).toThrow(/sampleRate/);
	expect(() => new NativeAudioPlayer({ channels: 3 })).toThrow(/channels/);
	expect(() => (new NativeAudioPlayer().volume = 5)).toThrow(/volume/);
	expect(new NativeAudioPlayer().codecs.map(({ name }) => name)).toEqual(["opus", "PCMU", "PCMA"]);
});

test("volume and muting hold, whether it is open or not", () => {
	const player = new NativeAudioPlayer();
	player.volume = 0.5;
	player.open();
	player.open();
	expect(AudioOutput.open.size).toBe(1);
	expect(theOutput().volume).toBe(0.5);
	player.muted = true;
	expect(theOutput().volume).toBe(0);
	player.volume = 2;
	expect([theOutput().volume, player.volume]).toEqual([0, 2]);
	player.muted = false;
	expect(theOutput().volume).toBe(2);
	player.close();
	expect(AudioOutput.open.size).toBe(0);
});

test("a device that fails is reported, and made anew for all streams with the next", () => {
	const player = new NativeAudioPlayer();
	const errors: string[] = [];
	const [first, second] = [{}, {}];
	player.onError = ({ code, message }) => errors.push(`${message} (${code})`);
	player.play(first);
	player.play(first);
	expect(player.statistics(first)).toBeDefined();
	expect(player.statistics(second)).toBeUndefined();
	theOutput().options.onError!("media/device-failed", "pulled out");
	expect(errors).toEqual(["player: pulled out (media/device-failed)"]);
	expect(AudioOutput.open.size).toBe(0);
	player.play(second);
	expect([...theOutput().sources]).toEqual([first, second]);
	player.stop(first);
	expect([...theOutput().sources]).toEqual([second]);
});

test("one that is missing is told by open(), and by play() as an event", () => {
	const player = new NativeAudioPlayer({ output: "speaker", path: missing });
	const errors: string[] = [];
	player.onError = ({ code }) => errors.push(code);
	expect(() => player.open()).toThrow(expect.objectContaining({ code: "media/device-missing" }));
	expect(() => player.play({})).not.toThrow();
	expect(errors).toEqual(["media/device-missing"]);
});

test("levels are told by the output", () => {
	const levels: number[] = [];
	new NativeAudioPlayer({ levelInterval: 100, onLevel: (level) => void levels.push(level) }).open();
	theOutput().options.onLevel!(0.5);
	expect(levels).toEqual([0.5]);
});

test("the defaults play where they are asked to", () => {
	expect(defaultMedia({ video: false, audio: false })).toEqual({});
	const { audioPlayer } = defaultMedia({ video: false, audio: false, play: { output: "none" } });
	expect(audioPlayer).toBeInstanceOf(NativeAudioPlayer);
});
