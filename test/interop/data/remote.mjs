// SPDX-License-Identifier: Apache-2.0
// The example remote-control in a browser: buttons, joystick, log, files both ways.
// @ts-check
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { launch } from "../../browser/browsers.mjs";
import { Application } from "../../browser/camera.mjs";
import { root } from "../../../hosts/linux/tools/build.mjs";

const pictures = join(root, "build/remote-control"); // for people to look at
const sizes = { desktop: { width: 1200, height: 800 }, phone: { width: 390, height: 844 } };

/** @param {import("puppeteer-core").Page} page @param {string} what an expression @param {string} [said] */
const until = (page, what, said = what) =>
	page.waitForFunction(what, { timeout: 15_000 }).catch(() => assert.fail(`not within 15 s: ${said}`));

/** @param {import("puppeteer-core").Page} page @param {string} name */
async function picture(page, name) {
	for (const [size, viewport] of Object.entries(sizes)) {
		await page.setViewport(viewport);
		writeFileSync(join(pictures, `${name}-${size}.png`), await page.screenshot());
		const isWider = await page.evaluate("document.documentElement.scrollWidth > innerWidth");
		assert(!isWider, `${name}: the page is wider than a ${size}`);
	}
	await page.setViewport(sizes.desktop);
}

/** @param {import("puppeteer-core").Page} page */
async function control(page) {
	await until(page, `document.getElementById("state").dataset.state === "open"`);
	await page.click("#lamp-button");
	await until(page, `document.getElementById("lamp").textContent === "1"`);
	await until(page, `/lamp is on/.test(document.getElementById("log").textContent)`);
	const pad = await (await page.$("#pad"))?.boundingBox();
	assert(pad);
	await page.mouse.move(pad.x + pad.width / 2, pad.y + pad.height / 2);
	await page.mouse.down();
	await page.mouse.move(pad.x + pad.width / 2, pad.y + 2);
	await until(page, `document.getElementById("left").value > 90 && document.getElementById("right").value > 90`);
	await picture(page, "driving");
	await page.mouse.up();
	await until(page, `document.getElementById("left").value === 0 && document.getElementById("right").value === 0`);
}

/** @param {import("puppeteer-core").Page} page */
async function transfer(page) {
	const file = join(pictures, "upload.bin");
	const bytes = Buffer.alloc(700_001);
	for (let i = 0, seed = 1; i < bytes.length; i++) bytes[i] = (seed = (seed * 1664525 + 1013904223) >>> 0) >>> 24;
	writeFileSync(file, bytes);
	const input = /** @type {import("puppeteer-core").ElementHandle<HTMLInputElement>} */ (await page.$("#upload"));
	await input.uploadFile(file);
	await until(
		page,
		`/700001 bytes have arrived at the device, and are what/.test(document.getElementById("log").textContent)`,
	);
	await page.click("#download");
	await until(page, `/1000000 bytes have come, and are what/.test(document.getElementById("log").textContent)`);
	await picture(page, "files");
}

async function run() {
	mkdirSync(pictures, { recursive: true });
	const machine = new Application("examples/remote-control", { port: 0 });
	const browser = await launch("chromium");
	try {
		const [, url = "", secret = ""] = await machine.find(/(http:\/\/localhost:\d+\/)(#\w+)/, 600_000);
		const page = await browser.newPage();
		await page.goto(url);
		await until(
			page,
			`document.getElementById("state").dataset.state === "failed"`,
			"without its secret it is refused",
		);
		await page.goto("about:blank");
		await page.goto(url + secret);
		await control(page);
		await transfer(page);
		// Its wheels stop when nobody holds the stick any more.
		const other = await browser.newPage();
		await other.goto(url + secret);
		await until(other, `document.getElementById("lamp").textContent === "1"`, "another page is told how it is");
		await page.bringToFront();
		await page.focus("#pad");
		await page.keyboard.down("ArrowUp");
		await until(page, `document.getElementById("left").value === 100`);
		await page.close();
		await other.bringToFront();
		await until(other, `document.getElementById("left").value === 0`, "the wheels stop when the page is closed");
		return "buttons, joystick, 700,001 bytes there and 1,000,000 back, and the wheels stop by themselves";
	} finally {
		await browser.close();
		assert.equal(await machine.stop(), 0, machine.output);
	}
}

/** @type {import("../run.mjs").Row[]} */
export const rows = [{ name: "remote-control in chromium", timeout: 600, run }];
