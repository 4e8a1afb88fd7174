// SPDX-License-Identifier: Apache-2.0
// Pictures of lan-camera by HTTP: one, and one after the other in an <img>, for who has the password.
// @ts-check
import assert from "node:assert/strict";
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

/** @param {Pick<import("./page.mjs").Tools, "test" | "open">} tools */
export default function pictureTests({ test, open }) {
	test("pictures by HTTP are the test card, for who has the password", async () => {
		const camera = await new Camera({ width: 640, height: 360, password }).ready();
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
			await page.close();
		} finally {
			assert.equal(await camera.stop(), 0, camera.output);
		}
	});
}
