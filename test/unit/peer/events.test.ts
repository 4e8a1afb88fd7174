// SPDX-License-Identifier: Apache-2.0
// Events: listeners and handlers, negotiationneeded, and their order (DOM, W3C webrtc sections 4.4 and 4.7).
import Negotiation from "webrtc/peer/negotiation";
import { advance } from "../fakes/moddable/clock";
import { begin, camera, end, make, negotiate, pair } from "./helpers";

beforeEach(begin);
afterEach(end);

test("a listener with once hears once, a handler object is called as a method, null is ignored", async () => {
	const pc = make();
	const heard: unknown[] = [];
	const handler = {
		handleEvent(event: { type: string; target?: unknown }) {
			heard.push([this === handler, event.type, event.target === pc]);
		},
	};
	pc.addEventListener("signalingstatechange", handler);
	pc.addEventListener("signalingstatechange", handler); // is there already
	pc.addEventListener("signalingstatechange", () => heard.push("once"), { once: true });
	pc.addEventListener("signalingstatechange", null);
	pc.addTransceiver(camera());
	await pc.setLocalDescription();
	await pc.setLocalDescription({ type: "rollback" });
	const call = [true, "signalingstatechange", true];
	expect(heard).toEqual([call, "once", call]);
	pc.removeEventListener("signalingstatechange", handler);
	await pc.setLocalDescription();
	expect(heard).toHaveLength(3);
	expect(() => pc.addEventListener("track", 7 as never)).toThrow(TypeError);
});

test("a listener that another removes does not hear of the event any more", async () => {
	const pc = make();
	const heard: string[] = [];
	const second = () => heard.push("second");
	pc.addEventListener("signalingstatechange", () => pc.removeEventListener("signalingstatechange", second));
	pc.addEventListener("signalingstatechange", second);
	pc.addTransceiver(camera());
	await pc.setLocalDescription();
	expect(heard).toEqual([]);
});

test("candidates and gathering states come after the promise, the end of candidates last", async () => {
	const pc = make();
	pc.addTransceiver(camera());
	const heard: string[] = [];
	pc.onicegatheringstatechange = () => heard.push(pc.iceGatheringState);
	pc.onicecandidate = ({ candidate }) => heard.push(candidate ? `${candidate.sdpMid} candidate` : "end");
	await pc.setLocalDescription();
	heard.push("resolved");
	expect(pc.localDescription!.sdp).toContain("a=candidate:");
	await advance(0);
	expect(heard).toEqual(["resolved", "gathering", "0 candidate", "complete", "end"]);
});

test("a fault of ours in a task ends that connection, if it is not closed, and no other", async () => {
	const [first, second, third] = [make(), make(), make()];
	const needed = jest.spyOn(Negotiation.prototype, "isNeeded");
	needed.mockImplementationOnce(() => {
		throw new TypeError("a fault");
	});
	needed.mockImplementationOnce(() => {
		second.close();
		throw new TypeError("a fault");
	});
	let changes = 0;
	for (const pc of [first, second, third]) {
		pc.onconnectionstatechange = () => changes++;
		pc.addTransceiver("audio");
	}
	await advance(0);
	expect([first, second, third].map(({ connectionState }) => connectionState)).toEqual(["failed", "closed", "new"]);
	expect(first.error!.message).toContain("a fault");
	expect(second.error).toBeUndefined();
	expect(changes).toBe(1);
});

test("negotiationneeded comes once, as a task of its own, and again when something else is wanted", async () => {
	const { viewer, device } = pair();
	let needed = 0;
	viewer.onnegotiationneeded = () => needed++;
	viewer.addTransceiver("audio");
	expect(needed).toBe(0);
	await advance(0);
	expect(needed).toBe(1);
	viewer.addTransceiver("audio");
	await advance(0);
	expect(needed).toBe(1); // nothing was negotiated since
	await negotiate(viewer, device);
	await advance(0);
	expect(needed).toBe(1);
	viewer.getTransceivers()[0]!.direction = "inactive";
	await advance(0);
	expect(needed).toBe(2);
	await negotiate(viewer, device);
	viewer.restartIce();
	await advance(0);
	expect(needed).toBe(3);
	await negotiate(viewer, device);
	viewer.getTransceivers()[1]!.stop();
	await advance(0);
	expect(needed).toBe(4);
});

test("an answer that gives less than a transceiver wants makes no new offer necessary", async () => {
	const { viewer, device } = pair();
	let needed = 0;
	viewer.getTransceivers()[0]!.direction = "sendrecv";
	await negotiate(viewer, device);
	await advance(0);
	viewer.onnegotiationneeded = device.onnegotiationneeded = () => needed++;
	await advance(10);
	expect(viewer.getTransceivers()[0]!.currentDirection).toBe("recvonly");
	expect(needed).toBe(0);
});

test("what is wanted during a negotiation is told of when it is over", async () => {
	const { viewer, device } = pair();
	await advance(0);
	let needed = 0;
	viewer.onnegotiationneeded = () => needed++;
	await viewer.setLocalDescription();
	viewer.addTransceiver("audio");
	await advance(0);
	expect(needed).toBe(0);
	await device.setRemoteDescription(viewer.localDescription!);
	await device.setLocalDescription();
	await viewer.setRemoteDescription(device.localDescription!);
	await advance(0);
	expect(needed).toBe(1);
});

test("operations are done one after the other, in the order of the calls", async () => {
	const { viewer, device } = pair();
	const order: string[] = [];
	const offer = viewer.createOffer().then((description) => {
		order.push("offer");
		return description;
	});
	const local = viewer.setLocalDescription().then(() => order.push("local"));
	await Promise.all([offer, local]);
	expect(order).toEqual(["offer", "local"]);
	expect(viewer.localDescription!.sdp.replace("a=end-of-candidates\r\n", "")).toBe((await offer).sdp);
	device.close();
	await expect(device.createOffer()).rejects.toMatchObject({ name: "InvalidStateError", code: "peer/closed" });
});

test("two peers that offer at once settle it, the polite one gives way", async () => {
	const polite = make();
	const impolite = make();
	polite.addTransceiver("video", { direction: "recvonly" });
	impolite.addTransceiver(camera(), { direction: "sendonly" });
	await Promise.all([polite.setLocalDescription(), impolite.setLocalDescription()]);
	const offer = impolite.localDescription!;
	await polite.setRemoteDescription(offer); // its own offer is taken back
	expect(polite.signalingState).toBe("have-remote-offer");
	await polite.setLocalDescription();
	await impolite.setRemoteDescription(polite.localDescription!);
	await advance(100);
	expect([polite.connectionState, impolite.connectionState]).toEqual(["connected", "connected"]);
	expect(polite.getTransceivers()[0]!.currentDirection).toBe("recvonly");
	const role = async (pc: typeof polite) => (await pc.getStats()).get("T0")!.iceRole;
	expect([await role(polite), await role(impolite)]).toEqual(["controlled", "controlling"]);
});
