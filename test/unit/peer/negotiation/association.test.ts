// SPDX-License-Identifier: Apache-2.0
// Which transceiver takes which section of an offer (RFC 9429 section 5.10).
import { h264Capability } from "webrtc/codec/h264";
import { codeOf, line, negotiate, sections, Side } from "./side";

const receive = (kind: "audio" | "video") => line(kind, { direction: "recvonly", hasTrack: false });
const vp8 = (text: string) => text.replace(/H264/g, "VP8").replace(/a=fmtp:96.*\r\n/g, "");

function answerTo(ours: Side, theirs: Side, edit: (offer: string) => string = (text) => text): string[] {
	ours.take("offer", edit(theirs.offer()));
	ours.answer();
	return sections(ours.text);
}

test("an intercom page's microphone does not use up the device's", () => {
	const ours = new Side("ours", line("audio"));
	const theirs = new Side("theirs", line("audio"), receive("audio"));
	expect(answerTo(ours, theirs)).toEqual(["audio 9 recvonly", "audio 9 sendonly"]);
});

test("a section that is inactive does not use the camera up", () => {
	const ours = new Side("ours", line("video"));
	const theirs = new Side("theirs", line("video", { direction: "inactive" }), receive("video"));
	expect(answerTo(ours, theirs)[1]).toBe("video 9 sendonly");
});

test("a section that has ended does not use the camera up", () => {
	const ours = new Side("ours", line("video"));
	const theirs = new Side("theirs", receive("video"), receive("video"));
	const ended = (text: string) => text.replace("m=video 9", "m=video 0").replace("BUNDLE 0 1", "BUNDLE 1");
	expect(answerTo(ours, theirs, ended)).toEqual(["video 0 inactive", "video 9 sendonly"]);
});

test("a section without our codec does not use the camera up", () => {
	const ours = new Side("ours", line("video"));
	const theirs = new Side("theirs", receive("video"), receive("video"));
	const first = (text: string) => {
		const at = text.lastIndexOf("m=video");
		return vp8(text.slice(0, at)) + text.slice(at).replace(/\b96\b/g, "97");
	};
	expect(answerTo(ours, theirs, first)).toEqual(["video 0 inactive", "video 9 sendonly"]);
});

test("a second section for the same camera is taken without a track", () => {
	const ours = new Side("ours", line("video"));
	const theirs = new Side("theirs", receive("video"), receive("video"));
	expect(answerTo(ours, theirs)).toEqual(["video 9 sendonly", "video 9 inactive"]);
	expect(ours.lines.map(({ isMade }) => isMade)).toEqual([undefined, true]);
});

test("a viewer that stops its video keeps the sound", () => {
	const ours = new Side("ours", line("video"), line("audio"));
	const theirs = new Side("theirs", receive("video"), receive("audio"));
	negotiate(theirs, ours);
	theirs.lines[0]!.stopping = true;
	const { answerer } = negotiate(theirs, ours);
	expect(sections(ours.text)).toEqual(["video 0 inactive", "audio 9 sendonly"]);
	expect(answerer.ended.map(({ kind }) => kind)).toEqual(["video"]);
});

test("the last section may end, and the session goes on without any", () => {
	const ours = new Side("ours", line("video"));
	const theirs = new Side("theirs", receive("video"));
	negotiate(theirs, ours);
	theirs.lines[0]!.stopping = true;
	const { answerer, offerer } = negotiate(theirs, ours);
	expect(sections(ours.text)).toEqual(["video 0 inactive"]);
	expect(answerer.agreement).toBeUndefined();
	expect(offerer.ended).toHaveLength(1);
	expect(theirs.lines).toHaveLength(0);
});

test("sound that ended comes back in the place that it had", () => {
	const ours = new Side("ours", line("video"), line("audio"));
	const theirs = new Side("theirs", receive("video"), receive("audio"));
	negotiate(theirs, ours);
	theirs.lines[1]!.stopping = true;
	negotiate(theirs, ours);
	ours.negotiation.add(line("audio"));
	theirs.negotiation.add(receive("audio"));
	negotiate(theirs, ours);
	expect(sections(ours.text)).toEqual(["video 9 sendonly", "audio 9 sendonly"]);
	expect(ours.mids).toEqual(["0", "2"]);
});

test("a second section that cannot be served is refused alone", () => {
	const ours = new Side("ours", line("video"));
	const theirs = new Side("theirs", receive("video"));
	negotiate(theirs, ours);
	theirs.negotiation.add(receive("video"));
	const second = (text: string) => {
		const at = text.lastIndexOf("m=video");
		return text.slice(0, at) + vp8(text.slice(at)).replace(/\b96\b/g, "97");
	};
	expect(answerTo(ours, theirs, second)).toEqual(["video 9 sendonly", "video 0 inactive"]);
	expect(ours.negotiation.refusals).toMatchObject([{ kind: "video", code: "sdp/no-common-codec" }]);
});

test("what is required of a first offer is not required of those after it", () => {
	const ours = new Side("ours", line("video"), line("audio"));
	const theirs = new Side("theirs", receive("video"), receive("audio"));
	const offer = vp8(theirs.offer());
	expect(codeOf(() => ours.negotiation.planRemote("offer", offer, "video"))).toBe("sdp/no-common-codec");
	ours.take("offer", offer);
	ours.answer();
	expect(sections(ours.text)).toEqual(["video 0 inactive", "audio 9 sendonly"]);
	expect(codeOf(() => ours.negotiation.planRemote("offer", offer, "video"))).toBe("");
});

test("sections that share a bundle's transport need not repeat it", () => {
	const ours = new Side("ours", line("video"), line("audio"));
	const theirs = new Side("theirs", receive("video"), receive("audio"));
	const bundleOnly = (text: string) => {
		const at = text.lastIndexOf("m=audio");
		const second = text.slice(at).replace("m=audio 9", "m=audio 0").replace("a=rtcp-mux\r\n", "a=bundle-only\r\n");
		return text.slice(0, at) + second.replace(/a=(ice-ufrag|ice-pwd|fingerprint|setup).*\r\n/g, "");
	};
	expect(answerTo(ours, theirs, bundleOnly)).toEqual(["video 9 sendonly", "audio 9 sendonly"]);
});

test("without a bundle, the section that can be served best is kept", () => {
	const ours = new Side("ours", line("video"), line("audio"));
	const theirs = new Side("theirs", receive("audio"), receive("video"));
	const apart = (text: string) => text.replace(/a=group:BUNDLE.*\r\n/, "");
	expect(answerTo(ours, theirs, apart)).toEqual(["audio 0 inactive", "video 9 sendonly"]);
	expect(ours.negotiation.refusals[0]!.message).toContain("no bundle");
});

test("without a bundle, sound that is sent is worth more than video that is only received", () => {
	const ours = new Side("ours", line("audio"));
	const theirs = new Side("theirs", line("video"), receive("audio"));
	const apart = (text: string) => text.replace(/a=group:BUNDLE.*\r\n/, "");
	expect(answerTo(ours, theirs, apart)).toEqual(["video 0 inactive", "audio 9 sendonly"]);
});

test("a refusal names what is different when the codec's name is the same", () => {
	const ours = new Side("ours", line("video", { codecs: [h264Capability("42e01f", 1, [])] }));
	const theirs = new Side("theirs", receive("video"));
	const mode0 = theirs.offer().replace("packetization-mode=1", "packetization-mode=0");
	expect(() => ours.take("offer", mode0)).toThrow(
		"the offer has H264 (packetization-mode 0, constrained-baseline); here there is H264 (packetization-mode 1,",
	);
});
