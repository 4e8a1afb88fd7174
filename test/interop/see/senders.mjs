// SPDX-License-Identifier: Apache-2.0
// Who sends pictures that count: Chromium, and aiortc. libwebrtc in Node (@roamhq/wrtc) encodes no H.264.
// @ts-check
import { launch } from "../../browser/browsers.mjs";
import { startProcess } from "../peers/process.mjs";
import { cellsOf, height, width } from "./card.mjs";

/**
 * @typedef {object} Sender
 * @property {() => Promise<string>} offer
 * @property {(sdp: string) => Promise<void>} answer
 * @property {() => Promise<{ framesSent: number, keyFramesEncoded: number, nackCount: number, pliCount: number }>} sent
 * @property {() => Promise<void>} stop
 */

/** Runs in a page; so it is written as one function. @param {{ width: number, height: number, cells: string }} parameters */
function pageSender({ width, height, cells }) {
	/** @type {typeof cellsOf} */
	const draw = new Function(`return ${cells}`)();
	const canvas = Object.assign(document.createElement("canvas"), { width, height });
	const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
	let counter = 0;
	const timer = setInterval(() => {
		const cell = width / 40;
		context.fillStyle = "#606060";
		context.fillRect(0, 0, width, height);
		draw(counter).forEach((isWhite, i) => {
			context.fillStyle = isWhite ? "white" : "black";
			context.fillRect((i % 40) * cell, Math.floor(i / 40) * cell, cell, cell);
		});
		context.fillStyle = "#c0a020";
		context.fillRect((counter * 8) % (width - 80), 200, 80, 80);
		counter++;
	}, 50);
	const [track] = canvas.captureStream(20).getVideoTracks();
	const pc = new RTCPeerConnection();
	const transceiver = pc.addTransceiver(/** @type {MediaStreamTrack} */ (track), { direction: "sendonly" });
	const { codecs } = /** @type {RTCRtpCapabilities} */ (RTCRtpSender.getCapabilities("video"));
	transceiver.setCodecPreferences(codecs.filter(({ mimeType }) => /H264|rtx/i.test(mimeType)));
	return {
		async offer() {
			await pc.setLocalDescription();
			while (pc.iceGatheringState !== "complete") await new Promise((resolve) => setTimeout(resolve, 20));
			return pc.localDescription?.sdp;
		},
		/** @param {string} sdp */
		answer: (sdp) => pc.setRemoteDescription({ type: "answer", sdp }),
		async sent() {
			for (const stats of (await pc.getStats()).values()) if (stats.type === "outbound-rtp") return { ...stats };
			return {};
		},
		stop: () => clearInterval(timer),
	};
}

/** @param {"chromium"} name @returns {Promise<Sender>} */
export async function startPage(name) {
	const browser = await launch(name);
	const page = await browser.newPage();
	const parameters = { width, height, cells: String(cellsOf) };
	await page.evaluate(`globalThis.sender = (${pageSender})(${JSON.stringify(parameters)}); undefined`);
	/** @param {string} call @returns {Promise<any>} */
	const run = (call) => page.evaluate(`sender.${call}`);
	return {
		offer: () => run("offer()"),
		answer: (sdp) => run(`answer(${JSON.stringify(sdp)})`),
		sent: () => run("sent()"),
		stop: () => browser.close(),
	};
}

/** @returns {Promise<Sender>} */
export async function startAiortc() {
	const peer = /** @type {any} */ (await startProcess("/usr/bin/python3", "../see/aiortc_sender.py"));
	return {
		offer: () => peer.do("offer"),
		answer: (sdp) => peer.do("answer", { sdp }),
		sent: () => peer.do("sent"),
		stop: () => peer.stop(),
	};
}
