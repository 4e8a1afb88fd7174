// SPDX-License-Identifier: Apache-2.0
// Pictures of lan-camera by HTTP: one, and one after the other in an <img>, for who has the password.
// @ts-check
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Camera } from "./camera.mjs";
import { readTestCard } from "./test-card.mjs";

const password = "let me see";
const authorization = `Basic ${Buffer.from(`anybody:${password}`).toString("base64")}`;

/** Waits for what is coded in the page's newest picture. @param {import("puppeteer-core").Page} page @param {number} after */
async function nextCard(page, after) {
	for (const end = Date.now() + 20_000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 50))) {
		await page.evaluate(() => {
			const [image, canvas] = [document.querySelector("img"), document.querySelector("canvas")];
			if (image && canvas) canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
		});
		const card = await page.evaluate(readTestCard, "canvas");
		if (card && card.counter > after) return card;
	}
	throw new Error(`no picture after ${after}`);
}

/** A page with one <img>, and a canvas to read it by. @param {import("puppeteer-core").Page} page @param {string} source */
const showIn = (page, source) =>
	page.evaluate((source) => {
		const [image, canvas] = [new Image(), document.createElement("canvas")];
		[canvas.width, canvas.height] = [640, 360];
		image.src = source;
		document.body.replaceChildren(image, canvas);
		return new Promise((resolve) => (image.onload = () => resolve([image.naturalWidth, image.naturalHeight])));
	}, source);

/** Plays a recording, and looks at its first picture and its last. @param {import("puppeteer-core").Page} page @param {string} file */
async function playIn(page, file) {
	await page.evaluate(async (base64) => {
		const blob = await (await fetch(`data:video/mp4;base64,${base64}`)).blob();
		const video = document.createElement("video");
		document.body.replaceChildren(video);
		video.src = URL.createObjectURL(blob);
		video.muted = true;
		await new Promise((resolve, reject) => {
			video.oncanplaythrough = resolve;
			video.onerror = () => reject(new Error(video.error?.message));
		});
	}, readFileSync(file).toString("base64"));
	await page.$eval("video", (video) => void (/** @type {HTMLVideoElement} */ (video).play()));
	let first;
	for (const end = Date.now() + 20_000; !first && Date.now() < end;) first = await page.evaluate(readTestCard);
	const begin = await page.$eval("video", (video) => /** @type {HTMLVideoElement} */ (video).currentTime);
	await page.waitForFunction(() => document.querySelector("video")?.ended, { timeout: 60_000 });
	const last = await page.evaluate(readTestCard);
	const sound = await page.$eval("video", (video) => Reflect.get(video, "webkitAudioDecodedByteCount"));
	const seconds = (await page.$eval("video", (video) => /** @type {HTMLVideoElement} */ (video).duration)) - begin;
	assert(first && last, "the recording has no test card");
	assert(sound > 0, "the recording has no sound");
	const between = (last.milliseconds - first.milliseconds) / 1000;
	assert(Math.abs(between - seconds) < 1, `${between} s between two pictures that are ${seconds} s apart`);
}

/** What FFmpeg finds in a recording. @param {string} file */
function probe(file) {
	const words = [
		"-v",
		"error",
		"-count_packets",
		"-show_entries",
		"stream=codec_name,nb_read_packets",
		"-of",
		"csv=p=0",
	];
	const { stdout, stderr } = spawnSync("ffprobe", [...words, file], { encoding: "utf8" });
	assert.equal(stderr, "");
	return Object.fromEntries([...stdout.matchAll(/^(\w+),(\d+)/gm)].map(([, name, count]) => [name, Number(count)]));
}

/** @param {Pick<import("./page.mjs").Tools, "test" | "open">} tools */
export default function pictureTests({ test, open }) {
	test("pictures by HTTP are the test card, for who has the password, and so is a recording", async () => {
		const folder = mkdtempSync(join(tmpdir(), "pictures-"));
		const record = join(folder, "porch.mp4");
		const camera = await new Camera({ width: 640, height: 360, password, record }).ready();
		try {
			for (const name of ["snapshot.jpg", "stream.mjpg"])
				assert.equal((await fetch(camera.url + name)).status, 401, name);
			const bad = await fetch(`${camera.url}snapshot.jpg?quality=0`, { headers: { authorization } });
			assert.equal(bad.status, 400);
			const page = await open("chromium", `${camera.url}plot.js`);
			await page.authenticate({ username: "anybody", password });
			assert.deepEqual(await showIn(page, "snapshot.jpg?quality=95"), [640, 360]);
			const { counter, latency } = await nextCard(page, -1);
			assert(latency < 10_000, `the picture is ${latency} ms old`);
			await showIn(page, "stream.mjpg");
			let newest = counter;
			for (let i = 0; i < 5; i++) newest = (await nextCard(page, newest)).counter;
			camera.type("stop");
			const [, count, packets, dropped] = await camera.find(
				/(\d+) pictures, (\d+) packets.*; (\d+) pictures left/,
			);
			assert.equal(dropped, "0");
			assert.deepEqual(probe(record), { h264: Number(count), opus: Number(packets) });
			await playIn(page, record);
			await page.close();
		} finally {
			assert.equal(await camera.stop(), 0, camera.output);
			rmSync(folder, { recursive: true });
		}
	});
}
