// SPDX-License-Identifier: Apache-2.0
// When the section that speaks for the bundle ends, the remote's transport may begin anew (RFC 9143 section 7.5.1).
import { line, negotiate, sections, Side } from "./side";

const receive = (kind: "audio" | "video") => line(kind, { direction: "recvonly", hasTrack: false });

function session() {
	const ours = new Side("ours", line("video"), line("audio"));
	const theirs = new Side("theirs", receive("video"), receive("audio"));
	const first = negotiate(theirs, ours);
	return { ours, theirs, first };
}

function stop(side: Side, place: number) {
	side.lines[place]!.stopping = true;
	side.negotiation.changed();
}

test("a first negotiation moves nothing, and neither does one that changes nothing", () => {
	const { ours, theirs, first } = session();
	expect(first.answerer.agreement!.isMoved).toBe(false);
	expect(negotiate(theirs, ours).answerer.agreement!.isMoved).toBe(false);
});

test("a viewer that stops its video moves the bundle to the audio, whose section tells all of our transport", () => {
	const { ours, theirs } = session();
	stop(theirs, 0);
	const { agreement, remote } = negotiate(theirs, ours).answerer;
	expect(agreement!.isMoved).toBe(true);
	expect(remote).toMatchObject({ mid: "1", iceUfrag: "theirsUfrg" });
	expect(sections(ours.text)).toEqual(["video 0 inactive", "audio 9 sendonly"]);
	expect(ours.text).toContain("a=group:BUNDLE 1\r\n");
	const audio = ours.text.slice(ours.text.indexOf("m=audio"));
	for (const text of [
		"candidate:1 ",
		"end-of-candidates",
		"ice-ufrag:oursUfrg",
		"setup:active",
		"fingerprint:sha-256 0A",
	])
		expect(audio).toContain(`a=${text}`);
	expect(negotiate(theirs, ours).answerer.agreement!.isMoved).toBe(false);
});

test("so does a device that stops its video, and it is told, too", () => {
	const { ours, theirs } = session();
	stop(ours, 0);
	expect(ours.negotiation.setLocal("offer", undefined, ours.transport).mayMove).toBe(true);
	const ended = ours.text.slice(ours.text.indexOf("m=video 0"), ours.text.indexOf("m=audio"));
	for (const text of ["fingerprint:", "ice-ufrag:", "ice-pwd:"]) expect(ended).toContain(text);
	theirs.take("offer", ours.text);
	theirs.answer();
	expect(ours.take("answer", theirs.text).agreement!.isMoved).toBe(true);
});

test("a section that ends without having spoken for the bundle moves nothing", () => {
	const { ours, theirs } = session();
	stop(theirs, 1);
	expect(negotiate(theirs, ours).answerer.agreement!.isMoved).toBe(false);
});

test("a section that comes before the one that spoke for the bundle moves it, too", () => {
	const { ours, theirs } = session();
	stop(theirs, 0);
	negotiate(theirs, ours);
	theirs.negotiation.add(receive("video"));
	ours.negotiation.add(line("video"));
	const { agreement, remote } = negotiate(theirs, ours).answerer;
	expect(remote!.mid).toBe("2");
	expect(agreement!.isMoved).toBe(true);
});
