// SPDX-License-Identifier: Apache-2.0
// addTrack, removeTrack, replaceTrack, stop, parameters and codec preferences (W3C webrtc section 5).
import RTCPeerConnection, { RTCRtpSender, type RTCTrackEvent } from "webrtc/peer";
import { advance } from "../fakes/moddable/clock";
import { Encoder } from "../fakes/native/codec";
import RtpSender from "../fakes/native/rtp";
import { begin, camera, end, make, microphone, negotiate, pair } from "./helpers";

beforeEach(begin);
afterEach(end);

const directions = (pc: RTCPeerConnection) => pc.getTransceivers().map(({ direction }) => direction);
const sinks = () => [...Encoder.open].map(({ options, sinks: { size } }) => `${options.codec} ${size}`);

test("addTrack makes a transceiver that sends and receives, and takes no track twice", () => {
	const pc = make();
	const track = camera();
	const sender = pc.addTrack(track);
	expect(sender.track).toBe(track);
	expect(pc.getSenders()).toEqual([sender]);
	expect(pc.getReceivers()).toHaveLength(1);
	expect(directions(pc)).toEqual(["sendrecv"]);
	expect(() => pc.addTrack(track)).toThrow(expect.objectContaining({ name: "InvalidAccessError" }));
	expect(() => pc.addTrack({} as never)).toThrow(TypeError);
});

test("addTrack fills a transceiver of its kind that has no track and never sent", () => {
	const pc = make();
	const transceiver = pc.addTransceiver("video", { direction: "recvonly" });
	pc.addTransceiver("audio", { direction: "inactive" });
	expect(pc.addTrack(camera())).toBe(transceiver.sender);
	pc.addTrack(microphone());
	expect(directions(pc)).toEqual(["sendrecv", "sendonly"]);
});

test("removeTrack stops at once, and the next negotiation says so", async () => {
	const { viewer, device } = pair();
	await negotiate(viewer, device);
	await advance(100);
	const [sender] = device.getSenders();
	device.removeTrack(sender!);
	expect(sender!.track).toBeNull();
	expect(sender!.activity).toBeUndefined();
	expect(directions(device)).toEqual(["inactive"]);
	await negotiate(device, viewer);
	expect(device.getTransceivers()[0]!.currentDirection).toBe("inactive");
	expect(() => viewer.removeTrack(sender!)).not.toThrow(); // it has sent, somewhere
	expect(() => viewer.removeTrack({} as never)).toThrow(expect.objectContaining({ name: "InvalidAccessError" }));
});

test("replaceTrack changes the source without negotiation, or leaves none", async () => {
	const { viewer, device } = pair();
	await negotiate(viewer, device);
	await advance(100);
	const [sender] = device.getSenders();
	const { ssrc } = [...RtpSender.open][0]!.options;
	const other = camera();
	await sender!.replaceTrack(other);
	expect(sender!.track).toBe(other);
	expect([...RtpSender.open].map(({ options }) => options.ssrc)).toEqual([ssrc]);
	await sender!.replaceTrack(null);
	expect(sender!.activity).toBeUndefined();
	expect(directions(device)).toEqual(["sendonly"]);
	await sender!.replaceTrack(other);
	expect(RtpSender.open.size).toBe(1);
	await expect(sender!.replaceTrack(microphone() as never)).rejects.toThrow(TypeError);
});

test("a pause keeps the packets' sequence: the native sender stays, and has no track meanwhile", async () => {
	const { viewer, device } = pair();
	await negotiate(viewer, device);
	await advance(100);
	const [transceiver] = device.getTransceivers();
	const before = [...RtpSender.open];
	expect(before).toHaveLength(1);
	transceiver!.direction = "inactive";
	await negotiate(device, viewer);
	expect(transceiver!.sender.activity).toBeUndefined();
	expect([...RtpSender.open]).toEqual(before);
	transceiver!.direction = "sendonly";
	await negotiate(device, viewer);
	expect(transceiver!.sender.activity).toBeDefined();
	expect([...RtpSender.open]).toEqual(before);
	device.close();
	expect(RtpSender.open.size).toBe(0);
});

test("a transceiver that stops sends nothing at once, and its section ends with the next negotiation", async () => {
	const { viewer, device } = pair();
	await negotiate(viewer, device);
	await advance(100);
	const [transceiver] = device.getTransceivers();
	transceiver!.stop();
	expect(transceiver!.direction).toBe("stopped");
	expect(transceiver!.currentDirection).toBe("sendonly");
	expect(RtpSender.open.size).toBe(0);
	expect(() => (transceiver!.direction = "sendonly")).toThrow(expect.objectContaining({ name: "InvalidStateError" }));
	await negotiate(device, viewer);
	expect(device.localDescription!.sdp).toContain("m=video 0 ");
	expect(transceiver!.currentDirection).toBe("stopped");
	expect(device.getTransceivers()).toEqual([]);
	expect(viewer.getTransceivers()).toEqual([]);
});

test("parameters tell of the codec, and an encoding can be switched off and on", async () => {
	const { viewer, device } = pair();
	await negotiate(viewer, device);
	await advance(100);
	const [sender] = device.getSenders();
	const parameters = sender!.getParameters();
	expect(parameters).toMatchObject({
		encodings: [{ active: true }],
		codecs: [{ mimeType: "video/H264", payloadType: 96, clockRate: 90000 }],
		headerExtensions: [1, 2, 3, 4, 5].map((id) => ({ id })),
		rtcp: { reducedSize: true },
	});
	parameters.encodings[0]!.active = false;
	await sender!.setParameters(parameters);
	expect(sender!.activity).toBeUndefined();
	await expect(sender!.setParameters(parameters)).rejects.toMatchObject({ name: "InvalidStateError" });
	const again = sender!.getParameters();
	expect(again.transactionId).not.toBe(parameters.transactionId);
	await expect(sender!.setParameters({ ...again, codecs: [] })).rejects.toMatchObject({
		name: "InvalidModificationError",
	});
	again.encodings[0]!.active = true;
	await sender!.setParameters(again);
	expect(RtpSender.open.size).toBe(1);
});

test("codec preferences decide which codecs are offered, and in which order", async () => {
	const pc = make();
	const transceiver = pc.addTransceiver("audio");
	const { codecs } = RTCRtpSender.getCapabilities("audio")!;
	expect(codecs.map(({ mimeType }) => mimeType)).toEqual(["audio/opus", "audio/PCMU", "audio/PCMA"]);
	transceiver.setCodecPreferences([codecs[2]!, codecs[0]!]);
	expect((await pc.createOffer()).sdp).toContain("m=audio 9 UDP/TLS/RTP/SAVPF 8 111\r\n");
	transceiver.setCodecPreferences([]);
	expect((await pc.createOffer()).sdp).toContain("SAVPF 111 0 8\r\n");
	const unknown = { mimeType: "audio/G722", clockRate: 8000 };
	expect(() => transceiver.setCodecPreferences([unknown])).toThrow(
		expect.objectContaining({ name: "InvalidModificationError" }),
	);
});

test("ontrack tells of what the remote sends, once, before setRemoteDescription resolves", async () => {
	const sending = make();
	const receiving = make();
	const heard: RTCTrackEvent[] = [];
	receiving.ontrack = (event) => heard.push(event);
	sending.addTrack(camera(), { id: "porch" });
	await sending.setLocalDescription();
	await receiving.setRemoteDescription(sending.localDescription!);
	expect(heard).toHaveLength(1);
	expect(heard[0]).toMatchObject({ type: "track", streams: [{ id: "porch" }], target: receiving });
	expect(heard[0]!.track).toMatchObject({ kind: "video", readyState: "live" });
	expect(heard[0]!.transceiver).toBe(receiving.getTransceivers()[0]);
	expect(heard[0]!.receiver).toBe(receiving.getReceivers()[0]);
	await receiving.setLocalDescription();
	await sending.setRemoteDescription(receiving.localDescription!);
	expect(directions(receiving)).toEqual(["recvonly"]);
	await negotiate(sending, receiving);
	expect(heard).toHaveLength(1);
	sending.getTransceivers()[0]!.direction = "inactive";
	await negotiate(sending, receiving);
	sending.getTransceivers()[0]!.direction = "sendonly";
	await negotiate(sending, receiving);
	expect(heard).toHaveLength(2);
});

test("a sender has what was negotiated: payload type, clock, CNAME, mid and packetization mode", async () => {
	const { viewer, device } = pair();
	device.addTransceiver(microphone());
	viewer.addTransceiver("audio", { direction: "recvonly" });
	await negotiate(viewer, device);
	const { sdp } = device.localDescription!;
	const [video, audio] = [...RtpSender.open].map(({ options }) => options);
	const cname = /cname:(\S+)/.exec(sdp)![1];
	expect(video).toMatchObject({ codec: "H264", payloadType: 96, packetizationMode: 1, cname });
	expect(video).toMatchObject({ midId: 1, mid: "0" });
	expect(audio).toMatchObject({ codec: "opus", payloadType: 111, cname, mid: "1" });
	expect(audio!.packetizationMode).toBe(0);
	for (const { ssrc } of [video!, audio!]) expect(sdp).toContain(`a=ssrc:${ssrc} cname:${cname}`);
	expect(sinks()).toEqual(["H264 1", "opus 1"]);
	for (const { ssrc } of [video!, audio!]) expect(ssrc).toBeGreaterThan(0);
	expect(video!.ssrc).not.toBe(audio!.ssrc);
});

test("what another negotiation leaves as it is goes on without a break", async () => {
	const { viewer, device } = pair();
	await negotiate(viewer, device);
	await advance(100);
	const [before] = RtpSender.open;
	await negotiate(viewer, device);
	await negotiate(device, viewer);
	expect(RtpSender.open.size).toBe(1);
	expect([...RtpSender.open][0]).toBe(before);
});

test.each([
	["another payload type", /\b111\b/g, "120", { codec: "opus", payloadType: 120 }],
	["another codec", /(m=audio \d+ \S+) 111 0/g, "$1 0", { codec: "PCMU", payloadType: 0 }],
])("with %s the sender goes on: its packets are of one sequence", async (_, pattern, text, expected) => {
	const device = make();
	const viewer = make();
	device.addTransceiver(microphone());
	viewer.addTransceiver("audio", { direction: "recvonly" });
	await negotiate(viewer, device);
	const [before] = RtpSender.open;
	const { ssrc } = before!.options;
	const offer = await viewer.createOffer();
	await device.setRemoteDescription({ type: "offer", sdp: offer.sdp!.replace(pattern, text) });
	await device.setLocalDescription();
	expect([...RtpSender.open]).toEqual([before]);
	expect(before!.options).toMatchObject({ ...expected, ssrc });
	expect(sinks()).toEqual([`${expected.codec} 1`]);
});
