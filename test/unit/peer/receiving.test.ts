// SPDX-License-Identifier: Apache-2.0
// What the remote sends is received as negotiated, told of, played, counted, and given back.
import NativeAudioPlayer from "webrtc/media/player";
import { AudioOutput } from "../fakes/native/render";
import { RtpReceiver } from "../fakes/native/rtp";
import { advance } from "../fakes/moddable/clock";
import { begin, camera, closers, end, make, microphone, negotiate } from "./helpers";

beforeEach(begin);
afterEach(end);

function player(): NativeAudioPlayer {
	const made = new NativeAudioPlayer({ output: "none" });
	closers.push(made);
	return made;
}

/** A device that listens, and somebody who talks to it. */
async function talk() {
	const talker = make();
	const device = make();
	const sender = talker.addTransceiver(microphone(), { direction: "sendonly" });
	const receiver = device.addTransceiver("audio", { direction: "recvonly" });
	await negotiate(talker, device);
	await advance(100);
	return { talker, device, sender, receiver };
}

test("a section that the remote sends in has a native receiver for all that may come", async () => {
	const { talker, device, sender, receiver } = await talk();
	const [native] = RtpReceiver.open;
	expect(RtpReceiver.open.size).toBe(1);
	expect(native!.options).toMatchObject({ ssrc: receiver.sender.ssrc, mid: receiver.mid, midId: expect.any(Number) });
	expect(native!.options.formats.map(({ codec }) => codec)).toEqual(["opus", "PCMU", "PCMA"]);
	expect(native!.options.sources).toEqual([sender.sender.ssrc]);
	expect(native!.options).toHaveProperty("transportSequenceId");
	sender.direction = "inactive";
	await negotiate(talker, device);
	expect(RtpReceiver.open.size).toBe(0);
	sender.direction = "sendonly";
	await negotiate(talker, device);
	expect(RtpReceiver.open.size).toBe(1);
	receiver.stop();
	expect(RtpReceiver.open.size).toBe(0);
});

test("of pictures, what is lost is asked for, and counted", async () => {
	const sender = make();
	const device = make();
	sender.addTransceiver(camera(), { direction: "sendonly" });
	device.addTransceiver("video", { direction: "recvonly" });
	await negotiate(sender, device);
	await advance(100);
	const [{ options } = { options: undefined }] = RtpReceiver.open;
	const [format] = options!.formats;
	expect(format).toEqual({ codec: "H264", payloadType: expect.any(Number), rtx: expect.any(Number) });
	expect(format!.rtx).not.toBe(format!.payloadType);
	expect(options).toMatchObject({ nack: true, pli: true, fir: true, reducedSize: true });
	const report = await device.getStats();
	const inbound = [...report.values()].find(({ type }) => type === "inbound-rtp");
	expect(inbound).toMatchObject({ kind: "video", framesReceived: 14, nackCount: 18, pliCount: 19, firCount: 20 });
	expect(inbound).toMatchObject({ retransmittedPacketsReceived: 12, retransmittedBytesReceived: 13 });
});

test("who has no transport-wide feedback is told what the way carries", async () => {
	for (const [without, expected] of [
		["nothing", { remb: false, transportSequenceId: expect.any(Number) }],
		["transport-cc", { remb: true, sendTimeId: expect.any(Number) }],
		["transport-wide-cc-extensions", { remb: true, sendTimeId: expect.any(Number) }],
		["abs-send-time transport-cc", { remb: true }],
		["transport-cc goog-remb", { remb: false }],
	] as const) {
		const [sender, device] = [make(), make()];
		sender.addTransceiver(camera(), { direction: "sendonly" });
		device.addTransceiver("video", { direction: "recvonly" });
		await sender.setLocalDescription();
		const lines = sender.localDescription!.sdp.split("\r\n");
		const sdp = lines.filter((line) => !without.split(" ").some((word) => line.includes(word))).join("\r\n");
		await device.setRemoteDescription({ type: "offer", sdp });
		await device.setLocalDescription();
		await sender.setRemoteDescription(device.localDescription!);
		await advance(100);
		const [native] = [...RtpReceiver.open].slice(-1);
		expect(native!.options).toMatchObject(expected);
		if (!("transportSequenceId" in expected)) expect(native!.options).not.toHaveProperty("transportSequenceId");
		if (!("sendTimeId" in expected)) expect(native!.options).not.toHaveProperty("sendTimeId");
		expect(device.localDescription!.sdp.includes("goog-remb")).toBe(!without.includes("goog-remb"));
	}
});

test("its track is muted until something comes, and when the remote says BYE", async () => {
	const { receiver } = await talk();
	const { track } = receiver.receiver;
	const told: string[] = [];
	track.onmute = () => told.push("mute");
	track.onunmute = () => told.push("unmute");
	const [native] = RtpReceiver.open;
	expect(track.muted).toBe(true);
	native!.options.onActive!(true);
	native!.options.onActive!(true);
	expect(track.muted).toBe(false);
	native!.options.onActive!(false);
	expect(told).toEqual(["unmute", "mute"]);
	receiver.stop();
	expect(track).toMatchObject({ muted: true, readyState: "ended" });
});

test("a player plays it as soon as it is there, and lets it go", async () => {
	const one = player();
	const two = player();
	const talker = make();
	const device = make();
	talker.addTransceiver(microphone(), { direction: "sendonly" });
	const { receiver } = device.addTransceiver("audio", { direction: "recvonly" });
	receiver.play(one);
	expect(() =>
		make()
			.addTransceiver("video")
			.receiver.play(one as never),
	).toThrow(TypeError);
	await negotiate(talker, device);
	const [output] = AudioOutput.open;
	expect([...output!.sources]).toEqual([...RtpReceiver.open]);
	receiver.play(two);
	expect(output!.sources.size).toBe(0);
	expect([...AudioOutput.open].map(({ sources }) => sources.size)).toEqual([0, 1]);
	receiver.play(null);
	receiver.play(one);
	expect(output!.sources.size).toBe(1);
	device.close();
	expect(output!.sources.size).toBe(0);
});

test("getStats tells what came, what was played of it, and what the remote says", async () => {
	const { device, receiver } = await talk();
	receiver.receiver.play(player());
	const stats = [...(await device.getStats()).values()];
	const inbound = stats.find(({ type }) => type === "inbound-rtp")!;
	expect(inbound).toMatchObject({ ssrc: 77, kind: "audio", mid: receiver.mid, packetsReceived: 1, packetsLost: 4 });
	expect(inbound).toMatchObject({ jitter: 0.005, totalSamplesReceived: 960, concealedSamples: 0 });
	expect(stats.find(({ id }) => id === inbound.codecId)).toMatchObject({ mimeType: "audio/opus", clockRate: 48000 });
	expect(stats.find(({ id }) => id === inbound.remoteId)).toMatchObject({
		...{ type: "remote-outbound-rtp", localId: inbound.id, packetsSent: 9, bytesSent: 10, remoteTimestamp: 11 },
	});
});

test("who only sends has no receiver", async () => {
	const viewer = make();
	const device = make();
	viewer.addTransceiver("video", { direction: "recvonly" });
	device.addTransceiver(camera(), { direction: "sendonly" });
	await negotiate(viewer, device);
	expect([...RtpReceiver.open].map(({ options }) => options.formats[0]!.codec)).toEqual(["H264"]); // the viewer's
});
