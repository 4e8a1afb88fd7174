// SPDX-License-Identifier: Apache-2.0
// The section of data channels (RFC 8841): what is said of SCTP, where it stands, and when it is refused.
import { createOffer, negotiated, parse, write } from "webrtc/sdp";
import type { LocalMedia, SessionDescription } from "webrtc/sdp";
import { answer, audio, failure, fixture, fixtureNames, section, transport, video } from "./helpers";

const data: LocalMedia = {
	kind: "application",
	direction: "sendrecv",
	codecs: [],
	extensions: [],
	maxMessageSize: 16384,
};
const dataNames = fixtureNames.map((name) => name.replace(/\.sdp$/, "")).filter((name) => name.endsWith("data"));

/** Firefox's offer of channels alone, edited. */
const offered = (edit: (text: string) => string = (text) => text) => parse(edit(fixture("firefox-data")));
const ours = (...others: LocalMedia[]) =>
	createOffer({ sessionId: "1", sessionVersion: 1, media: [{ ...data, mid: "d" }, ...others], transport });
const agreed = (offer: SessionDescription) => negotiated(answer(offer, [data]), offer, "answerer")[0]!.data;
/** What this side has for each section of an offer. */
const mediaFor = ({ media }: SessionDescription) =>
	media.map(({ kind }) => (kind === "application" ? data : kind === "audio" ? audio : video));

describe("an offer", () => {
	test("of channels alone says where SCTP is, and how long a message may be", () => {
		const text = write(ours());
		expect(text).toContain("m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n");
		expect(text).toContain("a=sctp-port:5000\r\na=max-message-size:16384\r\n");
		expect(text).not.toMatch(/a=(rtcp-mux|rtpmap|sendrecv)/);
	});

	test.each(dataNames)("of %s is answered in its form, with our own length", (name) => {
		const offer = parse(fixture(name));
		const place = offer.media.findIndex(({ kind }) => kind === "application");
		const taken = section(answer(offer, mediaFor(offer)), place);
		expect(taken).toMatchObject({ mid: offer.media[place]!.mid, protocol: "UDP/DTLS/SCTP", sctpPort: 5000 });
		expect(taken.maxMessageSize).toBe(16384);
		expect(taken.port).not.toBe(0);
	});
});

test.each([
	["as it is said", "a=max-message-size:70000", 70000],
	["64 KB where nothing is said", "", 65536],
	["without end for 0", "a=max-message-size:0", Infinity],
	["as large as a number may be", `a=max-message-size:${Number.MAX_SAFE_INTEGER}`, Number.MAX_SAFE_INTEGER],
])("a message may be %s", (_name, line, size) => {
	const offer = offered((text) => text.replace(/a=max-message-size:.*\r\n/, line && `${line}\r\n`));
	expect(agreed(offer)).toEqual({ port: 5000, maxMessageSize: size });
});

test.each(["-1", "1e9", "x", "", "9007199254740993", "99999999999999999999999"])(
	"a length of %j is none, and 64 KB is the length",
	(size) => {
		const offer = offered((text) => text.replace(/max-message-size:.*/, `max-message-size:${size}`));
		expect(agreed(offer)?.maxMessageSize).toBe(65536);
	},
);

test("SCTP's port is the peer's own", () => {
	expect(agreed(offered((text) => text.replace("sctp-port:5000", "sctp-port:65535")))?.port).toBe(65535);
});

describe("a section is refused", () => {
	const refusal = (edit: (text: string) => string) => failure(() => answer(offered(edit), [data]));

	test.each([
		["of the former form", (text: string) => text.replace("UDP/DTLS/SCTP webrtc-datachannel", "DTLS/SCTP 5000")],
		["without sctp-port", (text: string) => text.replace("a=sctp-port:5000\r\n", "")],
		["with port 0 of SCTP", (text: string) => text.replace("sctp-port:5000", "sctp-port:0")],
		["with a port that is none", (text: string) => text.replace("sctp-port:5000", "sctp-port:65536")],
		["for something else", (text: string) => text.replace("webrtc-datachannel", "x-bfcp")],
	])("%s", (_name, edit) => {
		expect(refusal(edit)).toMatch(/^sdp\/unsupported: application: /);
	});

	test("alone, and the others are taken", () => {
		const offer = parse(fixture("chromium-sendrecv-data").replace("a=sctp-port:5000\r\n", ""));
		const taken = answer(offer, mediaFor(offer));
		for (const { kind, port } of taken.media) expect(port === 0).toBe(kind === "application");
		expect(write(taken)).toContain("m=application 0 ");
		for (const { kind, data: found } of negotiated(taken, offer, "answerer"))
			if (kind === "application") expect(found).toBeUndefined();
	});
});

test("the section may be the first: it then speaks for the bundle", () => {
	const text = write(ours({ ...video, mid: "v" }));
	expect(text.indexOf("m=application")).toBeLessThan(text.indexOf("m=video"));
	expect(text).toContain("a=group:BUNDLE d v\r\n");
	const reply = answer(parse(text), [data, { ...video, direction: "recvonly" }]);
	expect(reply.media.map(({ kind, port }) => [kind, port !== 0])).toEqual([
		["application", true],
		["video", true],
	]);
	expect(write(reply)).toContain("a=group:BUNDLE d v\r\n");
});
