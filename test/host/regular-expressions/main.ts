// SPDX-License-Identifier: Apache-2.0
// What one viewer of a channel makes the device do until it is answered, in compilations of regular expressions.
import Base64 from "base64";
import Instrumentation from "instrumentation";
import Resource from "Resource";
import RTCPeerConnection from "webrtc/peer";
import type { SignalingMessage } from "webrtc/signaling";
import { composeMessage, parseMessage } from "webrtc/signaling/kvs/messages";
import Rejections from "webrtc/signaling/kvs/rejection";

const counter = (Instrumentation.map as (name: string) => number | undefined)("Regular Expressions");
const compiled = () => Instrumentation.get(counter)!;

/** A message as the service brings it. */
function receive(messageType: string, payload: object): SignalingMessage {
	const messagePayload = Base64.encode(ArrayBuffer.fromString(JSON.stringify(payload)));
	const envelope = JSON.stringify({ messageType, messagePayload, senderClientId: "viewer-1" });
	const incoming = parseMessage(new Uint8Array(ArrayBuffer.fromString(envelope)), "");
	if (incoming.kind !== "message") throw new Error(`a message, not ${incoming.kind}`);
	return incoming.message;
}

async function serve(sdp: string): Promise<void> {
	const offer = receive("SDP_OFFER", { type: "offer", sdp });
	if (offer.type !== "offer") throw new Error(`an offer, not ${offer.type}`);
	const rejections = new Rejections();
	rejections.add(offer.peerId, offer.sdp);
	const pc = new RTCPeerConnection();
	pc.addTransceiver("video");
	await pc.setRemoteDescription({ type: "offer", sdp: offer.sdp });
	for (let i = 0; i < 10; i++) {
		const candidate = `candidate:1 1 udp ${2122260223 - i} 192.0.2.${i + 1} ${40000 + i} typ host generation 0`;
		const message = receive("ICE_CANDIDATE", { candidate, sdpMid: "0", sdpMLineIndex: 0 });
		if (message.type === "candidate") await pc.addIceCandidate(message.candidate);
	}
	await pc.setLocalDescription();
	composeMessage({ type: "answer", peerId: offer.peerId, sdp: pc.localDescription!.sdp }, offer.peerId, "1");
	trace(
		rejections.take(offer.peerId, { reason: "no-common-codec", message: "" })?.includes("m=video 0 ")
			? ""
			: "no rejection\n",
	);
	pc.close();
}

export default async function main(): Promise<void> {
	const begin = compiled();
	for (let i = 0; i < 3; i++) /x/.test("x"); // the counter counts
	trace(`three: ${compiled() - begin}\n`);
	const before = compiled();
	await serve(String.fromArrayBuffer(new Resource("chromium-gathered.sdp").slice(0) as ArrayBuffer));
	trace(`a viewer: ${compiled() - before}\n`);
	globalThis.simulator?.exit(0);
}
