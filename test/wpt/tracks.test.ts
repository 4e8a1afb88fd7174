// SPDX-License-Identifier: Apache-2.0
// After RTCPeerConnection-ontrack, -setRemoteDescription-tracks, -remove-tracks, -nomsid, -setDescription-transceiver and
// RTCTrackEvent-fire.
import type RTCPeerConnection from "webrtc/peer";
import { begin, camera, end, make, microphone, negotiate, offerOf } from "./helpers";

beforeEach(begin);
afterEach(end);

type TrackEvent = Parameters<NonNullable<RTCPeerConnection["ontrack"]>>[0];

function tracksOf(pc: RTCPeerConnection): TrackEvent[] {
	const events: TrackEvent[] = [];
	pc.ontrack = (event) => events.push(event);
	return events;
}

test("a remote offer that sends brings a track, its receiver and its transceiver", async () => {
	const [one, other] = [make(), make()];
	one.addTrack(microphone());
	await one.setLocalDescription();
	const events = tracksOf(other);
	await other.setRemoteDescription(one.localDescription!);
	expect(events).toHaveLength(1);
	const { track, receiver, transceiver, type } = events[0]!;
	expect(type).toBe("track");
	expect([track.kind, receiver.track]).toEqual(["audio", track]);
	expect(other.getTransceivers()).toEqual([transceiver]);
	expect(transceiver.receiver).toBe(receiver);
});

test("has the streams that the sender named", async () => {
	const [one, other] = [make(), make()];
	one.addTrack(microphone(), { id: "porch" });
	one.addTrack(camera(), { id: "porch" });
	await one.setLocalDescription();
	const events = tracksOf(other);
	await other.setRemoteDescription(one.localDescription!);
	expect(events.map(({ streams }) => streams.map(({ id }) => id))).toEqual([["porch"], ["porch"]]);
});

test("is not told of what does not send", async () => {
	const other = make();
	const events = tracksOf(other);
	await other.setRemoteDescription(await offerOf(make(), "audio", "video"));
	expect(events).toEqual([]);
	expect(other.getTransceivers()).toHaveLength(2);
});

test("is told before setRemoteDescription has resolved, and once", async () => {
	const [one, other] = [make(), make()];
	one.addTrack(microphone());
	await one.setLocalDescription();
	const order: string[] = [];
	other.ontrack = () => order.push("track");
	await other.setRemoteDescription(one.localDescription!).then(() => order.push("resolved"));
	await other.setLocalDescription();
	await one.setRemoteDescription(other.localDescription!);
	await negotiate(one, other);
	expect(order).toEqual(["track", "resolved"]);
});

test("is told again when the remote sends again", async () => {
	const [one, other] = [make(), make()];
	const transceiver = one.addTransceiver(microphone(), { direction: "sendonly" });
	other.addTransceiver("audio", { direction: "recvonly" });
	const events = tracksOf(other);
	await negotiate(one, other);
	transceiver.direction = "inactive";
	await negotiate(one, other);
	expect(events).toHaveLength(1);
	transceiver.direction = "sendonly";
	await negotiate(one, other);
	expect(events).toHaveLength(2);
	expect(events[1]!.track).toBe(events[0]!.track);
});

test("an answer brings tracks, too", async () => {
	const [one, other] = [make(), make()];
	one.addTransceiver("audio", { direction: "recvonly" });
	other.addTransceiver(microphone());
	const events = tracksOf(one);
	await negotiate(one, other);
	expect(events.map(({ transceiver }) => transceiver)).toEqual(one.getTransceivers());
});

test("a description without msid has no streams", async () => {
	const [one, other] = [make(), make()];
	one.addTrack(microphone(), { id: "porch" });
	const { sdp } = await one.createOffer();
	const events = tracksOf(other);
	await other.setRemoteDescription({ type: "offer", sdp: sdp!.replace(/^a=(msid|ssrc):.*\r\n/gm, "") });
	expect(events).toHaveLength(1);
	expect(events[0]!.streams.map(({ id }) => id).filter((id) => id === "porch")).toEqual([]);
});

test("a description takes what transceivers there are, in order, and makes what is missing", async () => {
	const [one, other] = [make(), make()];
	const audio = other.addTrack(microphone());
	one.addTransceiver("audio", { direction: "recvonly" });
	one.addTransceiver("video", { direction: "recvonly" });
	await one.setLocalDescription();
	await other.setRemoteDescription(one.localDescription!);
	const [first, second, ...others] = other.getTransceivers();
	expect(others).toEqual([]);
	expect(first!.sender).toBe(audio);
	expect([first!.mid, second!.mid]).toEqual(one.getTransceivers().map(({ mid }) => mid));
	expect(second!.sender.track).toBeNull();
});

test("a transceiver that the remote's offer made only receives", async () => {
	const [one, other] = [make(), make()];
	one.addTrack(microphone());
	await one.setLocalDescription();
	await other.setRemoteDescription(one.localDescription!);
	expect(other.getTransceivers()[0]!.direction).toBe("recvonly");
	await other.setLocalDescription();
	await one.setRemoteDescription(other.localDescription!);
	expect(one.getTransceivers()[0]!.currentDirection).toBe("sendonly");
	expect(other.getTransceivers()[0]!.currentDirection).toBe("recvonly");
});
