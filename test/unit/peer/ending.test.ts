// SPDX-License-Identifier: Apache-2.0
// When candidates are said to have an end (RFC 8838 section 13, RFC 9429 section 5.2.1): not before all servers have said
// what they have to say, nor while servers may yet be named.
import type RTCPeerConnection from "webrtc/peer";
import { advance } from "../fakes/moddable/clock";
import { begin, camera, end, make, negotiate, pair } from "./helpers";

beforeEach(begin);
afterEach(end);

const silent = { urls: "turn:198.51.100.1", username: "user", credential: "secret" };
const unreachable = { ...silent, urls: "turns:198.51.100.1?transport=udp" }; // that is known at once
const hasEnd = ({ sdp }: { sdp: string }) => sdp.includes("a=end-of-candidates\r\n");

function ends(pc: RTCPeerConnection): { count: number } {
	const told = { count: 0 };
	pc.addEventListener("icecandidate", (event) => (told.count += Number(event.candidate === null)));
	return told;
}

test("an offer that is not in force yet has none", async () => {
	const pc = make();
	pc.addTransceiver("video", { direction: "recvonly" });
	expect(hasEnd(await pc.createOffer())).toBe(false);
	await pc.setLocalDescription();
	expect(hasEnd(pc.localDescription!)).toBe(true);
});

test.each(["offer", "answer"])("while a server is asked, the %s has none", async (type) => {
	const pc = make({ iceServers: [silent] });
	const other = make();
	const told = ends(pc);
	const [offerer, answerer] = type === "offer" ? [pc, other] : [other, pc];
	offerer.addTransceiver("video", { direction: "recvonly" });
	await offerer.setLocalDescription();
	await answerer.setRemoteDescription(offerer.localDescription!);
	await answerer.setLocalDescription();
	expect(hasEnd(pc.localDescription!)).toBe(false);
	await advance(9_000);
	expect([hasEnd(pc.localDescription!), told.count]).toEqual([false, 0]);
	await advance(1_100);
	expect([hasEnd(pc.localDescription!), told.count]).toEqual([true, 1]);
});

test("a restart begins anew, in an offer as by credentials alone", async () => {
	const { viewer, device } = pair();
	await negotiate(viewer, device);
	await advance(100);
	expect(hasEnd(viewer.localDescription!)).toBe(true);
	viewer.setConfiguration({ ...viewer.getConfiguration(), iceServers: [silent] });
	expect(hasEnd(await viewer.createOffer())).toBe(false); // the server is asked at once
	await advance(11_000);
	viewer.restartIce();
	expect(hasEnd(await viewer.createOffer())).toBe(false);
	await viewer.setLocalDescription();
	await device.setRemoteDescription(viewer.localDescription!);
	await device.setLocalDescription();
	await viewer.setRemoteDescription(device.localDescription!);
	await advance(100);
	const remote = { iceUfrag: "theirs", icePwd: "a-password-of-theirs-and-long" };
	device.setConfiguration({ ...device.getConfiguration(), iceServers: [silent] });
	expect(device.restartRemoteIce(remote)!.endOfCandidates).toBe(false);
	expect(hasEnd(device.localDescription!)).toBe(false);
	device.setConfiguration({ ...device.getConfiguration(), iceServers: [unreachable] });
});

test.each([
	["that are expected", { awaitsIceServers: true }],
	["to which relays are bound", { iceTransportPolicy: "relay" as const }],
])("servers %s are waited for, until they are named, or 10 s", async (_, configuration) => {
	for (const isNamed of [true, false]) {
		const pc = make(configuration);
		const told = ends(pc);
		pc.addTransceiver(camera(), { direction: "sendonly" });
		await pc.setLocalDescription();
		await advance(5_000);
		expect([told.count, pc.iceGatheringState, hasEnd(pc.localDescription!)]).toEqual([0, "gathering", false]);
		if (isNamed) pc.setConfiguration({ ...pc.getConfiguration(), iceServers: [unreachable] });
		else await advance(5_100);
		await advance(1);
		expect([told.count, pc.iceGatheringState, hasEnd(pc.localDescription!)]).toEqual([1, "complete", true]);
	}
});

test("with the policy relay, servers that are named from the start are all that is waited for", async () => {
	const pc = make({ iceTransportPolicy: "relay", iceServers: [unreachable] });
	const told = ends(pc);
	pc.addTransceiver(camera(), { direction: "sendonly" });
	await pc.setLocalDescription();
	await advance(1);
	expect(told.count).toBe(1);
});

test.each(["with", "without"])(
	"servers that are expected are waited for %s others, until it is said that none follow",
	async (what) => {
		const iceServers = what === "with" ? [unreachable] : [];
		const pc = make({ awaitsIceServers: true, iceServers });
		const told = ends(pc);
		pc.addTransceiver(camera(), { direction: "sendonly" });
		await pc.setLocalDescription();
		await advance(5_000);
		expect([told.count, hasEnd(pc.localDescription!)]).toEqual([0, false]);
		pc.setConfiguration({ ...pc.getConfiguration(), awaitsIceServers: false });
		await advance(1);
		expect([told.count, hasEnd(pc.localDescription!)]).toEqual([1, true]);
		const early = make({ awaitsIceServers: true, iceServers });
		const soon = ends(early);
		early.setConfiguration({ ...early.getConfiguration(), awaitsIceServers: false }); // before it has begun
		early.addTransceiver(camera(), { direction: "sendonly" });
		await early.setLocalDescription();
		await advance(1);
		expect(soon.count).toBe(1);
	},
);

test("an offer may be put in force again when candidates have been found since", async () => {
	const pc = make();
	pc.addTransceiver("video", { direction: "recvonly" });
	const offer = await pc.createOffer();
	await pc.setLocalDescription(offer);
	expect(pc.localDescription!.sdp).not.toBe(offer.sdp);
	await pc.setLocalDescription(offer);
	await pc.setLocalDescription(pc.localDescription!);
	expect(pc.signalingState).toBe("have-local-offer");
});
