// SPDX-License-Identifier: Apache-2.0
// Peers that are browsers: W3C's interface in an empty page.
// @ts-check
import { launch } from "../../browser/browsers.mjs";
import { W3CAgent } from "./w3c.mjs";

/** @type {Map<string, Promise<import("puppeteer-core").Browser>>} */
const open = new Map();

/**
 * @param {"chromium" | "firefox"} name
 * @param {Parameters<typeof launch>[1]} [options]
 * @returns {Promise<import("./peer.mjs").Peer>}
 */
export async function startPage(name, options = {}) {
	const key = name + JSON.stringify(options);
	if (!open.has(key)) open.set(key, launch(name, options));
	const browser = await open.get(key);
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
