// SPDX-License-Identifier: Apache-2.0
// A remote whose transport begins anew, as browsers' do when the section that spoke for the bundle ends: other ports, the
// same credentials, a new DTLS association (RFC 8842 section 4).
import Certificate from "webrtc/native/dtls/certificate";
import Network from "webrtc/peer/network";
import PeerTransport from "webrtc/peer/transport";
import type { RemoteTransport } from "webrtc/sdp";
import { advance } from "../fakes/moddable/clock";
import Dtls from "../fakes/native/dtls";
import { begin, camera, closers, end, make, microphone, negotiate } from "./helpers";

beforeEach(begin);
afterEach(end);

let certificate: Certificate; // of the remote

function open(own = new Certificate()): PeerTransport {
	const network = new Network();
	const transport = new PeerTransport(
		{ onTransportState: () => {}, onGathered: () => {}, onPairChange: () => {}, onPathFound: () => {} },
		network,
		own,
		{
			hidesHost: false,
		},
	);
	closers.push(transport, network, own);
	return transport;
}

function described({ local }: PeerTransport): RemoteTransport {
	const { fingerprint, candidates } = local;
	return { ...local, candidates, iceLite: false, fingerprints: [fingerprint], endOfCandidates: false, trickle: true };
}

function join(one: PeerTransport, other: PeerTransport, role: "client" | "server"): void {
	one.setRemote(described(other), true);
	one.startDtls(role, [other.local.fingerprint], true);
}

/** A device and its remote, which are connected; the remote knows how to begin anew. */
async function session(deviceControls: boolean) {
	certificate = new Certificate();
	const [device, remote] = [open(), open(certificate)];
	device.agent.setControlling(deviceControls);
	remote.agent.setControlling(!deviceControls);
	join(device, remote, "client");
	join(remote, device, "server");
	await advance(1000);
	expect([device.dtlsState, remote.dtlsState]).toEqual(["connected", "connected"]);
	const beginAnew = () => {
		const { agent } = remote;
		const anew = open(certificate);
		anew.agent.restart(0, { ufrag: agent.localUfrag, password: agent.localPassword });
		anew.agent.setControlling(!deviceControls);
		(anew as unknown as { listen(): void }).listen();
		return anew;
	};
	return { device, remote, beginAnew };
}

describe.each([
	["controls", true],
	["is controlled", false],
])("a device that %s", (_, controls) => {
	test("follows it, with a new association and new keys", async () => {
		const { device, remote, beginAnew } = await session(controls);
		await advance(5000);
		const former = [...Dtls.open];
		const anew = beginAnew();
		device.move();
		join(device, anew, "client");
		remote.close();
		join(anew, device, "server");
		await advance(50);
		expect(device.dtlsState).not.toBe("closed");
		await advance(5000);
		expect([device.dtlsState, anew.dtlsState]).toEqual(["connected", "connected"]);
		expect([device.iceState, anew.iceState]).not.toContain("disconnected");
		expect((device.srtp as unknown as { resets: number }).resets).toBe(1);
		expect(former.filter((one) => Dtls.open.has(one))).toEqual([]);
		anew.close();
		await advance(50);
		expect(device.dtlsState).toBe("closed"); // it is over now
	});

	test("follows it, too, when the former transport still answers for a while", async () => {
		const { device, remote, beginAnew } = await session(controls);
		await advance(5000);
		device.move();
		join(device, remote, "client");
		await advance(500);
		remote.close();
		const anew = beginAnew();
		join(anew, device, "server");
		await advance(5000);
		expect([device.dtlsState, anew.dtlsState]).toEqual(["connected", "connected"]);
	});

	test("keeps the association of one that stays", async () => {
		const { device, remote } = await session(controls);
		const former = [...Dtls.open];
		device.move();
		join(device, remote, "client");
		await advance(60_000);
		expect([device.dtlsState, device.iceState.replace("completed", "connected")]).toEqual([
			"connected",
			"connected",
		]);
		expect([...Dtls.open]).toEqual(former);
		remote.close();
		await advance(50);
		expect(device.dtlsState).toBe("closed");
	});

	test("takes the candidates of the offer that said so for its new checks, too", async () => {
		const { device, beginAnew } = await session(controls);
		const anew = beginAnew();
		device.expectMove();
		device.setRemote(described(anew), false);
		device.move();
		device.setRemote(described(anew), true);
		const ports = device.agent.remoteCandidates.map(({ port }) => port);
		expect(ports).toContain(anew.agent.localCandidates[0]!.port);
		anew.close();
	});

	test("keeps the association of one that goes on by another pair of the same transport", async () => {
		const { device, remote } = await session(controls);
		const former = [...Dtls.open];
		const pair = device.agent.selectedPair!;
		device.addRemoteCandidate("candidate:9 1 udp 1 192.0.2.99 4000 typ host");
		const other = device.agent.remoteCandidates.find(({ port }) => port === 4000)!;
		device.move();
		join(device, remote, "client");
		await advance(50);
		const event = { type: "selected", pair: { ...pair, remote: { ...pair.remote, ...other } } } as const;
		jest.spyOn(device.agent, "pollEvent").mockReturnValueOnce(event);
		device.pump();
		await advance(1000);
		expect([...Dtls.open]).toEqual(former);
		expect(device.dtlsState).toBe("connected");
	});

	test("takes one that closes and does not come back for closed", async () => {
		const { device, remote } = await session(controls);
		device.move();
		join(device, remote, "client");
		remote.close();
		await advance(1000);
		expect(device.dtlsState).toBe("connecting");
		await advance(15_000);
		expect(device.dtlsState).toBe("closed");
	});
});

test.each([
	["video, which spoke for the bundle", 0, "connecting"],
	["audio, which did not", 1, "closed"],
])("a device that stops its %s hears of the former association's end before the answer", async (_, place, state) => {
	const [device, viewer] = [make(), make()];
	for (const track of [camera(), microphone()]) device.addTransceiver(track, { direction: "sendonly" });
	await negotiate(device, viewer);
	await advance(1000);
	expect(device.connectionState).toBe("connected");
	const [, theirs] = [...Dtls.open].sort((a, b) => (a.options.role < b.options.role ? -1 : 1)).reverse();
	device.getTransceivers()[place]!.stop();
	await device.setLocalDescription();
	theirs!.close();
	await advance(50);
	expect(device.connectionState).toBe(state);
});

test("new credentials that come without a description bring their candidates", async () => {
	const { device } = await session(true);
	const candidates = ["candidate:9 1 udp 1 192.0.2.99 4000 typ host"];
	expect(device.restartRemote({ iceUfrag: "anew", icePwd: "x".repeat(22), candidates })).toBe(true);
	expect(device.agent.remoteCandidates.map(({ port }) => port)).toEqual([4000]);
});

test("two meet, too, when the section that speaks for the bundle ends before there is a path", async () => {
	const [ours, theirs] = [make(), make()];
	ours.addTrack(microphone());
	await negotiate(ours, theirs); // so it is this side that controls
	ours.getTransceivers()[0]!.stop();
	theirs.addTransceiver(microphone());
	await theirs.setLocalDescription();
	await advance(2); // a check has come of whom that offer knows, and has no use any more
	await ours.setRemoteDescription(theirs.localDescription!);
	await ours.setLocalDescription();
	await theirs.setRemoteDescription(ours.localDescription!);
	expect(ours.localDescription!.sdp).toMatch("BUNDLE 1\r\n");
	await advance(3000);
	expect([ours.connectionState, theirs.connectionState]).toEqual(["connected", "connected"]);
});
