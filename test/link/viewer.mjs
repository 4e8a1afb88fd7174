// SPDX-License-Identifier: Apache-2.0
// A browser that watches one sender over a link: what it showed, and for how long it stood still.
// @ts-check
import { Link } from "./link.mjs";

/** @typedef {import("puppeteer-core").Page} Page */

/** In the page: opens a connection; what is exchanged goes through `exchange`. */
async function openInPage() {
	const page = /** @type {any} */ (window);
	const pc = (page.pc = new RTCPeerConnection());
	const video = document.body.appendChild(document.createElement("video"));
	video.autoplay = video.muted = true;
	pc.ontrack = ({ track }) => (video.srcObject = new MediaStream([track]));
	pc.addTransceiver("video", { direction: "recvonly" });
	await pc.setLocalDescription();
	await pc.setRemoteDescription({ type: "answer", sdp: await page.exchange(pc.localDescription?.sdp) });
	page.frames = [];
	const onFrame = (/** @type {number} */ now) => {
		page.frames.push(now);
		video.requestVideoFrameCallback(onFrame);
	};
	video.requestVideoFrameCallback(onFrame);
}

/** In the page: what it has of pictures by now. */
async function countInPage() {
	const { pc, frames } = /** @type {any} */ (window);
	/** @type {Record<string, any>} */
	let inbound = {};
	for (const stats of (await pc.getStats()).values())
		if (stats.type === "inbound-rtp" && stats.kind === "video") inbound = stats;
	const { framesDecoded = 0, frameWidth = 0, frameHeight = 0, nackCount = 0, pliCount = 0 } = inbound;
	return { now: performance.now(), framesDecoded, frameWidth, frameHeight, nackCount, pliCount, shown: frames };
}

export class Viewer {
	/** @param {Page} page @param {import("./link.mjs").Options} options of its link */
	constructor(page, options) {
		this.page = page;
		this.link = new Link(options);
	}

	/**
	 * Connects, and waits for the first picture.
	 * @param {string} url of a page, any of which will do
	 * @param {(offer: string) => Promise<string>} send an offer to who sends, for its answer
	 */
	async open(url, send) {
		await this.link.open();
		await this.page.goto(url);
		await this.page.exposeFunction("exchange", async (/** @type {string} */ offer) =>
			this.link.answer(await send(this.link.offer(offer))),
		);
		await this.page.evaluate(openInPage);
		await this.page.waitForFunction("frames.length > 0", { timeout: 20_000 });
		return this;
	}

	/** What is shown in the time to come. @param {number} duration ms @param {number} framerate of the sender */
	async watch(duration, framerate) {
		const before = await this.page.evaluate(countInPage);
		await new Promise((resolve) => setTimeout(resolve, duration));
		const after = await this.page.evaluate(countInPage);
		const times = after.shown.filter((/** @type {number} */ time) => time >= before.now - 100);
		const gaps = times.slice(1).map((/** @type {number} */ time, /** @type {number} */ i) => time - times[i]);
		const expected = ((after.now - before.now) / 1000) * framerate;
		return {
			shown: Math.min(1, (after.framesDecoded - before.framesDecoded) / expected),
			longest: Math.max(0, ...gaps, after.now - (times.at(-1) ?? before.now)),
			nacks: after.nackCount - before.nackCount,
			plis: after.pliCount - before.pliCount,
			size: `${after.frameWidth}×${after.frameHeight}`,
		};
	}

	async close() {
		this.link.close();
		await this.page.close();
	}
}

/** Sends an offer to a camera's WHEP endpoint. @param {string} url of the camera @returns {(offer: string) => Promise<string>} */
export const byWhep = (url) => async (offer) => {
	const headers = { "content-type": "application/sdp" };
	const response = await fetch(`${url}whep`, { method: "POST", headers, body: offer });
	if (response.status !== 201) throw new Error(`WHEP: ${response.status} ${await response.text()}`);
	return response.text();
};
