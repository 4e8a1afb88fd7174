// SPDX-License-Identifier: Apache-2.0
// Who looks at a device, and listens: browsers, aiortc, GStreamer.
// @ts-check
import { launch } from "../../browser/browsers.mjs";
import { readTestCard } from "../../browser/test-card.mjs";
import { startProcess } from "../peers/process.mjs";

/**
 * `counters` of the test card as it is shown, null where it cannot be read; of pages, `decoded`: pictures, of which some come too close on
 * another to be shown; `beeps`: when each began and how long it was, in seconds, and the part of
 * it that is the tone.
 * @typedef {{ decoded: number, counters: (number | null)[], beeps: [number, number, number][] }} Told
 */
/**
 * @typedef {object} Viewer
 * @property {(kind: "audio" | "video", codec: string) => Promise<string>} offer to take that codec alone
 * @property {(sdp: string) => Promise<void>} answer
 * @property {() => Promise<Told>} told what has come so far
 * @property {() => Promise<void>} stop
 */

/** Runs in a page; so it is written as one function. @param {string} reader */
function pageViewer(reader) {
	const [tone, loud, pause] = [1000, 0.06, 0.3]; // Hz, amplitude, seconds
	/** @type {typeof readTestCard} */
	const read = new Function(`return ${reader}`)();
	/** @type {Told} */
	const told = { counters: [], beeps: [], decoded: 0 };
	const pc = new RTCPeerConnection();
	const video = Object.assign(document.createElement("video"), { muted: true, autoplay: true });
	document.body.append(video);
	const look = () => {
		told.counters.push(read()?.counter ?? null);
		video.requestVideoFrameCallback(look);
	};
	/** @param {MediaStream} stream */
	const listen = async (stream) => {
		const context = new AudioContext({ sampleRate: 48000 });
		await context.resume();
		const processor = context.createScriptProcessor(4096, 1, 1);
		context.createMediaStreamSource(stream).connect(processor).connect(context.destination);
		let [count, last] = [0, -1];
		/** @type {number[]} */
		let beep = [];
		const end = () => {
			let [re, im, all] = [0, 0, 1e-9];
			beep.forEach((sample, i) => {
				re += sample * Math.cos((2 * Math.PI * tone * i) / context.sampleRate);
				im += sample * Math.sin((2 * Math.PI * tone * i) / context.sampleRate);
				all += sample * sample;
			});
			const seconds = beep.length / context.sampleRate;
			told.beeps.push([
				count / context.sampleRate - seconds,
				seconds,
				(2 * (re * re + im * im)) / beep.length / all,
			]);
			beep = [];
		};
		processor.onaudioprocess = ({ inputBuffer }) => {
			for (const sample of inputBuffer.getChannelData(0)) {
				const isLoud = Math.abs(sample) > loud;
				if (isLoud) last = count;
				if (isLoud || beep.length) beep.push(sample);
				count++;
				if (beep.length && count - last > pause * context.sampleRate) {
					beep.length -= count - last - 1;
					end();
				}
			}
		};
	};
	pc.ontrack = ({ track }) => {
		const stream = new MediaStream([track]);
		video.srcObject = stream;
		if (track.kind === "video") video.requestVideoFrameCallback(look);
		else void listen(stream);
	};
	return {
		/** @param {"audio" | "video"} kind @param {string} codec */
		async offer(kind, codec) {
			const transceiver = pc.addTransceiver(kind, { direction: "recvonly" });
			const { codecs } = /** @type {RTCRtpCapabilities} */ (RTCRtpReceiver.getCapabilities(kind));
			const wanted = [`${kind}/${codec}`.toLowerCase(), "video/rtx"];
			transceiver.setCodecPreferences(codecs.filter(({ mimeType }) => wanted.includes(mimeType.toLowerCase())));
			await pc.setLocalDescription();
			while (pc.iceGatheringState !== "complete") await new Promise((resolve) => setTimeout(resolve, 20));
			return pc.localDescription?.sdp;
		},
		/** @param {string} sdp */
		answer: (sdp) => pc.setRemoteDescription({ type: "answer", sdp }),
		async told() {
			for (const { framesDecoded = 0 } of (await pc.getStats()).values())
				told.decoded = Math.max(told.decoded, framesDecoded);
			return told;
		},
	};
}

/** @param {"chromium" | "firefox"} name @returns {Promise<Viewer>} */
export async function startPage(name) {
	const browser = await launch(name);
	const page = await browser.newPage();
	await page.evaluate(`globalThis.viewer = (${pageViewer})(${JSON.stringify(String(readTestCard))}); undefined`);
	/** @param {string} call @returns {Promise<any>} */
	const run = (call) => page.evaluate(`viewer.${call}`);
	return {
		offer: (kind, codec) => run(`offer("${kind}", "${codec}")`),
		answer: (sdp) => run(`answer(${JSON.stringify(sdp)})`),
		told: () => run("told()"),
		stop: () => browser.close(),
	};
}

/** @param {string} script of this folder, in Python @returns {Promise<Viewer>} */
async function startPython(script) {
	const peer = /** @type {any} */ (await startProcess("/usr/bin/python3", `../shown/${script}`));
	return {
		offer: (kind, codec) => peer.do("offer", { kind, codec }),
		answer: (sdp) => peer.do("answer", { sdp }),
		told: () => peer.do("told"),
		stop: () => peer.stop(),
	};
}

export const startAiortc = () => startPython("aiortc_viewer.py");
export const startGstreamer = () => startPython("gstreamer_viewer.py");
