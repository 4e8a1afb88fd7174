// SPDX-License-Identifier: Apache-2.0
// After RTCPeerConnection-onnegotiationneeded, -restartIce-onnegotiationneeded and -addTrack-removeTrack's events.
import type RTCPeerConnection from "webrtc/peer";
import { begin, camera, end, make, microphone, negotiate, settle } from "./helpers";

beforeEach(begin);
afterEach(end);

/** How often it was asked since the last time. */
function asked(pc: RTCPeerConnection): () => Promise<number> {
	let count = 0;
	pc.onnegotiationneeded = () => count++;
	return async () => {
		await settle();
		const since = count;
		count = 0;
		return since;
	};
}

test("is not told of a connection with nothing in it", async () => {
	expect(await asked(make())()).toBe(0);
});

test("is told once of what is added at once, and not before the program has gone on", async () => {
	const pc = make();
	const count = asked(pc);
	const spy = jest.fn();
	pc.addEventListener("negotiationneeded", spy);
	pc.addTransceiver("audio");
	pc.addTransceiver("video");
	pc.addTrack(microphone());
	expect(spy).not.toHaveBeenCalled();
	expect(await count()).toBe(1);
});

test("is told again after a negotiation, of what came in between", async () => {
	const [one, other] = [make(), make()];
	const count = asked(one);
	one.addTransceiver(microphone(), { direction: "sendonly" });
	other.addTransceiver("audio", { direction: "recvonly" });
	other.addTransceiver("video", { direction: "recvonly" });
	expect(await count()).toBe(1);
	await one.setLocalDescription();
	one.addTransceiver(camera(), { direction: "sendonly" });
	expect(await count()).toBe(0); // not while one is under way
	await other.setRemoteDescription(one.localDescription!);
	await other.setLocalDescription();
	await one.setRemoteDescription(other.localDescription!);
	expect(await count()).toBe(1);
	await negotiate(one, other);
	expect(await count()).toBe(0);
});

test("is told of a direction that changes, of a track that is removed, of a transceiver that stops", async () => {
	const [one, other] = [make(), make()];
	const count = asked(one);
	const transceiver = one.addTransceiver(microphone(), { direction: "sendonly" });
	other.addTransceiver("audio", { direction: "recvonly" });
	await negotiate(one, other);
	await count();
	transceiver.direction = "inactive";
	expect(await count()).toBe(1);
	await negotiate(one, other);
	transceiver.direction = "sendonly";
	await negotiate(one, other);
	await count();
	one.removeTrack(transceiver.sender);
	expect(await count()).toBe(1);
	await negotiate(one, other);
	await count();
	transceiver.stop();
	expect(await count()).toBe(1);
	await negotiate(one, other);
	expect(await count()).toBe(0);
});

test("is told of restartIce, once", async () => {
	const [one, other] = [make(), make()];
	const count = asked(one);
	one.addTransceiver(microphone(), { direction: "sendonly" });
	other.addTransceiver("audio", { direction: "recvonly" });
	await negotiate(one, other);
	await count();
	one.restartIce();
	one.restartIce();
	expect(await count()).toBe(1);
	await negotiate(one, other);
	expect(await count()).toBe(0);
});

test("is not told of restartIce before anything was negotiated", async () => {
	const pc = make();
	const count = asked(pc);
	pc.restartIce();
	expect(await count()).toBe(0);
});

test("is told after a rollback of what is still wanted", async () => {
	const pc = make();
	const count = asked(pc);
	pc.addTransceiver("audio");
	await count();
	await pc.setLocalDescription();
	expect(await count()).toBe(0);
	await pc.setLocalDescription({ type: "rollback" });
	expect(await count()).toBe(1);
});

test("is not told to the side that was asked and agreed", async () => {
	const [one, other] = [make(), make()];
	one.addTransceiver("audio", { direction: "recvonly" });
	const count = asked(other);
	await other.setRemoteDescription(
		await one.createOffer().then(async (offer) => (await one.setLocalDescription(offer), offer)),
	);
	await other.setLocalDescription();
	expect(await count()).toBe(0);
});

test("is told to the answerer when it wants more than the offer lets it", async () => {
	const [one, other] = [make(), make()];
	one.addTransceiver("audio", { direction: "recvonly" });
	await one.setLocalDescription();
	await other.setRemoteDescription(one.localDescription!);
	const count = asked(other);
	other.addTransceiver(camera(), { direction: "sendonly" });
	expect(await count()).toBe(0);
	await other.setLocalDescription();
	expect(await count()).toBe(1);
});

test("is not told when all is closed", async () => {
	const pc = make();
	const count = asked(pc);
	pc.addTransceiver("audio");
	pc.close();
	expect(await count()).toBe(0);
});
