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
	for (let peer = 0; peer < 17; peer++) early.add(`peer ${peer}`, candidate(peer), 0);
	expect(early.take("peer 0", 1)).toEqual([]);
	expect(early.take("peer 16", 1)).toEqual([candidate(16)]);
	for (let number = 0; number < 100; number++) early.add("flood", candidate(number), 1);
	expect(early.take("flood", 1)).toHaveLength(32);
});
