// SPDX-License-Identifier: Apache-2.0
// The example intercom in Chromium, whose microphone beeps: each side is heard, and is not when it is silent.
// @ts-check
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../../../hosts/linux/tools/build.mjs";
import { launch } from "../../browser/browsers.mjs";
import { Application } from "../../browser/camera.mjs";
import { readTestCard } from "../../browser/test-card.mjs";
import { heard, shown, sizes, takePictures, until } from "./page.mjs";
import { listen } from "./wav.mjs";

/** @typedef {import("puppeteer-core").Page} Page */

const folder = join(root, "build/interop/intercom"); // for people to look at

/** @param {Page} page @param {Application} device */
async function converse(page, device) {
	assert.equal(await page.$eval("#talk", (button) => /** @type {HTMLButtonElement} */ (button).disabled), true);
	await page.click("#call");
	await until(page, `document.getElementById("state").dataset.state === "open"`);
	await until(page, `!document.getElementById("talk").disabled`);
	await until(page, `document.getElementById("picture").videoWidth > 0`);
	assert(await page.evaluate(readTestCard, "#picture"), "the device's picture is not shown");
	assert((await shown(page, "theirs", 3)) > 0.3, "the device's beep is not heard");
	assert((await heard(device, 2)) < 0.001, "the microphone is heard though nobody talks");
	assert((await heard(device, 2, "own")) > 0.01, "the device does not tell how loud its own beep is");

	const button = await (await page.$("#talk"))?.boundingBox();
	assert(button);
	await page.mouse.move(button.x + 20, button.y + 20);
	await page.mouse.down();
	const [own, level] = await Promise.all([shown(page, "own", 3), heard(device, 3)]);
	await until(page, `/\\d ms/.test(document.getElementById("roundtrip").textContent)`);
	await until(page, `/ms/.test(document.getElementById("jitter").textContent)`);
	await until(page, `/%/.test(document.getElementById("loss").textContent)`);
	await until(page, `/dB/.test(document.getElementById("said").textContent)`);
	await until(page, `/dB/.test(document.getElementById("heard").textContent)`);
	await takePictures(page, folder, "talking");
	await page.mouse.up();
	assert(own > 0.3 && level > 0.01, `talking: the page shows ${own}, the device hears ${level}`);
	await new Promise((resolve) => setTimeout(resolve, 1000)); // what was said is played
	assert((await heard(device, 2)) < 0.001, "it is heard after the button was let go");

	await page.click("#keep");
	assert((await heard(device, 3)) > 0.01, "the microphone is on, and not heard");
	device.type("loudspeaker off");
	await device.find(/loudspeaker off/);
	await new Promise((resolve) => setTimeout(resolve, 500));
	assert((await heard(device, 2)) < 0.001, "the loudspeaker is off, and there is sound");
	device.type("loudspeaker on");
	device.type("microphone off");
	await device.find(/microphone off/);
	await new Promise((resolve) => setTimeout(resolve, 2500)); // the meter falls slowly
	assert((await shown(page, "theirs", 3)) < 0.1, "the device's microphone is off, and heard");
	assert((await heard(device, 1, "own")) === 0, "the device's microphone is off, and loud");
	device.type("microphone on");
	assert((await shown(page, "theirs", 4)) > 0.3, "the device's microphone is on again, and not heard");
	return level;
}

/** @returns {Promise<string>} */
async function play() {
	const device = new Application("examples/intercom", { port: 0, play: "none", width: 640, height: 480 });
	const args = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"];
	const [, address = ""] = await device.find(/(http:\/\/localhost:\d+\/#\w+)/, 600_000);
	const browser = await launch("chromium", { args });
	try {
		const page = await browser.newPage();
		await page.setViewport(sizes.desktop);
		await page.goto(address);
		await takePictures(page, folder, "idle");
		const level = await converse(page, device);
		await page.click("#call");
		await device.find(/peerDisconnected/);
		await page.goto(address.replace(/#.*/, "?"));
		await page.click("#call");
		await until(page, `document.getElementById("state").textContent.includes("lacks its secret")`);
		return `heard at ${level.toFixed(2)} while the button was held`;
	} finally {
		await browser.close();
		await device.stop();
	}
}

/** Two devices, of which one calls the other: each hears the other's beep, and only while that talks. @returns {Promise<string>} */
async function connect() {
	await mkdir(folder, { recursive: true });
	const files = ["one", "two"].map((name) => join(folder, `${name}.wav`));
	const one = new Application("examples/intercom", { port: 0, play: files[0] ?? "" });
	const [, address = ""] = await one.find(/(http:\/\/localhost:\d+\/#\w+)/, 600_000);
	const two = new Application("examples/intercom", { call: address, play: files[1] ?? "" });
	try {
		await Promise.all([one, two].map((device) => device.find(/peerConnected/, 120_000)));
		assert(!two.output.includes(address.split("#")[1] ?? ""), "the secret is in the log");
		assert((await heard(one, 4)) > 0.01 && (await heard(two, 4)) > 0.01, "one does not hear the other");
		for (const [talker, listener] of /** @type {const} */ ([
			[one, two],
			[two, one],
		])) {
			const from = talker.output.length;
			talker.type("microphone off");
			await talker.find(/microphone off/, 20_000, from);
			await new Promise((resolve) => setTimeout(resolve, 1000));
			assert((await heard(listener, 2)) < 0.001, "it is heard though its microphone is off");
			talker.type("microphone on");
			assert((await heard(listener, 4)) > 0.01, "it is not heard again");
		}
		const from = one.output.length;
		await two.stop();
		await one.find(/peerDisconnected/, 20_000, from);
	} finally {
		await Promise.all([one.stop(), two.stop()]);
	}
	const sounds = await Promise.all(files.map((file) => listen(file, 1000)));
	const told = sounds.map((sound) => `${sound.heard.toFixed(1)} s`).join(" and ");
	assert(
		sounds.every((sound) => sound.heard > 0.5),
		told,
	);
	return `beeps for ${told}`;
}

/** @type {import("../run.mjs").Row[]} */
export const rows = [
	{ name: "intercom in chromium", timeout: 600, run: play },
	{ name: "two intercoms", timeout: 600, run: connect },
];
