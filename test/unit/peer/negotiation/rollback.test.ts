// SPDX-License-Identifier: Apache-2.0
// Taking an offer back (RFC 9429 section 4.1.10.2, W3C webrtc section 4.4.1.5).
import { codeOf, line, negotiate, Side } from "./side";

const receiver = () => line("video", { direction: "recvonly", hasTrack: false });

test("a local offer that is taken back leaves no mids", () => {
	const ours = new Side("ours", line("video"), line("audio"));
	ours.offer();
	expect(ours.mids).toEqual(["0", "1"]);
	ours.negotiation.rollback("local");
	expect(ours.mids).toEqual([null, null]);
	expect(ours.negotiation.local).toBeUndefined();
	expect(ours.negotiation.state).toBe("stable");
});

test("a remote offer that is taken back takes its transceivers with it", () => {
	const ours = new Side("ours", line("video"));
	const theirs = new Side("theirs", receiver(), line("audio"));
	ours.take("offer", theirs.offer());
	expect(ours.mids).toEqual(["0", "1"]);
	const { withdrawn } = ours.negotiation.rollback("remote");
	expect(withdrawn).toHaveLength(1);
	expect(ours.mids).toEqual([null]);
	expect(ours.negotiation.remote).toBeUndefined();
});

test("a transceiver that got a track since stays, without its section", () => {
	const ours = new Side("ours");
	const theirs = new Side("theirs", line("video", { direction: "sendrecv" }));
	ours.take("offer", theirs.offer());
	ours.lines[0]!.hasTrack = true;
	expect(ours.negotiation.rollback("remote").withdrawn).toHaveLength(0);
	expect(ours.mids).toEqual([null]);
});

test("what was agreed before stays agreed", () => {
	const ours = new Side("ours", line("video"));
	const theirs = new Side("theirs", receiver());
	negotiate(theirs, ours);
	const { currentLocal, currentRemote } = ours.negotiation;
	ours.negotiation.add(line("audio"));
	ours.offer();
	ours.negotiation.rollback("local");
	expect(ours.mids).toEqual(["0", null]);
	expect(ours.negotiation.local).toBe(currentLocal);
	expect(ours.negotiation.remote).toBe(currentRemote);
});

test("there is nothing to take back when all is stable", () => {
	const ours = new Side("ours", line("video"));
	expect(codeOf(() => ours.negotiation.rollback("local"))).toBe("peer/invalid-state");
	expect(() => ours.negotiation.rollback("local")).toThrow("setLocalDescription(rollback)");
	expect(() => ours.negotiation.rollback("remote")).toThrow("setRemoteDescription(rollback)");
});

test("after a local offer is taken back, the next has a higher version", () => {
	const ours = new Side("ours", line("video"));
	ours.offer();
	ours.negotiation.rollback("local");
	expect(ours.offer()).toContain("o=- 42 2 IN");
});

test("an offer that takes ours back does not find our transceivers by the mids that they had in it", () => {
	const ours = new Side("ours", line("video"));
	const theirs = new Side("theirs", line("video"));
	ours.offer();
	ours.take("offer", theirs.offer());
	expect(ours.mids).toEqual([null, "0"]);
	expect(ours.lines[1]!.isMade).toBe(true);
});
