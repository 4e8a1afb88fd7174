// SPDX-License-Identifier: Apache-2.0
// The example doorbell in Chromium: it rings, shows who is there, a call talks both ways, and the door opens for a while.
// @ts-check
import assert from "node:assert/strict";
import { join } from "node:path";
import { root } from "../../../hosts/linux/tools/build.mjs";
import { launch } from "../../browser/browsers.mjs";
import { Application } from "../../browser/camera.mjs";
import { readTestCard } from "../../browser/test-card.mjs";
import { heard, shown, sizes, takePictures, until } from "./page.mjs";

const folder = join(root, "build/interop/doorbell"); // for people to look at

/** What is coded in the picture of the ring. @param {import("puppeteer-core").Page} page */
async function whoRang(page) {
	await until(page, `document.getElementById("who").naturalWidth > 0 && document.getElementById("who").complete`);
	await page.evaluate(() => {
		const image = /** @type {HTMLImageElement} */ (document.getElementById("who"));
		const canvas = document.createElement("canvas");
		[canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
		canvas.getContext("2d")?.drawImage(image, 0, 0);
		canvas.id = "copy";
		canvas.hidden = true;
		document.getElementById("copy")?.remove();
		document.body.append(canvas);
	});
	return page.evaluate(readTestCard, "#copy");
}

/** @param {import("puppeteer-core").Page} page @param {Application} device */
async function ring(page, device) {
	const before = Date.now();
	device.type("ring");
	await device.find(/It rings/);
	await until(page, `document.getElementById("ring").hidden === false && document.title.startsWith("Ring!")`);
	const card = await whoRang(page);
	assert(card, "there is no picture of who rang");
	assert(card.milliseconds - (before >>> 0) < 5000, "the picture is an old one");
	await takePictures(page, folder, "ring");
	device.type("ring");
}

/** @param {import("puppeteer-core").Page} page @param {Application} device */
async function talk(page, device) {
	await page.click("#call");
	await until(page, `document.getElementById("state").dataset.state === "open"`);
	await until(page, `!document.getElementById("talk").disabled`);
	await until(page, `document.getElementById("picture").videoWidth > 0`);
	assert((await shown(page, "theirs", 3)) > 0.3, "the door's beep is not heard");
	await page.click("#keep");
	const level = await heard(device, 3);
	assert(level > 0.01, `the device hears ${level}`);
	await takePictures(page, folder, "talking");
	await page.click("#call");
	return level;
}

/** @param {import("puppeteer-core").Page} page @param {Application} device */
async function openDoor(page, device) {
	await page.click("#door");
	await device.find(/opens the door\.\n(.*\n)*?pin door: 1/);
	await until(page, `document.getElementById("door").dataset.open === "true"`);
	assert(await page.$eval("#door", (button) => /** @type {HTMLButtonElement} */ (button).disabled));
	await device.find(/pin door: 1\n(.*\n)*?pin door: 0/);
	await until(page, `document.getElementById("door").dataset.open === "false"`);
}

/** @returns {Promise<string>} */
async function play() {
	const device = new Application("examples/doorbell", { port: 0, play: "none", open: 1, width: 640, height: 360 });
	const args = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"];
	const [, address = ""] = await device.find(/(http:\/\/localhost:\d+\/#\w+)/, 600_000);
	const browser = await launch("chromium", { args });
	try {
		const page = await browser.newPage();
		await page.setViewport(sizes.desktop);
		await page.goto(address);
		await until(page, `document.getElementById("bell").dataset.state === "open"`);
		await ring(page, device);
		await page.click("#seen");
		const level = await talk(page, device);
		await openDoor(page, device);
		const late = await browser.newPage();
		await late.goto(address);
		await until(late, `document.getElementById("ring").dataset.old === "true"`);
		assert(await whoRang(late), "a page that comes later has no picture of who rang");
		await late.goto(address.replace(/#.*/, "?"));
		await until(late, `document.getElementById("bell").textContent.includes("lacks its secret")`);
		return `it rang, was heard at ${level.toFixed(2)}, and opened`;
	} finally {
		await browser.close();
		assert.equal(await device.stop(), 0, device.output);
	}
}

/** @type {import("../run.mjs").Row[]} */
export const rows = [{ name: "doorbell in chromium", timeout: 600, run: play }];
