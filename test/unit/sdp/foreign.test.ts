// SPDX-License-Identifier: Apache-2.0
// What other stacks write, and what they leave out: taken as they mean it, or refused with what is wrong.
import { createOffer, negotiated, parse, remoteTransport, write } from "webrtc/sdp";
import type { LocalMedia, SessionDescription } from "webrtc/sdp";
import { answer, audio, failure, fixture, offer, section, transport, video } from "./helpers";

const data: LocalMedia = { kind: "application", direction: "sendrecv", codecs: [], extensions: [] };
/** The ports of the sections, after an answer. */
const taken = (remote: SessionDescription, media = [video, audio]) =>
	answer(remote, media).media.map(({ kind, port }) => `${kind} ${port}`);

describe("an offer", () => {
	test("of libdatachannel separates what ICE can by commas, and trickles", () => {
		const trickles = (options: string) =>
			remoteTransport(offer(undefined, { session: [`a=ice-options:${options}`] })).trickle;
		expect(trickles("ice2,trickle")).toBe(true);
		expect(trickles("trickle renomination")).toBe(true);
		expect(trickles("ice2")).toBe(false);
	});

	test("that names a section twice in its bundle has it once in the answer", () => {
		const doubled = offer((text) => text.replace("BUNDLE v a", "BUNDLE v v a v"));
		expect(answer(doubled).groups[0]!.mids).toEqual(["v", "a"]);
	});

	test("with bundle-only and no bundle has an ended section (RFC 9143 section 6)", () => {
		const alone = (text: string) =>
			text.replace(/a=group.*\r\n/, "").replace(/m=video 9([^]*?)(?=m=audio)/, "m=video 0$1a=bundle-only\r\n");
		expect(taken(offer(alone))).toEqual(["video 0", "audio 9"]);
		const bundled = (text: string) => alone(text).replace("t=0 0\r\n", "t=0 0\r\na=group:BUNDLE a v\r\n");
		expect(taken(offer(bundled))).toEqual(["video 9", "audio 9"]);
		const apart = (text: string) => alone(text).replace("t=0 0\r\n", "t=0 0\r\na=group:BUNDLE a\r\n");
		expect(taken(offer(apart))).toEqual(["video 0", "audio 9"]);
		const other = (text: string) => alone(text).replace("t=0 0\r\n", "t=0 0\r\na=group:LS a v\r\n");
		expect(taken(offer(other))).toEqual(["video 0", "audio 9"]);
	});

	test("of several encodings or streams in one section (Plan B) is one section", () => {
		const planB = ["a=ssrc:1 msid:s a", "a=ssrc:2 msid:s b", "a=ssrc-group:FID 1 3", "a=ssrc:3 msid:s a"];
		expect(taken(offer(undefined, { video: planB }))).toEqual(["video 9", "audio 9"]);
	});

	test("of mediasoup has fingerprints of many hashes, for the session", () => {
		const many = ["sha-1 20", "sha-224 28", "sha-512 64", "sha-384 48"].map((each) => {
			const [algorithm, size] = each.split(" ");
			return `a=fingerprint:${algorithm} ${Array(Number(size)).fill("AB").join(":")}`;
		});
		const sfu = offer((text) =>
			text
				.replace(/a=fingerprint.*\r\n/g, "")
				.replace("t=0 0\r\n", `$&${["a=ice-lite", ...many].join("\r\n")}\r\n`),
		);
		const { fingerprints, iceLite } = remoteTransport(sfu);
		expect([fingerprints.length, iceLite]).toEqual([4, true]);
	});
});

test("of transports apart, one that only receives is worth more than any number that are refused", () => {
	const listening = { ...audio, direction: "recvonly" as const };
	const sent = (text: string) => text.replace(/a=group.*\r\n/, "").replace(/a=recvonly/g, "a=sendonly");
	expect(taken(offer(sent), [{ ...video, stopped: true }, listening])).toEqual(["video 0", "audio 9"]);
	const refused = (text: string) => sent(text).replace("H264/90000", "VP9/90000");
	expect(taken(offer(refused), [video, listening])).toEqual(["video 0", "audio 9"]);
});

describe("a refusal names", () => {
	const refusal = (edit: (text: string) => string, media = [video, audio]) =>
		failure(() =>
			answer(
				offer((text) => edit(text.slice(0, text.indexOf("m=audio")))),
				media,
			),
		);

	test("the payload type, where that alone is in the way", () => {
		expect(refusal((text) => text.replace(/\b96\b/g, "72"))).toBe(
			"sdp/no-common-codec: video: the offer has H264 as payload type 72, which looks like RTCP on the same port " +
				"(RFC 5761 section 4)",
		);
		const high = refusal((text) => text.replace(/\b96\b/g, "72").replace("42e01f", "640032"));
		expect(high).toMatch(/has H264 \(packetization-mode 1, high\)/);
	});

	test("the profile, where that is another", () => {
		expect(refusal((text) => text.replace("42e01f", "640032"))).toMatch(/has H264 \(packetization-mode 1, high\)/);
	});

	test("the former form of data channels, and what there is", () => {
		const old = fixture("firefox-data").replace("UDP/DTLS/SCTP webrtc-datachannel", "DTLS/SCTP 5000");
		expect(failure(() => answer(parse(old), [data]))).toBe(
			"sdp/unsupported: application: DTLS/SCTP 5000 is not UDP/DTLS/SCTP webrtc-datachannel (RFC 8841)",
		);
	});

	test("that there is one section of data channels", () => {
		const text = fixture("firefox-data");
		const again = text.slice(text.indexOf("m=")).replace(/a=mid:.*/, "a=mid:again");
		const two = parse((text + again).replace(/a=group:BUNDLE .*/, "$& again"));
		expect(taken(two, [data])).toEqual(["application 9", "application 0"]);
	});
});

describe("an answer", () => {
	const ours = createOffer({ sessionId: "1", sessionVersion: 1, media: [video, audio], transport });
	const reply = (edit: (text: string) => string) => {
		const media = [video, audio].map((local) => ({ ...local, direction: "recvonly" as const }));
		return negotiated(ours, parse(edit(write(answer(parse(write(ours)), media)))), "offerer");
	};
	const midLine = /a=extmap:1 (.*)\r\n/g;

	test("with an extension that was not offered, or under another number, goes without it", () => {
		expect(reply((text) => text)[0]!.extensions).toHaveLength(1);
		const more = reply((text) => text.replace(midLine, "$&a=extmap:9 urn:3gpp:video-orientation\r\n"));
		expect(more.map(({ extensions }) => extensions.map(({ id }) => id))).toEqual([[1], [1]]);
		const moved = reply((text) => text.replace(midLine, "a=extmap:5 $1\r\n"));
		expect(moved.map(({ extensions }) => extensions)).toEqual([[], []]);
	});

	test("with none of the offered codecs is told which there are", () => {
		expect(failure(() => reply((text) => text.replace("H264/90000", "VP9/90000")))).toBe(
			"sdp/malformed: section 0 (video): the answer has VP9; offered was H264",
		);
		expect(failure(() => reply((text) => text.replace(/42e0../, "640032")))).toMatch(
			/^sdp\/malformed: section 0 \(video\): the answer has H264 \(packetization-mode 1, high\); offered was H264 \(/,
		);
	});

	test("may say all for the session", () => {
		const moved = (text: string) => {
			const lines = [...new Set(text.match(/a=(ice-ufrag|ice-pwd|fingerprint|setup):.*\r\n/g))];
			const rest = text.replace(/a=(ice-ufrag|ice-pwd|fingerprint|setup):.*\r\n/g, "");
			return rest.replace("m=", `${lines.join("")}m=`);
		};
		expect(reply(moved).map(({ codec }) => codec?.name)).toEqual(["H264", "opus"]);
	});
});

test("the section that is left has what was said of it", () => {
	expect(section(answer(offer((text) => text.replace("m=video 9", "m=video 0"))), 0).direction).toBe("inactive");
});
