// SPDX-License-Identifier: Apache-2.0
// The example mjpeg-camera in browsers: all of its pictures on a good network, and new ones on a bad one.
// @ts-check
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { launch } from "../../browser/browsers.mjs";
import { Application } from "../../browser/camera.mjs";
import { readTestCard } from "../../browser/test-card.mjs";
import { Link } from "../../link/link.mjs";
import { root } from "../../../hosts/linux/tools/build.mjs";

/** @typedef {import("puppeteer-core").Page} Page */

const pictures = join(root, "build/mjpeg-camera"); // for people to look at
const sizes = { desktop: { width: 1200, height: 900 }, phone: { width: 390, height: 844 } };
const framerate = 15;

/** @param {Page} page */
const shown = (page) => page.evaluate(readTestCard, "#picture");

/** What the page says of what it gets. @param {Page} page @param {string} id */
const number = async (page, id) => parseFloat(await page.evaluate(`document.getElementById("${id}").textContent`));

/** @param {Page} page @param {string} what an expression */
const until = (page, what) =>
	page.waitForFunction(what, { timeout: 20_000 }).catch(() => assert.fail(`not within 20 s: ${what}`));

/** @param {Page} page */
async function takePictures(page) {
	for (const [size, viewport] of Object.entries(sizes)) {
		await page.setViewport(viewport);
		await new Promise((resolve) => setTimeout(resolve, 1200));
		writeFileSync(join(pictures, `live-${size}.png`), await page.screenshot());
		const isWider = await page.evaluate("document.documentElement.scrollWidth > innerWidth");
		assert(!isWider, `the page is wider than a ${size}`);
	}
	await page.setViewport(sizes.desktop);
}

/** Pictures of the test card in the time to come. @param {Page} page @param {number} seconds */
async function watch(page, seconds) {
	/** @type {number[]} */
	const [latencies, counters] = [[], []];
	const end = Date.now() + seconds * 1000;
	while (Date.now() < end) {
		const card = await shown(page);
		if (card && card.counter !== counters.at(-1)) {
			assert(card.counter > (counters.at(-1) ?? -1), `${card.counter} is shown after ${counters.at(-1)}`);
			counters.push(card.counter);
			latencies.push(card.latency);
		}
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
	latencies.sort((a, b) => a - b);
	const made = (counters.at(-1) ?? 0) - (counters[0] ?? 0) + 1;
	return { shown: counters.length, made, latest: latencies.at(-1) ?? Infinity };
}

/** @param {"chromium" | "firefox"} name @param {(machine: Application, page: Page, address: string) => Promise<string>} play */
async function withPage(name, play) {
	mkdirSync(pictures, { recursive: true });
	const machine = new Application("examples/mjpeg-camera", { port: 0, framerate });
	const browser = await launch(name);
	try {
		const [, url = "", secret = ""] = await machine.find(/(http:\/\/localhost:\d+\/)(#\w+)/, 600_000);
		return await play(machine, await browser.newPage(), url + secret);
	} finally {
		await browser.close();
		assert.equal(await machine.stop(), 0, machine.output);
	}
}

/** @type {Parameters<typeof withPage>[1]} */
async function all(machine, page, address) {
	await page.goto(address.replace(/#.*/, ""));
	await until(page, `document.getElementById("state").dataset.state === "failed"`);
	await page.goto("about:blank");
	await page.goto(address);
	await until(page, `document.getElementById("state").dataset.state === "open"`);
	await until(page, `parseFloat(document.getElementById("rate").textContent) >= ${framerate * 0.8}`);
	const { shown: count, made, latest } = await watch(page, 4);
	assert(count >= 4 * framerate * 0.7, `${count} of ${made} pictures in 4 s`);
	assert.equal(await page.evaluate(`document.getElementById("size").textContent`), "640 × 480");
	const [rate, size, bitrate] = await Promise.all(["rate", "bytes", "bitrate"].map((id) => number(page, id)));
	await takePictures(page);
	await page.goto("about:blank");
	await machine.find(/\d+ pictures, \d+ left out/);
	return `${rate} pictures a second of ${size} KB, ${bitrate} kbit/s, the latest after ${latest} ms`;
}

/** Between a page and its device: descriptions lead by a link. */
class Proxy {
	#server = createServer((request, response) => {
		const chunks = /** @type {Buffer[]} */ ([]);
		request.on("data", (chunk) => chunks.push(chunk));
		request.on("end", () => {
			this.pass(request, Buffer.concat(chunks).toString()).then(
				({ status, headers, body }) => response.writeHead(status, headers).end(body),
				() => response.writeHead(502).end(),
			);
		});
	});

	/** @param {string} device @param {Link} link */
	constructor(device, link) {
		this.device = device;
		this.link = link;
	}

	/** @param {import("node:http").IncomingMessage} request @param {string} body */
	async pass({ method, url = "/", headers: { authorization, "content-type": type } }, body) {
		const headers = { ...(authorization && { authorization }), ...(type && { "content-type": type }) };
		const isOffer = method === "POST";
		const init = { method, headers, ...(isOffer && { body: this.link.offer(body) }) };
		const answer = await fetch(new URL(url, this.device), init);
		const text = await answer.text();
		const kept = new Headers(answer.headers);
		kept.delete("content-length"); // of what stood there before
		return {
			status: answer.status,
			headers: Object.fromEntries(kept),
			body: isOffer ? this.link.answer(text) : text,
		};
	}

	/** @returns {Promise<number>} its port */
	listen() {
		return new Promise((resolve) => {
			this.#server.listen(0, "localhost", () => {
				resolve(/** @type {import("node:net").AddressInfo} */ (this.#server.address()).port);
			});
		});
	}

	close() {
		this.#server.closeAllConnections();
		this.#server.close();
	}
}

/** Half of what the pictures need: the link bears some 7 of them a second. @type {Parameters<typeof withPage>[1]} */
async function narrow(machine, page, address) {
	const link = await new Link({
		down: { rate: 600_000, delay: 30, loss: 0.01, queue: 200 },
		up: { delay: 30 },
	}).open();
	const proxy = new Proxy(address.replace(/#.*/, ""), link);
	try {
		await page.goto(address.replace(/:\d+\//, `:${await proxy.listen()}/`));
		await until(page, `parseFloat(document.getElementById("rate").textContent) > 0`);
		await watch(page, 3);
		const { shown: count, made, latest } = await watch(page, 10);
		assert(made >= 10 * framerate * 0.7, `the camera has made ${made} pictures in 10 s`);
		assert(count >= 40 && count < made, `${count} of ${made} pictures in 10 s`);
		assert(latest < 1500, `a picture is shown ${latest} ms after it was made`);
		const missing = await number(page, "missing");
		await page.goto("about:blank");
		const [, dropped = ""] = await machine.find(/\d+ pictures, (\d+) left out/);
		assert(Number(dropped) > 0);
		return `${count} of ${made} pictures, the latest after ${latest} ms; ${dropped} left out, the page says ${missing} %`;
	} finally {
		proxy.close();
		link.close();
	}
}

/** @type {import("../run.mjs").Row[]} */
export const rows = [
	{ name: "mjpeg-camera in chromium", timeout: 600, run: () => withPage("chromium", all) },
	{ name: "mjpeg-camera in firefox", timeout: 600, run: () => withPage("firefox", all) },
	{
		name: "mjpeg-camera in chromium, on 600 kbit/s and 1 % lost",
		timeout: 600,
		run: () => withPage("chromium", narrow),
	},
	{
		name: "mjpeg-camera in firefox, on 600 kbit/s and 1 % lost",
		timeout: 600,
		run: () => withPage("firefox", narrow),
	},
];
