// SPDX-License-Identifier: Apache-2.0
// The custom table: docs/custom-signaling.md, followed from an empty folder to a picture in a browser.
// @ts-check
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { launch } from "../browser/browsers.mjs";
import { Application } from "../browser/camera.mjs";
import { freePort, moves, picture, sleep, text, until } from "./world.mjs";

/** @typedef {import("./run.mjs").Row} Row */

const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
const guide = readFileSync(join(root, "docs/custom-signaling.md"), "utf8");

/** The files of the guide: blocks that follow a line such as "`rooms.ts`:". @returns {Map<string, string>} */
export function filesOf(/** @type {string} */ markdown) {
	const blocks = markdown.matchAll(/`([\w.-]+)`[^`\n]*:\n\n```\w*\n([^]*?)^```$/gm);
	return new Map([...blocks].map(([, name, content]) => [name, content]));
}

/** What the guide has typed, step by step. */
const commands = ["npm install ws", "node server.mjs", "node path/to/xs-webrtc/hosts/linux/run.mjs ."];
const names = ["manifest.json", "rooms.ts", "main.ts", "server.mjs", "page.html"];

/** @param {(scene: { device: Application, page: import("puppeteer-core").Page, restart: () => Promise<void> }) => Promise<void>} use */
async function follow(use) {
	const folder = mkdtempSync(join(tmpdir(), "custom-"));
	const files = filesOf(guide);
	for (const name of names) {
		const content = files.get(name);
		assert(content, `docs/custom-signaling.md has ${name}`);
		writeFileSync(join(folder, name), content.replaceAll("path/to/xs-webrtc", root));
	}
	symlinkSync(join(root, "node_modules"), join(folder, "node_modules")); // what npm install ws brings
	const port = await freePort();
	const start = async () => {
		const child = spawn("node", ["server.mjs", String(port)], {
			cwd: folder,
			stdio: ["ignore", "pipe", "inherit"],
		});
		await new Promise((resolve) => child.stdout.once("data", resolve));
		return child;
	};
	let server = await start();
	const settings = { server: `ws://localhost:${port}/`, room: "porch" };
	const device = new Application(".", settings, ["--stats"], {}, "node", folder);
	const browser = await launch("chromium");
	try {
		await device.find(/The camera is live/, 600_000);
		const page = await browser.newPage();
		await page.goto(`http://localhost:${port}/`);
		await use({
			device,
			page,
			restart: async () => {
				server.kill();
				await sleep(3000);
				server = await start();
			},
		});
	} catch (error) {
		if (error instanceof Error) error.stack += `\n${device.output}`;
		throw error;
	} finally {
		browser.process()?.kill("SIGKILL");
		device.process.kill("SIGKILL");
		server.kill();
		rmSync(folder, { recursive: true, force: true });
	}
}

/** @type {Row[]} */
export const rows = [
	{
		name: "custom: the guide's files are the example's, and its commands those of the rows below",
		run: async () => {
			const files = filesOf(guide);
			for (const name of names) {
				const example = readFileSync(join(root, "examples/custom-signaling", name), "utf8");
				const expected =
					name === "manifest.json" ? example.replaceAll("../../", "path/to/xs-webrtc/") : example;
				assert.equal(files.get(name), expected, name);
			}
			const [, typed = ""] = /^## 5\. Try it\n\n```sh\n([^]*?)^```$/m.exec(guide) ?? [];
			const lines = typed.trim().split("\n");
			assert.deepEqual(
				lines.map((line) => line.replace(/ +#.*/, "")),
				commands,
				"the commands that the rows below run",
			);
		},
	},
	{
		name: "custom: from an empty folder to a picture, and a message each way",
		timeout: 300,
		run: () =>
			follow(async ({ page }) => {
				await moves(page);
				await page.type("#text", "hello");
				await page.click("button");
				await until("the device's answer", async () => (await text(page, "said")) === "You said: hello");
			}),
	},
	{
		name: "custom: the server goes away for 3 s: the picture goes on, and the next viewer is served",
		timeout: 300,
		run: () =>
			follow(async ({ device, page, restart }) => {
				await moves(page);
				await restart();
				await moves(page);
				await device.find(/signalingError[^]*signalingConnected/, 30_000);
				await page.reload();
				await picture(page, 30_000);
				await moves(page);
			}),
	},
];
