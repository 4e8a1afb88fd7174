// SPDX-License-Identifier: Apache-2.0
// Peers that are browsers: W3C's interface in an empty page.
// @ts-check
import { launch } from "../../browser/browsers.mjs";
import { W3CAgent } from "./w3c.mjs";

/** @type {Map<string, Promise<import("puppeteer-core").Browser>>} */
const open = new Map();

/** @param {"chromium" | "firefox"} name @returns {Promise<import("./peer.mjs").Peer>} */
export async function startPage(name) {
	if (!open.has(name)) open.set(name, launch(name));
	const browser = await open.get(name);
	const page = await /** @type {import("puppeteer-core").Browser} */ (browser).newPage();
	await page.evaluate(`globalThis.agent = new (${W3CAgent})(); undefined`);
	return {
		do: (method, parameters = {}) => page.evaluate(`agent.${method}(${JSON.stringify(parameters)})`),
		stop: () => page.close(),
	};
}

/** Ends the browsers. */
export async function closePages() {
	for (const browser of open.values()) await (await browser).close();
	open.clear();
}
