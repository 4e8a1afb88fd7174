// SPDX-License-Identifier: Apache-2.0
// Who sends pictures that count: browsers, libwebrtc in Node (which encodes no H.264), aiortc, GStreamer.
// @ts-check
import wrtc from "@roamhq/wrtc";
import { launch } from "../../browser/browsers.mjs";
import { startProcess } from "../peers/process.mjs";
import { cellsOf, height, width } from "./card.mjs";

/**
 * @typedef {object} Sender
 * @property {(codec: string) => Promise<string>} offer of that codec alone
 * @property {(sdp: string) => Promise<void>} answer
 * @property {() => Promise<{ framesSent: number, keyFramesEncoded: number, nackCount: number, pliCount: number, available?: number }>} sent
 * @property {() => Promise<void>} stop
 */

/** Runs in a page; so it is written as one function. @param {{ width: number, height: number, cells: string, rate: number, noise: boolean }} parameters */
function pageSender({ width, height, cells, rate, noise }) {
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
		for (let i = 0; noise && i < 1000; i++) {
			context.fillStyle = `hsl(${360 * Math.random()} 50% 50%)`;
			context.fillRect(width * Math.random(), 120 + (height - 120) * Math.random(), 8, 8);
		}
		counter++;
	}, 1000 / rate);
	const [track] = canvas.captureStream(rate).getVideoTracks();
	const pc = new RTCPeerConnection();
	const transceiver = pc.addTransceiver(/** @type {MediaStreamTrack} */ (track), { direction: "sendonly" });
	return {
		/** @param {string} codec */
		async offer(codec) {
			const { codecs } = /** @type {RTCRtpCapabilities} */ (RTCRtpSender.getCapabilities("video"));
			const wanted = [`video/${codec}`.toLowerCase(), "video/rtx"];
			transceiver.setCodecPreferences(codecs.filter(({ mimeType }) => wanted.includes(mimeType.toLowerCase())));
			await pc.setLocalDescription();
			while (pc.iceGatheringState !== "complete") await new Promise((resolve) => setTimeout(resolve, 20));
			return pc.localDescription?.sdp;
		},
		/** @param {string} sdp */
		answer: (sdp) => pc.setRemoteDescription({ type: "answer", sdp }),
		async sent() {
			const report = [...(await pc.getStats()).values()];
			const pair = report.find(({ availableOutgoingBitrate: available }) => available);
			return {
				...report.find(({ type }) => type === "outbound-rtp"),
				available: pair?.availableOutgoingBitrate,
			};
		},
		stop: () => clearInterval(timer),
	};
}

/** @param {"chromium" | "firefox"} name @param {number} [rate] pictures a second @param {boolean} [noise] much to encode @returns {Promise<Sender>} */
export async function startPage(name, rate = 20, noise = false) {
	const browser = await launch(name);
	const page = await browser.newPage();
	const parameters = { width, height, cells: String(cellsOf), rate, noise };
	await page.evaluate(`globalThis.sender = (${pageSender})(${JSON.stringify(parameters)}); undefined`);
	/** @param {string} call @returns {Promise<any>} */
	const run = (call) => page.evaluate(`sender.${call}`);
	return {
		offer: (codec) => run(`offer(${JSON.stringify(codec)})`),
		answer: (sdp) => run(`answer(${JSON.stringify(sdp)})`),
		sent: () => run("sent()"),
		stop: () => browser.close(),
	};
}

/** @param {string} script of this folder, in Python @param {string[]} parameters @returns {Promise<Sender>} */
async function startPython(script, ...parameters) {
	const peer = /** @type {any} */ (await startProcess("/usr/bin/python3", `../see/${script}`, ...parameters));
	return {
		offer: (codec) => peer.do("offer", { codec }),
		answer: (sdp) => peer.do("answer", { sdp }),
		sent: () => peer.do("sent"),
		stop: () => peer.stop(),
	};
}

/** @param {number} loss 0 … 1: where there is some, H.264 has a key frame each half second */
export const startAiortc = (loss) => startPython("aiortc_sender.py", ...(loss ? ["keys"] : []));
export const startGstreamer = () => startPython("gstreamer_sender.py");

const [black, white, grey] = [16, 235, 90]; // luma

/** A card as I420. @param {number} counter */
function draw(counter) {
	const data = new Uint8ClampedArray((width * height * 3) / 2).fill(128);
	data.fill(grey, 0, width * height);
	/** @param {number} x @param {number} y @param {number} size @param {number} value */
	const square = (x, y, size, value) => {
		for (let row = y; row < y + size; row++) data.fill(value, row * width + x, row * width + x + size);
	};
	const cell = width / 40;
	cellsOf(counter).forEach((isWhite, i) =>
		square((i % 40) * cell, Math.floor(i / 40) * cell, cell, isWhite ? white : black),
	);
	square((counter * 8) % (width - 80), 200, 80, 200);
	return data;
}

/** @returns {Promise<Sender>} */
export async function startWrtc() {
	const pc = new wrtc.RTCPeerConnection();
	const source = new wrtc.nonstandard.RTCVideoSource();
	const track = source.createTrack();
	const stream = new wrtc.MediaStream();
	stream.addTrack(track);
	pc.addTrack(track, stream);
	let counter = 0;
	const timer = setInterval(() => source.onFrame({ width, height, data: draw(counter++) }), 50);
	return {
		async offer(codec) {
			const offer = await pc.createOffer();
			if (!new RegExp(`a=rtpmap:\\d+ ${codec}/`).test(String(offer.sdp))) throw new Error(`it has no ${codec}`);
			await pc.setLocalDescription(offer);
			while (pc.iceGatheringState !== "complete") await new Promise((resolve) => setTimeout(resolve, 20));
			return /** @type {RTCSessionDescription} */ (pc.localDescription).sdp;
		},
		answer: (sdp) => pc.setRemoteDescription({ type: "answer", sdp }),
		async sent() {
			for (const stats of (await pc.getStats()).values()) if (stats.type === "outbound-rtp") return { ...stats };
			return /** @type {any} */ ({});
		},
		async stop() {
			clearInterval(timer);
			track.stop();
			pc.close();
		},
	};
}
