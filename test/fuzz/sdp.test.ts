// SPDX-License-Identifier: Apache-2.0
// Whatever a peer writes: a description or a WebRTCError "sdp/…", and soon.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "../unit/seeded";
import {
	createAnswer,
	createOffer,
	midExtension,
	negotiated,
	parse,
	parseFragment,
	write,
	writeFragment,
} from "webrtc/sdp";
import type { LocalMedia, SessionDescription } from "webrtc/sdp";
import { h264, opus, pcmu } from "../unit/codecs";

const folder = join(__dirname, "../unit/sdp/fixtures");
const fixtures = readdirSync(folder)
	.filter((name) => name.endsWith(".sdp"))
	.map((name) => readFileSync(join(folder, name), "utf8"));
const fragment = [
	...[
		"a=group:BUNDLE 0 1",
		"a=ice-ufrag:uFrg",
		"a=ice-pwd:abcdefghijklmnopqrstuv",
		"m=audio 9 UDP/TLS/RTP/SAVPF 0",
		"a=mid:0",
	],
	...["a=candidate:1 1 udp 1 192.0.2.1 9 typ host", "a=end-of-candidates", "m=video 9 RTP/AVP 0", "a=mid:1", ""],
].join("\r\n");

const slowest = 500; // ms of CPU for one description; usual is 1, and a garbage collection may fall into it
const transport = {
	iceUfrag: "dEv1",
	icePwd: "0123456789abcdefghijkl",
	fingerprint: { algorithm: "sha-256", value: Array(32).fill("A5").join(":") },
	candidates: [],
	endOfCandidates: true,
};
const media: LocalMedia[] = [
	{ kind: "video", direction: "sendrecv", codecs: [h264], extensions: [midExtension], ssrc: 1, cname: "c" },
	{ kind: "audio", direction: "sendrecv", codecs: [opus, pcmu], extensions: [midExtension], ssrc: 2, cname: "c" },
];
const ours = createOffer({ sessionId: "1", sessionVersion: 1, media, transport: { ...transport, setup: "actpass" } });

/** Runs what a peer can make happen; anything but a WebRTCError "sdp/…" fails the test. */
function tolerant<T>(run: () => T): T | undefined {
	const begin = process.cpuUsage();
	try {
		return run();
	} catch (error) {
		if (!/^sdp\//.test((error as { code?: string }).code ?? "")) throw error;
		return undefined;
	} finally {
		const { user, system } = process.cpuUsage(begin);
		expect((user + system) / 1000).toBeLessThan(slowest);
	}
}

function answerTo(remote: SessionDescription): SessionDescription {
	return createAnswer({
		remote,
		sessionId: "1",
		sessionVersion: 1,
		media,
		transport: { ...transport, setup: "active" },
	});
}

/** A description of a peer, as an offer and as an answer. */
function receive(text: string): void {
	const remote = tolerant(() => parse(text));
	if (!remote) return;
	const written = write(remote);
	expect(write(parse(written))).toBe(written);
	const local = tolerant(() => answerTo(remote));
	tolerant(() => negotiated(ours, remote, "offerer"));
	if (!local) return;
	negotiated(local, remote, "answerer");
	const answerText = write(local);
	expect(write(parse(answerText))).toBe(answerText);
	expect(local.media.map(({ kind, mid }) => `${kind} ${mid}`)).toEqual(
		remote.media.map(({ kind, mid }) => `${kind} ${mid}`),
	);
	expect(answerText).not.toMatch(/[^\r]\n|\r[^\n]|[^\t\r\n -~]/);
}

const texts = [...fixtures, write(ours)];
const fixture = fc.nat({ max: texts.length - 1 });
const attributeNames = [...new Set(fixtures.join("").match(/^a=[\w-]+/gm))];
const strangeText = fc.oneof(
	fc.constantFrom(
		"",
		" ",
		"\r",
		"\0",
		"\t",
		":",
		"/",
		"=",
		";",
		"-1",
		"0",
		"65536",
		"4294967296",
		"1e99",
		"NaN",
		"*",
		"é",
		"😀",
	),
	fc.constantFrom(
		"__proto__",
		"constructor",
		"toString",
		"a=",
		"m=",
		"\r\n",
		"\n\n",
		"BUNDLE",
		"sha-256",
		"sendrecv",
		"inactive",
	),
	fc.string({ maxLength: 40 }),
	fc.string({ unit: "binary", maxLength: 20 }),
);
const line = fc.oneof(
	strangeText,
	fc
		.tuple(fc.constantFrom(...attributeNames), fc.constantFrom(":", " ", ""), strangeText)
		.map((parts) => parts.join("")),
	fixture.chain((index) => fc.constantFrom(...texts[index]!.split("\r\n"))),
);

test("lines left out, repeated, moved, replaced and added", () => {
	const change = fc.record({
		kind: fc.constantFrom("drop", "repeat", "move", "replace", "add"),
		at: fc.nat(),
		to: fc.nat(),
		line,
	});
	fc.assert(
		fc.property(fixture, fc.array(change, { minLength: 1, maxLength: 8 }), (number, changes) => {
			const lines = texts[number]!.split("\r\n");
			for (const { kind, at, to, line: other } of changes) {
				const index = at % lines.length;
				const old = lines[index]!;
				if (kind === "drop" || kind === "move") lines.splice(index, 1);
				if (kind === "move" || kind === "repeat") lines.splice(to % (lines.length + 1), 0, old);
				if (kind === "replace") lines[index] = other;
				if (kind === "add") lines.splice(index, 0, other);
				if (lines.length === 0) return;
			}
			receive(lines.join("\r\n"));
		}),
		{ numRuns: 1500 },
	);
});

test("characters cut off, changed and put in", () => {
	const change = fc.record({ at: fc.nat(), length: fc.nat({ max: 3 }), text: strangeText });
	fc.assert(
		fc.property(fixture, fc.array(change, { maxLength: 6 }), fc.nat(), (number, changes, end) => {
			const text = texts[number]!;
			let changed = end % 3 === 0 ? text.slice(0, end % text.length) : text;
			for (const { at, length, text: other } of changes) {
				const index = at % (changed.length + 1);
				changed = changed.slice(0, index) + other + changed.slice(index + length);
			}
			receive(changed);
		}),
		{ numRuns: 1500 },
	);
});

test("bytes flipped, from a seed", () => {
	let state = 0x2545f491;
	const random = (below: number) => {
		state ^= state << 13;
		state ^= state >>> 17;
		state ^= state << 5;
		return (state >>> 0) % below;
	};
	for (let round = 0; round < 1000; round++) {
		const bytes = Buffer.from(fixtures[round % fixtures.length]!, "latin1");
		for (let flips = random(12) + 1; flips > 0; flips--) bytes[random(bytes.length)]! ^= 1 << random(8);
		receive(bytes.toString("latin1"));
	}
});

test("lines out of nothing", () => {
	const head = ["v=0", "o=- 1 1 IN IP4 0.0.0.0"];
	fc.assert(
		fc.property(fc.array(line, { maxLength: 60 }), fc.boolean(), (lines, isLikely) => {
			receive((isLikely ? [...head, ...lines] : lines).join("\n"));
		}),
		{ numRuns: 1500 },
	);
});

test.each([
	["line ends", "\n".repeat(65536)],
	["one line", "a".repeat(65536)],
	["spaces", "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\nm=video 9 RTP/SAVPF" + " 96".repeat(20000)],
	["codecs", fixtures[0]! + "a=rtpmap:96 VP8/90000\r\n".repeat(2400)],
	["feedback", fixtures[0]! + "a=rtcp-fb:* nack\r\n".repeat(3000)],
	["sources", fixtures[0]! + "a=ssrc:1 cname:x\r\n".repeat(3000)],
	["sections", fixtures[0]! + "m=audio 9 RTP/AVP 0\r\n".repeat(2500)],
	["groups", "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n" + "a=group:BUNDLE 0 1 2 3 4 5 6 7\r\n".repeat(1800)],
	["too much", fixtures[0]!.repeat(1000)],
])("much of one: %s", (_, text) => {
	receive(text);
	tolerant(() => parseFragment(text));
});

test("fragments", () => {
	const change = fc.record({ at: fc.nat(), length: fc.nat({ max: 5 }), text: strangeText });
	fc.assert(
		fc.property(fc.array(change, { maxLength: 6 }), (changes) => {
			let changed = fragment;
			for (const { at, length, text } of changes) {
				const index = at % (changed.length + 1);
				changed = changed.slice(0, index) + text + changed.slice(index + length);
			}
			const read = tolerant(() => parseFragment(changed));
			if (!read) return;
			const written = writeFragment(read);
			expect(writeFragment(parseFragment(written))).toBe(written);
		}),
		{ numRuns: 1500 },
	);
});
