// SPDX-License-Identifier: Apache-2.0
import Origin from "webrtc/app/origin";

function sdp({ session = "1 1", ufrag = "abcd", fingerprints = ["AA:BB"] } = {}): Origin {
	const lines = ["v=0", `o=- ${session} IN IP4 0.0.0.0`, `a=ice-ufrag:${ufrag}`];
	return new Origin([...lines, ...fingerprints.map((one) => `a=fingerprint:sha-256 ${one}`), ""].join("\r\n"));
}

test.each([
	["the next version of the same session", { session: "1 2" }, true],
	["an ICE restart", { session: "1 2", ufrag: "efgh" }, true],
	["an id that changes although ICE goes on", { session: "7 1" }, true],
	["the fingerprint of each section, in small letters", { fingerprints: ["aa:bb", "AA:BB"] }, true],
	["another certificate", { fingerprints: ["AA:CC"] }, false],
	["another session over new ICE", { session: "7 1", ufrag: "efgh" }, false],
])("%s: continued is %s", (_, change, expected) => {
	expect(sdp().isContinuedBy(sdp(change))).toBe(expected);
});

test("what is kept of a description is bounded, however much there is of it", () => {
	const many = Array.from({ length: 100 }, (_, number) => `AA:${100 + number}`);
	expect(sdp({ fingerprints: many }).isContinuedBy(sdp({ fingerprints: [...many, "ZZ:ZZ"] }))).toBe(true);
	expect(sdp({ ufrag: "a".repeat(600) }).isContinuedBy(sdp({ session: "7 1", ufrag: "a".repeat(700) }))).toBe(true);
});

test("a line without an end is for the parser to refuse", () => {
	expect(new Origin(`v=0\r\n${"x".repeat(5000)}`).isContinuedBy(new Origin("v=0\r\n"))).toBe(true);
});
