// SPDX-License-Identifier: Apache-2.0
// The viewer page in Chromium: Amazon's packages for browsers, unmodified.
// @ts-check
import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import puppeteer from "puppeteer-core";
import { sleep, test } from "./harness.mjs";

/** One for all tests: they have one authority, too. @type {Promise<import("puppeteer-core").Browser> | undefined} */
let browser;

/** @param {string} ca */
function launch(ca) {
	const key = new X509Certificate(ca).publicKey.export({ type: "spki", format: "der" });
	return puppeteer.launch({
		executablePath: "/usr/bin/chromium",
		headless: true,
		args: [
			...["--no-sandbox", "--disable-gpu", "--no-first-run", "--autoplay-policy=no-user-gesture-required"],
			...["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"],
			`--ignore-certificate-errors-spki-list=${createHash("sha256").update(key).digest("base64")}`,
		],
	});
}

/** @param {import("./harness.mjs").Fixture} fixture @param {(pages: import("puppeteer-core").BrowserContext) => Promise<void>} use */
async function withPages({ ca }, use) {
	const context = await (await (browser ??= launch(ca))).createBrowserContext();
	await use(context).finally(() => context.close());
}

/** @param {import("puppeteer-core").Page} page @param {string} id @param {RegExp} pattern */
async function shows(page, id, pattern) {
	let text = "";
	for (let tries = 0; tries < 200; tries++) {
		text = (await page.$eval(`#${id}`, (element) => element.textContent)) ?? "";
		if (pattern.test(text)) return;
		await sleep(100);
	}
	assert.fail(`#${id} is "${text}", not ${pattern}`);
}

for (const tls of [true, false]) {
	const parameters = ["--channel", "porch", tls ? "--tls" : "--no-tls"];
	test(`page: a master and a viewer, ${tls ? "with" : "without"} TLS`, parameters, (fixture) =>
		withPages(fixture, async (pages) => {
			const open = async (/** @type {string} */ query) => {
				const page = await pages.newPage();
				await page.goto(`${fixture.service.url("control")}/viewer?channel=porch&connect&${query}`);
				return page;
			};
			const master = await open("role=master");
			await shows(master, "state", /Waiting for viewers/);
			const viewer = await open("data");
			await shows(viewer, "state", /^Connected$/);
			await shows(viewer, "first", /^\d+ ms/);
			await shows(viewer, "candidate", /host to host/);
			await shows(viewer, "details", /640 × 480 \w+, [1-9]/);
			await shows(viewer, "data", /Hello/);
			assert.equal(fixture.service.state.counters.requests.connectAsViewer, 1);
		}),
	);
}

test("page: mistakes are shown", ["--channel", "porch"], (fixture) =>
	withPages(fixture, async (pages) => {
		const page = await pages.newPage();
		await page.goto(`${fixture.service.url("control")}/viewer?channel=nobody&connect`);
		await shows(page, "state", /ResourceNotFoundException/);
		await page.goto(`${fixture.service.url("control")}/viewer?channel=porch&secretAccessKey=wrong&connect`);
		await shows(page, "state", /InvalidSignatureException/);
	}),
);
