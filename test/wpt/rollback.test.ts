// SPDX-License-Identifier: Apache-2.0
// After RTCPeerConnection-setLocalDescription-rollback, -setRemoteDescription-rollback, -rollback-receptive and
// -explicit-rollback-iceGatheringState.
import { begin, end, listen, make, microphone, negotiate, offerOf, rejection } from "./helpers";

beforeEach(begin);
afterEach(end);

const rollback = Object.freeze({ type: "rollback" as const });

test("takes a local offer back", async () => {
	const pc = make();
	const transceiver = pc.addTransceiver("audio");
	await pc.setLocalDescription();
	expect(transceiver.mid).toBe("0");
	const heard = listen(pc, "signalingstatechange");
	await pc.setLocalDescription(rollback);
	expect([pc.signalingState, pc.localDescription, pc.pendingLocalDescription]).toEqual(["stable", null, null]);
	expect(transceiver.mid).toBeNull();
	expect(pc.getTransceivers()).toEqual([transceiver]);
	expect(heard).toHaveLength(1);
});

test("takes a remote offer back, and the transceivers that it made", async () => {
	const pc = make();
	await pc.setRemoteDescription(await offerOf(make(), "audio", "video"));
	const made = pc.getTransceivers();
	expect(made).toHaveLength(2);
	await pc.setRemoteDescription(rollback);
	expect([pc.signalingState, pc.remoteDescription]).toEqual(["stable", null]);
	expect(pc.getTransceivers()).toEqual([]);
	for (const { mid, currentDirection } of made) expect([mid, currentDirection]).toEqual([null, "stopped"]);
});

test("keeps a transceiver that was made by the offer, and has got a track since", async () => {
	const pc = make();
	await pc.setRemoteDescription(await offerOf(make(), "audio"));
	const track = microphone();
	const sender = pc.addTrack(track);
	expect(pc.getTransceivers()).toHaveLength(1);
	await pc.setRemoteDescription(rollback);
	expect(pc.getTransceivers().map((transceiver) => transceiver.sender)).toEqual([sender]);
	expect(sender.track).toBe(track);
	expect(pc.getTransceivers()[0]!.mid).toBeNull();
});

test("goes back to what was agreed before", async () => {
	const [one, other] = [make(), make()];
	one.addTransceiver(microphone(), { direction: "sendonly" });
	other.addTransceiver("audio", { direction: "recvonly" });
	await negotiate(one, other);
	const [local, remote] = [one.localDescription, one.remoteDescription];
	one.addTransceiver("video");
	await one.setLocalDescription();
	expect(one.localDescription).not.toEqual(local);
	await one.setLocalDescription(rollback);
	expect([one.localDescription, one.remoteDescription]).toEqual([local, remote]);
	expect(one.getTransceivers().map(({ mid }) => mid)).toEqual(["0", null]);
	expect(one.getTransceivers()[0]!.currentDirection).toBe("sendonly");
});

test("by the wrong side, or of nothing, is an error", async () => {
	const pc = make();
	expect(await rejection(pc.setLocalDescription(rollback))).toBe("InvalidStateError");
	expect(await rejection(pc.setRemoteDescription(rollback))).toBe("InvalidStateError");
	pc.addTransceiver("audio");
	await pc.setLocalDescription();
	expect(await rejection(pc.setRemoteDescription(rollback))).toMatch(/InvalidStateError|nothing/);
	pc.close();
	expect(await rejection(pc.setLocalDescription(rollback))).toBe("InvalidStateError");
});

test("needs no text, and minds none", async () => {
	const pc = make();
	pc.addTransceiver("audio");
	await pc.setLocalDescription();
	await pc.setLocalDescription({ type: "rollback", sdp: "!<%& nonsense" });
	expect(pc.signalingState).toBe("stable");
});

test("is done by itself when a remote offer meets ours", async () => {
	const [one, other] = [make(), make()];
	one.addTransceiver(microphone(), { direction: "sendonly" });
	other.addTransceiver("audio", { direction: "recvonly" });
	await Promise.all([one.setLocalDescription(), other.setLocalDescription()]);
	const heard: string[] = [];
	one.onsignalingstatechange = () => heard.push(one.signalingState);
	await one.setRemoteDescription(other.localDescription!);
	expect(one.signalingState).toBe("have-remote-offer");
	expect(one.pendingLocalDescription).toBeNull();
	expect(heard[heard.length - 1]).toBe("have-remote-offer");
	await one.setLocalDescription();
	await other.setRemoteDescription(one.localDescription!);
	expect([one.signalingState, other.signalingState]).toEqual(["stable", "stable"]);
	expect(one.getTransceivers()[0]!.currentDirection).toBe("sendonly");
});

test("does not take our offer when the remote's is bad", async () => {
	const pc = make();
	pc.addTransceiver("audio");
	await pc.setLocalDescription();
	expect(await rejection(pc.setRemoteDescription({ type: "offer", sdp: "bad" }))).not.toBe("nothing");
	expect(pc.signalingState).toBe("have-local-offer");
	expect(pc.pendingLocalDescription).not.toBeNull();
});
