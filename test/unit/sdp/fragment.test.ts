// SPDX-License-Identifier: Apache-2.0
import { parseFragment, writeFragment } from "webrtc/sdp";
import { failure } from "./helpers";

const candidates = ["candidate:1 1 udp 1 192.0.2.1 9 typ host", "candidate:2 1 udp 1 192.0.2.2 9 typ host"];
const credentials = { iceUfrag: "uFrg", icePwd: "abcdefghijklmnopqrstuv" };
const top = ["a=ice-ufrag:uFrg", "a=ice-pwd:abcdefghijklmnopqrstuv"];
const text = (...lines: string[]) => lines.join("\r\n") + "\r\n";

test("credentials at the head hold for all sections (RFC 8840)", () => {
	const body = text(
		...top,
		"m=audio 9 RTP/AVP 0",
		"a=mid:1",
		`a=${candidates[0]}`,
		"m=video 9 RTP/AVP 0",
		"a=mid:2",
		`a=${candidates[1]}`,
		"a=end-of-candidates",
	);
	expect(parseFragment(body)).toEqual({
		...credentials,
		endOfCandidates: false,
		media: [
			{ kind: "audio", mid: "1", ...credentials, candidates: [candidates[0]], endOfCandidates: false },
			{ kind: "video", mid: "2", ...credentials, candidates: [candidates[1]], endOfCandidates: true },
		],
	});
});

test("credentials in a section (RFC 9725)", () => {
	const body = text(
		"a=group:BUNDLE 0 1",
		"m=audio 9 UDP/TLS/RTP/SAVPF 111",
		"a=mid:0",
		...top,
		`a=${candidates[0]}`,
		"a=end-of-candidates",
	);
	expect(parseFragment(body)).toEqual({
		...credentials,
		endOfCandidates: true,
		media: [{ kind: "audio", mid: "0", ...credentials, candidates: [candidates[0]], endOfCandidates: true }],
	});
});

test("candidates without a section, and the end of all", () => {
	expect(parseFragment(text(...top, `a=${candidates[0]}`))).toMatchObject({
		media: [{ kind: "", candidates: [candidates[0]] }],
	});
	expect(parseFragment(text(...top, "a=end-of-candidates"))).toEqual({
		...credentials,
		endOfCandidates: true,
		media: [],
	});
	const body = text("a=end-of-candidates", "m=audio 9 RTP/AVP 0", "a=mid:0");
	expect(parseFragment(body)).toMatchObject({ endOfCandidates: true, media: [{ mid: "0", endOfCandidates: true }] });
	expect(parseFragment("")).toEqual({ endOfCandidates: false, media: [] });
});

test("is the same after it was written and read again", () => {
	const fragment = {
		...credentials,
		endOfCandidates: false,
		media: [
			{ kind: "audio", mid: "a", ...credentials, candidates, endOfCandidates: true },
			{ kind: "video", mid: "v", ...credentials, candidates: [], endOfCandidates: false },
		],
	};
	expect(writeFragment(fragment)).toBe(
		text(
			...[
				"a=group:BUNDLE a v",
				...top,
				"m=audio 9 UDP/TLS/RTP/SAVPF 0",
				"a=mid:a",
				...candidates.map((candidate) => `a=${candidate}`),
			],
			...["a=end-of-candidates", "m=video 9 UDP/TLS/RTP/SAVPF 0", "a=mid:v"],
		),
	);
	expect(parseFragment(writeFragment(fragment))).toEqual(fragment);
	expect(writeFragment({ ...fragment, media: fragment.media.slice(0, 1) })).not.toContain("a=group");
	const end = { ...credentials, endOfCandidates: true, media: [] };
	expect(parseFragment(writeFragment(end))).toEqual(end);
});

test.each([
	["a=ice-ufrag:abc", /line 3: ice-ufrag/],
	["a=ice-pwd:short", /line 3: ice-pwd/],
	["a=mid:", /line 3: the mid/],
	["m= 9", /line 3: the kind/],
])("%s is malformed", (line, expected) => {
	expect(failure(() => parseFragment(text(...top, line)))).toMatch(expected);
});

test("is bounded: what is over is dropped, or too many sections refused", () => {
	const candidate = (i: number) => `a=candidate:${i} 1 udp 1 192.0.2.1 9 typ host`;
	const read = (sections: number, each: number) => {
		const lines = Array.from({ length: sections }, (_, mid) => [
			`m=audio 9 RTP/AVP 0\r\na=mid:${mid}`,
			...Array.from({ length: each }, (_entry, i) => candidate(i)),
		]);
		return parseFragment(text(...lines.flat())).media.map(({ candidates: kept }) => kept.length);
	};
	expect(read(1, 16)).toEqual([16]);
	expect(read(1, 17)).toEqual([16]);
	expect(read(4, 10)).toEqual([10, 10, 10, 2]);
	expect(read(8, 0)).toHaveLength(8);
	expect(failure(() => read(9, 0))).toMatch(/more than 8 sections/);
});

test("a candidate that is empty does not make the others useless", () => {
	const { media } = parseFragment(text(...top, "a=candidate:", `a=${candidates[0]}`));
	expect(media[0]!.candidates).toEqual([candidates[0]]);
});

test("nothing that would break a line is written", () => {
	const section = { kind: "audio", candidates: [], endOfCandidates: false };
	expect(() => writeFragment({ iceUfrag: "a\r\nb", endOfCandidates: false, media: [] })).toThrow(TypeError);
	expect(() => writeFragment({ endOfCandidates: false, media: [{ ...section, mid: "a\nb" }] })).toThrow(TypeError);
	expect(() =>
		writeFragment({ endOfCandidates: false, media: [{ ...section, candidates: ["candidate:1\r\na=x"] }] }),
	).toThrow(TypeError);
});
