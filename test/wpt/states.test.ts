// SPDX-License-Identifier: Apache-2.0
// After RTCPeerConnection-connectionState, -iceConnectionState, -close, -operations, -restartIce and EventTarget's own.
import type RTCPeerConnection from "webrtc/peer";
import { advance, begin, end, listen, make, microphone, negotiate, rejection, settle, thrown } from "./helpers";

beforeEach(begin);
afterEach(end);

async function connected(): Promise<[RTCPeerConnection, RTCPeerConnection]> {
	const [one, other] = [make(), make()];
	one.addTransceiver("audio", { direction: "recvonly" });
	other.addTransceiver(microphone());
	await negotiate(one, other);
	await advance(2000);
	return [one, other];
}

const ufrag = (pc: RTCPeerConnection) => /^a=ice-ufrag:(.*)\r$/m.exec(pc.localDescription!.sdp)![1];

describe("states", () => {
	test("of the connection go over connecting to connected", async () => {
		const [one, other] = [make(), make()];
		const states: string[] = [];
		one.onconnectionstatechange = () => states.push(one.connectionState);
		one.addTransceiver("audio", { direction: "recvonly" });
		other.addTransceiver(microphone());
		await negotiate(one, other);
		await advance(2000);
		expect(states).toEqual(["connecting", "connected"]);
	});

	test("of ICE go over checking to connected or completed", async () => {
		const [one, other] = [make(), make()];
		const states: string[] = [];
		one.oniceconnectionstatechange = () => states.push(one.iceConnectionState);
		one.addTransceiver("audio", { direction: "recvonly" });
		other.addTransceiver(microphone());
		await negotiate(one, other);
		await advance(2000);
		expect(states[0]).toBe("checking");
		expect(["connected", "completed"]).toContain(states[states.length - 1]);
	});

	test("stay new for an offer alone", async () => {
		const pc = make();
		pc.addTransceiver("audio");
		await pc.setLocalDescription();
		await advance(1000);
		expect([pc.connectionState, pc.iceConnectionState]).toEqual(["new", "new"]);
	});
});

describe("close", () => {
	test("sets all states, and tells nobody here", async () => {
		const [pc] = await connected();
		const heard = listen(pc, "connectionstatechange", "iceconnectionstatechange", "signalingstatechange");
		pc.close();
		pc.close();
		await settle();
		expect([pc.signalingState, pc.connectionState, pc.iceConnectionState]).toEqual(["closed", "closed", "closed"]);
		expect(heard).toEqual([]);
	});

	test("leaves the transceivers stopped", async () => {
		const [pc] = await connected();
		const [transceiver] = pc.getTransceivers();
		pc.close();
		expect(transceiver!.currentDirection).toBe("stopped");
	});

	test("lets promises that wait rest or fail, and none succeed later", async () => {
		const pc = make();
		pc.addTransceiver("audio");
		const resolved = jest.fn();
		void pc.createOffer().then(resolved, () => {});
		pc.close();
		await settle();
		expect(pc.localDescription).toBeNull();
		expect(await rejection(pc.createOffer())).toBe("InvalidStateError");
	});
});

describe("operations", () => {
	test("are done in the order in which they were asked for", async () => {
		const pc = make();
		pc.addTransceiver("audio");
		const done: string[] = [];
		await Promise.all([
			pc.createOffer().then(() => done.push("createOffer")),
			pc.setLocalDescription().then(() => done.push("setLocalDescription")),
			pc.createOffer().then(() => done.push("createOffer again")),
			pc.setLocalDescription({ type: "rollback" }).then(() => done.push("rollback")),
		]);
		expect(done).toEqual(["createOffer", "setLocalDescription", "createOffer again", "rollback"]);
		expect(pc.signalingState).toBe("stable");
	});

	test("go on after one that failed", async () => {
		const pc = make();
		pc.addTransceiver("audio");
		const failing = pc.setRemoteDescription({ type: "answer", sdp: "" });
		const following = pc.setLocalDescription();
		expect(await rejection(failing)).toBe("InvalidStateError");
		await following;
		expect(pc.signalingState).toBe("have-local-offer");
	});
});

describe("restartIce", () => {
	test("gives the next offer other credentials; before it nothing changes", async () => {
		const [one, other] = await connected();
		const before = [ufrag(one), ufrag(other)];
		one.restartIce();
		expect(ufrag(one)).toBe(before[0]);
		await negotiate(one, other);
		expect(ufrag(one)).not.toBe(before[0]);
		expect(ufrag(other)).not.toBe(before[1]);
		await advance(2000);
		expect([one.connectionState, other.connectionState]).toEqual(["connected", "connected"]);
	});

	test("is done once: the offer after it keeps its credentials", async () => {
		const [one, other] = await connected();
		one.restartIce();
		await negotiate(one, other);
		const after = ufrag(one);
		await negotiate(one, other);
		expect(ufrag(one)).toBe(after);
	});

	test("is still wanted after a rollback", async () => {
		const [one, other] = await connected();
		const before = ufrag(one);
		one.restartIce();
		await one.setLocalDescription();
		await one.setLocalDescription({ type: "rollback" });
		expect(ufrag(one)).toBe(before);
		await negotiate(one, other);
		expect(ufrag(one)).not.toBe(before);
	});

	test("survives a negotiation that the other side began", async () => {
		const [one, other] = await connected();
		const before = ufrag(one);
		one.restartIce();
		await negotiate(other, one);
		expect(ufrag(one)).toBe(before);
		await negotiate(one, other);
		expect(ufrag(one)).not.toBe(before);
	});

	test("before anything was negotiated has no effect, closed neither", async () => {
		const pc = make();
		expect(thrown(() => pc.restartIce())).toBe("nothing");
		pc.close();
		expect(thrown(() => pc.restartIce())).toMatch(/nothing|InvalidStateError/);
	});
});

describe("events", () => {
	test("have a target, come once to those that asked for one, and to objects that handle them", async () => {
		const pc = make();
		const once = jest.fn();
		const handler = { handleEvent: jest.fn() };
		pc.addEventListener("signalingstatechange", once, { once: true });
		pc.addEventListener("signalingstatechange", handler);
		pc.addTransceiver("audio");
		await pc.setLocalDescription();
		await pc.setLocalDescription({ type: "rollback" });
		expect(once).toHaveBeenCalledTimes(1);
		expect(once.mock.calls[0]![0]).toMatchObject({ type: "signalingstatechange", target: pc });
		expect(handler.handleEvent).toHaveBeenCalledTimes(2);
		pc.removeEventListener("signalingstatechange", handler);
		await pc.setLocalDescription();
		expect(handler.handleEvent).toHaveBeenCalledTimes(2);
	});
});
