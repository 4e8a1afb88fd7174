// SPDX-License-Identifier: Apache-2.0
// Two peer connections over fake natives, in virtual time.
import { IceAgent } from "webrtc/ice";
import Network from "webrtc/peer/network";
import Certificate from "webrtc/native/dtls/certificate";
import { advance } from "../fakes/moddable/clock";
import { Encoder } from "../fakes/native/codec";
import Dtls from "../fakes/native/dtls";
import RtpSender from "../fakes/native/rtp";
import Transport, { setDelay, setSilence } from "../fakes/native/transport";
import { begin, camera, closers, end, make, negotiate } from "./helpers";

beforeEach(begin);
afterEach(end);

test("an offerer and an answerer connect, and the track is sent as negotiated", async () => {
	const viewer = make();
	const device = make();
	viewer.addTransceiver("video", { direction: "recvonly" });
	const transceiver = device.addTransceiver(camera(), { direction: "sendonly" });
	const states: string[] = [];
	device.onconnectionstatechange = () => states.push(device.connectionState);
	await negotiate(viewer, device);
	expect(device.signalingState).toBe("stable");
	expect(transceiver.mid).toBe("0");
	expect(transceiver.currentDirection).toBe("sendonly");
	await advance(100);
	expect(device.connectionState).toBe("connected");
	expect(viewer.connectionState).toBe("connected");
	expect(states).toEqual(["connecting", "connected"]);
	expect([...Encoder.open].map(({ options, sinks }) => [options.codec, sinks.size])).toEqual([["H264", 1]]);
});

test("the connection takes a few milliseconds of network time", async () => {
	const viewer = make();
	const device = make();
	viewer.addTransceiver("video", { direction: "recvonly" });
	device.addTransceiver(camera(), { direction: "sendonly" });
	await negotiate(viewer, device);
	await advance(5); // datagrams take 1 ms: two checks and their answers, then DTLS's two flights
	expect(device.connectionState).toBe("connected");
});

test("DTLS does not wait for the nomination where that takes its time", async () => {
	setDelay(50);
	const viewer = make();
	const device = make();
	viewer.addTransceiver("video", { direction: "recvonly" });
	device.addTransceiver(camera(), { direction: "sendonly" });
	await negotiate(viewer, device);
	await advance(211); // a check and its answer, 10 ms of patience, and DTLS's two flights; nominated at 150
	expect(device.connectionState).toBe("connected");
});

test.each([1, 25, 50])("DTLS knows the round trip of a path that takes %d ms each way", async (delay) => {
	setDelay(delay);
	const viewer = make();
	const device = make();
	viewer.addTransceiver("video", { direction: "recvonly" });
	device.addTransceiver(camera(), { direction: "sendonly" });
	await negotiate(viewer, device);
	await advance(2000);
	expect([...Dtls.open].map(({ roundTrip }) => roundTrip)).toEqual([2 * delay, 2 * delay]);
	expect([viewer.connectionState, device.connectionState]).toEqual(["connected", "connected"]);
});

test("one encoder serves two peers on one port, and ends with the last", async () => {
	const network = new Network();
	const certificate = new Certificate();
	closers.push({ close: () => (network.close(), certificate.close()) });
	const source = camera();
	const devices = [0, 1].map(() => make({ network, certificates: [certificate] }));
	for (const device of devices) {
		const viewer = make();
		viewer.addTransceiver("video", { direction: "recvonly" });
		device.addTransceiver(source, { direction: "sendonly" });
		await negotiate(viewer, device);
	}
	await advance(100);
	expect(devices.map(({ connectionState }) => connectionState)).toEqual(["connected", "connected"]);
	expect([...Encoder.open].map(({ sinks }) => sinks.size)).toEqual([2]);
	devices[0]!.close();
	expect([...Encoder.open].map(({ sinks }) => sinks.size)).toEqual([1]);
	devices[1]!.close();
	expect(Encoder.open.size).toBe(0);
});

test("an answer is made anew when a direction has changed since the offer came", async () => {
	const viewer = make();
	const device = make();
	viewer.addTransceiver("video", { direction: "recvonly" });
	const transceiver = device.addTransceiver(camera(), { direction: "sendonly" });
	await viewer.setLocalDescription();
	await device.setRemoteDescription(viewer.localDescription!);
	const first = await device.createAnswer();
	expect(await device.createAnswer()).toEqual(first);
	expect(first.sdp).toContain("a=sendonly");
	transceiver.direction = "inactive";
	await device.setLocalDescription();
	expect(device.localDescription!.sdp).toContain("a=inactive");
});

test("candidates may trickle both ways", async () => {
	const viewer = make();
	const device = make();
	viewer.addTransceiver("video", { direction: "recvonly" });
	device.addTransceiver(camera(), { direction: "sendonly" });
	const candidates: (string | undefined)[] = [];
	viewer.onicecandidate = ({ candidate }) => candidates.push(candidate?.candidate);
	await viewer.setLocalDescription();
	const bare = viewer.localDescription!.sdp.replace(/a=(candidate|end-of-candidates).*\r\n/g, "");
	await device.setRemoteDescription({ type: "offer", sdp: bare });
	await device.setLocalDescription();
	const answer = device.localDescription!.sdp.replace(/a=(candidate|end-of-candidates).*\r\n/g, "");
	await viewer.setRemoteDescription({ type: "answer", sdp: answer });
	await advance(1000);
	expect(device.connectionState).toBe("new"); // nothing to check yet
	expect(candidates).toHaveLength(2);
	expect(candidates.at(-1)).toBeUndefined();
	await device.addIceCandidate({ candidate: candidates[0]!, usernameFragment: "another" });
	await advance(1000);
	expect(device.connectionState).toBe("new");
	await device.addIceCandidate({ candidate: candidates[0]! });
	await advance(100);
	expect(device.connectionState).toBe("connected");
});

test("a wrong fingerprint ends the session with its own error", async () => {
	const viewer = make();
	const device = make();
	viewer.addTransceiver("video", { direction: "recvonly" });
	device.addTransceiver(camera(), { direction: "sendonly" });
	await viewer.setLocalDescription();
	const other = (byte: string) => (byte === "00" ? "01" : "00");
	const sdp = viewer.localDescription!.sdp.replace(
		/(a=fingerprint:sha-256 )(..)/g,
		(_, name: string, byte: string) => name + other(byte),
	);
	await device.setRemoteDescription({ type: "offer", sdp });
	await device.setLocalDescription();
	await viewer.setRemoteDescription(device.localDescription!);
	await advance(100);
	expect(device.connectionState).toBe("failed");
	expect(device.error?.code).toBe("dtls/fingerprint-mismatch");
});

test("a peer that vanishes: disconnected, then failed", async () => {
	const viewer = make();
	const device = make();
	viewer.addTransceiver("video", { direction: "recvonly" });
	device.addTransceiver(camera(), { direction: "sendonly" });
	await negotiate(viewer, device);
	await advance(100);
	setSilence(true);
	await advance(10_000);
	expect(device.connectionState).toBe("disconnected");
	await advance(30_000);
	expect(device.connectionState).toBe("failed");
	expect(device.error?.code).toBe("ice/consent-expired");
});

test("closing tells the peer, which closes as well and says so", async () => {
	const viewer = make();
	const device = make();
	viewer.addTransceiver("video", { direction: "recvonly" });
	device.addTransceiver(camera(), { direction: "sendonly" });
	await negotiate(viewer, device);
	await advance(100);
	const states: string[] = [];
	device.onconnectionstatechange = () => states.push(device.connectionState);
	viewer.close();
	await advance(100);
	expect(states).toEqual(["closed"]);
	expect(Encoder.open.size).toBe(0);
	expect(() => device.addTransceiver("audio")).toThrow("closed");
});

test("an offer that cannot be used leaves everything as it was", async () => {
	const device = make();
	device.addTransceiver(camera(), { direction: "sendonly" });
	await expect(device.setRemoteDescription({ type: "offer", sdp: "v=0\r\nnonsense" })).rejects.toMatchObject({
		code: "sdp/malformed",
	});
	const other = make();
	other.addTransceiver("video", { direction: "recvonly" });
	other.addTransceiver("audio", { direction: "recvonly" });
	await other.setLocalDescription();
	const { sdp } = other.localDescription!;
	const foreign = sdp
		.replace(/H264|VP8|H265/g, "VP9")
		.replace(/opus|PCM[UA]/g, "unknown")
		.replace(/^(m=audio \d+ \S+) .*$/m, "$1 96")
		.replace(/^a=(fmtp|rtcp-fb|rtpmap:[08] ).*\r\n/gm, "")
		.replace(/mid:0/g, "mid:v")
		.replace(/BUNDLE 0/, "BUNDLE v");
	await expect(device.setRemoteDescription({ type: "offer", sdp: foreign })).rejects.toMatchObject({
		code: "sdp/no-common-codec",
	});
	expect(device.signalingState).toBe("stable");
	expect(device.remoteDescription).toBeNull();
	expect(device.getTransceivers().map(({ mid }) => mid)).toEqual([null]);
	const viewer = make();
	viewer.addTransceiver("video", { direction: "recvonly" });
	await negotiate(viewer, device);
	await advance(100);
	expect(device.connectionState).toBe("connected");
	expect(device.getTransceivers().map(({ currentDirection }) => currentDirection)).toEqual(["sendonly"]);
});

test("an answer without an offer, and a candidate before a description, are states of error", async () => {
	const device = make();
	await expect(device.setRemoteDescription({ type: "answer", sdp: "v=0\r\n" })).rejects.toMatchObject({
		code: "peer/invalid-state",
	});
	await expect(device.createAnswer()).rejects.toMatchObject({ code: "peer/invalid-state" });
	await expect(device.addIceCandidate({ candidate: "" })).rejects.toMatchObject({ code: "peer/invalid-state" });
});

test("a second offer of the same peer stops and resumes the track", async () => {
	const viewer = make();
	const device = make();
	const wish = viewer.addTransceiver("video", { direction: "recvonly" });
	device.addTransceiver(camera(), { direction: "sendonly" });
	await negotiate(viewer, device);
	await advance(100);
	wish.direction = "inactive";
	await negotiate(viewer, device);
	expect(device.getTransceivers()[0]!.currentDirection).toBe("inactive");
	expect(Encoder.open.size).toBe(0);
	wish.direction = "recvonly";
	await negotiate(viewer, device);
	expect(Encoder.open.size).toBe(1);
	expect(device.connectionState).toBe("connected");
});

test("statistics have W3C's types and refer to each other", async () => {
	const viewer = make();
	const device = make();
	viewer.addTransceiver("video", { direction: "recvonly" });
	device.addTransceiver(camera(), { direction: "sendonly" });
	await negotiate(viewer, device);
	await advance(100);
	const [encoder] = [...Encoder.open];
	encoder!.counters = { targetBitrate: 2_000_000, width: 1280, height: 720, framerate: 30, encodeTime: 1.5 };
	const report = await device.getStats();
	const byType = (type: string) => [...report.values()].filter((stat) => stat.type === type);
	const [outbound] = byType("outbound-rtp");
	const [transport] = byType("transport");
	expect(outbound).toMatchObject({
		...{ kind: "video", mid: "0", ssrc: [...RtpSender.open][0]!.options.ssrc, transportId: transport!.id },
		...{ packetsSent: 1, bytesSent: 2, headerBytesSent: 12, framesSent: 3, keyFramesSent: 4, framesDropped: 5 },
		...{ pliCount: 6, firCount: 7, nackCount: 8, retransmittedPacketsSent: 16, retransmittedBytesSent: 17 },
		...{ targetBitrate: 2_000_000, frameWidth: 1280, frameHeight: 720, framesPerSecond: 30, totalEncodeTime: 1.5 },
		qualityLimitationReason: "bandwidth", // its way carries less than is made for others
	});
	const reason = async (counters: object) => {
		encoder!.counters = counters;
		const { qualityLimitationReason } = [...(await device.getStats()).values()].find(
			({ type }) => type === "outbound-rtp",
		)!;
		return qualityLimitationReason;
	};
	expect(await reason({})).toBe("none"); // a capture that does not tell
	expect(await reason({ targetBitrate: 900_000, framerate: 30 })).toBe("bandwidth"); // less than the capture's bitrate
	expect(await reason({ targetBitrate: 900_000, framerate: 15 })).toBe("bandwidth");
	expect(report.get(outbound!.codecId as string)).toMatchObject({
		...{ type: "codec", mimeType: "video/H264", clockRate: 90000, payloadType: 96, transportId: transport!.id },
	});
	expect(report.get(outbound!.remoteId as string)).toMatchObject({
		...{ type: "remote-inbound-rtp", localId: outbound!.id, ssrc: outbound!.ssrc, kind: "video" },
		...{ packetsLost: 10, fractionLost: 0.11, jitter: 0.012, roundTripTime: 0.013, totalRoundTripTime: 0.014 },
		roundTripTimeMeasurements: 15,
	});
	const pair = report.get(transport!.selectedCandidatePairId as string)!;
	expect(pair).toMatchObject({ type: "candidate-pair", state: "succeeded", nominated: true });
	expect(pair).toMatchObject({ availableOutgoingBitrate: 1_234_567, availableIncomingBitrate: 2_345_678 });
	expect(report.get(pair.localCandidateId as string)).toMatchObject({ type: "local-candidate" });
	expect(report.get(pair.remoteCandidateId as string)).toMatchObject({ type: "remote-candidate" });
	expect(transport).toMatchObject({
		...{ dtlsState: "connected", iceRole: "controlled", iceState: device.iceConnectionState },
		...{ tlsVersion: "FEFD", dtlsCipher: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" },
		iceLocalUsernameFragment: /a=ice-ufrag:(\S+)/.exec(device.localDescription!.sdp)![1],
	});
	expect(pair.requestsReceived).toBeGreaterThan(0);
	expect(pair.responsesReceived).toBeGreaterThan(0);
	for (const { timestamp } of report.values()) expect(timestamp).toBeGreaterThan(1_600_000_000_000);
});

test("what cannot be sent is counted, as lost", async () => {
	const network = new Network();
	const [viewer, device] = [make(), make({ network })];
	closers.push(network);
	viewer.addTransceiver("video", { direction: "recvonly" });
	device.addTransceiver(camera(), { direction: "sendonly" });
	const write = jest.spyOn(Transport.prototype, "write");
	write.mockImplementationOnce(() => {
		throw new RangeError("port: 1 to 65535");
	});
	await negotiate(viewer, device);
	await advance(1000);
	write.mockRestore();
	expect(device.connectionState).toBe("connected");
	expect(network.unsent).toBe(1);
});

test.each(["handleTimeout", "handleMessage"] as const)(
	"a fault in %s ends the peer that it concerns, and no other",
	async (method) => {
		const network = new Network();
		const peers = [make(), make({ network }), make(), make({ network })];
		closers.push(network);
		for (const at of [0, 2]) {
			const [from, to] = [peers[at]!, peers[at + 1]!];
			from.addTransceiver("video", { direction: "recvonly" });
			to.addTransceiver(camera(), { direction: "sendonly" });
			await negotiate(from, to);
		}
		await advance(100);
		const original = IceAgent.prototype[method] as (...parameters: never[]) => never;
		let faulty: IceAgent | undefined;
		const spy = jest.spyOn(IceAgent.prototype, method).mockImplementation(function (this: IceAgent, ...parameters) {
			faulty ??= this;
			if (this === faulty) throw new TypeError("a fault");
			return original.apply(this, parameters as unknown as never[]);
		});
		await advance(6500); // until consent is checked
		spy.mockRestore();
		const failed = peers.filter(({ connectionState }) => connectionState === "failed");
		expect(failed.map(({ error }) => error)).toMatchObject([{ code: "internal", message: "a fault" }]);
		expect(peers.filter(({ connectionState }) => connectionState === "connected").length).toBeGreaterThanOrEqual(2);
	},
);

test("a listener that throws does not keep the others from hearing", async () => {
	const device = make();
	const heard: string[] = [];
	device.onsignalingstatechange = () => {
		throw new Error("in the listener");
	};
	device.addEventListener("signalingstatechange", ({ type }) => heard.push(type));
	device.addTransceiver(camera());
	const output = jest.spyOn(process.stdout, "write").mockReturnValue(true);
	await device.setLocalDescription();
	expect(String(output.mock.calls[0]![0])).toContain("in the listener");
	output.mockRestore();
	expect(heard).toEqual(["signalingstatechange"]);
});

test("who waits for all candidates waits 2 s for servers that do not answer, and no longer", async () => {
	const pc = make({ iceServers: [{ urls: "turn:198.51.100.1", username: "user", credential: "secret" }] });
	pc.addTransceiver("video", { direction: "recvonly" });
	await pc.setLocalDescription();
	let done = false;
	void pc.gatheringComplete.then(() => (done = true));
	await advance(1900);
	expect([done, pc.iceGatheringState]).toEqual([false, "gathering"]);
	await advance(200);
	expect(done).toBe(true);
	expect(pc.localDescription!.sdp).toContain("typ host");
});
