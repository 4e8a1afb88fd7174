// SPDX-License-Identifier: Apache-2.0
// ICE restarts (RFC 8445 section 9): by an offer of either side, and by credentials alone.
import { advance } from "../fakes/moddable/clock";
import { Encoder } from "../fakes/native/codec";
import { begin, end, negotiate, pair } from "./helpers";

beforeEach(begin);
afterEach(end);

const ufragOf = (description: { sdp: string } | null) => /a=ice-ufrag:(\S+)/.exec(description!.sdp)![1]!;

async function connected() {
	const { viewer, device } = pair();
	await negotiate(viewer, device);
	await advance(100);
	return { viewer, device };
}

async function usedUfrag(pc: Awaited<ReturnType<typeof connected>>["device"]): Promise<unknown> {
	const transport = (await pc.getStats()).get("T0")!;
	return transport.selectedCandidatePairId && transport.iceLocalUsernameFragment;
}

test("an offer with new credentials is answered with new ones, and the stream goes on", async () => {
	const { viewer, device } = await connected();
	const before = [ufragOf(viewer.localDescription), ufragOf(device.localDescription)];
	viewer.restartIce();
	await negotiate(viewer, device);
	const after = [ufragOf(viewer.localDescription), ufragOf(device.localDescription)];
	expect(after[0]).not.toBe(before[0]);
	expect(after[1]).not.toBe(before[1]);
	expect(Encoder.open.size).toBe(1);
	await advance(1000);
	expect(device.connectionState).toBe("connected");
	expect(await usedUfrag(device)).toBe(after[1]);
});

test("a restart tells of candidates again, with the new username fragment", async () => {
	const { viewer, device } = await connected();
	const told: (string | null | undefined)[] = [];
	viewer.onicecandidate = ({ candidate }) => told.push(candidate && candidate.usernameFragment);
	viewer.restartIce();
	await negotiate(viewer, device);
	await advance(10);
	expect(told).toEqual([ufragOf(viewer.localDescription), null]);
});

test("an offer without a restart keeps the credentials, and tells of no candidates", async () => {
	const { viewer, device } = await connected();
	const before = ufragOf(viewer.localDescription);
	let told = 0;
	viewer.onicecandidate = () => told++;
	await negotiate(viewer, device);
	await advance(10);
	expect(ufragOf(viewer.localDescription)).toBe(before);
	expect(told).toBe(0);
});

test("a restart that is taken back disturbs nothing, and comes with the next offer", async () => {
	const { viewer, device } = await connected();
	const before = ufragOf(viewer.localDescription);
	viewer.restartIce();
	await viewer.setLocalDescription();
	await device.setRemoteDescription(viewer.localDescription!);
	await viewer.setLocalDescription({ type: "rollback" });
	await device.setRemoteDescription({ type: "rollback" });
	await advance(60_000);
	expect(device.connectionState).toBe("connected");
	expect(viewer.connectionState).toBe("connected");
	await negotiate(viewer, device);
	expect(ufragOf(viewer.localDescription)).not.toBe(before);
	await advance(60_000);
	expect(device.connectionState).toBe("connected");
	expect(await usedUfrag(device)).toBe(ufragOf(device.localDescription));
});

test("new credentials alone restart ICE, and both descriptions follow", async () => {
	const { viewer, device } = await connected();
	const before = ufragOf(device.localDescription);
	viewer.restartIce();
	await viewer.setLocalDescription();
	const { sdp } = viewer.localDescription!;
	const remote = {
		iceUfrag: ufragOf({ sdp }),
		icePwd: /a=ice-pwd:(\S+)/.exec(sdp)![1]!,
		candidates: [/a=(candidate:.*)/.exec(sdp)![1]!],
	};
	const ours = device.restartRemoteIce(remote)!;
	expect(ours.iceUfrag).not.toBe(before);
	expect(ours.candidates).toHaveLength(1);
	expect(ufragOf(device.localDescription)).toBe(ours.iceUfrag);
	expect(ufragOf(device.remoteDescription)).toBe(remote.iceUfrag);
	expect(device.restartRemoteIce(remote)).toBeUndefined();
	await viewer.setRemoteDescription(device.localDescription!);
	await advance(1000);
	expect(device.connectionState).toBe("connected");
	expect(await usedUfrag(device)).toBe(ours.iceUfrag);
});

test("bad credentials, and credentials without a session, are refused", async () => {
	const { device } = pair();
	const good = { iceUfrag: "abcd", icePwd: "abcdefghijklmnopqrstuv" };
	expect(() => device.restartRemoteIce(good)).toThrow("stable");
	expect(() => device.restartRemoteIce({ ...good, icePwd: "short" })).toThrow("22");
	device.close();
	expect(() => device.restartRemoteIce(good)).toThrow("closed");
});
