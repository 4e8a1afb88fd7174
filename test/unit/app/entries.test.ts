// SPDX-License-Identifier: Apache-2.0
// How often control comes into peer.ts from the POST of a WHEP player to the connection, and by which doors.
import WebRTCApp from "webrtc/app";
import { defaultMedia } from "webrtc/media/defaults";
import RTCPeerConnection from "webrtc/peer";
import WHEPSignaling from "webrtc/signaling/whep";
import { advance, resetClock } from "../fakes/moddable/clock";
import { kinds, makeNetwork } from "../http/sockets";

type Method = (this: object, ...parameters: unknown[]) => unknown;

/** Tells of each method and accessor of a class that others enter. @returns what ends it */
function watch(prototype: object, tell: (object: object, name: string) => void): () => void {
	let depth = 0;
	const door = (name: string, inner: Method): Method =>
		function (...parameters) {
			if (depth === 0) tell(this, name);
			depth++;
			try {
				return inner.apply(this, parameters);
			} finally {
				depth--;
			}
		};
	const before = Object.getOwnPropertyDescriptors(prototype) as PropertyDescriptorMap;
	for (const [name, { value, get, ...rest }] of Object.entries(before)) {
		if (name === "constructor") continue;
		const watched = get ? { get: door(name, get) } : { value: door(name, value as Method) };
		Object.defineProperty(prototype, name, { ...rest, ...watched });
	}
	return () => Object.defineProperties(prototype, before);
}

test("from a POST to the connection, three times: it is made, it answers, it tells its state", async () => {
	resetClock();
	const network = makeNetwork(kinds[0]!);
	const signaling = new WHEPSignaling({ port: 8080, listener: network.Listener as never });
	const events: string[] = [];
	const app = new WebRTCApp({ signaling, ...defaultMedia(), onEvent: ({ type }) => events.push(type) });
	await app.run();
	const viewer = new RTCPeerConnection();
	viewer.addTransceiver("video", { direction: "recvonly" });
	viewer.addTransceiver("audio", { direction: "recvonly" });
	await viewer.setLocalDescription();
	const { sdp } = viewer.localDescription!;

	const visits: string[][] = []; // those of one job, as of a promise or of a timer, are one
	let visit: string[] | undefined;
	const restore = watch(RTCPeerConnection.prototype, (object, name) => {
		if (object === viewer) return;
		if (!visit) {
			visits.push((visit = []));
			queueMicrotask(() => (visit = undefined));
		}
		visit.push(name);
	});
	const fields = `host: 127.0.0.1:8080\r\ncontent-type: application/sdp\r\ncontent-length: ${sdp.length}\r\n`;
	const client = network.connect().send(`POST /whep HTTP/1.1\r\n${fields}\r\n${sdp}`);
	await advance(10);
	await viewer.setRemoteDescription({ type: "answer", sdp: client.body });
	await advance(200);
	restore();

	expect(events).toContain("peerConnected");
	// Of the first, the constructor is not seen here.
	expect(visits).toEqual([["addTransceiver", "addTransceiver"], ["acceptOffer"], ["connectionState"]]);
	viewer.close();
	app.terminate();
	await advance(1);
});
