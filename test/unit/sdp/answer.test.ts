// SPDX-License-Identifier: Apache-2.0
import { h264Capability } from "webrtc/codec/h264";
import {
	createAnswer,
	dtlsRole,
	idOf,
	midExtension,
	negotiated,
	parse,
	planAnswer,
	remoteTransport,
	validateAnswer,
	write,
} from "webrtc/sdp";
import type { Direction, LocalMedia, SessionDescription } from "webrtc/sdp";
import { opus } from "../codecs";
import { answer, audio, failure, fixture, fixtureNames, offer, section, transport, video, videoOffer } from "./helpers";

const bundled = (description: SessionDescription) => description.groups[0]?.mids;
const ports = (description: SessionDescription) => description.media.map((media) => media.port);

const refusedLines = [
	`a=ice-ufrag:${transport.iceUfrag}\r\na=ice-pwd:${transport.icePwd}\r\n`,
	`a=fingerprint:sha-256 ${transport.fingerprint.value}\r\na=setup:active\r\n`,
].join("");

describe("the answer to a browser", () => {
	const answerable = fixtureNames
		.map((name) => name.slice(0, -4))
		.filter((name) => !/-data$/.test(name) || /sendrecv/.test(name));

	test.each(answerable)("%s fits its offer and reads the same again", (name) => {
		const remote = parse(fixture(name));
		const description = answer(remote);
		validateAnswer(remote, description);
		expect(write(parse(write(description)))).toBe(write(description));
		expect(description.media.map(({ kind, mid }) => [kind, mid])).toEqual(
			remote.media.map(({ kind, mid }) => [kind, mid]),
		);
	});

	test.each([
		["chromium-recvonly", 108],
		["firefox-recvonly", 126],
		["safari-recvonly", 98],
	])("%s takes Constrained Baseline in mode 1, though it is not the first", (name, payloadType) => {
		const [media] = answer(parse(fixture(name))).media;
		expect(media).toMatchObject({ kind: "video", port: 9, direction: "sendonly", payloadTypes: [payloadType] });
		expect(media!.codecs).toEqual([
			{
				payloadType,
				name: "H264",
				clockRate: 90000,
				channels: 1,
				parameters: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
				feedback: ["goog-remb", "transport-cc", "nack", "nack pli", "ccm fir"],
			},
		]);
	});

	test("as text", () => {
		const description = answer(parse(fixture("firefox-recvonly")));
		expect(write(description).split("\r\n")).toEqual([
			...["v=0", "o=- 42 1 IN IP4 127.0.0.1", "s=-", "t=0 0"],
			...["a=group:BUNDLE 0 1", "a=ice-options:trickle", "a=msid-semantic: WMS *"],
			...["m=video 9 UDP/TLS/RTP/SAVPF 126", "c=IN IP4 0.0.0.0", "a=rtcp:9 IN IP4 0.0.0.0"],
			...["a=candidate:1 1 udp 2130706431 192.0.2.7 50000 typ host", "a=end-of-candidates"],
			...["a=ice-ufrag:dEv1", "a=ice-pwd:0123456789abcdefghijkl"],
			...[`a=fingerprint:sha-256 ${transport.fingerprint.value}`, "a=setup:active", "a=mid:0"],
			...["a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid", "a=sendonly", "a=msid:camera picture"],
			...[
				"a=rtcp-mux",
				"a=rtcp-rsize",
				"a=rtpmap:126 H264/90000",
				...["goog-remb", "transport-cc", "nack", "nack pli", "ccm fir"].map((kind) => `a=rtcp-fb:126 ${kind}`),
			],
			"a=fmtp:126 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
			...["a=ssrc:287454020 cname:device", "a=ssrc:287454020 msid:camera picture"],
			...["m=audio 9 UDP/TLS/RTP/SAVPF 109 0 8", "c=IN IP4 0.0.0.0", "a=rtcp:9 IN IP4 0.0.0.0"],
			...["a=ice-ufrag:dEv1", "a=ice-pwd:0123456789abcdefghijkl"],
			...[`a=fingerprint:sha-256 ${transport.fingerprint.value}`, "a=setup:active", "a=mid:1"],
			...["a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid", "a=sendonly", "a=msid:camera sound", "a=rtcp-mux"],
			...["a=rtpmap:109 opus/48000/2", "a=rtcp-fb:109 transport-cc", "a=fmtp:109 minptime=10;useinbandfec=1"],
			...["a=rtpmap:0 PCMU/8000", "a=rtpmap:8 PCMA/8000"],
			...["a=ssrc:1432778632 cname:device", "a=ssrc:1432778632 msid:camera sound", ""],
		]);
	});

	test("without H.264 leaves the sound, and alone it is an error that says why", () => {
		const remote = parse(fixture("firefox-no-h264"));
		expect(ports(answer(remote))).toEqual([0, 9]);
		expect(bundled(answer(remote))).toEqual(["1"]);
		expect(failure(() => answer(remote, [video]))).toBe(
			"sdp/no-common-codec: video: the offer has VP8, rtx, VP9, AV1, ulpfec, red; here there is H264." +
				" In Firefox, enable the OpenH264 plug-in (about:addons, Plugins)",
		);
	});

	test("rejects data channels, and with nothing else it is an error", () => {
		const description = answer(parse(fixture("chromium-sendrecv-data")));
		expect(ports(description)).toEqual([9, 9, 0]);
		expect(bundled(description)).toEqual(["0", "1"]);
		expect(write(description)).toContain(
			`m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n${refusedLines}a=mid:2\r\na=inactive\r\na=sctp-port:5000\r\n`,
		);
		expect(failure(() => answer(parse(fixture("firefox-data"))))).toMatch(/^sdp\/unsupported: application: /);
	});

	test("takes sections that are offered in the bundle only", () => {
		expect(ports(answer(parse(fixture("firefox-max-bundle"))))).toEqual([9, 9]);
	});

	test("receives one of several encodings", () => {
		const description = answer(parse(fixture("chromium-simulcast")), [{ ...video, direction: "recvonly" }]);
		expect(section(description, 0)).toMatchObject({ direction: "recvonly", rids: [], sources: [] });
		expect(write(description)).not.toMatch(/simulcast|a=rid|a=msid:/);
	});
});

describe("codecs", () => {
	const h264Lines = (payloadType: number, fmtp: string) => [
		`a=rtpmap:${payloadType} h264/90000`,
		`a=fmtp:${payloadType} ${fmtp}`,
	];
	const modes = [
		...h264Lines(96, "profile-level-id=42e01f"),
		...h264Lines(97, "packetization-mode=1;profile-level-id=42e01f"),
	];
	const mode0 = h264Capability("42e01f", 0, []);
	const mode1 = h264Capability("42e01f", 1, []);
	const types = (remote: SessionDescription, ...codecs: LocalMedia["codecs"]) =>
		section(answer(remote, [{ ...video, codecs }]), 0).payloadTypes;

	test("H.264 must agree in packetization-mode; absent is 0", () => {
		const remote = videoOffer("96 97", ...modes);
		expect(types(remote, mode0)).toEqual([96]);
		expect(types(remote, mode1)).toEqual([97]);
		// Of one codec the preferred form alone.
		expect(types(remote, mode1, mode0)).toEqual([97]);
		expect(types(remote, mode0, mode1)).toEqual([96]);
		expect(failure(() => types(videoOffer("96", ...modes), mode1))).toMatch(/no-common-codec/);
	});

	test("Constrained Baseline before Baseline before nothing", () => {
		const both = [
			...h264Lines(96, "packetization-mode=1;profile-level-id=42001f"),
			...h264Lines(97, "packetization-mode=1;profile-level-id=42c01f"),
		];
		expect(types(videoOffer("96 97", ...both), mode1)).toEqual([97]);
		expect(types(videoOffer("96", ...both), mode1)).toEqual([96]);
		const others = ["4d001f", "640c1f", "64001f", "f4001f", "42e0", "zzzzzz"];
		for (const profile of others) {
			const remote = videoOffer("96", ...h264Lines(96, `packetization-mode=1;profile-level-id=${profile}`));
			expect(failure(() => types(remote, mode1))).toMatch(/no-common-codec/);
		}
	});

	test("H.264 without a profile is Baseline", () => {
		const remote = videoOffer("96", ...h264Lines(96, "packetization-mode=1"));
		expect(section(answer(remote), 0).codecs[0]!.parameters).toBe("packetization-mode=1;profile-level-id=42000a");
	});

	test("the level is ours where levels may differ, else the lower", () => {
		const parameters = (fmtp: string) =>
			section(answer(videoOffer("96", ...h264Lines(96, fmtp))), 0).codecs[0]!.parameters;
		expect(parameters("level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e00d")).toBe(
			"level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
		);
		expect(parameters("packetization-mode=1;profile-level-id=42e00d")).toBe(
			"packetization-mode=1;profile-level-id=42e00d",
		);
		expect(parameters("packetization-mode=1;profile-level-id=42e034")).toBe(
			"packetization-mode=1;profile-level-id=42e01f",
		);
		expect(parameters("level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f")).toContain(
			"=42001f",
		);
	});

	test("name without case, rate and channels must agree; the order is ours", () => {
		const remote = offer((sdp) => sdp.replace("SAVPF 111", "SAVPF 0 8 110 111 112 113"), {
			audio: [
				"a=rtpmap:110 opus/48000",
				"a=rtpmap:112 OPUS/48000/2",
				"a=rtpmap:113 opus/16000/2",
				"a=rtpmap:8 pcma/8000/1",
			],
		});
		const { codecs } = section(answer(remote), 1);
		expect(codecs.map(({ payloadType, name }) => [payloadType, name])).toEqual([
			[111, "opus"],
			[0, "PCMU"],
			[8, "PCMA"],
		]);
	});

	test("payload types that look like RTCP are not taken", () => {
		const edit = (type: number) =>
			offer((sdp) => sdp.replace("SAVPF 111", `SAVPF ${type}`).replace("rtpmap:111", `rtpmap:${type}`));
		expect(ports(answer(edit(63)))).toEqual([9, 9]);
		expect(ports(answer(edit(64)))).toEqual([9, 0]);
		expect(ports(answer(edit(95)))).toEqual([9, 0]);
		expect(ports(answer(edit(96)))).toEqual([9, 9]);
	});

	test("parameters are ours, feedback is what both have", () => {
		const remote = offer(undefined, {
			video: ["a=rtcp-fb:96 ccm fir", "a=rtcp-fb:96 nack", "a=rtcp-fb:96 goog-remb"],
			audio: ["a=fmtp:111 maxplaybackrate=48000;stereo=1", "a=rtcp-fb:111 nack"],
		});
		const description = answer(remote);
		expect(section(description, 0).codecs[0]!.feedback).toEqual(["goog-remb", "nack", "ccm fir"]);
		expect(section(description, 1).codecs[0]).toMatchObject({
			parameters: "minptime=10;useinbandfec=1",
			feedback: [],
		});
	});
});

describe("retransmissions", () => {
	const withRtx = { ...video, rtxSsrc: 0x99887766 };
	const media = (lines: string[], local = withRtx) => {
		const remote = offer((sdp) => sdp.replace("SAVPF 96", "SAVPF 96 97"), { video: lines });
		const description = answer(remote, [local, audio]);
		return {
			description,
			video: section(description, 0),
			negotiated: negotiated(description, remote, "answerer")[0]!,
		};
	};
	const offered = ["a=rtcp-fb:96 nack", "a=rtpmap:97 rtx/90000", "a=fmtp:97 apt=96"];

	test("are taken where they are offered for what is sent, with a source of their own", () => {
		const { description, video: taken, negotiated: result } = media(offered);
		expect(taken.payloadTypes).toEqual([96, 97]);
		expect(result).toMatchObject({ rtx: 97, codec: { payloadType: 96 } });
		expect(write(description)).toContain("a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n");
		expect(write(description)).toContain("a=ssrc-group:FID 287454020 2575857510\r\n");
		expect(write(parse(write(description)))).toBe(write(description));
	});

	test.each([
		["without NACK", offered.slice(1)],
		["of another codec", [...offered.slice(0, 2), "a=fmtp:97 apt=98"]],
		["of another clock", [offered[0]!, "a=rtpmap:97 rtx/48000", offered[2]!]],
		["whose numbers are RTCP's", ["a=rtcp-fb:96 nack", "a=rtpmap:72 rtx/90000", "a=fmtp:72 apt=96"]],
		["that name no codec", offered.slice(0, 2)],
	])("%s are left out", (_, lines) => {
		const { description, video: taken, negotiated: result } = media(lines);
		expect(taken.payloadTypes).toEqual([96]);
		expect(result.rtx).toBeUndefined();
		expect(write(description)).not.toContain("FID");
	});

	test("are left out by who has none", () => {
		expect(media(offered, { ...video, rtxSsrc: undefined! }).negotiated.rtx).toBeUndefined();
	});

	test("have no source where nothing is sent", () => {
		const remote = offer((sdp) => sdp.replace("SAVPF 96", "SAVPF 96 97").replaceAll("recvonly", "sendonly"), {
			video: offered,
		});
		expect(write(answer(remote, [{ ...withRtx, direction: "recvonly" }, audio]))).not.toContain("FID");
	});
});

describe("directions", () => {
	test.each<[Direction, Direction, Direction]>([
		["sendrecv", "sendrecv", "sendrecv"],
		["sendrecv", "sendonly", "recvonly"],
		["sendrecv", "recvonly", "sendonly"],
		["sendrecv", "inactive", "inactive"],
		["sendonly", "sendrecv", "sendonly"],
		["sendonly", "recvonly", "sendonly"],
		["sendonly", "sendonly", "inactive"],
		["recvonly", "sendrecv", "recvonly"],
		["recvonly", "recvonly", "inactive"],
		["inactive", "sendrecv", "inactive"],
	])("ours %s, theirs %s: %s", (ours, theirs, expected) => {
		const remote = offer((sdp) => sdp.replace("a=recvonly", `a=${theirs}`));
		const [media] = answer(remote, [{ ...video, direction: ours }, audio]).media;
		expect(media!.direction).toBe(expected);
		const isSending = expected === "sendrecv" || expected === "sendonly";
		expect(media!.port).toBe(9);
		expect(media!.msid).toEqual(isSending ? video.msid : undefined);
		expect(media!.sources).toHaveLength(isSending ? 1 : 0);
	});
});

describe("sections are rejected", () => {
	const portsOf = (...args: Parameters<typeof offer>) => ports(answer(offer(...args)));

	test("when their kind is not known", () => {
		expect(portsOf(undefined, { audio: ["m=text 9 UDP/TLS/RTP/SAVPF 98", "a=mid:t", "a=rtcp-mux"] })).toEqual([
			9, 9, 0,
		]);
	});

	test("when there is no local media for them, or it is stopped", () => {
		expect(ports(answer(offer(), [audio]))).toEqual([0, 9]);
		expect(ports(answer(offer(), [video, { ...audio, stopped: true }]))).toEqual([9, 0]);
		const other = [
			{ ...video, mid: "v" },
			{ ...audio, mid: "other" },
		];
		expect(ports(answer(offer(), other))).toEqual([9, 0]);
		const swapped = [
			{ ...video, mid: "a" },
			{ ...audio, mid: "v" },
		];
		expect(failure(() => answer(offer(), swapped))).toMatch(/^sdp\/unsupported: video: there is nothing here/);
	});

	test("when their protocol is not RTP over DTLS, which other names may mean", () => {
		expect(portsOf((sdp) => sdp.replace("m=video 9 UDP/TLS/RTP/SAVPF", "m=video 9 RTP/XYZ"))).toEqual([0, 9]);
		const old = answer(offer((sdp) => sdp.replace("m=video 9 UDP/TLS/RTP/SAVPF", "m=video 9 RTP/SAVPF")));
		expect(section(old, 0)).toMatchObject({ port: 9, protocol: "RTP/SAVPF" });
	});

	test("when they are not in the bundle", () => {
		expect(portsOf((sdp) => sdp.replace("BUNDLE v a", "BUNDLE a").replace("H264", "VP8"))).toEqual([0, 9]);
		expect(portsOf((sdp) => sdp.replace("BUNDLE v a", "BUNDLE v"))).toEqual([9, 0]);
	});

	test("without a bundle, all but one", () => {
		const description = answer(offer((sdp) => sdp.replace("a=group:BUNDLE v a\r\n", "")));
		expect(ports(description)).toEqual([9, 0]);
		expect(description.groups).toEqual([]);
		expect(
			ports(
				answer(
					offer((sdp) => sdp.replace("a=group:BUNDLE v a\r\n", "")),
					[audio],
				),
			),
		).toEqual([0, 9]);
		expect(portsOf((sdp) => sdp.replace("a=group:BUNDLE v a\r\n", "").replace(/a=mid:.*\r\n/g, ""))).toEqual([
			9, 0,
		]);
	});

	test("when RTCP has a port of its own", () => {
		const apart = (sdp: string) => sdp.replace("a=group:BUNDLE v a\r\n", "").replace("a=rtcp-mux\r\n", "");
		expect(portsOf(apart)).toEqual([0, 9]);
		expect(failure(() => answer(offer((sdp) => sdp.replace(/a=rtcp-mux\r\n/g, ""))))).toMatch(
			/^sdp\/unsupported: .*RTCP/,
		);
	});

	test("but not all of them because the bundle is empty", () => {
		expect(portsOf((sdp) => sdp.replace("BUNDLE v a", "BUNDLE"))).toEqual([9, 0]);
	});

	test("with the reason: apart from the bundle, or without any", () => {
		const refuse = (group: string) => {
			const remote = offer((sdp) => sdp.replace("a=group:BUNDLE v a\r\n", group));
			return planAnswer(remote, [video, audio]).refusals.map(({ message }) => message);
		};
		expect(refuse("a=group:BUNDLE v\r\n")).toEqual(["audio: it is not in the bundle, and there is one transport"]);
		expect(refuse("")).toEqual(["audio: the offer has no bundle, and there is one transport"]);
		expect(refuse("a=group:BUNDLE v\r\na=group:BUNDLE a\r\n")).toHaveLength(1);
	});

	test("but not when a bundle says it once for all", () => {
		expect(portsOf((sdp) => sdp.replace(/(m=audio[^]*)a=rtcp-mux\r\n/, "$1"))).toEqual([9, 9]);
	});

	test("when they have ended", () => {
		expect(portsOf((sdp) => sdp.replace("m=video 9", "m=video 0"))).toEqual([0, 9]);
	});

	test("and keep a format, mid and place, and have what GStreamer 1.22, aiortc 1.4 and werift 0.22 look for", () => {
		const text = write(answer(offer(), [audio]));
		expect(text).toContain(
			`m=video 0 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\n${refusedLines}a=mid:v\r\na=inactive\r\na=rtcp-mux\r\na=rtpmap:96 H264/90000\r\n`,
		);
		expect(text).toContain("a=group:BUNDLE a\r\n");
	});

	test("but not the format's parameters where they have what no line of ours may have", () => {
		const text = write(
			answer(
				offer((sdp) => sdp.replace("packetization-mode=1;", "$&\0\x7f;")),
				[audio],
			),
		);
		expect(text).toContain("a=rtpmap:96 H264/90000\r\n");
		expect(text).not.toMatch(/a=fmtp:96/);
	});

	test("all of them, without an error, when both sides ended them", () => {
		const remote = offer((sdp) => sdp.replace(/(m=\w+) 9/g, "$1 0"));
		expect(ports(answer(remote))).toEqual([0, 0]);
		expect(
			ports(
				answer(offer(), [
					{ ...video, stopped: true },
					{ ...audio, stopped: true },
				]),
			),
		).toEqual([0, 0]);
	});
});

describe("local media", () => {
	test("belongs to the section of its mid, or to the next of its kind", () => {
		const third = ["m=video 9 UDP/TLS/RTP/SAVPF 97", "a=mid:v2", "a=rtcp-mux", "a=rtpmap:97 H264/90000"];
		const remote = offer((sdp) => sdp.replace("BUNDLE v a", "BUNDLE v a v2"), {
			audio: [...third, "a=recvonly", "a=fmtp:97 packetization-mode=1;profile-level-id=42e01f"],
		});
		const second = { ...video, ssrc: 2, msid: { stream: "camera", track: "second" } };
		const sources = (description: SessionDescription) => description.media.map((media) => media.sources[0]?.ssrc);
		expect(sources(answer(remote, [video, audio, second]))).toEqual([video.ssrc, audio.ssrc, 2]);
		expect(sources(answer(remote, [{ ...video, mid: "v2" }, audio, { ...second, mid: "v" }]))).toEqual([
			2,
			audio.ssrc,
			video.ssrc,
		]);
	});

	test("is not used up by sections that have ended", () => {
		const again = ["m=video 9 UDP/TLS/RTP/SAVPF 97", "a=mid:v2", "a=rtcp-mux", "a=rtpmap:97 H264/90000"];
		const edit = (sdp: string) => sdp.replace("BUNDLE v a", "BUNDLE a v2").replace("m=video 9", "m=video 0");
		const credentials = ["a=ice-ufrag:uFrg", "a=fmtp:97 packetization-mode=1;profile-level-id=42e01f"];
		expect(ports(answer(offer(edit, { audio: [...again, ...credentials] })))).toEqual([0, 9, 9]);
	});

	test.each([
		[{ mid: "two words" }, /mid/],
		[{ cname: "a\r\nb" }, /cname/],
		[{ msid: { stream: "a\r\na=x", track: "t" } }, /msid.stream/],
		[{ msid: { stream: "s", track: "é" } }, /msid.track/],
		[{ ssrc: -1 }, /ssrc/],
		[{ ssrc: 2 ** 32 }, /ssrc/],
	])("must make legal lines: %p", (change, expected) => {
		expect(() => answer(offer(), [{ ...video, ...change }])).toThrow(expected);
	});

	test("may have the last of all sources", () => {
		expect(ports(answer(offer(), [{ ...video, ssrc: 0xffffffff }, audio]))).toEqual([9, 9]);
	});

	test("sends a track in one section only", () => {
		expect(() => answer(offer(), [video, { ...audio, msid: video.msid }])).toThrow(/msid: "camera picture"/);
		expect(() => answer(offer(), [video, { ...audio, ssrc: video.ssrc }])).toThrow(/ssrc: 287454020/);
		const same = { ...audio, msid: video.msid, ssrc: video.ssrc };
		expect(ports(answer(offer(), [video, { ...same, stopped: true }]))).toEqual([9, 0]);
		expect(ports(answer(offer(), [video, { ...same, direction: "recvonly" }]))).toEqual([9, 9]);
	});

	test("and so must the transport and the session", () => {
		expect(() => answer(offer(), undefined, { candidates: ["a\r\nb"] })).toThrow(/candidates/);
		expect(() => answer(offer(), undefined, { iceUfrag: "" })).toThrow(/iceUfrag/);
		expect(() => answer(offer(), undefined, { icePwd: "a b" })).toThrow(/icePwd/);
		const options = { remote: offer(), media: [video], transport };
		expect(() => createAnswer({ ...options, sessionId: "x", sessionVersion: 1 })).toThrow(/sessionId/);
		expect(() => createAnswer({ ...options, sessionId: "1", sessionVersion: -1 })).toThrow(/sessionVersion/);
	});
});

describe("extensions", () => {
	const [a, b, c] = ["sdes:mid", "toffset", "ssrc-audio-level"].map(
		(name) => `urn:ietf:params:rtp-hdrext:${name}`,
	) as [string, string, string];
	const other = "urn:3gpp:video-orientation";
	const uris = [b, a, c];
	const extensions = (...lines: string[]) =>
		section(answer(offer(undefined, { video: lines }), [{ ...video, extensions: uris }, audio]), 0).extensions;

	test("are those that both have, with the remote's numbers", () => {
		expect(extensions(`a=extmap:7 ${a}`, `a=extmap:3 ${other}`, `a=extmap:2 ${b}`)).toEqual([
			{ id: 7, uri: a },
			{ id: 2, uri: b },
		]);
	});

	test("have the direction turned round", () => {
		expect(extensions(`a=extmap:1/sendonly ${a}`, `a=extmap:2/sendrecv ${b}`)).toEqual([
			{ id: 1, direction: "recvonly", uri: a },
			{ id: 2, direction: "sendrecv", uri: b },
		]);
	});

	test("need an id of one byte, and only once", () => {
		expect(extensions(`a=extmap:14 ${a}`, `a=extmap:15 ${b}`, `a=extmap:14 ${c}`, `a=extmap:9 ${a}`)).toEqual([
			{ id: 14, uri: a },
		]);
	});
});

describe("the transport", () => {
	test.each([
		["actpass", "active", "active", "client"],
		["actpass", "actpass", "active", "client"],
		["actpass", "passive", "passive", "server"],
		["passive", "active", "active", "client"],
		["passive", "passive", "active", "client"],
		["active", "active", "passive", "server"],
		["active", "actpass", "passive", "server"],
	] as const)("offered %s, wished %s: %s", (offered, wish, expected, role) => {
		const remote = offer((sdp) => sdp.replaceAll("a=setup:actpass", `a=setup:${offered}`));
		const description = answer(remote, undefined, { setup: wish });
		expect(description.media.map((media) => media.setup)).toEqual([expected, expected]);
		expect(dtlsRole(description, remote)).toBe(role);
		expect(dtlsRole(remote, description)).toBe(role === "client" ? "server" : "client");
	});

	test("an offer without setup is active (RFC 4145)", () => {
		const remote = offer((sdp) => sdp.replaceAll("a=setup:actpass\r\n", ""));
		expect(section(answer(remote), 0).setup).toBe("passive");
	});

	test("stands in each section, its candidates in the first of the bundle", () => {
		const description = answer(offer((sdp) => sdp.replace("BUNDLE v a", "BUNDLE a v")));
		expect(bundled(description)).toEqual(["a", "v"]);
		const [first, second] = description.media;
		expect([first!.candidates, first!.endOfCandidates]).toEqual([[], false]);
		expect([second!.candidates, second!.endOfCandidates]).toEqual([transport.candidates, true]);
		for (const media of description.media) {
			expect(media).toMatchObject({ iceUfrag: transport.iceUfrag, icePwd: transport.icePwd, rtcpMux: true });
			expect(media.fingerprints).toEqual([transport.fingerprint]);
		}
	});

	test("of a full agent or a lite one, and it trickles", () => {
		expect(write(answer(offer()))).not.toContain("ice-lite");
		expect(write(answer(offer(), undefined, { iceLite: true }))).toContain("a=ice-lite\r\n");
		expect(answer(offer()).iceOptions).toEqual(["trickle"]);
		expect(section(answer(offer(), undefined, { candidates: [], endOfCandidates: false }), 0).endOfCandidates).toBe(
			false,
		);
	});

	test("of the remote is that of the first section of its bundle that is taken", () => {
		const remote = offer((sdp) => sdp.replace(/(m=audio[^]*)uFrg/, "$1other"), {
			video: ["a=candidate:1 1 udp 1 192.0.2.1 9 typ host", "a=end-of-candidates", "a=ice-options:trickle"],
		});
		expect(remoteTransport(remote)).toEqual({
			mid: "v",
			iceUfrag: "uFrg",
			icePwd: "abcdefghijklmnopqrstuv",
			iceLite: false,
			fingerprints: [{ algorithm: "sha-256", value: Array(32).fill("0F").join(":") }],
			setup: "actpass",
			candidates: ["candidate:1 1 udp 1 192.0.2.1 9 typ host"],
			endOfCandidates: true,
			trickle: true,
		});
		expect(remoteTransport(remote, answer(remote, [audio]))).toMatchObject({
			mid: "a",
			iceUfrag: "other",
			trickle: false,
		});
		expect(remoteTransport(offer((sdp) => sdp.replace("BUNDLE v a", "BUNDLE a v"))).mid).toBe("a");
		expect(remoteTransport(offer((sdp) => sdp.replace("a=group:BUNDLE v a\r\n", ""))).mid).toBe("v");
		expect(remoteTransport(offer(undefined, { session: ["a=ice-lite"] })).iceLite).toBe(true);
	});

	test("of the remote must be complete", () => {
		expect(failure(() => answer(offer((sdp) => sdp.replaceAll("a=ice-ufrag:uFrg\r\n", ""))))).toMatch(
			/^sdp\/malformed: video: ice-ufrag/,
		);
		expect(failure(() => answer(offer((sdp) => sdp.replace(/a=ice-pwd:.*\r\n/g, ""))))).toMatch(/^sdp\/malformed/);
		expect(failure(() => answer(offer((sdp) => sdp.replace(/a=fingerprint:.*\r\n/g, ""))))).toMatch(
			/^sdp\/unsupported: video: no fingerprint/,
		);
	});

	test("reduced-size RTCP only where it was offered", () => {
		const description = answer(offer(undefined, { audio: ["a=rtcp-rsize"] }));
		expect(description.media.map((media) => media.rtcpReducedSize)).toEqual([false, true]);
	});
});

describe("what is negotiated by answering", () => {
	test("has the remote's numbers, parameters, sources and stream", () => {
		const remote = parse(fixture("firefox-sendrecv"));
		const local = answer(remote, [
			{ ...video, direction: "sendrecv" },
			{ ...audio, codecs: [opus], direction: "sendrecv" },
		]);
		const [sound, picture] = negotiated(local, remote, "answerer");
		expect(sound).toEqual({
			mid: "0",
			kind: "audio",
			formats: [{ payloadType: 109, codec: "opus" }],
			rejected: false,
			direction: "sendrecv",
			codec: {
				payloadType: 109,
				name: "opus",
				clockRate: 48000,
				channels: 2,
				parameters: "maxplaybackrate=48000;stereo=1;useinbandfec=1",
				packetizationMode: 0,
			},
			feedback: ["transport-cc"],
			rtcpReducedSize: false,
			data: undefined,
			extensions: [{ id: 3, uri: midExtension }],
			rtx: undefined,
			remoteSsrcs: [remote.media[0]!.sources[0]!.ssrc],
			remoteMsid: remote.media[0]!.msid,
		});
		expect(picture).toMatchObject({
			direction: "sendrecv",
			feedback: ["goog-remb", "transport-cc", "nack", "nack pli", "ccm fir"],
			rtcpReducedSize: true,
		});
		expect(picture!.codec).toMatchObject({ payloadType: 126, name: "H264", packetizationMode: 1 });
		// Of the two sources one is for retransmissions.
		expect(remote.media[1]!.sources).toHaveLength(2);
		expect(picture!.remoteSsrcs).toEqual([remote.media[1]!.sourceGroups[0]!.ssrcs[0]]);
	});

	test("tells which sections are rejected", () => {
		const remote = parse(fixture("firefox-no-h264"));
		expect(negotiated(answer(remote), remote, "answerer")).toMatchObject([
			{ mid: "0", rejected: true, direction: "inactive", codec: undefined, extensions: [], remoteSsrcs: [] },
			{ mid: "1", rejected: false, direction: "sendonly" },
		]);
	});

	test("finds the stream in the lines of the source where the section has none", () => {
		const remote = offer((sdp) => sdp.replace("a=recvonly", "a=sendrecv"), { video: ["a=ssrc:7 msid:s t"] });
		const local = answer(remote, [{ ...video, direction: "sendrecv" }, audio]);
		const result = negotiated(local, remote, "answerer");
		expect(result[0]!.remoteMsid).toEqual({ stream: "s", track: "t" });
		expect(idOf(result[0]!.extensions, midExtension)).toBe(0);
		expect(result[1]!.remoteMsid).toBeUndefined();
	});
});

test.each<[string, number]>([
	["", 5],
	["/sendrecv", 5],
	["/recvonly", 5], // the remote's: it receives what we send
	["/sendonly", 0],
	["/inactive", 0],
])("an extension with the direction %j is sent with the id %d", (direction, id) => {
	const remote = offer(undefined, { video: [`a=extmap:5${direction} urn:ietf:params:rtp-hdrext:sdes:mid`] });
	expect(idOf(negotiated(answer(remote), remote, "answerer")[0]!.extensions, midExtension)).toBe(id);
});
