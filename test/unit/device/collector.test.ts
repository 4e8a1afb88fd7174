// SPDX-License-Identifier: Apache-2.0
import Collector from "webrtc/device/collector";

const part = (...bytes: number[]) => Uint8Array.from(bytes).buffer;

test("parts of any size make the message", () => {
	const collector = new Collector(5000);
	const whole = Uint8Array.from({ length: 5000 }, (_, i) => i);
	for (const size of [1, 2, 7, 0, 990, 24, 1, 3975]) {
		const at = collector.size;
		collector.add(whole.slice(at, at + size).buffer);
	}
	expect(collector.isTooLong).toBe(false);
	expect(collector.take()).toEqual(whole);
	expect(collector.size).toBe(0);
});

test("a message of one part is not copied", () => {
	const collector = new Collector(10);
	const only = part(1, 2, 3);
	collector.add(only);
	expect(collector.take().buffer).toBe(only);
});

test("one that is too long is only counted, and the next is taken", () => {
	const collector = new Collector(3);
	for (let i = 0; i < 4; i++) collector.add(part(i));
	expect([collector.isTooLong, collector.size]).toEqual([true, 4]);
	collector.add(part(9));
	expect(collector.take()).toHaveLength(0);
	collector.add(part(7));
	expect(collector.take()).toEqual(Uint8Array.of(7));
});

test("a hundred thousand parts, most of them empty, take no more than their bytes", () => {
	const collector = new Collector(16_384);
	for (let i = 0; i < 100_000; i++) collector.add(i % 10 ? part() : part(i & 255));
	expect(collector.size).toBe(10_000);
	expect(collector.take().buffer.byteLength).toBeLessThanOrEqual(16_384);
});
