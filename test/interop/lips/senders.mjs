// SPDX-License-Identifier: Apache-2.0
// Who sends pictures and sound with a mark in both at once, each second: 100 ms that are white, and a beep.
// @ts-check
import { launch } from "../../browser/browsers.mjs";
import { startProcess } from "../peers/process.mjs";

/**
 * @typedef {object} Sender
 * @property {() => Promise<string>} offer of H.264 (VP8 where it has that alone) and Opus
 * @property {(sdp: string) => Promise<void>} answer
 * @property {() => Promise<void>} stop
 */

/** Runs in a page; so it is written as one function. */
function pageSender() {
	const [width, height, rate] = [640, 480, 30];
	const canvas = Object.assign(document.createElement("canvas"), { width, height });
	const picture = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
	const context = new AudioContext({ sampleRate: 48000 });
	const oscillator = new OscillatorNode(context, { frequency: 1000 });
	const gain = new GainNode(context, { gain: 0 });
	const destination = context.createMediaStreamDestination();
	oscillator.connect(gain).connect(destination);
	oscillator.start();
	const stream = canvas.captureStream(0);
	const track = /** @type {CanvasCaptureMediaStreamTrack} */ (stream.getVideoTracks()[0]);
	const [sound] = destination.stream.getAudioTracks();
	const mark = 0.1; // seconds
	let [second, last, wasWhite, count] = [-1, 0, false, 0];
	// The sound's clock says when it is time for both. A picture is captured in the moment in which it turns white.
	const timer = setInterval(() => {
		const now = context.currentTime;
		if (Math.floor(now) > second) {
			second = Math.floor(now);
			gain.gain.setValueAtTime(0.5, second + 1);
			gain.gain.setValueAtTime(0, second + 1 + mark);
		}
		const isWhite = second > 1 && now - second < mark;
		const time = performance.now();
		if (isWhite === wasWhite && time - last < 1000 / rate) return;
		last = time;
		wasWhite = isWhite;
		picture.fillStyle = isWhite ? "white" : "#303030";
		picture.fillRect(0, 0, width, height);
		picture.fillStyle = "#c0a020";
		picture.fillRect((count++ * 8) % (width - 80), 20, 80, 80);
		track.requestFrame();
	}, 2);
	const pc = new RTCPeerConnection();
	const streams = [new MediaStream([track, /** @type {MediaStreamTrack} */ (sound)])];
	const transceivers = [
		pc.addTransceiver(/** @type {MediaStreamTrack} */ (sound), { direction: "sendonly", streams }),
		pc.addTransceiver(track, { direction: "sendonly", streams }),
	];
	/** @param {"audio" | "video"} kind @param {string[]} names */
	const codecsOf = (kind, names) => {
		const { codecs } = /** @type {RTCRtpCapabilities} */ (RTCRtpSender.getCapabilities(kind));
		return codecs.filter(({ mimeType }) => names.some((name) => mimeType.toLowerCase() === `${kind}/${name}`));
	};
	return {
		async offer() {
			await context.resume();
			transceivers[0]?.setCodecPreferences(codecsOf("audio", ["opus"]));
			const has = codecsOf("video", ["h264"]).length;
			transceivers[1]?.setCodecPreferences(codecsOf("video", [has ? "h264" : "vp8", "rtx"]));
			await pc.setLocalDescription();
			while (pc.iceGatheringState !== "complete") await new Promise((resolve) => setTimeout(resolve, 20));
			return pc.localDescription?.sdp;
		},
		/** @param {string} sdp */
		answer: (sdp) => pc.setRemoteDescription({ type: "answer", sdp }),
		stop: () => clearInterval(timer),
	};
}

/**
 * The answer of who wants 500 kbit/s of pictures at least: where packets are lost, and those of one stream late, Chromium thinks that
 * some 30 kbit/s are carried, and leaves out pictures for most of a second, and marks with them. @param {string} sdp
 */
const wantEnough = (sdp) => {
	const type = /^m=video \d+ \S+ (\d+)/m.exec(sdp)?.[1];
	return sdp.replace(new RegExp(`^a=rtpmap:${type} .*$`, "m"), `$&\r\na=fmtp:${type} x-google-min-bitrate=500`);
};

/** @returns {Promise<Sender>} */
export async function startChromium() {
	const browser = await launch("chromium");
	const page = await browser.newPage();
	await page.evaluate(`globalThis.sender = (${pageSender})(); undefined`);
	/** @param {string} call @returns {Promise<any>} */
	const run = (call) => page.evaluate(`sender.${call}`);
	return {
		offer: () => run("offer()"),
		answer: (sdp) => run(`answer(${JSON.stringify(wantEnough(sdp))})`),
		stop: () => browser.close(),
	};
}

/** @param {string} script of this folder, in Python @returns {Promise<Sender>} */
async function startPython(script) {
	const peer = /** @type {any} */ (await startProcess("/usr/bin/python3", `../lips/${script}`));
	return {
		offer: () => peer.do("offer"),
		answer: (sdp) => peer.do("answer", { sdp }),
		stop: () => peer.stop(),
	};
}

export const startAiortc = () => startPython("aiortc_lips.py");
export const startGstreamer = () => startPython("gstreamer_lips.py");
