// SPDX-License-Identifier: Apache-2.0
// After RTCPeerConnection-createOffer, -createAnswer, -setLocalDescription, -setLocalDescription-offer, -answer, -pranswer,
// -parameterless, -setRemoteDescription, -offer, -answer, -pranswer and -set-description.
import type RTCPeerConnection from "webrtc/peer";
import {
	begin,
	direction,
	end,
	kinds,
	listen,
	make,
	microphone,
	negotiate,
	offerOf,
	rejection,
	sections,
	settle,
} from "./helpers";

beforeEach(begin);
afterEach(end);

const malformed = Object.freeze(["Invalid SDP", "v=0\r\nnonsense", "{}", "v=1\r\n"]);

/** One that has an offer of another, which can be answered. */
async function offered(): Promise<{ one: RTCPeerConnection; other: RTCPeerConnection }> {
	const [one, other] = [make(), make()];
	one.addTransceiver("audio", { direction: "recvonly" });
	other.addTransceiver(microphone());
	await one.setLocalDescription();
	await other.setRemoteDescription(one.localDescription!);
	return { one, other };
}

describe("createOffer", () => {
	test("resolves to an offer, and changes nothing", async () => {
		const pc = make();
		const heard = listen(pc, "signalingstatechange", "icegatheringstatechange", "icecandidate");
		const transceiver = pc.addTransceiver("audio");
		const offer = await pc.createOffer();
		expect(offer.type).toBe("offer");
		expect(kinds(offer.sdp)).toEqual(["audio"]);
		expect([pc.signalingState, pc.localDescription, transceiver.mid]).toEqual(["stable", null, null]);
		await settle();
		expect(heard).toEqual([]);
		expect(await pc.createOffer()).toEqual(offer);
	});

	test("is for open connections, and for one that has no remote offer", async () => {
		const { other } = await offered();
		expect(await rejection(other.createOffer())).toBe("InvalidStateError");
		other.close();
		expect(await rejection(other.createOffer())).toBe("InvalidStateError");
	});

	test("lists what there is", async () => {
		const pc = make();
		pc.addTransceiver("video");
		pc.addTransceiver("audio");
		pc.addTransceiver("audio");
		expect(kinds((await pc.createOffer()).sdp)).toEqual(["video", "audio", "audio"]);
	});

	test("of nothing is an offer without sections", async () => {
		expect(kinds((await make().createOffer()).sdp)).toEqual([]);
	});
});

describe("createAnswer", () => {
	test("needs an offer", async () => {
		const pc = make();
		expect(await rejection(pc.createAnswer())).toBe("InvalidStateError");
		pc.close();
		expect(await rejection(pc.createAnswer())).toBe("InvalidStateError");
	});

	test("has as many sections as the offer", async () => {
		const { one, other } = await offered();
		const answer = await other.createAnswer();
		expect(answer.type).toBe("answer");
		expect(kinds(answer.sdp)).toEqual(kinds(one.localDescription!.sdp));
		expect(other.signalingState).toBe("have-remote-offer");
	});

	test("is not for one that has been answered", async () => {
		const { other } = await offered();
		await other.setLocalDescription();
		expect(await rejection(other.createAnswer())).toBe("InvalidStateError");
	});
});

describe("setLocalDescription", () => {
	test("of an offer makes it pending", async () => {
		const pc = make();
		const heard = listen(pc, "signalingstatechange");
		pc.addTransceiver("audio");
		const offer = await pc.createOffer();
		await pc.setLocalDescription(offer);
		expect([pc.signalingState, pc.currentLocalDescription]).toEqual(["have-local-offer", null]);
		expect(pc.pendingLocalDescription).toEqual(pc.localDescription);
		expect(heard).toEqual(["signalingstatechange"]);
	});

	test("takes only what createOffer or createAnswer made last", async () => {
		const [one, other] = [make(), make()];
		one.addTransceiver("audio");
		const stale = await one.createOffer();
		one.addTransceiver("video");
		await one.createOffer();
		expect(await rejection(one.setLocalDescription(stale))).toBe("InvalidModificationError");
		other.addTransceiver("audio");
		expect(await rejection(one.setLocalDescription(await other.createOffer()))).toBe("InvalidModificationError");
		const changed = { type: "offer" as const, sdp: `${(await one.createOffer()).sdp}a=x\r\n` };
		expect(await rejection(one.setLocalDescription(changed))).toBe("InvalidModificationError");
		expect(one.signalingState).toBe("stable");
	});

	test("twice with the same offer is as once", async () => {
		const pc = make();
		pc.addTransceiver("audio");
		const offer = await pc.createOffer();
		await pc.setLocalDescription(offer);
		await pc.setLocalDescription(offer);
		expect(pc.signalingState).toBe("have-local-offer");
	});

	test("of an answer puts both in force", async () => {
		const { other } = await offered();
		await other.setLocalDescription(await other.createAnswer());
		expect(other.signalingState).toBe("stable");
		expect(other.currentLocalDescription!.type).toBe("answer");
		expect(other.currentRemoteDescription!.type).toBe("offer");
		expect([other.pendingLocalDescription, other.pendingRemoteDescription]).toEqual([null, null]);
	});

	test("of an answer needs an offer", async () => {
		const pc = make();
		expect(await rejection(pc.setLocalDescription({ type: "answer", sdp: "" }))).toBe("InvalidStateError");
		expect(await rejection(pc.setLocalDescription({ type: "pranswer", sdp: "" }))).toBe("InvalidStateError");
	});

	test("of a provisional answer leaves the offer pending; the last word follows", async () => {
		const { other } = await offered();
		const heard = listen(other, "signalingstatechange");
		const { sdp } = await other.createAnswer();
		await other.setLocalDescription({ type: "pranswer", sdp: sdp! });
		expect(other.signalingState).toBe("have-local-pranswer");
		expect(other.pendingLocalDescription!.type).toBe("pranswer");
		expect(other.currentLocalDescription).toBeNull();
		await other.setLocalDescription({ type: "pranswer", sdp: sdp! });
		await other.setLocalDescription({ type: "answer", sdp: sdp! });
		expect(other.signalingState).toBe("stable");
		expect(other.currentLocalDescription!.type).toBe("answer");
		expect(heard).toHaveLength(2);
	});

	test("without a description makes the one that is due", async () => {
		const { one, other } = await offered();
		expect(one.localDescription!.type).toBe("offer");
		await other.setLocalDescription();
		expect(other.localDescription!.type).toBe("answer");
		await one.setRemoteDescription(other.localDescription!);
		await one.setLocalDescription({ type: "offer" });
		expect(one.signalingState).toBe("have-local-offer");
	});

	test("is for open connections", async () => {
		const pc = make();
		pc.close();
		expect(await rejection(pc.setLocalDescription())).toBe("InvalidStateError");
	});
});

describe("setRemoteDescription", () => {
	test.each([undefined, null, "", "unknown", "sdp"])("takes no type %p", async (type) => {
		expect(await rejection(make().setRemoteDescription({ type: type as "offer", sdp: "" }))).toBe("TypeError");
	});

	test.each(malformed)("takes no malformed text, %j", async (sdp) => {
		const pc = make();
		expect(await rejection(pc.setRemoteDescription({ type: "offer", sdp }))).toBe("OperationError");
		expect([pc.signalingState, pc.remoteDescription]).toEqual(["stable", null]);
	});

	test("of an offer makes it pending, as it came", async () => {
		const [one, other] = [make(), make()];
		const heard = listen(other, "signalingstatechange");
		other.addTransceiver(microphone());
		const offer = await offerOf(one, "audio");
		await other.setRemoteDescription(offer);
		expect(other.signalingState).toBe("have-remote-offer");
		expect([other.pendingRemoteDescription, other.remoteDescription]).toEqual([offer, offer]);
		expect(other.currentRemoteDescription).toBeNull();
		expect(heard).toHaveLength(1);
	});

	test("of another offer takes the place of the first", async () => {
		const { other } = await offered();
		const again = await offerOf(make(), "audio", "video");
		await other.setRemoteDescription(again);
		expect(other.pendingRemoteDescription).toEqual(again);
	});

	test("of an answer needs an offer of ours", async () => {
		const { one, other } = await offered();
		await other.setLocalDescription();
		const answer = other.localDescription!;
		await one.setRemoteDescription(answer);
		expect(one.signalingState).toBe("stable");
		expect(one.currentRemoteDescription).toEqual(answer);
		expect(one.currentLocalDescription!.type).toBe("offer");
		expect(await rejection(one.setRemoteDescription(answer))).toBe("InvalidStateError");
		expect(await rejection(make().setRemoteDescription(answer))).toBe("InvalidStateError");
		expect(await rejection(make().setRemoteDescription({ ...answer, type: "pranswer" }))).toBe("InvalidStateError");
	});

	test("of a provisional answer leaves our offer pending", async () => {
		const { one, other } = await offered();
		const { sdp } = await other.createAnswer();
		await one.setRemoteDescription({ type: "pranswer", sdp: sdp! });
		expect(one.signalingState).toBe("have-remote-pranswer");
		expect(one.pendingRemoteDescription!.type).toBe("pranswer");
		expect(one.currentRemoteDescription).toBeNull();
		await one.setRemoteDescription({ type: "answer", sdp: sdp! });
		expect(one.signalingState).toBe("stable");
	});

	test("of an answer that is none to our offer leaves all as it was", async () => {
		const { one } = await offered();
		const strange = await offered();
		strange.one.close();
		await strange.other.setLocalDescription();
		const sdp = `${strange.other.localDescription!.sdp}m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:7\r\n`;
		expect(await rejection(one.setRemoteDescription({ type: "answer", sdp }))).toMatch(
			/OperationError|InvalidAccessError/,
		);
		expect(one.signalingState).toBe("have-local-offer");
	});

	test("is for open connections", async () => {
		const [one, other] = [make(), make()];
		const offer = await offerOf(one, "audio");
		other.close();
		expect(await rejection(other.setRemoteDescription(offer))).toBe("InvalidStateError");
	});
});

test("roles may change from one negotiation to the next", async () => {
	const [one, other] = [make(), make()];
	one.addTransceiver(microphone(), { direction: "sendrecv" });
	other.addTransceiver(microphone(), { direction: "sendrecv" });
	await negotiate(one, other);
	await negotiate(other, one);
	await negotiate(one, other);
	expect([one.signalingState, other.signalingState]).toEqual(["stable", "stable"]);
	expect(one.getTransceivers()[0]!.currentDirection).toBe("sendrecv");
	expect(sections(one.localDescription!.sdp).map(direction)).toEqual(["sendrecv"]);
});
