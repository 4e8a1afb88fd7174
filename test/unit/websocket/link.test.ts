// SPDX-License-Identifier: Apache-2.0
import Link from "webrtc/websocket/link";

const timeouts = { ping: 30_000, pong: 10_000, silence: 20_000, age: Infinity };
const open = () => new Link(1, 0, timeouts, true, () => 0);

test("a ping is sent at once, then each time that it is due", () => {
	const link = open();
	expect([link.takePing(0), link.takePing(1), link.takePing(29_999), link.takePing(30_000)]).toEqual([
		1,
		undefined,
		undefined,
		2,
	]);
});

test("a sign of life that is asked for is asked for once", () => {
	const link = open();
	link.takePing(0);
	link.ask();
	expect([link.takePing(100), link.takePing(101)]).toEqual([2, undefined]);
});

test("one that answers no ping is dead, from the oldest ping on", () => {
	const link = open();
	link.takePing(0);
	link.ask();
	link.takePing(5000);
	expect([link.isDead(9_999), link.isDead(10_000)]).toEqual([false, true]);
	link.heard();
	expect(link.isDead(10_000)).toBe(false);
});
