// SPDX-License-Identifier: Apache-2.0
// After RTCPeerConnection-addTransceiver, -getTransceivers, -addTrack, -removeTrack, RTCRtpSender-replaceTrack,
// RTCRtpTransceiver-direction, -stop, -stopping and RTCPeerConnection-transceivers.
import {
	begin,
	camera,
	direction,
	end,
	kinds,
	make,
	microphone,
	negotiate,
	rejection,
	sections,
	settle,
	thrown,
} from "./helpers";

beforeEach(begin);
afterEach(end);

describe("addTransceiver", () => {
	test.each(["", "invalid", "application", null, undefined, 3])("takes no kind %p", (kind) => {
		expect(thrown(() => make().addTransceiver(kind as "audio"))).toBe("TypeError");
	});

	test.each(["audio", "video"] as const)("makes one of %s with nothing negotiated", (kind) => {
		const pc = make();
		const transceiver = pc.addTransceiver(kind);
		expect(transceiver.mid).toBeNull();
		expect(transceiver.currentDirection).toBeNull();
		expect(transceiver.sender.track).toBeNull();
		expect(transceiver.receiver.track.kind).toBe(kind);
		expect(pc.getTransceivers()).toEqual([transceiver]);
		expect(pc.getSenders()).toEqual([transceiver.sender]);
		expect(pc.getReceivers()).toEqual([transceiver.receiver]);
	});

	test("sends the track that it is given", () => {
		const pc = make();
		const track = camera();
		const transceiver = pc.addTransceiver(track);
		expect(transceiver.sender.track).toBe(track);
		expect(transceiver.receiver.track.kind).toBe("video");
	});

	test("makes another each time, of the same track, too", () => {
		const pc = make();
		const track = camera();
		const [one, two] = [pc.addTransceiver(track), pc.addTransceiver(track)];
		expect(one).not.toBe(two);
		expect(pc.getTransceivers()).toEqual([one, two]);
	});

	test.each(["sendrecv", "sendonly", "recvonly", "inactive"] as const)("takes the direction %s", (wanted) => {
		expect(make().addTransceiver("video", { direction: wanted }).direction).toBe(wanted);
	});

	test.each(["", "invalid", null, "stopped"])("takes no direction %p", (wanted) => {
		expect(thrown(() => make().addTransceiver("video", { direction: wanted as "inactive" }))).toBe("TypeError");
	});

	test("is for open connections", () => {
		const pc = make();
		pc.close();
		expect(thrown(() => pc.addTransceiver("audio"))).toBe("InvalidStateError");
	});
});

describe("addTrack", () => {
	test("makes a transceiver that sends and receives", () => {
		const pc = make();
		const track = microphone();
		const sender = pc.addTrack(track);
		const [transceiver, ...others] = pc.getTransceivers();
		expect(others).toEqual([]);
		expect(transceiver).toMatchObject({ sender, direction: "sendrecv", currentDirection: null, mid: null });
		expect(sender.track).toBe(track);
	});

	test("takes a track once", () => {
		const pc = make();
		const track = microphone();
		pc.addTrack(track);
		expect(thrown(() => pc.addTrack(track))).toBe("InvalidAccessError");
	});

	test("takes the sender of a transceiver that has never sent, and asks it to send", () => {
		const pc = make();
		const transceiver = pc.addTransceiver("audio", { direction: "recvonly" });
		const track = microphone();
		expect(pc.addTrack(track)).toBe(transceiver.sender);
		expect(transceiver.direction).toBe("sendrecv");
		expect(transceiver.sender.track).toBe(track);
		expect(pc.getTransceivers()).toHaveLength(1);
	});

	test("leaves the sender of another kind alone", () => {
		const pc = make();
		const transceiver = pc.addTransceiver("audio", { direction: "recvonly" });
		expect(pc.addTrack(camera())).not.toBe(transceiver.sender);
		expect(pc.getTransceivers()).toHaveLength(2);
	});

	test("leaves a sender that has sent alone", async () => {
		const [one, other] = [make(), make()];
		const first = one.addTrack(microphone());
		other.addTransceiver("audio", { direction: "recvonly" });
		await negotiate(one, other);
		one.removeTrack(first);
		expect(one.addTrack(microphone())).not.toBe(first);
	});

	test("is for open connections", () => {
		const pc = make();
		pc.close();
		expect(thrown(() => pc.addTrack(camera()))).toBe("InvalidStateError");
	});
});

describe("removeTrack", () => {
	test("takes the track from the sender, and the transceiver stops sending", () => {
		const pc = make();
		const sender = pc.addTrack(microphone());
		pc.removeTrack(sender);
		expect(sender.track).toBeNull();
		expect(pc.getTransceivers()[0]!.direction).toBe("recvonly");
	});

	test("leaves one that only sent inactive", () => {
		const pc = make();
		const { sender } = pc.addTransceiver(camera(), { direction: "sendonly" });
		pc.removeTrack(sender);
		expect(pc.getTransceivers()[0]!.direction).toBe("inactive");
	});

	test("is heard by the peer with the next negotiation", async () => {
		const [one, other] = [make(), make()];
		const sender = one.addTrack(microphone());
		other.addTransceiver("audio", { direction: "recvonly" });
		await negotiate(one, other);
		expect(one.getTransceivers()[0]!.currentDirection).toBe("sendonly");
		one.removeTrack(sender);
		expect(one.getTransceivers()[0]!.currentDirection).toBe("sendonly");
		await negotiate(one, other);
		expect(one.getTransceivers()[0]!.currentDirection).not.toMatch(/send/);
	});

	test("twice is as once", () => {
		const pc = make();
		const sender = pc.addTrack(microphone());
		pc.removeTrack(sender);
		expect(thrown(() => pc.removeTrack(sender))).toBe("nothing");
	});

	test("takes no sender of another connection", () => {
		const [one, other] = [make(), make()];
		const sender = one.addTrack(microphone());
		expect(thrown(() => other.removeTrack(sender))).toBe("InvalidAccessError");
	});

	test("is for open connections", () => {
		const pc = make();
		const sender = pc.addTrack(microphone());
		pc.close();
		expect(thrown(() => pc.removeTrack(sender))).toBe("InvalidStateError");
	});
});

describe("replaceTrack", () => {
	test("changes the track without a negotiation, before one and after", async () => {
		const [one, other] = [make(), make()];
		const { sender } = one.addTransceiver("audio", { direction: "sendonly" });
		const [first, second] = [microphone(), microphone()];
		await sender.replaceTrack(first);
		expect(sender.track).toBe(first);
		other.addTransceiver("audio", { direction: "recvonly" });
		await negotiate(one, other);
		const needed = jest.fn();
		one.onnegotiationneeded = needed;
		await sender.replaceTrack(second);
		await settle();
		expect(sender.track).toBe(second);
		await sender.replaceTrack(null);
		expect(sender.track).toBeNull();
		expect(needed).not.toHaveBeenCalled();
	});

	test("takes no track of another kind", async () => {
		const { sender } = make().addTransceiver("audio");
		expect(await rejection(sender.replaceTrack(camera()))).toBe("TypeError");
	});

	test("is not for what has stopped or closed", async () => {
		const pc = make();
		const transceiver = pc.addTransceiver("audio");
		transceiver.stop();
		expect(await rejection(transceiver.sender.replaceTrack(microphone()))).toBe("InvalidStateError");
		const { sender } = pc.addTransceiver("audio");
		pc.close();
		expect(await rejection(sender.replaceTrack(null))).toBe("InvalidStateError");
	});
});

describe("a transceiver's direction", () => {
	test("is what is wanted; what is in force changes with a negotiation", async () => {
		const [one, other] = [make(), make()];
		const transceiver = one.addTransceiver(microphone(), { direction: "sendonly" });
		other.addTransceiver("audio", { direction: "recvonly" });
		await negotiate(one, other);
		transceiver.direction = "inactive";
		expect(transceiver.currentDirection).toBe("sendonly");
		await negotiate(one, other);
		expect(transceiver.currentDirection).toBe("inactive");
	});

	test.each(["", "stopped", "sideways"])("is not %p", (value) => {
		const transceiver = make().addTransceiver("audio");
		expect(thrown(() => (transceiver.direction = value as "inactive"))).toBe("TypeError");
	});

	test("is written to the offer", async () => {
		const pc = make();
		const all = ["sendrecv", "sendonly", "recvonly", "inactive"] as const;
		for (const wanted of all) pc.addTransceiver("audio", { direction: wanted });
		expect(sections((await pc.createOffer()).sdp).map(direction)).toEqual([...all]);
	});
});

describe("stop", () => {
	test("before a negotiation leaves no section", async () => {
		const pc = make();
		pc.addTransceiver("audio").stop();
		pc.addTransceiver("video");
		expect(kinds((await pc.createOffer()).sdp)).toEqual(["video"]);
	});

	test("is in force, and the section gone, with the next negotiation; both sides have one less then", async () => {
		const [one, other] = [make(), make()];
		const transceiver = one.addTransceiver(microphone(), { direction: "sendonly" });
		other.addTransceiver("audio", { direction: "recvonly" });
		await negotiate(one, other);
		transceiver.stop();
		expect(transceiver.currentDirection).toBe("sendonly");
		expect(one.getTransceivers()).toEqual([transceiver]);
		const stopped = other.getTransceivers()[0]!;
		await negotiate(one, other);
		expect([transceiver.currentDirection, stopped.currentDirection]).toEqual(["stopped", "stopped"]);
		expect([transceiver.direction, transceiver.mid]).toEqual(["stopped", null]);
		expect([...one.getTransceivers(), ...other.getTransceivers()]).toEqual([]);
		expect(one.localDescription!.sdp).toMatch(/^m=audio 0 /m);
	});

	test("twice is as once; a new one may take the place of the section", async () => {
		const [one, other] = [make(), make()];
		const transceiver = one.addTransceiver("audio", { direction: "recvonly" });
		other.addTransceiver(microphone());
		await negotiate(one, other);
		transceiver.stop();
		transceiver.stop();
		await negotiate(one, other);
		transceiver.stop();
		one.addTransceiver("audio", { direction: "recvonly" });
		const { sdp } = await one.createOffer();
		expect(kinds(sdp)).toEqual(["audio"]);
		expect(sdp).toMatch(/^m=audio 9 /m);
	});

	test("ends what can be wanted of it", () => {
		const transceiver = make().addTransceiver("audio");
		transceiver.stop();
		expect(thrown(() => (transceiver.direction = "inactive"))).toBe("InvalidStateError");
	});

	test("is for open connections", () => {
		const pc = make();
		const transceiver = pc.addTransceiver("audio");
		pc.close();
		expect(thrown(() => transceiver.stop())).toBe("InvalidStateError");
	});
});
