// SPDX-License-Identifier: Apache-2.0
// Who speaks a tone: browsers, libwebrtc in Node, aiortc, and GStreamer.
// @ts-check
import wrtc from "@roamhq/wrtc";
import { launch } from "../../browser/browsers.mjs";
import { startProcess } from "../peers/process.mjs";

/**
 * @typedef {object} Talker
 * @property {(codec: string) => Promise<string>} offer speaks by that codec
 * @property {(sdp: string) => Promise<void>} answer
 * @property {(talks: boolean) => Promise<void>} talk goes on, or is silent
 * @property {() => Promise<void>} stop
 */

/** Runs in a page; so it is written as one function. @param {number} tone */
function pageTalker(tone) {
	const context = new AudioContext({ sampleRate: 48000 });
	const oscillator = new OscillatorNode(context, { frequency: tone });
	const gain = new GainNode(context, { gain: 0.5 });
	const destination = context.createMediaStreamDestination();
	oscillator.connect(gain).connect(destination);
	oscillator.start();
	const pc = new RTCPeerConnection();
	const [track] = destination.stream.getAudioTracks();
	const transceiver = pc.addTransceiver(/** @type {MediaStreamTrack} */ (track), { direction: "sendonly" });
	return {
		/** @param {string} codec */
		async offer(codec) {
			await context.resume();
			const { codecs } = /** @type {RTCRtpCapabilities} */ (RTCRtpSender.getCapabilities("audio"));
			const mimeType = `audio/${codec}`.toLowerCase();
			transceiver.setCodecPreferences(codecs.filter((one) => one.mimeType.toLowerCase() === mimeType));
			await pc.setLocalDescription();
			while (pc.iceGatheringState !== "complete") await new Promise((resolve) => setTimeout(resolve, 20));
			return pc.localDescription?.sdp;
		},
		/** @param {string} sdp */
		answer: (sdp) => pc.setRemoteDescription({ type: "answer", sdp }),
		/** @param {boolean} talks */
		talk: (talks) => void (/** @type {MediaStreamTrack} */ (track.enabled = talks)),
	};
}

/** @param {"chromium" | "firefox"} name @param {number} tone @returns {Promise<Talker>} */
export async function startPage(name, tone) {
	const browser = await launch(name);
	const page = await browser.newPage();
	await page.evaluate(`globalThis.talker = (${pageTalker})(${tone}); undefined`);
	/** @param {string} call @returns {Promise<any>} */
	const run = (call) => page.evaluate(`talker.${call}`);
	return {
		offer: (codec) => run(`offer(${JSON.stringify(codec)})`),
		answer: (sdp) => run(`answer(${JSON.stringify(sdp)})`),
		talk: (talks) => run(`talk(${talks})`),
		stop: () => browser.close(),
	};
}

const frame = 480; // samples of 10 ms

/** @param {number} tone @returns {Promise<Talker>} */
export async function startWrtc(tone) {
	const pc = new wrtc.RTCPeerConnection();
	const source = new wrtc.nonstandard.RTCAudioSource();
	const track = source.createTrack();
	const stream = new wrtc.MediaStream();
	stream.addTrack(track);
	pc.addTrack(track, stream);
	let count = 0;
	let talks = true;
	const begun = Date.now();
	const timer = setInterval(() => {
		for (; count < ((Date.now() - begun) * 48) / frame; count++) {
			const samples = new Int16Array(frame);
			for (let i = 0; talks && i < frame; i++)
				samples[i] = 8000 * Math.sin((2 * Math.PI * tone * (count * frame + i)) / 48000);
			source.onData({ samples, sampleRate: 48000, bitsPerSample: 16, channelCount: 1, numberOfFrames: frame });
		}
	}, 10);
	return {
		async offer(codec) {
			const offer = await pc.createOffer();
			await pc.setLocalDescription({ type: "offer", sdp: only(/** @type {string} */ (offer.sdp), codec) });
			while (pc.iceGatheringState !== "complete") await new Promise((resolve) => setTimeout(resolve, 20));
			return /** @type {RTCSessionDescription} */ (pc.localDescription).sdp;
		},
		answer: (sdp) => pc.setRemoteDescription({ type: "answer", sdp }),
		async talk(on) {
			talks = on;
		},
		async stop() {
			clearInterval(timer);
			track.stop();
			pc.close();
		},
	};
}

/** @param {string} script of this folder, in Python @param {number} tone @returns {Promise<Talker>} */
async function startPython(script, tone) {
	const peer = /** @type {any} */ (await startProcess("/usr/bin/python3", `../talk/${script}`));
	return {
		offer: (codec) => peer.do("offer", { codec, tone }),
		answer: (sdp) => peer.do("answer", { sdp }),
		talk: async () => undefined,
		stop: () => peer.stop(),
	};
}

/** @param {number} tone */
export const startAiortc = (tone) => startPython("aiortc_talker.py", tone);
/** @param {number} tone */
export const startGstreamer = (tone) => startPython("gstreamer_talker.py", tone);

/** Of a description with one section, the payload type of a codec alone. @param {string} sdp @param {string} codec */
function only(sdp, codec) {
	const type = new RegExp(`^a=rtpmap:(\\d+) ${codec}/`, "im").exec(sdp)?.[1];
	return sdp
		.replace(/^(m=audio \d+ \S+).*$/m, `$1 ${type}`)
		.split("\r\n")
		.filter((line) => !/^a=(rtpmap|fmtp|rtcp-fb):/.test(line) || line.includes(`:${type} `))
		.join("\r\n");
}
