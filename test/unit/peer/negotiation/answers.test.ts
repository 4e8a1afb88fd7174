// SPDX-License-Identifier: Apache-2.0
// Answers that are not as RFC 9429 has them, and what is made of them.
import { line, negotiate, sections, Side } from "./side";

const viewer = () =>
	new Side(
		"theirs",
		line("video", { direction: "recvonly", hasTrack: false }),
		line("audio", { direction: "recvonly", hasTrack: false }),
	);

test("an answer that would receive what is paused leaves it paused, and it comes back", () => {
	const [ours, theirs] = [new Side("ours", line("video"), line("audio")), viewer()];
	negotiate(ours, theirs);
	const video = ours.lines[0]!;
	video.direction = "inactive";
	ours.negotiation.changed();
	theirs.take("offer", ours.offer());
	theirs.answer();
	const answer = theirs.text.replace("a=inactive", "a=recvonly");
	expect(sections(answer)).toEqual(["video 9 recvonly", "audio 9 recvonly"]);
	const paused = ours.take("answer", answer).agreement!.sections;
	expect(paused.map(({ media }) => media.direction)).toEqual(["inactive", "sendonly"]);
	expect(ours.negotiation.isNeeded()).toBe(false);
	video.direction = "sendonly";
	ours.negotiation.changed();
	const resumed = negotiate(ours, theirs).offerer.agreement!.sections;
	expect(resumed.map(({ media }) => media.direction)).toEqual(["sendonly", "sendonly"]);
});

test("an answer without a bundle keeps the first section, and ends the others", () => {
	const [ours, theirs] = [new Side("ours", line("video"), line("audio")), viewer()];
	const [video, audio] = ours.lines;
	theirs.take("offer", ours.offer());
	theirs.answer();
	const effects = ours.take("answer", theirs.text.replace(/a=group:BUNDLE.*\r\n/, ""));
	const agreed = effects.agreement!.sections.filter(({ media }) => !media.rejected);
	expect(agreed.map(({ transceiver }) => transceiver)).toEqual([video]);
	expect(effects.ended).toEqual([audio]);
	expect(effects.remote).toMatchObject({ mid: "0" });
	expect(sections(ours.offer())).toEqual(["video 9 sendonly", "audio 0 inactive"]);
});

test("an answer that takes an ended section leaves it ended, and the others go on", () => {
	const [ours, theirs] = [new Side("ours", line("video"), line("audio")), viewer()];
	negotiate(ours, theirs);
	const [video, audio] = ours.lines;
	const before = theirs.text;
	video!.stopping = true;
	ours.negotiation.changed();
	theirs.take("offer", ours.offer());
	theirs.answer();
	expect(sections(theirs.text)).toEqual(["video 0 inactive", "audio 9 recvonly"]);
	const version = /o=- \d+ \d+/;
	const { agreement, ended, remote } = ours.take("answer", before.replace(version, version.exec(theirs.text)![0]));
	expect(ended).toEqual([video]);
	expect(agreement!.sections.map(({ media }) => media.rejected)).toEqual([true, false]);
	expect(agreement!.sections[1]!.transceiver).toBe(audio);
	expect(remote).toMatchObject({ mid: "1" });
});
