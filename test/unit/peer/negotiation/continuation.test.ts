// SPDX-License-Identifier: Apache-2.0
// What a later description may not change (RFC 8842 section 4, RFC 3264 section 8), and credentials that are none.
import { codeOf, fingerprint, line, negotiate, Side } from "./side";

const receive = () => line("video", { direction: "recvonly", hasTrack: false });

function session() {
	const ours = new Side("ours", line("video"));
	const theirs = new Side("theirs", receive());
	negotiate(theirs, ours);
	return { ours, theirs };
}

test("a re-offer with another fingerprint is refused, and says what to do", () => {
	const { ours, theirs } = session();
	theirs.transport.fingerprint = fingerprint("0C");
	const offer = theirs.offer();
	expect(() => ours.take("offer", offer)).toThrow(/fingerprint is another.*new connection/);
	expect(ours.negotiation.state).toBe("stable");
});

test("an answer with another fingerprint than before is refused", () => {
	const { ours, theirs } = session();
	theirs.take("offer", ours.offer());
	theirs.transport.fingerprint = fingerprint("0C");
	theirs.answer();
	expect(codeOf(() => ours.take("answer", theirs.text))).toBe("sdp/unsupported");
});

test("DTLS keeps its roles whoever offers", () => {
	const { ours, theirs } = session();
	expect(ours.text).toContain("a=setup:active");
	const { answerer } = negotiate(ours, theirs);
	expect(theirs.text).toContain("a=setup:passive");
	expect(answerer.agreement!.dtlsRole).toBe("server");
	expect(negotiate(theirs, ours).answerer.agreement!.dtlsRole).toBe("client");
});

test("a re-offer that turns the DTLS roles around is refused", () => {
	const { ours, theirs } = session();
	const offer = theirs.offer().replace(/setup:actpass/g, "setup:active");
	expect(codeOf(() => ours.take("offer", offer))).toBe("sdp/unsupported");
	expect(codeOf(() => ours.take("offer", offer.replace(/setup:active/g, "setup:passive")))).toBe("");
});

test("a re-offer with fewer sections than the session has is refused", () => {
	const { ours, theirs } = session();
	theirs.negotiation.add(receive());
	negotiate(theirs, ours);
	const offer = theirs.offer();
	const fewer = offer.slice(0, offer.lastIndexOf("m=video")).replace("BUNDLE 0 1", "BUNDLE 0");
	expect(() => ours.take("offer", fewer)).toThrow("the offer has 1 sections, the session 2");
});

test.each([
	["a short ufrag", /a=ice-ufrag:.*/g, "a=ice-ufrag:abc"],
	["a short password", /a=ice-pwd:.*/g, "a=ice-pwd:abcdefghijklmnopqrstu"],
	["a ufrag with a colon", /a=ice-ufrag:.*/g, "a=ice-ufrag:ab:cd"],
	["a password with a space", /a=ice-pwd:.*/g, "a=ice-pwd:abcdefghijk lmnopqrstuv"],
])("%s makes an offer, and an answer, malformed", (_, pattern, text) => {
	const { ours, theirs } = session();
	const offer = theirs.offer().replace(pattern, text);
	expect(codeOf(() => ours.take("offer", offer))).toBe("sdp/malformed");
	theirs.negotiation.rollback("local");
	theirs.take("offer", ours.offer());
	theirs.answer();
	expect(codeOf(() => ours.take("answer", theirs.text.replace(pattern, text)))).toBe("sdp/malformed");
	expect(ours.negotiation.state).toBe("have-local-offer");
});
