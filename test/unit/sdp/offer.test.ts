// SPDX-License-Identifier: Apache-2.0
import { h264Capability } from "webrtc/codec/h264";
import {
	createOffer,
	dtlsRole,
	idOf,
	midExtension,
	negotiated,
	parse,
	remoteTransport,
	validateAnswer,
	write,
} from "webrtc/sdp";
import type { LocalMedia, SessionDescription } from "webrtc/sdp";
import { answer, audio, failure, offer, section, transport, video } from "./helpers";

function makeOffer(media: readonly LocalMedia[], current?: SessionDescription): SessionDescription {
	return createOffer({
		sessionId: "7",
		sessionVersion: 3,
		media,
		transport: { ...transport, setup: "actpass" },
		current,
	});
}
const view = (description: SessionDescription) =>
	description.media.map(({ mid, kind, port }) => `${mid} ${kind} ${port}`);
/** Another section of the same kind needs another track. */
const other = (media: LocalMedia, name: string): LocalMedia => ({
	...media,
	msid: { stream: "camera", track: name },
	ssrc: name.charCodeAt(0),
});
const viewer = { ...video, direction: "sendrecv" } as const;

describe("an offer", () => {
	test("as text", () => {
		expect(write(makeOffer([video, { ...audio, codecs: audio.codecs.slice(0, 2) }])).split("\r\n")).toEqual([
			...["v=0", "o=- 7 3 IN IP4 127.0.0.1", "s=-", "t=0 0"],
			...["a=group:BUNDLE 0 1", "a=ice-options:trickle", "a=msid-semantic: WMS *"],
			...["m=video 9 UDP/TLS/RTP/SAVPF 96", "c=IN IP4 0.0.0.0", "a=rtcp:9 IN IP4 0.0.0.0"],
			...["a=candidate:1 1 udp 2130706431 192.0.2.7 50000 typ host", "a=end-of-candidates"],
			...["a=ice-ufrag:dEv1", "a=ice-pwd:0123456789abcdefghijkl"],
			...[`a=fingerprint:sha-256 ${transport.fingerprint.value}`, "a=setup:actpass", "a=mid:0"],
			...["a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid", "a=sendonly", "a=msid:camera picture"],
			...[
				"a=rtcp-mux",
				"a=rtcp-rsize",
				"a=rtpmap:96 H264/90000",
				...["goog-remb", "transport-cc", "nack", "nack pli", "ccm fir"].map((kind) => `a=rtcp-fb:96 ${kind}`),
			],
			"a=fmtp:96 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
			...["a=ssrc:287454020 cname:device", "a=ssrc:287454020 msid:camera picture"],
			...["m=audio 9 UDP/TLS/RTP/SAVPF 111 0", "c=IN IP4 0.0.0.0", "a=rtcp:9 IN IP4 0.0.0.0"],
			...["a=ice-ufrag:dEv1", "a=ice-pwd:0123456789abcdefghijkl"],
			...[`a=fingerprint:sha-256 ${transport.fingerprint.value}`, "a=setup:actpass", "a=mid:1"],
			...[
				"a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid",
				"a=sendonly",
				"a=msid:camera sound",
				"a=rtcp-mux",
				"a=rtcp-rsize",
			],
			...["a=rtpmap:111 opus/48000/2", "a=rtcp-fb:111 transport-cc", "a=fmtp:111 minptime=10;useinbandfec=1"],
			"a=rtpmap:0 PCMU/8000",
			...["a=ssrc:1432778632 cname:device", "a=ssrc:1432778632 msid:camera sound", ""],
		]);
	});

	test("has retransmissions of the preferred codec of pictures", () => {
		const description = makeOffer([{ ...video, rtxSsrc: 7 }, { ...other(video, "b"), rtxSsrc: 8 }, audio]);
		expect(description.media.map(({ payloadTypes }) => payloadTypes)).toEqual([
			[96, 97],
			[96, 97],
			[111, 0, 8],
		]);
		expect(description.media[0]!.codecs[1]).toMatchObject({ name: "rtx", clockRate: 90000, parameters: "apt=96" });
		expect(description.media[0]!.sourceGroups).toEqual([{ semantics: "FID", ssrcs: [video.ssrc, 7] }]);
		expect(write(parse(write(description)))).toBe(write(description));
	});

	test("has one meaning for one number in all sections", () => {
		const mode0 = h264Capability("42e01f", 0, []);
		const high = h264Capability("640c1f", 1, []);
		const media = [
			video,
			{
				...other(video, "b"),
				codecs: [mode0, high, ...video.codecs],
				extensions: ["urn:x", ...video.extensions],
			},
		];
		const description = makeOffer(media);
		expect(description.media.map(({ payloadTypes }) => payloadTypes)).toEqual([[96], [97, 98, 96]]);
		expect(description.media.map(({ extensions }) => extensions.map(({ id }) => id))).toEqual([[1], [2, 1]]);
	});

	test("keeps the mids that are given", () => {
		expect(view(makeOffer([video, { ...audio, mid: "0" }, other(audio, "b")]))).toEqual([
			"1 video 9",
			"0 audio 9",
			"2 audio 9",
		]);
	});

	test("takes no more extensions than ids of one byte, nor codecs of another kind, nor none", () => {
		const extensions = Array.from({ length: 15 }, (_, i) => `urn:${i}`);
		expect(() => makeOffer([{ ...video, extensions }])).toThrow(/extensions/);
		expect(() => makeOffer([{ ...video, codecs: audio.codecs }])).toThrow(/codecs: opus in a section of video/);
		expect(() => makeOffer([{ ...video, codecs: [] }])).toThrow(/codecs/);
	});

	test("never uses payload types that look like RTCP", () => {
		const profiles = Array.from({ length: 61 }, (_, i) =>
			h264Capability(`f4${i.toString(16).padStart(2, "0")}1f`, 1, []),
		);
		const types = section(makeOffer([{ ...video, codecs: profiles }]), 0).payloadTypes;
		expect(new Set(types).size).toBe(61);
		expect(types.filter((type) => (type > 63 && type < 96) || type < 35 || type > 127)).toEqual([]);
		expect(() => makeOffer([{ ...video, codecs: [...profiles, h264Capability("42001f", 1, [])] }])).toThrow(
			/too many/,
		);
	});
});

describe("a later offer", () => {
	const first = makeOffer([video, audio]);

	test("keeps places, mids and numbers", () => {
		const second = makeOffer(
			[
				{ ...audio, mid: "1" },
				{ ...video, mid: "0" },
			],
			first,
		);
		expect({ ...second, origin: first.origin }).toEqual(first);
	});

	test("ends a section in its place, and uses it again for another", () => {
		const second = makeOffer(
			[{ ...video, mid: "0", stopped: true }, { ...audio, mid: "1" }, other(audio, "b")],
			first,
		);
		expect(view(second)).toEqual(["0 video 0", "1 audio 9", "2 audio 9"]);
		expect(second.groups[0]!.mids).toEqual(["1", "2"]);
		// The candidates move to the section that is now the first of the bundle.
		expect(second.media.map((media) => media.candidates.length)).toEqual([0, 1, 0]);
		const third = makeOffer(
			[{ ...audio, mid: "1" }, { ...other(audio, "b"), mid: "2" }, video, other(audio, "c")],
			second,
		);
		expect(view(third)).toEqual(["3 video 9", "1 audio 9", "2 audio 9", "4 audio 9"]);
		// The same, when what was stopped is still in the list.
		const stopped = { ...video, mid: "0", stopped: true };
		const again = [stopped, { ...audio, mid: "1" }, { ...other(audio, "b"), mid: "2" }, video];
		expect(view(makeOffer(again, second))).toEqual(["3 video 9", "1 audio 9", "2 audio 9"]);
	});

	test("has no group where nothing is bundled", () => {
		const before = makeOffer([video]);
		for (const none of [makeOffer([]), makeOffer([], before)]) expect(none.groups).toEqual([]);
	});

	test("ends what is not mentioned, and does not offer what was stopped before", () => {
		expect(view(makeOffer([{ ...audio, mid: "1" }], first))).toEqual(["0 video 0", "1 audio 9"]);
		expect(view(makeOffer([{ ...video, stopped: true }]))).toEqual([]);
	});

	test("after answering keeps the remote's numbers, and its rejected sections in place", () => {
		const remote = offer((sdp) => sdp.replace("BUNDLE v a", "BUNDLE v a d"), {
			video: ["a=extmap:6 urn:ietf:params:rtp-hdrext:sdes:mid"],
			audio: ["m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "a=mid:d"],
		});
		remote.media[0]!.payloadTypes = [102];
		remote.media[0]!.codecs[0]!.payloadType = 102;
		const second = makeOffer([{ ...video, mid: "v" }, { ...audio, mid: "a" }, other(video, "b")], answer(remote));
		// Firefox does not let media take the place of data channels.
		expect(view(second)).toEqual(["v video 9", "a audio 9", "d application 0", "0 video 9"]);
		expect(second.media.map(({ payloadTypes }) => payloadTypes)).toEqual([[102], [111, 0, 8], [], [102]]);
		expect(section(second, 0).extensions).toEqual([{ id: 6, uri: "urn:ietf:params:rtp-hdrext:sdes:mid" }]);
		const third = makeOffer(
			[
				{ ...video, mid: "v" },
				{ ...audio, mid: "a" },
			],
			answer(remote),
		);
		expect(write(third)).toContain("m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n");
	});
});

describe("an answer to our offer", () => {
	const ours = makeOffer([viewer, { ...audio, direction: "sendrecv" }]);
	const theirs = () =>
		answer(parse(write(ours)), [
			{ ...viewer, codecs: [h264Capability("42e034", 1, ["nack pli"])], direction: "recvonly" },
			{ ...audio, codecs: audio.codecs.slice(1), direction: "sendrecv", ssrc: 77 },
		]);

	test("that leaves retransmissions out has none", () => {
		const offered = makeOffer([{ ...video, rtxSsrc: 7 }]);
		const take = (codecs: number) => {
			const remote = parse(write(offered).replace("actpass", "active"));
			remote.media[0]!.codecs = remote.media[0]!.codecs.slice(0, codecs);
			remote.media[0]!.direction = "recvonly";
			return negotiated(offered, remote, "offerer")[0]!.rtx;
		};
		expect(take(2)).toBe(97);
		expect(take(1)).toBeUndefined();
	});

	test("is what comes of it", () => {
		const [picture, sound] = negotiated(ours, theirs(), "offerer");
		expect(picture).toMatchObject({
			mid: "0",
			direction: "sendonly",
			feedback: ["nack pli"],
			extensions: [{ id: 1, uri: midExtension }],
			remoteSsrcs: [],
			codec: { payloadType: 96, name: "H264", packetizationMode: 1 },
		});
		expect(picture!.codec!.parameters).toContain("42e034");
		expect(sound).toMatchObject({
			direction: "sendrecv",
			remoteSsrcs: [77],
			codec: { payloadType: 0, name: "PCMU" },
		});
		expect(dtlsRole(ours, theirs())).toBe("server");
		expect(remoteTransport(theirs(), ours)).toMatchObject({ mid: "0", trickle: true });
	});

	test("may have payload types of its own, in any case of the name", () => {
		const remote = theirs();
		Object.assign(remote.media[1]!.codecs[0]!, { payloadType: 120, name: "pcmu" });
		expect(negotiated(ours, remote, "offerer")[1]!.codec).toMatchObject({ payloadType: 120, name: "PCMU" });
	});

	test("may reject all", () => {
		const remote = answer(parse(write(ours)), [
			{ ...viewer, stopped: true },
			{ ...audio, stopped: true },
		]);
		expect(negotiated(ours, remote, "offerer").map(({ rejected }) => rejected)).toEqual([true, true]);
		expect(failure(() => remoteTransport(remote))).toMatch(/^sdp\/unsupported/);
	});

	test.each<[string, (remote: SessionDescription) => void, RegExp]>([
		["fewer sections", (remote) => remote.media.pop(), /malformed.*1 sections/],
		["more sections", (remote) => remote.media.push(remote.media[0]!), /malformed.*3 sections/],
		["another order", (remote) => remote.media.reverse(), /malformed.*section 0.*kind/],
		["another mid", (remote) => (remote.media[1]!.mid = "x"), /malformed.*section 1.*mid/],
		[
			"no codec that was offered",
			(remote) => (remote.media[1]!.codecs = [{ ...remote.media[1]!.codecs[0]!, name: "G722" }]),
			/malformed.*section 1.*the answer has G722; offered was opus/,
		],
		[
			"no codec",
			(remote) => (remote.media[1]!.codecs = []),
			/malformed.*section 1.*has no codec; offered was opus/,
		],
		[
			"another packetization-mode",
			(remote) => (remote.media[0]!.codecs[0]!.parameters = "profile-level-id=42e01f"),
			/malformed.*packetization-mode 0,.*offered was.*packetization-mode 1,/,
		],
		["a payload type of RTCP", (remote) => (remote.media[0]!.codecs[0]!.payloadType = 72), /malformed.*RTCP/],
		["setup:actpass", (remote) => (remote.media[0]!.setup = "actpass"), /malformed.*setup/],
		["RTCP elsewhere", (remote) => remote.media.forEach((one) => (one.rtcpMux = false)), /unsupported.*RTCP/],
	])("with %s is refused", (_, change, expected) => {
		const remote = theirs();
		change(remote);
		expect(failure(() => negotiated(ours, remote, "offerer"))).toMatch(expected);
	});

	test.each<["sendonly" | "recvonly", number]>([
		["recvonly", 1],
		["sendonly", 0],
	])("with an extension that is %s has it sent with the id %d", (direction, id) => {
		const remote = theirs();
		remote.media[1]!.extensions = [{ id: 1, direction, uri: midExtension }];
		expect(idOf(negotiated(ours, remote, "offerer")[1]!.extensions, midExtension)).toBe(id);
	});

	test("may list more codecs than were offered, and the first that was is used", () => {
		const remote = theirs();
		remote.media[1]!.codecs.unshift({ ...remote.media[1]!.codecs[0]!, payloadType: 9, name: "G722" });
		expect(negotiated(ours, remote, "offerer")[1]!.codec).toMatchObject({ name: "PCMU" });
	});

	test.each<[string, (remote: SessionDescription) => void, boolean[]]>([
		["no bundle", (remote) => (remote.groups = []), [false, true]],
		["a smaller bundle", (remote) => remote.groups[0]!.mids.pop(), [false, true]],
		["a bundle without the first section", (remote) => remote.groups[0]!.mids.shift(), [true, false]],
	])("with %s keeps the sections of one transport", (_, change, rejected) => {
		const remote = theirs();
		change(remote);
		const all = negotiated(ours, remote, "offerer");
		expect(all.map((media) => media.rejected)).toEqual(rejected);
		expect(all.map(({ codec }) => codec === undefined)).toEqual(rejected);
	});

	test.each<[LocalMedia["direction"], LocalMedia["direction"], LocalMedia["direction"]]>([
		["sendonly", "recvonly", "sendonly"],
		["sendonly", "sendrecv", "sendonly"],
		["recvonly", "recvonly", "inactive"],
		["inactive", "recvonly", "inactive"],
		["sendrecv", "inactive", "inactive"],
		["sendrecv", "recvonly", "sendonly"],
	])("to %s that says %s comes to %s", (offered, answered, direction) => {
		const one = makeOffer([{ ...video, direction: offered }]);
		const remote = answer(one, [{ ...video, direction: "inactive" }]);
		remote.media[0]!.direction = answered;
		expect(negotiated(one, remote, "offerer")[0]!.direction).toBe(direction);
	});

	test("must take a role that is left, and does not revive a section", () => {
		const one = createOffer({ sessionId: "1", sessionVersion: 0, media: [video], transport });
		const remote = answer(one, [{ ...video, direction: "recvonly" }]);
		expect(remote.media[0]!.setup).toBe("passive");
		expect(dtlsRole(one, remote)).toBe("client");
		remote.media[0]!.setup = "active";
		expect(failure(() => validateAnswer(one, remote))).toMatch(/setup:active does not answer setup:active/);
		remote.media[0]!.setup = undefined;
		expect(failure(() => validateAnswer(one, remote))).toBe("");
		one.media[0]!.port = 0;
		expect(failure(() => validateAnswer(one, remote))).toBe("");
		expect(negotiated(one, remote, "offerer")).toMatchObject([{ rejected: true, codec: undefined }]);
	});

	test("is told which section is of another kind, or has another mid", () => {
		const one = makeOffer([video]);
		const remote = answer(one, [{ ...video, direction: "recvonly" }]);
		remote.media[0]!.mid = "7";
		expect(failure(() => validateAnswer(one, remote))).toBe(
			"sdp/malformed: section 0: the mid is not that of the offer",
		);
		remote.media[0]!.kind = "audio";
		expect(failure(() => validateAnswer(one, remote))).toBe(
			"sdp/malformed: section 0: the answer is of another kind than the offer",
		);
	});

	test("of one section needs no bundle", () => {
		const one = makeOffer([video]);
		const remote = answer(one, [{ ...video, direction: "recvonly" }]);
		remote.groups = [];
		remote.media[0]!.mid = undefined;
		expect(failure(() => validateAnswer(one, remote))).toBe("");
	});
});
