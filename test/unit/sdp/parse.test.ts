// SPDX-License-Identifier: Apache-2.0
import { midExtension, parse, write, type MediaSection } from "webrtc/sdp";
import { isToken } from "webrtc/sdp/text";
import { failure, fixture, fixtureNames, offer, offerLines, section } from "./helpers";

const text = (lines: string[]) => lines.join("\r\n") + "\r\n";
const malformed = (...args: Parameters<typeof offerLines>) => failure(() => parse(text(offerLines(...args))));

describe("a browser's offer", () => {
	test.each(fixtureNames)("%s is the same after it was written and read again", (name) => {
		const source = fixture(name.slice(0, -4));
		const first = parse(source);
		const second = parse(write(first));
		expect(second).toEqual(first);
		expect(write(second)).toBe(write(first));
		expect(first.media).toHaveLength(source.split("\nm=").length - 1);
		for (const media of first.media) {
			expect(media.iceUfrag).toBeDefined();
			expect(media.fingerprints).toHaveLength(1);
			if (media.kind !== "application")
				expect(media.codecs.map((codec) => codec.payloadType)).toEqual(media.payloadTypes);
		}
	});

	test("of Chromium has all that matters", () => {
		const description = parse(fixture("chromium-sendrecv-data"));
		expect(description.groups).toEqual([{ semantics: "BUNDLE", mids: ["0", "1", "2"] }]);
		expect(description.extmapAllowMixed).toBe(true);
		expect(description.iceLite).toBe(false);
		const [audio, video, data] = description.media;
		expect(audio).toMatchObject({
			kind: "audio",
			port: 9,
			protocol: "UDP/TLS/RTP/SAVPF",
			mid: "0",
			direction: "sendrecv",
		});
		expect(audio).toMatchObject({
			rtcpMux: true,
			rtcpReducedSize: true,
			setup: "actpass",
			iceOptions: ["trickle"],
		});
		expect(audio!.codecs[0]).toEqual({
			payloadType: 111,
			name: "opus",
			clockRate: 48000,
			channels: 2,
			parameters: "minptime=10;useinbandfec=1",
			feedback: ["transport-cc"],
		});
		expect(video!.codecs.find((codec) => codec.payloadType === 108)).toEqual({
			payloadType: 108,
			name: "H264",
			clockRate: 90000,
			channels: 1,
			parameters: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
			feedback: ["goog-remb", "transport-cc", "nack", "nack pli", "ccm fir"],
		});
		expect(video!.msid!.stream).toBe(audio!.msid!.stream);
		expect(video!.sourceGroups).toEqual([{ semantics: "FID", ssrcs: video!.sources.map((source) => source.ssrc) }]);
		expect(video!.sources[0]!.msid).toEqual(video!.msid);
		expect(data).toMatchObject({ kind: "application", protocol: "UDP/DTLS/SCTP", formats: "webrtc-datachannel" });
		expect(data).toMatchObject({ sctpPort: 5000, maxMessageSize: 262144, payloadTypes: [] });
	});

	test("of Firefox takes fingerprint and options from the session", () => {
		const description = parse(fixture("firefox-recvonly"));
		expect(description.origin.username).toMatch(/^mozilla/);
		for (const media of description.media) {
			expect(media.fingerprints[0]!.algorithm).toBe("sha-256");
			expect(media.iceOptions).toEqual(["trickle"]);
			expect(media.direction).toBe("recvonly");
		}
		expect(section(description, 0).extensions.find((extension) => extension.direction)).toMatchObject({
			direction: "recvonly",
		});
	});

	test("that was gathered has its candidates", () => {
		const [video, audio] = parse(fixture("firefox-gathered")).media;
		expect(video!.candidates.length).toBeGreaterThan(1);
		expect(video!.candidates[0]).toMatch(/^candidate:0 1 UDP 2122187007 /);
		expect([video!.endOfCandidates, audio!.endOfCandidates]).toEqual([true, true]);
	});

	test("with simulcast has it noted", () => {
		expect(section(parse(fixture("chromium-simulcast")), 0)).toMatchObject({
			rids: ["h send", "l send"],
			simulcast: "send h;l",
		});
	});

	test("with max-bundle has bundle-only sections", () => {
		const [video, audio] = parse(fixture("firefox-max-bundle")).media;
		expect(video).toMatchObject({ port: 9, bundleOnly: false });
		expect(audio).toMatchObject({ port: 0, bundleOnly: true });
	});
});

describe("reading", () => {
	test("takes LF as the end of a line, and a last line without any", () => {
		const lines = offerLines();
		expect(parse(lines.join("\n"))).toEqual(parse(text(lines)));
	});

	test("finds every line, wherever the pieces of the text end", () => {
		const lines = offerLines();
		for (let size = 0; size < 1100; size += 7) {
			const padded = [lines[0]!, lines[1]!, `s=${"x".repeat(size)}`, ...lines.slice(3)];
			expect(parse(padded.join("\r\n"))).toEqual(parse(text(lines)));
		}
	});

	test("skips what it does not know", () => {
		const unknown = [
			"a=zzz",
			"a=zzz:1 2 3",
			"i=words",
			"b=AS:100",
			"k=none",
			"",
			"nonsense",
			"a=rtcp-fb:96 x-unknown",
			"a=ssrc:1 zzz:2",
		];
		const known = parse(text(offerLines({ video: ["a=ssrc:1"] })));
		expect(parse(text(offerLines({ session: unknown.slice(0, 7), video: unknown })))).toEqual(known);
	});

	test("lets a section's own values win over the session's", () => {
		const session = [
			...[
				"a=ice-ufrag:sess",
				"a=ice-pwd:sessionsessionsessions1",
				"a=setup:passive",
				"a=inactive",
				"a=extmap:3 urn:3gpp:video-orientation",
			],
			`a=fingerprint:sha-1 ${Array(20).fill("01").join(":")}`,
		];
		const video = [`a=extmap:1 ${midExtension}`];
		const audio = [`a=extmap:2 ${midExtension}`];
		expect(offer(undefined, { session, video, audio })).toEqual(offer(undefined, { video, audio }));
		const bare = offer((sdp) => sdp.replace(/(m=audio[^]*)/, "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:a\r\n"), {
			session,
		});
		expect(section(bare, 1)).toMatchObject({
			iceUfrag: "sess",
			icePwd: "sessionsessionsessions1",
			setup: "passive",
			direction: "inactive",
			extensions: [{ id: 3, uri: "urn:3gpp:video-orientation" }],
			fingerprints: [{ algorithm: "sha-1", value: Array(20).fill("01").join(":") }],
		});
	});

	test("names static payload types that have no rtpmap", () => {
		const description = offer((sdp) => sdp.replace("SAVPF 111", "SAVPF 8 111 0 13"));
		expect(section(description, 1).codecs.map(({ name, clockRate }) => `${name}/${clockRate}`)).toEqual([
			"PCMA/8000",
			"opus/48000",
			"PCMU/8000",
		]);
	});

	test("does so in sections of audio alone, and not against an rtpmap", () => {
		const edit = (sdp: string) => sdp.replace("SAVPF 96", "SAVPF 96 8").replace("SAVPF 111", "SAVPF 111 0");
		const description = offer(edit, { audio: ["a=rtpmap:0 L16/44100"] });
		expect(section(description, 0).codecs.map(({ name }) => name)).toEqual(["H264"]);
		expect(section(description, 1).codecs.map(({ name }) => name)).toEqual(["opus", "L16"]);
	});

	test("takes formats that are not numbers where there is no RTP", () => {
		const data = [
			"m=application 9 DTLS/SCTP 5000",
			"a=sctpmap:5000 webrtc-datachannel 1024",
			"a=fmtp:webrtc-datachannel x=1",
		];
		const description = offer(undefined, { audio: data });
		expect(section(description, 2)).toMatchObject({ formats: "5000", payloadTypes: [], codecs: [] });
	});

	test("keeps sources of which nothing is said, and skips a cname that has spaces", () => {
		const description = offer(undefined, { video: ["a=ssrc:1", "a=ssrc:2 cname:two words", "a=ssrc:3 cname:x"] });
		expect(section(description, 0).sources).toEqual([{ ssrc: 1 }, { ssrc: 2 }, { ssrc: 3, cname: "x" }]);
		expect(write(description)).toContain("a=ssrc:1\r\na=ssrc:2\r\na=ssrc:3 cname:x\r\n");
	});

	test("keeps the order of the m= line, and drops types that it does not have", () => {
		const video = [
			"a=rtpmap:99 VP8/90000",
			"a=rtpmap:98 VP9/90000",
			"a=fmtp:98 profile-id=0",
			"a=rtpmap:97 AV1/90000",
		];
		const description = offer((sdp) => sdp.replace("SAVPF 96", "SAVPF 98 96 99 98 35"), { video });
		expect(section(description, 0).codecs.map(({ payloadType }) => payloadType)).toEqual([98, 96, 99]);
		expect(section(description, 0).payloadTypes).toEqual([98, 96, 99]);
	});

	test("knows payload types of 7 bits, no more", () => {
		const make = (type: number) => () =>
			offer((sdp) => sdp.replace("SAVPF 96", `SAVPF ${type} 96`), { video: [`a=rtpmap:${type} VP8/90000`] });
		expect(section(make(127)(), 0).codecs.map(({ payloadType }) => payloadType)).toEqual([127, 96]);
		expect(make(128)).toThrow("the payload type must be a number up to 127");
	});

	test("gives feedback for all types to each codec", () => {
		const description = offer((sdp) => sdp.replace("SAVPF 96", "SAVPF 96 97"), {
			video: ["a=rtcp-fb:* nack pli", "a=rtcp-fb:97 ccm fir", "a=rtpmap:97 VP8/90000"],
		});
		expect(section(description, 0).codecs.map((codec) => codec.feedback)).toEqual([
			["nack pli"],
			["nack pli", "ccm fir"],
		]);
		expect(section(description, 1).codecs[0]!.feedback).toEqual([]);
	});

	test("and writing add nothing", () => {
		expect(write(offer())).not.toMatch(/ice-options|ice-lite|extmap|msid|rsize|end-of/);
	});

	test("knows ice-lite", () => {
		expect(offer(undefined, { session: ["a=ice-lite"] }).iceLite).toBe(true);
	});

	test.each([
		["md5", 16],
		["sha-1", 20],
		["sha-224", 28],
		["sha-256", 32],
		["sha-384", 48],
		["sha-512", 64],
		["x-new", 7],
	])("takes fingerprints of %s, of their size alone where it is known", (algorithm, size) => {
		const lines = (bytes: number) => ({
			video: [`a=fingerprint:${algorithm} ${Array(bytes).fill("0A").join(":")}`],
		});
		expect(malformed(lines(size))).toBe("");
		expect(malformed(lines(size - 1))).toMatch(algorithm === "x-new" ? /^$/ : /fingerprint/);
	});

	test.each(["G0", "0G", "+1", "0x", " 1", "1", "123", "", "ß"])(
		"takes no fingerprint with %j for a byte",
		(byte) => {
			expect(malformed({ video: [`a=fingerprint:x-new ${byte}:0A`] })).toMatch(/fingerprint/);
			for (const place of [0, 5, 6, 31]) {
				const bytes = Array<string>(32).fill("0A");
				bytes[place] = byte;
				// As many characters as there should be.
				if (byte.length !== 2) bytes[place ? 0 : 1] = "0".repeat(4 - byte.length);
				expect(malformed({ video: [`a=fingerprint:sha-256 ${bytes.join(":")}`] })).toMatch(/fingerprint/);
			}
		},
	);

	test("takes ids of extensions up to 255, and those that are only proposed", () => {
		const video = [255, 4096, 4351].map((id) => `a=extmap:${id} ${midExtension}`);
		expect(section(offer(undefined, { video }), 0).extensions.map(({ id }) => id)).toEqual([255, 4096, 4351]);
	});

	test("understands what RFCs 8866 and 8122 leave to taste", () => {
		const video = [
			"a=fingerprint:SHA-256 " + Array(32).fill("ab").join(":"),
			`a=extmap:2/sendonly ${midExtension} with attributes`,
		];
		const description = offer((sdp) => sdp.replace("m=video 9 ", "m=video 5000/2 "), { video });
		expect(section(description, 0).port).toBe(5000);
		expect(section(description, 0).fingerprints[1]).toEqual({
			algorithm: "sha-256",
			value: Array(32).fill("AB").join(":"),
		});
		expect(section(description, 0).extensions).toEqual([{ id: 2, direction: "sendonly", uri: midExtension }]);
	});
});

describe("a line that matters and is wrong is reported with its number:", () => {
	test.each([
		["a=mid:", /the mid/],
		["a=mid:two words", /the mid/],
		["a=ice-ufrag:abc", /ice-ufrag/],
		["a=ice-ufrag:ab:cd", /ice-ufrag/],
		["a=ice-pwd:short", /ice-pwd/],
		["a=fingerprint:sha-256 00:11", /fingerprint/],
		["a=fingerprint:sha-1 " + Array(20).fill("0G").join(":"), /fingerprint/],
		["a=fingerprint:sha-1 " + Array(20).fill("00").join("-"), /fingerprint/],
		["a=fingerprint:x-new 00:1", /fingerprint/],
		["a=fingerprint:x-new " + Array(86).fill("00").join(":"), /fingerprint/],
		["m=video", /kind, port/],
		["m=video 9 UDP/TLS/RTP/SAVPF", /kind, port/],
		["m=video 65536 UDP/TLS/RTP/SAVPF 96", /port/],
		["m=video nine UDP/TLS/RTP/SAVPF 96", /port/],
		["m=video 9 UDP/TLS/RTP/SAVPF 1000", /payload type/],
		["m=video 9 UDP/TLS/RTP/SAVPF 96 ", /payload type/],
	])("%s", (line, expected) => {
		const before = offerLines();
		const number = before.indexOf("m=audio 9 UDP/TLS/RTP/SAVPF 111") + 1;
		const message = malformed({ video: [line] });
		expect(message).toMatch(new RegExp(`^sdp/malformed: line ${number}: `));
		expect(message).toMatch(expected);
		if (line.length > 12) expect(message).not.toContain(line);
	});

	test("the first two", () => {
		expect(failure(() => parse(""))).toBe("sdp/malformed: line 1: the first line must be v=0");
		expect(failure(() => parse("v=1\r\n"))).toMatch(/line 1/);
		expect(failure(() => parse("v=0\r\n"))).toMatch(/line 2/);
		expect(failure(() => parse("v=0\r\no=- 1 1 IN IP4\r\n"))).toMatch(/line 2/);
		expect(failure(() => parse("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n"))).toBe("");
	});

	test("a group", () => {
		expect(malformed({ session: ["a=group:BUNDLE \u00e9"] })).toMatch(/line 6: the mid/);
	});

	test("two sections of one mid", () => {
		expect(failure(() => offer((sdp) => sdp.replace("a=mid:a", "a=mid:v")))).toMatch(/same mid/);
	});
});

describe("a line that is wrong and does not matter is as good as absent:", () => {
	test.each([
		"a=rtpmap:97",
		"a=rtpmap:97 VP8",
		"a=rtpmap:97 VP8/0",
		"a=rtpmap:97 VP8/90000/1/1",
		"a=rtpmap:97 VP8/90000/0",
		"a=rtpmap:97 VP8/10000000",
		"a=rtpmap:097 VP8/90000",
		"a=rtpmap:128 VP8/90000",
		"a=rtpmap:x VP8/90000",
		"a=fmtp:+97 a=b",
		"a=extmap:0 urn:ietf:params:rtp-hdrext:sdes:mid",
		"a=extmap:256 urn:ietf:params:rtp-hdrext:sdes:mid",
		"a=extmap:4095 urn:ietf:params:rtp-hdrext:sdes:mid",
		"a=extmap:4352 urn:ietf:params:rtp-hdrext:sdes:mid",
		"a=extmap:1/both urn:ietf:params:rtp-hdrext:sdes:mid",
		"a=extmap:1",
		"a=extmap:2 urn:of-no-use-here",
		"a=setup:holdconn",
		"a=msid:",
		"a=ssrc:4294967296 cname:x",
		"a=ssrc:-1",
		"a=ssrc-group:FID 1 x",
		"a=candidate:",
		"a=candidate:1 1\r udp",
		"a=sctp-port:65536",
		"a=max-message-size:1e3",
	])("%s", (line) => {
		const edit = (sdp: string) => sdp.replace("SAVPF 96", "SAVPF 96 97");
		expect(offer(edit, { video: [line] })).toEqual(offer());
	});

	test("holdconn alone leaves a section without a setup, and the others as they are", () => {
		const hold = (sdp: string) => sdp.replace(/a=setup:actpass(?=[^]*m=audio)/, "a=setup:holdconn");
		expect(offer(hold).media.map(({ setup }) => setup)).toEqual([undefined, "actpass"]);
	});
});

test("the end of candidates of the session is that of each section", () => {
	const { media } = offer(undefined, { session: ["a=end-of-candidates", "a=ice-options:trickle ice2"] });
	expect(media.map(({ endOfCandidates }) => endOfCandidates)).toEqual([true, true]);
	expect(media.map(({ iceOptions }) => iceOptions)).toEqual([
		["trickle", "ice2"],
		["trickle", "ice2"],
	]);
});

describe("what a peer can make this device hold is bounded:", () => {
	const many = (count: number, line: (i: number) => string) => Array.from({ length: count }, (_, i) => line(i));

	const padding = (size: number) => offerLines({ session: many(size / 1000, () => "i=" + "x".repeat(996)) });

	test("the text, to the character", () => {
		const exact = (size: number) => {
			const all = text(padding(30_000));
			return all + "\n".repeat(size - all.length);
		};
		expect(failure(() => parse(exact(32768)))).toBe("");
		expect(failure(() => parse(exact(32769)))).toMatch(/more than 32768 characters/);
		expect(failure(() => parse(exact(32769), { text: 32769 }))).toBe("");
	});

	test("a name", () => {
		expect(malformed({ video: ["a=mid:" + "x".repeat(256)] })).toBe("");
		expect(malformed({ video: ["a=mid:" + "x".repeat(257)] })).toMatch(/the mid/);
	});

	test("a line", () => {
		expect(malformed({ session: ["i=" + "x".repeat(4094)] })).toBe("");
		expect(malformed({ session: ["i=" + "x".repeat(4097)] })).toMatch(/line 6: more than 4096 characters/);
		expect(malformed({ session: ["i=" + "x".repeat(20_000)] })).toMatch(/more than 4096 characters/);
	});

	test("sections", () => {
		const sections = (count: number) => ({ audio: many(count - 2, () => "m=text 9 RTP/AVP 96") });
		expect(malformed(sections(8))).toBe("");
		expect(malformed(sections(9))).toMatch(/more than 8 sections/);
		expect(parse(text(offerLines(sections(9))), { sections: 9 }).media).toHaveLength(9);
	});

	test("payload types that are read", () => {
		expect(malformed({ audio: ["m=video 9 RTP/AVP " + many(128, String).join(" ")] })).toBe("");
		expect(malformed({ audio: ["m=video 9 RTP/AVP " + many(129, () => "96").join(" ")] })).toMatch(
			/more than 128 formats/,
		);
	});

	test("codecs that are kept: first those that this SDK has, in the order of the section", () => {
		const types = many(64, String);
		const names = (i: number) => (i === 63 ? "h264" : i === 40 ? "H264" : i === 41 ? "VP8" : `X${i}`);
		const lines = many(64, (i) => `a=rtpmap:${i} ${names(i)}/90000`);
		const [, , media] = offer(undefined, { audio: ["m=video 9 RTP/SAVPF " + types.join(" "), ...lines] }).media;
		expect(media!.codecs).toHaveLength(32);
		expect(media!.codecs.slice(-4).map(({ name }) => name)).toEqual(["X28", "H264", "VP8", "H264"]);
		expect(media!.payloadTypes).toEqual(media!.codecs.map(({ payloadType }) => payloadType));
	});

	test("codecs of which nothing but the type is known: one type stays, for an answer to repeat", () => {
		const [, , media] = offer(undefined, { audio: ["m=video 9 RTP/SAVPF 100 101 102"] }).media;
		expect(media).toMatchObject({ codecs: [], payloadTypes: [100] });
	});

	test("the parameters of a codec", () => {
		const parameters = (size: number) => `a=fmtp:96 ${"x".repeat(size)}`;
		const kept = (size: number) =>
			section(offer(undefined, { video: [parameters(size)] }), 0).codecs[0]!.parameters;
		expect(kept(512)).toHaveLength(512);
		expect(kept(513)).toContain("profile-level-id=42e01f"); // of the line before
	});

	test("extensions: those that are known, of the first 64", () => {
		const extmap = (id: number, uri: string) => `a=extmap:${id} ${uri}`;
		const unknown = many(63, (i) => extmap(i + 20, `urn:x:${i}`));
		const mid = (before: string[]) => section(offer(undefined, { video: [...before, extmap(1, midExtension)] }), 0);
		expect(mid(unknown).extensions).toEqual([{ id: 1, uri: midExtension }]);
		expect(mid([...unknown, extmap(19, "urn:y")]).extensions).toEqual([]);
	});

	test.each([
		["candidates", 16, (i: number) => `a=candidate:${i} 1 udp 1 192.0.2.1 9 typ host`],
		["sources", 32, (i: number) => `a=ssrc:${i}`],
		["sourceGroups", 16, () => "a=ssrc-group:FID 1 2"],
		["rids", 16, (i: number) => `a=rid:${i} send`],
	] as const)("%s of a section", (name, maximum, line) => {
		const kept = (count: number) => section(offer(undefined, { video: many(count, line) }), 0)[name];
		expect(kept(maximum)).toHaveLength(maximum);
		expect(kept(maximum + 1)).toEqual(kept(maximum));
	});

	test("groups", () => {
		expect(malformed({ session: many(15, () => "a=group:LS v") })).toBe("");
		expect(malformed({ session: many(16, () => "a=group:LS v") })).toMatch(/more than 16 groups/);
		expect(malformed({ session: ["a=group:LS " + many(33, String).join(" ")] })).toMatch(/more than 32 mids/);
	});

	test("what is in groups", () => {
		const group = "a=ssrc-group:FID " + many(30, String).join(" ");
		expect(section(offer(undefined, { video: many(5, () => group) }), 0).sourceGroups).toHaveLength(4);
		const bundle = "a=group:LS " + many(30, String).join(" ");
		expect(malformed({ session: many(4, () => bundle) })).toBe("");
		expect(malformed({ session: many(5, () => bundle) })).toMatch(/more than 128/);
	});

	test("all of them together", () => {
		const codecs = [
			"m=video 9 RTP/AVP " + many(128, String).join(" "),
			...many(128, (i) => `a=rtpmap:${i} VP8/90000`),
			...many(20, (i) => `a=candidate:${i} 1 udp 1 192.0.2.1 9 typ host`),
		];
		const { media } = offer(undefined, { audio: Array<string[]>(6).fill(codecs).flat() });
		const sum = (count: (media: MediaSection) => number) => media.reduce((total, one) => total + count(one), 0);
		const total = sum((one) => one.codecs.length + one.candidates.length + one.fingerprints.length);
		expect([media.length, total]).toEqual([8, 126]); // with the two mids of the group, 128
	});

	test("time, which grows with the text and not with its square", () => {
		const worst = text(
			offerLines({ video: many(4000, () => "a=rtpmap:96 VP8") }).map((line) => line + "/9000"),
		).slice(0, 65536);
		const begin = process.cpuUsage();
		for (let i = 0; i < 10; i++) failure(() => parse(worst, { text: 65536 }));
		const { user, system } = process.cpuUsage(begin);
		expect((user + system) / 10_000).toBeLessThan(50);
	});
});

test.each([
	["a1;/?:@&=+$,#-_.!~*'()", true],
	['{"<%>"}[\\]^`|', true],
	["a".repeat(256), true],
	["a".repeat(257), false],
	["", false],
	["a b", false],
	["a\t", false],
	["a\u007f", false],
	["a\u0000b", false],
	["{\u00e9}", false],
	["\ud800", false],
])("a token is of visible ASCII: %j", (text, is) => expect(isToken(text)).toBe(is));
