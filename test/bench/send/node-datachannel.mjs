// SPDX-License-Identifier: Apache-2.0
// node-datachannel (libdatachannel) as a sender or a receiver of RTP.
// @ts-check
import nodeDataChannel from "node-datachannel";

/** @typedef {import("./peer.mjs").Signal} Signal */

/** @type {import("node-datachannel").Track[]} what is collected as garbage hears nothing more */
const tracks = [];

/** @param {Signal} signal */
function connection(signal) {
	const pc = new nodeDataChannel.PeerConnection("bench", { iceServers: [] });
	pc.onGatheringStateChange((state) => {
		if (state !== "complete") return;
		const { type, sdp } = /** @type {{ type: string, sdp: string }} */ (pc.localDescription());
		signal.send({ type, sdp });
	});
	return pc;
}

/** @param {Signal} signal @param {number} ssrc @param {number} payloadType @returns {Promise<(packet: Buffer) => void>} */
export async function sender(signal, ssrc, payloadType) {
	const pc = connection(signal);
	const video = new nodeDataChannel.Video("0", "SendOnly");
	video.addH264Codec(payloadType);
	video.addSSRC(ssrc, "bench");
	const track = pc.addTrack(video);
	const open = new Promise((resolve) => track.onOpen(() => resolve(undefined)));
	pc.setLocalDescription();
	const { sdp } = await signal.receive();
	pc.setRemoteDescription(sdp, "answer");
	await open;
	return (packet) => track.sendMessageBinary(packet);
}

/** @param {Signal} signal @param {() => void} onPacket */
export async function receiver(signal, onPacket) {
	const pc = connection(signal);
	const { sdp } = await signal.receive();
	pc.onTrack((track) => {
		tracks.push(track);
		track.onMessage(onPacket);
	});
	pc.setRemoteDescription(sdp, "offer"); // makes the answer, too
}
