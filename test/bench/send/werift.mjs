// SPDX-License-Identifier: Apache-2.0
// werift as a sender or a receiver of RTP.
// @ts-check
import { MediaStreamTrack, RTCPeerConnection, useH264 } from "werift";

/** @typedef {import("./peer.mjs").Signal} Signal */

const connection = () => new RTCPeerConnection({ iceServers: [], codecs: { video: [useH264()] } });

/** @param {Signal} signal @returns {Promise<(packet: Buffer) => void>} */
export async function sender(signal) {
	const pc = connection();
	const track = new MediaStreamTrack({ kind: "video" });
	pc.addTransceiver(track, { direction: "sendonly" });
	const connected = new Promise((resolve) => {
		pc.connectionStateChange.subscribe((state) => state === "connected" && resolve(undefined));
	});
	await pc.setLocalDescription(await pc.createOffer());
	const local = /** @type {{ type: string, sdp: string }} */ (pc.localDescription);
	signal.send({ type: "offer", sdp: local.sdp });
	const { sdp } = await signal.receive();
	await pc.setRemoteDescription({ type: "answer", sdp });
	await connected;
	return (packet) => track.writeRtp(packet);
}

/** @param {Signal} signal @param {() => void} onPacket */
export async function receiver(signal, onPacket) {
	const pc = connection();
	const { sdp } = await signal.receive();
	pc.onTrack.subscribe((track) => track.onReceiveRtp.subscribe(onPacket));
	await pc.setRemoteDescription({ type: "offer", sdp });
	await pc.setLocalDescription(await pc.createAnswer());
	const local = /** @type {{ type: string, sdp: string }} */ (pc.localDescription);
	signal.send({ type: "answer", sdp: local.sdp });
}
