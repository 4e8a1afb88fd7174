// SPDX-License-Identifier: Apache-2.0
// libwebrtc (@roamhq/wrtc) as a sender of the scene: what ours is compared with. It encodes VP8, having no H.264.
// @ts-check
import wrtc from "@roamhq/wrtc";
import { framerate, height, scenePictures, width } from "./scene.mjs";

const { RTCPeerConnection, nonstandard } = /** @type {any} */ (wrtc);

export class LibwebrtcSender {
	/** @param {number} bitrate bit/s at most */
	constructor(bitrate) {
		this.bitrate = bitrate;
		this.source = new nonstandard.RTCVideoSource();
		this.track = this.source.createTrack();
		const pictures = scenePictures();
		let next = 0;
		const began = performance.now();
		this.timer = setInterval(() => {
			if ((performance.now() - began) * framerate < next * 1000) return;
			this.source.onFrame({ width, height, data: pictures[next++ % pictures.length] });
		}, 5);
	}

	/** Answers an offer, with all candidates. @param {string} offer */
	async answer(offer) {
		const pc = (this.pc = new RTCPeerConnection());
		// Its setParameters takes no bitrate.
		const limited = offer.replace(/^m=video [^]*?^c=.*\r\n/m, `$&b=AS:${this.bitrate / 1000}\r\n`);
		await pc.setRemoteDescription({ type: "offer", sdp: limited });
		pc.addTrack(this.track);
		await pc.setLocalDescription(await pc.createAnswer());
		while (pc.iceGatheringState !== "complete") await new Promise((resolve) => setTimeout(resolve, 20));
		return pc.localDescription.sdp;
	}

	close() {
		clearInterval(this.timer);
		this.pc?.close();
		this.track.stop();
	}
}
