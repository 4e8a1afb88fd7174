// SPDX-License-Identifier: Apache-2.0
// What a page sees and hears of the camera. These functions run inside the browser.
// @ts-check

/**
 * The coded counter and clock in the picture of the page's video, or canvas (see native/capture/README.md).
 * @param {string} [selector]
 * @returns {{ counter: number, milliseconds: number, latency: number } | undefined} undefined: no test card
 */
export function readTestCard(selector = "video") {
	const picture = /** @type {HTMLVideoElement | HTMLCanvasElement} */ (document.querySelector(selector));
	const width = picture instanceof HTMLVideoElement ? picture.videoWidth : picture.width;
	if (!width) return undefined;
	const cell = width / 40;
	const canvas = new OffscreenCanvas(width, Math.ceil(2 * cell));
	const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
	context.drawImage(picture, 0, 0);
	const now = Date.now();
	const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
	const bit = (/** @type {number} */ row, /** @type {number} */ column) => {
		const at = 4 * (Math.floor((row + 0.5) * cell) * width + Math.floor((column + 0.5) * cell));
		return data[at] + data[at + 1] + data[at + 2] > 382 ? 1 : 0;
	};
	const bytes = Array.from({ length: 10 }, (_, index) => {
		let byte = 0;
		for (let i = 0; i < 8; i++) byte = byte * 2 + bit(index < 5 ? 0 : 1, (index % 5) * 8 + i);
		return byte;
	});
	let crc = 0;
	for (const byte of bytes.slice(1, 9)) {
		crc ^= byte;
		for (let i = 0; i < 8; i++) crc = crc & 0x80 ? ((crc << 1) ^ 0x07) & 0xff : crc << 1;
	}
	if (bytes[0] !== 0xb2 || crc !== bytes[9]) return undefined;
	const number = (/** @type {number} */ from) =>
		bytes.slice(from, from + 4).reduce((sum, byte) => sum * 256 + byte, 0);
	const milliseconds = number(5);
	return { counter: number(1), milliseconds, latency: (now - milliseconds) >>> 0 };
}

/**
 * The loudest moment within `duration` ms, 0 … 1: of the sound that the page receives, or of what it plays of it.
 * @param {number} duration
 * @param {"received" | "played"} [what]
 */
export async function loudest(duration, what = "received") {
	const video = /** @type {HTMLVideoElement} */ (document.querySelector("video"));
	const page = /** @type {{ played?: { context: AudioContext, source: AudioNode } }} */ (window);
	/** The page's sound on its way out. */
	async function play() {
		const context = new AudioContext();
		// Chromium's element source is silent for what WebRTC brings, but a tab can be recorded; Firefox's is not.
		if (!("chrome" in window)) {
			const source = context.createMediaElementSource(video); // there is one of an element
			source.connect(context.destination);
			return { context, source };
		}
		const processing = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
		const options = { preferCurrentTab: true, selfBrowserSurface: "include", video: true, audio: processing };
		const tab = await navigator.mediaDevices.getDisplayMedia(options);
		return { context, source: context.createMediaStreamSource(tab) };
	}
	function receive() {
		const context = new AudioContext();
		return { context, source: context.createMediaStreamSource(/** @type {MediaStream} */ (video.srcObject)) };
	}
	const { context, source } = what === "played" ? (page.played ??= await play()) : receive();
	await context.resume();
	const analyser = context.createAnalyser();
	source.connect(analyser);
	const samples = new Float32Array(analyser.fftSize);
	let peak = 0;
	const end = performance.now() + duration;
	while (performance.now() < end) {
		analyser.getFloatTimeDomainData(samples);
		for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
	if (what === "received") await context.close();
	return peak;
}
