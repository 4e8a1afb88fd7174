// SPDX-License-Identifier: Apache-2.0
// Peer connections over fake natives, in virtual time: made here, closed after each test, and nothing is left of them.
import RTCPeerConnection from "webrtc/peer";
import type { AudioCapture, VideoCapture } from "webrtc/media";
import { defaultMedia } from "webrtc/media/defaults";
import { advance, pendingTimers, resetClock } from "../fakes/moddable/clock";
import { openNatives, setDelay, setSilence } from "../fakes/native/transport";

export const closers: { close(): void }[] = [];

export function make(configuration: ConstructorParameters<typeof RTCPeerConnection>[0] = {}): RTCPeerConnection {
	const pc = new RTCPeerConnection(configuration);
	closers.push(pc);
	return pc;
}

export function camera(): VideoCapture {
	const { videoCapture } = defaultMedia({ audio: false });
	closers.push(videoCapture!);
	return videoCapture!;
}

export function microphone(): AudioCapture {
	const { audioCapture } = defaultMedia({ video: false });
	closers.push(audioCapture!);
	return audioCapture!;
}

/** A whole round of offer and answer. */
export async function negotiate(offerer: RTCPeerConnection, answerer: RTCPeerConnection): Promise<void> {
	await offerer.setLocalDescription();
	await answerer.setRemoteDescription(offerer.localDescription!);
	await answerer.setLocalDescription();
	await offerer.setRemoteDescription(answerer.localDescription!);
}

/** A viewer that asks for video, and a device that has some. */
export function pair(): { viewer: RTCPeerConnection; device: RTCPeerConnection } {
	const viewer = make();
	const device = make();
	viewer.addTransceiver("video", { direction: "recvonly" });
	device.addTransceiver(camera(), { direction: "sendonly" });
	return { viewer, device };
}

/** For beforeEach and afterEach. */
export function begin(): void {
	closers.length = 0;
	resetClock();
	setSilence(false);
	setDelay(1);
}

export async function end(): Promise<void> {
	for (const closer of closers) closer.close();
	expect(openNatives()).toBe(0);
	await advance(50); // what is still on the network
	expect(pendingTimers()).toBe(0);
}
