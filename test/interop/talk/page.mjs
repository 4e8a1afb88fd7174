// SPDX-License-Identifier: Apache-2.0
// What the rows of pages that talk share.
// @ts-check
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** @typedef {import("puppeteer-core").Page} Page */
/** @typedef {import("../../browser/camera.mjs").Application} Application */

export const sizes = { desktop: { width: 1200, height: 900 }, phone: { width: 390, height: 844 } };

/** @param {Page} page @param {string} what an expression */
export const until = (page, what) =>
	page.waitForFunction(what, { timeout: 20_000 }).catch(() => assert.fail(`not within 20 s: ${what}`));

/** Of all sizes, for people to look at. @param {Page} page @param {string} folder @param {string} name */
export async function takePictures(page, folder, name) {
	mkdirSync(folder, { recursive: true });
	for (const [size, viewport] of Object.entries(sizes)) {
		await page.setViewport(viewport);
		await new Promise((resolve) => setTimeout(resolve, 500));
		writeFileSync(join(folder, `${name}-${size}.png`), await page.screenshot());
		const isWider = await page.evaluate("document.documentElement.scrollWidth > innerWidth");
		assert(!isWider, `the page is wider than a ${size}`);
	}
	await page.setViewport(sizes.desktop);
}

/** The loudest of what the device has heard, by what it says, in the time to come. @param {Application} device @param {number} seconds @param {"level" | "own"} [of] the device's own sound */
export async function heard(device, seconds, of = "level") {
	let loudest = 0;
	for (let i = 0; i < seconds * 5; i++) {
		const from = device.output.length;
		device.type("status");
		const [, level] = await device.find(new RegExp(`${of} (\\d\\.\\d{3})`), 20_000, from);
		loudest = Math.max(loudest, Number(level));
		await new Promise((resolve) => setTimeout(resolve, 200));
	}
	return loudest;
}

/** The loudest that a meter shows in the time to come. @param {Page} page @param {string} id @param {number} seconds */
export const shown = (page, id, seconds) =>
	/** @type {Promise<number>} */ (
		page.evaluate(
			`new Promise((resolve) => {
				let loudest = 0;
				const look = setInterval(() => (loudest = Math.max(loudest, document.getElementById("${id}").value)), 20);
				setTimeout(() => (clearInterval(look), resolve(loudest)), ${seconds * 1000});
			})`,
		)
	);
