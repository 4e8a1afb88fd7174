// SPDX-License-Identifier: Apache-2.0
import Frames from "../../../examples/mjpeg-camera/frames";
import type { RTCDataChannel } from "webrtc/peer";

/** A channel that takes what it is given, and gives nothing on. */
function channel() {
	const it = {
		bufferedAmount: 0,
		isFull: false,
		sent: [] as number[],
		send(picture: ArrayBuffer) {
			if (it.isFull) throw new Error("full");
			it.sent.push(picture.byteLength);
			it.bufferedAmount += picture.byteLength;
		},
	};
	return it;
}

const framesOf = (it: ReturnType<typeof channel>, most: number) => new Frames(it as unknown as RTCDataChannel, most);

test("no more pictures wait than was said, however slow the network is", () => {
	const it = channel();
	const frames = framesOf(it, 2);
	for (let i = 0; i < 50; i++) frames.send(new ArrayBuffer(1000 + i));
	expect(it.sent).toEqual([1000, 1001]);
	expect([frames.sent, frames.dropped, frames.waiting]).toEqual([2, 48, 2]);
});

test("as one has been taken there is room for the newest", () => {
	const it = channel();
	const frames = framesOf(it, 2);
	frames.send(new ArrayBuffer(1000));
	frames.send(new ArrayBuffer(2000));
	it.bufferedAmount = 2500; // a part of the first
	frames.send(new ArrayBuffer(1));
	expect(frames.waiting).toBe(2);
	it.bufferedAmount = 2000;
	expect(frames.waiting).toBe(1);
	frames.send(new ArrayBuffer(3000));
	frames.send(new ArrayBuffer(1));
	expect(it.sent).toEqual([1000, 2000, 3000]);
	it.bufferedAmount = 3000;
	expect(frames.waiting).toBe(1);
	it.bufferedAmount = 0;
	expect(frames.waiting).toBe(0);
});

test("a picture that the channel does not take is left out, and counts for nothing", () => {
	const it = channel();
	const frames = framesOf(it, 1);
	it.isFull = true;
	frames.send(new ArrayBuffer(1000));
	expect([frames.sent, frames.dropped, frames.waiting]).toEqual([0, 1, 0]);
	it.isFull = false;
	frames.send(new ArrayBuffer(1000));
	expect([frames.sent, frames.dropped, frames.waiting]).toEqual([1, 1, 1]);
});
