// SPDX-License-Identifier: Apache-2.0
import EarlyCandidates from "webrtc/app/early";

const candidate = (number: number) => ({ candidate: `candidate:${number}` });

test("candidates wait for their peer, in order, once", () => {
	const early = new EarlyCandidates(1000);
	early.add("a", candidate(1), 0);
	early.add("b", candidate(2), 0);
	early.add("a", candidate(3), 10);
	expect(early.take("a", 20)).toEqual([candidate(1), candidate(3)]);
	expect(early.take("a", 20)).toEqual([]);
	expect(early.take("b", 20)).toEqual([candidate(2)]);
});

test("they expire with the lifetime of the first", () => {
	const early = new EarlyCandidates(1000);
	early.add("a", candidate(1), 0);
	early.add("a", candidate(2), 900);
	expect(early.take("a", 1000)).toEqual([]);
});

test("peers and candidates are bounded: the oldest peer and the newest candidates go", () => {
	const early = new EarlyCandidates(1000);
	for (let peer = 0; peer < 9; peer++) early.add(`peer ${peer}`, candidate(peer), 0);
	expect(early.take("peer 0", 1)).toEqual([]);
	expect(early.take("peer 8", 1)).toEqual([candidate(8)]);
	for (const peer of ["a", "b", "c"])
		for (let number = 0; number < 100; number++) early.add(peer, candidate(number), 1);
	expect(["a", "b", "c"].map((peer) => early.take(peer, 1).length)).toEqual([16, 10, 1]); // and 5 of others
	early.add("long", { candidate: `candidate:${"x".repeat(510)}` }, 1);
	expect(early.take("long", 1)).toEqual([]);
});
