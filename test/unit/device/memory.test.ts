// SPDX-License-Identifier: Apache-2.0
// Whether there is memory for what comes next, and how often garbage is collected to know.
import Clock from "webrtc/device/clock";
import Memory from "webrtc/device/memory";
import { advance, resetClock } from "../fakes/moddable/clock";
import { collected, setRoom } from "../fakes/native/port";

let memory: Memory;

beforeEach(() => {
	resetClock();
	memory = new Memory({ slots: 100, chunks: 1000 }, new Clock());
	collected();
});

afterEach(() => setRoom());

test("garbage is collected only where that makes a difference", () => {
	setRoom({ slots: 200 }); // of which a half is garbage
	expect([memory.hasRoom(), collected()]).toEqual([true, 0]);
	expect([memory.hasRoom(2), collected()]).toEqual([true, 1]);
	expect([memory.hasRoom(3), collected()]).toEqual([false, 1]);
	setRoom({ chunks: 999 });
	expect([memory.hasRoom(), collected()]).toEqual([false, 1]);
});

test("at once: what was collected in vain is collected again after 50 ms, or for less", async () => {
	setRoom({ slots: 250 });
	expect([memory.hasRoomAtOnce(3), collected()]).toEqual([false, 1]);
	expect([memory.hasRoomAtOnce(3), collected()]).toEqual([false, 0]);
	expect([memory.hasRoomAtOnce(4), collected()]).toEqual([false, 0]);
	expect([memory.hasRoomAtOnce(2), collected()]).toEqual([true, 1]);
	await advance(49);
	expect([memory.hasRoomAtOnce(3), collected()]).toEqual([false, 0]);
	await advance(1);
	setRoom({ slots: 300 });
	expect([memory.hasRoomAtOnce(3), collected()]).toEqual([true, 1]);
});
