// SPDX-License-Identifier: Apache-2.0
// Who sends, who watches, and what is said of a row.
// @ts-check
import { Camera } from "../../browser/camera.mjs";
import { LibwebrtcSender } from "../../link/libwebrtc.mjs";
import { framerate, sceneFile } from "../../link/scene.mjs";
import { Viewer, byWhep } from "../../link/viewer.mjs";

export { framerate } from "../../link/scene.mjs";

/** How a sender answers an offer, and how it ends; `url` has pages. @typedef {{ name: string, url: string, answer: (offer: string) => Promise<string>, close: () => void }} Sender */

/** @param {Record<string, string | number>} options */
export async function startCamera(options) {
	const camera = await new Camera({ video: sceneFile(), framerate, ...options }).ready();
	camera.exited.then((code) => code && console.log(`the camera has ended (${code}):\n${camera.output.slice(-2000)}`));
	return camera;
}

/** @param {Camera} camera @returns {Sender} */
export const ours = ({ url }) => ({ name: "ours", url, answer: byWhep(url), close: () => {} });

/** @param {Camera} camera whose page is used @param {number} most bit/s @returns {Sender} */
export function libwebrtc({ url }, most) {
	const sender = new LibwebrtcSender(most);
	return { name: "libwebrtc, VP8", url, answer: (offer) => sender.answer(offer), close: () => sender.close() };
}

/** @param {import("puppeteer-core").Browser} browser @param {Sender} sender @param {import("../../link/link.mjs").Options} link */
export async function watching(browser, sender, link) {
	const viewer = new Viewer(await browser.newPage(), link);
	try {
		return await viewer.open(`${sender.url}plot.js`, sender.answer);
	} catch (error) {
		await viewer.close();
		throw error;
	}
}

/** The rows of a table, each told of when it is there: those of ours have a verdict. */
export class Rows {
	/** @type {(string | number)[][]} */
	rows = [];
	/** @type {string[]} */
	failures = [];
	passed = 0;

	/** @param {string} name of the table @param {string[]} head what the cells are */
	constructor(name, head) {
		this.name = name;
		this.head = [...head, "verdict"];
	}

	/** @param {(string | number)[]} cells @param {string[]} [beyond] what of it is beyond its limit; absent: it has none */
	add(cells, beyond) {
		const verdict = !beyond ? "beside" : beyond.length ? "FAILED" : "ok";
		this.rows.push([...cells, verdict]);
		if (verdict === "ok") this.passed++;
		const told = cells.map((cell, i) => `${this.head[i]} ${cell}`.trim());
		console.log(`${verdict} ${told.join(", ")}`);
		for (const what of beyond ?? []) console.log(`  ${what}`);
		if (beyond?.length) this.failures.push(`${this.name}, ${cells[0]}: ${beyond.join("; ")}`);
	}
}
