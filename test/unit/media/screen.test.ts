// SPDX-License-Identifier: Apache-2.0
// The player of pictures: one output, and what becomes of one that fails.
import { defaultMedia } from "webrtc/media/defaults";
import NativeVideoPlayer from "webrtc/media/screen";
import { missing } from "../fakes/native/render";
import { VideoOutput } from "../fakes/native/screen";

const theOutput = () => [...VideoOutput.open][0]!;

afterEach(() => {
	for (const output of VideoOutput.open) output.close();
});

test("it is there when it is asked for", () => {
	expect(defaultMedia({ video: false, audio: false }).videoPlayer).toBeUndefined();
	const { videoPlayer } = defaultMedia({ video: false, audio: false, show: { output: "file", path: "a.mp4" } });
	expect(videoPlayer).toBeInstanceOf(NativeVideoPlayer);
	videoPlayer!.open();
	videoPlayer!.open();
	expect(VideoOutput.open.size).toBe(1);
	expect(theOutput().options).toMatchObject({ output: "file", path: "a.mp4" });
	videoPlayer!.close();
	expect(VideoOutput.open.size).toBe(0);
	expect(videoPlayer!.codecs.map(({ name }) => name)).toEqual(["H264", "VP8", "H265"]);
});

test("an output that fails is told, and made anew for all streams with the next", () => {
	const player = new NativeVideoPlayer();
	const errors: string[] = [];
	const [first, second] = [{}, {}];
	player.onError = ({ code, message }) => errors.push(`${message} (${code})`);
	player.play(first);
	player.play(first);
	expect(player.statistics(first)).toMatchObject({ framesDecoded: 5 });
	expect(player.statistics(second)).toBeUndefined();
	theOutput().options.onError!("media/device-failed", "the disk is full");
	expect(errors).toEqual(["player: the disk is full (media/device-failed)"]);
	expect(VideoOutput.open.size).toBe(0);
	player.play(second);
	expect([...theOutput().sources]).toEqual([first, second]);
	player.stop(first);
	player.stop(first);
	expect([...theOutput().sources]).toEqual([second]);
	player.close();
});

test("what it shows is tapped, also of an output made anew", () => {
	const player = new NativeVideoPlayer();
	const [tap, other] = [{}, {}];
	player.tap(tap);
	player.play({});
	player.tap(other);
	player.untap(other);
	player.untap(other);
	expect([...theOutput().taps]).toEqual([tap]);
	theOutput().options.onError!("media/device-failed", "the disk is full");
	player.play({});
	expect([...theOutput().taps]).toEqual([tap]);
	player.close();
});

test("a file that cannot be written is told at once", () => {
	const player = new NativeVideoPlayer({ output: "file", path: missing });
	expect(() => player.open()).toThrow(expect.objectContaining({ code: "media/file-unwritable" }));
	const errors: string[] = [];
	player.onError = ({ code }) => errors.push(code);
	player.play({});
	expect(errors).toEqual(["media/file-unwritable"]);
});
