// SPDX-License-Identifier: Apache-2.0
// After RTCRtpSender-getParameters, -setParameters, RTCRtpParameters-transactionId, -codecs, -encodings, -rtcp,
// -headerExtensions, RTCRtpTransceiver-setCodecPreferences, RTCRtpSender-getCapabilities and RTCRtpReceiver-getCapabilities.
import { RTCRtpReceiver, RTCRtpSender } from "webrtc/peer";
import { begin, camera, end, make, microphone, negotiate, rejection, sections, thrown } from "./helpers";

beforeEach(begin);
afterEach(end);

async function sending() {
	const [one, other] = [make(), make()];
	const { sender } = one.addTransceiver(microphone(), { direction: "sendonly" });
	other.addTransceiver("audio", { direction: "recvonly" });
	await negotiate(one, other);
	return sender;
}

describe("parameters", () => {
	test("have one encoding, which is active", () => {
		const { encodings } = make().addTransceiver("audio").sender.getParameters();
		expect(encodings).toHaveLength(1);
		expect(encodings[0]).toMatchObject({ active: true });
	});

	test("have codecs, header extensions and RTCP as negotiated", async () => {
		const { codecs, headerExtensions, rtcp } = (await sending()).getParameters();
		expect(codecs[0]).toMatchObject({ mimeType: "audio/opus", clockRate: 48000, channels: 2 });
		expect(Number.isInteger(codecs[0]!.payloadType)).toBe(true);
		for (const { uri, id } of headerExtensions) expect([typeof uri, typeof id]).toEqual(["string", "number"]);
		expect(rtcp.cname).toMatch(/./);
		expect(typeof rtcp.reducedSize).toBe("boolean");
	});

	test("have an id that is other each time they are asked for later", async () => {
		const sender = await sending();
		const first = sender.getParameters();
		await sender.setParameters(first);
		expect(sender.getParameters().transactionId).not.toBe(first.transactionId);
	});

	test("can be set once after each time they are asked for", async () => {
		const sender = await sending();
		expect(await rejection(sender.setParameters({ ...sender.getParameters(), transactionId: "x" }))).toBe(
			"InvalidModificationError",
		);
		const parameters = sender.getParameters();
		await sender.setParameters(parameters);
		expect(await rejection(sender.setParameters(parameters))).toBe("InvalidStateError");
	});

	test("stop and start an encoding", async () => {
		const sender = await sending();
		const parameters = sender.getParameters();
		parameters.encodings[0]!.active = false;
		await sender.setParameters(parameters);
		expect(sender.getParameters().encodings[0]!.active).toBe(false);
		const again = sender.getParameters();
		again.encodings[0]!.active = true;
		await sender.setParameters(again);
		expect(sender.getParameters().encodings[0]!.active).toBe(true);
	});

	test("do not get or lose encodings, nor other codecs", async () => {
		const sender = await sending();
		const none = { ...sender.getParameters(), encodings: [] };
		expect(await rejection(sender.setParameters(none))).toMatch(/InvalidModificationError|TypeError/);
		const codecs = { ...sender.getParameters(), codecs: [] };
		expect(await rejection(sender.setParameters(codecs))).toBe("InvalidModificationError");
	});

	test("of what has stopped cannot be set", async () => {
		const pc = make();
		const transceiver = pc.addTransceiver("audio");
		const parameters = transceiver.sender.getParameters();
		transceiver.stop();
		expect(await rejection(transceiver.sender.setParameters(parameters))).toBe("InvalidStateError");
	});
});

describe("capabilities", () => {
	test.each([RTCRtpSender, RTCRtpReceiver])("are listed by kind, %p", (side) => {
		for (const kind of ["audio", "video"]) {
			const { codecs, headerExtensions } = side.getCapabilities(kind)!;
			expect(codecs.length).toBeGreaterThan(0);
			for (const { mimeType, clockRate } of codecs) {
				expect(mimeType.startsWith(`${kind}/`)).toBe(true);
				expect(clockRate).toBeGreaterThan(0);
			}
			for (const { uri } of headerExtensions) expect(uri).toMatch(/./);
		}
		expect(side.getCapabilities("dummy")).toBeNull();
	});
});

describe("setCodecPreferences", () => {
	const audio = () => RTCRtpSender.getCapabilities("audio")!.codecs;
	const names = (sdp: string | undefined) =>
		[...(sections(sdp)[0] ?? "").matchAll(/^a=rtpmap:\d+ ([^/]+)\//gm)].map(([, name]) => name);

	test("orders the codecs of the offer", async () => {
		const pc = make();
		const transceiver = pc.addTransceiver(microphone());
		const reversed = [...audio()].reverse();
		transceiver.setCodecPreferences(reversed);
		const wanted = reversed.map(({ mimeType }) => mimeType.split("/")[1]!.toLowerCase());
		expect(names((await pc.createOffer()).sdp).map((name) => name!.toLowerCase())).toEqual(wanted);
	});

	test("leaves out what it does not name", async () => {
		const pc = make();
		const transceiver = pc.addTransceiver(microphone());
		transceiver.setCodecPreferences(audio().filter(({ mimeType }) => mimeType === "audio/PCMU"));
		expect(names((await pc.createOffer()).sdp)).toEqual(["PCMU"]);
		transceiver.setCodecPreferences([]);
		expect(names((await pc.createOffer()).sdp).length).toBe(audio().length);
	});

	test("takes no codec of another kind, and none that is not here", () => {
		const transceiver = make().addTransceiver("audio");
		const video = RTCRtpSender.getCapabilities("video")!.codecs;
		expect(thrown(() => transceiver.setCodecPreferences(video))).toBe("InvalidModificationError");
		const strange = { mimeType: "audio/piepiper", clockRate: 2000, channels: 42 };
		expect(thrown(() => transceiver.setCodecPreferences([strange]))).toBe("InvalidModificationError");
		expect(thrown(() => transceiver.setCodecPreferences([...audio(), strange]))).toBe("InvalidModificationError");
	});

	test("decides what is sent", async () => {
		const [one, other] = [make(), make()];
		const transceiver = one.addTransceiver(microphone(), { direction: "sendonly" });
		other.addTransceiver("audio", { direction: "recvonly" });
		transceiver.setCodecPreferences(audio().filter(({ mimeType }) => mimeType === "audio/PCMA"));
		await negotiate(one, other);
		expect(transceiver.sender.getParameters().codecs[0]!.mimeType).toBe("audio/PCMA");
	});

	test("of video knows H.264", async () => {
		const pc = make();
		const transceiver = pc.addTransceiver(camera());
		transceiver.setCodecPreferences(RTCRtpSender.getCapabilities("video")!.codecs);
		expect(names((await pc.createOffer()).sdp)).toContain("H264");
	});
});
