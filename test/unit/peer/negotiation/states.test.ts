// SPDX-License-Identifier: Apache-2.0
// Which description may come when, and what stands afterwards (RFC 9429 sections 3.2 and 4.1).
import { codeOf, line, negotiate, Side } from "./side";

const viewer = () => new Side("theirs", line("video", { direction: "recvonly", hasTrack: false }));
const camera = () => new Side("ours", line("video"));

test("an offer is pending until its answer, then both are current", () => {
	const [ours, theirs] = [camera(), viewer()];
	const offer = ours.offer();
	expect(ours.negotiation.state).toBe("have-local-offer");
	expect(ours.negotiation.pendingLocal!.text).toBe(offer);
	expect(ours.negotiation.currentLocal).toBeUndefined();
	theirs.take("offer", offer);
	expect(theirs.negotiation.state).toBe("have-remote-offer");
	expect(theirs.negotiation.pendingRemote!.text).toBe(offer);
	theirs.answer();
	ours.take("answer", theirs.text);
	for (const side of [ours, theirs]) {
		expect(side.negotiation.state).toBe("stable");
		expect(side.negotiation.pendingLocal).toBeUndefined();
		expect(side.negotiation.pendingRemote).toBeUndefined();
	}
	expect(ours.negotiation.currentLocal!.text).toBe(offer);
	expect(theirs.negotiation.currentRemote!.text).toBe(offer);
});

test("a candidate that is found later is in the local description once, with its section", () => {
	const ours = camera();
	expect(ours.negotiation.addLocalCandidate("candidate:1")).toEqual({ mid: null, index: 0 });
	ours.transport = { ...ours.transport, endOfCandidates: false };
	ours.offer();
	const late = "candidate:2 1 udp 1694498815 198.51.100.7 50001 typ srflx raddr 192.0.2.7 rport 50000";
	for (let i = 0; i < 2; i++) expect(ours.negotiation.addLocalCandidate(late)).toEqual({ mid: "0", index: 0 });
	expect(ours.text.split(`a=${late}\r\n`)).toHaveLength(2);
	expect(ours.text).not.toContain("a=end-of-candidates");
	ours.negotiation.endLocalCandidates();
	expect(ours.text).toContain("a=end-of-candidates");
});

test("an answer needs an offer of the other side", () => {
	const [ours, theirs] = [camera(), viewer()];
	expect(codeOf(() => ours.answer())).toBe("peer/invalid-state");
	expect(codeOf(() => ours.take("answer", "v=0\r\n"))).toBe("peer/invalid-state");
	theirs.take("offer", ours.offer());
	expect(codeOf(() => theirs.offer())).toBe("peer/invalid-state");
	expect(codeOf(() => theirs.take("answer", ours.text))).toBe("peer/invalid-state");
});

test("an offer that is refused leaves everything as it was", () => {
	const [ours, theirs] = [camera(), viewer()];
	const offer = theirs.offer();
	expect(codeOf(() => ours.take("offer", "v=0\r\nnonsense"))).toBe("sdp/malformed");
	expect(codeOf(() => ours.take("offer", offer.replace(/H264/g, "VP8")))).toBe("sdp/no-common-codec");
	expect(codeOf(() => ours.take("offer", offer.replace(/a=ice-pwd:.*\r\n/g, "")))).toBe("sdp/malformed");
	expect(ours.negotiation.state).toBe("stable");
	expect(ours.negotiation.remote).toBeUndefined();
	expect(ours.mids).toEqual([null]);
});

test("an answer that is refused leaves the offer pending, and another may follow", () => {
	const [ours, theirs] = [camera(), viewer()];
	theirs.take("offer", ours.offer());
	theirs.answer();
	expect(codeOf(() => ours.take("answer", theirs.text.replace("m=video", "m=audio")))).toBe("sdp/malformed");
	expect(ours.negotiation.state).toBe("have-local-offer");
	ours.take("answer", theirs.text);
	expect(ours.negotiation.state).toBe("stable");
});

test("a provisional answer connects, and the answer follows", () => {
	const [ours, theirs] = [camera(), viewer()];
	theirs.take("offer", ours.offer());
	expect(theirs.answer("pranswer").agreement!.sections).toHaveLength(1);
	expect(theirs.negotiation.state).toBe("have-local-pranswer");
	expect(ours.take("pranswer", theirs.text).agreement!.dtlsRole).toBe("server");
	expect(ours.negotiation.state).toBe("have-remote-pranswer");
	expect(ours.negotiation.currentRemote).toBeUndefined();
	expect(ours.negotiation.pendingRemote!.type).toBe("pranswer");
	theirs.answer();
	ours.take("answer", theirs.text);
	expect([ours.negotiation.state, theirs.negotiation.state]).toEqual(["stable", "stable"]);
	expect(ours.negotiation.currentRemote!.type).toBe("answer");
});

test("a provisional answer cannot be rolled back", () => {
	const [ours, theirs] = [camera(), viewer()];
	theirs.take("offer", ours.offer());
	theirs.answer("pranswer");
	expect(codeOf(() => theirs.negotiation.rollback("remote"))).toBe("peer/invalid-state");
});

test("only the description that was made last is taken", () => {
	const ours = camera();
	const offer = ours.negotiation.createOffer(ours.transport).text;
	expect(codeOf(() => ours.negotiation.setLocal("offer", `${offer}a=x\r\n`, ours.transport))).toBe(
		"peer/invalid-modification",
	);
	ours.negotiation.add(line("audio"));
	ours.negotiation.createOffer(ours.transport);
	expect(codeOf(() => ours.negotiation.setLocal("offer", offer, ours.transport))).toBe("peer/invalid-modification");
	expect(ours.negotiation.state).toBe("stable");
});

test("making an offer has no side effects, and the same wishes make the same text", () => {
	const ours = camera();
	const offer = ours.negotiation.createOffer(ours.transport).text;
	expect(ours.mids).toEqual([null]);
	expect(ours.negotiation.createOffer(ours.transport).text).toBe(offer);
	expect(offer).toContain("o=- 42 1 IN");
	ours.negotiation.add(line("audio"));
	expect(ours.negotiation.createOffer(ours.transport).text).toContain("o=- 42 2 IN");
});

test("each description that is put in force has a higher version than those before", () => {
	const [ours, theirs] = [camera(), viewer()];
	const versions: number[] = [];
	for (let round = 0; round < 3; round++) {
		negotiate(ours, theirs);
		versions.push(Number(/o=- 42 (\d+)/.exec(ours.text)![1]));
	}
	expect(versions).toEqual([1, 2, 3]);
});

test("of two offers at once, the one that gives way answers the other", () => {
	const [ours, theirs] = [camera(), viewer()];
	ours.offer();
	const effects = ours.take("offer", theirs.offer());
	expect(ours.negotiation.state).toBe("have-remote-offer");
	expect(ours.negotiation.pendingLocal).toBeUndefined();
	expect(effects.controlling).toBe(false);
	const { agreement } = ours.answer();
	expect(theirs.take("answer", ours.text).controlling).toBe(true);
	expect(agreement!.sections[0]!.media.direction).toBe("sendonly");
});
