// SPDX-License-Identifier: Apache-2.0
// After the files of webrtc/protocol/ that need no media and no browser: bundle, candidate-exchange, dtls-setup,
// dtls-fingerprint-validation, ice-ufragpwd, jsep-initial-offer, missing-fields, msid-generate, msid-parse, rtp-headerextensions,
// rtp-payloadtypes, rtx-codecs, sctp-format, sdes-dont-dont-dont, split, transceiver-mline-recycling, unknown-mediatypes,
// h264-profile-levels and video-codecs.
import type RTCPeerConnection from "webrtc/peer";
import {
	advance,
	begin,
	camera,
	direction,
	end,
	kinds,
	make,
	microphone,
	negotiate,
	rejection,
	sections,
} from "./helpers";

beforeEach(begin);
afterEach(end);

type Edit = (sdp: string) => string;

/** One that sends sound and pictures, and one that would have them. */
function pair(): { device: RTCPeerConnection; viewer: RTCPeerConnection } {
	const [device, viewer] = [make(), make()];
	device.addTrack(microphone());
	device.addTrack(camera());
	return { device, viewer };
}

/** Offer and answer, either of them edited on its way. */
async function exchange(one: RTCPeerConnection, other: RTCPeerConnection, offer: Edit, answer: Edit): Promise<void> {
	await one.setLocalDescription();
	await other.setRemoteDescription({ type: "offer", sdp: offer(one.localDescription!.sdp) });
	await other.setLocalDescription();
	await one.setRemoteDescription({ type: "answer", sdp: answer(other.localDescription!.sdp) });
	await advance(3000);
}

const asIs: Edit = (sdp) => sdp;
const without = (line: RegExp) => (sdp: string) => sdp.replace(new RegExp(`a=${line.source}.*\r\n`, "g"), "");
const mids = (sdp: string | undefined) => [...(sdp ?? "").matchAll(/^a=mid:(.*)\r$/gm)].map(([, mid]) => mid);

describe("an initial offer", () => {
	test("has the lines of JSEP, in their order", async () => {
		const { device } = pair();
		const { sdp } = await device.createOffer();
		const lines = sdp!.split("\r\n");
		expect(lines.slice(0, 4)).toEqual([
			"v=0",
			expect.stringMatching(/^o=- \d{1,20} \d+ IN IP4 127\.0\.0\.1$/),
			"s=-",
			"t=0 0",
		]);
		expect(sdp!.endsWith("\r\n")).toBe(true);
		expect(BigInt(lines[1]!.split(" ")[1]!) < 2n ** 63n).toBe(true);
		for (const section of sections(sdp))
			expect(section).toMatch(/^\w+ 9 UDP\/TLS\/RTP\/SAVPF .*\r\nc=IN IP4 0\.0\.0\.0\r\n/);
	});

	test("has each section its mid, setup, credentials, fingerprint and rtcp-mux", async () => {
		const { sdp } = await pair().device.createOffer();
		expect(new Set(mids(sdp)).size).toBe(2);
		for (const section of sections(sdp)) {
			expect(section).toMatch(/^a=setup:actpass\r$/m);
			expect(section).toMatch(/^a=ice-ufrag:\S{4,256}\r$/m);
			expect(section).toMatch(/^a=ice-pwd:\S{22,256}\r$/m);
			expect(section).toMatch(/^a=fingerprint:sha-256 ([0-9A-F]{2}:){31}[0-9A-F]{2}\r$/m);
			expect(section).toMatch(/^a=rtcp-mux\r$/m);
		}
		expect(sdp).toMatch(/^a=group:BUNDLE 0 1\r$/m);
		expect(sdp).not.toContain("a=crypto:");
	});

	test("has payload types that are no RTCP, distinct in a section, each with its rtpmap", async () => {
		const { sdp } = await pair().device.createOffer();
		for (const section of sections(sdp)) {
			const types = section.split("\r\n")[0]!.split(" ").slice(3).map(Number);
			expect(new Set(types).size).toBe(types.length);
			for (const type of types) {
				expect(type < 64 || type > 95).toBe(true);
				expect(section).toContain(`a=rtpmap:${type} `);
			}
			for (const [, apt] of section.matchAll(/apt=(\d+)/g)) expect(types).toContain(Number(apt));
		}
	});

	test("has one number for a header extension in all sections", async () => {
		const { sdp } = await pair().device.createOffer();
		const ids = new Map<string, string>();
		for (const [, id, uri] of sdp!.matchAll(/^a=extmap:(\d+) (\S+)\r$/gm)) {
			expect(ids.get(uri!) ?? id).toBe(id);
			ids.set(uri!, id!);
		}
		expect(ids.has("urn:ietf:params:rtp-hdrext:sdes:mid")).toBe(true);
		expect(new Set(ids.values()).size).toBe(ids.size);
	});

	test("of channels has SCTP in its form of today", async () => {
		const pc = make();
		pc.createDataChannel("x");
		const { sdp } = await pc.createOffer();
		expect(sdp).toMatch(/^m=application 9 UDP\/DTLS\/SCTP webrtc-datachannel\r$/m);
		expect(sdp).toMatch(/^a=sctp-port:5000\r$/m);
		expect(sdp).not.toContain("sctpmap");
	});
});

describe("the DTLS roles", () => {
	test.each([
		["actpass", "active"],
		["active", "passive"],
		["passive", "active"],
	])("an offer with setup:%s is answered with setup:%s", async (offered, answered) => {
		const { device, viewer } = pair();
		await device.setLocalDescription();
		const sdp = device.localDescription!.sdp.replace(/setup:actpass/g, `setup:${offered}`);
		await viewer.setRemoteDescription({ type: "offer", sdp });
		const answer = await viewer.createAnswer();
		for (const section of sections(answer.sdp)) expect(section).toContain(`a=setup:${answered}\r\n`);
	});

	test.each(["active", "passive"])("an answer may choose %s", async (setup) => {
		const { device, viewer } = pair();
		await device.setLocalDescription();
		const offered = device.localDescription!.sdp.replace(
			/setup:actpass/g,
			setup === "active" ? "setup:passive" : "setup:active",
		);
		await viewer.setRemoteDescription({ type: "offer", sdp: offered });
		await viewer.setLocalDescription();
		expect(viewer.localDescription!.sdp).toContain(`a=setup:${setup}\r\n`);
		await device.setRemoteDescription(viewer.localDescription!);
		await advance(3000);
		expect([device.connectionState, viewer.connectionState]).toEqual(["connected", "connected"]);
	});

	test("an answer that leaves the choice is refused", async () => {
		const { device, viewer } = pair();
		const answer: Edit = (sdp) => sdp.replace(/setup:active/g, "setup:actpass");
		expect(await rejection(exchange(device, viewer, asIs, answer))).toBe("OperationError");
		expect(device.signalingState).toBe("have-local-offer");
	});
});

describe("a fingerprint", () => {
	const other: Edit = (sdp) =>
		sdp.replace(
			/(a=fingerprint:sha-256 )(..)/g,
			(_, name: string, byte: string) => `${name}${byte === "00" ? "01" : "00"}`,
		);

	test("of another certificate in the offer fails the connection", async () => {
		const { device, viewer } = pair();
		await exchange(device, viewer, other, asIs);
		expect(viewer.connectionState).toBe("failed");
	});

	test("of another certificate in the answer, too", async () => {
		const { device, viewer } = pair();
		await exchange(device, viewer, asIs, other);
		expect(device.connectionState).toBe("failed");
		expect(viewer.connectionState).not.toBe("connected");
	});

	test("that is missing, or no fingerprint, refuses the offer", async () => {
		for (const edit of [without(/fingerprint/), (sdp: string) => sdp.replace(/sha-256 .*/g, "sha-256 none")]) {
			const { device, viewer } = pair();
			expect(await rejection(exchange(device, viewer, edit, asIs))).toBe("OperationError");
			expect(viewer.signalingState).toBe("stable");
		}
	});
});

describe("credentials", () => {
	test.each([
		["a ufrag of three characters", /(ice-ufrag:).*/g, "$1abc"],
		["a ufrag of 257", /(ice-ufrag:).*/g, `$1${"u".repeat(257)}`],
		["a ufrag that is empty", /(ice-ufrag:).*/g, "$1"],
		["a ufrag with a space", /(ice-ufrag:).*/g, "$1ab cd"],
		["a password of 21 characters", /(ice-pwd:).*/g, `$1${"p".repeat(21)}`],
		["a password of 257", /(ice-pwd:).*/g, `$1${"p".repeat(257)}`],
		["no ufrag", /a=ice-ufrag:.*\r\n/g, ""],
		["no password", /a=ice-pwd:.*\r\n/g, ""],
	])("%s: the offer is refused, and nothing is changed", async (_, line, text) => {
		const { device, viewer } = pair();
		expect(await rejection(exchange(device, viewer, (sdp) => sdp.replace(line, text), asIs))).toBe(
			"OperationError",
		);
		expect([viewer.signalingState, viewer.getTransceivers().length]).toEqual(["stable", 0]);
	});

	test("of 4 and 22, and of 256 characters serve", async () => {
		for (const [ufrag, pwd] of [
			[4, 22],
			[256, 256],
		] as const) {
			const { device, viewer } = pair();
			await device.setLocalDescription();
			const sdp = device
				.localDescription!.sdp.replace(/ice-ufrag:.*/g, `ice-ufrag:${"u".repeat(ufrag)}`)
				.replace(/ice-pwd:.*/g, `ice-pwd:${"p".repeat(pwd)}`);
			await viewer.setRemoteDescription({ type: "offer", sdp });
			expect(viewer.signalingState).toBe("have-remote-offer");
		}
	});
});

describe("candidates", () => {
	const candidateLines = without(/candidate/);
	const bare: Edit = (sdp) => candidateLines(without(/end-of-candidates/)(sdp));

	test.each([
		["from the offerer alone", asIs, bare],
		["from the answerer alone", bare, asIs],
	])("%s connect both", async (_, offer, answer) => {
		const { device, viewer } = pair();
		await exchange(device, viewer, offer, answer);
		expect([device.connectionState, viewer.connectionState]).toEqual(["connected", "connected"]);
	});

	test("of neither connect nobody", async () => {
		const { device, viewer } = pair();
		await exchange(device, viewer, bare, bare);
		expect(device.connectionState).not.toBe("connected");
	});

	test("that are added one by one connect both", async () => {
		const { device, viewer } = pair();
		const found: { candidate: string; sdpMid: string | null }[] = [];
		device.onicecandidate = ({ candidate }) => {
			if (candidate) found.push(candidate as never);
		};
		await exchange(device, viewer, bare, bare);
		expect(found.length).toBeGreaterThan(0);
		for (const candidate of found) await viewer.addIceCandidate(candidate);
		await advance(3000);
		expect([device.connectionState, viewer.connectionState]).toEqual(["connected", "connected"]);
	});
});

describe("an offer that lacks", () => {
	test("mids is answered without any", async () => {
		const device = make();
		device.addTrack(camera());
		const viewer = make();
		await device.setLocalDescription();
		const sdp = without(/group/)(without(/mid/)(device.localDescription!.sdp)).replace(
			/a=extmap.*sdes:mid\r\n/g,
			"",
		);
		await viewer.setRemoteDescription({ type: "offer", sdp });
		await viewer.setLocalDescription();
		expect(mids(viewer.localDescription!.sdp)).toEqual([]);
		expect(viewer.localDescription!.sdp).not.toContain("a=group");
		expect(viewer.getTransceivers().map(({ currentDirection }) => currentDirection)).toEqual(["recvonly"]);
	});

	test("rtcp-mux is refused, as there is one port", async () => {
		const { device, viewer } = pair();
		expect(await rejection(exchange(device, viewer, without(/rtcp-mux/), asIs))).toBe("OperationError");
	});

	test("DTLS, and has SDES in its place, is refused", async () => {
		const { device, viewer } = pair();
		const sdes: Edit = (sdp) =>
			sdp
				.replace(/UDP\/TLS\/RTP/g, "RTP")
				.replace(
					/a=fingerprint.*/g,
					"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
				)
				.replace(/a=setup.*\r\n/g, "");
		expect(await rejection(exchange(device, viewer, sdes, asIs))).toBe("OperationError");
	});

	test("what only decorates it is taken", async () => {
		const { device, viewer } = pair();
		const plain = [/msid/, /ssrc/, /extmap/, /rtcp-fb/, /rtcp-rsize/, /rtcp:/, /ice-options/, /ssrc-group/];
		const edit: Edit = (sdp) => plain.reduce((text, line) => without(line)(text), sdp);
		await exchange(device, viewer, edit, asIs);
		expect([device.connectionState, viewer.connectionState]).toEqual(["connected", "connected"]);
	});
});

describe("sections", () => {
	test("of kinds that nobody knows are refused in their places", async () => {
		const { device, viewer } = pair();
		const strange = "m=hologram 9 UDP/TLS/RTP/SAVPF 98\r\nc=IN IP4 0.0.0.0\r\na=mid:h\r\na=rtpmap:98 x/90000\r\n";
		await device.setLocalDescription();
		const sdp = device
			.localDescription!.sdp.replace("m=video", `${strange}m=video`)
			.replace("BUNDLE 0 1", "BUNDLE 0 h 1");
		await viewer.setRemoteDescription({ type: "offer", sdp });
		const answer = await viewer.createAnswer();
		expect(kinds(answer.sdp)).toEqual(["audio", "hologram", "video"]);
		expect(sections(answer.sdp)[1]).toMatch(/^hologram 0 /);
		expect(answer.sdp).toMatch(/^a=group:BUNDLE 0 1\r$/m);
		expect(viewer.getTransceivers()).toHaveLength(2);
	});

	test("that have ended are used again, with new mids", async () => {
		const { device, viewer } = pair();
		await negotiate(device, viewer);
		device.getTransceivers()[0]!.stop();
		await negotiate(device, viewer);
		expect(sections(device.localDescription!.sdp)[0]).toMatch(/^audio 0 /);
		device.addTransceiver("video", { direction: "recvonly" });
		await device.setLocalDescription();
		expect(kinds(device.localDescription!.sdp)).toEqual(["video", "video"]);
		expect(mids(device.localDescription!.sdp)).toEqual(["2", "1"]);
		expect(direction(sections(device.localDescription!.sdp)[0])).toBe("recvonly");
	});

	test("whose offer was taken back are not used again", async () => {
		const { device, viewer } = pair();
		await negotiate(device, viewer);
		device.addTransceiver("audio");
		await device.setLocalDescription();
		expect(kinds(device.localDescription!.sdp)).toEqual(["audio", "video", "audio"]);
		await device.setLocalDescription({ type: "rollback" });
		device.addTransceiver("video");
		await device.setLocalDescription();
		expect(kinds(device.localDescription!.sdp)).toEqual(["audio", "video", "audio", "video"]);
	});

	test("apart from one another are one transport, of the section that serves best", async () => {
		const { device, viewer } = pair();
		await device.setLocalDescription();
		const sdp = without(/group/)(device.localDescription!.sdp);
		await viewer.setRemoteDescription({ type: "offer", sdp });
		const answer = await viewer.createAnswer();
		expect(sections(answer.sdp).filter((section) => !section.split(" ")[1]!.startsWith("0"))).toHaveLength(1);
	});
});

describe("streams", () => {
	const streamsOf = async (edit: Edit) => {
		const [device, viewer] = [make(), make()];
		device.addTrack(camera(), { id: "porch" });
		const streams: string[][] = [];
		viewer.ontrack = (event) => streams.push(event.streams.map(({ id }) => id));
		await device.setLocalDescription();
		await viewer.setRemoteDescription({ type: "offer", sdp: edit(device.localDescription!.sdp) });
		return streams;
	};

	test("are those of a=msid", async () => {
		expect(await streamsOf(asIs)).toEqual([["porch"]]);
	});

	test("there are none for the name that is a hyphen (RFC 8830 section 2)", async () => {
		expect(await streamsOf((sdp) => sdp.replace(/msid:porch/g, "msid:-"))).toEqual([[]]);
	});

	test("may have no track's name, or stand with the source", async () => {
		expect(await streamsOf((sdp) => sdp.replace(/a=msid:porch .*/, "a=msid:porch"))).toEqual([["porch"]]);
		expect(await streamsOf((sdp) => sdp.replace(/a=msid:porch .*\r\n/, ""))).toEqual([["porch"]]);
	});

	test("are named in the offer of what sends alone", async () => {
		const pc = make();
		pc.addTransceiver("video", { direction: "recvonly" });
		expect((await pc.createOffer()).sdp).not.toContain("a=msid:");
		pc.addTrack(microphone(), { id: "porch" });
		expect((await pc.createOffer()).sdp).toMatch(/^a=msid:porch \S+\r$/m);
	});
});

describe("retransmissions", () => {
	const answerTo = async (edit: Edit) => {
		const [device, viewer] = [make(), make()];
		viewer.addTransceiver("video", { direction: "recvonly" });
		device.addTrack(camera());
		await viewer.setLocalDescription();
		await device.setRemoteDescription({ type: "offer", sdp: edit(viewer.localDescription!.sdp) });
		await device.setLocalDescription();
		return device.localDescription!.sdp;
	};

	test("are answered where they are offered", async () => {
		expect(await answerTo(asIs)).toMatch(/^a=rtpmap:\d+ rtx\/90000\r$/m);
	});

	test("of a codec that is not there are left out, and so are those of none", async () => {
		for (const apt of ["apt=35", "apt=", "x=1"])
			expect(await answerTo((sdp) => sdp.replace(/apt=\d+/g, apt))).not.toContain("rtx");
	});

	test("alone are no codec", async () => {
		const [device, viewer] = [make(), make()];
		viewer.addTransceiver("video", { direction: "recvonly" });
		device.addTrack(camera());
		await viewer.setLocalDescription();
		const sdp = viewer.localDescription!.sdp.replace(/a=rtpmap:\d+ H264.*\r\n/g, "");
		expect(await rejection(device.setRemoteDescription({ type: "offer", sdp }))).toBe("OperationError");
	});
});

describe("profiles of H.264", () => {
	test.each([
		["42e01f", "42e01f"],
		["42e034", "42e01f"],
		["42e00b", "42e00b"],
		["42c01f", "42c01f"],
	])("%s with level asymmetry off is answered with %s", async (offered, answered) => {
		const [device, viewer] = [make(), make()];
		viewer.addTransceiver("video", { direction: "recvonly" });
		device.addTrack(camera());
		await viewer.setLocalDescription();
		const sdp = viewer
			.localDescription!.sdp.replace(/level-asymmetry-allowed=1;?/g, "")
			.replace(/profile-level-id=\w+/g, `profile-level-id=${offered}`);
		await device.setRemoteDescription({ type: "offer", sdp });
		await device.setLocalDescription();
		expect(device.localDescription!.sdp).toMatch(new RegExp(`profile-level-id=${answered}`));
	});
});
