// SPDX-License-Identifier: Apache-2.0
// An offer as long as Chromium's to the program that answers: what a device has to read of a real viewer.
// @ts-check
import { createConnection } from "node:net";
import { createInterface } from "node:readline";
import nodeDataChannel from "node-datachannel";
import { asChromium } from "../../soak/chromium.mjs";

/** @param {number} port @returns {Promise<void>} when the other end has closed the line, as it does when it is connected */
export async function connectAsChromium(port) {
	const pc = new nodeDataChannel.PeerConnection("viewer", { iceServers: [] });
	const video = new nodeDataChannel.Video("0", "RecvOnly");
	video.addH264Codec(108); // the payload types that are chosen of Chromium's
	const audio = new nodeDataChannel.Audio("1", "RecvOnly");
	audio.addOpusCodec(111);
	const tracks = [pc.addTrack(video), pc.addTrack(audio)];
	const gathered = new Promise((resolve) => {
		pc.onGatheringStateChange((state) => state === "complete" && resolve(undefined));
	});
	pc.setLocalDescription();
	await gathered;
	const socket = createConnection({ port, host: "127.0.0.1", noDelay: true });
	try {
		const closed = new Promise((resolve) => socket.on("close", resolve));
		socket.write(`${JSON.stringify({ type: "offer", sdp: asChromium(pc.localDescription()?.sdp ?? "") })}\n`);
		createInterface({ input: socket }).on("line", (line) => {
			const { type, sdp } = JSON.parse(line);
			pc.setRemoteDescription(sdp, type);
		});
		await closed;
	} finally {
		for (const track of tracks) track.close();
		pc.close();
	}
}
