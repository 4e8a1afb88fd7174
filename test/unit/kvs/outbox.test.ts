// SPDX-License-Identifier: Apache-2.0
// What is kept of messages that have arrived: a little, for the service may refuse them, and no more than a board can spare.
import Outbox from "webrtc/signaling/kvs/outbox";

const link = 1;

/** Writes and confirms messages of so many characters. */
function arrive(outbox: Outbox, names: readonly string[], size: number): void {
	for (const [now, name] of names.entries()) {
		outbox.add("x".repeat(size), "candidate", "viewer", name, 10_000 * now);
		outbox.take(link, 10_000 * now);
		outbox.written(link, 0);
	}
	outbox.confirm(link, 1, 0);
}

const names = Array.from({ length: 12 }, (_, i) => `message ${i}`);
const kept = (outbox: Outbox) => names.filter((name) => outbox.retry(name, 0));

test("of small ones the latest four", () => {
	const outbox = new Outbox(60_000);
	arrive(outbox, names, 100);
	expect(outbox.length).toBe(4);
	expect(kept(outbox)).toEqual(names.slice(8));
});

test("of large ones as many as have 12,288 characters", () => {
	const outbox = new Outbox(60_000);
	arrive(outbox, names, 4000);
	expect(kept(outbox)).toEqual(names.slice(9));
});

test("what has not arrived is not counted, and stays", () => {
	const outbox = new Outbox(60_000);
	for (const name of names) {
		outbox.add("x".repeat(4000), "candidate", "viewer", name, 0);
		outbox.take(link, 0);
		outbox.written(link, 1);
	}
	outbox.confirm(link, 1, 0);
	expect(outbox.length).toBe(12);
	expect(outbox.requeue(link)).toBe(12);
});

test("it is time to ask after a description, and after the last of some candidates", () => {
	const outbox = new Outbox(60_000);
	const ask = () => (outbox.take(link, 0), outbox.written(link, 0));
	outbox.add("answer", "description", "viewer", "0", 0);
	outbox.add("candidate", "candidate", "viewer", "1", 0);
	outbox.add("candidate", "candidate", "viewer", "2", 0);
	expect([ask(), ask(), ask()]).toEqual([true, false, true]);
	expect(outbox.written(link, 0)).toBe(false);
});
