// SPDX-License-Identifier: Apache-2.0
import { h264Capability } from "webrtc/codec/h264";
import EncodedVideoSource from "webrtc/media/encoded";
import FrameWriter from "webrtc/native/codec/writer";
import type FakeWriter from "../fakes/native/codec/writer";

const open = (FrameWriter as unknown as typeof FakeWriter).open;
const frame = new Uint8Array([0, 0, 0, 1, 0x65]);

test("what is written goes to all who watch, and a key frame is asked for with the first", () => {
	let wanted = 0;
	const source = new EncodedVideoSource({ onKeyFrameWanted: () => wanted++ });
	expect(source.codecs.map(({ name }) => name)).toEqual(["H264"]);
	expect(source.write(frame, true)).toBe(false);
	const sink = {};
	source.attach(sink);
	source.attach({});
	expect(source.active && wanted === 1).toBe(true);
	expect(source.write(frame, true)).toBe(true);
	expect(source.write(frame.buffer, false)).toBe(true);
	const [writer] = open;
	expect(writer!.written).toEqual([
		{ size: 5, key: true },
		{ size: 5, key: false },
	]);
	expect(source.statistics()).toEqual({ H264: { frames: 2 } });
	source.detach(sink);
	source.detach(sink);
	expect(writer!.sinks.size).toBe(1);
	source.requestKeyFrame();
	expect(wanted).toBe(2);
	source.close();
	source.close();
	expect(open.size).toBe(0);
	expect(source.active || source.write(frame, true)).toBe(false);
	source.attach(sink); // it opens again
	expect(source.write(frame, true)).toBe(true);
	source.close();
});

test("its codec is one of video, as exactly as it is told", () => {
	expect(() => new EncodedVideoSource({ codec: "opus" })).toThrow("codec");
	expect(() => new EncodedVideoSource({ codec: "none" })).toThrow("codec");
	expect(() => new EncodedVideoSource({ largest: 0 })).toThrow("largest");
	const exact = h264Capability("640028", 1);
	const source = new EncodedVideoSource({ codec: exact, framerate: 5 });
	expect(source.codecs).toEqual([exact]);
	expect(source.framerate).toBe(5);
	source.close();
	const vp8 = new EncodedVideoSource({ codec: "vp8" });
	expect(vp8.codecs[0]!.name).toBe("VP8");
	vp8.close();
});
