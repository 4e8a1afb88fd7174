// SPDX-License-Identifier: Apache-2.0
// After RTCPeerConnection-addIceCandidate, -addIceCandidate-connectionSetup, -addIceCandidate-timing,
// -canTrickleIceCandidates, -iceGatheringState and RTCIceCandidate-constructor.
import type RTCPeerConnection from "webrtc/peer";
import { advance, begin, end, exchangeCandidates, make, microphone, offerOf, rejection, settle } from "./helpers";

beforeEach(begin);
afterEach(end);

const candidate = "candidate:1905690388 1 udp 2113937151 192.0.2.1 58041 typ host generation 0 ufrag thC8";

async function withOffer(): Promise<RTCPeerConnection> {
	const pc = make();
	pc.addTransceiver(microphone());
	const offer = await offerOf(make(), "audio");
	await pc.setRemoteDescription(offer);
	return pc;
}

describe("addIceCandidate", () => {
	test("needs a remote description", async () => {
		expect(await rejection(make().addIceCandidate({ candidate, sdpMid: "0" }))).toBe("InvalidStateError");
	});

	test("takes a candidate with its section's mid or place", async () => {
		const pc = await withOffer();
		await pc.addIceCandidate({ candidate, sdpMid: "0" });
		await pc.addIceCandidate({ candidate, sdpMLineIndex: 0 });
		await pc.addIceCandidate({ candidate, sdpMid: "0", sdpMLineIndex: 0 });
	});

	test("takes the end of candidates in each of its forms", async () => {
		const pc = await withOffer();
		await pc.addIceCandidate({ candidate: "", sdpMid: "0" });
		await pc.addIceCandidate({ candidate: "" });
		await pc.addIceCandidate(null);
		await pc.addIceCandidate();
	});

	test("takes no malformed candidate", async () => {
		const pc = await withOffer();
		expect(await rejection(pc.addIceCandidate({ candidate: "(invalid)", sdpMid: "0" }))).toBe("OperationError");
	});

	test("takes no candidate of other credentials than those that are known", async () => {
		const pc = await withOffer();
		const init = { candidate, sdpMid: "0", usernameFragment: "invalid" };
		expect(await rejection(pc.addIceCandidate(init))).toMatch(/OperationError|nothing/);
		expect((await pc.getStats()).size).toBeGreaterThan(0);
	});

	test("on a closed connection is an error", async () => {
		const pc = await withOffer();
		pc.close();
		expect(await rejection(pc.addIceCandidate({ candidate, sdpMid: "0" }))).toBe("InvalidStateError");
	});

	test("connects two that trickle", async () => {
		const [one, other] = [make(), make()];
		one.addTransceiver("audio", { direction: "recvonly" });
		other.addTransceiver(microphone());
		exchangeCandidates(one, other);
		const bare = ({ sdp }: { sdp: string }) => sdp.replace(/^a=(candidate|end-of-candidates).*\r\n/gm, "");
		await one.setLocalDescription();
		await other.setRemoteDescription({ type: "offer", sdp: bare(one.localDescription!) });
		await other.setLocalDescription();
		await one.setRemoteDescription({ type: "answer", sdp: bare(other.localDescription!) });
		await advance(2000);
		expect([one.connectionState, other.connectionState]).toEqual(["connected", "connected"]);
	});
});

describe("canTrickleIceCandidates", () => {
	test("is what the remote description says", async () => {
		const offer = await offerOf(make(), "audio");
		const said = make();
		said.addTransceiver(microphone());
		await said.setRemoteDescription(offer);
		expect(said.canTrickleIceCandidates).toBe(true);
		const unsaid = make();
		unsaid.addTransceiver(microphone());
		await unsaid.setRemoteDescription({ ...offer, sdp: offer.sdp.replace(/^a=ice-options:.*\r\n/gm, "") });
		expect(unsaid.canTrickleIceCandidates).toBe(false);
	});
});

describe("gathering", () => {
	test("begins with setLocalDescription, not before", async () => {
		const pc = make();
		pc.addTransceiver("audio");
		await pc.createOffer();
		await settle();
		expect(pc.iceGatheringState).toBe("new");
	});

	test("goes from new to gathering to complete; candidates come between, null at the end", async () => {
		const pc = make();
		const heard: unknown[] = [];
		pc.onicegatheringstatechange = () => heard.push(pc.iceGatheringState);
		pc.onicecandidate = ({ candidate }) => heard.push(candidate && "candidate");
		pc.addTransceiver("audio");
		await pc.setLocalDescription();
		await advance(100);
		expect(heard[0]).toBe("gathering");
		expect(heard.filter((entry) => entry === "candidate").length).toBeGreaterThan(0);
		expect(heard.slice(-2)).toEqual(expect.arrayContaining(["complete", null]));
		expect(pc.localDescription!.sdp).toContain("a=candidate:");
	});

	test("tells of candidates after the promise has resolved", async () => {
		const pc = make();
		const order: string[] = [];
		pc.onicecandidate = () => order.push("candidate");
		pc.addTransceiver("audio");
		await pc.setLocalDescription().then(() => order.push("resolved"));
		await advance(100);
		expect(order.indexOf("resolved")).toBe(0);
	});

	test("names section and credentials of each", async () => {
		const pc = make();
		const all: { sdpMid?: string | null; sdpMLineIndex?: number | null; usernameFragment?: string | null }[] = [];
		pc.onicecandidate = ({ candidate }) => candidate && all.push(candidate);
		pc.addTransceiver("audio");
		await pc.setLocalDescription();
		await advance(100);
		const ufrag = /^a=ice-ufrag:(.*)\r$/m.exec(pc.localDescription!.sdp)![1];
		for (const init of all) expect(init).toMatchObject({ sdpMid: "0", sdpMLineIndex: 0, usernameFragment: ufrag });
	});
});
