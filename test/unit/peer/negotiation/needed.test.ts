// SPDX-License-Identifier: Apache-2.0
// When an offer is due (W3C webrtc section 4.7.3).
import { line, negotiate, sections, Side } from "./side";

const receive = (kind: "audio" | "video" = "video") => line(kind, { direction: "recvonly", hasTrack: false });

function session() {
	const ours = new Side("ours", line("video"));
	const theirs = new Side("theirs", receive());
	negotiate(theirs, ours);
	return { ours, theirs };
}

test("not without transceivers, and not when all is as it was agreed", () => {
	expect(new Side("ours").negotiation.isNeeded()).toBe(false);
	const { ours, theirs } = session();
	expect([ours.negotiation.isNeeded(), theirs.negotiation.isNeeded()]).toEqual([false, false]);
});

test("for a transceiver that has no section yet", () => {
	const { ours } = session();
	ours.negotiation.add(line("audio"));
	expect(ours.negotiation.isNeeded()).toBe(true);
});

test("for one that is to stop", () => {
	const { theirs } = session();
	theirs.lines[0]!.stopping = true;
	expect(theirs.negotiation.isNeeded()).toBe(true);
});

test("for the offerer, when neither description has the direction that is wanted", () => {
	const { theirs } = session();
	theirs.lines[0]!.direction = "inactive";
	expect(theirs.negotiation.isNeeded()).toBe(true);
	theirs.lines[0]!.direction = "recvonly";
	expect(theirs.negotiation.isNeeded()).toBe(false);
});

test("for the answerer, when the answer would be another to the same offer", () => {
	const { ours } = session();
	ours.lines[0]!.direction = "sendrecv"; // the offer was recvonly: nothing to be had
	expect(ours.negotiation.isNeeded()).toBe(false);
	ours.lines[0]!.direction = "inactive";
	expect(ours.negotiation.isNeeded()).toBe(true);
});

test("when the track is said to belong to another stream", () => {
	const { ours } = session();
	Object.assign(ours.lines[0]!, { msid: { stream: "another", track: "t" } });
	expect(ours.negotiation.isNeeded()).toBe(true);
});

test("not for what the other side does not want to have, so that two who both only send are quiet", () => {
	const { ours, theirs } = session();
	theirs.lines[0]!.direction = "sendonly";
	negotiate(theirs, ours);
	expect(sections(ours.text)).toEqual(["video 9 inactive"]);
	expect([ours.negotiation.isNeeded(), theirs.negotiation.isNeeded()]).toEqual([false, false]);
});

test("not by one that would send and receive, when the other only sends", () => {
	const ours = new Side("ours", line("audio", { direction: "sendrecv" }));
	const theirs = new Side("theirs", line("audio", { direction: "sendrecv" }));
	negotiate(ours, theirs);
	ours.lines[0]!.direction = "sendonly";
	negotiate(ours, theirs);
	expect(theirs.negotiation.isNeeded()).toBe(false);
	ours.lines[0]!.direction = "sendrecv";
	negotiate(ours, theirs);
	expect(sections(theirs.text)).toEqual(["audio 9 sendrecv"]);
});

test("for an ICE restart, until its offer is answered, and again when it is taken back", () => {
	const { ours, theirs } = session();
	ours.negotiation.needed.restartIce();
	expect(ours.negotiation.isNeeded()).toBe(true);
	ours.offer();
	expect(ours.negotiation.needed.restarts).toBe(false);
	ours.negotiation.rollback("local");
	expect(ours.negotiation.isNeeded()).toBe(true);
	negotiate(ours, theirs);
	expect(ours.negotiation.isNeeded()).toBe(false);
});
