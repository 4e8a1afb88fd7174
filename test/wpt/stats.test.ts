// SPDX-License-Identifier: Apache-2.0
// After RTCPeerConnection-getStats, -mandatory-getStats and RTCStats' common fields (W3C webrtc-stats).
import { advance, begin, end, make, microphone, negotiate } from "./helpers";

beforeEach(begin);
afterEach(end);

test("are a map of objects with id, timestamp and type", async () => {
	const pc = make();
	for (const [id, stats] of await pc.getStats()) {
		expect(stats.id).toBe(id);
		expect(typeof stats.timestamp).toBe("number");
		expect(stats.type).toMatch(/./);
	}
});

test("of a connection that sends have its stream, codec, transport, pair and candidates, which name each other", async () => {
	const [one, other] = [make(), make()];
	one.addTransceiver(microphone(), { direction: "sendonly" });
	other.addTransceiver("audio", { direction: "recvonly" });
	await negotiate(one, other);
	await advance(2000);
	const report = await one.getStats();
	const all = [...report.values()] as unknown as Record<string, unknown>[];
	const of = (type: string) => all.filter((stats) => stats.type === type);
	const [outbound] = of("outbound-rtp");
	expect(outbound).toMatchObject({ kind: "audio", packetsSent: expect.any(Number), bytesSent: expect.any(Number) });
	const named = (name: string, holder = outbound!) =>
		report.get(holder[name] as string) as unknown as Record<string, unknown>;
	expect(named("codecId")).toMatchObject({ type: "codec", mimeType: "audio/opus", clockRate: 48000 });
	const transport = named("transportId");
	expect(transport).toMatchObject({ type: "transport", dtlsState: "connected" });
	const pair = named("selectedCandidatePairId", transport);
	expect(pair).toMatchObject({ type: "candidate-pair", state: "succeeded", nominated: true });
	expect(named("localCandidateId", pair)).toMatchObject({ type: "local-candidate" });
	expect(named("remoteCandidateId", pair)).toMatchObject({ type: "remote-candidate" });
});
