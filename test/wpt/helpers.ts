// SPDX-License-Identifier: Apache-2.0
// What the cases have in common. Tracks are captures; the natives are fakes, time is virtual.
import type RTCPeerConnection from "webrtc/peer";
import { advance } from "../unit/fakes/moddable/clock";

export { advance } from "../unit/fakes/moddable/clock";
export { begin, camera, end, make, microphone, negotiate } from "../unit/peer/helpers";

type Kind = "audio" | "video";

/** The name of what a promise is rejected with; "nothing" when it is not. */
export async function rejection(promise: Promise<unknown>): Promise<string> {
	try {
		await promise;
	} catch (error) {
		return (error as Error).name;
	}
	return "nothing";
}

/** The name of what a function throws; "nothing" when it does not. */
export function thrown(call: () => unknown): string {
	try {
		call();
	} catch (error) {
		return (error as Error).name;
	}
	return "nothing";
}

/** The types of the events of a target, in order, from now on. */
export function listen(
	target: { addEventListener(type: never, listener: () => void): void },
	...types: string[]
): string[] {
	const heard: string[] = [];
	for (const type of types) target.addEventListener(type as never, () => heard.push(type));
	return heard;
}

/** Lets promises and what was posted by them run; no time passes. */
export async function settle(): Promise<void> {
	await advance(0);
	await advance(0);
}

/** Candidates and descriptions travel as an application would send them. */
export function exchangeCandidates(one: RTCPeerConnection, other: RTCPeerConnection): void {
	const pass = (from: RTCPeerConnection, to: RTCPeerConnection) =>
		from.addEventListener("icecandidate", ({ candidate }) => {
			if (to.remoteDescription) void to.addIceCandidate(candidate);
		});
	pass(one, other);
	pass(other, one);
}

export const sections = (sdp: string | undefined): string[] => (sdp ?? "").split(/^m=/m).slice(1);
export const kinds = (sdp: string | undefined): string[] => sections(sdp).map((section) => section.split(" ")[0]!);
export const direction = (section: string | undefined): string =>
	/^a=(sendrecv|sendonly|recvonly|inactive)\r$/m.exec(section ?? "")?.[1] ?? "none";

/** An offer that a connection of its own makes. */
export async function offerOf(pc: RTCPeerConnection, ...wanted: Kind[]): Promise<{ type: "offer"; sdp: string }> {
	for (const kind of wanted) pc.addTransceiver(kind, { direction: "recvonly" });
	const { sdp } = await pc.createOffer();
	return { type: "offer", sdp: sdp! };
}
