// SPDX-License-Identifier: Apache-2.0
// What the page of lan-camera says when its camera stalls, goes, comes back or has no place, on screens of all sizes.
// @ts-check
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import Coturn from "../interop/coturn.mjs";
import { launch } from "./browsers.mjs";

/** @typedef {import("puppeteer-core").Page} Page */
/** @typedef {import("./camera.mjs").Camera} Camera */

/**
 * @typedef {object} Tools
 * @property {(name: string, run: () => Promise<void>) => void} test
 * @property {(options: Record<string, string | number>, use: (camera: Camera) => Promise<void>) => Promise<void>} withCamera
 * @property {(name: "chromium" | "firefox", url: string) => Promise<Page>} open
 * @property {(page: Page) => Promise<unknown>} picture
 */

const small = { width: 640, height: 360, framerate: 15, bitrate: 300_000 };

/** The state in which a page is, and what it says. @param {Page} page */
const said = (page) =>
	page.evaluate(() => {
		const element = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
		const { hidden, textContent } = element("notice");
		return { state: element("state").dataset.state, notice: hidden ? "" : textContent };
	});

/** Waits for a state, and returns how long it took. @param {Page} page @param {string} state @param {number} [timeout] ms */
async function becomes(page, state, timeout = 20_000) {
	const begin = Date.now();
	const is = (/** @type {string} */ wanted) => document.getElementById("state")?.dataset.state === wanted;
	try {
		await page.waitForFunction(is, { timeout, polling: 50 }, state);
	} catch {
		throw new Error(`not ${state} in ${timeout} ms: ${JSON.stringify(await said(page))}`);
	}
	return Date.now() - begin;
}

/** The application's own process, for that of the camera builds and starts it. @param {Camera} camera */
function application(camera) {
	const pid = camera.process.pid;
	return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").at(-1));
}

/** How many pixels of a plot have the colour of its line. @param {Page} page */
const plotted = (page) =>
	page.evaluate(() => {
		const canvas = /** @type {HTMLCanvasElement} */ (document.getElementById("plot-framerate"));
		const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
		const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
		let count = 0;
		for (let i = 0; i < data.length; i += 4) count += Number(data[i + 3] > 128 && data[i + 2] > data[i] + 100);

		return { count, fits: canvas.width === Math.round(canvas.clientWidth * devicePixelRatio) };
	});

/** @param {Tools} tools */
export default function pageTests({ test, withCamera, open, picture }) {
	for (const name of /** @type {const} */ (["chromium", "firefox"])) {
		test(`${name}: a picture that has stopped is not live, and goes on`, () =>
			withCamera(small, async (camera) => {
				const page = await open(name, camera.url);
				await picture(page);
				process.kill(application(camera), "SIGSTOP");
				try {
					// 2 s without a frame, and a second.
					assert((await becomes(page, "stale")) < 4500, "it is told soon");
					const { notice } = await said(page);
					assert.match(
						notice ?? "",
						/^Nothing has come from the camera.*A new connection is made in \d+ s\.$/,
					);
				} finally {
					process.kill(application(camera), "SIGCONT");
				}
				await becomes(page, "connected", 40_000);
				await picture(page);
				assert.equal((await said(page)).notice, "");
				await page.close();
			}));

		test(`${name}: a camera that goes is told at once, with the time of the next attempt`, () =>
			withCamera(small, async (camera) => {
				const page = await open(name, camera.url);
				await picture(page);
				const gone = becomes(page, "failed");
				await camera.stop();
				await gone;
				const { notice } = await said(page);
				assert.match(notice ?? "", /^The camera has ended the session\. Trying again (in 1 s|now)\.$/);
				const reached = () =>
					document.getElementById("notice")?.textContent?.startsWith("The camera cannot be reached");
				await page.waitForFunction(reached, { timeout: 20_000 });
				const isBlank = () => document.getElementById("details")?.textContent === "";
				await page.waitForFunction(isBlank, { timeout: 20_000 });
				await page.close();
			}));
	}

	test("the time of the next attempt counts down when all places are taken", () =>
		withCamera({ ...small, viewers: 1 }, async (camera) => {
			const first = await open("chromium", camera.url);
			await picture(first);
			const second = await open("chromium", camera.url);
			await becomes(second, "failed");
			const seconds = async () =>
				Number(/Trying again in (\d+) s\.$/.exec((await said(second)).notice ?? "")?.[1]);
			const begin = await seconds();
			await second.waitForFunction(
				(/** @type {number} */ from) => {
					const text = document.getElementById("notice")?.textContent ?? "";
					return Number(/in (\d+) s\.$/.exec(text)?.[1]) < from;
				},
				{ timeout: 5000 },
				begin,
			);
			await first.close();
			await second.close();
		}));

	test("plots have a scale, and survive that a telephone is turned", () =>
		withCamera(small, async (camera) => {
			const page = await open("chromium", camera.url);
			await page.setViewport({ width: 390, height: 844, deviceScaleFactor: 3 });
			await picture(page);
			await page.waitForFunction(() => /^1\d fps$/.test(document.getElementById("framerate")?.textContent ?? ""));
			await new Promise((resolve) => setTimeout(resolve, 2000));
			assert((await plotted(page)).count > 20, "there is a line");
			const report = () => document.getElementById("report")?.textContent ?? "";
			assert.match(
				await page.evaluate(report),
				/^Data goes from .*, round trip \d+ ms\.\nConnection: connected\n/,
			);
			await page.evaluate(() => {
				for (let id = window.setTimeout(() => {}); id > 0; id--) clearInterval(id); // all timers of the page
			});
			for (const [width, height] of [
				[844, 390],
				[390, 844],
			]) {
				await page.setViewport({ width, height, deviceScaleFactor: 3 });
				// No sample comes any more: what is there is drawn again.
				await new Promise((resolve) => setTimeout(resolve, 300));
				const { count, fits } = await plotted(page);
				assert(count > 20 && fits, `${width} × ${height}: ${count} pixels of the line, fits: ${fits}`);
			}
			await page.close();
		}));

	test("a viewer that has no path but by the TURN server that the camera names sees the picture", async () => {
		// Where the camera is: what is at a loopback address has no pair with what is not.
		const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
		const listen = addresses.find(({ family, internal }) => family === "IPv4" && !internal)?.address;
		const coturn = await Coturn.start({ listen });
		// Chromium sends no datagrams then, and finds the server by TCP or not at all.
		const args = ["--webrtc-ip-handling-policy=disable_non_proxied_udp"];
		const browser = await launch("chromium", { args });
		const servers = { iceServers: coturn.url("?transport=tcp"), iceUsername: "user", iceCredential: "secret" };
		try {
			await withCamera({ ...small, ...servers }, async (camera) => {
				const page = await browser.newPage();
				await page.goto(camera.url);
				await picture(page);
				const isTold = () => document.getElementById("report")?.textContent?.startsWith("Data goes from host");
				await page.waitForFunction(isTold, { timeout: 20_000 });
				const text = await page.$eval("#report", ({ textContent }) => textContent);
				assert.match(text ?? "", new RegExp(`^Data goes from host \\S+ to (relay|prflx) ${listen}:`));
			});
		} finally {
			await browser.close();
			await coturn.stop();
		}
	});
}
